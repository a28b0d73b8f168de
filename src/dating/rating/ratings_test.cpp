#include "dating/rating/ratings.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono;

struct Ratings : testing::Test {
  pg::database_test db;
  pg::pool& pool = *db.pool;
  fixed_clock time{sys_days(2026y / 11 / 23) + 12h};
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> kept = make_ratings({time, *learned});

  void tell(std::string_view sql) {
    const pg::statement what{"test.tell", sql, pg::cardinality::exec};
    db.run(pool(what));
  }
  std::int64_t count(std::string_view sql) {
    const pg::statement what{"test.count", sql, pg::cardinality::one};
    return db.run(pool(what)).front().get<std::int64_t>(0);
  }
  // People 1..n, men and women in turn, born in 1996; the women climb.
  void settle(int people) {
    const auto n = std::to_string(people);
    tell(
        "INSERT INTO accounts.users (user_id, telegram_id, first_name, language, created_at, last_seen_at) "
        "OVERRIDING SYSTEM VALUE SELECT i, i, 'P', 'ru', now(), now() FROM generate_series(1, " +
        n + ") i");
    tell(
        "INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, name, born_on, sex, "
        "seeks, "
        "latitude, longitude, interests, created_at, active_at) "
        "SELECT i, 'active', 1, now(), 'P', '1996-05-05', CASE WHEN i % 2 = 0 THEN 'female' ELSE 'male' END, "
        "'anyone', "
        "55.75, 37.62, CASE WHEN i % 2 = 0 THEN '{mountains}'::text[] ELSE '{films}' END, now(), now() "
        "FROM generate_series(1, " +
        n + ") i");
  }
  // As profiles that were registered some time ago.
  void rate_once() {
    tell("INSERT INTO dating.ratings (user_id, rated_at) SELECT user_id, now() FROM dating.profiles");
  }
  stored_rating of(int who) { return db.run(kept->find(pool, user_id(who))).value(); }
  void judge(int viewer, int candidate, bool liked) {
    db.run(kept->judged(pool, user_id(viewer), user_id(candidate), liked));
  }
  rerating_report rerate() { return db.run(rerate_dirty(pool, time, *learned)); }
  rerating_report rerate_everybody() { return db.run(rerate_all(pool, time, *learned)); }
  refit_report refit(bool by_hand = false) {
    refit_report report;
    db.run(pool.in_transaction(
        [&](pg::transaction& in) -> task<> { report = co_await learned->refit(in, by_hand); }));
    return report;
  }
  // Women who climb are liked by eight of ten, others by two.
  void show_many(int showings) {
    settle(400);
    tell("UPDATE dating.profiles SET interests = '{coffee}' WHERE user_id % 4 = 0");
    tell(
        "INSERT INTO dating.rating_evidence (viewer_id, candidate_id, at, good, count, liked) "
        "SELECT v, c, timestamptz '2026-11-01' + i * interval '1 minute', 0, 0, "
        "(i / 2) % 10 < CASE WHEN c % 4 = 0 THEN 2 ELSE 8 END "
        "FROM (SELECT i, 1 + 2 * (i % 200) AS v, 2 + 2 * ((i / 200 + i) % 200) AS c FROM "
        "generate_series(0, " +
        std::to_string(showings - 1) + ") i) s");
  }
};

// What tally::add() makes of the same.
behaviour after(const std::vector<std::pair<instant, bool>>& seen) {
  behaviour known, other;
  for (const auto& [at, liked] : seen) learn(other, known, liked, coefficients{}, at);
  return known;
}

}  // namespace

