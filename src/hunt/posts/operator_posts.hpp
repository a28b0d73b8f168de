#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "hunt/ids.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// Posts that the operator pasted or forwarded: what became of them, and where that is told.
struct operator_post {
  post_id id;
  std::string state, reason;  // of hunt.posts
  std::string original_url;   // of a repeat
  std::string kind;           // of the verdict: vacancy, cv, none; "" before it
  std::string title;          // of the vacancy
  std::vector<std::int64_t> categories;
  bool withdrawn = false;
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;  // of the answer; message 0: not sent yet
  // Differs whenever the answer would.
  std::string digest() const;
};

// The answer to a post will stand in this chat; a post has one answer, where it was brought first.
task<> keep_operator_post(pg::session& in, post_id post, std::int64_t bot_id, std::int64_t chat_id);
// The same for a post that the source has already: nothing if it is answered. A process may have been killed
// after the post was stored and before this was.
task<std::optional<post_id>> keep_unanswered_post(pg::session& in, source_id from, std::int64_t message_id,
                                                  std::int64_t bot_id, std::int64_t chat_id);
task<std::optional<operator_post>> find_operator_post(pg::session& in, post_id post);
// Those whose answer says something else than what became of them, of the last two days; so many are looked
// at at once.
task<std::vector<operator_post>> untold_operator_posts(pg::session& in, instant now, int at_once);
task<> told_operator_post(pg::session& in, post_id post, std::int64_t message_id, std::string digest);
// Takes one back: it is dropped, its vacancy withdrawn. False if it is none of the operator's.
task<bool> undo_operator_post(pg::pool& database, post_id post);

}  // namespace tandem::hunt
