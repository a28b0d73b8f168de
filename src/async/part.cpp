#include "async/part.hpp"

#include <exception>

namespace tandem::async {

task<> life_cycle::start(part& next) {
  running_.push_back(&next);  // before the start: a part that failed half-way is stopped too
  co_await next.start();
}

task<> life_cycle::stop() {
  std::exception_ptr first;
  while (!running_.empty()) {
    part* last = running_.back();
    running_.pop_back();
    try {
      co_await last->stop();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace tandem::async
