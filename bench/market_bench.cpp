// A market of people for a month, under one order of the deck after another: the same people, tastes, days
// and patience each time. How many matches come of it, and how evenly attention is spread.
//
//   market_bench [PEOPLE=3000] [DAYS=30] [SEEDS=5]
//
// Our deck is the product's code: the engine's shortlist by level 3, the pair's score, the order of a deck,
// re-rating after each session, refitting each night; once without showing who likes one already. The others
// are given the same hard filters.
//
// What people are like is not ours to choose; it is set so that, in rounds of speed dating, these figures of
// the public data come out (Fisman et al. 2006, all waves): 42 % likes (men 47 %, women 37 %), 16.5 %
// matches, a viewer's other likes foretell one with an AUC of 0.7, and what all others think of a candidate
// with 0.75 per viewer and no better: the rest is this viewer's own taste. What a profile says explains 15 %
// of how much its person is liked by others (Joel, Eastwick, Finkel 2017: 7 to 27 %). The program prints what
// its people come to.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numbers>
#include <numeric>

#include "dating/decks/deck_order.hpp"
#include "dating/matching/matching.hpp"
#include "dating/rating/coefficients.hpp"
#include "platform/places/places.hpp"

using namespace tandem;
using namespace tandem::dating;

namespace {

// ---- chance: a draw belongs to what it is about, so that every order meets the same

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EB;
  return x ^ (x >> 31U);
}

enum class about : std::uint8_t { arrival, person, place, days, cards, pair, talk, order };

struct fate {
  std::uint64_t seed;
  double uniform(about what, std::uint64_t a, std::uint64_t b = 0) const {
    const auto bits = mixed(mixed(mixed(seed * 8 + static_cast<std::uint64_t>(what)) + a) + b);
    return (static_cast<double>(bits >> 11U) + 0.5) * 0x1.0p-53;
  }
  double normal(about what, std::uint64_t a, std::uint64_t b = 0) const {
    const double u = uniform(what, a, 2 * b), v = uniform(what, a, 2 * b + 1);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  }
};

// ---- people

// Standard deviations on the scale of a viewer's decision. `own` is the viewer's taste for this very person.
constexpr double partner_sd = 0.7, pickiness_sd = 0.68, own_sd = 1;
constexpr double men_lean = -0.09, women_lean = -0.48;
constexpr double said_by_profile = 0.15;
constexpr int interests_of_all = 40, fewest_interests = 3;
constexpr double cards_a_day = 25;
constexpr double newcomers_a_day = 0.02;
constexpr double talks_begin = 0.5;

struct person {
  std::uint64_t number = 0;
  primary_profile profile;
  matching_profile entry;
  double liked = 0;      // by others, over and above
  double pickiness = 0;  // how readily they like
  double often = 0;      // the chance that they look at their deck on a day
  int arrives = 0;       // on this day
  bool verified = false;
};

