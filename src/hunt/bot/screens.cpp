#include "hunt/bot/screens.hpp"

#include <cmath>

#include "hunt/bot/card_parts.hpp"
#include "hunt/bot/presses.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::hunt::bot {
namespace {

using locale::markup;
using telegram::keyboard;

std::string_view other_language(std::string_view language) { return language == "ru" ? "en" : "ru"; }

std::string access_line(const view& to, const reading_right& right) {
  if (!right.until) return to.html("access.none");
  if (*right.until > to.now) return to.html("access.trial", {{"until", to.until(*right.until)}});
  return to.html("access.ended", {{"date", locale::say_date(to.language, to.zone, *right.until)}});
}

std::string contact_of(const view& to, const operator_details& details) {
  return details.contact.empty() ? to.plain("privacy.contact") : details.contact;
}

keyboard back_to(const view& to, std::string_view where) {
  keyboard keys;
  keys.row().callback(to.plain("button.back"), std::string(where));
  return keys;
}

std::string bot_link(std::string_view username, std::string_view start) {
  return "https://t.me/" + std::string(username) + "?start=" + std::string(start);
}

void add_start_buttons(const view& to, keyboard& keys, const std::vector<bringer>& by) {
  int in_row = 0;
  for (const auto& one : by) {
    if (one.username.empty()) continue;
    if (in_row++ % 2 == 0) keys.row();
    const std::string_view key = one.started ? "ready.started" : "button.start";
    auto text = to.plain(key, {{"emoji", to.emoji(one.category)}, {"title", to.title(one.category)}});
    keys.url(std::move(text), bot_link(one.username, "main"));
  }
}

std::string seconds(const view& to, double took) {
  return locale::say_number(to.language, std::round(took * 10) / 10);
}

// "words, budget": which filters work on what everybody gets.
std::string active_filters(const view& to, const reading_filter& filter) {
  std::string out;
  const auto add = [&](bool on, std::string_view name) {
    if (on) out += (out.empty() ? "" : ", ") + to.plain("menu.filter_" + std::string(name));
  };
  add(!filter.words.empty(), "words");
  add(!filter.minus_words.empty(), "minus");
  add(filter.budget_from.has_value(), "budget");
  add(filter.quiet.has_value(), "quiet");
  add(filter.digest_at.has_value(), "digest");
  return out.empty() ? to.plain("menu.no_filters") : out;
}

keyboard to_main_bot(const view& to, std::string_view main_bot) {
  keyboard keys;
  if (!main_bot.empty()) keys.row().url(to.plain("button.main_bot"), bot_link(main_bot, "menu"));
  return keys;
}

}  // namespace

screen welcome(const view& to, const welcome_facts& facts) {
  std::string said = to.html("welcome.sources", {{"sources", facts.day.sources}});
  if (facts.busiest && facts.busiest->per_day > 0 && facts.day.vacancies > 0) {
    said = to.html("welcome.counts", {{"sources", facts.day.sources},
                                      {"vacancies", facts.day.vacancies},
                                      {"top", to.title(facts.busiest->what.id)},
                                      {"share", facts.busiest->per_day}});
  }
  keyboard keys;
  keys.row().callback(to.plain("button.choose"), std::string(press::categories));
  keys.row().callback(to.plain("button.how"), std::string(press::how));
  keys.callback(to.plain("button.other_language"),
                std::string(press::greet_in) + std::string(other_language(to.language)));
  return {to.html("welcome.text", {{"facts", markup{said}}, {"days", facts.trial_days}}), keys.build()};
}

screen how_it_works(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("button.choose"), std::string(press::categories));
  keys.row().callback(to.plain("button.back"), std::string(press::welcome));
  return {to.html("how.text"), keys.build()};
}

screen choose_categories(const view& to, const std::vector<offered_category>& offered) {
  keyboard keys;
  int place = 0, chosen = 0;
  for (const auto& one : offered) {
    if (place++ % 2 == 0) keys.row();
    chosen += one.chosen;
    auto text = to.plain("categories.item", {{"mark", one.chosen ? "✓" : "○"},
                                             {"title", to.title(one.what.what.id)},
                                             {"count", one.what.per_day}});
    keys.callback(std::move(text), press::data(press::choose, one.what.what.id.value, one.chosen ? 0 : 1));
  }
  keys.row().callback(to.plain("button.done", {{"count", chosen}}), std::string(press::ready));
  keys.callback(to.plain("button.back"), std::string(chosen > 0 ? press::menu : press::welcome));
  return {to.html("categories.text"), keys.build()};
}

