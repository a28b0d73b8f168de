#include "platform/cache/cache.hpp"

#include <boost/system/system_error.hpp>
#include <charconv>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/cache/cache_sql.hpp"
#include "platform/pg/pg.hpp"
#include "platform/redis/redis.hpp"

namespace tandem::cache {

namespace {

using namespace std::chrono_literals;
using value = std::optional<std::string>;
using steady = std::chrono::steady_clock;

// A number of PostgreSQL's transactions; 0: none.
using transaction_number = std::uint64_t;

// What this process knows of the changes of all processes, by the numbers of the transactions that made them.
class change_book {
 public:
  explicit change_book(std::chrono::milliseconds trusted_for) : trusted_for_(trusted_for) {}

  // Every change that is more than `trusted_for` old is in the book.
  bool is_current() const { return horizon_ != 0 && is_current(looked_at_); }
  bool is_current(steady::time_point at) const { return steady::now() - at < trusted_for_; }
  // What is read from now on has seen all transactions below this one.
  transaction_number horizon() const { return horizon_; }
  // Whether a value that has seen all transactions below `as_of` has seen every change of the key.
  bool has_seen_all(const std::string& key, transaction_number as_of) const {
    if (as_of <= floor_) return false;
    const auto found = changes_.find(key);
    return found == changes_.end() || as_of > found->second;
  }

  void changed(const std::string& key, transaction_number by) {
    auto& last = changes_[key];
    last = std::max(last, by);
  }
  void looked(steady::time_point begun, transaction_number horizon, transaction_number floor) {
    looked_at_ = begun;
    horizon_ = horizon;
    if (changes_.size() > most_changes) raise_floor(horizon);
    if (floor > floor_) raise_floor(floor);
  }
  // The changes below are not known one by one any more: what may be older than any of them is refused.
  void raise_floor(transaction_number to) {
    floor_ = std::max(floor_, to);
    std::erase_if(changes_, [this](const auto& change) { return change.second <= floor_; });
  }
  void lost() {
    looked_at_ = {};
    horizon_ = 0;
  }
  void begin_anew() {
    lost();
    changes_.clear();
    floor_ = 0;
  }

  static constexpr std::size_t most_changes = 100'000;

 private:
  std::chrono::milliseconds trusted_for_;
  steady::time_point looked_at_;
  transaction_number horizon_ = 0, floor_ = 0;
  std::unordered_map<std::string, transaction_number> changes_;
};

// The second level. An entry is "1 AS_OF +VALUE", or "1 AS_OF -" for a value that is known to be absent.
class second_level {
 public:
  struct entry {
    value what;
    transaction_number as_of = 0;
    std::chrono::milliseconds ttl{0};
  };

  second_level(redis::client& at, std::size_t most_bytes) : at_(at), most_bytes_(most_bytes) {}

  void is_of(const std::string& database) { prefix_ = "tandem:" + database + ":"; }
  bool is_known() const { return !prefix_.empty(); }

  // Nothing when it is not there or cannot be read; throws redis::unavailable.
  task<std::optional<entry>> find(const std::string& key) {
    const auto name = prefix_ + key;
    redis::batch ask;
    ask.add({"GET", name});
    ask.add({"PTTL", name});
    const auto answers = co_await at_.run(std::move(ask));
    for (const auto& answer : answers) {
      if (answer.is_error()) throw redis::unavailable(answer.text);
    }
    auto found = read(answers[0].text);
    if (found) found->ttl = std::chrono::milliseconds(answers[1].integer);
    if (!found || found->ttl <= 0ms) co_return std::nullopt;
    co_return found;
  }

  bool takes(const value& what) const { return !what || what->size() <= most_bytes_; }

  // Whether it was taken.
  task<bool> store(std::string key, entry what) {
    const auto text = "1 " + std::to_string(what.as_of) + (what.what ? " +" + *what.what : " -");
    redis::batch ask;
    ask.add({"SET", prefix_ + key, text, "PX", std::to_string(what.ttl.count())});
    const auto answers = co_await at_.run(std::move(ask));
    co_return !answers.front().is_error();
  }

 private:
  static std::optional<entry> read(std::string_view text) {
    if (!text.starts_with("1 ")) return std::nullopt;
    entry out;
    const auto* begin = text.data() + 2;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), out.as_of);
    if (error != std::errc()) return std::nullopt;
    const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
    if (rest == " -") return out;
    if (!rest.starts_with(" +")) return std::nullopt;
    out.what.emplace(rest.substr(2));
    return out;
  }

