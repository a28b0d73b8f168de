// Against a real PostgreSQL, on a clock of the test's own.
#include "dating/growth/growth.hpp"

#include "accounts/users.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;

struct Growth : testing::Test {
  pg::database_test db;
  pg::pool* pool = db.pool.get();
  fixed_clock time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h};
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  growth_settings terms{.rewards_a_month = 2};
  std::unique_ptr<growth> more = make_growth(time, terms);
  int known = 0;

  template <class T>
  T run(task<T> work) {
    return db.run(std::move(work));
  }
  void sql(std::string_view text, pg::params with = {}) {
    const pg::statement what{"test.do", text, pg::cardinality::exec};
    run(pool->run(what, std::move(with)));
  }
  // Somebody who has agreed just now.
  user_id newcomer() {
    accounts::seen_person seen{1'000 + ++known, "Person", "", "en"};
    const auto who = run(people->meet(*pool, std::move(seen)));
    sql("INSERT INTO dating.profiles (user_id, consent_version, consented_at, created_at, active_at) "
        "VALUES ($1, 1, $2, $2, $2)",
        pg::params::of(who.id, time.now()));
    time.advance(1min);
    return who.id;
  }
  void finish(user_id who, bool with_photo = true) {
    sql("UPDATE dating.profiles SET state = 'active', has_photo = $2 WHERE user_id = $1",
        pg::params::of(who, with_photo));
  }
  template <class Work>
  auto in_transaction(Work work) {
    return run(wrap(std::move(work)));
  }
  template <class Work>
  task<typename std::invoke_result_t<Work, pg::transaction&>::value_type> wrap(Work work) {
    const auto tx = co_await pool->begin();
    auto out = co_await work(*tx);
    co_await tx->commit();
    co_return out;
  }
  bool grant(user_id who, entitlement what, std::string source, std::chrono::seconds lasting) {
    return in_transaction([&](pg::transaction& tx) { return more->grant(tx, who, what, source, lasting); });
  }
  std::vector<reward> reward_all() {
    return in_transaction([&](pg::transaction& tx) { return more->reward_due(tx, 100); });
  }
  arrival comes_by_code_of(user_id who, user_id inviter) {
    const auto code = run(more->invitations_of(*pool, inviter)).code;
    return run(more->came_by(*pool, who, code));
  }
};

TEST_F(Growth, WhatIsGrantedTwiceLastsTwiceAsLongAndTheSameSourceCountsOnce) {
  const auto anna = newcomer();
  EXPECT_FALSE(run(more->rights_of(*pool, anna)).premium());
  const auto begun = time.now();
  EXPECT_TRUE(grant(anna, entitlement::premium, "payment 1", 24h));
  EXPECT_FALSE(grant(anna, entitlement::premium, "payment 1", 24h));
  EXPECT_TRUE(grant(anna, entitlement::premium, "payment 2", 24h));
  EXPECT_EQ(run(more->rights_of(*pool, anna)).premium_until, begun + 48h);
  time.advance(48h);
  EXPECT_FALSE(run(more->rights_of(*pool, anna)).premium());
}

TEST_F(Growth, NobodyWithoutAProfileIsGrantedAnything) {
  EXPECT_FALSE(grant(user_id(77), entitlement::premium, "operator", 24h));
}

TEST_F(Growth, PremiumHoldsOneBoostAWeek) {
  const auto anna = newcomer();
  const auto boost = [&] {
    return in_transaction([&](pg::transaction& tx) { return more->boost(tx, anna); });
  };
  EXPECT_FALSE(boost());
  grant(anna, entitlement::premium, "operator", 24h * 30);
  EXPECT_EQ(run(more->rights_of(*pool, anna)).boosts_left, 1);
  EXPECT_TRUE(boost());
  EXPECT_FALSE(boost());
  const auto running = run(more->rights_of(*pool, anna));
  EXPECT_EQ(running.boosted_until, time.now() + 30min);
  EXPECT_EQ(running.boosts_left, 0);
  time.advance(24h * 7 + 1h);
  EXPECT_FALSE(run(more->rights_of(*pool, anna)).boosted_until);
  EXPECT_TRUE(boost());
}

