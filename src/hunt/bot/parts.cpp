#include "hunt/bot/parts.hpp"

namespace tandem::hunt::bot {

render_card card_renderer(const parts& with) {
  return [&with](const vacancy_card& card, std::string_view language, instant now) {
    auto to = with.for_reader(std::string(language), "UTC");
    to.now = now;
    return to_message(vacancy(to, card), 0, telegram::urgency::broadcast);
  };
}

render_list list_renderer(const parts& with) {
  return [&with](const card_page& page, std::string_view language, std::string_view zone, instant now) {
    auto to = with.for_reader(std::string(language), std::string(zone));
    to.now = now;
    return to_message(card_list(to, page), 0, telegram::urgency::broadcast);
  };
}

std::vector<bringer> to_bringers(const parts& with, const std::vector<choice>& choices) {
  std::vector<bringer> out;
  for (const auto& one : choices) {
    const bool here = one.bot_id == with.main_bot;
    out.push_back({one.category, here ? std::string() : with.username_of(one.bot_id), one.started});
  }
  return out;
}

}  // namespace tandem::hunt::bot
