#include "dating/profiles/profiles.hpp"

#include <cmath>
#include <limits>

#include "accounts/users.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono;

const places::gazetteer& towns() {
  static const auto all = places::load_gazetteer(TANDEM_BINARY_DIR "/share/tandem/places.tsv");
  return **all;
}

struct Profiles : testing::Test {
  pg::database_test db;
  pg::pool& pool = *db.pool;
  fixed_clock time{sys_days(2026y / 11 / 23) + 12h + 34min};
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  std::vector<user_id> rated;  // whom the ratings have heard of
  std::unique_ptr<profiles> kept = make_profiles({time, towns(), std::vector<std::byte>(32, std::byte{7}),
                                                  [this](pg::session&, user_id who) { return note(who); }});

  task<> note(user_id who) {
    rated.push_back(who);
    co_return;
  }
  user_id met(std::int64_t telegram_id) {
    accounts::seen_person seen{telegram_id, "Anna", "anna", "ru"};
    return db.run(people->meet(pool, std::move(seen))).id;
  }
  user_id drafted(std::int64_t telegram_id) {
    const auto who = met(telegram_id);
    EXPECT_TRUE(db.run(kept->begin(pool, who, telegram_id)));
    return who;
  }
  void fill(user_id who) {
    EXPECT_TRUE(db.run(kept->set_name(pool, who, "Аня")));
    EXPECT_TRUE(db.run(kept->set_born_on(pool, who, 1999y / 3 / 14)));
    EXPECT_TRUE(db.run(kept->set_sex(pool, who, sex::female)));
    EXPECT_TRUE(db.run(kept->set_seeks(pool, who, seeking::male)));
    EXPECT_TRUE(db.run(kept->set_location(pool, who, {55.751244, 37.618423})));
  }
  user_id shown(std::int64_t telegram_id) {
    const auto who = drafted(telegram_id);
    fill(who);
    EXPECT_TRUE(db.run(kept->publish(pool, who)));
    return who;
  }
  profile of(user_id who) { return db.run(kept->find(pool, who)).value(); }
  std::string ask(std::string_view sql) {
    const pg::statement what{"test.ask", sql, pg::cardinality::one};
    return db.run(pool(what)).front().get<std::string>(0);
  }
  void tell(std::string_view sql) {
    const pg::statement what{"test.tell", sql, pg::cardinality::exec};
    db.run(pool(what));
  }
  template <class T>
  static std::string refused(const std::expected<T, wrong_answer>& what) {
    return what ? "accepted" : std::string(name_of(what.error()));
  }
};

}  // namespace

TEST_F(Profiles, ConsentMakesADraftOnceAndNothingIsKeptBefore) {
  const auto who = met(5);
  EXPECT_FALSE(db.run(kept->find(pool, who)));
  EXPECT_EQ(refused(db.run(kept->set_name(pool, who, "Аня"))), "no_profile");
  const auto draft = db.run(kept->begin(pool, who, 5));
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->state, profile_state::draft);
  EXPECT_EQ(draft->step, field::name);
  EXPECT_TRUE(draft->agreed());
  EXPECT_EQ(draft->active_at, time.now() - 34min) << "to the hour";
  EXPECT_TRUE(db.run(kept->set_name(pool, who, "Аня")));
  EXPECT_TRUE(db.run(kept->begin(pool, who, 5)));
  EXPECT_EQ(of(who).name, "Аня") << "agreeing twice loses nothing";
}

TEST_F(Profiles, AnOldConsentIsRenewedWithoutTouchingTheProfile) {
  const auto who = shown(5);
  tell("UPDATE dating.profiles SET consent_version = 0");
  EXPECT_FALSE(of(who).agreed());
  EXPECT_TRUE(db.run(kept->begin(pool, who, 5)));
  EXPECT_TRUE(of(who).agreed());
  EXPECT_EQ(of(who).state, profile_state::active);
}

