#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "async/task.hpp"

namespace tandem::async {

// The event loop of a process (or of a test): one thread, the one that calls run().
class loop {
 public:
  loop();
  ~loop();
  executor on() const;
  // Runs `main` and everything it starts until main has ended; rethrows its exception.
  void run(task<> main);
  template <class T>
  T run(task<T> main);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// SIGTERM and SIGINT end nothing by themselves from its making on; wait() gives the one that comes or has
// come.
class termination {
 public:
  explicit termination(executor on);
  ~termination();
  task<int> wait();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

template <class T>
T loop::run(task<T> main) {
  std::optional<T> out;
  auto keep = [](task<T> work, std::optional<T>& into) -> task<> { into.emplace(co_await std::move(work)); };
  run(keep(std::move(main), out));
  return std::move(*out);
}

}  // namespace tandem::async
