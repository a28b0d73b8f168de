#include "async/crew.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <optional>

#include "async/within.hpp"

namespace tandem::async {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

// A round that has gone on for so long after a failure has got over it.
constexpr auto settled_after = 30s;  // longer than a statement may take

}  // namespace

struct crew::place {
  std::string name;
  round again;
  std::optional<std::string> trouble;  // of the last failed round, until one has succeeded
  bool pausing = false, over = false;
  steady::time_point began;

  bool fails() const { return trouble && (pausing || steady::now() - began < settled_after); }
};

crew::crew(executor on, scope::sink on_failure, pauses between)
    : on_(std::move(on)), on_failure_(std::move(on_failure)), between_(between) {}

crew::~crew() {
  for (const auto& one : places_) one->over = true;
}

void crew::begin() {
  if (runs()) return;
  places_.clear();
  scope_ = std::make_unique<scope>(on_, on_failure_);
  stopping_ = false;
}

void crew::keep(std::string name, round again) {
  if (!runs()) return;
  auto mine = std::make_shared<place>();
  mine->name = std::move(name);
  mine->again = std::move(again);
  places_.push_back(mine);
  scope_->spawn(mine->name, repeat(mine, on_failure_, between_));
}

void crew::spawn(std::string name, task<> work) {
  if (runs()) scope_->spawn(std::move(name), std::move(work));
}

task<> crew::repeat(std::shared_ptr<place> mine, scope::sink on_failure, pauses between) {
  for (int failures = 0;;) {
    // A round may have shut itself off from cancellation, to leave in an orderly way.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (mine->over) throw boost::system::system_error(asio::error::operation_aborted);
    mine->began = steady::now();
    std::exception_ptr failure;
    try {
      co_await mine->again();
    } catch (...) {
      failure = std::current_exception();
    }
    if (mine->over) continue;  // whatever came out of a round that was cancelled is no failure
    if (!failure) {
      failures = 0;
      mine->trouble.reset();
      continue;
    }
    if (!mine->fails()) failures = 0;  // the one before is long over
    auto text = text_of(failure);
    if (failures++ == 0 || text != mine->trouble) on_failure(mine->name, failure);
    mine->trouble = std::move(text);
    mine->pausing = true;
    co_await sleep_for(between.after(failures, will_pass(failure)));
    mine->pausing = false;
  }
}

task<> crew::stop() {
  stopping_ = true;
  for (const auto& one : places_) one->over = true;
  if (scope_) co_await scope_->stop();
}

task<> crew::join() {
  if (scope_) co_await scope_->join();
}

health crew::state(std::string well) const {
  if (!runs()) return {false, "does not run"};
  for (const auto& one : places_) {
    if (one->fails()) return {false, one->name + ": " + *one->trouble};
  }
  return {true, std::move(well)};
}

}  // namespace tandem::async
