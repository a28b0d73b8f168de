#include "async/passing.hpp"

#include <algorithm>

#include "async/within.hpp"

namespace tandem::async {

bool will_pass(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const passing&) {
    return true;
  } catch (...) {
    return false;
  }
  return false;
}

std::chrono::milliseconds pauses::after(int failures, bool passes) const {
  const auto first = passes ? passing : broken;
  const auto most = passes ? passing_most : broken_most;
  return std::min(most, first * (1 << std::clamp(failures - 1, 0, 16)));
}

task<> insist(std::function<task<>()> work, std::function<void(const std::exception_ptr&)> tell,
              pauses between) {
  for (int failures = 1;; ++failures) {
    std::exception_ptr failure;
    try {
      co_await work();
    } catch (const passing&) {
      failure = std::current_exception();
    }
    if (!failure) co_return;
    if (failures == 1 && tell) tell(failure);
    co_await sleep_for(between.after(failures, true));
  }
}

}  // namespace tandem::async
