#pragma once
// What every engine of the queue must do. An engine's test gives a bench with:
//   async::loop io; fixed_clock time; std::vector<std::string> told;
//   queue& subject();                              polls every few milliseconds
//   std::unique_ptr<pg::transaction> begin();
//   void expire_leases();                          as if the time of all claims had run out
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::queue {

template <class Bench>
struct QueueConformance : testing::Test {
  Bench bench;
  async::scope work{bench.io.on(), [](std::string_view name, const std::exception_ptr& failure) {
                      ADD_FAILURE() << name << ": " << async::text_of(failure);
                    }};
  std::vector<std::string> handled;  // bodies, in the order in which their effects became true
  async::event changed{bench.io.on()};

  // The consumers end before the test's own variables, which their handlers use.
  void run(task<> test) {
    std::exception_ptr failure;
    try {
      bench.io.run(async::within(std::chrono::seconds(60), std::move(test)));
    } catch (...) {
      failure = std::current_exception();
    }
    bench.io.run(work.stop());
    if (failure) std::rethrow_exception(failure);
  }

  task<> publish(std::vector<publication> what) {
    const auto in = bench.begin();
    co_await bench.subject().publish(*in, what);
    co_await in->commit();
  }
  task<> publish_one(std::string body, std::string key = {}, std::optional<instant> due = {}) {
    std::vector<publication> one;
    one.push_back({"lane", "thing_happened.v1", std::move(body), std::move(key), due});
    co_await publish(std::move(one));
  }

  // Acknowledges the batch and notes it as handled, both with the commit.
  task<> accept(std::span<const message> batch, acknowledger& ack) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> bodies;
    for (const auto& each : batch) {
      ids.push_back(each.id);
      bodies.push_back(each.body);
    }
    const auto in = bench.begin();
    co_await ack.done(*in, ids);
    in->after_commit([this, bodies] {
      handled.insert(handled.end(), bodies.begin(), bodies.end());
      changed.ring();
    });
    co_await in->commit();
  }
  batch_handler accepting() {
    return [this](std::span<const message> batch, acknowledger& ack) { return accept(batch, ack); };
  }
  void start(batch_handler handler, int batch = 10, int parallel = 1, int attempts = 3) {
    consumer_options options;
    options.lane = "lane";
    options.batch = batch;
    options.parallel = parallel;
    options.attempts = attempts;
    work.spawn("consume", bench.subject().consume(options, std::move(handler)));
  }
  task<> until(std::size_t count) {
    while (handled.size() < count) co_await changed.wait();
  }
  task<lane_state> lane() {
    for (auto& each : co_await bench.subject().lanes()) {
      if (each.lane == "lane") co_return each;
    }
    co_return lane_state{};
  }
  // Waits until the queue itself says so.
  task<> until_lane(std::function<bool(const lane_state&)> fits) {
    for (;;) {
      const auto now = co_await lane();
      if (fits(now)) co_return;
      co_await async::yield();
    }
  }
  task<> until_empty() {
    co_await until_lane([](const lane_state& s) { return s.waiting + s.delayed + s.claimed == 0; });
  }
};

TYPED_TEST_SUITE_P(QueueConformance);

TYPED_TEST_P(QueueConformance, WhatWasCommittedArrivesWithAllItsParts) {
  std::vector<message> seen;
  auto test = [&]() -> task<> {
    std::vector<publication> both;
    both.push_back({"lane", "thing_happened.v1", R"({"a":"ё"})", "k"});
    both.push_back({"other", "do_it.v1", "{}", ""});
    co_await this->publish(std::move(both));
    this->start([&](std::span<const message> batch, acknowledger& ack) -> task<> {
      seen.assign(batch.begin(), batch.end());
      co_await this->accept(batch, ack);
    });
    co_await this->until(1);
    co_await this->until_empty();
  };
  this->run(test());
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].lane, "lane");
  EXPECT_EQ(seen[0].kind, "thing_happened.v1");
  EXPECT_EQ(seen[0].body, R"({"a":"ё"})");
  EXPECT_EQ(seen[0].key, "k");
  EXPECT_EQ(seen[0].attempt, 1);
  EXPECT_EQ(seen[0].published_at, this->bench.time.now());
}

TYPED_TEST_P(QueueConformance, WhatWasRolledBackNeverArrives) {
  auto test = [&]() -> task<> {
    {
      const auto in = this->bench.begin();
      const std::vector<publication> never = {{"lane", "x.v1", "never", ""}};
      co_await this->bench.subject().publish(*in, never);
    }
    this->start(this->accepting());
    co_await this->publish_one("real");
    co_await this->until(1);
  };
  this->run(test());
  EXPECT_EQ(this->handled, std::vector<std::string>{"real"});
}

