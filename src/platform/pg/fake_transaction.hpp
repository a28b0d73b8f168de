#pragma once
#include <functional>
#include <stdexcept>
#include <vector>

#include "platform/pg/pg.hpp"

namespace tandem::pg {

// Stands in for a transaction in tests of code whose stores are in memory: it has no database, only the
// commit and what hangs on it. Destroyed without commit(), its hooks are never called: a rollback.
class fake_transaction final : public transaction {
 public:
  task<result> run(const statement& what, params) override {
    throw std::logic_error("a statement on a transaction without a database: " + std::string(what.name));
  }
  task<> commit() override {
    if (committed_) throw std::logic_error("committed twice");
    committed_ = true;
    for (const auto& then : hooks_) then();
    co_return;
  }
  void after_commit(std::function<void()> then) override { hooks_.push_back(std::move(then)); }
  bool committed() const { return committed_; }

 private:
  std::vector<std::function<void()>> hooks_;
  bool committed_ = false;
};

}  // namespace tandem::pg
