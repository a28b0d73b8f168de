#include "dating/decks/deck_order.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem::dating {
namespace {

constexpr std::array<double, 6> ring_ends{10, 25, 50, 100, 200, 500};
constexpr double boost = 1.5;
constexpr std::size_t liker_every = 3;

double worth(const deck_candidate& one) {
  const double like = one.like + benefit_of_doubt(one.showings);
  return (one.like > 0 ? one.match * like / one.like : 0) * (one.boosted ? boost : 1);
}

}  // namespace

search_reach widened(const search_reach& asked, int stage) {
  search_reach out = asked;
  if (stage <= 0) return out;
  const int doublings = stage - (asked.own_city ? 1 : 0);
  out.own_city = false;
  out.radius_km = stage >= 4 ? 500 : std::min(asked.radius_km << doublings, 500);
  const int years = stage >= 6 ? 5 : (stage == 5 ? 2 : 0);
  out.age_from = std::max(18, asked.age_from - years);
  out.age_to = std::min(99, asked.age_to + years);
  return out;
}

std::optional<int> next_stage(const search_reach& asked, int stage) {
  const auto now = widened(asked, stage);
  for (int next = stage + 1; next <= last_stage; ++next)
    if (widened(asked, next) != now) return next;
  return std::nullopt;
}

std::vector<double> rings_within(double radius_km) {
  std::vector<double> out;
  for (const double end : ring_ends) {
    out.push_back(std::min(end, radius_km));
    if (end >= radius_km) break;
  }
  return out;
}

int ring_of(double km, bool same_town) {
  if (same_town) return 0;
  return static_cast<int>(std::ranges::lower_bound(ring_ends, km) - ring_ends.begin());
}

double benefit_of_doubt(double showings) { return 0.3 / std::sqrt(std::max(showings, 0.0) + 4); }

std::vector<deck_candidate> in_order(std::vector<deck_candidate> all, std::size_t size) {
  const auto before = [](const deck_candidate& a, const deck_candidate& b) {
    if (a.ready.has_value() != b.ready.has_value()) return a.ready.has_value();
    if (a.ready) return *a.ready < *b.ready;
    const int ring_a = ring_of(a.km, a.same_town), ring_b = ring_of(b.km, b.same_town);
    if (ring_a != ring_b) return ring_a < ring_b;
    const double worth_a = worth(a), worth_b = worth(b);
    return worth_a != worth_b ? worth_a > worth_b : a.who < b.who;
  };
  std::ranges::sort(all, before);
  std::vector<deck_candidate> out, likers, others;
  for (const auto& one : all) (one.ready ? out : one.likes_viewer ? likers : others).push_back(one);
  auto liker = likers.begin(), other = others.begin();
  std::size_t since = 1;  // the second place is a liker's, if there is one
  while (out.size() < size && (liker != likers.end() || other != others.end())) {
    if (liker != likers.end() && (since + 1 >= liker_every || other == others.end())) {
      out.push_back(*liker++);
      since = 0;
    } else {
      out.push_back(*other++);
      ++since;
    }
  }
  if (out.size() > size) out.resize(size);
  return out;
}

}  // namespace tandem::dating
