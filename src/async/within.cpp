#include "async/within.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tandem::async {

namespace asio = boost::asio;

// Not `work || timer`: awaitable_operators waits for one *success*, so an early error would hide until the
// limit.
task<> detail::race(std::chrono::nanoseconds limit, task<> work) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, limit);
  const auto [order, failure, timer_error] =
      co_await asio::experimental::make_parallel_group(
          asio::co_spawn(executor, std::move(work), asio::deferred), timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1) {
    // The group was cancelled from outside: that is not a time-out.
    if (timer_error) throw boost::system::system_error(timer_error);
    if (failure) throw timed_out("took longer than allowed");
    co_return;  // it ended in the very moment of the limit
  }
  if (failure) std::rethrow_exception(failure);
}

task<> sleep_for(std::chrono::nanoseconds how_long) {
  asio::steady_timer timer(co_await asio::this_coro::executor, how_long);
  co_await timer.async_wait(asio::use_awaitable);
}

task<> yield() { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); }

}  // namespace tandem::async
