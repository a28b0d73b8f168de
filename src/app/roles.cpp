#include "app/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tandem::app {
namespace {

constexpr std::array<role_info, 10> table{{
    {role::reader, "reader", "source reader", "database, channel pages"},
    {role::classifier, "classifier", "post judge, model judge, model watch",
     "database, the model in share/, the language model"},
    {role::delivery, "delivery", "fan-out, couriers", "database, Bot API; one process per installation"},
    {role::bots, "bots", "main bot, category bots, Dating's bot with its couriers, operator's chat",
     "database, Bot API; one process per installation"},
    {role::scheduler, "scheduler", "periodic jobs, alerts", "database, Bot API"},
    {role::matching, "matching", "Dating's engine in memory, which writes decks", "database"},
    {role::rating, "rating", "Dating's re-rating, reminders and clean-up", "database; one process works"},
    {role::api, "api", "public listener (webhooks)", "database, public_port; runs with bots"},
    {role::relay, "relay", "queue watch: what waits, what died; the relay to RabbitMQ",
     "database, RabbitMQ if it is set"},
    {role::sandbox, "sandbox", "Bot API emulator, channel pages, web chat",
     "a data folder of its own, no database"},
}};

}  // namespace

std::span<const role_info> all_roles() { return table; }

std::expected<std::vector<role>, std::string> parse_roles(const std::vector<std::string>& names) {
  std::vector<role> out;
  for (const auto& name : names) {
    const auto found = std::ranges::find(table, name, &role_info::name);
    if (found == table.end()) {
      return std::unexpected(fmt::format("{} is no role; `tandem roles` lists them", name));
    }
    if (std::ranges::find(out, found->what) == out.end()) out.push_back(found->what);
  }
  if (out.empty()) return std::unexpected("name at least one role; `tandem roles` lists them");
  const auto has = [&](role one) { return std::ranges::find(out, one) != out.end(); };
  if (has(role::api) && !has(role::bots)) {
    return std::unexpected("the role api hands webhook calls to the bots: run it together with bots");
  }
  return out;
}

}  // namespace tandem::app
