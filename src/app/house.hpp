#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/roles.hpp"
#include "app/settings.hpp"
#include "async/task.hpp"

namespace tandem::app {

// The composition root: builds the parts of the roles, starts them in order, and stops them in the reverse
// order.
class house {
 public:
  virtual ~house() = default;
  // Throws std::runtime_error that says what to do; what was started by then is stopped by stop().
  virtual task<> start() = 0;
  virtual task<> stop() = 0;
  // "http://127.0.0.1:8080/" of the inner listener, once it was started.
  virtual std::string address() const = 0;
};

std::unique_ptr<house> build_house(executor on, const settings& all, std::vector<role> roles);

}  // namespace tandem::app
