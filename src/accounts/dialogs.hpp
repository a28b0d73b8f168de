#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::accounts {

// What a bot has asked a person and waits for them to type. It survives restarts, and is forgotten after a
// day: by then nobody remembers the question.
class dialogs {
 public:
  virtual ~dialogs() = default;
  // The bot's own word for the question; "" when it waits for nothing.
  virtual task<std::string> waiting_for(pg::session& in, std::int64_t telegram_id, std::int64_t bot_id) = 0;
  // The same for a reply to this message: "" unless that is where the question stands.
  virtual task<std::string> answered_by(pg::session& in, std::int64_t telegram_id, std::int64_t bot_id,
                                        std::int64_t message_id) = 0;
  // "" ends the waiting. A question that waits already stays where it stands.
  virtual task<> wait_for(pg::session& in, user_id who, std::int64_t bot_id, std::string_view what) = 0;
  // The question stands in this message of the person's chat; nothing where another one is waited for by now.
  virtual task<> asked_in(pg::session& in, user_id who, std::int64_t bot_id, std::string_view what,
                          std::int64_t message_id) = 0;
};

std::unique_ptr<dialogs> make_dialogs(const clock& time);

}  // namespace tandem::accounts