TEST_F(Ratings, AJudgementMovesBothTalliesAsTheFormulaDoes) {
  settle(2);
  std::vector<std::pair<instant, bool>> seen;
  for (const auto& [gap, liked] :
       {std::pair(0h, true), std::pair(1h, false), std::pair(2400h, true), std::pair(0h, true)}) {
    time.advance(gap);
    seen.emplace_back(time.now(), liked);
    judge(1, 2, liked);
  }
  const auto expected = after(seen).received;
  const auto candidate = of(2).known, viewer = of(1).known;
  EXPECT_NEAR(candidate.known.received.good, expected.good, 1e-5);
  EXPECT_NEAR(candidate.known.received.count, expected.count, 1e-5);
  EXPECT_EQ(candidate.known.received.last, time.now());
  EXPECT_EQ(candidate.known.given.count, 0);
  EXPECT_NEAR(viewer.known.given.good, expected.good, 1e-5);
  EXPECT_NEAR(viewer.known.given.count, expected.count, 1e-5);
  EXPECT_EQ(viewer.known.received.count, 0);
}

TEST_F(Ratings, AnUndoGivesBackWhatWasBefore) {
  settle(2);
  judge(1, 2, false);
  judge(1, 2, true);
  const auto candidate = of(2).known, viewer = of(1).known;
  judge(1, 2, true);
  db.run(kept->matched(pool, user_id(1), user_id(2)));
  db.run(kept->unjudged(pool, user_id(1), user_id(2), true, true));
  EXPECT_NEAR(of(2).known.known.received.good, candidate.known.received.good, 1e-5);
  EXPECT_NEAR(of(2).known.known.received.count, candidate.known.received.count, 1e-5);
  EXPECT_NEAR(of(2).known.matched, 0, 1e-5);
  EXPECT_NEAR(of(1).known.known.given.good, viewer.known.given.good, 1e-5);
  EXPECT_NEAR(of(1).known.known.given.count, viewer.known.given.count, 1e-5);
  EXPECT_NEAR(of(1).known.matched, 0, 1e-5);
  EXPECT_EQ(count("SELECT count(*) FROM dating.rating_evidence"), 0);
}

TEST_F(Ratings, PeopleWhoJudgeEachOtherAtOnceDoNotLockEachOtherOut) {
  settle(6);
  std::vector<std::string> failures;
  async::scope together(db.io.on(), [&](std::string_view, const std::exception_ptr& why) {
    failures.push_back(async::text_of(why));
  });
  // Each transaction holds its two rows while the others begin.
  const auto once = [this](int viewer, int candidate) -> task<> {
    const auto tx = co_await pool.begin();
    co_await kept->judged(*tx, user_id(viewer), user_id(candidate), true);
    co_await async::yield();
    co_await kept->matched(*tx, user_id(candidate), user_id(viewer));
    co_await tx->commit();
  };
  for (int round = 0; round < 20; ++round)
    for (const auto& [a, b] : {std::pair(1, 2), std::pair(2, 1)}) together.spawn("judge", once(a, b));
  db.run(together.join());
  EXPECT_THAT(failures, testing::IsEmpty());
  EXPECT_GT(std::min(of(1).known.matched, of(2).known.matched), 20) << "of forty, the older ones faded";
  EXPECT_GT(of(1).known.known.received.count, 13) << "twenty, the older ones faded";
}

TEST_F(Ratings, WhatHasMovedIsWrittenWithHistoryAndWhatHasNotIsNot) {
  settle(4);
  judge(1, 2, true);
  judge(3, 2, true);
  const auto first = rerate();
  EXPECT_EQ(first.looked_at, 3);
  EXPECT_EQ(first.written, 3) << "who likes is worth more showings";
  EXPECT_GT(of(2).value.level2, 0.55);
  EXPECT_EQ(db.run(kept->history(pool, user_id(2), 10)).size(), 1U);
  EXPECT_EQ(rerate().looked_at, 0);
  db.run(kept->changed(pool, user_id(2)));
  const auto same = rerate();
  EXPECT_EQ(same.looked_at, 1);
  EXPECT_EQ(same.written, 0);
  EXPECT_EQ(count("SELECT count(*) FROM dating.ratings WHERE dirty"), 0);
}

