#include "hunt/readers/readers.hpp"

#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

struct Readers : testing::Test, town {
  std::vector<choice> choices(const accounts::user& who) { return run(subscribers->choices(*pool, who.id)); }
  std::int64_t bot_of(const accounts::user& who, category_id what) {
    for (const auto& one : choices(who)) {
      if (one.category == what) return one.bot_id;
    }
    return 0;
  }
  // Who delivers right now, whatever bot is being moved to.
  std::string deliverer(const accounts::user& who) {
    return ask("SELECT bot_id FROM hunt.choices WHERE user_id = " + std::to_string(who.id.value));
  }
  std::vector<readers::moved> share_out(category_id what) { return run(subscribers->share_out(*pool, what)); }
};

}  // namespace

TEST_F(Readers, ACategoryWithoutABotComesThroughTheMainBot) {
  const auto who = reader_of(1, design);
  ASSERT_EQ(choices(who).size(), 1u);
  EXPECT_EQ(choices(who)[0].bot_id, main_bot);
  EXPECT_TRUE(choices(who)[0].started);
}

TEST_F(Readers, NewReadersGoToTheBotWithTheFewest) {
  assign(1, "design");
  assign(2, "design");
  std::map<std::int64_t, int> readers_of;
  for (int i = 1; i <= 6; ++i) ++readers_of[bot_of(reader_of(i, design), design)];
  EXPECT_EQ(readers_of, (std::map<std::int64_t, int>{{1, 3}, {2, 3}}));
}

TEST_F(Readers, ChoosingTwiceChangesNothingAndUnchoosingForgets) {
  const auto who = reader_of(1, design);
  run(subscribers->choose(*pool, who.id, design, true));
  EXPECT_EQ(choices(who).size(), 1u);
  run(subscribers->choose(*pool, who.id, design, false));
  run(subscribers->choose(*pool, who.id, design, false));
  EXPECT_TRUE(choices(who).empty());
}

TEST_F(Readers, AChosenBotIsTickedOnceItIsStartedAndNotAfterItWasBlocked) {
  assign(1, "design");
  const auto who = reader_of(1, design);
  EXPECT_FALSE(choices(who)[0].started);
  start(who, 1);
  EXPECT_TRUE(choices(who)[0].started);
  run(subscribers->blocked(*pool, who.id, 1));
  EXPECT_FALSE(choices(who)[0].started);
  run(subscribers->unblocked(*pool, who.id, 1));
  EXPECT_TRUE(choices(who)[0].started);
}

TEST_F(Readers, StartingACategoryBotSubscribesAndUnblockingItDoesNot) {
  assign(1, "design");
  const auto who = person(1);
  EXPECT_EQ(run(subscribers->started(*pool, who.id, 1)), design);
  EXPECT_EQ(bot_of(who, design), 1);
  run(subscribers->choose(*pool, who.id, design, false));
  run(subscribers->unblocked(*pool, who.id, 1));
  EXPECT_TRUE(choices(who).empty());
  EXPECT_EQ(run(subscribers->started(*pool, who.id, main_bot)), std::nullopt);
}

TEST_F(Readers, TheTrialIsGivenOnceInALife) {
  const auto who = person(1);
  const auto first = run(subscribers->begin_trial(*pool, who.id));
  EXPECT_EQ(first.right_until, time.now() + 48h);
  time.advance(72h);
  EXPECT_EQ(run(subscribers->begin_trial(*pool, who.id)).right_until, first.right_until);
}

TEST_F(Readers, AnEndIsToldOnceAndANewEndAgain) {
  const auto who = reader_of(1, design);
  EXPECT_TRUE(run(subscribers->take_ended(*pool, 10)).empty());
  time.advance(48h);
  const auto ended = run(subscribers->take_ended(*pool, 10));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].telegram_id, 101);
  EXPECT_TRUE(run(subscribers->take_ended(*pool, 10)).empty());
  ask("UPDATE hunt.readers SET right_until = right_until + interval '1 day'");
  time.advance(48h);
  EXPECT_EQ(run(subscribers->take_ended(*pool, 10)).size(), 1u);
}