std::vector<person> settle(const fate& by, int people, int days) {
  const int all = people + static_cast<int>(newcomers_a_day * people * days);
  std::vector<person> here;
  std::array<double, interests_of_all> appeal{};
  for (int i = 0; i < interests_of_all; ++i)
    appeal[static_cast<std::size_t>(i)] =
        by.normal(about::person, 1'000'000'007, static_cast<std::uint64_t>(i));
  for (int i = 0; i < all; ++i) {
    const auto n = static_cast<std::uint64_t>(i) + 1;
    const auto draw = [&](std::uint64_t which) { return by.uniform(about::person, n, which); };
    person one;
    one.number = n;
    one.profile.is = draw(1) < 0.6 ? sex::male : sex::female;
    const double age = std::min(60.0, 18 + std::abs(by.normal(about::person, n, 2)) * 9);
    one.profile.age = std::floor(age);
    double said = 0;
    const int wanted = fewest_interests + static_cast<int>(draw(3) * 6);
    for (int k = 0; k < wanted; ++k) {
      const auto which =
          static_cast<std::uint16_t>(draw(100 + static_cast<std::uint64_t>(k)) * interests_of_all);
      if (std::ranges::find(one.profile.interests, which) != one.profile.interests.end()) continue;
      one.profile.interests.push_back(which);
      said += appeal[which];
    }
    said /= std::sqrt(static_cast<double>(one.profile.interests.size()));
    std::ranges::sort(one.profile.interests);
    one.profile.photos = 1 + static_cast<int>(draw(4) * 5);
    one.profile.about_length = static_cast<int>(draw(5) * 400);
    one.liked = partner_sd * (std::sqrt(said_by_profile) * said +
                              std::sqrt(1 - said_by_profile) * by.normal(about::person, n, 6));
    one.pickiness = pickiness_sd * by.normal(about::person, n, 7);
    one.often = std::min(1.0, -0.35 * std::log(draw(8)));
    one.arrives = i < people ? 0 : 1 + (i - people) * days / std::max(1, all - people);
    one.verified = draw(9) < 0.3;
    const auto years = static_cast<std::uint8_t>(*one.profile.age);
    one.entry.who = user_id(static_cast<std::int64_t>(n));
    one.entry.is = *one.profile.is;
    one.entry.seeks = one.entry.is == sex::male ? seeking::female : seeking::male;
    one.entry.age = years;
    one.entry.wanted = {static_cast<std::uint8_t>(std::max(18, years - 2 - static_cast<int>(draw(10) * 8))),
                        static_cast<std::uint8_t>(years + 2 + static_cast<int>(draw(11) * 8))};
    one.entry.at = {
        55.75 + by.normal(about::place, n, 1) * 8 / 111.2,
        37.62 + by.normal(about::place, n, 2) * 8 / (111.2 * std::cos(55.75 * std::numbers::pi / 180))};
    here.push_back(std::move(one));
  }
  return here;
}

bool likes(const fate& by, const person& viewer, const person& candidate) {
  const double lean = viewer.entry.is == sex::male ? men_lean : women_lean;
  return lean + viewer.pickiness + candidate.liked +
             own_sd * by.normal(about::pair, viewer.number, candidate.number) >
         0;
}

bool fit_each_other(const person& a, const person& b) {
  return a.entry.is != b.entry.is && a.entry.wanted.holds(b.entry.age) && b.entry.wanted.holds(a.entry.age);
}

double km_between(const person& a, const person& b) {
  return places::kilometres(a.entry.at.latitude, a.entry.at.longitude, b.entry.at.latitude,
                            b.entry.at.longitude);
}

// ---- orders of the deck

struct crowd {
  const fate& by;
  const std::vector<person>& people;
  std::vector<standing> known;            // by number - 1
  std::vector<std::vector<bool>> judged;  // by viewer and candidate
  std::vector<std::vector<std::uint64_t>> liked_by;
  std::vector<int> shown, liked, shown_today;
  instant now;
  int day = 0;
};

class order {
 public:
  virtual ~order() = default;
  virtual void arrived(const person&) {}
  virtual void learned(const person& /*viewer*/, const person& /*candidate*/, bool /*liked*/) {}
  virtual void night() {}
  // The next at most `limit` for the viewer; nobody whom they have judged.
  virtual std::vector<std::uint64_t> deck(const person& viewer, std::size_t limit) = 0;
};

constexpr deck_settings product;
constexpr std::size_t shortlist = 64;  // of the product's deck

// Everybody who fits, by a number: the largest first.
template <class Worth>
class plain_order final : public order {
 public:
  plain_order(const crowd& of, Worth worth) : of_(of), worth_(std::move(worth)) {}
  std::vector<std::uint64_t> deck(const person& viewer, std::size_t limit) override {
    std::vector<std::pair<double, std::uint64_t>> all;
    const auto& seen = of_.judged[viewer.number - 1];
    for (const auto& other : of_.people) {
      if (other.arrives > of_.day || seen[other.number - 1] || !fit_each_other(viewer, other)) continue;
      if (km_between(viewer, other) > 50) continue;
      all.emplace_back(-worth_(viewer, other), other.number);
    }
    const auto some = std::min(limit, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(some));
    std::vector<std::uint64_t> chosen;
    for (std::size_t i = 0; i < some; ++i) chosen.push_back(all[i].second);
    return chosen;
  }

 private:
  const crowd& of_;
  Worth worth_;
};

class our_order final : public order {
 public:
  our_order(crowd& of, bool knows_likers) : of_(of), knows_likers_(knows_likers) {}

  void arrived(const person& who) override {
    engine_.put(who.entry);
    engine_.load_seen(who.entry.who, {});
    rerate(who);
  }
  void learned(const person& viewer, const person& candidate, bool liked) override {
    const auto& tally = of_.known[candidate.number - 1].known.received;
    evidence_.push_back({features_of(viewer.profile, candidate.profile), tally.good, tally.count, liked});
    engine_.saw(viewer.entry.who, candidate.entry.who);
    changed_.push_back(&viewer);
    changed_.push_back(&candidate);
  }
  void night() override {
    for (const auto& who : of_.people)
      if (who.arrives <= of_.day) rerate(who);
    if (evidence_.size() > 20'000) evidence_.erase(evidence_.begin(), evidence_.end() - 20'000);
    if (evidence_.size() < 2'500) return;
    const auto made = fit_to(with_, evidence_, evidence_.size() / 5);
    if (made.better()) with_ = made.to;
  }
  std::vector<std::uint64_t> deck(const person& viewer, std::size_t limit) override {
    for (const auto* who : changed_) rerate(*who);
    changed_.clear();
    std::vector<deck_candidate> found;
    const auto add = [&](const person& other, bool likes_viewer) {
      if (of_.shown_today[other.number - 1] >= product.showings_a_day) return;
      const auto& theirs = of_.known[other.number - 1];
      auto given = score({viewer.profile, of_.known[viewer.number - 1].known}, {other.profile, theirs.known},
                         with_.primary, with_.numbers,
                         likes_viewer ? std::optional(true) : judged_back(viewer, other));
      const double readiness = theirs.known.given.rate(with_.numbers.usual_rate, with_.numbers.give_weight);
      given.match *= lift(theirs, given.like, readiness, with_.numbers, of_.now);
      deck_candidate one;
      one.who = other.entry.who;
      one.km = km_between(viewer, other);
      one.same_town = true;
      one.likes_viewer = likes_viewer;
      one.showings = theirs.known.received.count;
      one.like = given.like;
      one.back = given.back;
      one.match = given.match;
      found.push_back(one);
    };
    const auto& seen = of_.judged[viewer.number - 1];
    std::vector<bool> listed(of_.people.size());
    if (knows_likers_) {
      for (const auto liker : of_.liked_by[viewer.number - 1]) {
        const auto& other = of_.people[liker - 1];
        if (seen[liker - 1]) continue;
        listed[liker - 1] = true;
        add(other, true);
      }
    }
    for (const auto& one :
         engine_.next(viewer.entry.who, {.radius_km = 50, .own_city = true, .limit = shortlist})) {
      const auto number = static_cast<std::uint64_t>(one.who.value);
      if (!listed[number - 1]) add(of_.people[number - 1], false);
    }
    std::vector<std::uint64_t> chosen;
    for (const auto& one : in_order(std::move(found), limit))
      chosen.push_back(static_cast<std::uint64_t>(one.who.value));
    return chosen;
  }

 private:
  std::optional<bool> judged_back(const person& viewer, const person& other) const {
    if (!knows_likers_ || !of_.judged[other.number - 1][viewer.number - 1]) return std::nullopt;
    return false;  // or they would be among those who like the viewer
  }
  void rerate(const person& who) {
    const double level1 = with_.primary.log_odds(features_of({}, who.profile));
    engine_.rate(who.entry.who,
                 static_cast<float>(rate(of_.known[who.number - 1], level1, with_.numbers, of_.now).level3));
  }

  crowd& of_;
  bool knows_likers_;
  matching engine_;
  fitted with_;
  std::vector<learned_showing> evidence_;
  std::vector<const person*> changed_;
};

// ---- a month

double gini(std::vector<int> values) {
  std::ranges::sort(values);
  double weighted = 0, total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    weighted += static_cast<double>(i + 1) * values[i];
    total += values[i];
  }
  const auto n = static_cast<double>(values.size());
  return total == 0 ? 0 : (2 * weighted / total - n - 1) / n;
}

struct outcome {
  double showings = 0, likes = 0, matches = 0, with_match = 0, gini_shown = 0, gini_liked = 0;
};

std::unique_ptr<order> make_order(const std::string& name, crowd& of) {
  const auto plain = [&of](auto worth) { return std::make_unique<plain_order<decltype(worth)>>(of, worth); };
  if (name == "random")
    return plain(
        [&of](const person& a, const person& b) { return of.by.uniform(about::order, a.number, b.number); });
  if (name == "newest first")
    return plain([](const person&, const person& b) {
      return static_cast<double>(b.arrives) + static_cast<double>(b.number) * 1e-9;
    });
  if (name == "raw like ratio")  // who was never shown stands where the average stands
    return plain([&of](const person&, const person& b) {
      const auto i = b.number - 1;
      return of.shown[i] == 0 ? 0.42 : static_cast<double>(of.liked[i]) / of.shown[i];
    });
  if (name == "verified, then nearest")
    return plain(
        [](const person& a, const person& b) { return (b.verified ? 1'000.0 : 0.0) - km_between(a, b); });
  return std::make_unique<our_order>(of, name == "ours");
}

outcome live(const fate& by, const std::vector<person>& people, int days, const std::string& name) {
  const auto n = people.size();
  crowd of{by,
           people,
           std::vector<standing>(n),
           std::vector(n, std::vector<bool>(n)),
           std::vector<std::vector<std::uint64_t>>(n),
           std::vector<int>(n),
           std::vector<int>(n),
           std::vector<int>(n),
           instant(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)),
           0};
  const auto rule = make_order(name, of);
  const coefficients with;
  std::vector<int> matches(n);
  outcome is;
  for (of.day = 0; of.day < days; ++of.day) {
    std::ranges::fill(of.shown_today, 0);
    std::vector<std::pair<double, const person*>> today;
    for (const auto& who : people) {
      if (who.arrives == of.day) rule->arrived(who);
      const auto day = static_cast<std::uint64_t>(of.day);
      if (who.arrives <= of.day && by.uniform(about::days, who.number, day) < who.often)
        today.emplace_back(by.uniform(about::order, who.number, 1'000'000 + day), &who);
    }
    std::ranges::sort(today);
    for (const auto& [when, viewer] : today) {
      of.now = instant(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1) + std::chrono::days(of.day)) +
               std::chrono::seconds(static_cast<int>(when * 86'400));
      // Limited attention: so many cards, and the deck is asked for twenty at a time.
      auto patience =
          static_cast<int>(-cards_a_day * std::log(by.uniform(about::cards, viewer->number,
                                                              static_cast<std::uint64_t>(of.day))));
      while (patience > 0) {
        const auto deck = rule->deck(*viewer, static_cast<std::size_t>(product.size));
        if (deck.empty()) break;
        for (const auto number : deck) {
          if (patience-- <= 0) break;
          const auto& candidate = people[number - 1];
          const auto v = viewer->number - 1, c = number - 1;
          const bool liked = likes(by, *viewer, candidate);
          rule->learned(*viewer, candidate, liked);
          learn(of.known[v].known, of.known[c].known, liked, with, of.now);
          of.known[c].matched *= with.memory;
          of.known[c].talked *= with.memory;
          of.judged[v][c] = true;
          ++of.shown[c];
          ++of.shown_today[c];
          is.showings += 1;
          if (!liked) continue;
          is.likes += 1;
          ++of.liked[c];
          of.liked_by[c].push_back(viewer->number);
          if (std::ranges::find(of.liked_by[v], number) == of.liked_by[v].end()) continue;
          is.matches += 1;
          const auto low = std::min(v, c), high = std::max(v, c);
          const bool talk = by.uniform(about::talk, low, high) < talks_begin;
          for (const auto one : {v, c}) {
            ++matches[one];
            of.known[one].matched += 1;
            of.known[one].talked += talk ? 1 : 0;
          }
        }
      }
    }
    rule->night();
  }
  is.with_match = static_cast<double>(std::ranges::count_if(matches, [](int m) { return m > 0; })) /
                  static_cast<double>(n);
  is.gini_shown = gini(of.shown);
  is.gini_liked = gini(of.liked);
  return is;
}

// What these people come to in rounds of speed dating, fifteen men and fifteen women who all meet, as in the
// data: there, too, what others think of somebody is known from fifteen.
constexpr std::size_t round_of = 15;

void describe(const fate& by, const std::vector<person>& people) {
  double meetings = 0, by_men = 0, by_women = 0, mutual = 0;
  double better = 0, pairs = 0;                    // of two candidates of a viewer
  std::vector<std::pair<double, bool>> readiness;  // a viewer's other likes, and this one
  std::vector<const person*> men, women;
  for (const auto& one : people) (one.entry.is == sex::male ? men : women).push_back(&one);
  const auto look = [&](const auto& said) {
    std::vector<double> received(round_of), given(round_of);
    for (std::size_t v = 0; v < round_of; ++v)
      for (std::size_t c = 0; c < round_of; ++c) received[c] += said[v][c], given[v] += said[v][c];
    for (std::size_t v = 0; v < round_of; ++v) {
      for (std::size_t c = 0; c < round_of; ++c) {
        readiness.emplace_back(given[v] - said[v][c], said[v][c] != 0);
        for (std::size_t other = 0; other < round_of; ++other) {
          if (!said[v][c] || said[v][other]) continue;
          const double ahead = received[c] - 1 - received[other];
          pairs += 1;
          better += ahead > 0 ? 1 : (ahead == 0 ? 0.5 : 0);
        }
      }
    }
  };
  for (std::size_t from = 0; from + round_of <= std::min(men.size(), women.size()); from += round_of) {
    const std::span his_side(men.data() + from, round_of), her_side(women.data() + from, round_of);
    std::vector his(round_of, std::vector<int>(round_of)), hers = his;
    for (std::size_t m = 0; m < round_of; ++m) {
      for (std::size_t w = 0; w < round_of; ++w) {
        his[m][w] = likes(by, *his_side[m], *her_side[w]);
        hers[w][m] = likes(by, *her_side[w], *his_side[m]);
        meetings += 1;
        by_men += his[m][w];
        by_women += hers[w][m];
        mutual += his[m][w] * hers[w][m];
      }
    }
    look(his);
    look(hers);
  }
  std::ranges::sort(readiness);
  double pooled = 0, liked = 0, skipped = 0;
  for (std::size_t at = 0; at < readiness.size();) {
    double likes_here = 0, skips_here = 0;
    for (const double value = readiness[at].first; at < readiness.size() && readiness[at].first == value;
         ++at)
      ++(readiness[at].second ? likes_here : skips_here);
    pooled += likes_here * (skipped + skips_here / 2);
    liked += likes_here;
    skipped += skips_here;
  }
  fmt::print(
      "speed dating: likes {:.1f} % (men {:.1f} %, women {:.1f} %), matches {:.1f} %; AUC of others' likes "
      "for one "
      "viewer {:.3f}, of the viewer's other likes for all {:.3f}\n",
      50 * (by_men + by_women) / meetings, 100 * by_men / meetings, 100 * by_women / meetings,
      100 * mutual / meetings, better / pairs, pooled / (liked * skipped));
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
  const int people = number(1, 3'000), days = number(2, 30), seeds = number(3, 5);
  const std::vector<std::string> names{
      "random", "newest first", "raw like ratio", "verified, then nearest", "ours, likers unknown", "ours"};
  std::map<std::string, std::vector<outcome>> all;
  for (int seed = 1; seed <= seeds; ++seed) {
    const fate by{static_cast<std::uint64_t>(seed)};
    const auto here = settle(by, people, days);
    if (seed == 1) describe(by, here);
    for (const auto& name : names) all[name].push_back(live(by, here, days, name));
  }
  fmt::print("{:24} {:>9} {:>7} {:>9} {:>16} {:>11} {:>11} {:>11}\n", "order", "showings", "likes", "matches",
             "ours more by", "has match", "Gini shown", "Gini liked");
  for (const auto& name : names) {
    const auto& runs = all[name];
    const auto mean = [&](double outcome::* which) {
      double sum = 0;
      for (const auto& run : runs) sum += run.*which;
      return sum / static_cast<double>(runs.size());
    };
    // The same people under both: the least and the most of the seeds.
    double least = 1e9, most = -1e9;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const double more = all["ours"][i].matches / runs[i].matches - 1;
      least = std::min(least, more);
      most = std::max(most, more);
    }
    fmt::print("{:24} {:>9.0f} {:>6.1f}% {:>9.0f} {:>16} {:>10.1f}% {:>11.3f} {:>11.3f}\n", name,
               mean(&outcome::showings), 100 * mean(&outcome::likes) / mean(&outcome::showings),
               mean(&outcome::matches),
               name == "ours" ? "" : fmt::format("{:+.0f} % to {:+.0f} %", 100 * least, 100 * most),
               100 * mean(&outcome::with_match), mean(&outcome::gini_shown), mean(&outcome::gini_liked));
  }
}
