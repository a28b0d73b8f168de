#include "dating/decks/deck_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::dating {
namespace {

using testing::ElementsAre;

deck_candidate one(std::int64_t id, double km, double match) {
  deck_candidate out;
  out.who = user_id(id);
  out.km = km;
  out.like = out.match = match;
  out.back = 1;
  out.showings = 1e9;
  return out;
}

std::vector<std::int64_t> ids(std::vector<deck_candidate> all, std::size_t size = 20) {
  std::vector<std::int64_t> out;
  for (const auto& who : in_order(std::move(all), size)) out.push_back(who.who.value);
  return out;
}

TEST(DeckOrder, ANearerRingComesFirstAndWithinARingTheBest) {
  auto neighbour = one(5, 30, 0.1);
  neighbour.same_town = true;
  EXPECT_THAT(ids({one(1, 3, 0.2), one(2, 9, 0.4), one(3, 12, 0.9), one(4, 60, 1), neighbour}),
              ElementsAre(2, 1, 5, 3, 4));
}

TEST(DeckOrder, WhoLikesTheViewerComesEarlyAndNotAllAtOnce) {
  std::vector<deck_candidate> all;
  for (std::int64_t id = 1; id <= 4; ++id) {
    auto liker = one(id, 1, 0.9);
    liker.likes_viewer = true;
    all.push_back(liker);
  }
  for (std::int64_t id = 11; id <= 16; ++id) all.push_back(one(id, 1, 0.5));
  EXPECT_THAT(ids(all), ElementsAre(11, 1, 12, 13, 2, 14, 15, 3, 16, 4));
}

TEST(DeckOrder, LikersAloneMakeADeck) {
  auto liker = one(1, 1, 0.9), other = one(2, 1, 0.8);
  liker.likes_viewer = other.likes_viewer = true;
  EXPECT_THAT(ids({liker, other}), ElementsAre(1, 2));
}

TEST(DeckOrder, WhatLiesReadyStaysInFront) {
  auto first = one(1, 400, 0.1), second = one(2, 1, 0.1);
  first.ready = 3;
  second.ready = 7;
  EXPECT_THAT(ids({one(3, 1, 1), second, first}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids({one(3, 1, 1), second, first}, 1), ElementsAre(1));
}

TEST(DeckOrder, ANewcomerIsTriedBeforeSomebodyOfWhomAsMuchIsExpected) {
  auto newcomer = one(2, 1, 0.5);
  newcomer.showings = 0;
  EXPECT_THAT(ids({one(1, 1, 0.55), newcomer, one(3, 1, 0.7)}), ElementsAre(3, 2, 1));
  EXPECT_NEAR(benefit_of_doubt(0), 0.15, 1e-9);
  EXPECT_LT(benefit_of_doubt(30), 0.06);
}

TEST(DeckOrder, ABoostMovesForward) {
  auto boosted = one(2, 1, 0.5);
  boosted.boosted = true;
  EXPECT_THAT(ids({one(1, 1, 0.7), boosted, one(3, 1, 0.8)}), ElementsAre(3, 2, 1));
}

TEST(Widening, DoublesTheRadiusThenAddsYears) {
  const search_reach asked{.radius_km = 30, .own_city = false, .age_from = 25, .age_to = 31};
  std::vector<int> radii;
  for (int stage = 0; stage <= last_stage; ++stage) radii.push_back(widened(asked, stage).radius_km);
  EXPECT_THAT(radii, ElementsAre(30, 60, 120, 240, 500, 500, 500));
  EXPECT_EQ(widened(asked, 4).age_from, 25);
  EXPECT_EQ(widened(asked, 5).age_from, 23);
  EXPECT_EQ(widened(asked, 6).age_to, 36);
}

TEST(Widening, TheOwnTownIsFirstWidenedToTheRadius) {
  const search_reach asked{.radius_km = 30, .own_city = true, .age_from = 18, .age_to = 99};
  EXPECT_TRUE(widened(asked, 0).own_city);
  EXPECT_FALSE(widened(asked, 1).own_city);
  EXPECT_EQ(widened(asked, 1).radius_km, 30);
  EXPECT_EQ(widened(asked, 2).radius_km, 60);
}

TEST(Widening, AStageThatWidensNothingIsLeftOut) {
  const search_reach everything{.radius_km = 500, .own_city = false, .age_from = 18, .age_to = 99};
  EXPECT_EQ(next_stage(everything, 0), std::nullopt);
  const search_reach far{.radius_km = 500, .own_city = false, .age_from = 25, .age_to = 99};
  EXPECT_EQ(next_stage(far, 0), 5);
  EXPECT_EQ(next_stage(far, 5), 6);
}

TEST(Rings, EndAtTheRadius) {
  EXPECT_THAT(rings_within(5), ElementsAre(5));
  EXPECT_THAT(rings_within(60), ElementsAre(10, 25, 50, 60));
  EXPECT_EQ(ring_of(10, false), 0);
  EXPECT_EQ(ring_of(10.1, false), 1);
  EXPECT_EQ(ring_of(90, true), 0);
}

}  // namespace
}  // namespace tandem::dating
