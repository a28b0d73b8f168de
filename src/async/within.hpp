#pragma once
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "async/task.hpp"

namespace tandem::async {

// The work took longer than it was allowed to.
struct timed_out : std::runtime_error {
  explicit timed_out(const std::string& what) : std::runtime_error(what) {}
};

namespace detail {
task<> race(std::chrono::nanoseconds limit, task<> work);

template <class T>
task<> keep(task<T> work, std::optional<T>& out) {
  out.emplace(co_await std::move(work));
}
}  // namespace detail

// Runs `work` for at most `limit`: its result, its own exception as soon as it is thrown, or timed_out. The
// work that is too slow is cancelled and waited for, so nothing of it runs on afterwards.
inline task<> within(std::chrono::nanoseconds limit, task<> work) {
  return detail::race(limit, std::move(work));
}

template <class T>
task<T> within(std::chrono::nanoseconds limit, task<T> work) {
  std::optional<T> out;
  co_await detail::race(limit, detail::keep(std::move(work), out));
  co_return std::move(*out);
}

// Lets `how_long` of real time pass; ends at once with an exception when the surrounding scope stops.
task<> sleep_for(std::chrono::nanoseconds how_long);

// Lets everything else that is ready run once.
task<> yield();

}  // namespace tandem::async
