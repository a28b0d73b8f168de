#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/users.hpp"
#include "async/task.hpp"
#include "hunt/categories.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

struct reader {
  user_id id;
  std::int64_t telegram_id = 0;
  std::string language;
  std::string time_zone;
  bool paused = false;
  std::optional<instant> trial_started_at;
  std::optional<instant> right_until;  // vacancies come until then
};

// A category that a person has chosen, and who brings it.
struct choice {
  category_id category;
  std::int64_t bot_id = 0;  // a category bot, or the main bot while the category has none
  bool started = false;     // the person has started that bot and not blocked it
  bool reminded = false;
};

struct reader_settings {
  std::chrono::hours trial{48};
  int warn_readers_per_bot =
      1000;  // 30 messages a second are 1,800 a minute: above this the minute is in danger
};

// The people who read Hunt: what they chose, through which bot it comes, until when they have the right to
// it. Bots of a category share its readers: a new choice goes to the active bot with the fewest readers.
class readers {
 public:
  virtual ~readers() = default;

  // Copies what delivery needs from accounts: call it after users::meet, set_language, set_time_zone.
  virtual task<reader> keep(pg::session& in, const accounts::user& who) = 0;
  virtual task<std::optional<reader>> find(pg::session& in, user_id who) = 0;

  virtual task<std::vector<choice>> choices(pg::session& in, user_id who) = 0;
  // Sets the choice (not "toggles": a repeated press is harmless). The bot is assigned here. `started` is
  // true at once when that bot may already write to the person.
  virtual task<> choose(pg::session& in, user_id who, category_id what, bool wanted) = 0;
  // Starts the trial with the first choice that is confirmed; once in a life. The reader as it is now.
  virtual task<reader> begin_trial(pg::session& in, user_id who) = 0;
  virtual task<> pause(pg::session& in, user_id who, bool paused) = 0;

  // The person pressed Start in a bot: what comes through it is ticked. In a category bot, /start without a
  // choice subscribes to its category. Returns the category of that bot, if it is a category bot.
  virtual task<std::optional<category_id>> started(pg::session& in, user_id who, std::int64_t bot_id) = 0;
  virtual task<> blocked(pg::session& in, user_id who, std::int64_t bot_id) = 0;
  // The person unblocked the bot without pressing Start: it may write again, and nothing is chosen for them.
  virtual task<> unblocked(pg::session& in, user_id who, std::int64_t bot_id) = 0;

  // Chosen bots that were never started, not reminded yet, chosen before `chosen_before`: reminded once.
  struct waiting_start {
    reader who;
    std::vector<choice> bots;
  };
  virtual task<std::vector<waiting_start>> take_unreminded(pg::session& in, instant chosen_before,
                                                           int limit) = 0;
  // Trials (and later plans) that have ended in the last week: each end is given once.
  virtual task<std::vector<reader>> take_ended(pg::session& in, int limit) = 0;

  // A bot was added to or removed from a category: readers are shared out anew, moved without loss. Those who
  // have to start a bot are told by one message; until they do, the bot that served them goes on.
  struct moved {
    reader who;
    category_id category;
    std::int64_t from_bot = 0, to_bot = 0;
  };
  virtual task<std::vector<moved>> share_out(pg::session& in, category_id what) = 0;
  // What waits to be sent by a bot that was taken away goes to who brings the category now, else to the main
  // bot.
  virtual task<> move_waiting(pg::session& in) = 0;
  // The person has been told by the message about the move that this bot waits for its Start.
  virtual task<> told(pg::session& in, user_id who, category_id what) = 0;
  // Readers per bot above the warning mark.
  struct crowded {
    std::int64_t bot_id = 0;
    std::int64_t readers = 0;
  };
  virtual task<std::vector<crowded>> crowded_bots(pg::session& in) = 0;

  // What Hunt keeps about the person, as JSON; erasing goes with accounts::users::erase.
  virtual task<std::string> export_data(pg::session& in, user_id who) = 0;
};

// main_bot: who delivers a category without a bot of its own.
std::unique_ptr<readers> make_readers(const clock& time, std::int64_t main_bot, reader_settings settings);

}  // namespace tandem::hunt
