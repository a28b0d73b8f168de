#include "dating/likes/likes.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "dating/decks/decks.hpp"
#include "dating/notices/notices.hpp"
#include "dating/people_for_test.hpp"
#include "dating/rating/ratings.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const user_id he(1), she(2), other(3);

struct Likes : testing::Test, dating_town {
  std::unique_ptr<seal::vault> vault = seal::open_vault(
      std::filesystem::temp_directory_path() / ("tandem_likes_" + std::to_string(::getpid())) / "key", true);
  std::unique_ptr<notice_board> news = make_notices(time);
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> rated = make_ratings({time, *learned});
  std::unique_ptr<likes> hearts = with({});

  Likes() {
    man(1);
    add(2);
    add(3);
    offer(1, 2);
    offer(2, 1);
    offer(1, 3);
  }
  ~Likes() override {
    std::filesystem::remove_all(std::filesystem::temp_directory_path() /
                                ("tandem_likes_" + std::to_string(::getpid())));
  }
  std::unique_ptr<likes> with(like_limits limits) {
    return make_likes({time, *vault, *news, rated.get()}, limits);
  }
  // Puts them into the viewer's deck.
  void offer(std::int64_t viewer, std::int64_t candidate) {
    ask("INSERT INTO dating.decks (viewer_id, place, candidate_id, km, made_at) SELECT " +
        std::to_string(viewer) + ", count(*), " + std::to_string(candidate) +
        ", 1, now() FROM dating.decks WHERE viewer_id = " + std::to_string(viewer));
  }
  using answer = std::expected<judged, judge_refusal>;
  answer judge(judgement what) {
    return commit([&](pg::transaction& tx) { return hearts->judge(tx, what); });
  }
  answer like(user_id viewer, user_id candidate, std::string letter = {}, bool premium = false) {
    return judge({viewer, candidate, true, std::move(letter), premium});
  }
  answer skip(user_id viewer, user_id candidate) { return judge({viewer, candidate, false}); }
  std::expected<void, undo_refusal> undo(user_id viewer, user_id candidate, bool premium = false) {
    return commit([&](pg::transaction& tx) { return hearts->undo(tx, viewer, candidate, premium); });
  }
  std::string told(const std::string& kind) {
    return ask("SELECT string_agg(user_id::text, ' ' ORDER BY user_id) FROM dating.notices WHERE kind = '" +
               kind + "'");
  }
  std::string day_of(std::int64_t who) {
    return ask(
        "SELECT format('%s likes, %s letters, %s undos, %s shown, %s liked by, %s matched', likes, letters, "
        "undos, "
        "shown, liked_by, matched) FROM dating.days WHERE user_id = " +
        std::to_string(who));
  }
  std::vector<std::int64_t> likers(user_id who, std::int64_t offset = 0, int limit = 10) {
    const auto page = run(hearts->likers(*pool, who, offset, limit));
    std::vector<std::int64_t> out;
    for (const auto& one : page.people) out.push_back(one.who.value);
    return out;
  }
};

}  // namespace

TEST_F(Likes, AJudgementIsKeptOnceAndCounted) {
  const auto first = like(he, she);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->again);
  EXPECT_FALSE(first->match);
  const auto second = skip(he, she);  // a second press, on the other button
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->again);
  EXPECT_EQ(ask("SELECT liked FROM dating.judgements"), "t");
  EXPECT_EQ(day_of(1), "1 likes, 0 letters, 0 undos, 0 shown, 0 liked by, 0 matched");
  EXPECT_EQ(day_of(2), "0 likes, 0 letters, 0 undos, 1 shown, 1 liked by, 0 matched");
  EXPECT_EQ(ask("SELECT received_count FROM dating.ratings WHERE user_id = 2"), "1");
  EXPECT_EQ(ask("SELECT given_good FROM dating.ratings WHERE user_id = 1"), "1");
  EXPECT_EQ(told("liked"), "2");
  EXPECT_EQ(ask("SELECT next_at - made_at FROM dating.notices"), "00:10:00");
}

TEST_F(Likes, ASkipIsAShowingAndNoLike) {
  ASSERT_TRUE(skip(he, she));
  EXPECT_EQ(day_of(1), "");
  EXPECT_EQ(day_of(2), "0 likes, 0 letters, 0 undos, 1 shown, 0 liked by, 0 matched");
  EXPECT_EQ(told("liked"), "");
}

TEST_F(Likes, OneNoticeADayTellsOfLikes) {
  man(4), man(5);
  offer(4, 2), offer(5, 2);
  like(he, she);
  like(user_id(4), she);
  EXPECT_EQ(told("liked"), "2");
  time.advance(24h);
  like(user_id(5), she);
  EXPECT_EQ(told("liked"), "2 2");
}