TEST_F(Profiles, WhatWasSaidIsThereAgain) {
  const auto who = drafted(5);
  fill(who);
  EXPECT_TRUE(db.run(kept->set_about(pool, who, " Горы,\n\n\nджаз ")));
  EXPECT_TRUE(db.run(kept->set_interest(pool, who, "jazz", true)));
  EXPECT_TRUE(db.run(kept->set_interest(pool, who, "+Чай улун", true)));
  EXPECT_TRUE(db.run(kept->set_wanted_ages(pool, who, {25, 31})));
  EXPECT_TRUE(db.run(kept->set_radius(pool, who, 30)));
  EXPECT_TRUE(db.run(kept->set_own_city(pool, who)));
  db.run(kept->ask(pool, who, field::photos));
  const auto now = of(who);
  EXPECT_EQ(now.name, "Аня");
  EXPECT_EQ(now.born_on, calendar_day(1999y / 3 / 14));
  EXPECT_EQ(now.sex, sex::female);
  EXPECT_EQ(now.seeks, seeking::male);
  EXPECT_EQ(now.about, "Горы,\n\nджаз");
  EXPECT_EQ(now.interests, (std::vector<std::string>{"jazz", "+Чай улун"}));
  EXPECT_EQ(now.wanted.from, 25);
  EXPECT_EQ(now.wanted.to, 31);
  EXPECT_EQ(now.radius_km, 30);
  EXPECT_TRUE(now.own_city);
  EXPECT_EQ(now.step, field::photos);
  EXPECT_FALSE(now.may_be_shown());
  EXPECT_TRUE(db.run(kept->set_about(pool, who, "")));
  EXPECT_EQ(of(who).about, "");
}

TEST_F(Profiles, ALocationIsRoundedBeforeItIsStoredAndNamesTheTown) {
  const auto who = drafted(5);
  const auto town = db.run(kept->set_location(pool, who, {55.751244, 37.618423}));
  ASSERT_TRUE(town);
  EXPECT_EQ((*town)->name, "Moscow");
  EXPECT_EQ(ask("SELECT latitude || ' ' || longitude || ' ' || place_id FROM dating.profiles"),
            "55.75 37.62 " + std::to_string((*town)->id));
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const auto& at :
       {coordinates{91, 0}, coordinates{0, 181}, coordinates{none, 0}, coordinates{-60, -120}}) {
    EXPECT_EQ(refused(db.run(kept->set_location(pool, who, at))), "far_away");
  }
  EXPECT_EQ(refused(db.run(kept->set_town(pool, who, 1))), "unknown_place");
  const auto* perm = towns().find("Пермь").matches.front();
  ASSERT_TRUE(db.run(kept->set_town(pool, who, perm->id)));
  EXPECT_EQ(of(who).place_id, perm->id);
  EXPECT_NEAR(of(who).at->latitude, perm->latitude, 0.0051);
}

TEST_F(Profiles, BadValuesAreRefusedWhoeverCalls) {
  const auto who = drafted(5);
  EXPECT_EQ(refused(db.run(kept->set_name(pool, who, "t.me/anna"))), "link");
  EXPECT_EQ(refused(db.run(kept->set_born_on(pool, who, 2008y / 11 / 24))), "too_young");
  EXPECT_EQ(refused(db.run(kept->set_born_on(pool, who, 2008y / 11 / 23))), "accepted");
  EXPECT_EQ(refused(db.run(kept->set_born_on(pool, who, 1900y / 1 / 1))), "absurd_age");
  EXPECT_EQ(refused(db.run(kept->set_wanted_ages(pool, who, {16, 20}))), "too_young");
  EXPECT_EQ(refused(db.run(kept->set_wanted_ages(pool, who, {40, 200}))), "absurd_age");
  EXPECT_EQ(refused(db.run(kept->set_radius(pool, who, 0))), "not_understood");
  EXPECT_EQ(refused(db.run(kept->set_radius(pool, who, 501))), "not_understood");
  EXPECT_EQ(refused(db.run(kept->set_interest(pool, who, "no_such", true))), "not_understood");
  EXPECT_EQ(refused(db.run(kept->set_interest(pool, who, "+t.me/x", true))), "link");
}

TEST_F(Profiles, InterestsAreKeptOnceAndTenAtMost) {
  const auto who = drafted(5);
  for (const auto* slug :
       {"jazz", "jazz", "tea", "sea", "yoga", "gym", "cats", "dogs", "books", "films", "wine"}) {
    EXPECT_TRUE(db.run(kept->set_interest(pool, who, slug, true))) << slug;
  }
  EXPECT_EQ(refused(db.run(kept->set_interest(pool, who, "cars", true))), "too_many");
  EXPECT_TRUE(db.run(kept->set_interest(pool, who, "jazz", true))) << "there already";
  EXPECT_EQ(of(who).interests.size(), 10u);
  EXPECT_TRUE(db.run(kept->set_interest(pool, who, "tea", false)));
  EXPECT_TRUE(db.run(kept->set_interest(pool, who, "cars", true)));
  EXPECT_EQ(of(who).interests.back(), "cars");
}

