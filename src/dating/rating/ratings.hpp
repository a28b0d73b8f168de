// The stored ratings: what every judgement, match and talk changes, and how the deck asks for them. The
// formulas are in rating.hpp; docs/rating.md explains them. Owns dating.ratings and rating_evidence.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "dating/rating/coefficients.hpp"
#include "dating/rating/rating.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::dating {

// A person's rating as it is stored, with its parts.
struct stored_rating {
  user_id who;
  standing known;
  rating value;
  int version = 0;  // of the coefficients
  instant rated_at;
};

struct rating_entry {  // of the history
  instant at;          // a day (UTC) on which it moved: the last value
  rating value;
  int version = 0;
};

struct scored_candidate {
  user_id who;
  pair_score score;     // order by `match`, the largest first; outcomes are weighed in
  double showings = 0;  // to others, that it comes from, faded ones for less
};

// Statements run in the session given, so that a rating moves in the transaction of what moved it.
class ratings {
 public:
  virtual ~ratings() = default;

  // The viewer has liked or skipped the candidate: both tallies move and both are rated anew soon. One
  // statement; it locks the two rows in the order of their ids, so that two people who judge each other do
  // not wait for each other in a circle. Makes rows that are not there yet.
  virtual task<> judged(pg::session& in, user_id viewer, user_id candidate, bool liked) = 0;
  // The judgement is taken back; `matched`: the match that it made goes with it.
  virtual task<> unjudged(pg::session& in, user_id viewer, user_id candidate, bool liked, bool matched) = 0;
  // They like each other: after judged() of the second like, once.
  virtual task<> matched(pg::session& in, user_id one, user_id other) = 0;
  // Somebody wrote in their match for the first time.
  virtual task<> talked(pg::session& in, user_id one, user_id other) = 0;
  // What level 1 reads has changed: the profile or the photos; also of a profile that is new.
  virtual task<> changed(pg::session& in, user_id who) = 0;

  // Level 3 for this viewer and each of these candidates, in their order; one statement. Who has no profile
  // is left out.
  virtual task<std::vector<scored_candidate>> score(pg::session& in, user_id viewer,
                                                    std::vector<user_id> candidates) = 0;

  virtual task<std::optional<stored_rating>> find(pg::session& in, user_id who) = 0;
  // The latest first.
  virtual task<std::vector<rating_entry>> history(pg::session& in, user_id who, int limit) = 0;
};

// All of them outlive it.
struct rating_parts {
  const clock& time;
  coefficient_store& learned;
};
std::unique_ptr<ratings> make_ratings(rating_parts with);

// ---- re-rating, in the background

// A rating is written, and its history noted, where it has moved by more than this since it was written:
// one in a hundred of likes or matches per showing, or as much of level 1 as moves them so.
inline constexpr double rating_step = 0.01, level1_step = 0.1;
inline constexpr std::chrono::days rating_history_kept{90};

struct rerating_report {
  std::int64_t looked_at = 0;
  std::int64_t written = 0;    // ratings that moved; as many rows of history
  std::int64_t overtaken = 0;  // changed meanwhile: they are dirty and come with the next incremental one
};

// Those about whom something has happened, at most `limit` of them.
task<rerating_report> rerate_dirty(pg::pool& db, const clock& time, coefficient_store& learned,
                                   int limit = 100'000);
// Everybody who has a rating, in bounded batches of a transaction each, three batches at a time. Safe to stop
// and to repeat. Profiles are read again only where the coefficients are newer than the last run, and of
// those about whom something has happened; the judgements are never read. (A birthday alone is waited with.)
task<rerating_report> rerate_all(pg::pool& db, const clock& time, coefficient_store& learned);
// Samples of showings beyond the latest hundred thousand, `most` at once; how many.
task<std::int64_t> forget_old_evidence(pg::session& in, int most);

}  // namespace tandem::dating
