#include "app/own_bots.hpp"

#include <stdexcept>

#include "app/dating_parts.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

struct own_bot {
  std::string_view setting, role;
  const std::string& token;
};

}  // namespace

task<> keep_own_bots(pg::session& in, bots::registry& registry, const settings& all, bool retire) {
  const log::logger log("bots");
  const own_bot own[] = {{"main_bot_token", hunt_role, all.main_bot_token},
                         {"dating_bot_token", dating_role, all.dating_bot_token}};
  std::int64_t kept[std::size(own)] = {};
  for (std::size_t i = 0; i < std::size(own); ++i) {
    if (own[i].token.empty()) continue;
    const auto id = co_await registry.add(in, own[i].token, own[i].role, "");
    if (!id) {
      throw std::runtime_error(std::string(own[i].setting) +
                               " is no token: BotFather gives one like 123456789:AAF…");
    }
    kept[i] = *id;
  }
  // After both: a bot that has changed its product is none of the first any more.
  for (std::size_t i = 0; retire && i < std::size(own); ++i) {
    const auto gone = co_await registry.keep_only(in, own[i].role, kept[i]);
    for (const auto id : gone) {
      log.info("a bot whose token is in the settings no more was taken out of use",
               {{"bot", id}, {"setting", own[i].setting}});
    }
  }
}

}  // namespace tandem::app