TEST_F(Ratings, TheHistoryKeepsTheLastValueOfADay) {
  settle(3);
  judge(1, 2, true);
  rerate();
  time.advance(10min);
  judge(3, 2, false);
  rerate();
  const auto today = of(2).value;
  time.advance(24h);
  judge(1, 2, false);
  rerate();
  const auto entries = db.run(kept->history(pool, user_id(2), 10));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_NEAR(entries[0].value.level2, of(2).value.level2, 1e-4);
  EXPECT_NEAR(entries[0].value.level3, of(2).value.level3, 1e-4);
  EXPECT_EQ(entries[1].at, sys_days(2026y / 11 / 23));
  EXPECT_NEAR(entries[1].value.level2, today.level2, 1e-4) << "after the skip, not after the like";
}

TEST_F(Ratings, TheHistoryIsKeptForNinetyDays) {
  settle(3);
  judge(1, 2, true);
  rerate();
  time.advance(days(60));
  judge(3, 2, true);
  rerate();
  time.advance(days(30));
  rerate_everybody();
  EXPECT_EQ(db.run(kept->history(pool, user_id(2), 10)).size(), 3U) << "what is 90 days old, too";
  time.advance(days(1));
  rerate_everybody();
  const auto entries = db.run(kept->history(pool, user_id(2), 10));
  ASSERT_EQ(entries.size(), 2U) << "also where nothing has moved";
  EXPECT_EQ(entries[1].at, sys_days(2026y / 11 / 23) + days(60));
  judge(3, 2, true);
  rerate();
  EXPECT_EQ(db.run(kept->history(pool, user_id(2), 10)).size(), 3U);
}

TEST_F(Ratings, EverybodyIsRatedOnceAndAgainWhenTheirReactionsHaveFaded) {
  settle(300);
  rate_once();
  for (int i = 2; i <= 60; i += 2) judge(1, i, true);
  const auto first = rerate_everybody();
  EXPECT_EQ(first.looked_at, 300);
  EXPECT_GE(first.written, 30);
  EXPECT_EQ(rerate_everybody().written, 0);
  const double fresh = of(2).value.level2;
  time.advance(days(90));
  EXPECT_GE(rerate_everybody().written, 30);
  EXPECT_LT(of(2).value.level2, fresh - 0.02);
  EXPECT_GT(of(2).value.level2, 0.42);
}

TEST_F(Ratings, PeopleWhoseIdsLieFarApartAreRatedAsThoseSideBySideAre) {
  settle(6);
  // The same person at 100 to 140, in a gap of the ids, and far beyond.
  for (const auto* ids : {"generate_series(100, 140)", "generate_series(20000, 29000, 1500)",
                          "(VALUES (3000000), (5000000000)) v"}) {
    const std::string from = std::string(" FROM ") + ids + (ids[0] == '(' ? " (i)" : " i");
    tell(
        "INSERT INTO accounts.users (user_id, telegram_id, first_name, language, created_at, last_seen_at) "
        "OVERRIDING SYSTEM VALUE SELECT i, i, 'P', 'ru', now(), now()" +
        from);
    tell(
        "INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, created_at, active_at) "
        "SELECT i, 'draft', 1, now(), now(), now()" +
        from);
    tell(
        "INSERT INTO dating.ratings (user_id, received_good, received_count, given_good, given_count, "
        "rated_at) SELECT i, 3, 4, 1, 5, now()" +
        from);
  }
  const auto night = rerate_everybody();
  EXPECT_EQ(night.looked_at, 41 + 7 + 2);
  EXPECT_EQ(night.written, night.looked_at);
  const auto expected = of(120);
  EXPECT_GT(expected.value.level2, 0.5);
  for (const std::int64_t who : {100L, 140L, 20'000L, 23'000L, 29'000L, 3'000'000L, 5'000'000'000L}) {
    const auto found = db.run(kept->find(pool, user_id(who))).value();
    EXPECT_EQ(found.value.level2, expected.value.level2) << who;
    EXPECT_EQ(found.value.level3, expected.value.level3) << who;
    EXPECT_EQ(found.rated_at, time.now()) << who;
    const auto entries = db.run(kept->history(pool, user_id(who), 10));
    ASSERT_EQ(entries.size(), 1U) << who;
    EXPECT_NEAR(entries[0].value.level2, expected.value.level2, 1e-4) << who;
  }
  EXPECT_EQ(rerate_everybody().written, 0);
}

