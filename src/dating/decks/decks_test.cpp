#include "dating/decks/decks.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "async/event.hpp"
#include "dating/decks/deck_filling.hpp"
#include "dating/decks/deck_low.hpp"
#include "dating/decks/matching_part.hpp"
#include "dating/likes/likes.hpp"
#include "dating/notices/notices.hpp"
#include "dating/people_for_test.hpp"
#include "dating/rating/ratings.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const user_id viewer(1);

struct Decks : testing::Test, dating_town {
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> rated = make_ratings({time, *learned});
  std::unique_ptr<decks> deck = with({});

  ~Decks() override { run(lanes->stop()); }

  std::unique_ptr<decks> with(deck_settings settings) { return make_decks({*lanes, time, *rated}, settings); }
  next_in_deck next(int accepted = 0) {
    return commit([&](pg::transaction& tx) { return deck->next(tx, {viewer, 7, accepted}); });
  }
  // Whose card it is; 0: nobody's.
  std::int64_t shown(int accepted = 0) {
    const auto what = next(accepted);
    const auto* card = std::get_if<deck_card>(&what);
    return card ? card->who.value : 0;
  }
  empty_deck why(int accepted = 0) {
    const auto what = next(accepted);
    EXPECT_TRUE(std::holds_alternative<empty_deck>(what));
    return std::holds_alternative<empty_deck>(what) ? std::get<empty_deck>(what) : empty_deck{};
  }
  void judge(std::int64_t candidate, bool liked = false, std::int64_t by = 1) {
    ask("INSERT INTO dating.judgements VALUES (" + std::to_string(by) + ", " + std::to_string(candidate) +
        ", " + (liked ? "true" : "false") + ", NULL, '2026-11-22T11:00Z')");
  }
  // All of the deck, one after the other.
  std::vector<std::int64_t> all(int accepted = 0) {
    std::vector<std::int64_t> out;
    for (auto who = shown(accepted); who != 0; who = shown(accepted)) {
      out.push_back(who);
      judge(who);
    }
    return out;
  }
};

}  // namespace

TEST_F(Decks, ACardTellsWhoItIsAndWhatTheTwoShare) {
  auto me = man_of();
  me.interests = "{jazz,mountains}";
  me.place_id = 77;
  add(1, me);
  test_person her;
  her.latitude = 55.89, her.longitude = 37.43;
  her.interests = "{coffee,jazz,+chess}";
  her.place_id = 78;
  add(2, her);
  ask("UPDATE dating.profiles SET about = 'Designer' WHERE user_id = 2");
  ask("INSERT INTO dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, "
      "sent_at) VALUES "
      "(2, 2, 'shown', 'b', 'b', 0, 9, 9, now()), (2, 1, 'shown', 'a', 'a', 0, 9, 9, now()), "
      "(2, 3, 'waiting', 'c', 'c', 0, 9, 9, now())");
  ask("INSERT INTO dating.photo_files SELECT photo_id, 7, 'file ' || blob_id FROM dating.photos WHERE "
      "blob_id = 'a'");
  ask("INSERT INTO dating.photo_files SELECT photo_id, 8, 'other bot' FROM dating.photos");
  const auto what = next();
  ASSERT_TRUE(std::holds_alternative<deck_card>(what));
  const auto& card = std::get<deck_card>(what);
  EXPECT_EQ(card.who, user_id(2));
  EXPECT_EQ(card.name, "Person 2");
  EXPECT_EQ(card.about, "Designer");
  EXPECT_EQ(card.age, 28);
  EXPECT_NEAR(card.km, 19.6, 0.2);
  EXPECT_EQ(card.place_id, 78);
  EXPECT_FALSE(card.same_town);
  EXPECT_FALSE(card.wrote);
  EXPECT_THAT(card.interests, ElementsAre("coffee", "jazz", "+chess"));
  EXPECT_THAT(card.common, ElementsAre("jazz"));
  ASSERT_EQ(card.photos.size(), 2u);
  EXPECT_EQ(card.photos[0].file_id, "file a");
  EXPECT_EQ(card.photos[1].file_id, "");
  const auto opened = run(deck->card(*pool, {viewer, 8}, user_id(2)));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->photos[1].file_id, "other bot");
  EXPECT_EQ(opened->km, card.km);
}

