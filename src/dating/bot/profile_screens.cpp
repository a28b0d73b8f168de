#include "dating/bot/profile_screens.hpp"

#include "dating/bot/photo_screens.hpp"
#include "dating/bot/safety_screens.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

std::string standing(const view& to, const profile_facts& facts) {
  const auto& me = facts.me;
  if (!me.held.empty()) return to.html("profile.held");
  if (me.state == profile_state::hidden) return to.html("profile.hidden");
  if (me.state == profile_state::stale) return to.html("profile.stale");
  if (me.has_photo) return to.html("profile.shown");
  return to.html(facts.waiting > 0 ? "profile.waiting_photo" : "profile.shown_no_photo");
}

// What would help most, as a button; the ones that registration asked for are never missing here.
void add_next_step(const view& to, keyboard& keys, field next, int photos) {
  keys.row();
  if (next == field::photos) {
    keys.callback(to.plain(photos == 0 ? "profile.next_photos_first" : "profile.next_photos"),
                  std::string(press::photo_add));
  } else if (next == field::about || next == field::interests) {
    keys.callback(to.plain("profile.next_" + std::string(name_of(next))),
                  press::data(press::edit_field, int(next)));
  }
}

std::string said(const view& to, std::string plain) {
  return plain.empty() ? to.plain("profile.not_said") : std::move(plain);
}

}  // namespace

screen my_profile(const view& to, const profile_facts& facts) {
  const auto& me = facts.me;
  const auto full = completeness_of(me, facts.photos);
  keyboard keys;
  if (full.next) add_next_step(to, keys, *full.next, facts.photos);
  keys.row().callback(to.plain("profile.edit"), std::string(press::edit_profile));
  keys.callback(to.plain("profile.photos", {{"count", facts.photos}}), std::string(press::photos));
  const bool shown = me.state == profile_state::active;
  keys.row().callback(to.plain("profile.view"), std::string(press::view_profile));
  keys.callback(to.plain(shown ? "profile.hide" : "profile.show"),
                press::data(press::hide_me, shown ? 1 : 0));
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  auto foot = standing(to, facts);
  foot += "\n" + say_search(to, me);
  if (full.percent < 100) foot += "\n" + to.html("profile.completeness", {{"percent", full.percent}});
  const auto room = longest_caption - telegram::code_points(telegram::plain_text(foot)) - 2;
  return {card_html(to, facts.card, room) + "\n\n" + foot, keys.build()};
}

screen as_others_see(const view& to, const person_card& card) {
  keyboard keys;
  keys.row().callback(to.plain("button.back"), std::string(press::profile));
  return {card_html(to, card), keys.build()};
}

screen choose_field(const view& to, const profile& me, std::string_view town, int photos) {
  std::string text = to.html("profile.edit_text");
  const auto line = [&](field what, std::string plain) {
    const auto title = to.plain("field." + std::string(name_of(what)));
    text += "\n" + telegram::bold(title) + ": " + telegram::escape(said(to, std::move(plain)));
  };
  const bool registering = me.state == profile_state::draft;
  line(field::name, me.name);
  line(field::age, me.born_on ? std::to_string(age_on(*me.born_on, day_of(to.now))) : "");
  line(field::sex,
       me.sex ? to.plain(*me.sex == sex::female ? "registration.woman" : "registration.man") : "");
  line(field::seeks, me.seeks ? say_seeks(to, *me.seeks) : "");
  line(field::place, std::string(town));
  line(field::about, me.about);
  line(field::interests, say_interests(to, me.interests));
  line(field::photos, photos == 0 ? "" : std::to_string(photos));
  line(field::preferences, say_wishes(to, me));
  keyboard keys;
  for (int i = 0; i < asked_fields; ++i) {
    if (i % 2 == 0) keys.row();
    const auto what = field(i);
    keys.callback(to.plain("field." + std::string(name_of(what))),
                  what == field::photos ? std::string(press::photos) : press::data(press::edit_field, i));
  }
  keys.row().callback(to.plain("button.back"),
                      std::string(registering ? press::registration : press::profile));
  return {std::move(text), keys.build()};
}

screen settings(const view& to) {
  keyboard keys;
  const auto other = to.language == "ru" ? "en" : "ru";
  keys.row().callback(to.plain("settings.language"), std::string(press::set_language) + other);
  keys.callback(to.plain("settings.zone"), std::string(press::zone));
  keys.row().callback(to.plain("settings.export"), std::string(press::export_me));
  keys.callback(to.plain("settings.blocks"), std::string(press::blocks));
  keys.row().callback(to.plain("settings.delete"), std::string(press::ask_deletion));
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  return {to.html("settings.text", {{"zone", locale::say_zone(to.language, to.zone, to.now)}}), keys.build()};
}

screen ask_zone(const view& to, std::string_view typed, const std::vector<std::string>& meanings) {
  keyboard keys;
  for (const auto& one : meanings) {
    keys.row().callback(locale::say_zone(to.language, one, to.now), std::string(press::set_zone) + one);
  }
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  if (!meanings.empty()) return {to.html("settings.zone_several"), keys.build()};
  std::string text;
  if (!typed.empty()) text = to.html("settings.zone_unknown", {{"typed", typed}}) + "\n";
  return {text + to.html("settings.zone_ask"), keys.build()};
}

screen ask_deletion(const view& to, bool can_hide) {
  keyboard keys;
  if (can_hide) keys.row().callback(to.plain("deletion.hide"), press::data(press::hide_me, 1));
  keys.row().callback(to.plain("deletion.yes"), std::string(press::delete_yes));
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  return {to.html("deletion.ask"), keys.build()};
}

screen deleted(const view& to, std::string_view proof) {
  keyboard keys;
  keys.row().callback(to.plain("deletion.again"), std::string(press::registration));
  return {to.html("deletion.done", {{"proof", proof}}), keys.build()};
}

screen nothing_here(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("deletion.again"), std::string(press::registration));
  return {to.html("deletion.nothing"), keys.build()};
}

screen erasure_proof(const view& to, std::optional<instant> erased_at) {
  if (!erased_at) return {to.html("deletion.not_proven"), {}};
  return {to.html("deletion.proven", {{"when", say_day(to, day_of(*erased_at))}}), {}};
}

screen still_here(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("profile.stale_here"), std::string(press::here));
  keys.row().callback(to.plain("profile.stale_hide"), press::data(press::hide_me, 1));
  return {to.html("profile.stale_ask"), keys.build()};
}

screen win_back(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("profile.win_back_show"), std::string(press::here));
  return {to.html("profile.win_back"), keys.build()};
}

}  // namespace tandem::dating::bot
