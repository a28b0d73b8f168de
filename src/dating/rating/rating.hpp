// Level 3 of the rating: what is known of both, for this viewer and this candidate (docs/rating.md).
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "dating/rating/behaviour.hpp"
#include "dating/rating/primary.hpp"

namespace tandem::dating {

// The numbers of the formula. Those that depend on the people are refitted to their judgements (refit());
// the defaults are what ranking.md's references and our own replay agree on.
struct coefficients {
  double receive_weight = 4;    // k: how many showings the prior of being liked is worth
  double give_weight = 6;       // the same for how readily a person likes
  double primary_share = 0.35;  // how much of level 1's log-odds goes into the prior
  double memory = 0.96;         // see tally::add
  double viewer = 0.02;         // weight of the viewer's own readiness: orders nothing within one deck
  double age_gap = 0.01;        // log-odds per year between the two, for liking …
  double back_age_gap = 0.03;   // … and for being liked back
  double back = 0.8;            // exponent of the chance to be liked back: it is known less well
  double usual_rate = 0.42;     // likes per showing of everybody, where nothing is known
  double outcome_weight = 8;    // how many expected matches the prior of their rate is worth
  double usual_talk = 0.5;      // of matches, where somebody wrote
  double talk_share = 0.25;     // how much of the talks that begin after a match goes into level 3
  double newcomer = 0.3;        // benefit of the doubt, see rate(): 0.15 of likes per showing for a newcomer
  int version = 0;              // counts refits

  bool operator==(const coefficients&) const = default;
};

struct pair_score {
  double like = 0;   // the chance that the viewer likes the candidate; knows nothing of the reverse judgement
  double back = 0;   // the chance that the candidate likes the viewer back; 0.98 or 0.02 once they judged
  double match = 0;  // what the deck is ordered by
};

struct pair_side {
  const primary_profile& profile;
  const behaviour& known;
};

// `judged_back`: what the candidate has already said about the viewer.
pair_score score(const pair_side& viewer, const pair_side& candidate, const primary_model& primary,
                 const coefficients& with, std::optional<bool> judged_back = std::nullopt);

// The viewer's judgement of the candidate becomes known: both tallies move.
void learn(behaviour& viewer, behaviour& candidate, bool liked, const coefficients& with,
           std::optional<instant> at = std::nullopt);

// What is known of one person from others' reactions.
struct standing {
  behaviour known;
  double matched = 0;  // of the showings in known.received, how many became a match …
  double talked = 0;   // … and of these, in how many somebody wrote; they fade with them
};

// A person's own part of the order: what a shortlist is ordered by before it is known who looks.
struct rating {
  double level1 = 0;  // log-odds of the profile, for a viewer of whom nothing is known
  double level2 = 0;  // likes per showing, smoothed
  double level3 = 0;  // matches that a showing is worth, outcomes and the benefit of the doubt weighed in
};
// What outcomes say beyond the two rates, as a factor of level 3: matches against those that the rates let
// expect (0.5 to 2), and talks after a match.
double lift(const standing& of, double level2, double readiness, const coefficients& with, instant now);
// `level1` as primary_model::log_odds() gives it; `now`: what was learned longer ago has faded.
rating rate(const standing& of, double level1, const coefficients& with, instant now);

// One showing as it was known at its moment: what k is refitted to.
struct showing_evidence {
  double good = 0, count = 0;  // the candidate's received tally
  double primary = 0;          // level 1's log-odds
  bool liked = false;
};

// How badly the formula would have foretold these showings: log loss, nats per showing.
double log_loss(std::span<const showing_evidence> seen, const coefficients& with);
inline constexpr double clear_gain = 0.001;  // of log loss; less is noise, and a change costs trust
// Moves receive_weight, primary_share and usual_rate one step (within 2..8, 0..1 and 0.05..0.7) towards what
// would have foretold these showings clearly better and counts the version; too few showings: as they were.
coefficients refit(const coefficients& from, std::span<const showing_evidence> seen);

}  // namespace tandem::dating
