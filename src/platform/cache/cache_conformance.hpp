#pragma once
// What every engine of the cache must do. An engine's test gives a bench with:
//   async::loop io;  cache& subject() (room for 3 entries);  task<> change(std::vector<std::string> keys),
//   which commits a transaction that invalidates these keys
#include <gtest/gtest.h>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/cache/cache.hpp"

namespace tandem::cache {

template <class Bench>
struct CacheConformance : testing::Test {
  Bench bench;
  int fills = 0;

  // The value that a fill would give now.
  task<std::optional<std::string>> ask(std::string key, std::optional<std::string> now,
                                       std::chrono::milliseconds ttl = std::chrono::hours(1)) {
    cache::filler fill = [this, now]() -> task<std::optional<std::string>> {
      ++fills;
      co_return now;
    };
    co_return co_await bench.subject().get(std::move(key), ttl, std::move(fill));
  }
  void run(task<> test) { bench.io.run(async::within(std::chrono::seconds(20), std::move(test))); }
  static void unexpected(std::string_view, const std::exception_ptr& failure) {
    ADD_FAILURE() << async::text_of(failure);
  }
};

TYPED_TEST_SUITE_P(CacheConformance);

TYPED_TEST_P(CacheConformance, AValueIsFilledOnceAlsoWhenItIsAbsent) {
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await this->ask("a", "1"), "1");
    EXPECT_EQ(co_await this->ask("a", "2"), "1");
    EXPECT_EQ(co_await this->ask("none", std::nullopt), std::nullopt);
    EXPECT_EQ(co_await this->ask("none", "late"), std::nullopt);
  };
  this->run(test());
  EXPECT_EQ(this->fills, 2);
}

TYPED_TEST_P(CacheConformance, AValueWhoseTimeIsOverIsFilledAgain) {
  auto test = [&]() -> task<> {
    EXPECT_EQ(co_await this->ask("a", "1", std::chrono::milliseconds(0)), "1");
    EXPECT_EQ(co_await this->ask("a", "2"), "2");
  };
  this->run(test());
}

TYPED_TEST_P(CacheConformance, TheOneNotAskedForLongestGoesFirst) {
  auto test = [&]() -> task<> {
    for (const auto* key : {"a", "b", "c", "a", "d"}) co_await this->ask(key, "1");  // b has to go
    const auto before = this->bench.subject().counts();
    for (const auto* key : {"a", "c", "d"}) co_await this->ask(key, "2");
    EXPECT_EQ(this->bench.subject().counts().hits, before.hits + 3);
    co_await this->ask("b", "2");  // perhaps from a second level, but not from here
    EXPECT_EQ(this->bench.subject().counts().hits, before.hits + 3);
    EXPECT_EQ(this->bench.subject().counts().entries, 3u);
  };
  this->run(test());
}

TYPED_TEST_P(CacheConformance, AnInvalidationIsHeardAfterItsCommit) {
  auto test = [&]() -> task<> {
    co_await this->ask("a", "1");
    co_await this->ask("b", "1");
    const std::vector<std::string> keys = {"a"};
    co_await this->bench.change(keys);
    EXPECT_EQ(co_await this->ask("a", "2"), "2");
    EXPECT_EQ(co_await this->ask("b", "2"), "1");
  };
  this->run(test());
}

TYPED_TEST_P(CacheConformance, AFillThatBeganBeforeAnInvalidationIsDropped) {
  async::event begun(this->bench.io.on()), go_on(this->bench.io.on());
  std::optional<std::string> early;
  auto test = [&]() -> task<> {
    async::scope work(this->bench.io.on(), this->unexpected);
    cache::filler slow = [&]() -> task<std::optional<std::string>> {
      begun.ring();
      co_await go_on.wait();
      co_return "old";
    };
    auto asker = [&]() -> task<> {
      early = co_await this->bench.subject().get("a", std::chrono::hours(1), slow);
    };
    work.spawn("early", asker());
    co_await begun.wait();
    const std::vector<std::string> keys = {"a"};
    co_await this->bench.change(keys);
    EXPECT_EQ(co_await this->ask("a", "new"), "new") << "does not join the fill from before";
    go_on.ring();
    co_await work.join();
    EXPECT_EQ(early, "old");
    EXPECT_EQ(co_await this->ask("a", "newer"), "new") << "the old fill did not overwrite it";
  };
  this->run(test());
}

