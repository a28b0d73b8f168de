#include "hunt/bot/presses.hpp"
#include "hunt/bot/turn.hpp"
#include "hunt/readers/words.hpp"
#include "platform/telegram/html.hpp"

// What a person wants to read, when, and what they answer: settings of the main bot.
namespace tandem::hunt::bot {
namespace {

using telegram::route;

constexpr std::size_t echoed = 40;  // code points of what a person typed that are shown back

// What the bot waits to be typed; behind it the category that it is for.
constexpr std::string_view waits_for_words = "words", waits_for_minus = "minus", waits_for_budget = "budget",
                           waits_for_quiet = "quiet", waits_for_when = "when", waits_for_reply = "reply";

std::string_view state_of(filter_field what) {
  switch (what) {
    case filter_field::words: return waits_for_words;
    case filter_field::minus: return waits_for_minus;
    case filter_field::budget: return waits_for_budget;
    case filter_field::quiet: return waits_for_quiet;
    case filter_field::when: break;
  }
  return waits_for_when;
}

std::string waiting(std::string_view state, category_id scope) {
  return std::string(state) + " " + std::to_string(scope.value);
}

bool is_scope(const turn& now, category_id scope) {
  const auto& known = now.with.categories;
  return scope == every_category || std::ranges::find(known, scope, &listed_category::id) != known.end();
}

// The numbers of a press, the first of them a category or 0.
std::optional<std::vector<std::int64_t>> pressed(const turn& now, std::size_t count) {
  auto given = press::numbers(now.in.argument);
  if (!given || given->size() != count || !is_scope(now, category_id(given->front()))) return std::nullopt;
  return given;
}

// For which category the question was whose answer has come.
task<category_id> asked_for(turn& now) {
  const auto question = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  const auto given = press::numbers(question.substr(std::min(question.find(' ') + 1, question.size())));
  const category_id scope(given && given->size() == 1 ? given->front() : 0);
  co_return is_scope(now, scope) ? scope : every_category;
}

std::string typed(const turn& now) {
  return telegram::plain_text(telegram::shorten(telegram::escape(now.in.text()), echoed));
}

task<filter_facts> load(turn& now, category_id scope) {
  filter_facts facts;
  facts.scope = scope;
  facts.filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  const auto special = co_await now.with.wishes.special(now.db, now.person.id);
  facts.special = std::ssize(special);
  facts.own = scope == every_category || std::ranges::find(special, scope) != special.end();
  co_return facts;
}

task<reply> show_filters_of(turn& now, category_id scope) {
  const auto facts = co_await load(now, scope);
  reply out;
  out.show = my_filters(now.to(), facts);
  co_return out;
}

// An old or made-up press shows the filters as they are.
task<reply> old(turn& now) {
  auto out = co_await show_filters_of(now, every_category);
  out.note = now.to().plain("note.old");
  co_return out;
}

task<reply> show_filters(turn& now) {
  if (now.in.argument.empty()) co_return co_await show_filters_of(now, every_category);  // the command
  const auto given = pressed(now, 1);
  if (!given) co_return co_await old(now);
  co_return co_await show_filters_of(now, category_id(given->front()));
}

task<std::vector<category_id>> chosen_by(turn& now) {
  const auto choices = co_await now.with.subscribers.choices(now.db, now.person.id);
  std::vector<category_id> out;
  for (const auto& one : choices) out.push_back(one.category);
  co_return out;
}

task<reply> show_filter_scopes(turn& now) {
  const auto chosen = co_await chosen_by(now);
  const auto own = co_await now.with.wishes.special(now.db, now.person.id);
  reply out;
  out.show = filter_scopes(now.to(), chosen, own);
  co_return out;
}

task<reply> as_for_all(turn& now) {
  const auto given = pressed(now, 1);
  if (!given || given->front() == 0) co_return co_await old(now);
  co_await now.with.wishes.drop(now.db, now.person.id, category_id(given->front()));
  now.subject = "as_for_all";
  co_return co_await show_filters_of(now, category_id(given->front()));
}

task<reply> ask(turn& now, category_id scope, filter_field what, std::optional<wrong_answer> wrong = {}) {
  const auto facts = co_await load(now, scope);
  now.waits_for = waiting(state_of(what), scope);
  reply out;
  out.show = ask_filter(now.to(), facts, what, wrong);
  co_return out;
}

template <filter_field What>
task<reply> open(turn& now) {
  const auto given = pressed(now, 1);
  if (!given) co_return co_await old(now);
  co_return co_await ask(now, category_id(given->front()), What);
}

// A filter with one thing changed; what it says afterwards is shown.
task<reply> save(turn& now, category_id scope, const reading_filter& filter, std::string_view what) {
  co_await now.with.wishes.set(now.db, now.person.id, scope, filter);
  now.subject = what;
  auto out = co_await show_filters_of(now, scope);
  out.note = now.to().plain("filters.saved");
  co_return out;
}
// The same from one of the buttons of a question, which goes on showing.
task<reply> save_and_stay(turn& now, category_id scope, const reading_filter& filter, filter_field what) {
  co_await now.with.wishes.set(now.db, now.person.id, scope, filter);
  now.subject = state_of(what);
  auto out = co_await ask(now, scope, what);
  out.note = now.to().plain("filters.saved");
  co_return out;
}

// ---- typed answers

task<reply> type_words(turn& now, filter_field what) {
  const auto scope = co_await asked_for(now);
  const auto read = read_words(now.in.text());
  if (!read) {
    static constexpr std::string_view hints[] = {"no_words", "many_words", "long_word", "bad_word"};
    wrong_answer wrong{hints[static_cast<std::size_t>(read.error().why)], read.error().word};
    wrong.typed = telegram::plain_text(telegram::shorten(telegram::escape(wrong.typed), echoed));
    co_return co_await ask(now, scope, what, std::move(wrong));
  }
  auto filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  (what == filter_field::words ? filter.words : filter.minus_words) = *read;
  co_return co_await save(now, scope, filter, state_of(what));
}
task<reply> type_wanted(turn& now) { co_return co_await type_words(now, filter_field::words); }
task<reply> type_minus(turn& now) { co_return co_await type_words(now, filter_field::minus); }

task<reply> type_budget(turn& now) {
  const auto scope = co_await asked_for(now);
  const auto from = read_sum(now.in.text());
  if (!from) {
    wrong_answer wrong{"budget", typed(now)};
    co_return co_await ask(now, scope, filter_field::budget, std::move(wrong));
  }
  auto filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  filter.budget_from = from;
  co_return co_await save_and_stay(now, scope, filter, filter_field::budget);
}

task<reply> type_quiet(turn& now) {
  const auto scope = co_await asked_for(now);
  const auto hours = read_hours(now.in.text());
  if (!hours) {
    wrong_answer wrong{"quiet", typed(now)};
    co_return co_await ask(now, scope, filter_field::quiet, std::move(wrong));
  }
  auto filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  const bool as_list = filter.quiet && filter.quiet->as_list;
  filter.quiet = reading_filter::hours{hours->first, hours->second, as_list};
  co_return co_await save_and_stay(now, scope, filter, filter_field::quiet);
}

task<reply> type_when(turn& now) {
  const auto scope = co_await asked_for(now);
  const auto minute = read_minute(now.in.text());
  if (!minute) {
    wrong_answer wrong{"when", typed(now)};
    co_return co_await ask(now, scope, filter_field::when, std::move(wrong));
  }
  auto filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  filter.digest_at = minute;
  co_return co_await save_and_stay(now, scope, filter, filter_field::when);
}

// ---- buttons

// Changes the filter of the category that was pressed for; false: the numbers make no sense.
using change = bool (*)(reading_filter& filter, std::span<const std::int64_t> values);

template <filter_field What, std::size_t Values, change How>
task<reply> set(turn& now) {
  const auto given = pressed(now, Values + 1);
  if (!given) co_return co_await old(now);
  const category_id scope(given->front());
  auto filter = co_await now.with.wishes.working(now.db, now.person.id, scope);
  const bool right = How(filter, std::span(*given).subspan(1));
  if (!right) co_return co_await old(now);
  co_return co_await save_and_stay(now, scope, filter, What);
}

using values = std::span<const std::int64_t>;
constexpr std::int64_t minutes_of_a_day = 24 * 60;

bool drop_words(reading_filter& filter, values) { return filter.words.clear(), true; }
bool drop_minus(reading_filter& filter, values) { return filter.minus_words.clear(), true; }
bool drop_budget(reading_filter& filter, values) { return filter.budget_from.reset(), true; }
bool drop_quiet(reading_filter& filter, values) { return filter.quiet.reset(), true; }
bool drop_digest(reading_filter& filter, values) { return filter.digest_at.reset(), true; }
bool put_without_budget(reading_filter& filter, values given) {
  filter.without_budget = given[0] == 1;
  return given[0] <= 1;
}
bool put_quiet(reading_filter& filter, values given) {
  const bool as_list = filter.quiet && filter.quiet->as_list;
  filter.quiet = reading_filter::hours{static_cast<int>(given[0]), static_cast<int>(given[1]), as_list};
  return given[0] < minutes_of_a_day && given[1] < minutes_of_a_day && given[0] != given[1];
}
bool put_as_list(reading_filter& filter, values given) {
  if (!filter.quiet || given[0] > 1) return false;
  filter.quiet->as_list = given[0] == 1;
  return true;
}
bool put_digest(reading_filter& filter, values given) {
  filter.digest_at = static_cast<int>(given[0]);
  return given[0] < minutes_of_a_day;
}

// ---- the reply

task<reply> show_reply_of(turn& now, category_id scope) {
  reply_facts facts;
  facts.scope = scope;
  facts.text = co_await now.with.wishes.reply(now.db, now.person.id, scope, false);
  reply out;
  out.show = my_reply(now.to(), facts);
  co_return out;
}

task<reply> show_reply(turn& now) {
  const auto given = pressed(now, 1);
  co_return co_await show_reply_of(now, given ? category_id(given->front()) : every_category);
}

task<reply> show_reply_scopes(turn& now) {
  const auto chosen = co_await chosen_by(now);
  reply out;
  out.show = reply_scopes(now.to(), chosen);
  co_return out;
}

task<reply> ask_for_reply(turn& now, category_id scope, std::optional<wrong_answer> wrong = {}) {
  reply_facts facts;
  facts.scope = scope;
  now.waits_for = waiting(waits_for_reply, scope);
  reply out;
  out.show = ask_reply(now.to(), facts, wrong);
  co_return out;
}

task<reply> edit_reply(turn& now) {
  const auto given = pressed(now, 1);
  co_return co_await ask_for_reply(now, given ? category_id(given->front()) : every_category);
}

task<reply> drop_reply(turn& now) {
  const auto given = pressed(now, 1);
  const auto scope = given ? category_id(given->front()) : every_category;
  if (given) co_await now.with.wishes.set_reply(now.db, now.person.id, scope, "");
  auto out = co_await show_reply_of(now, scope);
  out.note = now.to().plain(given ? "reply.dropped" : "note.old");
  co_return out;
}

// A word in braces that stands for nothing: "{name}".
std::string unknown_place(std::string_view text) {
  for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) break;
    const auto place = text.substr(at, end + 1 - at);
    if (place != "{title}" && place != "{link}") return std::string(place);
  }
  return {};
}

