#include "async/offload.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tandem::async {

struct thread_pool::state {
  boost::asio::thread_pool threads;
};

thread_pool::thread_pool(std::size_t threads) : state_(new state{boost::asio::thread_pool(threads)}) {}
thread_pool::~thread_pool() { state_->threads.join(); }

namespace {
task<> call(std::function<void()> job) {
  job();
  co_return;
}
}  // namespace

task<> thread_pool::run_job(std::function<void()> job) {
  co_await boost::asio::co_spawn(state_->threads.get_executor(), call(std::move(job)),
                                 boost::asio::use_awaitable);
}

}  // namespace tandem::async
