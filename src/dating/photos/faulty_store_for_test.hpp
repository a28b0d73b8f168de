// A store of blobs that fails and hangs when a test says so, over one that works.
#pragma once
#include <functional>
#include <stdexcept>
#include <utility>

#include "async/event.hpp"
#include "platform/blob/blob.hpp"

namespace tandem::dating {

class faulty_store final : public blob::store {
 public:
  faulty_store(blob::store& under, executor on) : under_(under), never_(on) {}

  bool away = false;             // everything fails
  bool hangs = false;            // no read comes back
  int puts_that_work = 1 << 30;  // the next ones fail
  int puts = 0;                  // how many were tried
  // What goes on meanwhile: when a blob lies there and its put has not returned, and before one is removed.
  std::function<task<>()> during_put, during_removal;

  task<blob::blob_id> put(std::vector<std::byte> bytes) override {
    ++puts;
    check();
    if (--puts_that_work < 0) throw std::runtime_error("the store does not take it");
    auto id = co_await under_.put(std::move(bytes));
    if (during_put) co_await during_put();
    co_return id;
  }
  task<std::optional<std::vector<std::byte>>> get(blob::blob_id id) override {
    check();
    if (hangs) co_await never_.wait();
    co_return co_await under_.get(std::move(id));
  }
  task<bool> remove(blob::blob_id id) override {
    check();
    if (during_removal) co_await during_removal();
    co_return co_await under_.remove(std::move(id));
  }
  task<std::vector<blob::blob_entry>> list(blob::blob_id after, std::size_t limit) override {
    check();
    co_return co_await under_.list(std::move(after), limit);
  }
  std::string link(const blob::blob_id& id, instant until) const override { return under_.link(id, until); }

 private:
  void check() const {
    if (away) throw std::runtime_error("the store is away");
  }

  blob::store& under_;
  async::event never_;
};

}  // namespace tandem::dating
