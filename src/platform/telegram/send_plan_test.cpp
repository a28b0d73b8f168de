#include "platform/telegram/send_plan.hpp"

#include <deque>
#include <queue>
#include <random>

using namespace tandem::telegram;
using namespace std::chrono_literals;
using tick = send_plan::tick;

namespace {

const tick zero{std::chrono::hours(1'000)};

// Telegram's side of the limits: a sliding second for the bot, a least gap for a chat, a minute for a group.
// A call arrives some time after its start, and its answer takes some more.
struct strict_server {
  int per_second = 30;
  std::chrono::nanoseconds chat_gap = 0ns;
  int group_per_minute = 0;
  std::deque<tick> second;
  std::unordered_map<std::int64_t, tick> last;
  std::unordered_map<std::int64_t, std::deque<tick>> minute;
  int accepted = 0, flooded = 0;
  tick first{}, latest{};

  bool take(std::int64_t chat, tick at) {
    while (!second.empty() && at - second.front() >= 1s) second.pop_front();
    auto& of_chat = minute[chat];
    while (!of_chat.empty() && at - of_chat.front() >= 60s) of_chat.pop_front();
    const bool too_many = per_second > 0 && static_cast<int>(second.size()) >= per_second;
    const bool too_soon = chat_gap > 0ns && last.contains(chat) && at - last[chat] < chat_gap;
    const bool too_much =
        group_per_minute > 0 && chat < 0 && static_cast<int>(of_chat.size()) >= group_per_minute;
    if (too_many || too_soon || too_much) {
      ++flooded;
      return false;
    }
    second.push_back(at);
    last[chat] = at;
    of_chat.push_back(at);
    if (accepted++ == 0) first = at;
    latest = at;
    return true;
  }
  double rate() const { return accepted / std::chrono::duration<double>(latest - first).count(); }
};

// Runs a plan against the server until nothing is left; time is only numbers.
struct simulation {
  send_plan& plan;
  strict_server& server;
  std::uint64_t seed = 7;
  std::chrono::microseconds longest_way = 4ms;  // start to arrival, and arrival to answer
  std::unordered_map<send_plan::ticket, std::int64_t> chats{};
  std::vector<std::int64_t> order{};  // of starting

  send_plan::ticket add(std::int64_t chat, urgency how = urgency::broadcast, int messages = 1) {
    const auto id = plan.add(chat, how, messages);
    chats[id] = chat;
    return id;
  }

  void run(tick now = zero) {
    struct event {
      tick at;
      send_plan::ticket id;
      bool arrival, good;
      bool operator>(const event& other) const { return at > other.at; }
    };
    std::priority_queue<event, std::vector<event>, std::greater<>> events;
    std::mt19937_64 random(seed);
    const auto way = [&] {
      return std::chrono::microseconds(
          std::uniform_int_distribution<std::int64_t>(50, longest_way.count())(random));
    };
    for (int steps = 0; steps < 2'000'000; ++steps) {
      while (const auto start = plan.next(now)) {
        order.push_back(chats[start->id]);
        events.push({now + way(), start->id, true, false});
      }
      const auto wake = plan.wake();
      if (events.empty() && !wake) return;
      if (events.empty() || (wake && *wake < events.top().at)) {
        now = *wake + way() / 4;  // a timer is never quite on time
        continue;
      }
      const auto event = events.top();
      events.pop();
      now = std::max(now, event.at);
      if (event.arrival) {
        events.push({event.at + way(), event.id, false, server.take(chats[event.id], event.at)});
      } else if (event.good) {
        plan.accepted(event.id, now);
      } else {
        plan.flooded(event.id, now, 1s);
      }
    }
    FAIL() << "the plan never comes to an end";
  }
};

send_limits thirty() {
  send_limits limits;
  limits.per_second = limits.broadcasts_per_second = 30;
  limits.chat_burst = 1;
  return limits;
}

}  // namespace

TEST(SendPlan, StaysUnderASlidingSecondOfThirtyAndUsesNearlyAllOfIt) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    send_plan plan(thirty());
    strict_server server;
    server.chat_gap = 1s;
    simulation run{plan, server, seed};
    for (int i = 0; i < 3'000; ++i) run.add(1'000'000 + i);
    run.run();
    EXPECT_EQ(server.accepted, 3'000);
    EXPECT_EQ(server.flooded, 0);
    EXPECT_GE(server.rate(), 29.7);
  }
}

TEST(SendPlan, AWayOfATenthOfASecondCostsNoFloodEither) {
  send_plan plan(thirty());
  strict_server server;
  server.chat_gap = 1s;
  simulation run{plan, server};
  run.longest_way = 100ms;
  for (int i = 0; i < 1'000; ++i) run.add(i % 200 + 1);
  run.run();
  EXPECT_EQ(server.accepted, 1'000);
  EXPECT_EQ(server.flooded, 0);
}

TEST(SendPlan, ManyMessagesToOneChatKeepASecondBetweenThem) {
  send_plan plan(thirty());
  strict_server server;
  server.chat_gap = 1s;
  simulation run{plan, server};
  for (int i = 0; i < 40; ++i) run.add(5);
  run.run();
  EXPECT_EQ(server.flooded, 0);
  EXPECT_EQ(server.accepted, 40);
  EXPECT_LT(server.latest - server.first, 39 * 1'020ms);
}

TEST(SendPlan, AGroupGetsTwentyAMinute) {
  send_limits limits;
  send_plan plan(limits);
  strict_server server;
  server.group_per_minute = 20;
  simulation run{plan, server};
  for (int i = 0; i < 60; ++i) run.add(-100'500);
  run.run();
  EXPECT_EQ(server.flooded, 0);
  EXPECT_EQ(server.accepted, 60);
  // Three times the minute's twenty; the last twenty take 17 s at one a second after the burst.
  EXPECT_GE(server.latest - server.first, 120s);
  EXPECT_LT(server.latest - server.first, 138s);
}

TEST(SendPlan, AChatMayHaveAShortBurstWhichComesBackSlowly) {
  send_plan plan(send_limits{});
  for (int i = 0; i < 5; ++i) plan.add(5, urgency::reply, 1);
  auto now = zero;
  int at_once = 0;
  while (const auto start = plan.next(now)) {
    ++at_once;
    plan.accepted(start->id, now);
  }
  EXPECT_EQ(at_once, 3);
  ASSERT_TRUE(plan.wake());
  EXPECT_EQ(*plan.wake() - now, 1s);
  now = *plan.wake();
  ASSERT_TRUE(plan.next(now));
  EXPECT_FALSE(plan.next(now));
}

TEST(SendPlan, OneChatHasOneCallAtATimeAndInOrder) {
  send_plan plan(send_limits::none());
  const auto first = plan.add(5, urgency::reply, 1), second = plan.add(5, urgency::reply, 1);
  const auto other = plan.add(6, urgency::reply, 1);
  EXPECT_EQ(plan.next(zero)->id, first);
  EXPECT_EQ(plan.next(zero)->id, other);
  EXPECT_FALSE(plan.next(zero));
  plan.accepted(first, zero);
  EXPECT_EQ(plan.next(zero)->id, second);
}

TEST(SendPlan, AReplyOvertakesMailingsAlsoOfItsOwnChat) {
  send_limits limits;
  limits.per_second = limits.broadcasts_per_second = 1;
  send_plan plan(limits);
  for (int i = 0; i < 100; ++i) plan.add(i, urgency::broadcast, 1);
  ASSERT_TRUE(plan.next(zero));
  const auto reply = plan.add(50, urgency::reply, 1);
  EXPECT_FALSE(plan.next(zero));
  EXPECT_EQ(plan.next(zero + 2s)->id, reply);
}

TEST(SendPlan, MailingsLeavePlacesForReplies) {
  send_plan plan(send_limits{});
  for (int i = 1; i <= 100; ++i) plan.add(i, urgency::broadcast, 1);
  int mailings = 0;
  while (plan.next(zero)) ++mailings;
  EXPECT_EQ(mailings, 27);
  for (int i = 201; i <= 300; ++i) plan.add(i, urgency::reply, 1);
  int replies = 0;
  while (plan.next(zero)) ++replies;
  EXPECT_EQ(replies, 2);
}

TEST(SendPlan, ChatsTakeTurnsHoweverMuchOneOfThemWants) {
  auto limits = send_limits::none();
  limits.in_flight = 1;
  send_plan plan(limits);
  strict_server server;
  server.per_second = 0;
  simulation run{plan, server};
  for (int i = 0; i < 50; ++i) run.add(1);
  for (int i = 0; i < 3; ++i) run.add(2);
  for (int i = 0; i < 3; ++i) run.add(3);
  run.run();
  const std::vector<std::int64_t> begin(run.order.begin(), run.order.begin() + 9);
  EXPECT_EQ(begin, (std::vector<std::int64_t>{1, 2, 3, 1, 2, 3, 1, 2, 3}));
}

TEST(SendPlan, AnAlbumTakesAPlaceForEveryPicture) {
  send_limits limits;
  limits.per_second = limits.broadcasts_per_second = 12;
  send_plan plan(limits);
  plan.add(1, urgency::reply, 10);
  plan.add(2, urgency::reply, 10);
  plan.add(3, urgency::broadcast, 1);
  EXPECT_TRUE(plan.next(zero));
  // The second album waits for its places, and mailings do not take them away.
  EXPECT_FALSE(plan.next(zero));
}

TEST(SendPlan, AFloodPausesItsChatAndNoOther) {
  send_plan plan(send_limits{});
  const auto first = plan.add(1, urgency::reply, 1);
  plan.add(1, urgency::reply, 1);
  ASSERT_EQ(plan.next(zero)->id, first);
  plan.flooded(first, zero, 7s);
  EXPECT_GE(plan.pause_of(1, zero), 7s);
  const auto other = plan.add(2, urgency::reply, 1);
  EXPECT_EQ(plan.next(zero)->id, other);
  EXPECT_FALSE(plan.next(zero + 7s));
  EXPECT_EQ(plan.next(zero + 8s)->id, first);  // the same one again, before those behind it
}

TEST(SendPlan, FloodsOfSeveralChatsInARowPauseTheBot) {
  send_plan plan(send_limits{});
  for (int chat = 1; chat <= 4; ++chat) plan.add(chat, urgency::reply, 1);
  std::vector<send_plan::ticket> started;
  for (int i = 0; i < 3; ++i) started.push_back(plan.next(zero)->id);
  plan.flooded(started[0], zero, 5s);
  plan.flooded(started[1], zero, 5s);
  EXPECT_FALSE(plan.paused(zero));
  plan.flooded(started[2], zero, 5s);
  EXPECT_TRUE(plan.paused(zero));
  EXPECT_FALSE(plan.next(zero + 5s));
  ASSERT_TRUE(plan.wake());
  EXPECT_TRUE(plan.next(*plan.wake()));
}

TEST(SendPlan, ACallThatFailedGoesAgainLaterAndLater) {
  send_plan plan(send_limits{});
  const auto id = plan.add(1, urgency::reply, 1);
  auto now = zero;
  std::chrono::nanoseconds before = 0ns;
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(plan.next(now)->id, id);
    plan.failed(id, now);
    EXPECT_FALSE(plan.next(now));
    const auto pause = *plan.wake() - now;
    EXPECT_GT(pause, before);
    before = pause;
    now = *plan.wake();
    // The chat's own pause may be longer than the bot's.
    while (!plan.next(now + 0ns)) {
      now = *plan.wake();
    }
    plan.failed(id, now);
    now += 70s;
  }
}

TEST(SendPlan, WhileTheServerIsDownOneCallAtATimeTriesIt) {
  send_plan plan(send_limits{});
  for (int chat = 1; chat <= 20; ++chat) plan.add(chat, urgency::broadcast, 1);
  auto now = zero;
  for (int round = 0; round < 2; ++round) {
    std::vector<send_plan::ticket> started;
    while (const auto start = plan.next(now)) started.push_back(start->id);
    ASSERT_FALSE(started.empty());
    now += 10ms;
    for (const auto id : started) plan.failed(id, now);
    now += 2s;
  }
  while (plan.paused(now)) now += 100ms;
  now += 10s;
  const auto probe = plan.next(now);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(plan.next(now));
  plan.accepted(probe->id, now);
  int after = 0;
  while (plan.next(now)) ++after;
  EXPECT_GT(after, 5);
}

TEST(SendPlan, ACallThatHangsDoesNotKeepItsPlaceForEver) {
  send_limits limits;
  limits.per_second = limits.broadcasts_per_second = 2;
  send_plan plan(limits);
  for (int chat = 1; chat <= 4; ++chat) plan.add(chat, urgency::reply, 1);
  EXPECT_TRUE(plan.next(zero));
  EXPECT_TRUE(plan.next(zero));
  EXPECT_FALSE(plan.next(zero + 1s));
  EXPECT_TRUE(plan.next(zero + 1s + limits.arrival_slack));
}

TEST(SendPlan, WhatWaitsFollowsAGroupThatMoved) {
  send_plan plan(send_limits::none());
  const auto first = plan.add(-5, urgency::reply, 1), second = plan.add(-5, urgency::reply, 1);
  ASSERT_EQ(plan.next(zero)->id, first);
  plan.migrated(first, -100'5, zero);
  ASSERT_EQ(plan.next(zero)->id, first);
  plan.accepted(first, zero);
  ASSERT_EQ(plan.next(zero)->id, second);
  plan.accepted(second, zero);
  EXPECT_EQ(plan.waiting() + plan.in_flight(), 0u);
}

TEST(SendPlan, ADroppedCallMakesRoomForTheNext) {
  send_plan plan(send_limits::none());
  const auto first = plan.add(5, urgency::reply, 1), second = plan.add(5, urgency::reply, 1),
             third = plan.add(5, urgency::reply, 1);
  ASSERT_EQ(plan.next(zero)->id, first);
  plan.drop(second, zero);
  plan.drop(first, zero);
  EXPECT_EQ(plan.next(zero)->id, third);
  plan.drop(third, zero);
  EXPECT_EQ(plan.waiting() + plan.in_flight(), 0u);
}

TEST(SendPlan, LimitsChangeWhileItRuns) {
  send_plan plan(send_limits{});
  for (int chat = 1; chat <= 200; ++chat) plan.add(chat, urgency::broadcast, 1);
  int started = 0;
  while (plan.next(zero)) ++started;
  EXPECT_EQ(started, 27);
  auto limits = send_limits::none();
  limits.in_flight = 1'000;
  plan.set_limits(limits);
  while (plan.next(zero)) ++started;
  EXPECT_EQ(started, 200);
}

TEST(SendPlan, OnlyWhatTheFreeLimitDoesNotTakeIsPaidForAndNoMoreThanTheCap) {
  send_limits limits;
  limits.in_flight = 1'000;
  limits.paid_per_second = 100;
  limits.paid_cap = 40;
  send_plan plan(limits);
  for (int chat = 1; chat <= 200; ++chat) plan.add(chat, urgency::broadcast, 1);
  int free = 0, paid = 0;
  while (const auto start = plan.next(zero)) ++(start->paid ? paid : free);
  EXPECT_EQ(free, 27);
  EXPECT_EQ(paid, 40);
}