TEST_F(Ratings, AnInterruptedRunIsGoneOnWith) {
  settle(50);
  for (int i = 2; i <= 50; i += 2) judge(1, i, true);
  tell("UPDATE dating.ratings SET rated_at = rated_at, dirty = false WHERE user_id <= 25");
  EXPECT_EQ(rerate().looked_at, 13) << "those that are dirty still";
  EXPECT_GE(rerate_everybody().written, 12) << "and all the others";
}

TEST_F(Ratings, AJudgementThatComesInBetweenIsNotLost) {
  settle(2);
  judge(1, 2, true);
  rerating_report report;
  db.run([](Ratings& its, rerating_report& out) -> task<> {
    static constexpr pg::statement waits{"test.waits", "SELECT count(*) FROM pg_locks WHERE NOT granted",
                                         pg::cardinality::one};
    const auto tx = co_await its.pool.begin();
    co_await its.kept->judged(*tx, user_id(1), user_id(2), false);
    co_await (*tx)(waits);  // the judgement goes along with it
    async::scope beside(its.db.io.on(), [](std::string_view, const std::exception_ptr& why) {
      ADD_FAILURE() << async::text_of(why);
    });
    const auto rate = [](Ratings& of, rerating_report& into) -> task<> {
      into = co_await rerate_dirty(of.pool, of.time, *of.learned);
    };
    beside.spawn("rerate", rate(its, out));
    for (std::int64_t waiting = 0; waiting == 0;) {
      const auto rows = co_await its.pool(waits);
      waiting = rows.front().get<std::int64_t>(0);
    }
    co_await tx->commit();
    co_await beside.join();
  }(*this, report));
  EXPECT_EQ(report.overtaken, 2);
  EXPECT_EQ(report.written, 0);
  EXPECT_EQ(count("SELECT count(*) FROM dating.ratings WHERE dirty"), 2);
  EXPECT_EQ(rerate().overtaken, 0);
  EXPECT_LT(of(2).value.level2, 0.5) << "of one like and one skip";
}

TEST_F(Ratings, MatchesAndTalksBeyondWhatTheRatesExpectLift) {
  settle(4);
  for (const int candidate : {2, 4})
    for (int i = 0; i < 10; ++i) judge(1, candidate, i % 2 == 0);
  for (int i = 0; i < 5; ++i) db.run(kept->matched(pool, user_id(1), user_id(2)));
  db.run(kept->talked(pool, user_id(1), user_id(2)));
  rerate();
  EXPECT_NEAR(of(2).value.level2, of(4).value.level2, 1e-6);
  EXPECT_GT(of(2).value.level3, 1.1 * of(4).value.level3);
  const auto scored = db.run(kept->score(pool, user_id(3), {user_id(2), user_id(4)}));
  ASSERT_EQ(scored.size(), 2U);
  EXPECT_NEAR(scored[0].score.like, scored[1].score.like, 1e-9);
  EXPECT_GT(scored[0].score.match, 1.1 * scored[1].score.match);
}

TEST_F(Ratings, TheScoreKnowsWhoHasLikedTheViewerAndLeavesOutWhoHasNoProfile) {
  settle(4);
  tell(
      "INSERT INTO dating.judgements (viewer_id, candidate_id, liked, judged_at) VALUES (2, 1, true, now()), "
      "(4, 1, false, now())");
  const auto scored =
      db.run(kept->score(pool, user_id(1), {user_id(4), user_id(99), user_id(3), user_id(2)}));
  ASSERT_EQ(scored.size(), 3U);
  EXPECT_EQ(scored[0].who, user_id(4));
  EXPECT_EQ(scored[0].score.back, 0.02);
  EXPECT_EQ(scored[2].score.back, 0.98);
  EXPECT_GT(scored[2].score.match, scored[1].score.match);
  EXPECT_THAT(db.run(kept->score(pool, user_id(99), {user_id(2)})), testing::IsEmpty());
}

