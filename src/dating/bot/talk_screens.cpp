#include "dating/bot/talk_screens.hpp"

#include "dating/bot/safety_screens.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

keyboard to_deck(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.deck"), std::string(press::deck));
  return keys;
}

keyboard back_to_line(const view& to, const talk& what, keyboard keys = {}) {
  keys.callback(to.plain("button.back"), press::data(press::talk_line, what.id.value));
  return keys;
}

keyboard contact_keys(const view& to, const talk& what) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.agree"), press::data(press::talk_agree, what.id.value));
  return keys;
}

screen plain_text(const view& to, std::string_view key, const locale::arguments& with = {}) {
  return {to.html(key, with), {}};
}

}  // namespace

screen talk_line(const view& to, const talk& what) {
  if (!what.open) return {to.html("talk.closed", {{"name", what.name}}), to_deck(to).build()};
  auto text = to.html("talk.line", {{"name", what.name}});
  if (what.contact_mine && what.contact_theirs) {
    text += "\n" + to.html("talk.line_contact_both");
  } else if (what.contact_mine || what.contact_theirs) {
    text += "\n" + to.html(what.contact_mine ? "talk.line_contact_mine" : "talk.line_contact_theirs");
  }
  keyboard keys;
  keys.row().callback(to.plain("talk_button.switch"), std::string(press::talks));
  if (!(what.contact_mine && what.contact_theirs)) {
    keys.callback(to.plain("talk_button.contact"), press::data(press::talk_contact, what.id.value));
  }
  keys.callback(to.plain("talk_button.end"), press::data(press::talk_end, what.id.value));
  keys.row().callback(to.plain("talk_button.more"), press::data(press::talk_more, what.id.value));
  return {std::move(text), keys.build()};
}

screen talk_list(const view& to, const talk_page& page, bool asks_for_whom) {
  if (page.talks.empty()) return {to.html("talk.list_none"), to_deck(to).build()};
  keyboard keys;
  int place = 0;
  for (const auto& one : page.talks) {
    if (place++ % 2 == 0) keys.row();
    keys.callback(one.current ? to.plain("talk_button.current", {{"name", one.name}}) : one.name,
                  press::data(press::talk_open, one.id.value));
  }
  keys.row();
  if (page.offset > 0) {
    keys.callback(to.plain("talk_button.newer"),
                  press::data(press::talk_page, std::max<std::int64_t>(0, page.offset - talks_per_page)));
  }
  if (page.offset + std::ssize(page.talks) < page.total) {
    keys.callback(to.plain("talk_button.older"), press::data(press::talk_page, page.offset + talks_per_page));
  }
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  return {to.html(asks_for_whom ? "talk.list_whom" : "talk.list"), keys.build()};
}

screen talk_more(const view& to, const talk& what) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.last"), press::data(press::talk_last, what.id.value));
  keys.callback(to.plain("talk_button.complain"),
                press::data(press::complain, what.other.value, what.id.value));
  keys.row();
  return {to.html("talk.more", {{"name", what.name}}), back_to_line(to, what, std::move(keys)).build()};
}

screen ask_end(const view& to, const talk& what) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.yes_end"), press::data(press::talk_unmatch, what.id.value));
  keys.callback(to.plain("talk_button.complain"),
                press::data(press::complain, what.other.value, what.id.value));
  keys.row();
  return {to.html("talk.ask_end", {{"name", what.name}}), back_to_line(to, what, std::move(keys)).build()};
}

screen ended(const view& to, std::string_view name) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.deck"), std::string(press::deck));
  keys.callback(to.plain("talk_button.switch"), std::string(press::talks));
  return {to.html("talk.ended", {{"name", name}}), keys.build()};
}

screen ask_to_drop(const view& to, const talk& what, std::int64_t message_id) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.yes_drop"),
                      press::data(press::talk_drop, what.id.value, message_id));
  return {to.html("talk.ask_drop"), back_to_line(to, what, std::move(keys)).build()};
}

screen how_to_delete(const view& to) { return plain_text(to, "talk.how_to_delete"); }

screen ask_contact(const view& to, const talk& what) {
  return {to.html("talk.ask_contact", {{"name", what.name}}),
          back_to_line(to, what, contact_keys(to, what)).build()};
}

