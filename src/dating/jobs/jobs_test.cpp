#include "dating/jobs/jobs.hpp"

#include <gmock/gmock.h>

#include "dating/decks/decks.hpp"
#include "dating/talks/town_for_test.hpp"
#include "platform/lead/lead.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct Jobs : testing::Test, talk_town {
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> kept_ratings = make_ratings({time, *learned});
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<decks> deck = make_decks({*lanes, time, *kept_ratings});
  std::unique_ptr<likes> hearts = make_likes({time, *keys, *news, kept_ratings.get()});
  std::unique_ptr<growth> more = make_growth(time);
  job_parts with{*pool,   time,           *learned, *members, *pictures, *deck,
                 *hearts, *conversations, *rules,   *more,    *news};

  ~Jobs() override { run(lanes->stop()); }

  void tell(std::string_view sql) {
    const pg::statement what{"test.tell", sql, pg::cardinality::exec};
    run((*pool)(what));
  }
  void tell_at(std::string_view sql, user_id who, instant when) {
    const pg::statement what{"test.tell_at", sql, pg::cardinality::exec};
    run((*pool)(what, who, when));
  }
  user_id last_here(int number, days ago) {
    const auto who = person(number, "P" + std::to_string(number));
    tell_at("UPDATE dating.profiles SET active_at = $2 WHERE user_id = $1", who, time.now() - ago);
    return who;
  }
  void here_now(user_id who) { run(members->visit(*pool, who)); }
  std::string state(user_id who) {
    return ask("SELECT state FROM dating.profiles WHERE user_id = " + std::to_string(who.value));
  }
  std::string notices_of(std::string_view kind) {
    return ask(
        "SELECT coalesce(string_agg(user_id || ':' || about_id, ' ' ORDER BY user_id), '') FROM "
        "dating.notices "
        "WHERE kind = '" +
        std::string(kind) + "'");
  }
  void wrote(match_id where, user_id from, std::int64_t message) {
    static constexpr pg::statement add{
        "test.wrote",
        "WITH sent AS (INSERT INTO dating.messages (bot_id, from_id, from_message, match_id, state, next_at, "
        "sent_at) "
        "VALUES (7000, $2, $3, $1, 'sent', $4, $4)) "
        "UPDATE dating.matches SET state = CASE WHEN opened_by IS NULL OR opened_by = $2 THEN 'opened' ELSE "
        "'answered' END, "
        "opened_by = coalesce(opened_by, $2), last_at = $4 WHERE match_id = $1",
        pg::cardinality::exec};
    run((*pool)(add, where, from, message, time.now()));
  }
  std::string match_state(match_id what) {
    return ask("SELECT state FROM dating.matches WHERE match_id = " + std::to_string(what.value));
  }
};

std::string pair_of(user_id who, std::int64_t about) {
  return std::to_string(who.value) + ":" + std::to_string(about);
}

}  // namespace

TEST_F(Jobs, WhoIsSilentForThirtyDaysIsAskedOnceAndHiddenSevenDaysLater) {
  const auto silent = last_here(1, days(31)), here = last_here(2, days(29)), returns = last_here(3, days(31));
  EXPECT_EQ(run(ask_silent_people(with)), 2);
  EXPECT_EQ(run(ask_silent_people(with)), 0);
  EXPECT_EQ(notices_of("stale"), pair_of(silent, 0) + " " + pair_of(returns, 0));
  time.advance(days(3));
  here_now(returns);
  here_now(here);
  EXPECT_EQ(run(put_away_silent_people(with)), 0);
  time.advance(days(4) + 1min);
  EXPECT_EQ(run(put_away_silent_people(with)), 1);
  EXPECT_EQ(state(silent), "stale");
  EXPECT_EQ(state(returns), "active");
}

TEST_F(Jobs, WhoWasPutAwayIsCalledBackOnceInALife) {
  const auto who = last_here(1, days(31));
  run(ask_silent_people(with));
  time.advance(days(8));
  run(put_away_silent_people(with));
  EXPECT_EQ(run(call_people_back(with)), 0);
  time.advance(days(29));
  EXPECT_EQ(run(call_people_back(with)), 1);
  EXPECT_EQ(notices_of("win_back"), pair_of(who, 0));
  EXPECT_EQ(run(call_people_back(with)), 0);
  here_now(who);
  EXPECT_TRUE(run(members->show(*pool, who)));
  time.advance(days(200));
  run(ask_silent_people(with));
  time.advance(days(8));
  run(put_away_silent_people(with));
  time.advance(days(60));
  EXPECT_EQ(run(call_people_back(with)), 0);
}