TYPED_TEST_P(CacheConformance, ManyWhoAskAtOnceShareOneFill) {
  int answers = 0;
  async::event go_on(this->bench.io.on());
  auto test = [&]() -> task<> {
    async::scope work(this->bench.io.on(), this->unexpected);
    cache::filler slow = [&]() -> task<std::optional<std::string>> {
      ++this->fills;
      co_await go_on.wait();
      co_return "value";
    };
    auto asker = [&]() -> task<> {
      const auto got = co_await this->bench.subject().get("a", std::chrono::hours(1), slow);
      if (got == "value") ++answers;
    };
    for (int n = 0; n < 50; ++n) work.spawn("asker", asker());
    co_await async::yield();
    go_on.ring();
    co_await work.join();
  };
  this->run(test());
  EXPECT_EQ(answers, 50);
  EXPECT_EQ(this->fills, 1);
}

TYPED_TEST_P(CacheConformance, AFailedFillFailsForAllWhoWaitAndIsNotKept) {
  int failures = 0;
  async::event go_on(this->bench.io.on());
  auto test = [&]() -> task<> {
    async::scope work(this->bench.io.on(), [&](std::string_view, const std::exception_ptr&) { ++failures; });
    cache::filler broken = [&]() -> task<std::optional<std::string>> {
      co_await go_on.wait();
      throw std::runtime_error("no");
    };
    auto asker = [&]() -> task<> { co_await this->bench.subject().get("a", std::chrono::hours(1), broken); };
    for (int n = 0; n < 3; ++n) work.spawn("asker", asker());
    co_await async::yield();
    go_on.ring();
    co_await work.join();
    EXPECT_EQ(failures, 3);
    EXPECT_EQ(co_await this->ask("a", "good"), "good");
  };
  this->run(test());
}

TYPED_TEST_P(CacheConformance, WhenTheOneWhoFillsIsStoppedAnotherTakesOver) {
  async::event begun(this->bench.io.on()), never(this->bench.io.on());
  std::optional<std::string> second;
  auto test = [&]() -> task<> {
    async::scope first(this->bench.io.on(), this->unexpected), others(this->bench.io.on(), this->unexpected);
    cache::filler endless = [&]() -> task<std::optional<std::string>> {
      begun.ring();
      co_await never.wait();
      co_return "never";
    };
    auto asker = [&]() -> task<> { co_await this->bench.subject().get("a", std::chrono::hours(1), endless); };
    auto other = [&]() -> task<> { second = co_await this->ask("a", "mine"); };
    first.spawn("asker", asker());
    co_await begun.wait();
    others.spawn("other", other());
    co_await async::yield();
    co_await first.stop();
    co_await others.join();
  };
  this->run(test());
  EXPECT_EQ(second, "mine");
}

REGISTER_TYPED_TEST_SUITE_P(CacheConformance, AValueIsFilledOnceAlsoWhenItIsAbsent,
                            AValueWhoseTimeIsOverIsFilledAgain, TheOneNotAskedForLongestGoesFirst,
                            AnInvalidationIsHeardAfterItsCommit, AFillThatBeganBeforeAnInvalidationIsDropped,
                            ManyWhoAskAtOnceShareOneFill, AFailedFillFailsForAllWhoWaitAndIsNotKept,
                            WhenTheOneWhoFillsIsStoppedAnotherTakesOver);

}  // namespace tandem::cache
