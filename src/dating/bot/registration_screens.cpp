#include "dating/bot/registration_screens.hpp"

#include <fmt/format.h>

#include "base/text/stable_hash.hpp"
#include "dating/profiles/interests.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

constexpr int interests_per_page = 15, interests_in_a_row = 3;
constexpr int usual_radius[] = {5, 10, 25, 50, 100, 300};
constexpr int usual_spread[] = {2, 5, 10};  // years around one's own age

int number_of(field what) { return static_cast<int>(what); }
std::string key_of(std::string_view table, field what) {
  return std::string(table) + "." + std::string(name_of(what));
}
std::string mark(bool on, std::string text) { return (on ? "✓ " : "") + std::move(text); }

std::size_t limit_of(field what) {
  if (what == field::name) return longest_name;
  return what == field::about ? longest_about : longest_interest;
}

std::string hint_of(const view& to, field what, const question_facts::refused& wrong) {
  locale::arguments values;
  if (wrong.why == wrong_answer::too_long) {
    values = {{"limit", limit_of(what)}, {"length", wrong.length}};
  }
  auto out = "⚠️ " + to.html("hint." + std::string(name_of(wrong.why)), values);
  if (wrong.why == wrong_answer::not_understood && what == field::age) out += " " + to.html("hint.age");
  if (wrong.why == wrong_answer::not_understood && what == field::preferences) {
    out += " " + to.html("hint.preferences");
  }
  return out;
}

std::vector<std::string> own_interests(const profile& of) {
  std::vector<std::string> out;
  for (const auto& one : of.interests) {
    if (one.starts_with('+')) out.push_back(one);
  }
  return out;
}

bool has(const profile& of, std::string_view interest) {
  return std::ranges::find(of.interests, interest) != of.interests.end();
}

// What is known of it, under the question; "" for nothing, or where the buttons show it.
std::string value_of(const view& to, field what, const question_facts& facts) {
  const auto& me = facts.me;
  std::string plain;
  switch (what) {
    case field::name: plain = me.name; break;
    case field::age:
      if (me.born_on) plain = std::to_string(age_on(*me.born_on, day_of(to.now)));
      break;
    case field::place:
      if (me.at) plain = facts.town;
      break;
    case field::about: plain = me.about; break;
    case field::preferences: plain = say_wishes(to, me); break;
    case field::photos:
      return to.html("registration.photos_now", {{"shown", facts.photos}, {"coming", facts.coming}});
    case field::interests: {
      const auto own = own_interests(me);
      return own.empty() ? "" : to.html("registration.own_now", {{"list", say_interests(to, own)}});
    }
    default: break;
  }
  return plain.empty() ? "" : to.html("registration.now", {{"value", plain}});
}

void add_interests(const view& to, keyboard& keys, const question_facts& facts) {
  constexpr int pages = (int(listed_interests.size()) + interests_per_page - 1) / interests_per_page;
  const int page = std::clamp(facts.page, 0, pages - 1);
  int place = 0;
  for (const auto slug :
       std::span(listed_interests).subspan(static_cast<std::size_t>(page * interests_per_page))) {
    if (place == interests_per_page) break;
    if (place++ % interests_in_a_row == 0) keys.row();
    const bool on = has(facts.me, slug);
    keys.callback(mark(on, say_interest(to, slug)),
                  fmt::format("{}{}:{}:{}", press::interest, on ? 0 : 1, page, slug));
  }
  place = 0;
  for (const auto& words : own_interests(facts.me)) {
    if (place++ % 2 == 0) keys.row();
    keys.callback(mark(true, say_interest(to, words)),
                  press::data(press::no_interest, text::stable_hash_of(words) >> 1));
  }
  keys.row();
  if (page > 0) keys.callback("‹", press::data(press::interests, page - 1));
  keys.callback(fmt::format("{}/{}", page + 1, pages), press::data(press::interests, page));
  if (page + 1 < pages) keys.callback("›", press::data(press::interests, page + 1));
}

void add_preferences(const view& to, keyboard& keys, const profile& me) {
  const auto ages = [&](int from, int to_age, std::string text) {
    const bool on = me.wanted.from == from && me.wanted.to == to_age;
    keys.callback(mark(on, std::move(text)), press::data(press::ages, from, to_age));
  };
  if (me.born_on) {
    const int age = age_on(*me.born_on, day_of(to.now));
    keys.row();
    for (const int spread : usual_spread) {
      const int from = std::max(youngest, age - spread), till = std::min(oldest, age + spread);
      ages(from, till, to.plain("registration.ages", {{"from", from}, {"to", till}}));
    }
  }
  keys.row();
  ages(youngest, oldest, to.plain("registration.any_age"));
  int place = 0;
  for (const int km : usual_radius) {
    if (place++ % 3 == 0) keys.row();
    keys.callback(mark(!me.own_city && me.radius_km == km, to.plain("registration.radius", {{"km", km}})),
                  press::data(press::radius, km));
  }
  keys.row().callback(mark(me.own_city, to.plain("registration.own_city")), press::data(press::radius, 0));
}