TEST_F(Growth, ACodeStaysTheSame) {
  const auto anna = newcomer();
  const auto first = run(more->invitations_of(*pool, anna));
  EXPECT_EQ(first.code.size(), 8U);
  EXPECT_EQ(run(more->invitations_of(*pool, anna)).code, first.code);
}

TEST_F(Growth, AnInvitationIsRewardedOnceThereIsAPhotoThatOthersSee) {
  const auto anna = newcomer(), boris = newcomer();
  finish(anna);
  EXPECT_EQ(comes_by_code_of(boris, anna), arrival::noted);
  EXPECT_TRUE(reward_all().empty());
  finish(boris, false);
  EXPECT_TRUE(reward_all().empty());
  finish(boris);
  const auto given = reward_all();
  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given[0].invited, boris);
  EXPECT_EQ(given[0].by, anna);
  EXPECT_TRUE(given[0].both);
  EXPECT_EQ(run(more->rights_of(*pool, anna)).premium_until, time.now() + 24h * 3);
  EXPECT_EQ(run(more->rights_of(*pool, boris)).premium_until, time.now() + 24h * 3);
  EXPECT_TRUE(reward_all().empty());
  const auto made = run(more->invitations_of(*pool, anna));
  EXPECT_EQ(made.came, 1);
  EXPECT_EQ(made.rewarded, 1);
}

TEST_F(Growth, NobodyInvitesThemselvesNorInACircleNorSomebodyWhoIsHereAlready) {
  const auto anna = newcomer(), boris = newcomer();
  EXPECT_EQ(comes_by_code_of(boris, anna), arrival::too_late) << "she is a draft herself";
  finish(anna);
  EXPECT_EQ(comes_by_code_of(anna, anna), arrival::own_code);
  EXPECT_EQ(comes_by_code_of(boris, anna), arrival::noted);
  EXPECT_EQ(comes_by_code_of(anna, boris), arrival::too_late);
  EXPECT_EQ(run(more->came_by(*pool, boris, "nothing1")), arrival::unknown_code);
  const auto vera = newcomer();
  finish(vera);
  EXPECT_EQ(comes_by_code_of(boris, vera), arrival::too_late);
  EXPECT_EQ(comes_by_code_of(vera, anna), arrival::too_late);
}

TEST_F(Growth, WhoInvitesManyIsRewardedForSomeOfThemAMonth) {
  const auto anna = newcomer();
  finish(anna);
  for (int i = 0; i < 3; ++i) {
    const auto one = newcomer();
    EXPECT_EQ(comes_by_code_of(one, anna), arrival::noted);
    finish(one);
  }
  const auto given = reward_all();
  ASSERT_EQ(given.size(), 3U);
  EXPECT_TRUE(given[0].both);
  EXPECT_TRUE(given[1].both);
  EXPECT_FALSE(given[2].both);
  EXPECT_TRUE(run(more->rights_of(*pool, given[2].invited)).premium());
  EXPECT_EQ(run(more->invitations_of(*pool, anna)).rewarded, 2);
  const auto late = newcomer();
  comes_by_code_of(late, anna);
  finish(late);
  time.advance(24h * 31);
  const auto later = reward_all();
  ASSERT_EQ(later.size(), 1U);
  EXPECT_TRUE(later[0].both);
}

TEST_F(Growth, FiguresAreThoseOfThirtyDays) {
  const auto anna = newcomer();
  sql("INSERT INTO dating.days (user_id, day, likes, shown, liked_by, matched) VALUES "
      "($1, '2026-11-23', 3, 10, 2, 1), ($1, '2026-11-01', 4, 20, 5, 2), ($1, '2026-10-24', 1, 100, 100, "
      "100)",
      pg::params::of(anna));
  const auto counted = run(more->figures_of(*pool, anna));
  EXPECT_EQ(counted.today.shown, 10);
  EXPECT_EQ(counted.month.shown, 30);
  EXPECT_EQ(counted.month.liked_by, 7);
  EXPECT_EQ(counted.month.matched, 3);
  EXPECT_EQ(counted.likes_given, 7);
  ASSERT_EQ(counted.shown_daily.size(), 30U);
  EXPECT_EQ(counted.shown_daily.back(), 10);
  EXPECT_EQ(counted.shown_daily[7], 20);
}

}  // namespace
}  // namespace tandem::dating
