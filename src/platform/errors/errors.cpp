#include "platform/errors/errors.hpp"

#include <mutex>

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/errors/errors_sql.hpp"

namespace tandem::errors {
namespace {

using namespace std::chrono_literals;

class error_keeper final : public async::part, public log::error_sink {
 public:
  error_keeper(executor on, pg::pool& db, log::error_book& book)
      : db_(db), book_(book), work_(on, [](std::string_view, const std::exception_ptr&) {}) {}
  ~error_keeper() override { book_.set_sink(nullptr); }

  std::string_view name() const override { return "errors"; }

  task<> start() override {
    if (running_) co_return;
    running_ = true;
    book_.set_sink(this);
    for (const auto& entry : book_.snapshot()) put_aside(entry, entry.count);
    work_.spawn("keep errors", keep());
  }

  task<> stop() override {
    if (!running_) co_return;
    running_ = false;
    book_.set_sink(nullptr);
    co_await work_.stop();
    co_await write();
  }

  async::health state() const override { return {running_, {}}; }

  // Any thread may log.
  void error_seen(const log::error_entry& entry) override { put_aside(entry, 1); }

 private:
  struct waiting {
    log::error_entry entry;
    std::int64_t count = 0;
  };

  void put_aside(const log::error_entry& entry, std::int64_t count) {
    const std::scoped_lock lock(mutex_);
    auto& one = waiting_[entry.fingerprint()];
    const auto first = one.count == 0 ? entry.last : one.entry.first;
    one.entry = entry;
    one.entry.first = first;
    one.count += count;
  }

  task<> keep() {
    for (;;) {
      co_await async::sleep_for(5s);
      co_await write();
    }
  }

  task<> write() {
    std::map<std::string, waiting> taken;
    {
      const std::scoped_lock lock(mutex_);
      taken.swap(waiting_);
    }
    if (taken.empty()) co_return;
    std::vector<std::string> fingerprints, rooms, messages, contexts;
    std::vector<std::int64_t> counts;
    std::vector<instant> first, last;
    for (const auto& [fingerprint, one] : taken) {
      fingerprints.push_back(fingerprint);
      rooms.push_back(one.entry.room);
      messages.push_back(one.entry.message);
      contexts.push_back(one.entry.context);
      counts.push_back(one.count);
      first.push_back(one.entry.first);
      last.push_back(one.entry.last);
    }
    bool kept = true;
    try {
      co_await db_(sql::errors::note, fingerprints, rooms, messages, contexts, counts, first, last);
    } catch (const pg::error&) {
      kept = false;  // not logged: that would be another error to write
    }
    if (kept) co_return;
    for (const auto& [fingerprint, one] : taken) put_aside(one.entry, one.count);
  }

  pg::pool& db_;
  log::error_book& book_;
  async::scope work_;
  std::mutex mutex_;
  std::map<std::string, waiting> waiting_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<async::part> make_error_keeper(executor on, pg::pool& db, log::error_book& book) {
  return std::make_unique<error_keeper>(on, db, book);
}

task<std::vector<noted_error>> latest(pg::session& in, instant since, int limit) {
  const auto rows = co_await in(sql::errors::latest, since, limit);
  std::vector<noted_error> out;
  for (int i = 0; i < rows.size(); ++i) {
    noted_error one;
    one.room = rows[i].get<std::string>(0);
    one.message = rows[i].get<std::string>(1);
    one.context = rows[i].get<std::string>(2);
    one.count = rows[i].get<std::int64_t>(3);
    one.first_at = rows[i].get<instant>(4);
    one.last_at = rows[i].get<instant>(5);
    out.push_back(std::move(one));
  }
  co_return out;
}

task<std::int64_t> forget(pg::session& in, instant before) {
  const auto rows = co_await in(sql::errors::forget, before);
  co_return rows.affected();
}

}  // namespace tandem::errors
