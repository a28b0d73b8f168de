#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace tandem::log {

// Equal errors: the same room, message and type of exception.
struct error_entry {
  std::string room;
  std::string message;
  std::string type;  // of the exception, "" without one
  std::int64_t count = 0;
  instant first, last;
  std::string context;  // text of the last exception and the last fields, secrets hidden
  std::string fingerprint() const;
};

// Keeps errors somewhere that outlives the process. Called inside the logger, on the thread that logs: it may
// only put the entry aside.
class error_sink {
 public:
  virtual ~error_sink() = default;
  virtual void error_seen(const error_entry& entry) = 0;
};

// The errors of this process by fingerprint, fed by every logger.error. Bounded: the one not seen for longest
// leaves first. Threads of the pool log too, hence the lock inside.
class error_book {
 public:
  explicit error_book(std::size_t capacity = 500);
  ~error_book();
  // Latest first.
  std::vector<error_entry> snapshot() const;
  void add(error_entry seen);       // count and first are set by the book
  void set_sink(error_sink* sink);  // null: none
  void clear();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// The book that the loggers of this process write into.
error_book& errors();

}  // namespace tandem::log