task<reply> type_reply(turn& now) {
  const auto scope = co_await asked_for(now);
  const std::string text(now.in.text());
  std::optional<wrong_answer> wrong;
  const auto unknown = unknown_place(text);
  if (telegram::code_points(text) > longest_reply) wrong = wrong_answer{"long", ""};
  if (!unknown.empty()) {
    wrong =
        wrong_answer{"unknown", telegram::plain_text(telegram::shorten(telegram::escape(unknown), echoed))};
  }
  if (wrong) co_return co_await ask_for_reply(now, scope, std::move(wrong));
  co_await now.with.wishes.set_reply(now.db, now.person.id, scope, text);
  co_return co_await show_reply_of(now, scope);
}

// ---- hidden authors

task<reply> show_hidden_from(turn& now, std::int64_t offset) {
  hidden_page page;
  page.total = co_await now.with.wishes.hidden_count(now.db, now.person.id);
  const auto last = page.total == 0 ? 0 : (page.total - 1) / hidden_per_page * hidden_per_page;
  page.offset = std::min(offset / hidden_per_page * hidden_per_page, last);
  page.authors =
      co_await now.with.wishes.hidden(now.db, now.person.id, static_cast<int>(page.offset), hidden_per_page);
  reply out;
  out.show = hidden_list(now.to(), page);
  co_return out;
}

