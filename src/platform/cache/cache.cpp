#include "platform/cache/cache.hpp"

#include <boost/system/system_error.hpp>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/cache/cache_sql.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::cache {

namespace {

using namespace std::chrono_literals;
using value = std::optional<std::string>;
using steady = std::chrono::steady_clock;

// What is kept, and what is just being filled. Shared with the hooks of transactions, which may outlive the
// cache.
class kept_values {
 public:
  kept_values(executor on, std::size_t most) : on_(on), most_(most) {}

  task<value> get(std::string key, std::chrono::milliseconds ttl, cache::filler fill) {
    for (;;) {
      if (const auto found = by_key_.find(key); found != by_key_.end()) {
        if (found->second->until > steady::now()) {
          ++counts.hits;
          order_.splice(order_.begin(), order_, found->second);
          co_return found->second->what;
        }
        forget(found);
      }
      const auto running = filling_.find(key);
      if (running == filling_.end()) co_return co_await fill_now(key, ttl, fill);
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
    counts.spoiled_fills += filling_.size();
    filling_.clear();
  }
  std::size_t size() const { return by_key_.size(); }

  cache_counts counts;

 private:
  struct entry {
    std::string key;
    value what;
    steady::time_point until;
  };
  struct flight {
    bool ended = false, filled = false;
    value what;
    std::exception_ptr failure;
    std::list<async::event*> waiting;
  };
  using entries = std::list<entry>;

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
    const auto still = filling_.find(key);
    if (still != filling_.end() && still->second == mine) keep(key, ttl, mine->what);
    co_return mine->what;
  }

  void keep(const std::string& key, std::chrono::milliseconds ttl, const value& what) {
    order_.push_front({key, what, steady::now() + ttl});
    by_key_[key] = order_.begin();
    if (by_key_.size() > most_) {
      ++counts.evicted;
      forget(by_key_.find(order_.back().key));
    }
  }
  void forget(std::unordered_map<std::string, entries::iterator>::iterator what) {
    order_.erase(what->second);
    by_key_.erase(what);
  }

  executor on_;
  std::size_t most_;
  entries order_;  // the last used one first
  std::unordered_map<std::string, entries::iterator> by_key_;
  std::map<std::string, std::shared_ptr<flight>> filling_;
};

class local_cache : public cache {
 public:
  local_cache(executor on, const cache_options& options)
      : kept_(std::make_shared<kept_values>(on, options.entries)) {}

  task<value> get(std::string key, std::chrono::milliseconds ttl, filler fill) override {
    const auto kept = kept_;
    co_return co_await kept->get(std::move(key), ttl, std::move(fill));
  }
  task<> invalidate(pg::transaction& in, std::span<const std::string> keys) override {
    drop_with(in, keys);
    co_return;
  }
  cache_counts counts() const override {
    auto out = kept_->counts;
    out.entries = kept_->size();
    return out;
  }
  task<> stop() override { co_return; }

 protected:
  void drop_with(pg::transaction& in, std::span<const std::string> keys) {
    std::vector<std::string> all(keys.begin(), keys.end());
    in.after_commit([kept = kept_, all = std::move(all)] {
      for (const auto& key : all) kept->drop(key);
    });
  }
  std::shared_ptr<kept_values> kept_;
};

class pg_cache final : public local_cache {
 public:
  pg_cache(executor on, pg::pool& db, const cache_options& options)
      : local_cache(on, options),
        news_(std::make_shared<tidings>(on)),
        work_(on, [](std::string_view, const std::exception_ptr&) {}) {
    db.listen("tandem_cache", [news = news_](std::string_view) { news->heard.ring(); });
    work_.spawn("cache invalidations", follow(db, kept_, news_, options.poll));
    work_.spawn("cache hints", hint(db, news_));
  }

  task<> invalidate(pg::transaction& in, std::span<const std::string> keys) override {
    if (keys.empty()) co_return;
    const auto rows = co_await in(sql::cache::invalidate, keys);
    std::vector<std::int64_t> ids;
    for (int at = 0; at < rows.size(); ++at) ids.push_back(rows[at].get<std::int64_t>(0));
    drop_with(in, keys);
    in.after_commit([news = news_, ids = std::move(ids)] {
      news->known.insert(ids.begin(), ids.end());
      news->changed.ring();
    });
  }

  task<> stop() override { co_await work_.stop(); }

 private:
  struct tidings {
    explicit tidings(const executor& on) : heard(on), changed(on) {}
    async::event heard, changed;
    std::set<std::int64_t> known;  // invalidations that have been followed, or are our own
  };

  // Rows are found by the transaction that wrote them and not by their own number: numbers become visible out
  // of order, while whatever a look does not see was written by a transaction at or above that look's
  // horizon.
  static task<> follow(pg::pool& db, std::shared_ptr<kept_values> kept, std::shared_ptr<tidings> news,
                       std::chrono::milliseconds poll) {
    std::string horizon;
    auto pruned = steady::now();
    for (;;) {
      bool lost = false;
      try {
        const auto now = co_await db(sql::cache::horizon);
        if (horizon.empty()) {
          kept->drop_all();
        } else {
          const auto before = news->known;
          const auto rows = co_await db(sql::cache::since, horizon);
          std::set<std::int64_t> seen;
          for (int at = 0; at < rows.size(); ++at) {
            const auto id = rows[at].get<std::int64_t>(0);
            if (!news->known.contains(id)) kept->drop(rows[at].get<std::string>(1));
            seen.insert(id);
          }
          // What was known and is not among the rows now lies below every later horizon.
          std::erase_if(news->known, [&](std::int64_t id) { return before.contains(id); });
          news->known.merge(seen);
        }
        horizon = now.front().get<std::string>(0);
        if (steady::now() - pruned > 10min) {
          pruned = steady::now();
          co_await db(sql::cache::prune);
        }
      } catch (const pg::error&) {
        lost = true;
      }
      if (lost) {
        horizon.clear();
        kept->drop_all();
      }
      co_await news->heard.wait_for(poll);
    }
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
  return std::make_unique<pg_cache>(on, db, options);
}

}  // namespace tandem::cache
