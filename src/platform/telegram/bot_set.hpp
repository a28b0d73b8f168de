#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/part.hpp"
#include "base/clock.hpp"
#include "platform/http/client.hpp"
#include "platform/telegram/dispatcher.hpp"
#include "platform/telegram/sender.hpp"

namespace tandem::telegram {

struct wanted_bot {
  std::string token;
  std::string purpose;  // the owner's own word for it, handed back in bot_started
  send_limits limits;   // a change of these is taken over by the running bot
};

enum class bot_condition {
  starting,  // getMe has not been answered yet; it is tried again
  running,
  unauthorized,  // the token is revoked: waits for another one
  conflict,      // somebody else takes its updates: tried again every few minutes
};
std::string_view name_of(bot_condition condition);

// A bot that answered getMe. Valid until the bot is taken out of the set; do not keep it over an await: ask
// again.
struct live_bot {
  std::int64_t id = 0;
  user me;
  std::string purpose;
  bot_condition condition = bot_condition::starting;
  sender* out = nullptr;
};

struct bot_set_options {
  std::string api_root = "https://api.telegram.org";
  std::chrono::milliseconds refresh{5'000};  // how often the source is asked again
  std::chrono::milliseconds stagger{
      50};  // between the starts of two bots (the server limits logins of new bots)
  std::chrono::milliseconds conflict_pause{180'000};
  // Set: updates come to PUBLIC_URL/<bot id>, and accept() must be called; empty: long polling.
  std::string webhook_url;
  std::string webhook_secret;
  dispatcher_options dispatch;
};

struct bot_set_parts {
  // Which bots there should be now. A failure keeps those that run.
  std::function<task<std::vector<wanted_bot>>()> source;
  // The table of a bot that has just answered getMe.
  std::function<routes(const live_bot& bot)> table;
  // May be empty. State changes, with a sentence for the operator.
  std::function<void(const live_bot& bot, std::string_view detail)> changed;
  std::function<void(std::int64_t bot_id, std::int64_t chat_id, refusal why)> chat_closed;
  std::function<void(std::int64_t bot_id, std::int64_t from, std::int64_t to)> chat_migrated;
  dispatcher_report report;
};

// Many bots in one process. Each has its own sender, updates and state; one that fails does not touch the
// others. Bots are added and removed when the source says so, without a restart.
class bot_set : public async::part {
 public:
  // Asks the source now instead of at the next refresh; returns when the changes have been begun.
  virtual task<> refresh() = 0;
  virtual std::vector<live_bot> bots() const = 0;
  // By id; nothing while it has not answered getMe.
  virtual std::optional<live_bot> find(std::int64_t bot_id) const = 0;
  // One webhook request for a bot; 404 as not_understood when the bot is not here.
  virtual task<webhook_verdict> accept(std::int64_t bot_id, std::string_view secret_header,
                                       std::string body) = 0;
};

// The log, transport and clock must outlive the set.
std::unique_ptr<bot_set> make_bot_set(executor on, http::client& transport, update_log& log,
                                      const clock& time, bot_set_options options, bot_set_parts parts);

// The id in front of the colon; nothing if this can't be a token.
std::optional<std::int64_t> bot_id_of(std::string_view token);

}  // namespace tandem::telegram
