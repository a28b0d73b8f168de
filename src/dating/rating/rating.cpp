#include "dating/rating/rating.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem::dating {
namespace {

constexpr std::size_t least_evidence = 500;
constexpr std::array<double, 6> weight_steps{2, 3, 4, 5, 6, 8};
constexpr std::array<double, 5> share_steps{0, 0.2, 0.35, 0.6, 1};
constexpr double clear_gain = 0.001;  // nats per showing; less is noise, and a change costs trust
constexpr double known_yes = 0.98, known_no = 0.02;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double log_odds(double p) {
  const double bounded = std::clamp(p, 0.02, 0.98);
  return std::log(bounded / (1 - bounded));
}

double prior(double primary, const coefficients& with) {
  return logistic(log_odds(with.usual_rate) + with.primary_share * primary);
}

double loss(std::span<const showing_evidence> seen, const coefficients& with) {
  double sum = 0;
  for (const auto& one : seen) {
    const tally known{one.good, one.count, {}};
    const double p = std::clamp(known.rate(prior(one.primary, with), with.receive_weight), 0.02, 0.98);
    sum -= std::log(one.liked ? p : 1 - p);
  }
  return sum / static_cast<double>(seen.size());
}

// The neighbour of `now` among the steps (or itself) with which the loss is least.
template <std::size_t N>
double one_step(const std::array<double, N>& steps, double now, double coefficients::* which,
                coefficients with, std::span<const showing_evidence> seen) {
  const auto at = static_cast<std::ptrdiff_t>(
      std::ranges::min_element(steps, {}, [&](double step) { return std::abs(step - now); }) - steps.begin());
  double best = now, least = loss(seen, with) - clear_gain;
  for (const auto i : {at - 1, at + 1}) {
    if (i < 0 || i >= static_cast<std::ptrdiff_t>(N)) continue;
    with.*which = steps[static_cast<std::size_t>(i)];
    const double lost = loss(seen, with);
    if (lost < least) least = lost, best = with.*which;
  }
  return best;
}

double years_between(const primary_profile& a, const primary_profile& b) {
  return a.age && b.age ? std::abs(*a.age - *b.age) : 0;
}

}  // namespace

pair_score score(const pair_side& viewer, const pair_side& candidate, const primary_model& primary,
                 const coefficients& with, std::optional<bool> judged_back) {
  const double gap = years_between(viewer.profile, candidate.profile);
  const double before = prior(primary.log_odds(features_of(viewer.profile, candidate.profile)), with);
  double like = log_odds(candidate.known.received.rate(before, with.receive_weight)) - with.age_gap * gap;
  like += with.viewer * (log_odds(viewer.known.given.rate(with.usual_rate, 10)) - log_odds(with.usual_rate));
  const double back =
      log_odds(candidate.known.given.rate(with.usual_rate, with.give_weight)) - with.back_age_gap * gap;

  pair_score scored;
  scored.like = logistic(like);
  scored.back = judged_back ? (*judged_back ? known_yes : known_no) : logistic(back);
  scored.match = scored.like * (judged_back ? scored.back : std::pow(scored.back, with.back));
  return scored;
}

void learn(behaviour& viewer, behaviour& candidate, bool liked, const coefficients& with,
           std::optional<instant> at) {
  candidate.received.add(liked, with.memory, at);
  viewer.given.add(liked, with.memory, at);
}

coefficients refit(const coefficients& from, std::span<const showing_evidence> seen) {
  if (seen.size() < least_evidence) return from;
  coefficients fitted = from;
  fitted.receive_weight =
      one_step(weight_steps, from.receive_weight, &coefficients::receive_weight, fitted, seen);
  fitted.primary_share =
      one_step(share_steps, from.primary_share, &coefficients::primary_share, fitted, seen);
  ++fitted.version;
  return fitted;
}

}  // namespace tandem::dating
