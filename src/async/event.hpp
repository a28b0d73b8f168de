#pragma once
#include <chrono>
#include <memory>

#include "async/task.hpp"

namespace tandem::async {

// A bell: whoever waits is woken when it is rung, and a ring with nobody waiting is kept for the next one.
// Rings coalesce, so a loop that is woken must look for all the work there is. One event-loop thread only.
class event {
 public:
  explicit event(const executor& on);
  ~event();
  event(event&&) noexcept;
  event& operator=(event&&) = delete;

  void ring();
  task<> wait();
  // True if it rang, false if `limit` passed first.
  task<bool> wait_for(std::chrono::nanoseconds limit);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::async
