#include "hunt/bot/parts.hpp"

namespace tandem::hunt::bot {

telegram::text_message to_message(const screen& what, std::int64_t chat_id, telegram::urgency urgency) {
  telegram::text_message out;
  out.chat_id = chat_id;
  out.text = what.html;
  out.link_preview = telegram::link_preview_options{.is_disabled = true};
  if (!what.keyboard.inline_keyboard.empty()) out.markup = what.keyboard;
  out.options.urgency = urgency;
  return out;
}

telegram::text_edit to_edit(const screen& what, std::int64_t chat_id, std::int64_t message_id,
                            telegram::urgency urgency) {
  telegram::text_edit out;
  out.chat_id = chat_id;
  out.message_id = message_id;
  out.text = what.html;
  out.link_preview = telegram::link_preview_options{.is_disabled = true};
  if (!what.keyboard.inline_keyboard.empty()) out.markup = what.keyboard;
  out.urgency = urgency;
  return out;
}

render_card card_renderer(const parts& with) {
  return [&with](const vacancy_card& card, std::string_view language, instant now) {
    const view to{with.texts, with.categories, std::string(language), "UTC", now};
    return to_message(vacancy(to, card), 0, telegram::urgency::broadcast);
  };
}

render_list list_renderer(const parts& with) {
  return [&with](const card_page& page, std::string_view language, std::string_view zone, instant now) {
    const view to{with.texts, with.categories, std::string(language), std::string(zone), now};
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
