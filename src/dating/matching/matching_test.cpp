#include "dating/matching/matching.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "dating/matching/seen_set.hpp"
#include "platform/places/places.hpp"

namespace tandem::dating {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr coordinates moscow{55.75, 37.62}, khimki{55.89, 37.43}, tver{56.86, 35.9};

matching_profile person(std::int64_t id, sex is, std::uint8_t age, coordinates at, float rating = 0.5F) {
  return {.who = user_id(id),
          .is = is,
          .seeks = is == sex::female ? seeking::male : seeking::female,
          .age = age,
          .wanted = {18, 60},
          .at = at,
          .city = 0,
          .rating = rating};
}

std::vector<std::int64_t> ids(const std::vector<candidate>& found) {
  std::vector<std::int64_t> all;
  for (const auto& one : found) all.push_back(one.who.value);
  return all;
}

// Numbers from both sides of the step from a sorted array to a bitmap.
TEST(SeenSet, HoldsWhatWasAddedWhetherSmallOrLarge) {
  std::mt19937 dice(1);
  seen_set set;
  std::set<std::uint32_t> expected;
  for (std::size_t i = 0; i < 3 * seen_set::small; ++i) {
    const auto one = static_cast<std::uint32_t>(dice() % 50'000);
    set.add(one), expected.insert(one);
  }
  ASSERT_GT(expected.size(), seen_set::small);
  EXPECT_EQ(set.size(), expected.size());
  for (std::uint32_t one = 0; one < 50'000; ++one)
    ASSERT_EQ(set.contains(one), expected.contains(one)) << one;
}

TEST(SeenSet, ManyAtOnceAreTheSameAsOneByOne) {
  seen_set set;
  set.add(7);
  set.add(std::vector<std::uint32_t>{9, 7, 1, 9});
  EXPECT_EQ(set.size(), 3U);
  EXPECT_TRUE(set.contains(1) && set.contains(7) && set.contains(9));
}

TEST(Matching, BestRatedComeFirstAndOnlyWhoFitsOnBothSides) {
  matching all;
  all.put(person(1, sex::male, 30, moscow));
  all.put(person(2, sex::female, 27, moscow, 0.4F));
  all.put(person(3, sex::female, 27, khimki, 0.9F));
  all.put(person(4, sex::male, 27, moscow, 1));  // not whom 1 seeks
  auto picky = person(5, sex::female, 27, moscow, 1);
  picky.wanted = {20, 29};  // 1 is too old for her
  all.put(picky);
  auto seeks_women = person(6, sex::female, 27, moscow, 1);
  seeks_women.seeks = seeking::female;
  all.put(seeks_women);
  all.put(person(7, sex::female, 27, tver, 1));  // too far
  auto seeks_anyone = person(8, sex::female, 27, moscow, 0.3F);
  seeks_anyone.seeks = seeking::anyone;
  all.put(seeks_anyone);
  EXPECT_THAT(ids(all.next(user_id(1), {})), ElementsAre(3, 2, 8));
  EXPECT_THAT(ids(all.next(user_id(1), {.radius_km = 300})), ElementsAre(7, 3, 2, 8));
  EXPECT_THAT(ids(all.next(user_id(1), {.limit = 1})), ElementsAre(3));
}

TEST(Matching, OnesOwnCityCountsHoweverWideItIs) {
  matching all;
  auto viewer = person(1, sex::male, 30, moscow);
  viewer.city = 77;
  auto far_end = person(2, sex::female, 30, tver);
  far_end.city = 77;
  all.put(viewer);
  all.put(far_end);
  EXPECT_THAT(ids(all.next(user_id(1), {.radius_km = 10})), ElementsAre(2));
  EXPECT_THAT(ids(all.next(user_id(1), {.radius_km = 10, .own_city = false})), IsEmpty());
}

TEST(Matching, WhoLooksOnlyNearbyIsShownOnlyNearby) {
  matching all;
  auto viewer = person(1, sex::male, 30, moscow);
  viewer.city = 77;
  all.put(viewer);
  auto near = person(2, sex::female, 30, khimki);  // 19 km
  near.reach_km = 10;
  all.put(near);
  EXPECT_THAT(ids(all.next(user_id(1), {})), IsEmpty());
  EXPECT_THAT(ids(all.next(user_id(1), {.doubled = 1})), ElementsAre(2));
  near.reach_km = 0;  // the own city alone
  all.put(near);
  EXPECT_THAT(ids(all.next(user_id(1), {.doubled = 4})), IsEmpty());
  near.city = 77;
  all.put(near);
  EXPECT_THAT(ids(all.next(user_id(1), {})), ElementsAre(2));
}

TEST(Matching, OtherAgesThanTheViewersCanBeAskedFor) {
  matching all;
  auto viewer = person(1, sex::male, 30, moscow);
  viewer.wanted = {25, 31};
  all.put(viewer);
  all.put(person(2, sex::female, 33, moscow));
  EXPECT_THAT(ids(all.next(user_id(1), {})), IsEmpty());
  EXPECT_THAT(ids(all.next(user_id(1), {.ages = age_range{23, 33}})), ElementsAre(2));
}

TEST(Matching, WhoWasJudgedDoesNotComeAgainUntilTheSetIsForgotten) {
  matching all;
  all.put(person(1, sex::male, 30, moscow));
  all.put(person(2, sex::female, 30, moscow));
  all.put(person(3, sex::female, 30, moscow, 0.4F));
  EXPECT_FALSE(all.knows_seen(user_id(1)));
  const std::vector<user_id> judged{user_id(2)};
  all.load_seen(user_id(1), judged);
  EXPECT_TRUE(all.knows_seen(user_id(1)));
  EXPECT_THAT(ids(all.next(user_id(1), {})), ElementsAre(3));
  all.saw(user_id(1), user_id(3));
  EXPECT_THAT(ids(all.next(user_id(1), {})), IsEmpty());
  all.forget_seen(user_id(1));
  EXPECT_FALSE(all.knows_seen(user_id(1)));
  EXPECT_THAT(ids(all.next(user_id(1), {})), ElementsAre(2, 3));
}

TEST(Matching, WhoLeftIsShownToNobodyAndStaysJudgedWhenTheyReturn) {
  matching all;
  all.put(person(1, sex::male, 30, moscow));
  all.put(person(2, sex::female, 30, moscow));
  all.load_seen(user_id(1), {});
  EXPECT_TRUE(all.remove(user_id(2)));
  EXPECT_FALSE(all.remove(user_id(2)));
  EXPECT_THAT(ids(all.next(user_id(1), {})), IsEmpty());
  all.saw(user_id(1), user_id(2));
  all.put(person(2, sex::female, 30, moscow));
  EXPECT_THAT(ids(all.next(user_id(1), {})), IsEmpty());
}

TEST(Matching, StrangersGetNothing) {
  matching all;
  all.put(person(2, sex::female, 30, moscow));
  EXPECT_THAT(all.next(user_id(1), {}), IsEmpty());
  EXPECT_FALSE(all.rate(user_id(1), 1));
  EXPECT_FALSE(all.find(user_id(1)));
}

TEST(Matching, TheDateLineIsNoBorderAndThePoleNoHole) {
  matching all;
  all.put(person(1, sex::male, 30, {66, 179.98}));
  all.put(person(2, sex::female, 30, {66, -179.98}));
  EXPECT_THAT(ids(all.next(user_id(1), {.radius_km = 10})), ElementsAre(2));
  all.put(person(3, sex::male, 30, {89.99, 10}));
  all.put(person(4, sex::female, 30, {89.99, -170}));
  EXPECT_THAT(ids(all.next(user_id(3), {.radius_km = 10})), ElementsAre(4));
}

// Against the definition, over people who come, change, are rated anew, leave and are judged.
TEST(Matching, AgreesWithTheDefinitionWhateverHappens) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 dice(seed);
    const auto below = [&](unsigned n) { return dice() % n; };
    matching all;
    std::map<std::int64_t, matching_profile> people;
    std::map<std::int64_t, std::set<std::int64_t>> judged;
    const auto random_person = [&](std::int64_t id) {
      auto one =
          person(id, below(2) ? sex::male : sex::female, static_cast<std::uint8_t>(18 + below(20)),
                 {55 + below(100) / 100.0, 37 + below(200) / 100.0}, static_cast<float>(below(40)) / 40);
      one.seeks = static_cast<seeking>(below(3));
      one.wanted.from = static_cast<std::uint8_t>(18 + below(10));
      one.wanted.to = static_cast<std::uint8_t>(one.wanted.from + below(15));
      one.city = static_cast<std::int32_t>(below(4));
      one.reach_km = std::array<std::uint16_t, 4>{0, 20, 60, matching_profile::any_distance}[below(4)];
      return one;
    };
    std::vector<matching_profile> first;
    for (std::int64_t id = 1; id <= 150; ++id) first.push_back(people[id] = random_person(id));
    all.load(first);
    for (std::int64_t id = 1; id <= 150; ++id) all.load_seen(user_id(id), {});

    for (int step = 0; step < 2'000; ++step) {
      const std::int64_t id = 1 + below(150);
      switch (below(5)) {
        case 0: all.put(people[id] = random_person(id)); break;
        case 1: EXPECT_EQ(all.remove(user_id(id)), people.erase(id) == 1); break;
        case 2: {
          const auto rating = static_cast<float>(below(40)) / 40;
          EXPECT_EQ(all.rate(user_id(id), rating), people.contains(id));
          if (people.contains(id)) people[id].rating = rating;
          break;
        }
        case 3: {
          const std::int64_t other = 1 + below(150);
          all.saw(user_id(id), user_id(other));
          judged[id].insert(other);
          break;
        }
        default: {
          if (!people.contains(id)) break;
          const auto& me = people[id];
          const double radius = 5 + below(80);
          std::vector<std::pair<float, std::int64_t>> expected;
          const auto seeks = [](const matching_profile& a, const matching_profile& b) {
            return a.seeks == seeking::anyone || (a.seeks == seeking::female) == (b.is == sex::female);
          };
          const int doubled = static_cast<int>(below(3));
          for (const auto& [other, them] : people) {
            const double km =
                places::kilometres(me.at.latitude, me.at.longitude, them.at.latitude, them.at.longitude);
            const bool neighbour = me.city != 0 && me.city == them.city;
            const bool near =
                neighbour || (km <= radius && (them.reach_km == matching_profile::any_distance ||
                                               km <= (them.reach_km << doubled)));
            if (other != id && seeks(me, them) && seeks(them, me) && me.wanted.holds(them.age) &&
                them.wanted.holds(me.age) && near && !judged[id].contains(other))
              expected.emplace_back(-them.rating, other);
          }
          std::ranges::sort(expected);
          if (expected.size() > 10) expected.resize(10);
          std::vector<std::int64_t> wanted;
          for (const auto& [rating, other] : expected) wanted.push_back(other);
          ASSERT_EQ(ids(all.next(user_id(id), {.radius_km = radius, .doubled = doubled})), wanted)
              << "seed " << seed << " step " << step;
        }
      }
    }
    EXPECT_EQ(all.memory().profiles, people.size());
  }
}

}  // namespace
}  // namespace tandem::dating
