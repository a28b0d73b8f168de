#include "hunt/bot/turn.hpp"

namespace tandem::hunt::bot {
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
  return conversation::introduce(to, [&with, category](std::string_view language) {
    const auto drawn = with.for_reader(std::string(language), "UTC");
    const std::string kind = category ? "about.category_" : "about.main_";
    locale::arguments values;
    if (category) values.emplace_back("title", drawn.title(*category));
    return conversation::introduction{
        commands_in(with, language, !category), drawn.plain(kind + "name", values),
        drawn.plain(kind + "description", values), drawn.plain(kind + "short", values)};
  });
}

}  // namespace tandem::hunt::bot
