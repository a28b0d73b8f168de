#include "dating/rating/rating.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem::dating {
namespace {

constexpr std::size_t least_evidence = 500;
constexpr std::array<double, 6> weight_steps{2, 3, 4, 5, 6, 8};
constexpr std::array<double, 5> share_steps{0, 0.2, 0.35, 0.6, 1};
constexpr std::array<double, 12> rate_steps{0.05, 0.08, 0.12, 0.16, 0.2, 0.25,
                                            0.3,  0.36, 0.42, 0.5,  0.6, 0.7};
constexpr double least_lift = 0.5;
constexpr double known_yes = 0.98, known_no = 0.02;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double log_odds(double p) {
  const double bounded = std::clamp(p, 0.02, 0.98);
  return std::log(bounded / (1 - bounded));
}

double prior(double primary, const coefficients& with) {
  return logistic(log_odds(with.usual_rate) + with.primary_share * primary);
}

// The neighbour of `now` among the steps (or itself) with which the loss is least.
template <std::size_t N>
double one_step(const std::array<double, N>& steps, double now, double coefficients::* which,
                coefficients with, std::span<const showing_evidence> seen) {
  const auto at = static_cast<std::ptrdiff_t>(
      std::ranges::min_element(steps, {}, [&](double step) { return std::abs(step - now); }) - steps.begin());
  double best = now, least = log_loss(seen, with) - clear_gain;
  for (const auto i : {at - 1, at + 1}) {
    if (i < 0 || i >= static_cast<std::ptrdiff_t>(N)) continue;
    with.*which = steps[static_cast<std::size_t>(i)];
    const double lost = log_loss(seen, with);
    if (lost < least) least = lost, best = with.*which;
  }
  return best;
}

double years_between(const primary_profile& a, const primary_profile& b) {
  return a.age && b.age ? std::abs(*a.age - *b.age) : 0;
}

}  // namespace

double log_loss(std::span<const showing_evidence> seen, const coefficients& with) {
  double sum = 0;
  for (const auto& one : seen) {
    const tally known{one.good, one.count, {}};
    const double p = std::clamp(known.rate(prior(one.primary, with), with.receive_weight), 0.02, 0.98);
    sum -= std::log(one.liked ? p : 1 - p);
  }
  return sum / static_cast<double>(seen.size());
}

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

double lift(const standing& of, double level2, double readiness, const coefficients& with, instant now) {
  const auto& received = of.known.received;
  const auto seen = received.faded(now);
  const double left =
      received.count > 0 ? seen.count / received.count : 1;  // matches fade with their showings
  const double matched = of.matched * left, talked = std::min(of.talked * left, matched);
  const double expected = seen.count * level2 * readiness;
  const double outcome = std::clamp((matched + with.outcome_weight) / (expected + with.outcome_weight),
                                    least_lift, 1 / least_lift);
  const double talks =
      (talked + with.give_weight * with.usual_talk) / (matched + with.give_weight) / with.usual_talk;
  return outcome * std::pow(talks, with.talk_share);
}

rating rate(const standing& of, double level1, const coefficients& with, instant now) {
  const auto received = of.known.received.faded(now), given = of.known.given.faded(now);
  rating is;
  is.level1 = level1;
  is.level2 = received.rate(prior(level1, with), with.receive_weight);
  const double readiness = given.rate(with.usual_rate, with.give_weight);
  // An upper confidence bound: who is not known yet reaches decks, and is not stuck there.
  const double doubt = with.newcomer / std::sqrt(received.count + 4);
  is.level3 =
      (is.level2 + doubt) * std::pow(readiness, with.back) * lift(of, is.level2, readiness, with, now);
  return is;
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
  fitted.usual_rate = one_step(rate_steps, from.usual_rate, &coefficients::usual_rate, fitted, seen);
  ++fitted.version;
  return fitted;
}

}  // namespace tandem::dating