task<reply> show_hidden(turn& now) {
  const auto given = press::numbers(now.in.argument);
  co_return co_await show_hidden_from(now, given ? given->front() : 0);
}

task<reply> show_again(turn& now) {
  const auto given = press::numbers(now.in.argument);
  bool shown = false;
  if (given && given->size() == 2) {
    shown = co_await now.with.wishes.show_again(now.db, now.person.id, given->front());
    now.subject = "shown";
  }
  auto out = co_await show_hidden_from(now, given ? given->back() : 0);
  out.note = now.to().plain(shown ? "card.shown_note" : "note.old");
  co_return out;
}

constexpr row rows[] = {
    {route::by::command, "filters", "opened_filters", "chat", show_filters},
    {route::by::callback_prefix, press::filters, "opened_filters", "menu", show_filters},
    {route::by::callback_prefix, press::filter_scopes, "", "", show_filter_scopes},
    {route::by::callback_prefix, press::as_for_all, "set_filter", "filters", as_for_all},

    {route::by::callback_prefix, press::words, "", "", open<filter_field::words>},
    {route::by::callback_prefix, press::minus, "", "", open<filter_field::minus>},
    {route::by::callback_prefix, press::budget, "", "", open<filter_field::budget>},
    {route::by::callback_prefix, press::quiet, "", "", open<filter_field::quiet>},
    {route::by::callback_prefix, press::when, "", "", open<filter_field::when>},
    {route::by::text_state, waits_for_words, "set_filter", "filters", type_wanted},
    {route::by::text_state, waits_for_minus, "set_filter", "filters", type_minus},
    {route::by::text_state, waits_for_budget, "set_filter", "filters", type_budget},
    {route::by::text_state, waits_for_quiet, "set_filter", "filters", type_quiet},
    {route::by::text_state, waits_for_when, "set_filter", "filters", type_when},
    {route::by::callback_prefix, press::no_words, "set_filter", "filters",
     set<filter_field::words, 0, drop_words>},
    {route::by::callback_prefix, press::no_minus, "set_filter", "filters",
     set<filter_field::minus, 0, drop_minus>},
    {route::by::callback_prefix, press::any_budget, "set_filter", "filters",
     set<filter_field::budget, 0, drop_budget>},
    {route::by::callback_prefix, press::without_budget, "set_filter", "filters",
     set<filter_field::budget, 1, put_without_budget>},
    {route::by::callback_prefix, press::set_quiet, "set_filter", "filters",
     set<filter_field::quiet, 2, put_quiet>},
    {route::by::callback_prefix, press::no_quiet, "set_filter", "filters",
     set<filter_field::quiet, 0, drop_quiet>},
    {route::by::callback_prefix, press::quiet_as_list, "set_filter", "filters",
     set<filter_field::quiet, 1, put_as_list>},
    {route::by::callback_prefix, press::at_once, "set_filter", "filters",
     set<filter_field::when, 0, drop_digest>},
    {route::by::callback_prefix, press::once_a_day, "set_filter", "filters",
     set<filter_field::when, 1, put_digest>},

    {route::by::callback_prefix, press::reply, "", "", show_reply},
    {route::by::callback_prefix, press::reply_scopes, "", "", show_reply_scopes},
    {route::by::callback_prefix, press::edit_reply, "", "", edit_reply},
    {route::by::callback_prefix, press::no_reply, "set_reply", "reply", drop_reply},
    {route::by::text_state, waits_for_reply, "set_reply", "reply", type_reply},

    {route::by::callback_prefix, press::hidden, "looked_at_hidden", "settings", show_hidden},
    {route::by::callback_prefix, press::show_again, "showed_author", "hidden", show_again},
};

}  // namespace

std::span<const row> filter_rows() { return rows; }

task<reply> show_settings(turn& now) {
  settings_facts facts;
  const auto text = co_await now.with.wishes.reply(now.db, now.person.id, every_category, false);
  facts.has_reply = !text.empty();
  facts.hidden = co_await now.with.wishes.hidden_count(now.db, now.person.id);
  reply out;
  out.show = settings(now.to(), facts);
  co_return out;
}

}  // namespace tandem::hunt::bot
