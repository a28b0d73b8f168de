#include "dating/bot/deck_screens.hpp"

#include "dating/bot/photo_intake.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/registration_screens.hpp"
#include "dating/bot/safety_screens.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

constexpr std::size_t letter_frame = 8;  // code points around a letter: the line breaks, the sign, the marks

task<telegram::input_file> load_card_photo(const parts& with, photo_id what) {
  const auto known = co_await with.pictures.find(with.db, what, with.bot_id);
  if (!known) throw std::runtime_error("the photo is gone");
  const auto bytes = co_await with.pictures.bytes_of(known->picture);
  co_return to_jpeg_file(bytes);
}
task<> remember_card_photo(const parts& with, photo_id what, std::string file_id) {
  co_await with.pictures.note_file(with.db, what, with.bot_id, file_id);
}

std::string card_text(const view& to, const card_facts& facts, std::size_t limit = longest_caption) {
  person_card shown;
  shown.name = facts.card.name;
  shown.age = facts.card.age;
  shown.sex = facts.card.is;
  shown.km = facts.card.km;
  if (!facts.card.same_town) shown.town = facts.town;
  shown.active_at = facts.card.active_at;
  shown.about = facts.card.about;
  shown.interests = facts.card.interests;
  shown.common = facts.card.common;
  shown.photo = facts.photo;
  shown.photos = static_cast<int>(facts.card.photos.size());
  std::string head;
  if (facts.way == likers_way) head = to.html("deck.likes_you", {{"count", facts.likers}}) + "\n";
  std::string tail;
  if (!facts.letter.empty()) tail = "\n\n" + to.html("deck.letter", {{"letter", facts.letter}});
  const auto around = telegram::code_points(telegram::plain_text(head + tail)) + letter_frame;
  return head + card_html(to, shown, limit > around ? limit - around : 0) + tail;
}

keyboard& add_photo_buttons(keyboard& keys, const view& to, const card_facts& facts) {
  const auto count = static_cast<int>(facts.card.photos.size());
  if (count < 2) return keys;
  const auto who = facts.card.who.value;
  const int before = facts.photo > 1 ? facts.photo - 1 : count,
            after = facts.photo < count ? facts.photo + 1 : 1;
  keys.callback(to.plain("deck_button.photo_before"), press::data(press::deck_card, who, facts.way, before));
  keys.callback(to.plain("deck_button.photo_after"), press::data(press::deck_card, who, facts.way, after));
  return keys;
}

std::string back_to_card(const card_facts& facts) {
  return press::data(press::deck_card, facts.card.who.value, facts.way, facts.photo);
}

std::string say_ages(const view& to, int from, int until) {
  return to.plain("deck.ages", {{"from", from}, {"to", until}});
}

}  // namespace

conversation::picture picture_of(const parts& with, const card_facts& facts) {
  if (facts.card.photos.empty()) return no_photo(with);
  const auto& shown = facts.card.photos[static_cast<std::size_t>(facts.photo - 1)];
  conversation::picture out;
  out.file_id = shown.file_id;
  out.load = [&with, what = shown.id] { return load_card_photo(with, what); };
  out.uploaded = [&with, what = shown.id](std::string file_id) {
    return remember_card_photo(with, what, std::move(file_id));
  };
  return out;
}

screen shown_card(const view& to, const card_facts& facts) {
  const auto who = facts.card.who.value;
  keyboard keys;
  keys.row().callback(to.plain("deck_button.skip"), press::data(press::deck_skip, who, facts.way));
  keys.callback(to.plain("deck_button.letter"), press::data(press::deck_letter, who, facts.way));
  keys.callback(to.plain("deck_button.like"), press::data(press::deck_like, who, facts.way));
  add_photo_buttons(keys.row(), to, facts)
      .callback(to.plain("deck_button.more"), press::data(press::deck_more, who, facts.way));
  return {card_text(to, facts), keys.build()};
}

screen more_of_card(const view& to, const card_facts& facts, std::optional<user_id> last) {
  const auto who = facts.card.who.value;
  keyboard keys;
  keys.row().callback(to.plain("deck_button.complain"), press::data(press::complain, who, 0));
  keys.callback(to.plain("deck_button.hide"), press::data(press::ask_block, who));
  if (last)
    keys.row().callback(to.plain("deck_button.undo"), press::data(press::deck_undo, last->value, facts.way));
  keys.row().callback(to.plain("deck_button.menu"), std::string(press::menu));
  keys.callback(to.plain("button.back"), back_to_card(facts));
  return {card_text(to, facts), keys.build()};
}

screen ask_letter(const view& to, const card_facts& facts) {
  keyboard keys;
  keys.row().callback(to.plain("button.back"), back_to_card(facts));
  return {to.html("deck.ask_letter", {{"name", facts.card.name}, {"length", longest_letter}}), keys.build()};
}

screen letter_refused(const view& to, std::string_view name, std::string_view why) {
  keyboard keys;
  keys.row().callback(to.plain("deck_button.no_letter"), std::string(press::deck));
  return {to.html("deck.letter_refused", {{"name", name}, {"why", why}}), keys.build()};
}

screen nobody_left(const view& to, const empty_deck& why) {
  const auto ages = say_ages(to, why.asked.age_from, why.asked.age_to);
  const auto preferences = press::data(press::edit_field, static_cast<int>(field::preferences));
  keyboard keys;
  std::string text;
  using reason = empty_deck::reason;
  switch (why.why) {
    case reason::hidden:
      text = to.html("deck.hidden");
      keys.row().callback(to.plain("deck_button.show_me"), press::data(press::pause, 0));
      break;
    case reason::wider: {
      const bool older = why.there->age_from != why.asked.age_from || why.there->age_to != why.asked.age_to;
      if (older) {
        const auto wider = say_ages(to, why.there->age_from, why.there->age_to);
        text = to.html("deck.wider_ages", {{"ages", ages}, {"wider", wider}});
        keys.row().callback(to.plain("deck_button.show_ages", {{"ages", wider}}),
                            press::data(press::deck_on, *why.offer));
      } else {
        text = to.html("deck.wider", {{"km", why.there->radius_km}, {"ages", ages}});
        keys.row().callback(to.plain("deck_button.show_km", {{"km", why.there->radius_km}}),
                            press::data(press::deck_on, *why.offer));
      }
      keys.row().callback(to.plain("deck_button.change"), preferences);
      break;
    }
    case reason::all_seen:
      text = to.html("deck.all_seen");
      keys.row().callback(to.plain("deck_button.change"), preferences);
      keys.row().callback(to.plain("deck_button.invite"), std::string(press::invite));
      break;
    case reason::narrow:
      text = to.html("deck.narrow", {{"ages", ages}});
      keys.row().callback(to.plain("deck_button.change"), preferences);
      break;
    case reason::nobody:
      text = to.html("deck.nobody");
      keys.row().callback(to.plain("deck_button.change"), preferences);
      keys.row().callback(to.plain("deck_button.invite"), std::string(press::invite));
      break;
  }
  keys.row().callback(to.plain("deck_button.menu"), std::string(press::menu));
  return {std::move(text), keys.build()};
}

}  // namespace tandem::dating::bot
