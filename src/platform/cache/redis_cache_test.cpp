#include <fstream>

#include "platform/cache/cache_conformance.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/redis/redis_server_for_test.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

redis::client_options quick(const redis::address& at) {
  redis::client_options out;
  out.at = at;
  out.retry_first = 5ms;
  out.retry_longest = 20ms;
  return out;
}

// What one process has: a pool, a client and a cache that has looked once.
struct process {
  async::loop& io;
  async::event looked{io.on()};
  int looks = 0;
  std::unique_ptr<pg::pool> pool;
  std::unique_ptr<redis::client> second;
  std::unique_ptr<cache::cache> one;
  int fills = 0;

  process(async::loop& loop, pg::pool_options db, redis::client_options at, cache::cache_options options)
      : io(loop),
        pool(pg::make_pool(io.on(), observed(std::move(db)))),
        second(redis::make_client(io.on(), std::move(at))) {
    one = cache::make_redis_cache(io.on(), *pool, *second, options);
    auto begin = [this]() -> task<> {
      co_await second->first_try();
      while (looks == 0) co_await looked.wait();
      for (int n = 0; n < 10; ++n) co_await async::yield();  // what the look does with its rows
    };
    io.run(async::within(20s, begin()));
  }
  ~process() {
    auto end = [this]() -> task<> {
      co_await one->stop();
      co_await second->stop();
      co_await pool->close();
    };
    io.run(end());
  }
  pg::pool_options observed(pg::pool_options options) {
    options.observe = [this](std::string_view name, std::chrono::nanoseconds, bool) {
      if (name != "cache.recent") return;
      ++looks;
      looked.ring();
    };
    return options;
  }
  task<std::optional<std::string>> ask(std::string key, std::optional<std::string> now,
                                       std::chrono::milliseconds ttl = 1h) {
    cache::cache::filler fill = [this, now]() -> task<std::optional<std::string>> {
      ++fills;
      co_return now;
    };
    co_return co_await one->get(std::move(key), ttl, std::move(fill));
  }
  task<> change(std::string key) {
    const std::vector<std::string> keys = {std::move(key)};
    const auto in = co_await pool->begin();
    co_await one->invalidate(*in, keys);
    co_await in->commit();
  }
  task<redis::value> redis_says(std::initializer_list<std::string_view> words) {
    redis::batch one_command;
    one_command.add(words);
    auto answers = co_await second->run(std::move(one_command));
    co_return std::move(answers.front());
  }
  // Until so many values lie in Redis: they are handed over in the background.
  task<> until_shared(std::int64_t count) {
    for (;;) {
      const auto size = co_await redis_says({"DBSIZE"});
      if (size.integer == count) co_return;
    }
  }
};

struct redis_bench {
  pg::database_test db;
  async::loop& io = db.io;
  redis::server_for_test server;
  process own{io, db.database.options(), quick(server.at()), {.entries = 3, .poll = 1h}};
  cache::cache& subject() { return *own.one; }
  task<> change(std::vector<std::string> keys) {
    const auto in = co_await db.pool->begin();
    co_await own.one->invalidate(*in, keys);
    co_await in->commit();
  }
};

// The same suite while Redis is away: killed, or not even reading.
struct killed_redis_bench : redis_bench {
  killed_redis_bench() { server.kill(); }
};
struct paused_redis_bench : redis_bench {
  paused_redis_bench() { server.pause(); }
};

}  // namespace

namespace tandem::cache {
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, CacheConformance, redis_bench);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisKilled, CacheConformance, killed_redis_bench);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisPaused, CacheConformance, paused_redis_bench);
}  // namespace tandem::cache

namespace {

struct RedisCache : testing::Test {
  pg::database_test db;
  redis::server_for_test server;
  // A long time between two looks: on a busy machine nothing may grow too old within a test.
  std::unique_ptr<process> start(cache::cache_options options = {.poll = 1h}) {
    return std::make_unique<process>(db.io, db.database.options(4), quick(server.at()), options);
  }
  void run(task<> test) { db.run(async::within(40s, std::move(test))); }
};

}  // namespace

