#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"

namespace tandem::async {

// How a part is: what /healthz, /readyz and doctor show.
struct health {
  bool ready = false;
  std::string detail;  // one sentence for the operator, empty when there is nothing to say
};

// Something that runs. start() returns once it runs, stop() once it has stopped; both may be called twice,
// stop() also without start(). The composition root starts parts in order and stops them in the reverse
// order.
// A part that is led is stopped and started many times in a process: started again it does what it did the
// first time, out of what the database says by then, and what it could not write before the stop is written
// now. One whose start() has thrown is stopped before it is started again. Conformance: part_for_test.hpp.
// A part whose loop has failed is not ready until the loop succeeds again (async::crew).
class part {
 public:
  virtual ~part() = default;
  virtual std::string_view name() const = 0;
  virtual task<> start() = 0;
  virtual task<> stop() = 0;
  virtual health state() const = 0;
};

// The stop is registered on the line of the start: what was started is stopped in the reverse order, also
// when a later start fails.
class life_cycle {
 public:
  task<> start(part& next);
  task<> stop();
  const std::vector<part*>& running() const { return running_; }

 private:
  std::vector<part*> running_;
};

}  // namespace tandem::async
