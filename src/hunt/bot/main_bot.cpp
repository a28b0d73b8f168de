#include "conversation/zone_question.hpp"
#include "hunt/bot/presses.hpp"
#include "hunt/bot/turn.hpp"

// The main bot: categories, trial, pause, language, time zone, saved vacancies, the person's data.
namespace tandem::hunt::bot {
namespace {

using telegram::route;
using namespace std::chrono_literals;

constexpr std::string_view waits_for_zone = "zone";

task<bool> has_chosen(turn& now) {
  const auto choices = co_await now.with.subscribers.choices(now.db, now.person.id);
  co_return !choices.empty();
}

task<reply> show_welcome(turn& now) {
  welcome_facts facts;
  facts.trial_days = now.with.trial_days;
  facts.day = co_await now.with.day.counts(now.db);
  const auto counts = co_await now.with.day.by_category(now.db);
  const auto busiest = std::ranges::max_element(counts, {}, &category_count::per_day);
  if (busiest != counts.end()) facts.busiest = *busiest;
  reply out;
  out.show = welcome(now.to(), facts);
  co_return out;
}

// The welcome to a newcomer, the menu to everybody else.
task<reply> show_front(turn& now) {
  const bool known = co_await has_chosen(now);
  if (known) co_return co_await show_menu(now);
  co_return co_await show_welcome(now);
}

task<reply> start(turn& now) {
  co_await now.with.people.started(now.db, now.person.id, now.in.me.id);
  co_await now.with.subscribers.started(now.db, now.person.id, now.in.me.id);
  constexpr std::string_view claiming = "claim_";
  if (now.in.argument.starts_with(claiming)) {
    co_return co_await claim(now, std::string_view(now.in.argument).substr(claiming.size()));
  }
  co_return co_await show_front(now);
}

task<reply> claim_command(turn& now) { co_return co_await claim(now, now.in.argument); }

task<reply> how(turn& now) {
  reply out;
  out.show = how_it_works(now.to());
  co_return out;
}

task<reply> show_categories(turn& now) {
  const auto counts = co_await now.with.day.by_category(now.db);
  const auto choices = co_await now.with.subscribers.choices(now.db, now.person.id);
  std::vector<offered_category> offered;
  for (const auto& one : counts) {
    const bool chosen = std::ranges::find(choices, one.what.id, &choice::category) != choices.end();
    offered.push_back({one, chosen});
  }
  reply out;
  out.show = choose_categories(now.to(), offered);
  co_return out;
}

task<reply> choose(turn& now) {
  const auto given = press::numbers(now.in.argument);
  const auto& known = now.with.categories;
  const bool right =
      given && given->size() == 2 && (*given)[1] <= 1 &&
      std::ranges::find(known, category_id(given->front()), &listed_category::id) != known.end();
  if (right) {
    const category_id what(given->front());
    co_await now.with.subscribers.choose(now.db, now.person.id, what, (*given)[1] == 1);
    now.subject =
        std::ranges::find(known, what, &listed_category::id)->slug + ((*given)[1] == 1 ? " on" : " off");
  }
  auto out = co_await show_categories(now);
  if (!right) out.note = now.to().plain("note.old");
  co_return out;
}

task<reply> show_ready(turn& now) {
  const auto choices = co_await now.with.subscribers.choices(now.db, now.person.id);
  reply out;
  if (choices.empty()) {
    out.note = now.to().plain("categories.none");
    out.alert = true;
    co_return out;
  }
  now.subscriber = co_await now.with.subscribers.begin_trial(now.db, now.person.id);
  out.show = ready(now.to(), to_bringers(now.with, choices), now.right());
  co_return out;
}

task<reply> pause(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (given && given->size() == 1 && given->front() <= 1) {
    const bool paused = given->front() == 1;
    co_await now.with.subscribers.pause(now.db, now.person.id, paused);
    now.subscriber.paused = paused;
    now.subject = paused ? "on" : "off";
  }
  co_return co_await show_menu(now);
}

task<reply> show_list(turn& now, list_place::kind which, std::int64_t offset) {
  list_place from;
  from.which = which;
  from.offset = offset;
  const auto page = co_await now.with.vacancies.page(now.db, now.person.id, from);
  reply out;
  out.show = card_list(now.to(), page);
  co_return out;
}

task<reply> show_saved(turn& now) { co_return co_await show_list(now, list_place::kind::saved, 0); }
task<reply> page_saved(turn& now) {
  const auto given = press::numbers(now.in.argument);
  co_return co_await show_list(now, list_place::kind::saved, given ? given->front() : 0);
}
task<reply> show_replied(turn& now) { co_return co_await show_list(now, list_place::kind::replied, 0); }
task<reply> page_replied(turn& now) {
  const auto given = press::numbers(now.in.argument);
  co_return co_await show_list(now, list_place::kind::replied, given ? given->front() : 0);
}

task<reply> show_language(turn& now) {
  reply out;
  out.show = choose_language(now.to());
  co_return out;
}

// False for a language that there is no text in.
task<bool> speak(turn& now) {
  const auto& known = now.with.texts.languages();
  if (std::ranges::find(known, now.in.argument) == known.end()) co_return false;
  co_await now.with.people.set_language(now.db, now.person.id, now.in.argument);
  now.person.language = now.in.argument;
  now.subscriber = co_await now.with.subscribers.keep(now.db, now.person);
  now.subject = now.person.language;
  co_return true;
}

// The chat's own list of commands: the person's choice outranks the language of their client.
telegram::commands_of commands_here(const turn& now) {
  telegram::commands_of out;
  out.commands = commands_in(now.with, now.person.language, true);
  out.scope = "chat";
  out.chat_id = now.in.chat_id();
  return out;
}

task<reply> set_language(turn& now) {
  const bool known = co_await speak(now);
  auto out = co_await show_language(now);
  out.note = now.to().plain(known ? "language.chosen" : "note.old");
  if (known) out.commands = commands_here(now);
  co_return out;
}

task<reply> greet_in(turn& now) {
  const bool known = co_await speak(now);
  auto out = co_await show_welcome(now);
  if (known) out.commands = commands_here(now);
  co_return out;
}

// A new zone moves the quiet hours and the hours of lists.
task<reply> follow_zone(turn& now) {
  now.subscriber = co_await now.with.subscribers.keep(now.db, now.person);
  co_await now.with.wishes.time_anew(now.db, now.person.id);
  co_return co_await show_settings(now);
}
constexpr conversation::zone_question<turn> zone_question{waits_for_zone, "zone.chosen", choose_zone,
                                                          follow_zone};
task<reply> show_zone(turn& now) { return conversation::show_zone(now, zone_question); }
task<reply> set_zone(turn& now) { return conversation::set_zone(now, zone_question); }
task<reply> type_zone(turn& now) { return conversation::type_zone(now, zone_question); }

task<reply> show_help(turn& now) {
  reply out;
  out.show = help(now.to(), now.with.details);
  co_return out;
}

task<reply> show_plan(turn& now) {
  reply out;
  out.show = plan(now.to(), now.right());
  co_return out;
}

task<reply> pay_support_command(turn& now) {
  reply out;
  out.show = pay_support(now.to(), now.with.details);
  co_return out;
}

task<reply> export_data(turn& now) {
  const auto account = co_await now.with.people.export_data(now.db, now.person.id);
  const auto hunt = co_await now.with.subscribers.export_data(now.db, now.person.id);
  reply out;
  telegram::input_file file;
  file.bytes = "{\"account\":" + account + ",\n\"hunt\":" + hunt + "}\n";
  file.file_name = now.to().plain("export.file_name");
  file.content_type = "application/json";
  out.file = std::move(file);
  out.caption = now.to().plain("export.caption");
  co_return out;
}

task<reply> old_press(turn& now) {
  auto out = co_await show_front(now);
  out.note = now.to().plain("note.old");
  co_return out;
}

task<reply> say_what_there_is(turn& now) {
  reply out;
  out.show = not_understood(now.to());
  co_return out;
}

constexpr row rows[] = {
    {route::by::command, "start", "started", "chat", start},
    {route::by::command, "menu", "opened_menu", "chat", show_menu},
    {route::by::command, "settings", "opened_settings", "chat", show_settings},
    {route::by::command, "plan", "looked_at_plan", "chat", show_plan},
    {route::by::command, "saved", "looked_at_saved", "chat", show_saved},
    {route::by::command, "replies", "looked_at_replies", "chat", show_replied},
    {route::by::command, "help", "asked_help", "chat", show_help},
    {route::by::command, "paysupport", "asked_pay_support", "chat", pay_support_command},
    {route::by::command, "export", "exported_data", "chat", export_data},
    {route::by::command, "claim", "tried_to_claim", "chat", claim_command, true},

    {route::by::callback_prefix, press::welcome, "", "", show_front},
    {route::by::callback_prefix, press::how, "read_how", "welcome", how},
    {route::by::callback_prefix, press::greet_in, "chose_language", "welcome", greet_in},
    {route::by::callback_prefix, press::categories, "opened_categories", "", show_categories},
    {route::by::callback_prefix, press::choose, "chose_category", "categories", choose},
    {route::by::callback_prefix, press::ready, "confirmed_categories", "categories", show_ready},
    {route::by::callback_prefix, press::menu, "opened_menu", "", show_menu},
    {route::by::callback_prefix, press::pause, "set_pause", "menu", pause},
    {route::by::callback_prefix, press::plan, "looked_at_plan", "menu", show_plan},
    {route::by::callback_prefix, press::saved_list, "looked_at_saved", "menu", page_saved},
    {route::by::callback_prefix, press::replied_list, "looked_at_replies", "menu", page_replied},
    {route::by::callback_prefix, press::settings, "opened_settings", "menu", show_settings},
    {route::by::callback_prefix, press::language, "", "", show_language},
    {route::by::callback_prefix, press::set_language, "chose_language", "language", set_language},
    {route::by::callback_prefix, press::zone, "", "", show_zone},
    {route::by::callback_prefix, press::set_zone, "chose_time_zone", "zone", set_zone},
    {route::by::text_state, waits_for_zone, "chose_time_zone", "zone", type_zone},
    {route::by::callback_prefix, press::help, "asked_help", "menu", show_help},

    {route::by::text_state, "", "", "", say_what_there_is},
    {route::by::kind, "message", "", "", say_what_there_is},
    {route::by::kind, "callback_query", "", "", old_press},
};

}  // namespace

task<reply> show_menu(turn& now) {
  const auto choices = co_await now.with.subscribers.choices(now.db, now.person.id);
  menu_facts facts;
  for (const auto& one : choices) facts.chosen.push_back(one.category);
  facts.right = now.right();
  facts.paused = now.subscriber.paused;
  facts.saved = co_await now.with.vacancies.saved_count(now.db, now.person.id);
  facts.replied = co_await now.with.vacancies.replied_count(now.db, now.person.id);
  facts.filter = co_await now.with.wishes.working(now.db, now.person.id, every_category);
  reply out;
  out.show = menu(now.to(), facts);
  co_return out;
}

telegram::routes main_bot_routes(const parts& with, operator_desk& desk) {
  telegram::routes out;
  const auto tables = tables_of(with, desk);
  for (const auto table : {std::span<const row>(rows), card_rows(), filter_rows(), operator_rows()}) {
    out.add(tables.routes(table));
  }
  out.rows.push_back(membership(with));
  out.state_of = [&with](const telegram::incoming& in) { return conversation::state_of(with, in); };
  return out;
}

}  // namespace tandem::hunt::bot