TEST_F(RedisCache, WhatOneProcessHasFilledAnotherDoesNotFillAgain) {
  const auto here = start(), there = start();
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await here->ask("a", "1"), "1");
    EXPECT_EQ(co_await here->ask("none", std::nullopt), std::nullopt);
    co_await here->until_shared(2);
    EXPECT_EQ(co_await there->ask("a", "2"), "1");
    EXPECT_EQ(co_await there->ask("none", "2"), std::nullopt);
    EXPECT_EQ(there->fills, 0);
    EXPECT_EQ(there->one->counts().second_hits, 2u);
  };
  run(test());
}

TEST_F(RedisCache, AllThatLiesInRedisHasOurPrefixAndATimeOfItsOwn) {
  const auto here = start();
  auto test = [&]() -> task<> {
    co_await here->ask("a", "1", 10s);
    co_await here->ask("b", "2", 0ms);
    co_await here->until_shared(1);
    const auto keys = co_await here->redis_says({"KEYS", "*"});
    EXPECT_EQ(keys.items.size(), 1u);
    const auto name = keys.items.front().text;
    EXPECT_TRUE(name.starts_with("tandem:") && name.ends_with(":a")) << name;
    const auto left = co_await here->redis_says({"PTTL", name});
    EXPECT_GT(left.integer, 0);
    EXPECT_LE(left.integer, 10'000);
  };
  run(test());
}

TEST_F(RedisCache, AValueFromBeforeAChangeIsRefusedAlsoByAProcessThatStartedLater) {
  const auto here = start();
  auto change = [&]() -> task<> {
    co_await here->ask("a", "old");
    co_await here->until_shared(1);
    // Somebody who is not told: the entry in Redis stays what it was.
    const auto in = co_await db.pool->begin();
    constexpr pg::statement note{"test.note", "INSERT INTO platform.cache_invalidations (key) VALUES ('a')",
                                 pg::cardinality::exec};
    co_await (*in)(note);
    co_await in->commit();
  };
  run(change());
  const auto later = start();
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await later->ask("a", "new"), "new");
    EXPECT_EQ(later->one->counts().second_outdated, 1u);
  };
  run(test());
}

TEST_F(RedisCache, AValueThatWasFilledDuringAChangeIsNeverTakenForNew) {
  const auto here = start(), there = start();
  async::event begun(db.io.on()), go_on(db.io.on());
  auto test = [&]() -> task<> {
    async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    // `there` reads the old value, and hands it over after `here` has changed it: it has not heard of the
    // change.
    cache::cache::filler slow = [&]() -> task<std::optional<std::string>> {
      begun.ring();
      co_await go_on.wait();
      co_return "old";
    };
    auto asker = [&]() -> task<> { co_await there->one->get("a", 1h, slow); };
    work.spawn("asker", asker());
    co_await begun.wait();
    const auto in = co_await here->pool->begin();
    const std::vector<std::string> keys = {"a"};
    co_await here->one->invalidate(*in, keys);
    co_await in->commit();
    go_on.ring();
    co_await work.join();
    const auto got = co_await here->ask("a", "new");
    EXPECT_EQ(got, "new");
  };
  run(test());
}

TEST_F(RedisCache, WhatWasPrunedCountsAsAChangeOfEverythingOlder) {
  const auto here = start({.poll = 500ms});
  auto before = [&]() -> task<> {
    co_await here->ask("a", "old");
    co_await here->until_shared(1);
    constexpr pg::statement note{
        "test.note",
        "INSERT INTO platform.cache_invalidations (key, written_at) VALUES ('a', now() - interval '2 hours')",
        pg::cardinality::exec};
    constexpr pg::statement prune{
        "test.prune",
        "WITH gone AS (DELETE FROM platform.cache_invalidations RETURNING written_by) "
        "UPDATE platform.cache_floor SET floor = (SELECT max(written_by) FROM gone)",
        pg::cardinality::exec};
    const auto in = co_await db.pool->begin();
    co_await (*in)(note);
    co_await in->commit();
    co_await (*db.pool)(prune);
  };
  run(before());
  const auto later = start();
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await later->ask("a", "new"), "new");
    // Who was there all along and was not told begins anew as well.
    while (co_await here->ask("a", "new") != "new") co_await async::yield();
  };
  run(test());
}