TEST_F(Likes, AMutualLikeIsOneMatchAndBothAreTold) {
  ASSERT_TRUE(like(he, she));
  const auto back = like(she, he);
  ASSERT_TRUE(back);
  ASSERT_TRUE(back->match);
  EXPECT_EQ(told("match"), "1 2");
  EXPECT_EQ(ask("SELECT format('%s %s %s', low_id, high_id, state) FROM dating.matches"), "1 2 new");
  EXPECT_EQ(day_of(1), "1 likes, 0 letters, 0 undos, 1 shown, 1 liked by, 1 matched");
  EXPECT_EQ(ask("SELECT string_agg(matched::text, ' ') FROM dating.ratings WHERE user_id < 3"), "1 1");
  const auto again = like(she, he);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->again);
  EXPECT_EQ(again->match, back->match);
  EXPECT_EQ(told("match"), "1 2");
}

TEST_F(Likes, BothAtTheSameMomentMakeExactlyOneMatch) {
  // Her like begins while his is not committed, and cannot see it: it must wait, and then find it.
  const auto his = run(pool->begin());
  const judgement by_him{he, she, true};
  const auto first = run(hearts->judge(*his, by_him));
  EXPECT_FALSE(first->match);
  std::optional<match_id> found;
  async::event begun(io.on());
  async::scope both(
      io.on(), [](std::string_view, const std::exception_ptr& why) { ADD_FAILURE() << async::text_of(why); });
  const auto by_her = [&]() -> task<> {
    const auto tx = co_await pool->begin();
    begun.ring();
    const judgement what{she, he, true};
    const auto answer = co_await hearts->judge(*tx, what);
    found = answer->match;
    co_await tx->commit();
  };
  both.spawn("hers", by_her());
  run(begun.wait());
  const auto waits = [&] {
    return ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
               "(SELECT oid FROM pg_database WHERE datname = current_database())") != "0";
  };
  for (int i = 0; i < 5'000 && !waits(); ++i) {
  }
  EXPECT_TRUE(waits());
  EXPECT_FALSE(found);
  run(his->commit());
  run(both.join());
  EXPECT_TRUE(found);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.matches"), "1");
  EXPECT_EQ(told("match"), "1 2");
}

TEST_F(Likes, ManyAtOnceNeitherLoseALikeNorMatchTwice) {
  constexpr std::int64_t couples = 12;
  for (std::int64_t i = 10; i < 10 + couples; ++i) man(i), add(i + 100);
  for (std::int64_t him = 10; him < 10 + couples; ++him)
    for (std::int64_t her = 110; her < 110 + couples; ++her) offer(him, her), offer(her, him);
  async::scope all(
      io.on(), [](std::string_view, const std::exception_ptr& why) { ADD_FAILURE() << async::text_of(why); });
  const auto press = [&](std::int64_t from, std::int64_t to) -> task<> {
    const auto tx = co_await pool->begin();
    const judgement what{user_id(from), user_id(to), true};
    co_await hearts->judge(*tx, what);
    co_await tx->commit();
  };
  hearts = with({.likes = 0});
  for (std::int64_t him = 10; him < 10 + couples; ++him) {
    for (std::int64_t her = 110; her < 110 + couples; ++her) {
      all.spawn("his", press(him, her));
      all.spawn("hers", press(her, him));
      all.spawn("his again", press(him, her));
    }
  }
  run(all.join());
  const auto pairs = std::to_string(couples * couples);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.matches"), pairs);
  EXPECT_EQ(ask("SELECT count(*) / 2 FROM dating.notices WHERE kind = 'match'"), pairs);
  EXPECT_EQ(ask("SELECT sum(likes) / 2 FROM dating.days"), pairs);
  EXPECT_EQ(ask("SELECT sum(shown) / 2 FROM dating.days"), pairs);
  EXPECT_EQ(ask("SELECT sum(matched) / 2 FROM dating.days"), pairs);
}

TEST_F(Likes, WhoWasNeverOfferedCannotBeJudged) {
  add(4);
  EXPECT_EQ(like(he, user_id(4)).error(), judge_refusal::not_shown);
  EXPECT_EQ(skip(he, user_id(4)).error(), judge_refusal::not_shown);
  EXPECT_EQ(like(he, he).error(), judge_refusal::not_shown);
  EXPECT_EQ(like(he, user_id(99)).error(), judge_refusal::not_shown);
  change(she, "state = 'hidden'");
  EXPECT_EQ(like(he, she).error(), judge_refusal::not_shown);
  ask("INSERT INTO dating.blocks VALUES (3, 1, now())");
  EXPECT_EQ(like(he, other).error(), judge_refusal::not_shown);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
}

