#include "hunt/bot/turn.hpp"

namespace tandem::hunt::bot {
namespace {

// Telegram's languages, and ours for each; "" is everybody else. As locale::texts::language_for has it.
constexpr std::pair<std::string_view, std::string_view> spoken[] = {
    {"", "en"}, {"ru", "ru"}, {"uk", "ru"}, {"be", "ru"}, {"kk", "ru"}};

}  // namespace

std::vector<telegram::bot_command> commands_in(const parts& with, std::string_view language, bool main_bot) {
  static constexpr std::string_view of_main[] = {"start",      "menu",     "filters",  "saved",   "replies",
                                                 "plan",       "settings", "help",     "privacy", "terms",
                                                 "paysupport", "export",   "delete_me"};
  static constexpr std::string_view of_category[] = {"start", "privacy", "terms", "delete_me"};
  const std::span<const std::string_view> names =
      main_bot ? std::span<const std::string_view>(of_main) : std::span<const std::string_view>(of_category);
  std::vector<telegram::bot_command> out;
  for (const auto name : names) {
    out.push_back({std::string(name), with.texts.plain(language, "hunt.command." + std::string(name))});
  }
  return out;
}

task<> introduce(const parts& with, telegram::bot_api& to, std::optional<category_id> category) {
  for (const auto& [code, language] : spoken) {
    const std::string client(code);
    telegram::commands_of commands;
    commands.commands = commands_in(with, language, !category);
    commands.language_code = client;
    co_await to.set_my_commands(std::move(commands));

    const view drawn{with.texts, with.categories, std::string(language), "UTC", with.time.now()};
    const std::string kind = category ? "about.category_" : "about.main_";
    locale::arguments values;
    if (category) values.emplace_back("title", drawn.title(*category));
    auto name = drawn.plain(kind + "name", values);
    auto description = drawn.plain(kind + "description", values);
    auto short_description = drawn.plain(kind + "short", values);
    const auto known_name = co_await to.get_my_name(client);
    if (known_name && *known_name != name) co_await to.set_my_name(std::move(name), client);
    const auto known = co_await to.get_my_description(client);
    if (known && *known != description) co_await to.set_my_description(std::move(description), client);
    const auto known_short = co_await to.get_my_short_description(client);
    if (known_short && *known_short != short_description) {
      co_await to.set_my_short_description(std::move(short_description), client);
    }
  }
}

}  // namespace tandem::hunt::bot
