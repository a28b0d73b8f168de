#include "platform/cache/cache_conformance.hpp"
#include "platform/pg/fake_transaction.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

struct local_bench {
  async::loop io;
  std::unique_ptr<cache::cache> one = cache::make_local_cache(io.on(), {.entries = 3});
  cache::cache& subject() { return *one; }
  task<> change(std::vector<std::string> keys) {
    pg::fake_transaction in;
    co_await one->invalidate(in, keys);
    co_await in.commit();
  }
};

struct pg_bench {
  pg::database_test db;
  async::loop& io = db.io;
  async::event looked{io.on()};
  std::unique_ptr<pg::pool> own = pg::make_pool(io.on(), observed());
  std::unique_ptr<cache::cache> one = cache::make_pg_cache(io.on(), *own, {.entries = 3, .poll = 1h});

  // The first look drops everything: it has to be over before a test counts fills.
  pg_bench() { io.run(async::within(20s, looked.wait())); }
  ~pg_bench() {
    io.run(one->stop());
    io.run(own->close());
  }
  pg::pool_options observed() {
    auto options = db.database.options();
    options.observe = [this](std::string_view name, std::chrono::nanoseconds, bool) {
      if (name == "cache.horizon") looked.ring();
    };
    return options;
  }
  cache::cache& subject() { return *one; }
  task<> change(std::vector<std::string> keys) {
    const auto in = co_await db.pool->begin();
    co_await one->invalidate(*in, keys);
    co_await in->commit();
  }
};

}  // namespace

namespace tandem::cache {
INSTANTIATE_TYPED_TEST_SUITE_P(Local, CacheConformance, local_bench);
INSTANTIATE_TYPED_TEST_SUITE_P(PostgreSql, CacheConformance, pg_bench);
}  // namespace tandem::cache

namespace {

cache::cache::filler gives(std::string what) {
  return [what]() -> task<std::optional<std::string>> { co_return what; };
}

// Two processes: two pools, two caches.
struct two_processes {
  pg::database_test db;
  std::unique_ptr<pg::pool> other_pool = pg::make_pool(db.io.on(), db.database.options(4));
  std::unique_ptr<cache::cache> here = cache::make_pg_cache(db.io.on(), *db.pool, {.poll = 1h});
  std::unique_ptr<cache::cache> there;

  explicit two_processes(std::chrono::milliseconds poll)
      : there(cache::make_pg_cache(db.io.on(), *other_pool, {.poll = poll})) {}
  ~two_processes() {
    auto end = [this]() -> task<> {
      co_await here->stop();
      co_await there->stop();
      co_await other_pool->close();
    };
    db.run(end());
  }
  task<> change(std::string key) {
    const std::vector<std::string> keys = {key};
    const auto in = co_await db.pool->begin();
    co_await here->invalidate(*in, keys);
    co_await in->commit();
  }
  // Until the other process gives what it is filled with now.
  task<> until_there(std::string key, std::string now) {
    for (;;) {
      const auto got = co_await there->get(key, 1h, gives(now));
      if (got == now) co_return;
      co_await async::yield();
    }
  }
};

}  // namespace

TEST(PgCache, AnotherProcessHearsOfAChangeByTheHint) {
  two_processes both(1h);
  auto test = [&]() -> task<> {
    constexpr pg::statement listening{
        "test.listening",
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
        pg::cardinality::one};
    for (;;) {
      const auto rows = co_await (*both.db.pool)(listening);
      if (rows.front().get<int>(0) == 2) break;
    }
    co_await both.until_there("k", "old");
    co_await both.change("k");
    co_await both.until_there("k", "new");
  };
  both.db.run(async::within(20s, test()));
}

TEST(PgCache, WithoutHintsItsOwnLookFindsTheChangeAlsoOneThatCommittedOutOfOrder) {
  two_processes both(5ms);
  auto test = [&]() -> task<> {
    co_await both.until_there("slow", "old");
    // Written before, committed after another one that the other process has seen: its row number is the
    // lower one.
    const std::vector<std::string> keys = {"slow"};
    const auto late = co_await both.db.pool->begin();
    co_await both.here->invalidate(*late, keys);
    co_await both.until_there("quick", "old");
    co_await both.change("quick");
    co_await both.until_there("quick", "new");
    co_await late->commit();
    co_await both.until_there("slow", "new");
  };
  both.db.run(async::within(20s, test()));
}
