#pragma once
#include <memory>
#include <unordered_map>

#include "async/scope.hpp"
#include "sandbox/bot_api.hpp"

namespace tandem::sandbox {

// Hands updates to the bots that have a webhook: one after another within a chat, up to max_connections side
// by side, again after a failure until the update is too old (as the real server: 1 s, doubling up to a
// minute or two).
class webhooks {
 public:
  webhooks(world& all, bot_api& api, fault_table& faults, http::client& web, async::scope& in)
      : world_(all), api_(api), faults_(faults), web_(web), scope_(in) {}
  // From now on this bot's webhook, whenever it has one, is served.
  void watch(bot& of);

 private:
  struct lane {
    bool busy = false;
    int failures = 0;
    std::chrono::steady_clock::time_point not_before{};
  };
  struct line_up {
    std::unordered_map<std::int64_t, lane> lanes;  // by chat
    int in_flight = 0;
    std::uint64_t epoch = 0;
  };
  task<> serve(bot& of);
  task<> deliver(bot& to, std::shared_ptr<line_up> from, std::int64_t update_id, std::int64_t key,
                 std::string json);

  world& world_;
  bot_api& api_;
  fault_table& faults_;
  http::client& web_;
  async::scope& scope_;
};

}  // namespace tandem::sandbox
