#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "async/scope.hpp"

namespace tandem::async {

// Jobs of one key run one after another in the order of submit(); jobs of different keys run side by side, at
// most `max_parallel` at once. A job that fails is told to the scope's sink and does not stop the next one.
class keyed_order {
 public:
  keyed_order(scope& in, std::size_t max_parallel);
  ~keyed_order();

  void submit(std::int64_t key, std::function<task<>()> job);
  // Returns when everything submitted so far, and since, is done.
  task<> drain();
  // Returns when fewer than `limit` jobs wait or run: what a reader calls before it takes more in.
  task<> below(std::size_t limit);
  std::size_t pending() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace tandem::async