TEST_F(Readers, AnEndOfLongAgoIsNotToldAnyMore) {
  reader_of(1, design);
  time.advance(24h * 30);
  EXPECT_TRUE(run(subscribers->take_ended(*pool, 10)).empty());
}

TEST_F(Readers, ABotThatWaitsForItsStartIsRemindedOfOnce) {
  assign(1, "design");
  assign(2, "data");
  const auto who = reader_of(1, design);
  choose(who, data_and_analytics);
  choose(who, development);  // through the main bot, which is started
  EXPECT_TRUE(run(subscribers->take_unreminded(*pool, time.now() - 1h, 10)).empty());
  time.advance(2h);
  const auto waiting = run(subscribers->take_unreminded(*pool, time.now() - 1h, 10));
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].who.id, who.id);
  ASSERT_EQ(waiting[0].bots.size(), 2u);
  EXPECT_EQ(waiting[0].bots[0].bot_id, 2);
  EXPECT_EQ(waiting[0].bots[1].bot_id, 1);
  EXPECT_TRUE(run(subscribers->take_unreminded(*pool, time.now(), 10)).empty());
}

TEST_F(Readers, ANewBotTakesReadersOverAsTheyStartIt) {
  const auto anna = reader_of(1, design);
  const auto boris = reader_of(2, design);
  assign(1, "design");
  start(anna, main_bot);
  EXPECT_EQ(run(take_unsettled(*pool)), std::vector{design});
  EXPECT_TRUE(run(take_unsettled(*pool)).empty());
  const auto moves = share_out(design);
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0].from_bot, main_bot);
  EXPECT_EQ(moves[0].to_bot, 1);
  EXPECT_EQ(deliverer(anna), "7000") << "until the new one is started, nothing is lost";
  EXPECT_FALSE(choices(anna)[0].started);
  start(anna, 1);
  EXPECT_EQ(deliverer(anna), "1");
  EXPECT_EQ(deliverer(boris), "7000");
  EXPECT_TRUE(share_out(design).empty()) << "sharing out again moves nobody";
}

TEST_F(Readers, ASecondBotTakesHalfAndWhoKnowsItIsMovedAtOnce) {
  assign(1, "design");
  std::vector<accounts::user> people;
  for (int i = 1; i <= 4; ++i) {
    people.push_back(reader_of(i, design));
    start(people.back(), 1);
  }
  assign(2, "design");
  for (const auto& who : people) {
    run(subscribers->unblocked(*pool, who.id, 2));  // known to everybody
  }
  EXPECT_EQ(share_out(design).size(), 2u);
  EXPECT_EQ(ask("SELECT string_agg(n || ' of ' || bot_id, ', ' ORDER BY bot_id) FROM "
                "(SELECT bot_id, count(*) AS n FROM hunt.choices GROUP BY bot_id) x"),
            "2 of 1, 2 of 2");
}

TEST_F(Readers, ABotThatIsTakenAwayLeavesItsReadersToTheOthersOrTheMainBot) {
  assign(1, "design");
  const auto who = reader_of(1, design);
  start(who, 1);
  run(unassign_bot(*pool, 1));
  EXPECT_EQ(run(take_unsettled(*pool)), std::vector{design});
  EXPECT_EQ(share_out(design).size(), 1u);
  EXPECT_EQ(deliverer(who), "7000");
  EXPECT_TRUE(choices(who)[0].started);
}