TYPED_TEST_P(QueueConformance, ADelayedMessageWaitsForItsTime) {
  auto test = [&]() -> task<> {
    this->start(this->accepting());
    co_await this->publish_one("late", {}, this->bench.time.now() + std::chrono::hours(1));
    co_await this->publish_one("now");
    co_await this->until(1);
    const auto state = co_await this->lane();
    EXPECT_EQ(state.delayed, 1);
    this->bench.time.advance(std::chrono::hours(1));
    co_await this->until(2);
  };
  this->run(test());
  EXPECT_EQ(this->handled, (std::vector<std::string>{"now", "late"}));
}

TYPED_TEST_P(QueueConformance, OneKeyKeepsItsOrderUnderParallelConsumers) {
  constexpr int keys = 7, each = 40;
  std::map<std::string, int> running;
  auto test = [&]() -> task<> {
    std::vector<publication> all;
    for (int n = 0; n < each; ++n) {
      for (int key = 0; key < keys; ++key) {
        all.push_back({"lane", "x.v1", std::to_string(key) + ":" + std::to_string(n), std::to_string(key)});
      }
    }
    co_await this->publish(std::move(all));
    auto handler = [&](std::span<const message> batch, acknowledger& ack) -> task<> {
      std::set<std::string> mine;
      for (const auto& one : batch) mine.insert(one.key);
      for (const auto& key : mine) EXPECT_EQ(++running[key], 1) << "two consumers hold key " << key;
      for (int turns = 0; turns < 5; ++turns) co_await async::yield();
      for (const auto& key : mine)
        --running[key];  // before the commit: from there on others may have the key
      co_await this->accept(batch, ack);
    };
    this->start(handler, 9, 4);
    this->start(handler, 3, 2);
    co_await this->until(keys * each);
  };
  this->run(test());
  std::map<std::string, int> next;
  for (const auto& body : this->handled) {
    const auto key = body.substr(0, body.find(':'));
    EXPECT_EQ(body, key + ":" + std::to_string(next[key]++));
  }
}

TYPED_TEST_P(QueueConformance, AMessageWhoseEarlierOneIsDelayedWaitsAndOtherKeysDoNot) {
  auto test = [&]() -> task<> {
    co_await this->publish_one("a1", "a", this->bench.time.now() + std::chrono::minutes(1));
    co_await this->publish_one("a2", "a");
    co_await this->publish_one("b1", "b");
    this->start(this->accepting());
    co_await this->until(1);
    EXPECT_EQ(this->handled, std::vector<std::string>{"b1"});
    this->bench.time.advance(std::chrono::minutes(1));
    co_await this->until(3);
  };
  this->run(test());
  EXPECT_EQ(this->handled, (std::vector<std::string>{"b1", "a1", "a2"}));
}

TYPED_TEST_P(QueueConformance, APoisonousMessageInABatchHoldsUpOnlyItself) {
  auto test = [&]() -> task<> {
    std::vector<publication> all;
    for (const auto* body : {"one", "poison", "two", "three"}) all.push_back({"lane", "x.v1", body, ""});
    co_await this->publish(std::move(all));
    this->start([&](std::span<const message> batch, acknowledger& ack) -> task<> {
      for (const auto& each : batch) {
        if (each.body == "poison")
          throw std::runtime_error("poison in a batch of " + std::to_string(batch.size()));
      }
      co_await this->accept(batch, ack);
    });
    co_await this->until(3);
    for (int retry = 0; retry < 2; ++retry) {
      co_await this->until_lane([](const lane_state& s) { return s.delayed == 1; });
      this->bench.time.advance(std::chrono::minutes(10));
      co_await this->until_lane([](const lane_state& s) { return s.delayed + s.dead == 1; });
    }
    co_await this->until_lane([](const lane_state& s) { return s.dead == 1 && s.waiting + s.claimed == 0; });
    const auto dead = co_await this->bench.subject().dead("lane", 10);
    EXPECT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead.at(0).what.body, "poison");
    EXPECT_EQ(dead.at(0).error, "poison in a batch of 1");
  };
  this->run(test());
  EXPECT_EQ(this->handled, (std::vector<std::string>{"one", "two", "three"}));
}

TYPED_TEST_P(QueueConformance, AFailedMessageOfAKeyIsOvertakenByNoLaterOne) {
  bool failing = true;
  auto test = [&]() -> task<> {
    std::vector<publication> all;
    for (const auto* body : {"a1", "a2", "a3"}) all.push_back({"lane", "x.v1", body, "a"});
    co_await this->publish(std::move(all));
    this->start([&](std::span<const message> batch, acknowledger& ack) -> task<> {
      if (batch[0].body == "a1" && failing) throw std::runtime_error("not yet");
      co_await this->accept(batch, ack);
    });
    co_await this->until_lane(
        [](const lane_state& s) { return s.delayed == 1 && s.waiting == 2 && s.claimed == 0; });
    EXPECT_TRUE(this->handled.empty());
    failing = false;
    this->bench.time.advance(std::chrono::minutes(1));
    co_await this->until(3);
  };
  this->run(test());
  EXPECT_EQ(this->handled, (std::vector<std::string>{"a1", "a2", "a3"}));
}

