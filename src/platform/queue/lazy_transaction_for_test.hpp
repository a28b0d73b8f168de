#pragma once
// For tests of the queue's engines only.
#include <functional>
#include <memory>
#include <vector>

#include "platform/pg/pg.hpp"

namespace tandem::queue {

// A transaction that begins with its first statement: the conformance suite begins transactions outside of
// coroutines.
class lazy_transaction final : public pg::transaction {
 public:
  explicit lazy_transaction(pg::pool& on) : on_(on) {}
  task<pg::result> run(const pg::statement& what, pg::params with) override {
    if (!real_) real_ = co_await on_.begin();
    co_return co_await real_->run(what, std::move(with));
  }
  task<> commit() override {
    if (!real_) real_ = co_await on_.begin();
    for (auto& then : hooks_) real_->after_commit(std::move(then));
    co_await real_->commit();
  }
  void after_commit(std::function<void()> then) override { hooks_.push_back(std::move(then)); }

 private:
  pg::pool& on_;
  std::unique_ptr<pg::transaction> real_;
  std::vector<std::function<void()>> hooks_;
};

}  // namespace tandem::queue