TEST_F(Readers, WhatWaitsForABotThatIsTakenAwayGoesWithItsReaders) {
  assign(1, "design");
  assign(2, "data");
  const auto who = reader_of(1, design);
  choose(who, data_and_analytics);
  start(who, 1);
  start(who, 2);
  for (const auto* state : {"due", "gathered", "sent", "listed"}) {
    delivered(vacancy(state, {{design, 0.9}}), who, design, 1);
    ask("UPDATE hunt.deliveries SET state = '" + std::string(state) +
        "' WHERE vacancy_id = (SELECT max(vacancy_id) FROM hunt.deliveries)");
  }
  const auto moved = vacancy("Another", {{data_and_analytics, 0.9}});
  delivered(moved, who, data_and_analytics, 1);
  ask("UPDATE hunt.deliveries SET state = 'due' WHERE vacancy_id = " + std::to_string(moved.value));
  ask("INSERT INTO hunt.lists (user_id, bot_id, chat_id, made_at, due_at) "
      "SELECT user_id, 1, 101, now(), now() FROM hunt.readers");
  ask("UPDATE hunt.deliveries SET list_id = 1 WHERE state = 'listed'");
  run(subscribers->move_waiting(*pool));
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT bot_id::text, ',') FROM hunt.deliveries"), "1");
  run(unassign_bot(*pool, 1));
  run(take_unsettled(*pool));
  share_out(design);
  run(subscribers->move_waiting(*pool));
  EXPECT_EQ(ask("SELECT string_agg(state || ' ' || bot_id, ', ' ORDER BY vacancy_id) FROM hunt.deliveries"),
            "due 7000, gathered 7000, sent 1, listed 1, due 2");
  EXPECT_EQ(ask("SELECT bot_id FROM hunt.lists"), "7000");
}

TEST_F(Readers, ABotThatChangesItsCategoryLeavesBothUnsettled) {
  assign(1, "design");
  const auto who = reader_of(1, design);
  EXPECT_EQ(run(take_unsettled(*pool)).size(), 1u);
  assign(1, "data");
  const auto both = run(take_unsettled(*pool));
  EXPECT_EQ(both.size(), 2u);
  for (const auto category : both) share_out(category);
  EXPECT_EQ(deliverer(who), "7000");
  assign(1, "data");
  EXPECT_TRUE(run(take_unsettled(*pool)).empty()) << "the same again is no change";
}

TEST_F(Readers, CrowdedBotsAreThoseAboveTheMark) {
  const auto strict = make_readers(time, main_bot, {.warn_readers_per_bot = 1});
  reader_of(1, design);
  EXPECT_TRUE(run(strict->crowded_bots(*pool)).empty());
  reader_of(2, data_and_analytics);
  const auto crowded = run(strict->crowded_bots(*pool));
  ASSERT_EQ(crowded.size(), 1u);
  EXPECT_EQ(crowded[0].bot_id, main_bot);
  EXPECT_EQ(crowded[0].readers, 2);
}

TEST_F(Readers, WhatIsExportedGoesWithThePerson) {
  const auto who = reader_of(1, design);
  const auto what = vacancy("Landing", {{design, 0.9}});
  delivered(what, who, design);
  run(vacancies->save(*pool, who.id, what, true));
  run(vacancies->report(*pool, who.id, what, "scam"));
  run(vacancies->hide_author(*pool, who.id, what, true));
  const auto text = run(subscribers->export_data(*pool, who.id));
  for (const std::string part :
       {"\"trial_started_at\"", "\"choices\": [{", "\"saved\": [{", "\"scam\"", "@anna", "\"delivered\": [{",
        "\"title\": \"Landing\"", "\"category\": \"design\"", "https://t.me/jobs/1"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  run(people->erase(*pool, who.id));
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM hunt.readers) + (SELECT count(*) FROM hunt.choices) + "
                "(SELECT count(*) FROM hunt.saved) + (SELECT count(*) FROM hunt.reports) + "
                "(SELECT count(*) FROM hunt.hidden_authors) + (SELECT count(*) FROM hunt.deliveries) + "
                "(SELECT count(*) FROM hunt.reader_bots)"),
            "0");
}

}  // namespace tandem::hunt
