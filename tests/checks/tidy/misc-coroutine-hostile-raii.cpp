#include <mutex>

#include "task.hpp"
std::mutex door;
task wait() {
  const std::lock_guard held(door);
  co_await std::suspend_always();
}