TEST_F(Ratings, WithAPersonGoTheirRatingAndItsHistory) {
  settle(2);
  judge(1, 2, true);
  rerate();
  ASSERT_GT(count("SELECT count(*) FROM dating.rating_history WHERE user_id = 2"), 0);
  tell("DELETE FROM accounts.users WHERE user_id = 2");
  EXPECT_EQ(count("SELECT (SELECT count(*) FROM dating.rating_history WHERE user_id = 2) + "
                  "(SELECT count(*) FROM dating.ratings WHERE user_id = 2) + (SELECT count(*) FROM "
                  "dating.rating_evidence)"),
            0);
}

TEST_F(Ratings, AShowingIsSampledAsItWasKnownBefore) {
  settle(4);
  judge(1, 2, true);
  judge(3, 2, false);
  EXPECT_EQ(count("SELECT count(*) FROM dating.rating_evidence WHERE viewer_id = 1 AND good = 0 AND count = "
                  "0 AND liked"),
            1);
  EXPECT_EQ(
      count("SELECT count(*) FROM dating.rating_evidence WHERE viewer_id = 3 AND abs(good - 1) < 0.001 AND "
            "abs(count - 1) < 0.001 AND NOT liked"),
      1);
}

TEST_F(Ratings, CoefficientsAreFittedWhereThatForetellsBetterAndTakenBack) {
  show_many(4'000);
  rate_once();
  const auto before = rerate_everybody();
  EXPECT_EQ(before.looked_at, 400);
  const auto report = refit();
  EXPECT_EQ(report.what, refit_report::end::taken);
  EXPECT_EQ(report.held_out, 800U);
  EXPECT_LT(report.after, report.before - clear_gain);
  EXPECT_EQ(report.version, 1);
  time.advance(2min);
  EXPECT_EQ(db.run(learned->current(pool))->numbers.version, 1);
  // Climbers are rated higher now, whose profile says nothing else.
  EXPECT_GT(rerate_everybody().written, 0);
  EXPECT_GT(of(2).value.level1, of(4).value.level1 + 1);
  EXPECT_GT(of(2).value.level3, of(4).value.level3);
  EXPECT_EQ(of(2).version, 1);

  EXPECT_FALSE(db.run(learned->use(pool, 7)));
  EXPECT_TRUE(db.run(learned->use(pool, 0)));
  EXPECT_GT(rerate_everybody().written, 0);
  EXPECT_NEAR(of(2).value.level1, 0, 1e-6);
  EXPECT_EQ(refit().what, refit_report::end::held) << "by night";
  const auto versions = db.run(learned->list(pool));
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_FALSE(versions[0].in_use);
  EXPECT_TRUE(versions[1].in_use && versions[1].held);
  EXPECT_EQ(refit(true).version, 2) << "by hand";
  EXPECT_TRUE(db.run(learned->use(pool, 1)));
  EXPECT_EQ(db.run(learned->current(pool))->numbers.version, 1);
}

TEST_F(Ratings, WhatForetellsNoBetterIsNotTakenOver) {
  settle(400);
  // Coins: nothing to learn.
  tell(
      "INSERT INTO dating.rating_evidence (viewer_id, candidate_id, at, good, count, liked) "
      "SELECT 1 + 2 * (i % 200), 2 + 2 * ((i / 200 + i) % 200), timestamptz '2026-11-01' + i * interval '1 "
      "minute', "
      "0, 0, md5(i::text) < '6b' FROM generate_series(0, 3999) i");
  const auto report = refit();
  EXPECT_EQ(report.what, refit_report::end::no_better);
  EXPECT_EQ(report.version, 0);
  EXPECT_EQ(db.run(learned->list(pool)).size(), 1U);
}

TEST_F(Ratings, FewShowingsTeachNothing) {
  show_many(2'000);
  EXPECT_EQ(refit().what, refit_report::end::too_few);
}

}  // namespace tandem::dating
