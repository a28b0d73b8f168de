#pragma once
#include <chrono>
#include <exception>
#include <functional>

#include "async/task.hpp"

namespace tandem::async {

// Exceptions that derive from it are over by themselves sooner or later (the database is away, two
// transactions stood in each other's way): whoever meets one does the same again and skips nothing.
struct passing {};
bool will_pass(const std::exception_ptr& failure);

// Between two tries; doubled with each failure in a row. What does not pass is waited out for longer.
struct pauses {
  std::chrono::milliseconds passing{100}, passing_most{2'000};
  std::chrono::milliseconds broken{1'000}, broken_most{60'000};

  // After so many failures in a row, the last of which `passes`.
  std::chrono::milliseconds after(int failures, bool passes) const;
};

// Does the work again for as long as its failure will pass; `tell` (may be empty) hears of the first. Any
// other failure is thrown.
task<> insist(std::function<task<>()> work, std::function<void(const std::exception_ptr&)> tell,
              pauses between = {});

}  // namespace tandem::async
