#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "async/task.hpp"

namespace tandem::async {

// A few threads for what blocks or burns (hashing, model training, files). The work must not touch anything
// that the event loop uses; its result comes back on the event loop.
class thread_pool {
 public:
  explicit thread_pool(std::size_t threads);
  ~thread_pool();

  template <class F>
  task<std::invoke_result_t<F>> run(F work) {
    using result = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<result>) {
      std::function<void()> job = std::move(work);
      co_await run_job(std::move(job));
    } else {
      std::optional<result> out;
      std::function<void()> job = [&out, &work] { out.emplace(work()); };
      co_await run_job(std::move(job));
      co_return std::move(*out);
    }
  }

 private:
  task<> run_job(std::function<void()> job);
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::async