  redis::client& at_;
  std::size_t most_bytes_;
  std::string prefix_;
};

// What is kept, and what is just being filled. Shared with the hooks of transactions, which may outlive the
// cache.
class kept_values {
 public:
  kept_values(executor on, const cache_options& options, bool told_by_database)
      : book(2 * options.poll), on_(on), options_(options), told_by_database_(told_by_database) {}

  change_book book;
  cache_counts counts;
  std::optional<second_level> second;
  std::function<void(std::string key, second_level::entry what)> share;  // hands a value to the second level

  task<value> get(std::string key, std::chrono::milliseconds ttl, cache::filler fill) {
    for (;;) {
      const bool current = is_current();
      if (const auto found = by_key_.find(key); current && found != by_key_.end()) {
        if (found->second->until > steady::now()) {
          ++counts.hits;
          order_.splice(order_.begin(), order_, found->second);
          co_return found->second->what;
        }
        forget(found);
      }
      const auto running = filling_.find(key);
      if (running == filling_.end() || (!current && !book.is_current(running->second->begun))) {
        co_return co_await fill_now(key, ttl, fill);
      }
      const auto shared = running->second;
      async::event bell(on_);
      shared->waiting.push_back(&bell);
      struct leave {
        flight& from;
        async::event& bell;
        ~leave() { from.waiting.remove(&bell); }
      } const on_exit{*shared, bell};
      while (!shared->ended) co_await bell.wait();
      if (shared->failure) std::rethrow_exception(shared->failure);
      if (shared->filled) {
        ++counts.shared_fills;
        co_return shared->what;
      }
      // Whoever filled was stopped: somebody else has to.
    }
  }

  void drop(const std::string& key) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found);
    if (const auto running = filling_.find(key); running != filling_.end()) {
      ++counts.spoiled_fills;
      filling_.erase(running);  // it ends for those who wait already, but is not kept
    }
  }
  void drop_all() {
    by_key_.clear();
    order_.clear();
    bytes_ = 0;
    counts.spoiled_fills += filling_.size();
    filling_.clear();
  }
  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct entry {
    std::string key;
    value what;
    steady::time_point until;
    std::size_t bytes() const { return key.size() + (what ? what->size() : 0); }
  };
  struct flight {
    steady::time_point begun = steady::now();
    bool ended = false, filled = false;
    value what;
    std::exception_ptr failure;
    std::list<async::event*> waiting;
  };
  using entries = std::list<entry>;

  bool is_current() const { return !told_by_database_ || book.is_current(); }

  task<value> fill_now(const std::string& key, std::chrono::milliseconds ttl, const cache::filler& fill) {
    const auto mine = std::make_shared<flight>();
    filling_[key] = mine;
    struct finish {
      kept_values& of;
      const std::string& key;
      const std::shared_ptr<flight>& mine;
      ~finish() {
        mine->ended = true;
        const auto still = of.filling_.find(key);
        if (still != of.filling_.end() && still->second == mine) of.filling_.erase(still);
        for (auto* bell : mine->waiting) bell->ring();
      }
    } const on_exit{*this, key, mine};
    if (const auto found = co_await ask_second(key)) {
      mine->what = found->what;
      mine->filled = true;
      if (is_still(key, mine)) keep(key, std::min(ttl, found->ttl), mine->what);
      co_return mine->what;
    }
    const auto begun = steady::now();
    const auto as_of = book.is_current() ? book.horizon() : 0;
    ++counts.fills;
    try {
      mine->what = co_await fill();
      mine->filled = true;
    } catch (const boost::system::system_error&) {
      throw;  // cancelled: the others try for themselves
    } catch (...) {
      mine->failure = std::current_exception();
      throw;
    }
    if (is_still(key, mine)) keep(key, ttl, mine->what);
    const auto left = ttl - std::chrono::ceil<std::chrono::milliseconds>(steady::now() - begun);
    if (second && second->is_known() && second->takes(mine->what) && left > 0ms &&
        book.has_seen_all(key, as_of))
      share(key, {mine->what, as_of, left});
    co_return mine->what;
  }

  // What the second level has, if it has seen every change that this process knows of.
  task<std::optional<second_level::entry>> ask_second(const std::string& key) {
    if (!second || !second->is_known() || !book.is_current()) co_return std::nullopt;
    std::optional<second_level::entry> found;
    try {
      found = co_await second->find(key);
    } catch (const redis::unavailable&) {
      ++counts.second_failures;
      co_return std::nullopt;
    }
    if (!found) {
      ++counts.second_misses;
    } else if (!book.is_current() || !book.has_seen_all(key, found->as_of)) {
      ++counts.second_outdated;
      found.reset();
    } else {
      ++counts.second_hits;
    }
    co_return found;
  }

  bool is_still(const std::string& key, const std::shared_ptr<flight>& mine) const {
    const auto still = filling_.find(key);
    return still != filling_.end() && still->second == mine;
  }

  void keep(const std::string& key, std::chrono::milliseconds ttl, const value& what) {
    if (const auto before = by_key_.find(key); before != by_key_.end()) forget(before);
    order_.push_front({key, what, steady::now() + ttl});
    by_key_[key] = order_.begin();
    bytes_ += order_.front().bytes();
    while (by_key_.size() > options_.entries || (bytes_ > options_.bytes && !order_.empty())) {
      ++counts.evicted;
      forget(by_key_.find(order_.back().key));
    }
  }
  void forget(std::unordered_map<std::string, entries::iterator>::iterator what) {
    bytes_ -= what->second->bytes();
    order_.erase(what->second);
    by_key_.erase(what);
  }

  executor on_;
  cache_options options_;
  bool told_by_database_;
  entries order_;  // the last used one first
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, entries::iterator> by_key_;
  std::map<std::string, std::shared_ptr<flight>> filling_;
};