TEST_F(Decks, NobodyIsShownWhoDoesNotFitOnBothSides) {
  man(1);
  add(2);
  ASSERT_EQ(shown(), 2);
  const std::pair<std::string, std::string> both_ways[] = {
      {"seeks = 'male' WHERE user_id = 1", "seeks = 'female' WHERE user_id = 1"},
      {"seeks = 'female' WHERE user_id = 2", "seeks = 'male' WHERE user_id = 2"},
      {"age_from = 29 WHERE user_id = 1", "age_from = 18 WHERE user_id = 1"},
      {"age_to = 27 WHERE user_id = 1", "age_to = 60 WHERE user_id = 1"},
      {"age_to = 29 WHERE user_id = 2", "age_to = 60 WHERE user_id = 2"},
      {"age_from = 31 WHERE user_id = 2", "age_from = 18 WHERE user_id = 2"},
      {"latitude = 56.86 WHERE user_id = 2", "latitude = 55.75 WHERE user_id = 2"},
      {"own_city = true WHERE user_id = 2", "own_city = false WHERE user_id = 2"},
      {"own_city = true WHERE user_id = 1", "own_city = false WHERE user_id = 1"},
      {"state = 'hidden' WHERE user_id = 2", "state = 'active' WHERE user_id = 2"},
      {"state = 'stale' WHERE user_id = 2", "state = 'active' WHERE user_id = 2"},
      {"state = 'banned' WHERE user_id = 2", "state = 'active' WHERE user_id = 2"},
      {"state = 'draft' WHERE user_id = 2", "state = 'active' WHERE user_id = 2"},
      {"shadow = true WHERE user_id = 2", "shadow = false WHERE user_id = 2"}};
  for (const auto& [out, back] : both_ways) {
    ask("UPDATE dating.profiles SET " + out);
    EXPECT_EQ(shown(), 0) << out;
    ask("UPDATE dating.profiles SET " + back);
    EXPECT_EQ(shown(), 2) << back;
  }
  for (const auto* block : {"(1, 2, now())", "(2, 1, now())"}) {
    ask(std::string("INSERT INTO dating.blocks VALUES ") + block);
    EXPECT_EQ(shown(), 0) << block;
    EXPECT_FALSE(run(deck->card(*pool, {viewer}, user_id(2)))) << block;
    ask("DELETE FROM dating.blocks");
  }
  EXPECT_EQ(shown(), 2);
  judge(2);
  EXPECT_EQ(shown(), 0);
}

TEST_F(Decks, ARadiusHoldsForBoth) {
  man(1);
  test_person her;
  her.latitude = 55.89, her.longitude = 37.43;  // 19 km
  her.radius_km = 10;
  add(2, her);
  EXPECT_EQ(shown(), 0);
  change(user_id(2), "radius_km = 20");
  EXPECT_EQ(shown(), 2);
  change(user_id(1), "radius_km = 10");
  EXPECT_EQ(shown(), 0);
}

TEST_F(Decks, TheOwnTownIsNearHoweverWideItIs) {
  auto me = man_of();
  me.place_id = 77, me.radius_km = 1, me.own_city = true;
  add(1, me);
  test_person her;
  her.latitude = 56.5, her.place_id = 77, her.own_city = true;
  add(2, her);
  her.place_id = 0, her.latitude = 55.75;
  add(3, her);
  EXPECT_THAT(all(), ElementsAre(2));
}

TEST_F(Decks, PeopleWithoutATownAreNotOfOneTown) {
  auto me = man_of();
  me.own_city = true;
  add(1, me);
  test_person her;
  her.own_city = true;
  add(2, her);
  EXPECT_EQ(shown(), 0);
}

TEST_F(Decks, TheSameOneComesUntilTheyAreJudged) {
  man(1);
  for (std::int64_t id = 2; id <= 4; ++id) add(id);
  const auto first = shown();
  EXPECT_EQ(shown(), first);
  judge(first);
  EXPECT_NE(shown(), first);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.days"), "0");
}