screen contact_asked(const view& to, const talk& what) {
  auto keys = contact_keys(to, what);
  keys.callback(to.plain("talk_button.not_now"), std::string(press::talk_not_now));
  return {to.html("talk.contact_asked", {{"name", what.name}}), keys.build()};
}

screen contact(const view& to, const talk& what, std::string_view link, bool own_username) {
  screen out{to.html("talk.contact", {{"name", what.name}, {"link", link}}), {}};
  if (own_username) return out;
  out.html += "\n" + to.html("talk.contact_no_username");
  telegram::reply_keyboard keys;
  keys.row().contact(to.plain("talk_button.share")).one_time();
  out.typing = keys.build();
  return out;
}

screen contact_sent(const view& to, std::string_view name) {
  screen out{to.html("talk.contact_sent", {{"name", name}}), {}};
  out.typing = telegram::reply_keyboard_remove{};
  return out;
}

screen ask_place(const view& to, const talk& what, std::int64_t message_id) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.send_place"), press::data(press::talk_place, message_id, 1));
  keys.callback(to.plain("talk_button.drop_place"), press::data(press::talk_place, message_id, 0));
  return {to.html("talk.ask_place", {{"name", what.name}}), keys.build()};
}

std::optional<screen> answer_to(const view& to, const sent_answer& what, std::int64_t message_id) {
  const auto& name = what.where.name;
  switch (what.state) {
    case sent_state::again:
    case sent_state::no_talk: return std::nullopt;
    case sent_state::accepted: {
      if (std::ranges::none_of(what.signs, [](const found_sign& one) { return is_contact(one.what); })) {
        return std::nullopt;
      }
      return screen{to.html("talk.hidden"), contact_keys(to, what.where).build()};
    }
    case sent_state::closed:
      if (what.where.closed_by_me) return screen{to.html("talk.closed_mine"), to_deck(to).build()};
      return screen{to.html("talk.closed_theirs", {{"name", name}}), to_deck(to).build()};
    case sent_state::to_confirm: return ask_place(to, what.where, message_id);
    case sent_state::kind_refused: return plain_text(to, "talk.kind_refused");
    case sent_state::contact_refused:
      return screen{to.html("talk.contact_refused"), contact_keys(to, what.where).build()};
    case sent_state::text_refused: {
      const auto why = what.signs.empty() ? std::string() : say_sign(to, what.signs.front().what);
      return plain_text(to, "talk.held", {{"why", why}});
    }
    case sent_state::same_opener: return plain_text(to, "talk.same_opener", {{"name", name}});
    case sent_state::talks_used_up: return plain_text(to, "talk.talks_used_up");
    case sent_state::messages_used_up: return plain_text(to, "talk.messages_used_up");
  }
  return std::nullopt;
}

screen edit_refused(const view& to) { return plain_text(to, "talk.edit_refused"); }

courier_words words_of(const parts& with) {
  const auto in = [&with](std::string_view language) {
    return with.for_person(std::string(language), "UTC");
  };
  courier_words out;
  out.heading = [](const carried& how) { return how.current ? std::string() : how.sender_name; };
  out.buttons = [in](const carried& how) {
    if (how.current) return telegram::inline_keyboard_markup{};
    keyboard keys;
    keys.row().callback(in(how.language).plain("talk_button.open_of", {{"name", how.sender_name}}),
                        press::data(press::talk_open, how.talk.value));
    return keys.build();
  };
  out.line = [in](const talk& what, std::string_view language) {
    return conversation::to_message(talk_line(in(language), what), 0, telegram::urgency::reply);
  };
  out.unreachable = [in](std::string_view name, std::string_view language) {
    const auto said = plain_text(in(language), "talk.unreachable", {{"name", name}});
    return conversation::to_message(said, 0, telegram::urgency::reply);
  };
  out.not_taken = [in](std::string_view name, std::string_view language) {
    const auto said = plain_text(in(language), "talk.not_taken", {{"name", name}});
    return conversation::to_message(said, 0, telegram::urgency::reply);
  };
  out.deleted = [in](std::string_view language) { return in(language).html("talk.deleted"); };
  out.blank_picture = [&with]() -> task<std::string> {
    const auto bytes = co_await with.pictures.placeholder();
    co_return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  return out;
}

}  // namespace tandem::dating::bot
