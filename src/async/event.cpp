#include "async/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tandem::async {

namespace asio = boost::asio;

struct event::state {
  asio::steady_timer timer;
  bool rung = false;
};

event::event(const executor& on) : state_(new state{asio::steady_timer(on), false}) {}
event::~event() = default;
event::event(event&&) noexcept = default;

void event::ring() {
  state_->rung = true;
  state_->timer.cancel();
}

task<> event::wait() { co_await wait_for(std::chrono::hours(24 * 365)); }

task<bool> event::wait_for(std::chrono::nanoseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!state_->rung) {
    if (std::chrono::steady_clock::now() >= until) co_return false;
    state_->timer.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(until));
    co_await state_->timer.async_wait(asio::as_tuple(asio::deferred));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  state_->rung = false;
  co_return true;
}

}  // namespace tandem::async
