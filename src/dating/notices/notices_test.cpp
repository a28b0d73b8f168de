#include "dating/notices/notices.hpp"

#include <gmock/gmock.h>

#include "async/event.hpp"
#include "async/part_for_test.hpp"
#include "dating/people_for_test.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Notices : testing::Test, dating_town {
  std::unique_ptr<notice_board> news = make_notices(time);
  std::unique_ptr<async::part> courier;
  std::vector<std::string> heard;  // "person kind about"
  std::function<told(const notice&)> outcome = [](const notice&) { return told::sent; };
  async::event rung{io.on()};

  Notices() {
    add(1);
    add(2);
  }
  ~Notices() override {
    if (courier) run(courier->stop());
  }
  void begin() {
    make();
    run(courier->start());
  }
  void make() {
    courier = make_notice_courier({io.on(), *pool, time, *news,
                                   [this](const notice& what) -> task<told> {
                                     heard.push_back(std::to_string(what.who.value) + " " + what.kind + " " +
                                                     std::to_string(what.about_id));
                                     rung.ring();
                                     co_return outcome(what);
                                   }},
                                  1h);
  }
  void add_notice(std::int64_t who, std::string_view kind, std::int64_t about,
                  std::optional<instant> at = {}) {
    const auto tx = run(pool->begin());
    run(news->add(*tx, user_id(who), kind, about, at));
    run(tx->commit());
  }
  // Until the table holds so many.
  void left(const std::string& count) {
    async::event never(io.on());
    for (int i = 0; i < 1'000; ++i) {
      if (ask("SELECT count(*) FROM dating.notices") == count) return;
      run(never.wait_for(10ms));
    }
    ADD_FAILURE() << ask("SELECT count(*) FROM dating.notices") << " notices are left";
  }
};

}  // namespace

TEST_F(Notices, AreToldAtOnceInTheirOrderAndOnlyOnce) {
  begin();
  add_notice(1, "match", 5);
  left("0");
  add_notice(1, "photo_shown", 6);
  left("0");
  EXPECT_THAT(heard, ElementsAre("1 match 5", "1 photo_shown 6"));
}

TEST_F(Notices, TheCourierWorksAfterEachStart) {
  make();
  async::expect_to_work_after_each_start(io, *courier, [this](int start) {
    add_notice(1, "match", start);
    left("0");
  });
  EXPECT_THAT(heard, ElementsAre("1 match 1", "1 match 2", "1 match 3"));
}

TEST_F(Notices, WhatWasLeftBehindIsToldAfterTheStart) {
  add_notice(1, "match", 5);
  add_notice(1, "match", 6);
  add_notice(2, "match", 7);
  begin();
  left("0");
  std::ranges::sort(heard);
  EXPECT_THAT(heard, ElementsAre("1 match 5", "1 match 6", "2 match 7"));
}

TEST_F(Notices, OfALaterHourWait) {
  add_notice(1, "liked", 0, time.now() + 10min);
  begin();
  add_notice(2, "match", 5);
  left("1");
  EXPECT_THAT(heard, ElementsAre("2 match 5"));
  time.advance(10min);
  add_notice(2, "match", 6);  // rings
  left("0");
  EXPECT_EQ(heard.size(), 3u);
}

TEST_F(Notices, ThatHoldNoMoreAreDropped) {
  outcome = [](const notice&) { return told::pointless; };
  begin();
  add_notice(1, "match", 5);
  left("0");
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(Notices, ThatCannotBeSentComeLaterAndInTheirOrder) {
  int failures = 2;
  outcome = [&](const notice& what) {
    if (what.about_id != 5 || failures-- <= 0) return told::sent;
    if (failures == 1) throw std::runtime_error("the network is down");
    return told::later;
  };
  add_notice(1, "match", 5);
  add_notice(1, "match", 6);
  begin();
  run(rung.wait());
  add_notice(2, "match", 7);
  left("2");
  EXPECT_THAT(heard, ElementsAre("1 match 5", "2 match 7"));
  EXPECT_EQ(ask("SELECT tries FROM dating.notices WHERE about_id = 5"), "1");
  EXPECT_EQ(ask("SELECT tries FROM dating.notices WHERE about_id = 6"), "0");
  time.advance(1s);
  add_notice(2, "match", 8);
  left("2");
  EXPECT_EQ(ask("SELECT tries FROM dating.notices WHERE about_id = 5"), "2");
  time.advance(2s);
  add_notice(2, "match", 9);
  left("0");
  EXPECT_THAT(heard, testing::IsSupersetOf({"1 match 5", "1 match 6"}));
  EXPECT_LT(std::ranges::find(heard, "1 match 5"), std::ranges::find(heard, "1 match 6"));
}

TEST_F(Notices, WaitWithoutCountingWhileNothingIsTaken) {
  outcome = [](const notice&) { return told::nothing_taken; };
  ask("INSERT INTO dating.notices (user_id, kind, made_at, next_at, tries) VALUES (1, 'match', now(), "
      "'2026-01-01', 15)");
  begin();
  run(rung.wait());
  add_notice(2, "liked", 5, time.now() + 1h);
  const std::string put_off =
      "SELECT count(*) FROM dating.notices WHERE tries = 15 AND next_at > '2026-06-01'";
  async::event never(io.on());
  for (int i = 0; i < 1'000 && ask(put_off) != "1"; ++i) run(never.wait_for(10ms));
  EXPECT_EQ(ask(put_off), "1");
  outcome = [](const notice&) { return told::sent; };
  time.advance(1min);
  add_notice(2, "match", 6);  // rings
  left("1");
  EXPECT_EQ(heard.size(), 3u);
}

TEST_F(Notices, AreGivenUpAfterSixteenTries) {
  outcome = [](const notice&) { return told::later; };
  ask("INSERT INTO dating.notices (user_id, kind, made_at, next_at, tries) VALUES (1, 'match', now(), "
      "'2026-01-01', 15)");
  begin();
  left("0");
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(Notices, CanBeTakenBack) {
  add_notice(1, "match", 5);
  add_notice(2, "match", 5);
  run(news->withdraw(*pool, user_id(1), "match", 5));
  begin();
  left("0");
  EXPECT_THAT(heard, ElementsAre("2 match 5"));
}

TEST_F(Notices, OfATransactionThatIsRolledBackAreNeverTold) {
  begin();
  {
    const auto tx = run(pool->begin());
    run(news->add(*tx, user_id(1), "match", 5));
  }
  add_notice(2, "match", 6);
  left("0");
  EXPECT_THAT(heard, ElementsAre("2 match 6"));
}

}  // namespace tandem::dating
