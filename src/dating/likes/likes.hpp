// What people say of each other, and what comes of it: likes, letters, matches, undo, who liked me.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "dating/ids.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::dating {

class notices;
class ratings;

// Per person and day (UTC); 0: not limited.
struct like_limits {
  int likes = 100, premium_likes = 0;
  int letters = 3, premium_letters = 20;
  int undos = 1, premium_undos = 0;
};
inline constexpr std::size_t longest_letter = 300;  // code points

struct judgement {
  user_id viewer, candidate;
  bool liked = false;
  std::string letter = {};  // only of a like
  bool premium = false;     // which of the limits hold
};
enum class judge_refusal : std::uint8_t {
  not_shown,      // neither in the viewer's deck nor one who likes them, or out of reach by now
  likes_used_up,  // till the next day
  letters_used_up,
  letter_too_long
};
struct judged {
  bool again = false;             // was judged before, and stays as it was: a press that came twice
  std::optional<match_id> match;  // it is mutual; both are told by notices of kind "match"
};

enum class undo_refusal : std::uint8_t {
  nothing,  // not the last one, or it is longer ago
  used_up,  // till the next day, without premium
  opened    // the match has been written in
};

struct liker {
  user_id who;
  instant liked_at;
  bool letter = false;
};
struct likers_page {
  std::vector<liker> people;
  std::int64_t total = 0;
};

struct match {
  match_id id;
  user_id other;
  std::string name;    // of the other
  std::string state;   // new, opened, answered, silent, closed
  bool by_me = false;  // this person's like was the second
  instant matched_at, last_at;
};
struct match_page {
  std::vector<match> matches;
  std::int64_t offset = 0, total = 0;
};
inline constexpr int matches_per_page = 6;

class likes {
 public:
  virtual ~likes() = default;
  // Both at once, on two devices or twice: one judgement each, and one match of the two.
  virtual task<std::expected<judged, judge_refusal>> judge(pg::transaction& in, judgement what) = 0;
  // Whom the viewer judged last, within a day.
  virtual task<std::optional<user_id>> last(pg::session& in, user_id viewer) = 0;
  // Takes the judgement of `candidate` back, if it is the viewer's last of the last day, with the match of it
  // as long as nobody has written; they come next in the deck. A press that comes twice finds nothing.
  virtual task<std::expected<void, undo_refusal>> undo(pg::transaction& in, user_id viewer, user_id candidate,
                                                       bool premium) = 0;

  // Who likes the viewer and can be opened now: active, not blocked by either, not judged yet. The count is
  // the number of exactly those.
  virtual task<std::int64_t> likers_count(pg::session& in, user_id viewer) = 0;
  // The latest first.
  virtual task<likers_page> likers(pg::session& in, user_id viewer, std::int64_t offset, int limit) = 0;
  // The letter with a like for this viewer; empty: none, or it is older than seven days.
  virtual task<std::string> letter(pg::session& in, user_id from, user_id viewer) = 0;

  // Those that are not closed first, the latest first; past the end the last page.
  virtual task<match_page> matches(pg::session& in, user_id who, std::int64_t offset) = 0;
  // Nothing for a match of others.
  virtual task<std::optional<match>> find_match(pg::session& in, user_id who, match_id what) = 0;
  // Erases letters that are older than seven days, `most` of them at once; how many. For a periodic job.
  virtual task<std::int64_t> forget_letters(pg::session& in, int most) = 0;
};

struct likes_parts {
  const clock& time;
  const seal::vault& vault;
  notices& news;
  ratings* rated = nullptr;  // told of every judgement
};
std::unique_ptr<likes> make_likes(likes_parts with, like_limits limits = {});

}  // namespace tandem::dating