TEST_F(Jobs, MoreThanABatchOfSilentPeopleIsAskedInOneRun) {
  for (int i = 1; i <= 3; ++i) last_here(i, days(31));
  tell(
      "INSERT INTO accounts.users (telegram_id, first_name, language, created_at, last_seen_at) "
      "SELECT 5000 + i, 'P', 'ru', now(), now() FROM generate_series(1, 1100) i");
  tell(
      "INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, created_at, active_at) "
      "SELECT user_id, 'active', 1, '2026-01-01', '2026-01-01', '2026-01-01' FROM accounts.users WHERE "
      "telegram_id > 5000");
  EXPECT_EQ(run(ask_silent_people(with)), 1'103);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.notices"), "1103");
}

TEST_F(Jobs, ASilentMatchIsNudgedOnceAtWhoseTurnItIs) {
  const auto a = person(1, "A"), b = person(2, "B"), c = person(3, "C"), d = person(4, "D");
  const auto fresh = match(a, b), opened = match(a, c), answered = match(a, d);
  wrote(opened, a, 1);
  wrote(answered, a, 2);
  time.advance(1min);
  wrote(answered, d, 3);
  time.advance(71h);
  EXPECT_EQ(run(nudge_silent_matches(with)), 0);
  time.advance(1h + 1min);
  EXPECT_EQ(run(nudge_silent_matches(with)), 3);
  EXPECT_EQ(ask("SELECT string_agg(user_id || ':' || about_id, ' ' ORDER BY about_id, user_id) FROM "
                "dating.notices"),
            pair_of(a, fresh.value) + " " + pair_of(b, fresh.value) + " " + pair_of(c, opened.value) + " " +
                pair_of(a, answered.value));
  EXPECT_EQ(run(nudge_silent_matches(with)), 0);
  time.advance(1h);
  wrote(opened, c, 4);
  time.advance(72h);
  EXPECT_EQ(run(give_up_silent_matches(with)), 2);
  EXPECT_EQ(match_state(fresh), "silent");
  EXPECT_EQ(match_state(answered), "silent");
  EXPECT_EQ(match_state(opened), "answered") << "for a while";
  EXPECT_EQ(run(nudge_silent_matches(with)), 0) << "one nudge in its life";
  time.advance(1min);
  EXPECT_EQ(run(give_up_silent_matches(with)), 1);
}

TEST_F(Jobs, AClosedMatchIsLeftAlone) {
  const auto a = person(1, "A"), b = person(2, "B");
  const auto over = match(a, b);
  EXPECT_TRUE(in_transaction([&](pg::transaction& tx) { return conversations->unmatch(tx, a, over); }));
  time.advance(100h);
  EXPECT_EQ(run(nudge_silent_matches(with)), 0);
  EXPECT_EQ(run(give_up_silent_matches(with)), 0);
}

TEST_F(Jobs, ARewardedInvitationIsToldToBothSides) {
  const auto a = person(1, "A"), b = person(2, "B");
  const auto code = run(more->invitations_of(*pool, a)).code;
  tell_at("UPDATE dating.profiles SET created_at = $2, state = 'draft' WHERE user_id = $1", b, time.now());
  ASSERT_EQ(in_transaction([&](pg::transaction& tx) { return more->came_by(tx, b, code); }), arrival::noted);
  EXPECT_EQ(run(reward_invitations(with)), 0) << "not registered yet";
  tell("UPDATE dating.profiles SET state = 'active', has_photo = true");
  EXPECT_EQ(run(reward_invitations(with)), 1);
  EXPECT_EQ(notices_of("rewarded"), pair_of(a, b.value) + " " + pair_of(b, a.value));
  EXPECT_EQ(run(reward_invitations(with)), 0);
}

TEST_F(Jobs, WhatIsOverIsForgottenAndTheRestStays) {
  const auto a = person(1, "A"), b = person(2, "B"), c = person(3, "C");
  for (const auto& [who, age] : {std::pair(a, days(91)), std::pair(b, days(89))})
    tell_at("INSERT INTO dating.days (user_id, day) VALUES ($1, ($2::timestamptz AT TIME ZONE 'UTC')::date)",
            who, time.now() - age);
  for (const auto& [who, age] : {std::pair(a, days(4)), std::pair(b, days(2)), std::pair(c, days(5))})
    tell_at(
        "INSERT INTO dating.decks (viewer_id, place, candidate_id, km, made_at) "
        "SELECT $1, i, (SELECT min(user_id) FROM dating.profiles WHERE user_id <> $1), 1, $2 FROM "
        "generate_series(1, 3) i",
        who, time.now() - age);
  for (const auto& [who, age] : {std::pair(a, days(8)), std::pair(b, days(6))})
    tell_at(
        "INSERT INTO dating.judgements (viewer_id, candidate_id, liked, letter, judged_at) "
        "SELECT $1, max(user_id), true, '\\x01', $2 FROM dating.profiles",
        who, time.now() - age);
  auto report = run(forget_words(with));
  std::ranges::copy(run(forget_what_is_over(with)), std::back_inserter(report));
  std::string told;
  for (const auto& one : report)
    if (one.rows > 0 && one.what != "changes") told += one.what + " " + std::to_string(one.rows) + "; ";
  EXPECT_EQ(told, "letters 1; days 1; decks 6; ");
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT viewer_id::text, ' ') FROM dating.decks"),
            std::to_string(b.value));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements WHERE letter IS NOT NULL"), "1");
}

