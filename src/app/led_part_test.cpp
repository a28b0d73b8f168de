#include "app/led_part.hpp"

#include "async/part_for_test.hpp"
#include "async/within.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

struct candidate_by_hand final : lead::candidate {
  std::string_view name() const override { return "lead"; }
  task<> start() override { co_return; }
  task<> stop() override { co_return; }
  async::health state() const override { return {true, {}}; }
  std::optional<std::int64_t> epoch() const override { return leads ? std::optional(1) : std::nullopt; }
  task<> check(pg::transaction&) override { co_return; }
  task<> renew() override { co_return; }
  bool leads = true;
};

struct away : std::runtime_error, async::passing {
  using std::runtime_error::runtime_error;
};

// Keeps the rule: start() does nothing while it runs, and it is not started over a start that has thrown.
struct lamp final : async::part {
  std::string_view name() const override { return "lamp"; }
  task<> start() override {
    if (std::exchange(on, true)) co_return;
    ++starts;
    if (broken_starts-- > 0) throw std::runtime_error("no bulb");
    lit = true;
  }
  task<> stop() override {
    stops += on;
    on = lit = false;
    if (std::exchange(unwritten, false)) throw away("the database is away");
    co_return;
  }
  async::health state() const override { return {lit, lit ? "shines" : "dark"}; }
  bool on = false, lit = false, unwritten = false;
  int starts = 0, stops = 0, broken_starts = 0;
};

struct LedPart : testing::Test {
  async::loop io;
  candidate_by_hand who;
  lamp* inner = new lamp;  // of the part
  std::unique_ptr<async::part> part =
      make_led_part(io.on(), who, std::unique_ptr<async::part>(inner), {0ms, 0ms, 0ms, 0ms});

  ~LedPart() override { io.run(part->stop()); }
  void until(const std::function<bool()>& enough) {
    auto wait = [&]() -> task<> {
      while (!enough()) co_await async::yield();
    };
    io.run(async::within(20s, wait()));
  }
};

}  // namespace

TEST_F(LedPart, WorksAfterEachStart) {
  async::expect_to_work_after_each_start(io, *part, [this](int) { EXPECT_TRUE(inner->lit); });
}

TEST_F(LedPart, TheLeadIsLostAndTakenAgain) {
  io.run(part->start());
  for (int time = 1; time <= 2; ++time) {
    EXPECT_EQ(part->state().detail, "shines");
    who.leads = false;
    inner->unwritten = true;
    until([this] { return !inner->lit; });
    until([this] { return part->state().ready; });
    EXPECT_EQ(part->state().detail, "another process does this; this one is a spare");
    who.leads = true;
    until([this] { return inner->lit && part->state().ready; });
  }
  EXPECT_EQ(inner->starts, 3);
  EXPECT_EQ(inner->stops, 2);
}

TEST_F(LedPart, WhatCannotBeStartedIsNotReadyAndTriedAgain) {
  who.leads = false;
  io.run(part->start());
  EXPECT_TRUE(part->state().ready);
  inner->broken_starts = 2;
  who.leads = true;
  until([this] { return inner->starts == 1; });
  EXPECT_FALSE(part->state().ready);
  EXPECT_EQ(part->state().detail, "follow the lead: no bulb");
  until([this] { return inner->lit; });
  EXPECT_EQ(inner->starts, 3);
  EXPECT_EQ(inner->stops, 2) << "each start that has thrown was stopped first";
}

TEST_F(LedPart, AtTheStartOfTheProcessAFailureIsItsOwn) {
  inner->broken_starts = 1;
  EXPECT_THROW(io.run(part->start()), std::runtime_error);
}

}  // namespace tandem::app