void add_answers(const view& to, keyboard& keys, field what, const question_facts& facts) {
  const auto& me = facts.me;
  keys.row();
  switch (what) {
    case field::name:
      if (!facts.suggested_name.empty() && facts.suggested_name != me.name) {
        keys.callback(facts.suggested_name, std::string(press::own_name));
      }
      break;
    case field::sex:
      keys.callback(mark(me.sex == sex::female, to.plain("registration.woman")), press::data(press::sex, 0));
      keys.callback(mark(me.sex == sex::male, to.plain("registration.man")), press::data(press::sex, 1));
      break;
    case field::seeks:
      for (const auto whom : {seeking::female, seeking::male, seeking::anyone}) {
        keys.callback(mark(me.seeks == whom, say_seeks(to, whom)), press::data(press::seeks, int(whom)));
      }
      break;
    case field::about:
      if (!me.about.empty() && !facts.registering) {
        keys.callback(to.plain("profile.clear"), std::string(press::no_about));
      }
      break;
    case field::interests: add_interests(to, keys, facts); break;
    case field::preferences: add_preferences(to, keys, me); break;
    default: break;
  }
}

// Whether there is an answer already: then it is "done", else "skip".
std::string way_on(const view& to, field what, const question_facts& facts) {
  const auto& me = facts.me;
  if (what == field::interests && !me.interests.empty()) {
    return to.plain("registration.done_count", {{"count", me.interests.size()}});
  }
  const bool answered = what == field::preferences || (what == field::about && !me.about.empty()) ||
                        (what == field::photos && facts.photos + facts.coming > 0);
  return to.plain(answered ? "registration.done" : "registration.skip");
}

void add_ways(const view& to, keyboard& keys, field what, const question_facts& facts) {
  if (!facts.registering) {
    if (what == field::interests || what == field::preferences) {
      keys.row().callback(to.plain("registration.done"), std::string(press::profile));
    }
    keys.row().callback(to.plain("button.back"), std::string(press::edit_profile));
    return;
  }
  if (may_skip(what)) {
    keys.row().callback(way_on(to, what, facts), press::data(press::step, number_of(what) + 1));
  }
  keys.row().callback(to.plain("registration.cancel"), std::string(press::cancel));
  if (what != field::name) {
    keys.callback(to.plain("button.back"), press::data(press::step, number_of(what) - 1));
  }
}

telegram::reply_keyboard_markup place_keyboard(const view& to, bool registering) {
  telegram::reply_keyboard keys;
  keys.row().location(to.plain("registration.share_place")).row();
  if (registering) keys.text(to.plain("registration.cancel"));
  keys.text(to.plain("button.back"));
  return keys.one_time().build();
}

std::string flag_of(std::string_view country) {
  if (country.size() != 2) return {};
  std::string out;
  for (const char letter : country) {
    if (letter < 'A' || letter > 'Z') return {};
    out += "\xf0\x9f\x87";  // regional indicators: U+1F1E6 is A
    out += static_cast<char>(0xa6 + (letter - 'A'));
  }
  return out + " ";
}

keyboard consent_keys(const view& to, bool renewed, std::string_view invited_by) {
  keyboard keys;
  keys.row().callback(to.plain(renewed ? "consent.agree_plain" : "consent.agree"),
                      fmt::format("{}{}:{}", press::agree, consent_version, invited_by));
  return keys;
}

}  // namespace

std::string say_seeks(const view& to, seeking whom) {
  if (whom == seeking::anyone) return to.plain("registration.anyone");
  return to.plain(whom == seeking::female ? "registration.women" : "registration.men");
}

std::string say_wishes(const view& to, const profile& of) {
  const auto distance = of.own_city ? to.plain("registration.in_own_city")
                                    : to.plain("registration.distance", {{"km", of.radius_km}});
  return to.plain("registration.wishes",
                  {{"from", int(of.wanted.from)}, {"to", int(of.wanted.to)}, {"distance", distance}});
}

std::string say_search(const view& to, const profile& of) {
  const auto seeks = of.seeks.value_or(seeking::anyone);
  const auto* const whom = seeks == seeking::anyone   ? "profile.anyone"
                           : seeks == seeking::female ? "profile.women"
                                                      : "profile.men";
  return to.html("profile.wishes", {{"whom", to.plain(whom)}, {"value", say_wishes(to, of)}});
}

std::string say_day(const view& to, calendar_day day) {
  return to.plain("registration.day", {{"day", fmt::format("{:02}", unsigned(day.day()))},
                                       {"month", fmt::format("{:02}", unsigned(day.month()))},
                                       {"year", std::to_string(int(day.year()))}});
}

