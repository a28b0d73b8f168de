#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/task.hpp"

namespace tandem::async {

// The text of an exception.
std::string text_of(const std::exception_ptr& failure);

// Owns what it spawns: nothing of it runs on after stop(). A task that ends with an exception is told to the
// sink (cancellation by stop() is not an error); the others go on.
class scope {
 public:
  using sink = std::function<void(std::string_view task_name, std::exception_ptr failure)>;

  scope(executor on, sink on_failure);
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  // After stop() has begun, the work is dropped unstarted.
  void spawn(std::string name, task<> work);
  // The same, with a way to cancel this task alone: calling the result does nothing once the task has ended.
  std::function<void()> spawn_cancellable(std::string name, task<> work);
  // Cancels what runs and returns when all of it has ended. May be called twice, or without any spawn.
  task<> stop();
  // Returns when all of it has ended by itself.
  task<> join();
  std::size_t size() const;
  const executor& on() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace tandem::async