TYPED_TEST_P(QueueConformance, RetriesCountTheirAttemptsAndBackOff) {
  std::vector<int> attempts;
  std::vector<std::chrono::seconds> pauses;
  auto test = [&]() -> task<> {
    co_await this->publish_one("again");
    this->start(
        [&](std::span<const message> batch, acknowledger& ack) -> task<> {
          attempts.push_back(batch[0].attempt);
          if (attempts.size() < 5) throw std::runtime_error("no");
          co_await this->accept(batch, ack);
        },
        10, 1, 8);
    for (const std::chrono::seconds pause : {std::chrono::seconds(1), std::chrono::seconds(2),
                                             std::chrono::seconds(4), std::chrono::seconds(8)}) {
      co_await this->until_lane([](const lane_state& s) { return s.delayed == 1; });
      const auto so_far = attempts.size();
      this->bench.time.advance(pause - std::chrono::milliseconds(1));
      const auto still = co_await this->lane();
      EXPECT_EQ(still.delayed, 1);
      EXPECT_EQ(attempts.size(), so_far);
      this->bench.time.advance(std::chrono::milliseconds(1));
      while (attempts.size() == so_far) co_await async::yield();
    }
    co_await this->until(1);
  };
  this->run(test());
  EXPECT_EQ(attempts, (std::vector<int>{1, 2, 3, 4, 5}));
}

TYPED_TEST_P(QueueConformance, WhatAHandlerLeavesUnacknowledgedIsTriedAgain) {
  bool leaving = true;
  auto test = [&]() -> task<> {
    std::vector<publication> all;
    for (const auto* body : {"kept", "left"}) all.push_back({"lane", "x.v1", body, ""});
    co_await this->publish(std::move(all));
    this->start([&](std::span<const message> batch, acknowledger& ack) -> task<> {
      std::vector<message> part;
      for (const auto& each : batch) {
        if (each.body != "left" || !leaving) part.push_back(each);
      }
      if (!part.empty()) co_await this->accept(part, ack);
    });
    co_await this->until_lane(
        [](const lane_state& s) { return s.delayed == 1 && s.waiting + s.claimed == 0; });
    EXPECT_EQ(this->handled, std::vector<std::string>{"kept"});
    leaving = false;
    this->bench.time.advance(std::chrono::seconds(1));
    co_await this->until(2);
  };
  this->run(test());
  EXPECT_EQ(this->handled, (std::vector<std::string>{"kept", "left"}));
}

TYPED_TEST_P(QueueConformance, LaterPutsOneBackWithoutCountingTheAttempt) {
  std::vector<int> attempts;
  auto test = [&]() -> task<> {
    co_await this->publish_one("patient");
    this->start(
        [&](std::span<const message> batch, acknowledger& ack) -> task<> {
          attempts.push_back(batch[0].attempt);
          if (attempts.size() > 4) co_return co_await this->accept(batch, ack);
          const auto in = this->bench.begin();
          co_await ack.later(*in, batch[0].id, this->bench.time.now() + std::chrono::minutes(5));
          co_await in->commit();
        },
        10, 1, 2);
    for (int round = 0; round < 4; ++round) {
      co_await this->until_lane([](const lane_state& s) { return s.delayed == 1; });
      const auto so_far = attempts.size();
      this->bench.time.advance(std::chrono::minutes(5));
      while (attempts.size() == so_far) co_await async::yield();
    }
    co_await this->until(1);
  };
  this->run(test());
  EXPECT_EQ(attempts, (std::vector<int>{1, 1, 1, 1, 1}));
}

// A process that is killed between its effect and the acknowledgement leaves a claim behind and no commit.
TYPED_TEST_P(QueueConformance, AClaimThatRanOutIsGivenOutAgainAndItsLateAcknowledgementIsRefused) {
  async::event held(this->bench.io.on()), go_on(this->bench.io.on()), answered(this->bench.io.on());
  bool refused = false;
  auto test = [&]() -> task<> {
    co_await this->publish_one("precious");
    bool first = true;
    this->start([&](std::span<const message> batch, acknowledger& ack) -> task<> {
      if (!first) co_return co_await this->accept(batch, ack);
      first = false;
      held.ring();
      co_await go_on.wait();
      try {
        co_await this->accept(batch, ack);
      } catch (const lease_lost&) {
        refused = true;
      }
      answered.ring();
    });
    co_await held.wait();
    this->bench.expire_leases();
    this->start(this->accepting());
    co_await this->until(1);
    go_on.ring();
    co_await answered.wait();
    co_await this->until_empty();
  };
  this->run(test());
  EXPECT_TRUE(refused);
  EXPECT_EQ(this->handled, std::vector<std::string>{"precious"}) << "the effect became true once";
}

