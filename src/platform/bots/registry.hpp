#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"
#include "platform/telegram/dispatcher.hpp"

namespace tandem::seal {
class vault;
}

namespace tandem::bots {

struct registered_bot {
  std::int64_t id = 0;
  std::string role;             // what it is for: "hunt.main", "hunt.category"
  std::string token;            // opened; never log it
  std::string username, title;  // as getMe told last; may be empty
  std::string last_error;       // for the operator
};

enum class bot_error { no_token };  // the text cannot be a token: ID:SECRET

// The bots of this installation. Tokens lie sealed in the database.
class registry {
 public:
  virtual ~registry() = default;
  // Adding a bot again replaces its token and role. Gives its id.
  virtual task<std::expected<std::int64_t, bot_error>> add(pg::session& in, std::string_view token,
                                                           std::string_view role, std::string_view title) = 0;
  // False if there is no such bot.
  virtual task<bool> remove(pg::session& in, std::int64_t bot_id) = 0;
  // Removes all bots of the role but this one; 0: all of them. Who has gone.
  virtual task<std::vector<std::int64_t>> keep_only(pg::session& in, std::string_view role,
                                                    std::int64_t bot_id) = 0;
  virtual task<std::vector<registered_bot>> list(pg::session& in) = 0;
  // What getMe said, and what is wrong with it ("" for nothing).
  virtual task<> introduce(pg::session& in, std::int64_t bot_id, std::string_view username,
                           std::string_view title, std::string_view error) = 0;
};

// The vault and the clock must outlive it.
std::unique_ptr<registry> make_registry(const seal::vault& secrets, const clock& time);

// Remembers beside the bot which updates have taken effect.
std::unique_ptr<telegram::update_log> make_update_log(pg::session& db);

}  // namespace tandem::bots
