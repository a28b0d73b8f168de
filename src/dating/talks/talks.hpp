#pragma once
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/users.hpp"
#include "async/part.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "dating/ids.hpp"
#include "dating/safety/safety.hpp"
#include "dating/talks/draft.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"
#include "platform/telegram/sender.hpp"

// Matched people talk through the bot. A message is bound to a match and written down (state due) in the
// transaction of its update; the talk courier sends it. Owns dating.talks, messages, removals, appearances,
// and of dating.matches what a talk changes (state, contacts), of dating.days the column messages.
namespace tandem::dating {

class ratings;

// A match as one of the two sees it.
struct talk {
  match_id id;
  user_id other;
  std::string name;  // of the other
  bool open = true;  // false: closed, or the other is banned or gone
  bool closed_by_me = false;
  bool current = false;                               // what this person writes goes here
  bool contact_mine = false, contact_theirs = false;  // who has agreed to share the contact
  instant last_at;
};
inline constexpr int talks_per_page = 6;
struct talk_page {
  std::vector<talk> talks;  // open ones, the latest first
  std::int64_t offset = 0, total = 0;
};

// What became of a message that a person sent to the bot.
enum class sent_state : std::uint8_t {
  accepted,
  again,            // the update came twice: everything was done the first time
  no_talk,          // no current talk, or a reply to what belongs to no talk: to be chosen first
  closed,           // the other has ended it, or is gone; closed_by_me says who
  to_confirm,       // a location: written down, sent when confirm() says so
  kind_refused,     // a document, a poll …
  contact_refused,  // a contact card without the consent of both, or of somebody else
  text_refused,     // carries what may not be sent here: `signs`
  same_opener,      // the same first words have gone to three others
  talks_used_up,    // new talks of this day
  messages_used_up,
};
struct sent_answer {
  sent_state state = sent_state::accepted;
  talk where;                     // unless no_talk
  std::vector<found_sign> signs;  // of text_refused; of accepted: what was hidden
  bool elsewhere = false;         // went to another talk than the current one: it was a reply to its message
};

// One line of a talk that an operator reads.
struct read_line {
  bool by_accused = false;
  instant sent_at;
  kept_content content;
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;  // the original, for copyMessage
};
struct read_talk {
  user_id about;
  std::vector<read_line> lines;
};

enum class edit_state : std::uint8_t { unknown, accepted, text_refused };
enum class removal_state : std::uint8_t { done, not_yours, too_old };
enum class contact_state : std::uint8_t { closed, agreed, both };

// Telegram lets a bot delete a message of a private chat for two days.
inline constexpr std::chrono::hours removable_for{48};
inline constexpr std::chrono::hours content_kept_for{24 * 7};

// A message of a bot that stays and shows somebody, elsewhere than in a talk.
struct appearance {
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;
  user_id about;
  std::string language;  // of who reads it
};

class talks {
 public:
  virtual ~talks() = default;

  // Makes it the talk that the person writes to, in this bot. Nothing for a match of others; a closed one is
  // given back and not opened. The line that says so is pinned by the courier.
  virtual task<std::optional<talk>> open(pg::transaction& in, user_id who, std::int64_t bot_id,
                                         match_id what) = 0;
  virtual task<std::optional<talk>> current(pg::session& in, user_id who) = 0;
  // Nothing for a match of others.
  virtual task<std::optional<talk>> find(pg::session& in, user_id who, match_id what) = 0;
  virtual task<talk_page> list(pg::session& in, user_id who, std::int64_t offset) = 0;

  // A message in the person's chat: to the current talk. A reply is for the talk of what it replies to: a
  // message of theirs, the other's, the pinned line; nothing else that the bot has said tells whom it is for.
  virtual task<sent_answer> send(pg::transaction& in, user_id who, draft what) = 0;
  // The person has edited their message; the other's copy follows.
  virtual task<edit_state> edit(pg::transaction& in, user_id who, draft what) = 0;
  // What became of a location (to_confirm): sent or dropped. Nothing if it is not waiting.
  virtual task<std::optional<talk>> confirm(pg::transaction& in, user_id who, std::int64_t bot_id,
                                            std::int64_t message_id, bool yes) = 0;
  // Deletes one's own message for both.
  virtual task<removal_state> remove(pg::transaction& in, user_id who, std::int64_t bot_id,
                                     std::int64_t message_id) = 0;