TYPED_TEST_P(QueueConformance, WhatAStoppedConsumerHeldIsFreeAtOnce) {
  async::event held(this->bench.io.on());
  auto test = [&]() -> task<> {
    co_await this->publish_one("handed on", "key");
    {
      async::scope first(this->bench.io.on(), [](std::string_view, const std::exception_ptr&) {});
      async::event never(this->bench.io.on());
      consumer_options options;
      options.lane = "lane";
      first.spawn("consume", this->bench.subject().consume(
                                 options, [&](std::span<const message>, acknowledger&) -> task<> {
                                   held.ring();
                                   co_await never.wait();
                                 }));
      co_await held.wait();
      co_await first.stop();
    }
    const auto state = co_await this->lane();
    EXPECT_EQ(state.waiting, 1);
    this->start(this->accepting());
    co_await this->until(1);
  };
  this->run(test());
}

TYPED_TEST_P(QueueConformance, RecoverFreesWhatAKilledProcessHeld) {
  async::event held(this->bench.io.on()), never(this->bench.io.on());
  auto test = [&]() -> task<> {
    co_await this->publish_one("held");
    bool first = true;
    auto handler = [&](std::span<const message> batch, acknowledger& ack) -> task<> {
      if (!first) co_return co_await this->accept(batch, ack);
      first = false;
      held.ring();
      co_await never.wait();
    };
    this->start(handler);
    co_await held.wait();
    this->start(handler);
    co_await this->bench.subject().recover();
    co_await this->until(1);
  };
  this->run(test());
}

TYPED_TEST_P(QueueConformance, DeadLettersCanBeSeenAndReplayed) {
  bool healed = false;
  auto test = [&]() -> task<> {
    for (const auto* body : {"x", "y", "z"}) co_await this->publish_one(body);
    this->start(
        [&](std::span<const message> batch, acknowledger& ack) -> task<> {
          if (!healed) throw std::runtime_error("ill");
          co_await this->accept(batch, ack);
        },
        10, 1, 1);
    co_await this->until_lane([](const lane_state& s) { return s.dead == 3; });
    const auto dead = co_await this->bench.subject().dead("lane", 2);
    EXPECT_EQ(dead.size(), 2u);
    EXPECT_EQ(dead.at(0).what.body, "x");
    EXPECT_EQ(dead.at(0).what.attempt, 1);
    healed = true;
    const std::vector<std::int64_t> one = {dead.at(1).what.id};
    EXPECT_EQ(co_await this->bench.subject().replay("lane", one), 1);
    co_await this->until(1);
    EXPECT_EQ(this->handled, std::vector<std::string>{"y"});
    EXPECT_EQ(co_await this->bench.subject().replay("other lane", {}), 0);
    EXPECT_EQ(co_await this->bench.subject().replay("lane", {}), 2);
    co_await this->until(3);
    const auto state = co_await this->lane();
    EXPECT_EQ(state.dead, 0);
  };
  this->run(test());
}

TYPED_TEST_P(QueueConformance, AFailedHandlerIsToldToTheOperator) {
  auto test = [&]() -> task<> {
    co_await this->publish_one("bad");
    this->start([](std::span<const message>, acknowledger&) -> task<> {
      throw std::runtime_error("because");
      co_return;
    });
    co_await this->until_lane([](const lane_state& s) { return s.delayed == 1; });
  };
  this->run(test());
  EXPECT_EQ(this->bench.told, std::vector<std::string>{"lane: thing_happened.v1: because"});
}

REGISTER_TYPED_TEST_SUITE_P(
    QueueConformance, WhatWasCommittedArrivesWithAllItsParts, WhatWasRolledBackNeverArrives,
    ADelayedMessageWaitsForItsTime, OneKeyKeepsItsOrderUnderParallelConsumers,
    AMessageWhoseEarlierOneIsDelayedWaitsAndOtherKeysDoNot, APoisonousMessageInABatchHoldsUpOnlyItself,
    AFailedMessageOfAKeyIsOvertakenByNoLaterOne, RetriesCountTheirAttemptsAndBackOff,
    WhatAHandlerLeavesUnacknowledgedIsTriedAgain, LaterPutsOneBackWithoutCountingTheAttempt,
    AClaimThatRanOutIsGivenOutAgainAndItsLateAcknowledgementIsRefused, WhatAStoppedConsumerHeldIsFreeAtOnce,
    RecoverFreesWhatAKilledProcessHeld, DeadLettersCanBeSeenAndReplayed, AFailedHandlerIsToldToTheOperator);

}  // namespace tandem::queue