class local_cache : public cache {
 public:
  local_cache(executor on, const cache_options& options, bool told_by_database = false)
      : kept_(std::make_shared<kept_values>(on, options, told_by_database)) {}

  task<value> get(std::string key, std::chrono::milliseconds ttl, filler fill) override {
    const auto kept = kept_;
    co_return co_await kept->get(std::move(key), ttl, std::move(fill));
  }
  task<> invalidate(pg::transaction& in, std::span<const std::string> keys) override {
    std::vector<std::string> all(keys.begin(), keys.end());
    in.after_commit([kept = kept_, all = std::move(all)] {
      for (const auto& key : all) kept->drop(key);
    });
    co_return;
  }
  cache_counts counts() const override {
    auto out = kept_->counts;
    out.entries = kept_->size();
    out.bytes = kept_->bytes();
    return out;
  }
  task<> stop() override { co_return; }

 protected:
  std::shared_ptr<kept_values> kept_;
};

class pg_cache final : public local_cache {
 public:
  pg_cache(executor on, pg::pool& db, redis::client* second, const cache_options& options)
      : local_cache(on, options, true),
        news_(std::make_shared<tidings>(on)),
        work_(on, [](std::string_view, const std::exception_ptr&) {}) {
    if (second) {
      kept_->second.emplace(*second, options.second_value_bytes);
      kept_->share = [this](std::string key, second_level::entry what) {
        work_.spawn("share a value", store(kept_, std::move(key), std::move(what)));
      };
    }
    db.listen("tandem_cache", [news = news_](std::string_view) { news->heard.ring(); });
    work_.spawn("cache invalidations", follow(db, kept_, news_, options.poll));
    work_.spawn("cache hints", hint(db, news_));
  }

  task<> invalidate(pg::transaction& in, std::span<const std::string> keys) override {
    if (keys.empty()) co_return;
    const auto rows = co_await in(sql::cache::invalidate, keys);
    std::vector<std::int64_t> ids;
    for (int at = 0; at < rows.size(); ++at) ids.push_back(rows[at].get<std::int64_t>(0));
    std::vector<std::string> all(keys.begin(), keys.end());
    in.after_commit([kept = kept_, news = news_, all = std::move(all), ids = std::move(ids),
                     by = rows.front().get<transaction_number>(1)] {
      for (const auto& key : all) {
        kept->book.changed(key, by);
        kept->drop(key);
      }
      news->known.insert(ids.begin(), ids.end());
      news->changed.ring();
    });
  }

  task<> stop() override {
    kept_->share = [](const std::string&, const second_level::entry&) {};
    co_await work_.stop();
  }