  // The newest message that the person has sent in this talk within those two days, for a button.
  virtual task<std::optional<std::int64_t>> last_sent(pg::session& in, user_id who, std::int64_t bot_id,
                                                      match_id what) = 0;

  // The person agrees to share the contact; `both` when the other has agreed, too. Safe to repeat.
  virtual task<contact_state> agree(pg::transaction& in, user_id who, match_id what) = 0;
  // Ends the talk for both: what is on its way is not sent any more. False if it is no open talk of theirs.
  virtual task<bool> unmatch(pg::transaction& in, user_id who, match_id what) = 0;
  // The pinned line shows something else by now (an ended talk, contacts): it is sent anew.
  virtual task<> renew_line(pg::transaction& in, user_id who) = 0;

  // Everything of the person's talks as JSON for their export; the others' words are theirs and not in it.
  virtual task<std::string> export_data(pg::session& in, user_id who) = 0;
  // The message shows this person from now on, whomever it showed before: withdraw_copies() takes it back.
  virtual task<> appears(pg::session& in, appearance where) = 0;
  // Before the rows go with the person: the copies that others have, and what shows the person elsewhere, are
  // deleted, or made unreadable where Telegram does not delete any more. The courier does it, after the
  // commit. How many.
  virtual task<std::int64_t> withdraw_copies(pg::transaction& in, user_id who) = 0;

  // The newest lines of the talk in which this complaint was made, the oldest first, as far as their content
  // is kept; each reading is audited (safety::open_talk).
  virtual task<std::optional<read_talk>> read(pg::transaction& in, user_id by, complaint_id through,
                                              int limit) = 0;

  // Clean-up: content older than seven days, `most` of it at once. How many.
  virtual task<std::int64_t> forget_content(pg::session& in, int most) = 0;
  // Called after each commit that gave the courier something to do.
  virtual void on_news(std::function<void()> told) = 0;
};

struct talk_parts {
  const clock& time;
  accounts::users& people;
  const seal::vault& keys;
  safety& rules;
  ratings* rated = nullptr;  // told of the first message of a match
};
std::unique_ptr<talks> make_talks(talk_parts with, daily_limits limits = {});

// A message on its way, as the courier's words for it need it.
struct carried {
  match_id talk;
  std::string sender_name;
  std::string language;  // of who gets it
  bool current = false;  // they are in this very talk
};
// What the courier says in words; given by dating/bot.
struct courier_words {
  // In front of a text, "" for nothing; and the buttons under a message.
  std::function<std::string(const carried&)> heading;
  std::function<telegram::inline_keyboard_markup(const carried&)> buttons;
  // The pinned line: with whom one talks.
  std::function<telegram::text_message(const talk&, std::string_view language)> line;
  // Cannot be delivered: the other has blocked the bot.
  std::function<telegram::text_message(std::string_view name, std::string_view language)> unreachable;
  // Cannot be delivered: Telegram has refused it for good, or for half an hour.
  std::function<telegram::text_message(std::string_view name, std::string_view language)> not_taken;
  // What stands in place of a message that was deleted too late for Telegram.
  std::function<std::string(std::string_view language)> deleted;
  // The picture in place of one. May be empty: such a photo loses its caption alone.
  std::function<task<std::string>()> blank_picture;
};
struct talk_courier_parts {
  executor on;
  pg::pool& db;
  const clock& time;
  accounts::users& people;
  const seal::vault& keys;
  talks& from;
  std::function<telegram::sender*(std::int64_t bot_id)> senders;  // null where another process serves it
  courier_words words;
};
// Sends what is due, in the order of writing for each person and talk; then edits, removals, pinned lines.
// What was on the wire at a kill may come twice, one message of a person and talk at most; everything else
// once. What Telegram fails at is given up after half an hour; while it takes nothing at all (a revoked
// token, a flood, no connection) everything waits. run_due() does what is due now and returns: for tests.
class talk_courier : public async::part {
 public:
  virtual task<> run_due() = 0;
};
std::unique_ptr<talk_courier> make_talk_courier(talk_courier_parts with,
                                                std::chrono::milliseconds poll = std::chrono::seconds(1));

}  // namespace tandem::dating
