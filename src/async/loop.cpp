#include "async/loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace tandem::async {

namespace asio = boost::asio;

struct loop::state {
  asio::io_context io{1};  // one thread: no locking inside Asio
};

loop::loop() : state_(std::make_unique<state>()) {}
loop::~loop() = default;
executor loop::on() const { return state_->io.get_executor(); }

void loop::run(task<> main) {
  std::exception_ptr failure;
  bool ended = false;
  auto finished = [&](std::exception_ptr error) {
    failure = std::move(error);
    ended = true;
  };
  asio::co_spawn(state_->io, std::move(main), std::move(finished));
  state_->io.restart();
  while (!ended && state_->io.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
}

struct termination::state {
  explicit state(const executor& on) : signals(on, SIGTERM, SIGINT) {}
  asio::signal_set signals;
};
termination::termination(executor on) : state_(std::make_unique<state>(on)) {}
termination::~termination() = default;
task<int> termination::wait() { co_return co_await state_->signals.async_wait(asio::use_awaitable); }

}  // namespace tandem::async