 private:
  struct tidings {
    explicit tidings(const executor& on) : heard(on), changed(on) {}
    async::event heard, changed;
    std::set<std::int64_t> known;  // invalidations that have been followed, or are our own
  };

  static task<> store(std::shared_ptr<kept_values> kept, std::string key, second_level::entry what) {
    try {
      const bool taken = co_await kept->second->store(std::move(key), std::move(what));
      if (!taken) ++kept->counts.second_failures;
    } catch (const redis::unavailable&) {
      ++kept->counts.second_failures;
    }
  }

  // Rows are found by the transaction that wrote them and not by their own number: numbers become visible out
  // of order, while whatever a look does not see was written by a transaction at or above that look's
  // horizon.
  static task<> follow(pg::pool& db, std::shared_ptr<kept_values> kept, std::shared_ptr<tidings> news,
                       std::chrono::milliseconds poll) {
    auto pruned = steady::now();
    for (;;) {
      bool lost = false;
      try {
        co_await look(db, *kept, *news);
        if (steady::now() - pruned > 10min) {
          pruned = steady::now();
          co_await db(sql::cache::prune);
        }
      } catch (const pg::error&) {
        lost = true;
      }
      if (lost) {
        kept->book.lost();
        kept->drop_all();
      }
      co_await news->heard.wait_for(poll);
    }
  }

  static task<> look(pg::pool& db, kept_values& kept, tidings& news) {
    const auto begun = steady::now();
    const auto before = kept.book.horizon();
    if (before == 0) co_await db(sql::cache::forget_future);
    const auto now = co_await db(sql::cache::horizon);
    const auto horizon = now.front().get<transaction_number>(0),
               floor = now.front().get<transaction_number>(1);
    // What was pruned and might not have been seen cannot be asked for any more.
    if (before == 0 || floor >= before) {
      co_await begin_anew(db, kept);
    } else {
      co_await hear(db, kept, news, before);
    }
    kept.book.looked(begun, horizon, floor);
  }

  static task<> begin_anew(pg::pool& db, kept_values& kept) {
    kept.book.begin_anew();
    if (kept.second) {
      constexpr auto most = static_cast<std::int64_t>(change_book::most_changes);
      const auto identity = co_await db(sql::cache::identity);
      kept.second->is_of(identity.front().get<std::string>(0));
      const auto rows = co_await db(sql::cache::recent, most);
      for (int at = 0; at < rows.size(); ++at)
        kept.book.changed(rows[at].get<std::string>(0), rows[at].get<transaction_number>(1));
      if (rows.size() == most) kept.book.raise_floor(rows[rows.size() - 1].get<transaction_number>(1));
    }
    kept.drop_all();
  }

  static task<> hear(pg::pool& db, kept_values& kept, tidings& news, transaction_number horizon) {
    const auto before = news.known;
    const auto rows = co_await db(sql::cache::since, horizon);
    std::set<std::int64_t> seen;
    for (int at = 0; at < rows.size(); ++at) {
      const auto id = rows[at].get<std::int64_t>(0);
      const auto key = rows[at].get<std::string>(1);
      if (kept.second) kept.book.changed(key, rows[at].get<transaction_number>(2));
      if (!news.known.contains(id)) kept.drop(key);
      seen.insert(id);
    }
    // What was known and is not among the rows now lies below every later horizon.
    std::erase_if(news.known, [&](std::int64_t id) { return before.contains(id); });
    news.known.merge(seen);
  }

  static task<> hint(pg::pool& db, std::shared_ptr<tidings> news) {
    for (;;) {
      co_await news->changed.wait();
      try {
        co_await db(sql::cache::hint);
      } catch (const pg::error&) {  // the others look by themselves
      }
      co_await async::sleep_for(20ms);
    }
  }

  std::shared_ptr<tidings> news_;
  async::scope work_;
};

}  // namespace

std::unique_ptr<cache> make_local_cache(executor on, cache_options options) {
  return std::make_unique<local_cache>(on, options);
}

std::unique_ptr<cache> make_pg_cache(executor on, pg::pool& db, cache_options options) {
  return std::make_unique<pg_cache>(on, db, nullptr, options);
}

std::unique_ptr<cache> make_redis_cache(executor on, pg::pool& db, redis::client& second,
                                        cache_options options) {
  return std::make_unique<pg_cache>(on, db, &second, options);
}

}  // namespace tandem::cache
