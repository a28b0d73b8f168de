#pragma once
#include <chrono>
#include <memory>
#include <vector>

#include "async/part.hpp"
#include "async/passing.hpp"
#include "async/scope.hpp"

namespace tandem::async {

// The background work of a part. Unlike a scope it takes work again after a stop(), and its loops do not end
// by an exception: a round that fails is told, shown in state(), and begun again after a pause.
class crew {
 public:
  using round = std::function<task<>()>;

  // `on_failure` hears of a loop's first failure in a row and whenever it fails with another text, and of
  // each piece of work that failed.
  crew(executor on, scope::sink on_failure, pauses between = {});
  ~crew();
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  // Takes work from now on; also after a stop().
  void begin();
  bool runs() const { return scope_ && !stopping_; }
  // Calls `again` over and over until the stop. A round waits by itself for what the next one is to do; one
  // that returns, or goes on for a while, has succeeded. Dropped while the crew does not run.
  void keep(std::string name, round again);
  // Runs once. Dropped while the crew does not run.
  void spawn(std::string name, task<> work);
  // Cancels what runs and returns when all of it has ended.
  task<> stop();
  // Returns when all of it has ended by itself: for pieces of work, without loops.
  task<> join();
  std::size_t size() const { return scope_ ? scope_->size() : 0; }
  // For what spawns by itself (a dispatcher); between begin() and stop() only.
  scope& all() { return *scope_; }
  // Ready while it runs and no loop fails; then with `well`, else with what fails.
  health state(std::string well = {}) const;

 private:
  struct place;
  static task<> repeat(std::shared_ptr<place> mine, scope::sink on_failure, pauses between);

  executor on_;
  scope::sink on_failure_;
  pauses between_;
  std::vector<std::shared_ptr<place>> places_;
  std::unique_ptr<scope> scope_;
  bool stopping_ = false;
};

}  // namespace tandem::async
