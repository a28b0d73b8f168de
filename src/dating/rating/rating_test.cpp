#include "dating/rating/rating.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

#include "dating/rating/replay.hpp"

namespace tandem::dating {
namespace {

primary_profile person(sex is, double age, std::vector<std::uint16_t> interests = {}) {
  return {.is = is, .age = age, .interests = std::move(interests), .photos = {}, .about_length = {}};
}

TEST(Tally, ANewcomersRateIsThePrior) { EXPECT_DOUBLE_EQ(tally{}.rate(0.4, 5), 0.4); }

TEST(Tally, ManyShowingsOutweighThePrior) {
  tally seen;
  for (int i = 0; i < 200; ++i) seen.add(true, 1);
  EXPECT_GT(seen.rate(0.1, 5), 0.97);
}

TEST(Tally, HalfIsForgottenAfterAHalfLife) {
  tally seen;
  const instant start{};
  seen.add(true, 1, start);
  seen.add(false, 1, start + behaviour_half_life);
  EXPECT_NEAR(seen.good, 0.5, 1e-9);
  EXPECT_NEAR(seen.count, 1.5, 1e-9);
}

TEST(Tally, TimeThatGoesBackForgetsNothing) {
  tally seen;
  seen.add(true, 1, instant{} + behaviour_half_life);
  seen.add(true, 1, instant{});
  EXPECT_DOUBLE_EQ(seen.good, 2);
}

TEST(PrimaryModel, HasNoOpinionBeforeItHasSeenJudgements) {
  const auto x = features_of(person(sex::male, 30, {1}), person(sex::female, 25, {1, 2}));
  EXPECT_EQ(primary_model{}.log_odds(x), 0);
}

TEST(PrimaryModel, LearnsAnInterestThatIsLikedAndGivesTheUsualCandidateZero) {
  std::mt19937 dice(7);
  std::vector<primary_sample> seen;
  double total = 0;
  for (int i = 0; i < 40'000; ++i) {
    const bool climbs = dice() % 2 == 0;
    const auto candidate =
        person(sex::female, 25, climbs ? std::vector<std::uint16_t>{3} : std::vector<std::uint16_t>{4});
    seen.push_back({features_of(person(sex::male, 27), candidate), dice() % 100 < (climbs ? 60U : 30U)});
  }
  const auto model = primary_model::fit(seen);
  for (const auto& one : seen) total += model.log_odds(one.x);
  EXPECT_NEAR(total / 40'000, 0, 1e-6);
  const auto of = [&](std::uint16_t interest) {
    return model.log_odds(features_of(person(sex::male, 27), person(sex::female, 25, {interest})));
  };
  EXPECT_NEAR(of(3) - of(4), std::log(0.6 / 0.4) - std::log(0.3 / 0.7), 0.35);
}

TEST(PrimaryModel, TheSameSampleAThousandTimesStaysBounded) {
  const std::vector<primary_sample> seen(
      10'000, {features_of(person(sex::male, 99), person(sex::female, 18, {0, 1, 2})), true});
  for (const double weight : primary_model::fit(seen).weights()) EXPECT_LE(std::abs(weight), 1.5);
}

struct pair {
  primary_profile viewer = person(sex::male, 27), candidate = person(sex::female, 25);
  behaviour viewers, candidates;
  pair_score now(std::optional<bool> judged_back = {}) const {
    return score({viewer, viewers}, {candidate, candidates}, primary_model{}, coefficients{}, judged_back);
  }
};

TEST(Score, LikesPerShowingCountNotLikes) {
  pair often, seldom;
  for (int i = 0; i < 40; ++i) learn(often.viewers, often.candidates, i % 4 == 0, coefficients{});
  for (int i = 0; i < 4; ++i) learn(seldom.viewers, seldom.candidates, true, coefficients{});
  EXPECT_LT(often.now().like, seldom.now().like);
}

TEST(Score, WhoLikesReadilyIsLikelierToLikeBack) {
  pair ready, picky;
  behaviour other;
  for (int i = 0; i < 10; ++i) {
    learn(ready.candidates, other, true, coefficients{});
    learn(picky.candidates, other, false, coefficients{});
  }
  EXPECT_GT(ready.now().match, 1.5 * picky.now().match);
  EXPECT_DOUBLE_EQ(ready.now().like, picky.now().like);
}

TEST(Score, AJudgementThatIsThereIsKnownForTheMatchAndNotForTheLike) {
  const pair two;
  EXPECT_DOUBLE_EQ(two.now(true).like, two.now().like);
  EXPECT_GT(two.now(true).match, 10 * two.now(false).match);
}

TEST(Refit, MovesOneStepTowardsWhatForetellsBetter) {
  // Tallies that say everything: the prior must weigh less.
  std::vector<showing_evidence> seen;
  for (int i = 0; i < 2'000; ++i) seen.push_back({i % 2 == 0 ? 2.0 : 0.0, 2.0, 0, i % 2 == 0});
  const auto fitted = refit(coefficients{}, seen);
  EXPECT_EQ(fitted.receive_weight, 3);
  EXPECT_EQ(fitted.version, 1);
}

standing known_as(int likes, int showings, int given_likes = 0, int given = 0) {
  standing is;
  is.known.received = {static_cast<double>(likes), static_cast<double>(showings), instant{}};
  is.known.given = {static_cast<double>(given_likes), static_cast<double>(given), instant{}};
  return is;
}

TEST(Rate, TheSameShareOfLikesCountsMoreTheMoreShowingsItComesFrom) {
  const coefficients with;
  EXPECT_NEAR(rate(known_as(1, 1), 0, with, instant{}).level2, (1 + 4 * 0.42) / 5, 1e-9);
  EXPECT_GT(rate(known_as(16, 20), 0, with, instant{}).level2,
            rate(known_as(4, 5), 0, with, instant{}).level2);
  EXPECT_LT(rate(known_as(2, 20), 0, with, instant{}).level2,
            rate(known_as(1, 10), 0, with, instant{}).level2 + 0.05);
}

TEST(Rate, OfWhatIsOldHalfIsLeft) {
  const coefficients with;
  const auto later = rate(known_as(8, 8), 0, with, instant{} + behaviour_half_life);
  EXPECT_NEAR(later.level2, rate(known_as(4, 4), 0, with, instant{}).level2, 1e-9);
}

TEST(Rate, WhoLikesOthersMoreReadilyIsWorthMoreShowings) {
  const coefficients with;
  const auto ready = rate(known_as(5, 10, 9, 10), 0, with, instant{});
  const auto picky = rate(known_as(5, 10, 1, 10), 0, with, instant{});
  EXPECT_DOUBLE_EQ(ready.level2, picky.level2);
  EXPECT_GT(ready.level3, 1.5 * picky.level3);
}

TEST(Rate, ANewcomerGetsTheBenefitOfTheDoubt) {
  const coefficients with;
  const auto average = known_as(42, 100);
  EXPECT_NEAR(rate({}, 0, with, instant{}).level2, rate(average, 0, with, instant{}).level2, 1e-9);
  EXPECT_GT(rate({}, 0, with, instant{}).level3, 1.2 * rate(average, 0, with, instant{}).level3);
}

TEST(Lift, IsOneWhereAsManyMatchesCameAsExpectedAndBoundedWhereNot) {
  coefficients with;
  with.talk_share = 0;
  auto of = known_as(10, 20);
  of.matched = 20 * 0.5 * 0.4;
  EXPECT_NEAR(lift(of, 0.5, 0.4, with, instant{}), 1, 1e-9);
  of.matched = 1'000;
  EXPECT_EQ(lift(of, 0.5, 0.4, with, instant{}), 2);
  EXPECT_GT(lift(known_as(10, 20), 0.5, 0.4, with, instant{}), 0.5);
}

TEST(Lift, MatchesThatFallSilentWeighALittleLess) {
  const coefficients with;
  auto silent = known_as(10, 20), talking = silent;
  silent.matched = talking.matched = 4;
  talking.talked = 4;
  const double ratio = lift(talking, 0.5, 0.4, with, instant{}) / lift(silent, 0.5, 0.4, with, instant{});
  EXPECT_GT(ratio, 1.1);
  EXPECT_LT(ratio, 1.5);
}

TEST(Refit, TheUsualRateFollowsWhatIsUsualHereStepByStep) {
  std::vector<showing_evidence> seen;
  for (int i = 0; i < 2'000; ++i) seen.push_back({0, 0, 0, i % 10 == 0});
  auto now = coefficients{};
  EXPECT_EQ(refit(now, seen).usual_rate, 0.36);
  for (int night = 0; night < 20; ++night) now = refit(now, seen);
  EXPECT_NEAR(now.usual_rate, 0.1, 0.021);
}

TEST(Refit, FewShowingsChangeNothing) {
  const std::vector<showing_evidence> seen(499, {0, 2, 0, true});
  EXPECT_EQ(refit(coefficients{}, seen), coefficients{});
}

std::string replayed(const std::string& profiles, const std::string& showings, int expected = 0) {
  std::istringstream people(profiles), shown(showings);
  std::ostringstream scores, mistakes;
  EXPECT_EQ(replay(people, shown, scores, mistakes), expected) << mistakes.str();
  return expected == 0 ? scores.str() : mistakes.str();
}

constexpr auto columns = "seq,viewer_id,candidate_id,liked\n";

TEST(Replay, AScoreIsGivenBeforeTheJudgementIsLearned) {
  const std::string people =
      "person_id,sex,age,seeks,interests,photos,about_length\n1,f,21,m,art;tv,,\n2,m,22,f,,,\n";
  EXPECT_EQ(replayed(people, std::string(columns) + "0,1,2,1\n"),
            replayed(people, std::string(columns) + "0,1,2,0\n"));
}

TEST(Replay, TheLikeDoesNotKnowTheReverseJudgementAndTheMatchDoes) {
  const std::string people = "person_id\n1\n2\n3\n";
  const auto after = [&](const char* first) {
    const auto scores = replayed(people, std::string(columns) + first + "1,1,2,0\n");
    const auto line = scores.substr(scores.rfind("\n1,") + 3);
    return std::pair(std::stod(line), std::stod(line.substr(line.find(',') + 1)));
  };
  const auto liked = after("0,2,1,1\n"), skipped = after("0,2,1,0\n");
  EXPECT_DOUBLE_EQ(liked.first, skipped.first);
  EXPECT_GT(liked.second, skipped.second);
}

TEST(Replay, MistakesNameTheLine) {
  EXPECT_EQ(replayed("person_id,sex\n1,x\n", columns, 1),
            "profiles, line 2: sex is f, m or empty, not \"x\"\n");
  EXPECT_EQ(replayed("person_id,age\n1,old\n", columns, 1), "profiles, line 2: age is no number: \"old\"\n");
  EXPECT_EQ(replayed("person_id\n1\n1\n", columns, 1), "profiles, line 3: person 1 is there twice\n");
  EXPECT_EQ(replayed("person_id\n1\n", std::string(columns) + "0,1,2,yes\n", 1),
            "showings, line 2: liked is 0 or 1, not \"yes\"\n");
  EXPECT_EQ(replayed("person_id\n1\n", "seq,liked\n", 1),
            "showings: the first line must name the columns seq, viewer_id, candidate_id and liked\n");
}

}  // namespace
}  // namespace tandem::dating