TEST_F(Likes, WhoLikesMeCanBeJudgedWithoutADeck) {
  ASSERT_TRUE(like(he, she));
  run(pg::run_script(*pool, "DELETE FROM dating.decks"));
  const auto back = like(she, he);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->match);
}

TEST_F(Likes, AShadowBannedPersonsLikesReachNobody) {
  ASSERT_TRUE(like(she, he));
  change(he, "shadow = true");
  const auto answer = like(he, she);
  ASSERT_TRUE(answer) << "they notice nothing";
  EXPECT_FALSE(answer->match);
  EXPECT_EQ(told("match"), "");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.notices WHERE user_id = 2"), "0");
  EXPECT_EQ(run(hearts->likers_count(*pool, she)), 0);
}

TEST_F(Likes, AreLimitedByTheDay) {
  hearts = with({.likes = 1, .premium_likes = 2});
  ASSERT_TRUE(like(he, she));
  EXPECT_EQ(like(he, other).error(), judge_refusal::likes_used_up);
  EXPECT_TRUE(like(he, she)->again) << "a second press is no second like";
  EXPECT_TRUE(skip(he, other));
  add(4);
  offer(1, 4);
  EXPECT_TRUE(like(he, user_id(4), "", true));
  add(5);
  offer(1, 5);
  EXPECT_EQ(like(he, user_id(5), "", true).error(), judge_refusal::likes_used_up);
  time.advance(12h);
  EXPECT_TRUE(like(he, user_id(5)));
}

TEST_F(Likes, ALetterIsSealedAndReadByWhoItIsForWithinAWeek) {
  ASSERT_TRUE(like(he, she, "Здравствуй, this is me"));
  EXPECT_EQ(ask("SELECT position('this is me'::bytea IN letter) FROM dating.judgements"), "0");
  EXPECT_EQ(run(hearts->letter(*pool, he, she)), "Здравствуй, this is me");
  EXPECT_EQ(run(hearts->letter(*pool, she, he)), "");
  EXPECT_EQ(day_of(1), "1 likes, 1 letters, 0 undos, 0 shown, 0 liked by, 0 matched");
  // Moved to another pair it does not open.
  ask("INSERT INTO dating.judgements SELECT 3, 1, true, letter, judged_at FROM dating.judgements");
  EXPECT_THROW(run(hearts->letter(*pool, other, he)), seal::cannot_open);
  time.advance(24h * 8);
  EXPECT_EQ(run(hearts->letter(*pool, he, she)), "");
  EXPECT_EQ(run(hearts->forget_letters(*pool, 1)), 1) << "no more at once";
  EXPECT_EQ(run(hearts->forget_letters(*pool, 10)), 1);
  EXPECT_EQ(ask("SELECT count(letter) FROM dating.judgements"), "0");
}

TEST_F(Likes, LettersHaveALengthAndALimit) {
  std::string longest;
  for (std::size_t i = 0; i < longest_letter; ++i) longest += "я";
  EXPECT_EQ(like(he, she, longest + "я").error(), judge_refusal::letter_too_long);
  EXPECT_TRUE(like(he, she, longest));
  hearts = with({.letters = 1});
  EXPECT_EQ(like(he, other, "Hello").error(), judge_refusal::letters_used_up);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "1");
  EXPECT_TRUE(like(he, other));
}

TEST_F(Likes, AnUndoTakesAllOfItBackAndBringsThemNext) {
  ASSERT_TRUE(like(he, she, "Hello"));
  EXPECT_EQ(run(hearts->last(*pool, he)), she);
  ASSERT_TRUE(undo(he, she));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
  EXPECT_EQ(day_of(1), "0 likes, 0 letters, 1 undos, 0 shown, 0 liked by, 0 matched");
  EXPECT_EQ(day_of(2), "0 likes, 0 letters, 0 undos, 0 shown, 0 liked by, 0 matched");
  EXPECT_EQ(ask("SELECT candidate_id FROM dating.decks WHERE viewer_id = 1 ORDER BY place LIMIT 1"), "2");
  EXPECT_EQ(ask("SELECT received_count FROM dating.ratings WHERE user_id = 2"), "0");
  EXPECT_EQ(undo(he, she).error(), undo_refusal::nothing) << "a press that comes twice";
  ASSERT_TRUE(skip(he, she));
  EXPECT_EQ(undo(he, she).error(), undo_refusal::used_up);
  EXPECT_TRUE(undo(he, she, true));
}