TEST_F(Profiles, RegistrationEndsOnlyWhenNothingIsMissing) {
  const auto who = drafted(5);
  const auto missing = [&] { return db.run(kept->publish(pool, who)).error(); };
  EXPECT_EQ(missing(), field::name);
  EXPECT_TRUE(db.run(kept->set_name(pool, who, "Аня")));
  EXPECT_EQ(missing(), field::age);
  EXPECT_EQ(of(who).state, profile_state::draft);
  fill(who);
  EXPECT_TRUE(db.run(kept->publish(pool, who)));
  EXPECT_TRUE(db.run(kept->publish(pool, who))) << "twice is once";
  EXPECT_TRUE(of(who).may_be_shown());
  EXPECT_FALSE(of(who).step);
  EXPECT_FALSE(db.run(kept->abandon(pool, who))) << "no draft any more";
}

TEST_F(Profiles, ACancelledDraftLeavesNothing) {
  const auto who = drafted(5);
  EXPECT_TRUE(db.run(kept->abandon(pool, who)));
  EXPECT_FALSE(db.run(kept->find(pool, who)));
}

TEST_F(Profiles, AnUnderagePersonIsRememberedByTheDayAlone) {
  const auto who = drafted(5);
  EXPECT_TRUE(db.run(kept->set_name(pool, who, "Аня")));
  db.run(kept->refuse_underage(pool, who, 5, 2027y / 1 / 5));
  EXPECT_FALSE(db.run(kept->find(pool, who)));
  EXPECT_EQ(db.run(kept->underage_until(pool, 5)), calendar_day(2027y / 1 / 5));
  EXPECT_EQ(db.run(kept->begin(pool, who, 5)).error(), profiles::refusal::underage);
  EXPECT_NE(db.run(kept->export_data(pool, who, 5)).find("2027-01-05"), std::string::npos);
  db.run(people->erase(pool, who));
  const auto again = met(5);
  EXPECT_EQ(db.run(kept->begin(pool, again, 5)).error(), profiles::refusal::underage) << "a new account";
  EXPECT_FALSE(db.run(kept->underage_until(pool, 6))) << "somebody else";
  time.advance(days(42));  // 4 January
  EXPECT_TRUE(db.run(kept->underage_until(pool, 5)));
  time.advance(days(1));
  EXPECT_FALSE(db.run(kept->underage_until(pool, 5)));
  EXPECT_EQ(db.run(kept->forget_expired(pool, time.now(), 100)), 1);
  EXPECT_TRUE(db.run(kept->begin(pool, again, 5)));
}

TEST_F(Profiles, AVisitIsWrittenOnceAnHour) {
  const auto who = shown(5);
  const auto written = [this] { return ask("SELECT xmin::text FROM dating.profiles"); };
  const auto before = written();
  EXPECT_TRUE(db.run(kept->visit(pool, who)));
  EXPECT_EQ(written(), before);
  time.advance(30min);
  EXPECT_EQ(db.run(kept->visit(pool, who))->active_at, time.now() - 4min);
  EXPECT_NE(written(), before);
  EXPECT_EQ(of(who).active_at, time.now() - 4min);
  EXPECT_FALSE(db.run(kept->visit(pool, user_id(99))));
}

TEST_F(Profiles, ThePersonHidesAndShowsThemselves) {
  const auto who = shown(5);
  EXPECT_TRUE(db.run(kept->hide(pool, who)));
  EXPECT_FALSE(db.run(kept->hide(pool, who)));
  EXPECT_EQ(of(who).state, profile_state::hidden);
  EXPECT_TRUE(db.run(kept->show(pool, who)));
  EXPECT_TRUE(of(who).may_be_shown());
}

TEST_F(Profiles, WhatSafetyHoldsThePersonCannotShow) {
  const auto who = shown(5);
  db.run(kept->hold(pool, who, "minor"));
  EXPECT_EQ(of(who).held, "minor");
  EXPECT_FALSE(db.run(kept->show(pool, who)));
  db.run(kept->release(pool, who));
  EXPECT_TRUE(of(who).may_be_shown());
  db.run(kept->ban(pool, who, "scam"));
  EXPECT_FALSE(db.run(kept->show(pool, who)));
  db.run(kept->hold(pool, who, "minor"));
  EXPECT_EQ(of(who).state, profile_state::banned) << "a ban is not softened";
  db.run(kept->release(pool, who));
  EXPECT_EQ(of(who).state, profile_state::active);
  db.run(kept->set_shadow(pool, who, true));
  EXPECT_EQ(of(who).state, profile_state::active);
  EXPECT_FALSE(of(who).may_be_shown());
}