screen consent(const view& to, bool renewed, std::string_view invited_by) {
  auto keys = consent_keys(to, renewed, invited_by);
  keys.row().callback(to.plain("consent.read"), std::string(press::document) + std::string(invited_by));
  std::string other = to.language == "ru" ? "en" : "ru";
  if (!invited_by.empty()) other += ":" + std::string(invited_by);
  keys.row().callback(to.plain("settings.language"), std::string(press::set_language) + other);
  return {to.html(renewed ? "consent.renewed" : "consent.text"), keys.build()};
}

screen consent_document(const view& to, const operator_details& details, bool renewed,
                        std::string_view invited_by) {
  auto keys = consent_keys(to, renewed, invited_by);
  keys.row().callback(to.plain("button.back"), std::string(press::consent));
  const auto name = details.name.empty() ? to.plain("privacy.operator") : details.name;
  const auto contact = details.contact.empty() ? to.plain("privacy.contact") : details.contact;
  return {to.html("consent.document", {{"version", consent_version},
                                       {"operator", name},
                                       {"contact", contact},
                                       {"days", details.journal_days}}),
          keys.build()};
}

screen underage(const view& to, calendar_day until) {
  return {to.html("registration.underage", {{"until", say_day(to, until)}}), {}};
}
screen underage_hidden(const view& to) { return {to.html("registration.underage_edit"), {}}; }

screen barred(const view& to, const operator_details& details) {
  const auto contact = details.contact.empty() ? to.plain("privacy.contact") : details.contact;
  return {to.html("registration.barred", {{"contact", contact}}), {}};
}

screen question(const view& to, field what, const question_facts& facts) {
  screen out;
  if (facts.wrong) out.html = hint_of(to, what, *facts.wrong) + "\n";
  if (facts.registering) {
    out.html +=
        to.html("registration.progress", {{"number", number_of(what) + 1}, {"total", asked_fields}}) + " ";
  }
  out.html += to.html(key_of("registration", what));
  if (const auto value = value_of(to, what, facts); !value.empty()) out.html += "\n" + value;
  // The buttons under the place for typing send their words; what these press stands in the keyboard, too,
  // which Telegram is not given then.
  if (what == field::place) out.typing = place_keyboard(to, facts.registering);
  keyboard keys;
  add_answers(to, keys, what, facts);
  add_ways(to, keys, what, facts);
  out.keyboard = keys.build();
  return out;
}

screen keyboard_gone(std::string html) {
  screen out;
  out.html = std::move(html);
  out.typing = telegram::reply_keyboard_remove{};
  return out;
}
screen kept_place(const view& to, const places::place& town) {
  return keyboard_gone(to.html("registration.kept_place", {{"town", town.name_in(to.language)}}));
}

screen which_town(const view& to, const std::vector<const places::place*>& matches, bool guessed,
                  const places::gazetteer& towns, bool registering) {
  keyboard keys;
  for (const auto* one : matches) {
    auto text = flag_of(one->country) + one->name_in(to.language);
    const auto named_so = [&](const places::place* other) {
      return other->name_in(to.language) == one->name_in(to.language);
    };
    const auto* near = std::ranges::count_if(matches, named_so) > 1 ? towns.landmark(*one) : nullptr;
    if (near) text += " · " + near->name_in(to.language);
    keys.row().callback(std::move(text), press::data(press::town, one->id));
  }
  const auto place = number_of(field::place);
  keys.row().callback(to.plain("registration.other_town"),
                      press::data(registering ? press::step : press::edit_field, place));
  return {to.html(guessed ? "registration.guessed_town" : "registration.which_town"), keys.build()};
}

screen preview(const view& to, const person_card& card, const profile& me) {
  keyboard keys;
  keys.row().callback(to.plain("registration.publish"), std::string(press::publish));
  keys.row().callback(to.plain("registration.change"), std::string(press::edit_profile));
  keys.callback(to.plain("registration.cancel"), std::string(press::cancel));
  keys.callback(to.plain("button.back"), press::data(press::step, number_of(field::preferences)));
  const auto head = to.html("registration.preview");
  const auto foot = say_search(to, me);
  const auto around = telegram::code_points(telegram::plain_text(head + foot)) + 4;  // and the line breaks
  return {head + "\n\n" + card_html(to, card, longest_caption - around) + "\n\n" + foot, keys.build()};
}

screen published(const view& to, bool has_photo, int photos) {
  keyboard keys;
  keys.row().callback(to.plain("registration.deck"), std::string(press::deck));
  keys.row().callback(to.plain("registration.profile"), std::string(press::profile));
  const auto* const key = has_photo    ? "registration.published_shown"
                          : photos > 0 ? "registration.published_waiting"
                                       : "registration.published_no_photo";
  return {to.html("registration.published") + "\n" + to.html(key), keys.build()};
}

screen ask_cancel(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("registration.go_on"), std::string(press::registration));
  keys.row().callback(to.plain("registration.cancel_yes"), std::string(press::cancel_yes));
  return {to.html("registration.cancel_ask"), keys.build()};
}
screen cancelled(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("registration.again"), std::string(press::registration));
  return {to.html("registration.cancelled"), keys.build()};
}

}  // namespace tandem::dating::bot