screen ready(const view& to, const std::vector<bringer>& by, const reading_right& right) {
  const auto with_bots = std::ranges::count_if(by, [](const bringer& one) { return !one.username.empty(); });
  const bool over = right.until && *right.until <= to.now;
  std::string where = to.html(over ? "ready.kept" : "ready.here");
  if (with_bots > 0 && !over) {
    const bool all = with_bots == static_cast<std::ptrdiff_t>(by.size());
    where = to.html(all ? "ready.bots" : "ready.both", {{"bots", with_bots}});
  }
  keyboard keys;
  if (!over) add_start_buttons(to, keys, by);
  keys.row().callback(to.plain("button.plan"), std::string(press::plan));
  keys.callback(to.plain("button.menu"), std::string(press::menu));
  return {to.html("ready.text", {{"where", markup{where}}, {"access", markup{access_line(to, right)}}}),
          keys.build()};
}

screen menu(const view& to, const menu_facts& facts) {
  std::string chosen;
  for (const auto id : facts.chosen) chosen += (chosen.empty() ? "" : ", ") + to.title(id);
  if (chosen.empty()) chosen = to.plain("menu.nothing");
  keyboard keys;
  keys.row().callback(to.plain("button.categories", {{"count", facts.chosen.size()}}),
                      std::string(press::categories));
  keys.callback(to.plain("button.filters"), press::data(press::filters, 0));
  keys.row().callback(to.plain("button.saved", {{"count", facts.saved}}), press::data(press::saved_list, 0));
  keys.callback(to.plain("button.replies", {{"count", facts.replied}}), press::data(press::replied_list, 0));
  keys.row().callback(to.plain(facts.paused ? "button.resume" : "button.pause"),
                      press::data(press::pause, !facts.paused));
  keys.callback(to.plain("button.plan"), std::string(press::plan));
  keys.row().callback(to.plain("button.settings"), std::string(press::settings));
  keys.callback(to.plain("button.help"), std::string(press::help));
  return {to.html("menu.text", {{"categories", chosen},
                                {"access", markup{access_line(to, facts.right)}},
                                {"flow", markup{to.html(facts.paused ? "menu.paused" : "menu.on")}},
                                {"filters", active_filters(to, facts.filter)}}),
          keys.build()};
}

screen settings(const view& to, const settings_facts& facts) {
  keyboard keys;
  keys.row().callback(to.plain("button.language"), std::string(press::language));
  keys.callback(to.plain("button.zone"), std::string(press::zone));
  keys.row().callback(to.plain("button.reply"), press::data(press::reply, 0));
  keys.callback(to.plain("button.hidden", {{"count", facts.hidden}}), press::data(press::hidden, 0));
  keys.row().callback(to.plain("button.privacy"), std::string(press::privacy));
  keys.callback(to.plain("button.back"), std::string(press::menu));
  return {
      to.html("settings.text", {{"language", to.plain("button." + to.language)},
                                {"zone", locale::say_zone(to.language, to.zone, to.now)},
                                {"reply", to.plain(facts.has_reply ? "settings.reply" : "settings.no_reply")},
                                {"hidden", facts.hidden}}),
      keys.build()};
}

screen card_list(const view& to, const card_page& page) {
  const auto kind = page.from.which;
  const bool delivered = kind == list_place::kind::delivered;
  const std::string name = kind == list_place::kind::saved ? "saved" : delivered ? "list" : "replies";
  if (page.total == 0) {
    return {to.html(name + ".empty"), delivered ? keyboard().build() : back_to(to, press::menu).build()};
  }
  const auto page_at = [&](std::int64_t offset) {
    if (delivered) return press::data(press::list, page.from.list_id, offset);
    return press::data(kind == list_place::kind::saved ? press::saved_list : press::replied_list, offset);
  };
  std::string list;
  keyboard keys;
  auto number = page.from.offset;
  int place = 0;
  for (const auto& card : page.cards) {
    ++number;
    auto title = telegram::link(card.title, card.post_url);
    if (card.withdrawn) title = telegram::strike_html(telegram::escape(card.title));
    if (!list.empty()) list += '\n';
    list += to.html("saved.line", {{"number", number}, {"title", markup{title}}});
    if (!card.withdrawn && !card.budget.empty()) list += " · " + budget_html(card);
    if (place++ % 3 == 0) keys.row();
    keys.callback(std::to_string(number),
                  press::data(press::card, card.id.value) +
                      place_of(list_place{kind, page.from.offset, page.from.list_id}));
  }
  keys.row();
  if (page.from.offset > 0) {
    keys.callback(to.plain("button.newer"),
                  page_at(std::max<std::int64_t>(0, page.from.offset - cards_per_page)));
  }
  if (page.from.offset + cards_per_page < page.total) {
    keys.callback(to.plain("button.older"), page_at(page.from.offset + cards_per_page));
  }
  if (!delivered) keys.callback(to.plain("button.back"), std::string(press::menu));
  return {to.html(name + ".text", {{"total", page.total}, {"list", markup{list}}}), keys.build()};
}

screen choose_language(const view& to) {
  keyboard keys;
  keys.row();
  for (const std::string language : {"ru", "en"}) {
    const std::string mark = to.language == language ? "✓ " : "○ ";
    keys.callback(mark + to.plain("button." + language), std::string(press::set_language) + language);
  }
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  return {to.html("language.text"), keys.build()};
}

