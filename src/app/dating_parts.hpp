#pragma once
#include <functional>
#include <memory>
#include <string>

#include "app/leads.hpp"
#include "app/settings.hpp"
#include "async/offload.hpp"
#include "async/part.hpp"
#include "async/scope.hpp"
#include "conversation/turn.hpp"
#include "dating/talks/talks.hpp"
#include "platform/blob/blob.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/queue/queue.hpp"
#include "platform/seal/vault.hpp"
#include "platform/tasks/tasks.hpp"
#include "platform/telegram/dispatcher.hpp"

// Dating in a process, by the operator's settings.
namespace tandem::app {

inline constexpr std::string_view dating_role = "dating.main";  // of the registry of bots

// "5, 20, 60": how much people of trust 0, 1 and 2 may do on a day. Nothing for a list that is none.
std::optional<std::array<int, 3>> read_by_trust(const std::vector<std::string>& numbers);
dating::daily_limits dating_limits_of(const settings& all);

// All of them outlive it.
struct dating_town {
  executor on;
  const settings& all;
  bool sandbox = false;
  const seal::vault& keys;
  blob::store& blobs;
  queue::queue& lanes;
  metrics::registry& figures;
  async::scope& background;
  conversation::stage stage;  // its senders know Dating's bot alone
  std::int64_t bot_id = 0;
  std::function<std::string()> username;
};

class dating_house {
 public:
  virtual ~dating_house() = default;
  // The bot's table; what it says of itself; that it may not write to a chat any more.
  virtual telegram::routes routes() = 0;
  virtual task<> introduce() = 0;
  virtual task<> chat_closed(std::int64_t chat_id) = 0;
  // Before an account is erased with all that hangs on it: what others still have of the person is taken
  // back, and that it was erased is noted.
  virtual task<> erase(pg::transaction& in, const accounts::user& who) = 0;

  // What sends notices and talks, and ends what a killed process has begun with photos and around the
  // operator's chats: beside the bot, under its lead, where the photos lie.
  virtual std::unique_ptr<async::part> couriers(pg::pool& db) = 0;
  // The role matching.
  virtual std::unique_ptr<async::part> matching() = 0;
  // The role rating; `db` is its leader's.
  virtual void add_jobs(tasks::scheduler& to, pg::pool& db) = 0;
};
// Throws std::runtime_error that says what is missing: the list of towns.
std::unique_ptr<dating_house> build_dating(dating_town with);

}  // namespace tandem::app
