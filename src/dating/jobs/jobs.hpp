// Dating's work in the background. Each function does what is due now, by the clock, in bounded batches; it
// may be called at any pace and be stopped anywhere: what it has done stays done, and is not done twice. The
// numbers say how many people or things it was about.
#pragma once
#include <string>
#include <vector>

#include "dating/growth/growth.hpp"
#include "dating/likes/likes.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/profiles/profiles.hpp"
#include "dating/rating/ratings.hpp"
#include "dating/safety/safety.hpp"
#include "dating/talks/talks.hpp"
#include "platform/tasks/tasks.hpp"

namespace tandem::dating {

class decks;

// All of them outlive the scheduler.
struct job_parts {
  pg::pool& db;
  const clock& time;
  coefficient_store& learned;
  profiles& members;
  photos& pictures;
  decks& deck;
  likes& hearts;
  talks& conversations;
  safety& rules;
  growth& more;
  notices& news;
  bool learn = true;  // false: the coefficients stay as they are
};

inline constexpr std::chrono::days silent_before_asked{30}, asked_before_hidden{7}, away_before_called{30};
inline constexpr std::chrono::hours match_silent_after{72};

// Whoever is silent for 30 days is asked (notice "stale"), and hidden after seven days more.
task<std::int64_t> ask_silent_people(const job_parts& with);
task<std::int64_t> put_away_silent_people(const job_parts& with);
// One notice ("win_back") in the life of a profile, 30 days after it was put away at the earliest.
task<std::int64_t> call_people_back(const job_parts& with);
// A match in which nobody has written for 72 hours: one notice ("nudge", about the match) to whose turn it
// is, once; after 72 hours more without a word it is silent.
task<std::int64_t> nudge_silent_matches(const job_parts& with);
task<std::int64_t> give_up_silent_matches(const job_parts& with);
// Both sides of an invitation: notices "rewarded", about the other.
task<std::int64_t> reward_invitations(const job_parts& with);
// What people wrote to each other, and has served its time: letters, the content of talks.
struct forgotten {
  std::string what;
  std::int64_t rows = 0;
  std::string failure = {};  // of the database, at this alone
};
task<std::vector<forgotten>> forget_words(const job_parts& with);
// The rest of what has: drafts, openers, changes that the engines have learned, figures of days, decks that
// nobody has come for, samples of showings.
task<std::vector<forgotten>> forget_what_is_over(const job_parts& with);
// Fits the coefficients (unless job_parts::learn is off or a version is held).
task<refit_report> learn_coefficients(const job_parts& with);

// The whole list, under names that begin with "dating.".
void add_dating_jobs(tasks::scheduler& to, job_parts with);

}  // namespace tandem::dating