TEST_F(Decks, WhatLaysReadyIsLookedAtAgain) {
  man(1);
  for (std::int64_t id = 2; id <= 3; ++id) add(id);
  const auto first = shown();
  change(user_id(first), "state = 'hidden'");
  const auto second = shown();
  EXPECT_EQ(second, 5 - first);
  ask("INSERT INTO dating.days (user_id, day, shown) VALUES (" + std::to_string(second) +
      ", '2026-11-22', 200)");
  EXPECT_EQ(shown(), 0) << "shown to others often enough today";
  time.advance(24h);
  EXPECT_EQ(shown(), second);
}

TEST_F(Decks, TheNearestRingComesFirstAndInItTheBestRated) {
  man(1);
  test_person her;
  her.latitude = 55.95;  // 22 km
  her.level3 = 0.9;
  add(2, her);
  her.latitude = 55.75;
  const double likes[] = {1, 12, 6};  // of 20 showings
  for (std::int64_t id = 3; id <= 5; ++id) {
    add(id, her);
    ask("UPDATE dating.ratings SET received_count = 20, received_good = " + std::to_string(likes[id - 3]) +
        " WHERE user_id = " + std::to_string(id));
  }
  EXPECT_THAT(all(), ElementsAre(4, 5, 3, 2));
}

TEST_F(Decks, AWiderSearchIsOfferedAndShownToWhoAgrees) {
  auto me = man_of();
  me.radius_km = 30;
  add(1, me);
  test_person her;
  her.latitude = 56.3;  // 61 km
  her.radius_km = 40;   // widened with the viewer's
  add(2, her);
  const auto nobody = why();
  EXPECT_EQ(nobody.why, empty_deck::reason::wider);
  EXPECT_EQ(nobody.offer, 2);
  ASSERT_TRUE(nobody.there);
  EXPECT_EQ(nobody.there->radius_km, 120);
  EXPECT_EQ(nobody.asked.radius_km, 30);
  EXPECT_EQ(shown(2), 2);
  EXPECT_EQ(shown(0), 0) << "only who agreed sees more";
  EXPECT_EQ(shown(2), 2);
}

TEST_F(Decks, AgesAreWidenedLastAndTheCandidatesNever) {
  auto me = man_of();
  me.age_from = 30, me.age_to = 40;
  add(1, me);
  add(2);  // is 28
  const auto nobody = why();
  EXPECT_EQ(nobody.offer, 5);
  EXPECT_EQ(nobody.there->age_from, 28);
  EXPECT_EQ(shown(5), 2);
  change(user_id(2), "age_to = 29");  // the viewer is 30
  EXPECT_EQ(why().why, empty_deck::reason::narrow);
}

TEST_F(Decks, AnEmptyDeckSaysWhy) {
  auto me = man_of();
  add(1, me);
  EXPECT_EQ(why().why, empty_deck::reason::nobody);
  change(viewer, "age_from = 25, age_to = 35");
  EXPECT_EQ(why().why, empty_deck::reason::narrow);
  add(2);
  judge(2);
  EXPECT_EQ(why().why, empty_deck::reason::all_seen);
  change(viewer, "state = 'hidden'");
  add(3);
  EXPECT_EQ(why().why, empty_deck::reason::hidden);
  const auto stranger = commit([&](pg::transaction& tx) { return deck->next(tx, {user_id(99)}); });
  EXPECT_EQ(std::get<empty_deck>(stranger).why, empty_deck::reason::hidden);
}

TEST_F(Decks, AShadowBanChangesNothingForWhoIsBanned) {
  man(1);
  add(2);
  change(viewer, "shadow = true");
  EXPECT_EQ(shown(), 2);
}

TEST_F(Decks, OtherWishesMakeAnotherDeck) {
  man(1);
  add(2);
  EXPECT_EQ(shown(), 2);
  run(deck->anew(*pool, viewer));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.decks"), "0");
  EXPECT_EQ(shown(), 2);
}

TEST_F(Decks, MoreAreAskedForOnceWhenFewAreLeft) {
  man(1);
  for (std::int64_t id = 2; id <= 6; ++id) add(id);
  const auto waiting = [&] {
    std::int64_t out = 0;
    for (const auto& lane : run(lanes->lanes()))
      if (lane.lane == deck_low_lane) out = lane.waiting;
    return out;
  };
  judge(shown());
  EXPECT_EQ(waiting(), 0) << "four are left, three behind the first";
  shown();
  judge(shown());
  EXPECT_EQ(waiting(), 0);
  judge(shown());
  EXPECT_EQ(waiting(), 1);
  shown();
  EXPECT_EQ(waiting(), 1) << "asked a moment ago";
  time.advance(1min);
  shown();
  EXPECT_EQ(waiting(), 2);
  deck = with({.engine = false});
  shown();
  EXPECT_EQ(waiting(), 2);
}

