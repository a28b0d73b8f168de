#include "sandbox/faults.hpp"
#include "sandbox/loopback.hpp"
#include "sandbox/rate_limits.hpp"

#include "async/loop.hpp"

namespace tandem::sandbox {
namespace {

using namespace std::chrono_literals;

class RateLimits : public testing::Test {
 protected:
  RateLimits() : robot_(loop_.on()) { robot_.id = 1; }

  // How many of `wanted` messages to different people are taken at once.
  int taken(int wanted, instant now, bool paid = false) {
    int count = 0;
    for (int i = 0; i < wanted; ++i) {
      chat to;
      to.id = next_person_++;
      if (!limits_.admit(settings_, robot_, to, 1, paid, now)) ++count;
    }
    return count;
  }

  async::loop loop_;
  bot robot_;
  rate_limits limits_;
  limit_settings settings_;
  instant start_{1'000'000'000s};
  std::int64_t next_person_ = 100;
};

TEST_F(RateLimits, ABotSendsThirtyASecondToAll) {
  EXPECT_EQ(taken(50, start_), 30);
  EXPECT_EQ(taken(50, start_ + 999ms), 0);
  EXPECT_EQ(taken(50, start_ + 1000ms), 30);
}

TEST_F(RateLimits, PaidBroadcastsGoFasterIfTheBotHasThem) {
  EXPECT_EQ(taken(50, start_, true), 30);
  robot_.paid_broadcast = true;
  EXPECT_EQ(taken(2000, start_ + 2s, true), 1000);
}

TEST_F(RateLimits, OnePersonGetsAShortBurstThenOneASecond) {
  chat anna;
  anna.id = 5;
  int burst = 0;
  while (!limits_.admit(settings_, robot_, anna, 1, false, start_)) ++burst;
  EXPECT_EQ(burst, settings_.chat_burst);
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 1, false, start_ + 500ms), 1);
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 1, false, start_ + 1s), std::nullopt);
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 1, false, start_ + 1s), 1);
  // A refusal costs nothing.
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 1, false, start_ + 2s), std::nullopt);
}

TEST_F(RateLimits, AGroupGetsTwentyAMinute) {
  chat group;
  group.id = -1;
  group.type = chat_type::supergroup;
  int count = 0;
  while (!limits_.admit(settings_, robot_, group, 1, false, start_ + count * 100ms)) ++count;
  EXPECT_EQ(count, 20);
  EXPECT_EQ(limits_.admit(settings_, robot_, group, 1, false, start_ + 10s), 50);
  EXPECT_EQ(limits_.admit(settings_, robot_, group, 1, false, start_ + 60s), std::nullopt);
}

TEST_F(RateLimits, AnAlbumCountsEachOfItsItems) {
  chat anna;
  anna.id = 5;
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 10, false, start_), std::nullopt);
  EXPECT_EQ(taken(50, start_), 20);
  EXPECT_EQ(limits_.admit(settings_, robot_, anna, 1, false, start_ + 3s), 5);
}

TEST_F(RateLimits, TurnedOffTheyTakeEverything) {
  settings_.enabled = false;
  EXPECT_EQ(taken(5000, start_), 5000);
}

TEST(Faults, StrikeWhomTheyNameAsOftenAsTheySay) {
  fault_table table;
  table.add({.kind = "429", .bot = 7, .method = "sendmessage", .count = 2});
  EXPECT_FALSE(table.strike(8, 1, "sendmessage"));
  EXPECT_FALSE(table.strike(7, 1, "getme"));
  EXPECT_TRUE(table.strike(7, 1, "sendmessage"));
  EXPECT_TRUE(table.strike(7, 2, "sendmessage"));
  EXPECT_FALSE(table.strike(7, 3, "sendmessage"));
  EXPECT_TRUE(table.empty());
}

TEST(Faults, AShareOfTheCallsIsHit) {
  fault_table table;
  table.add({.kind = "502", .rate = 0.25});
  int hits = 0;
  for (int i = 0; i < 4000; ++i) hits += table.strike(1, 1, "sendmessage").has_value();
  EXPECT_NEAR(hits, 1000, 120);
}

TEST(Faults, PagesAndDeliveriesHaveTheirOwn) {
  fault_table table;
  table.add({.kind = "429", .page = "jobs"});
  table.add({.kind = "duplicate", .bot = 7});
  EXPECT_FALSE(table.strike(7, 1, "sendmessage"));
  EXPECT_TRUE(table.strike_page("jobs"));
  EXPECT_FALSE(table.strike_page("other"));
  EXPECT_TRUE(table.strike_delivery(7, "duplicate"));
  EXPECT_FALSE(table.strike_delivery(8, "duplicate"));
  EXPECT_TRUE(table.remove(1));
  EXPECT_FALSE(table.remove(1));
}

TEST(Loopback, NamesOfThisMachineOnly) {
  for (const auto name : {"127.0.0.1", "127.1.2.3", "::1", "localhost", "x.localhost"})
    EXPECT_TRUE(is_loopback(name)) << name;
  for (const auto name :
       {"", "0.0.0.0", "10.0.0.1", "::", "localhost.evil.example", "127.0.0.1.nip.example", "example.com"}) {
    EXPECT_FALSE(is_loopback(name)) << name;
  }
  EXPECT_EQ(host_of("http://user@LocalHost:80/x"), "localhost");
  EXPECT_EQ(host_of("[::1]:8080"), "::1");
  EXPECT_EQ(host_of("127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(host_of("http://127.0.0.1@evil.example/"), "evil.example");
}

}  // namespace
}  // namespace tandem::sandbox
