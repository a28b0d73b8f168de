#include "async/scope.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <list>

#include "async/event.hpp"

namespace tandem::async {

namespace asio = boost::asio;

struct scope::state {
  struct running {
    std::string name;
    asio::cancellation_signal cancel;
    std::shared_ptr<void> alive;  // only of a task that can be cancelled by itself
  };

  std::list<running>::iterator start(const std::shared_ptr<state>& self, std::string name, task<> work);

  executor on;
  sink on_failure;
  std::list<running> tasks;
  event ended;
  bool stopping = false;
};

std::string text_of(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

namespace {
bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}
}  // namespace

scope::scope(executor on, sink on_failure)
    : state_(new state{on, std::move(on_failure), {}, event(on), false}) {}

scope::~scope() {
  state_->stopping = true;
  for (auto& running : state_->tasks) running.cancel.emit(asio::cancellation_type::all);
}

std::list<scope::state::running>::iterator scope::state::start(const std::shared_ptr<state>& self,
                                                               std::string name, task<> work) {
  tasks.emplace_back();
  const auto mine = std::prev(tasks.end());
  mine->name = std::move(name);
  auto finished = [self, mine](const std::exception_ptr& failure) {
    if (failure && !(self->stopping && is_cancellation(failure))) self->on_failure(mine->name, failure);
    self->tasks.erase(mine);
    self->ended.ring();
  };
  asio::co_spawn(on, std::move(work), asio::bind_cancellation_slot(mine->cancel.slot(), std::move(finished)));
  return mine;
}

void scope::spawn(std::string name, task<> work) {
  if (!state_->stopping) state_->start(state_, std::move(name), std::move(work));
}

std::function<void()> scope::spawn_cancellable(std::string name, task<> work) {
  if (state_->stopping) return [] {};
  // However short the work, its end is told in a later turn of the loop (co_spawn posts it), so `mine` is
  // there.
  const auto mine = state_->start(state_, std::move(name), std::move(work));
  mine->alive = std::make_shared<char>();
  return [alive = std::weak_ptr(mine->alive), mine] {
    if (!alive.expired()) mine->cancel.emit(asio::cancellation_type::all);
  };
}

task<> scope::stop() {
  const auto state = state_;  // the scope may be destroyed while its last task ends
  state->stopping = true;
  while (!state->tasks.empty()) {
    // A task may be between two waits and miss the signal: it is asked again.
    for (auto task = state->tasks.begin(); task != state->tasks.end();) {
      (task++)->cancel.emit(asio::cancellation_type::all);
    }
    if (!state->tasks.empty()) co_await state->ended.wait_for(std::chrono::milliseconds(20));
  }
}

task<> scope::join() {
  const auto state = state_;
  while (!state->tasks.empty()) co_await state->ended.wait();
}

std::size_t scope::size() const { return state_->tasks.size(); }
const executor& scope::on() const { return state_->on; }

}  // namespace tandem::async
