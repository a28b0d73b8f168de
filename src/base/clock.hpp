#pragma once
#include <chrono>

namespace tandem {

// A point of time, UTC, microseconds: what PostgreSQL keeps in a timestamptz.
using instant = std::chrono::sys_time<std::chrono::microseconds>;

// Where the time comes from. Code that decides by time takes a clock; only app/ makes a real one.
class clock {
 public:
  virtual ~clock() = default;
  virtual instant now() const = 0;
};

// The machine's clock.
class system_clock final : public clock {
 public:
  instant now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

// The machine's clock plus an offset: the sandbox moves time with it.
class shifted_clock final : public clock {
 public:
  explicit shifted_clock(const clock& base) : base_(base) {}
  instant now() const override { return base_.now() + offset_; }
  void set_offset(std::chrono::microseconds offset) { offset_ = offset; }
  std::chrono::microseconds offset() const { return offset_; }

 private:
  const clock& base_;
  std::chrono::microseconds offset_{0};
};

// A clock that stands still until it is moved: for tests.
class fixed_clock final : public clock {
 public:
  explicit fixed_clock(instant start) : now_(start) {}
  instant now() const override { return now_; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  instant now_;
};

}  // namespace tandem