screen choose_zone(const view& to, std::string_view typed, const std::vector<std::string>& meanings) {
  keyboard keys;
  for (const auto& zone : meanings) {
    keys.row().callback(locale::say_zone(to.language, zone, to.now), std::string(press::set_zone) + zone);
  }
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  if (!meanings.empty()) return {to.html("zone.choose", {{"typed", typed}}), keys.build()};
  if (!typed.empty()) return {to.html("zone.unknown", {{"typed", typed}}), keys.build()};
  return {to.html("zone.text", {{"zone", locale::say_zone(to.language, to.zone, to.now)},
                                {"time", locale::say_time(to.language, to.zone, to.now)}}),
          keys.build()};
}

screen help(const view& to, const operator_details& details) {
  return {to.html("help.text", {{"contact", contact_of(to, details)}}), back_to(to, press::menu).build()};
}

screen privacy(const view& to, const operator_details& details) {
  const auto name = details.name.empty() ? to.plain("privacy.operator") : details.name;
  keyboard keys;
  keys.row().callback(to.plain("button.delete"), std::string(press::delete_me));
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  return {
      to.html("privacy.text", {{"days", details.journal_days},
                               {"sent_days", details.deliveries_days},
                               {"models", to.plain(details.learns ? "privacy.learns" : "privacy.learns_not")},
                               {"operator", name},
                               {"contact", contact_of(to, details)}}),
      keys.build()};
}

screen terms(const view& to, const operator_details& details) {
  const auto name = details.name.empty() ? to.plain("privacy.operator") : details.name;
  return {to.html("terms.text", {{"refused", details.refused_days},
                                 {"accepted", details.accepted_days},
                                 {"operator", name},
                                 {"contact", contact_of(to, details)}}),
          back_to(to, press::settings).build()};
}

screen plan(const view& to, const reading_right& right) {
  return {to.html("plan.text", {{"access", markup{access_line(to, right)}}}),
          back_to(to, press::menu).build()};
}

screen pay_support(const view& to, const operator_details& details) {
  return {to.html("paysupport.text", {{"contact", contact_of(to, details)}}),
          back_to(to, press::menu).build()};
}

screen ask_deletion(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("button.delete_yes"), std::string(press::delete_yes));
  keys.callback(to.plain("button.back"), std::string(press::privacy));
  return {to.html("delete.ask"), keys.build()};
}

screen deleted(const view& to) { return {to.html("delete.done"), {}}; }

screen not_understood(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("button.menu"), std::string(press::menu));
  keys.callback(to.plain("button.help"), std::string(press::help));
  return {to.html("note.menu_first"), keys.build()};
}

screen category_welcome(const view& to, category_id category, const reading_right& right,
                        std::string_view main_bot) {
  return {to.html("category_bot.welcome", {{"emoji", to.emoji(category)},
                                           {"title", to.title(category)},
                                           {"access", markup{access_line(to, right)}}}),
          to_main_bot(to, main_bot).build()};
}

screen category_retired(const view& to, std::string_view main_bot) {
  return {to.html("category_bot.retired"), to_main_bot(to, main_bot).build()};
}

screen only_vacancies_here(const view& to, std::string_view main_bot) {
  return {to.html("category_bot.only_here"), to_main_bot(to, main_bot).build()};
}

screen reminder(const view& to, const std::vector<bringer>& waiting) {
  keyboard keys;
  add_start_buttons(to, keys, waiting);
  return {to.html("reminder.text", {{"bots", waiting.size()}}), keys.build()};
}

screen moved(const view& to, const bringer& by, bool to_start) {
  keyboard keys;
  if (to_start) add_start_buttons(to, keys, {by});
  return {to.html(to_start ? "moved.text" : "moved.quiet",
                  {{"emoji", to.emoji(by.category)}, {"title", to.title(by.category)}}),
          keys.build()};
}

screen day_line(const view& to, const day_facts& facts) {
  std::string times;
  for (const auto& stage : facts.times.stages) {
    if (!times.empty()) times += '\n';
    times +=
        to.html("day.stage",
                {{"stage", stage.key}, {"p50", seconds(to, stage.p50)}, {"p99", seconds(to, stage.p99)}});
  }
  const bool any = facts.times.vacancies > 0;
  return {to.html("day.text", {{"posts", facts.day.posts},
                               {"vacancies", facts.day.vacancies},
                               {"deliveries", facts.day.deliveries},
                               {"readers", facts.day.readers},
                               {"reading", facts.day.reading}}) +
              (any ? "\n" + times : std::string()),
          {}};
}

screen trial_ended(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("button.menu"), std::string(press::menu));
  return {to.html("ended.text"), keys.build()};
}

}  // namespace tandem::hunt::bot