TEST_F(Profiles, WhoWasHiddenBeforeABanOrAHoldIsHiddenAfterIt) {
  const auto hidden = shown(5), silent = shown(6), seen = shown(7);
  db.run(kept->hide(pool, hidden));
  db.run(kept->put_away(pool, silent));
  for (const auto who : {hidden, silent, seen}) {
    db.run(kept->hold(pool, who, "minor"));
    db.run(kept->ban(pool, who, "scam"));  // the hold's own hiding is not the person's
    db.run(kept->release(pool, who));
  }
  EXPECT_EQ(of(hidden).state, profile_state::hidden);
  EXPECT_EQ(of(silent).state, profile_state::stale);
  EXPECT_EQ(of(seen).state, profile_state::active);
  EXPECT_TRUE(db.run(kept->show(pool, hidden))) << "theirs to show again";
  db.run(kept->ban(pool, hidden, "scam"));
  db.run(kept->release(pool, hidden));
  EXPECT_EQ(of(hidden).state, profile_state::active) << "an older pause is over";
}

TEST_F(Profiles, ABanDuringRegistrationLeadsBackIntoIt) {
  const auto who = drafted(5);
  db.run(kept->ban(pool, who, "spam"));
  EXPECT_EQ(of(who).state, profile_state::banned);
  db.run(kept->release(pool, who));
  EXPECT_EQ(of(who).state, profile_state::draft);
}

TEST_F(Profiles, TrustGrowsWithTheFirstApprovalAndWithTime) {
  const auto good = shown(5), bad = shown(6);
  for (const auto who : {good, bad}) db.run(kept->approved(pool, who, true));
  tell("INSERT INTO dating.complaints (about_id, reason, weight, priority, made_at) VALUES (" +
       std::to_string(bad.value) + ", 'spam', 1, 1, now())");
  EXPECT_EQ(db.run(kept->trust_long_standing(pool, time.now() - days(30))), 0);
  time.advance(days(31));
  EXPECT_EQ(db.run(kept->trust_long_standing(pool, time.now() - days(30))), 1);
  EXPECT_EQ(of(good).trust, 2);
  EXPECT_EQ(of(bad).trust, 1);
  db.run(kept->approved(pool, bad, false));
  EXPECT_EQ(of(bad).trust, 0);
  db.run(kept->approved(pool, good, true));
  EXPECT_EQ(of(good).trust, 2);
}

TEST_F(Profiles, TheSilentAreAskedThenPutAwayThenCalledBackOnce) {
  using ids = std::vector<user_id>;
  const auto silent = shown(5), here = shown(6);
  time.advance(days(31));
  db.run(kept->visit(pool, here));
  const auto month_ago = time.now() - days(30);
  EXPECT_EQ(db.run(kept->ask_silent(pool, month_ago, 10)), ids{silent});
  EXPECT_EQ(db.run(kept->ask_silent(pool, month_ago, 10)), ids{});
  EXPECT_EQ(db.run(kept->put_away_silent(pool, time.now() - days(3), 10)), ids{});
  time.advance(days(4));
  EXPECT_EQ(db.run(kept->put_away_silent(pool, time.now() - days(3), 10)), ids{silent});
  EXPECT_EQ(of(silent).state, profile_state::stale);
  time.advance(days(30));
  EXPECT_EQ(db.run(kept->call_back(pool, time.now() - days(60), 10)), ids{silent});
  EXPECT_EQ(db.run(kept->call_back(pool, time.now() - days(60), 10)), ids{});
  EXPECT_TRUE(db.run(kept->show(pool, silent)));
}

TEST_F(Profiles, WhoComesBackAfterTheQuestionIsNotPutAway) {
  const auto who = shown(5);
  time.advance(days(31));
  EXPECT_EQ(db.run(kept->ask_silent(pool, time.now() - days(30), 10)).size(), 1u);
  time.advance(days(1));
  db.run(kept->visit(pool, who));
  time.advance(days(4));
  EXPECT_TRUE(db.run(kept->put_away_silent(pool, time.now() - days(3), 10)).empty());
}

