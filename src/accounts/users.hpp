#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::accounts {

struct user {
  user_id id;
  std::int64_t telegram_id = 0;
  std::string first_name;
  std::string username;   // without @, may be empty
  std::string language;   // "ru" or "en"
  std::string time_zone;  // IANA name or fixed offset
  instant created_at;
};

// A person as Telegram shows them in an update.
struct seen_person {
  std::int64_t telegram_id = 0;
  std::string first_name;
  std::string username;
  std::string language_code;
};

struct journal_entry {
  instant at;
  std::string action;   // "chose_category"
  std::string screen;   // "categories"
  std::string subject;  // "design"
};

// People, the bots they have started, and the journal of what they did. Every statement runs in the session
// given, so that a caller puts it into its own transaction.
class users {
 public:
  virtual ~users() = default;

  // Finds the person or makes them; keeps name and username fresh, and the language while it was not chosen
  // by hand.
  virtual task<user> meet(pg::session& in, seen_person person) = 0;
  virtual task<std::optional<user>> find(pg::session& in, user_id who) = 0;
  virtual task<std::optional<user>> find_by_telegram(pg::session& in, std::int64_t telegram_id) = 0;
  // Whoever was seen with it last; names are compared without case, and may begin with @. For commands.
  virtual task<std::optional<user>> find_by_username(pg::session& in, std::string_view username) = 0;
  virtual task<> set_language(pg::session& in, user_id who, std::string_view language) = 0;
  virtual task<> set_time_zone(pg::session& in, user_id who, std::string_view zone) = 0;

  // The person pressed Start in a bot, or unblocked it / blocked it, or their account is gone.
  virtual task<> started(pg::session& in, user_id who, std::int64_t bot_id) = 0;
  virtual task<> blocked(pg::session& in, user_id who, std::int64_t bot_id) = 0;
  // True while the bot may write to the person.
  virtual task<bool> can_reach(pg::session& in, user_id who, std::int64_t bot_id) = 0;
  virtual task<std::vector<std::int64_t>> reachable_bots(pg::session& in, user_id who) = 0;

  // No private text, ever: an action, the screen that it came from, an id or a slug. `product`: whose bot it
  // was ("hunt").
  virtual task<> note(pg::session& in, user_id who, std::string_view product, std::string_view action,
                      std::string_view screen, std::string_view subject) = 0;
  virtual task<std::vector<journal_entry>> journal(pg::session& in, user_id who, int limit) = 0;
  // Retention: erases entries older than `before`; how many.
  virtual task<std::int64_t> forget_journal(pg::session& in, instant before) = 0;
  // Erases what the person did in this product's bots: they have left it, and not the others.
  virtual task<> erase_journal(pg::session& in, user_id who, std::string_view product) = 0;

  // Everything that accounts keeps about the person, as JSON.
  virtual task<std::string> export_data(pg::session& in, user_id who) = 0;
  // Erases the person; other rooms' rows go with it (ON DELETE CASCADE). Only that a deletion happened is
  // kept.
  virtual task<> erase(pg::session& in, user_id who) = 0;
};

std::unique_ptr<users> make_users(const clock& time);

// The operator's chats, claimed with a one-time code of `tandem admin create`.
struct operator_chat {
  std::int64_t bot_id = 0;
  std::int64_t chat_id = 0;
  user_id who;
};
class operators {
 public:
  virtual ~operators() = default;
  // A new code, valid for 24 hours; only its hash is kept. Sent to the main bot as `/claim CODE` or a deep
  // link.
  virtual task<std::string> new_code(pg::session& in) = 0;
  // False for a code that is wrong, used or expired.
  virtual task<bool> claim(pg::session& in, std::string_view code, operator_chat chat) = 0;
  virtual task<std::vector<operator_chat>> chats(pg::session& in) = 0;
  virtual task<bool> is_operator(pg::session& in, user_id who) = 0;
  virtual task<> forget(pg::session& in, operator_chat chat) = 0;
  // Telegram gave the chat another id (a group became a supergroup).
  virtual task<> moved(pg::session& in, std::int64_t bot_id, std::int64_t from, std::int64_t to) = 0;
};

std::unique_ptr<operators> make_operators(const clock& time);

}  // namespace tandem::accounts