TEST_F(Decks, TheDateLineIsNoBorder) {
  auto me = man_of();
  me.latitude = 66, me.longitude = 179.98;
  add(1, me);
  test_person her;
  her.latitude = 66, her.longitude = -179.98;
  add(2, her);
  EXPECT_EQ(shown(), 2);
}

TEST(DeckLow, IsReadAsItWasWritten) {
  const auto out = to_publication({user_id(5), 3});
  queue::message in;
  in.lane = out.lane, in.kind = out.kind, in.body = out.body;
  const auto read = to_deck_low(in);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->viewer, user_id(5));
  EXPECT_EQ(read->stage, 3);
  in.body = R"({"viewer_id":"5"})";
  EXPECT_FALSE(to_deck_low(in));
  in.body = "{";
  EXPECT_FALSE(to_deck_low(in));
}

// ---- the engine

namespace {

struct MatchingPart : Decks {
  async::thread_pool threads{1};
  metrics::registry figures;
  matching_settings settings;
  std::unique_ptr<async::part> part;

  ~MatchingPart() override { stop(); }
  void begin() {
    settings.poll = 20ms;
    settings.page = 7;
    part = make_matching_part({io.on(), *pool, *lanes, time, *rated, threads, figures}, settings);
    run(part->start());
  }
  void stop() {
    if (part) run(part->stop());
    part.reset();
  }
  void low(std::int64_t who, int stage = 0) {
    const std::vector<queue::publication> what{to_publication({user_id(who), stage})};
    const auto tx = run(pool->begin());
    run(lanes->publish(*tx, what));
    run(tx->commit());
  }
  // Until the database says so.
  void wait_until(const std::string& question, const std::string& expected) {
    async::event never(io.on());
    for (int i = 0; i < 1'000; ++i) {
      if (ask(question) == expected) return;
      run(never.wait_for(10ms));
    }
    ADD_FAILURE() << question << " is " << ask(question) << ", not " << expected;
  }
  // All that was asked for is done.
  void served() {
    async::event never(io.on());
    for (int i = 0; i < 1'000; ++i) {
      const auto state = run(lanes->lanes());
      if (std::ranges::all_of(state, [](const auto& lane) { return lane.waiting + lane.claimed == 0; }))
        return;
      run(never.wait_for(5ms));
    }
    ADD_FAILURE() << "the lane does not become empty";
  }
  std::string deck_of(std::int64_t who) {
    return ask(
        "SELECT string_agg(candidate_id::text, ' ' ORDER BY place) FROM dating.decks WHERE viewer_id = " +
        std::to_string(who));
  }
};

}  // namespace

