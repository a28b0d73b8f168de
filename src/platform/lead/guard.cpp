#include "platform/lead/guard.hpp"

namespace tandem::lead {

namespace {

// Looks only, and locks nothing. WITH and a locking SELECT count as writes.
bool only_reads(std::string_view statement) {
  return statement.starts_with("SELECT") && statement.find("FOR UPDATE") == std::string_view::npos;
}

class guard final : public pg::pool {
 public:
  guard(pg::pool& db, candidate& who) : db_(db), who_(who) {}

  task<pg::result> run(const pg::statement& what, pg::params with) override {
    if (only_reads(what.text)) co_return co_await db_.run(what, std::move(with));
    std::optional<pg::result> out;
    std::function<task<>(pg::transaction&)> only = [&out, &what, &with](pg::transaction& in) {
      return keep(in, what, with, out);
    };
    co_await in_transaction(std::move(only));
    co_return std::move(*out);
  }

  task<std::unique_ptr<pg::transaction>> begin() override {
    auto in = co_await db_.begin();
    co_await check(*in);
    co_return in;
  }

  task<> in_transaction(std::function<task<>(pg::transaction&)> work) override {
    std::function<task<>(pg::transaction&)> checked = [this, &work](pg::transaction& in) {
      return check_and(in, work);
    };
    co_await db_.in_transaction(std::move(checked));
  }

  void listen(std::string channel, std::function<void(std::string_view payload)> heard) override {
    db_.listen(std::move(channel), std::move(heard));
  }
  task<> close() override { co_return; }  // it is not ours

 private:
  static task<> keep(pg::transaction& in, const pg::statement& what, const pg::params& with,
                     std::optional<pg::result>& out) {
    out = co_await in.run(what, with);
  }

  task<> check(pg::transaction& in) {
    std::string lost;
    try {
      co_await who_.check(in);
    } catch (const not_leading& why) {
      lost = why.what();
    }
    if (!lost.empty()) throw pg::unavailable("not written: " + lost, "");
  }

  task<> check_and(pg::transaction& in, const std::function<task<>(pg::transaction&)>& work) {
    co_await check(in);
    co_await work(in);
  }

  pg::pool& db_;
  candidate& who_;
};

}  // namespace

std::unique_ptr<pg::pool> make_guard(pg::pool& db, candidate& who) {
  return std::make_unique<guard>(db, who);
}

}  // namespace tandem::lead