TEST_F(Jobs, MoreThanABatchIsForgottenInOneRun) {
  person(1, "A");
  tell(
      "INSERT INTO dating.days (user_id, day) SELECT 1, date '2026-01-01' - i FROM generate_series(1, 20500) "
      "i");
  run(forget_what_is_over(with));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.days"), "0");
}

TEST_F(Jobs, AStepThatFailsKeepsNoneBehindItFromItsWork) {
  person(1, "A");
  tell("INSERT INTO dating.days (user_id, day) VALUES (1, '2026-01-01')");
  tell("ALTER TABLE dating.changes RENAME TO changes_away");
  const auto report = run(forget_what_is_over(with));
  tell("ALTER TABLE dating.changes_away RENAME TO changes");
  std::string failed;
  for (const auto& one : report)
    if (!one.failure.empty()) failed += one.what;
  EXPECT_EQ(failed, "changes");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.days"), "0");
}

TEST_F(Jobs, LearningThatIsSwitchedOffLearnsNothing) {
  with.learn = false;
  EXPECT_EQ(run(learn_coefficients(with)).what, refit_report::end::held);
  with.learn = true;
  EXPECT_EQ(run(learn_coefficients(with)).what, refit_report::end::too_few);
}

TEST_F(Jobs, TheSchedulerRunsAllOfThemAndTheyTellWhatTheyDid) {
  const auto lead = lead::make_sole_candidate();
  run(lead->start());
  tasks::scheduler_options options;
  options.poll = 0ms;
  std::vector<std::string> failures;
  options.told = [&](std::string_view job, std::string_view error) {
    failures.push_back(std::string(job) + ": " + std::string(error));
  };
  const auto jobs = tasks::make_scheduler(io.on(), *pool, *lead, time, std::move(options));
  add_dating_jobs(*jobs, with);
  run(jobs->start());
  last_here(1, days(31));
  const auto a = person(2, "A"), b = person(3, "B");
  run(kept_ratings->judged(*pool, a, b, true));
  time.advance(days(1));
  run(jobs->run_due());
  EXPECT_THAT(failures, testing::IsEmpty());
  const auto states = run(jobs->jobs());
  EXPECT_GE(states.size(), 12U);
  for (const auto& one : states) {
    ASSERT_TRUE(one.last) << one.name;
    EXPECT_EQ(one.last->result, tasks::outcome::succeeded) << one.name << ": " << one.last->error;
  }
  EXPECT_EQ(notices_of("stale").empty(), false);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.ratings WHERE dirty"), "0");
  tell("INSERT INTO dating.judgements VALUES (2, 3, true, '\\x01', '2026-01-01')");
  time.advance(1h);
  run(jobs->run_due());
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements WHERE letter IS NOT NULL"), "0") << "every hour";
  run(jobs->stop());
}

}  // namespace tandem::dating
