#pragma once
#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace tandem::hunt {

// Keeps away from somebody who does not answer: after some failures in a row it opens for a pause, then lets
// one request through to try; a failure of that one doubles the pause. No timer inside: whoever asks brings
// the time.
class breaker {
 public:
  struct limits {
    int failures = 3;  // in a row
    std::chrono::milliseconds first_pause{5'000}, longest_pause{60'000};
  };
  breaker() = default;
  explicit breaker(limits with) : limits_(with) {}

  // Until when nobody may ask; nothing when it is closed, or a trial is due.
  std::optional<instant> open_until(instant now) const {
    if (trying_) return now + limits_.first_pause;
    return now < until_ ? std::optional(until_) : std::nullopt;
  }
  bool closed() const { return failures_ < limits_.failures && until_ == instant(); }

  // A request is made: while the breaker is half open the only one.
  void asking() { trying_ = !closed(); }
  // It came to no end: it was cancelled.
  void gave_up() { trying_ = false; }

  void succeeded() {
    failures_ = 0;
    pause_ = {};
    until_ = {};
    trying_ = false;
  }
  void failed(instant now) {
    trying_ = false;
    // Those that were under way when it opened say nothing new.
    if (++failures_ < limits_.failures || now < until_) return;
    pause_ = pause_.count() == 0 ? limits_.first_pause : std::min(pause_ * 2, limits_.longest_pause);
    until_ = now + pause_;
  }
  // The other side said how long.
  void wait(instant until) {
    trying_ = false;
    until_ = std::max(until_, until);
  }

 private:
  limits limits_{};
  int failures_ = 0;
  std::chrono::milliseconds pause_{};
  instant until_{};
  bool trying_ = false;
};

}  // namespace tandem::hunt