TEST_F(RedisCache, KilledPausedAndRestartedInTheMiddleItGoesOn) {
  const auto here = start({.poll = 500ms}), there = start({.poll = 500ms});
  int asked = 0;
  auto rounds = [&](int count) -> task<> {
    for (int n = 0; n < count; ++n, ++asked) {
      const auto key = "key" + std::to_string(asked % 7), now = std::to_string(asked);
      co_await here->change(key);
      EXPECT_EQ(co_await here->ask(key, now), now);
      while (co_await there->ask(key, now) != now) co_await async::yield();
    }
  };
  const auto shares = [&]() -> task<> {  // until a value goes through Redis again
    const auto before = there->one->counts().second_hits;
    for (int n = 0; there->one->counts().second_hits == before; ++n) {
      const auto key = "again" + std::to_string(asked) + "-" + std::to_string(n);
      co_await here->ask(key, "x");
      co_await async::yield();
      co_await there->ask(key, "x");
    }
  };
  auto test = [&]() -> task<> {
    co_await rounds(20);
    server.kill();
    co_await rounds(20);
    server.start();
    co_await rounds(20);
    co_await shares();
    server.pause();
    co_await rounds(20);
    server.go_on();
    co_await rounds(20);
    co_await shares();
    server.kill();
    server.start();
    co_await rounds(20);
    co_await shares();
  };
  run(test());
  EXPECT_EQ(asked, 120);
  EXPECT_GT(here->one->counts().second_failures + there->one->counts().second_failures, 0u);
}

TEST_F(RedisCache, AFullRedisIsAMissAndNoFailure) {
  redis::server_for_test full({"--maxmemory", "1mb", "--maxmemory-policy", "noeviction"});
  process here(db.io, db.database.options(4), quick(full.at()), {.poll = 1h});
  auto test = [&]() -> task<> {
    const std::string large(100'000, 'x');
    for (int n = 0; here.one->counts().second_failures == 0 && n < 1000; ++n) {
      const auto key = std::to_string(n);
      EXPECT_EQ(co_await here.ask(key, large), large);
      co_await async::yield();
    }
    EXPECT_GT(here.one->counts().second_failures, 0u);
    EXPECT_TRUE(here.second->state().connected);
  };
  run(test());
}

TEST_F(RedisCache, AWrongPasswordLeavesTheFirstLevelAlone) {
  redis::server_for_test closed({"--requirepass", "right"});
  process here(db.io, db.database.options(4), quick(closed.at()), {.poll = 1h});
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await here.ask("a", "1"), "1");
    EXPECT_EQ(co_await here.ask("a", "2"), "1");
    EXPECT_EQ(here.one->counts().hits, 1u);
  };
  run(test());
}

TEST_F(RedisCache, WhatIsTooLargeStaysHereAndWhatIsForeignIsAMiss) {
  const auto here = start({.poll = 1h, .second_value_bytes = 10}), there = start();
  auto test = [&]() -> task<> {
    co_await here->ask("large", "01234567890");
    co_await here->ask("small", "0123456789");
    co_await here->until_shared(1);
    const auto keys = co_await here->redis_says({"KEYS", "*"});
    const auto name = keys.items.front().text;
    EXPECT_TRUE(name.ends_with(":small"));
    for (const auto* foreign : {"", "1", "1 x +a", "1 99999999999 ?", "2 99999999999 +a"}) {
      co_await here->redis_says({"SET", name, foreign, "PX", "100000"});
      const auto key = "small";
      EXPECT_EQ(co_await there->ask(key, "mine", 0ms), "mine") << foreign;
    }
  };
  run(test());
}

TEST_F(RedisCache, TheFirstLevelIsBoundedInBytesToo) {
  const auto here = start({.bytes = 1000, .poll = 1h});
  auto test = [&]() -> task<> {
    for (int n = 0; n < 20; ++n) co_await here->ask(std::to_string(n), std::string(100, 'x'));
    co_await here->ask("huge", std::string(2000, 'x'));
  };
  run(test());
  EXPECT_LE(here->one->counts().bytes, 1000u);
}