TEST_F(MatchingPart, WritesWhatTheQueryWouldHaveWritten) {
  std::mt19937 dice(5);
  const auto below = [&](unsigned n) { return static_cast<int>(dice() % n); };
  constexpr std::int64_t people = 200;
  for (std::int64_t id = 1; id <= people; ++id) {
    test_person who;
    who.sex = below(2) ? "male" : "female";
    who.seeks = std::array{"male", "female", "anyone"}[static_cast<std::size_t>(below(3))];
    who.age = 18 + below(25);
    who.latitude = 55 + below(150) / 100.0;
    who.longitude = 36 + below(300) / 100.0;
    who.place_id = below(6);
    who.age_from = 18 + below(10);
    who.age_to = who.age_from + below(20);
    who.radius_km = 5 + below(120);
    who.own_city = below(5) == 0;
    who.level3 = (1 + below(1'000'000)) / 1e6;
    add(id, who);
    if (below(10) == 0) change(user_id(id), "shadow = true");
    if (below(10) == 0) change(user_id(id), "state = 'hidden'");
  }
  for (int i = 0; i < 2'000; ++i)
    ask("INSERT INTO dating.judgements VALUES (" + std::to_string(1 + below(people)) + ", " +
        std::to_string(1 + below(people)) + ", " + (below(3) ? "false" : "true") +
        ", NULL, '2026-11-20') ON CONFLICT DO NOTHING");
  for (int i = 0; i < 100; ++i)
    ask("INSERT INTO dating.blocks VALUES (" + std::to_string(1 + below(people)) + ", " +
        std::to_string(1 + below(people)) + ", now()) ON CONFLICT DO NOTHING");
  begin();
  deck = with({.engine = false});
  int compared = 0;
  for (const int stage : {0, 1, 3, 5, 6}) {
    for (std::int64_t id = 1; id <= people; id += 3) {
      const user_id who(id);
      run(deck->anew(*pool, who));
      const auto first = commit([&](pg::transaction& tx) { return deck->next(tx, {who, 7, stage}); });
      const auto by_query = deck_of(id);
      EXPECT_EQ(std::holds_alternative<deck_card>(first), !by_query.empty());
      run(deck->anew(*pool, who));
      low(id, stage);
      served();
      EXPECT_EQ(deck_of(id), by_query) << "viewer " << id << " stage " << stage;
      compared += by_query.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(compared, 100);
}

TEST_F(MatchingPart, KnowsFromItsStartPeopleWhoseIdsLieFarApart) {
  man(1);
  for (const std::int64_t who : {2L, 60L, 61L, 4'000L, 7'000'000'000L}) add(who);
  begin();
  low(1);
  wait_until(
      "SELECT string_agg(candidate_id::text, ' ' ORDER BY candidate_id) FROM dating.decks WHERE viewer_id = "
      "1",
      "2 60 61 4000 7000000000");
}

TEST_F(MatchingPart, FollowsWhoComesGoesAndChanges) {
  man(1);
  add(2);
  begin();
  low(1);
  wait_until("SELECT candidate_id::text FROM dating.decks WHERE viewer_id = 1", "2");
  add(3);  // the deck of who has just become active is there at once
  wait_until("SELECT candidate_id::text FROM dating.decks WHERE viewer_id = 3", "1");
  run(deck->anew(*pool, viewer));
  low(1);
  wait_until("SELECT count(*) FROM dating.decks WHERE viewer_id = 1", "2");
  change(user_id(2), "age_from = 40");
  change(user_id(3), "state = 'hidden'");
  run(deck->anew(*pool, viewer));
  add(4);
  wait_until("SELECT count(*) FROM dating.decks WHERE viewer_id = 4", "1");
  low(1);
  wait_until("SELECT string_agg(candidate_id::text, ' ') FROM dating.decks WHERE viewer_id = 1", "4");
}

TEST_F(MatchingPart, AChangeThatIsCommittedLateIsNotMissed) {
  man(1);
  begin();
  // It begins first, and ends after one that began later has been learned.
  const auto slow = run(pool->begin());
  static constexpr pg::statement insert{
      "test.slow", "UPDATE dating.profiles SET seeks = 'anyone' WHERE user_id = 1", pg::cardinality::exec};
  run((*slow)(insert));
  auto other = man_of();
  other.seeks = "anyone";
  add(2, other);
  add(3);
  wait_until("SELECT candidate_id::text FROM dating.decks WHERE viewer_id = 3 ORDER BY 1", "1");
  run(slow->commit());
  add(4);
  wait_until("SELECT count(*) > 0 FROM dating.decks WHERE viewer_id = 4", "t");
  low(2);
  wait_until(
      "SELECT string_agg(candidate_id::text, ' ' ORDER BY candidate_id) FROM dating.decks WHERE viewer_id = "
      "2",
      "1 3 4");
}

TEST_F(MatchingPart, RatingsAreReadAnewAndABoostAtOnce) {
  man(1);
  test_person her;
  for (std::int64_t id = 2; id <= 80; ++id) {
    her.level3 = id < 40 ? 0.3 : 0.2;
    add(id, her);
  }
  // The shortlist holds 64 of these: the two worst-rated are not among them.
  ask("UPDATE dating.ratings SET level3 = 0.01 WHERE user_id IN (50, 51)");
  settings.decks.size = 64;
  begin();
  const auto has = [&](std::int64_t who) {
    run(deck->anew(*pool, viewer));
    low(1);
    served();
    return ask("SELECT count(*) FROM dating.decks WHERE viewer_id = 1 AND candidate_id = " +
               std::to_string(who)) == "1";
  };
  EXPECT_FALSE(has(50));
  EXPECT_FALSE(has(51));
  ask("INSERT INTO dating.entitlements (user_id, kind, source, granted_at, until) VALUES (50, 'boost', "
      "'test', "
      "'2026-11-22', '2026-11-23')");
  async::event never(io.on());
  for (int i = 0; i < 200 && !has(50); ++i) run(never.wait_for(10ms));
  EXPECT_TRUE(has(50));
  EXPECT_FALSE(has(51));
  ask("UPDATE dating.ratings SET level3 = 0.9 WHERE user_id = 51");
  time.advance(61min);
  for (int i = 0; i < 200 && !has(51); ++i) run(never.wait_for(10ms));
  EXPECT_TRUE(has(51));
}

TEST_F(MatchingPart, KnowsWhomAViewerHasJudgedHoweverLittleItMayRemember) {
  for (std::int64_t id = 1; id <= 3; ++id) man(id);
  for (std::int64_t id = 10; id < 16; ++id) add(id);
  for (std::int64_t id = 10; id < 13; ++id) judge(id), judge(id + 1, true, 2);
  settings.most_judgements = 3;
  begin();
  for (int i = 0; i < 2; ++i) {
    for (std::int64_t id = 1; id <= 3; ++id) {
      run(deck->anew(*pool, user_id(id)));
      low(id);
    }
    served();
    EXPECT_EQ(ask("SELECT string_agg(candidate_id::text, ' ' ORDER BY candidate_id) FROM dating.decks "
                  "WHERE viewer_id = 1"),
              "13 14 15");
    EXPECT_EQ(ask("SELECT string_agg(candidate_id::text, ' ' ORDER BY candidate_id) FROM dating.decks "
                  "WHERE viewer_id = 2"),
              "10 14 15");
    EXPECT_EQ(ask("SELECT count(*) FROM dating.decks WHERE viewer_id = 3"), "6");
  }
}

TEST_F(MatchingPart, WhoWasTakenBackIsFoundAgainByTheEngine) {
  man(1);
  for (std::int64_t id = 2; id <= 4; ++id) add(id);
  begin();
  const auto folder = std::filesystem::temp_directory_path() / ("tandem_decks_" + std::to_string(::getpid()));
  const auto vault = seal::open_vault(folder / "key", true);
  const auto news = make_notices(time);
  const auto hearts = make_likes({time, *vault, *news});
  const auto fresh_deck = [&] {
    run(deck->anew(*pool, viewer));  // as after other wishes: the deck is the engine's alone
    low(1);
    served();
    return ask(
        "SELECT string_agg(candidate_id::text, ' ' ORDER BY candidate_id) FROM dating.decks "
        "WHERE viewer_id = 1");
  };
  EXPECT_EQ(fresh_deck(), "2 3 4");
  for (const std::int64_t who : {3, 2}) {
    time.advance(1s);
    EXPECT_TRUE(commit([&](pg::transaction& tx) { return hearts->judge(tx, {viewer, user_id(who)}); }));
  }
  EXPECT_EQ(fresh_deck(), "4");
  EXPECT_TRUE(commit([&](pg::transaction& tx) { return hearts->undo(tx, viewer, user_id(2), false); }));
  EXPECT_EQ(fresh_deck(), "2 4");
  std::filesystem::remove_all(folder);
}

TEST_F(MatchingPart, WhoWasShadowBannedSeesADeckAndIsInNone) {
  man(1);
  add(2);
  change(viewer, "shadow = true");
  begin();
  low(1);
  low(2);
  served();
  EXPECT_EQ(deck_of(1), "2");
  EXPECT_EQ(deck_of(2), "");
  change(viewer, "age_to = 50");  // learned while it runs
  add(3);
  add(4, man_of());
  wait_until("SELECT count(*) > 0 FROM dating.decks WHERE viewer_id = 4", "t");
  low(1);
  low(3);
  served();
  EXPECT_EQ(deck_of(1), "2 3");
  EXPECT_EQ(deck_of(3), "4");
}

}  // namespace tandem::dating