TEST_F(Likes, OnlyTheLastOneCanBeUndoneAndOnlyWithinADay) {
  ASSERT_TRUE(skip(he, she));
  time.advance(1s);
  ASSERT_TRUE(skip(he, other));
  EXPECT_EQ(undo(he, she).error(), undo_refusal::nothing);
  time.advance(25h);
  EXPECT_EQ(undo(he, other).error(), undo_refusal::nothing);
  EXPECT_FALSE(run(hearts->last(*pool, he)));
}

TEST_F(Likes, AnUndoOfYesterdayIsCountedToday) {
  ASSERT_TRUE(skip(he, she));
  time.advance(13h);
  ASSERT_TRUE(undo(he, she));
  EXPECT_EQ(ask("SELECT string_agg(format('%s %s %s', user_id, day, undos), ', ' ORDER BY user_id, day) FROM "
                "dating.days "
                "WHERE undos > 0"),
            "1 2026-11-23 1");
  EXPECT_EQ(ask("SELECT shown FROM dating.days WHERE user_id = 2"), "0");
}

TEST_F(Likes, AMatchGoesWithItsLikeUntilItIsOpened) {
  like(she, he);
  ASSERT_TRUE(like(he, she)->match);
  ASSERT_TRUE(undo(he, she));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.matches"), "0");
  EXPECT_EQ(told("match"), "");
  EXPECT_EQ(ask("SELECT sum(matched) FROM dating.days"), "0");
  EXPECT_EQ(ask("SELECT sum(matched) FROM dating.ratings"), "0");
  ASSERT_TRUE(like(he, she)->match);
  ask("UPDATE dating.matches SET state = 'opened', opened_by = 2, opened_at = now()");
  EXPECT_EQ(undo(he, she, true).error(), undo_refusal::opened);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "2");
}

TEST_F(Likes, WhoLikesMeAreThoseWhomICanOpen) {
  for (std::int64_t id = 10; id < 18; ++id) {
    man(id);
    offer(id, 2);
    time.advance(1s);
    ASSERT_TRUE(like(user_id(id), she));
  }
  change(user_id(11), "state = 'hidden'");
  change(user_id(12), "shadow = true");
  ask("INSERT INTO dating.blocks VALUES (2, 13, now()), (14, 2, now())");
  skip(she, user_id(15));
  like(she, user_id(16));
  EXPECT_EQ(run(hearts->likers_count(*pool, she)), 2);
  EXPECT_THAT(likers(she), ElementsAre(17, 10));
  EXPECT_THAT(likers(she, 1, 1), ElementsAre(10));
  const auto deck = make_decks({*queue::make_memory_queue(io.on(), time), time, *rated});
  for (std::int64_t id = 10; id < 18; ++id) {
    const bool opens = run(deck->card(*pool, {she}, user_id(id))).has_value();
    if (id == 10 || id == 17) EXPECT_TRUE(opens) << id;
    if (id >= 11 && id <= 14) EXPECT_FALSE(opens) << id;
  }
}

TEST_F(Likes, MatchesAreListedTheLatestFirstAndEndedOnesLast) {
  for (std::int64_t id = 10; id < 18; ++id) {
    man(id);
    ask("INSERT INTO dating.matches (low_id, high_id, matched_at, last_at) VALUES (2, " + std::to_string(id) +
        ", '2026-11-01', '2026-11-" + std::to_string(id) + "')");
  }
  ask("UPDATE dating.matches SET state = 'closed' WHERE high_id = 17");
  change(user_id(16), "state = 'banned'");
  const auto first = run(hearts->matches(*pool, she, 0));
  std::vector<std::int64_t> others;
  for (const auto& one : first.matches) others.push_back(one.other.value);
  EXPECT_THAT(others, ElementsAre(15, 14, 13, 12, 11, 10));
  EXPECT_EQ(first.total, 8);
  EXPECT_EQ(first.matches[0].name, "Person 15");
  EXPECT_EQ(first.matches[0].state, "new");
  for (const std::int64_t offset : {6, 60}) {
    const auto last = run(hearts->matches(*pool, she, offset));
    ASSERT_EQ(last.matches.size(), 2u) << offset;
    EXPECT_EQ(last.offset, 6);
    EXPECT_EQ(last.matches[0].other, user_id(17));
    EXPECT_EQ(last.matches[1].state, "closed");
  }
  EXPECT_THAT(run(hearts->matches(*pool, he, 0)).matches, IsEmpty());
  const auto id = first.matches[0].id;
  EXPECT_EQ(run(hearts->find_match(*pool, she, id))->other, user_id(15));
  EXPECT_EQ(run(hearts->find_match(*pool, user_id(15), id))->other, she);
  EXPECT_FALSE(run(hearts->find_match(*pool, he, id)));
}

}  // namespace tandem::dating