TEST_F(Profiles, AForgottenDraftIsErased) {
  drafted(5);
  shown(6);
  time.advance(days(31));
  EXPECT_EQ(db.run(kept->forget_expired(pool, time.now() - days(30), 100)), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.profiles"), "1");
}

TEST_F(Profiles, TheRatingsHearOfWhatTheyRead) {
  const auto who = drafted(5);
  EXPECT_TRUE(db.run(kept->set_name(pool, who, "Аня")));
  EXPECT_TRUE(rated.empty());
  EXPECT_TRUE(db.run(kept->set_sex(pool, who, sex::male)));
  EXPECT_EQ(rated, std::vector<user_id>{who});
  EXPECT_EQ(refused(db.run(kept->set_sex(pool, user_id(99), sex::male))), "no_profile");
  EXPECT_EQ(rated.size(), 1u);
}

TEST_F(Profiles, TheExportHasWhatThePersonDidAndNotWhatOthersSaid) {
  const auto who = shown(5), other = shown(6);
  const auto mine = std::to_string(who.value), theirs = std::to_string(other.value);
  EXPECT_TRUE(db.run(kept->set_about(pool, who, "Джаз и горы")));
  tell("INSERT INTO dating.judgements (viewer_id, candidate_id, liked, judged_at) VALUES (" + mine + "," +
       theirs + ",true,'2026-11-23'),(" + theirs + "," + mine + ",false,'2026-11-24')");
  tell("INSERT INTO dating.complaints (by_id, about_id, reason, weight, priority, made_at) VALUES (" +
       theirs + "," + mine + ", 'insult', 1, 1, now())");
  tell("UPDATE dating.profiles SET shadow = true");
  const auto text = db.run(kept->export_data(pool, who, 5));
  EXPECT_NE(text.find("Джаз и горы"), std::string::npos);
  EXPECT_NE(text.find("2026-11-23"), std::string::npos);
  for (const std::string part : {"2026-11-24", "insult", "shadow"}) {
    EXPECT_EQ(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST_F(Profiles, AnErasureLeavesAProofAndNothingElse) {
  const auto who = shown(5), other = shown(6);
  const auto mine = std::to_string(who.value), theirs = std::to_string(other.value);
  tell("INSERT INTO dating.judgements (viewer_id, candidate_id, liked, judged_at) VALUES (" + mine + "," +
       theirs + ",true,now()),(" + theirs + "," + mine + ",true,now())");
  tell("INSERT INTO dating.matches (low_id, high_id, matched_at, last_at) VALUES (" + mine + "," + theirs +
       ",now(),now())");
  tell("INSERT INTO dating.decks (viewer_id, place, candidate_id, km, made_at) VALUES (" + theirs + ",1," +
       mine + ",1,now()),(" + mine + ",1," + theirs + ",1,now())");
  const auto gone = db.run(kept->erase(pool, who, 5));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->proof.size(), 32u);
  EXPECT_EQ(db.run(kept->proven(pool, gone->proof)), time.now());
  EXPECT_FALSE(db.run(kept->proven(pool, "made up")));
  EXPECT_FALSE(db.run(kept->erase(pool, who, 5))) << "nothing left";
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM dating.profiles WHERE user_id = " + mine +
                ") + (SELECT count(*) FROM dating.judgements) + (SELECT count(*) FROM dating.matches) + "
                "(SELECT count(*) FROM dating.decks)"),
            "0");
  EXPECT_EQ(ask("SELECT counts ->> 'judgements' FROM dating.erasures"), "1");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.barred"), "0");
  EXPECT_TRUE(db.run(kept->begin(pool, who, 5))) << "may come back as somebody new";
}

TEST_F(Profiles, TheHeldDoNotComeBackByErasingThemselves) {
  const auto who = shown(5), other = shown(6);
  db.run(kept->hold(pool, who, "minor"));
  EXPECT_TRUE(db.run(kept->erase(pool, who, 5)));
  EXPECT_EQ(db.run(kept->begin(pool, who, 5)).error(), profiles::refusal::barred);
  db.run(kept->hold(pool, other, "minor"));
  db.run(kept->release(pool, other));
  EXPECT_TRUE(db.run(kept->erase(pool, other, 6)));
  EXPECT_TRUE(db.run(kept->begin(pool, other, 6))) << "an operator has looked";
}

TEST_F(Profiles, TheBannedDoNotComeBackByErasingThemselves) {
  const auto who = shown(5);
  db.run(kept->ban(pool, who, "scam"));
  EXPECT_TRUE(db.run(kept->erase(pool, who, 5)));
  EXPECT_EQ(db.run(kept->begin(pool, who, 5)).error(), profiles::refusal::barred);
  const auto again = met(5);
  EXPECT_EQ(db.run(kept->begin(pool, again, 5)).error(), profiles::refusal::barred)
      << "whatever the account's id";
  EXPECT_EQ(ask("SELECT count(*) FROM dating.barred WHERE person LIKE '%5%' AND length(person) < 32"), "0");
  time.advance(days(366));
  EXPECT_EQ(db.run(kept->forget_expired(pool, time.now() - days(30), 100)), 1);
  EXPECT_TRUE(db.run(kept->begin(pool, who, 5)));
}

}  // namespace tandem::dating
