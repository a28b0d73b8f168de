#include "hunt/bot/presses.hpp"
#include "hunt/bot/screens.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

// What a person wants to read, when, and what they answer.
namespace tandem::hunt::bot {
namespace {

using locale::markup;
using telegram::keyboard;

constexpr std::size_t words_shown = 120;  // code points of a list of words
// Hours that most people want: minutes of the day.
constexpr std::pair<int, int> usual_nights[] = {{22 * 60, 8 * 60}, {23 * 60, 8 * 60}, {0, 9 * 60}};
constexpr int usual_hours[] = {9 * 60, 13 * 60, 19 * 60};

std::string mark(bool on) { return on ? "✓ " : "○ "; }

std::string name_of_scope(const view& to, const filter_facts& facts) {
  if (facts.scope == every_category) return to.plain("filters.all");
  const auto title = std::string(to.emoji(facts.scope)) + " " + to.title(facts.scope);
  return facts.own ? title : to.plain("filters.as_all", {{"title", title}});
}

std::string say_words(const view& to, const std::vector<std::string>& words, std::string_view none) {
  if (words.empty()) return to.html(none);
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return telegram::shorten(telegram::escape(out), words_shown);
}

std::string say_budget(const view& to, const reading_filter& filter) {
  if (!filter.budget_from) return to.html("filters.any_budget");
  return to.html(filter.without_budget ? "filters.budget_or_none" : "filters.budget",
                 {{"sum", say_sum(*filter.budget_from)}});
}

std::string say_quiet(const view& to, const reading_filter& filter) {
  if (!filter.quiet) return to.html("filters.no_quiet");
  return to.html(filter.quiet->as_list ? "filters.quiet_list" : "filters.quiet_cards",
                 {{"from", say_minute(filter.quiet->from)}, {"to", say_minute(filter.quiet->to)}});
}

std::string say_when(const view& to, const reading_filter& filter) {
  if (!filter.digest_at) return to.html("filters.at_once");
  return to.html("filters.once_a_day", {{"time", say_minute(*filter.digest_at)}});
}

std::string say(const view& to, const reading_filter& filter, filter_field what) {
  switch (what) {
    case filter_field::words: return say_words(to, filter.words, "filters.any_words");
    case filter_field::minus: return say_words(to, filter.minus_words, "filters.no_minus");
    case filter_field::budget: return say_budget(to, filter);
    case filter_field::quiet: return say_quiet(to, filter);
    case filter_field::when: break;
  }
  return say_when(to, filter);
}

std::string_view name_of(filter_field what) {
  switch (what) {
    case filter_field::words: return "words";
    case filter_field::minus: return "minus";
    case filter_field::budget: return "budget";
    case filter_field::quiet: return "quiet";
    case filter_field::when: break;
  }
  return "when";
}

std::string hours(const std::pair<int, int>& night) {
  return say_minute(night.first) + "–" + say_minute(night.second);
}

// The buttons beside the typed answer.
void add_choices(const view& to, keyboard& keys, const filter_facts& facts, filter_field what) {
  const auto scope = facts.scope.value;
  const auto& filter = facts.filter;
  keys.row();
  switch (what) {
    case filter_field::words:
      if (!filter.words.empty()) keys.callback(to.plain("button.clear"), press::data(press::no_words, scope));
      break;
    case filter_field::minus:
      if (!filter.minus_words.empty())
        keys.callback(to.plain("button.clear"), press::data(press::no_minus, scope));
      break;
    case filter_field::budget:
      if (!filter.budget_from) break;
      keys.callback(mark(filter.without_budget) + to.plain("button.without_budget"),
                    press::data(press::without_budget, scope, !filter.without_budget));
      keys.row().callback(to.plain("button.clear"), press::data(press::any_budget, scope));
      break;
    case filter_field::quiet:
      for (const auto& night : usual_nights) {
        const bool on = filter.quiet && filter.quiet->from == night.first && filter.quiet->to == night.second;
        keys.callback((on ? "✓ " : "") + hours(night),
                      press::data(press::set_quiet, scope, night.first, night.second));
      }
      if (!filter.quiet) break;
      keys.row();
      keys.callback(mark(!filter.quiet->as_list) + to.plain("button.as_cards"),
                    press::data(press::quiet_as_list, scope, 0));
      keys.callback(mark(filter.quiet->as_list) + to.plain("button.as_list"),
                    press::data(press::quiet_as_list, scope, 1));
      keys.row().callback(to.plain("button.clear"), press::data(press::no_quiet, scope));
      break;
    case filter_field::when:
      keys.callback(mark(!filter.digest_at) + to.plain("button.at_once"), press::data(press::at_once, scope));
      keys.row();
      for (const int hour : usual_hours) {
        keys.callback(mark(filter.digest_at == hour) + say_minute(hour),
                      press::data(press::once_a_day, scope, hour));
      }
      break;
  }
}

void add_scopes(const view& to, keyboard& keys, const std::vector<category_id>& chosen,
                const std::vector<category_id>& own, std::string_view prefix) {
  int place = 0;
  for (const auto id : chosen) {
    const auto title = to.title(id);
    if (title.empty()) continue;
    if (place++ % 2 == 0) keys.row();
    const bool special = std::ranges::find(own, id) != own.end();
    keys.callback((special ? "✓ " : "") + std::string(to.emoji(id)) + " " + title,
                  press::data(prefix, id.value));
  }
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

screen my_filters(const view& to, const filter_facts& facts) {
  const auto scope = facts.scope.value;
  keyboard keys;
  keys.row().callback(to.plain("button.words"), press::data(press::words, scope));
  keys.callback(to.plain("button.minus"), press::data(press::minus, scope));
  keys.row().callback(to.plain("button.budget"), press::data(press::budget, scope));
  keys.callback(to.plain("button.quiet"), press::data(press::quiet, scope));
  keys.row().callback(to.plain("button.when"), press::data(press::when, scope));
  if (facts.scope == every_category) {
    keys.callback(facts.special == 0 ? to.plain("button.by_category_plain")
                                     : to.plain("button.by_category", {{"count", facts.special}}),
                  std::string(press::filter_scopes));
    keys.row().callback(to.plain("button.back"), std::string(press::menu));
  } else {
    if (facts.own) keys.callback(to.plain("button.as_for_all"), press::data(press::as_for_all, scope));
    keys.row().callback(to.plain("button.back"), std::string(press::filter_scopes));
  }
  const auto line = [&](filter_field what) { return markup{say(to, facts.filter, what)}; };
  return {to.html("filters.text", {{"scope", name_of_scope(to, facts)},
                                   {"words", line(filter_field::words)},
                                   {"minus", line(filter_field::minus)},
                                   {"budget", line(filter_field::budget)},
                                   {"quiet", line(filter_field::quiet)},
                                   {"when", line(filter_field::when)}}),
          keys.build()};
}

screen ask_filter(const view& to, const filter_facts& facts, filter_field what,
                  const std::optional<wrong_answer>& wrong) {
  const std::string name(name_of(what));
  keyboard keys;
  add_choices(to, keys, facts, what);
  keys.row().callback(to.plain("button.back"), press::data(press::filters, facts.scope.value));
  locale::arguments values{{"scope", name_of_scope(to, facts)}, {"now", markup{say(to, facts.filter, what)}}};
  std::string hint;
  if (wrong) hint = "\n" + to.html("filter_hint." + std::string(wrong->hint), {{"typed", wrong->typed}});
  return {to.html("filter_ask." + name, values) + hint, keys.build()};
}

screen filter_scopes(const view& to, const std::vector<category_id>& chosen,
                     const std::vector<category_id>& own) {
  keyboard keys;
  add_scopes(to, keys, chosen, own, press::filters);
  keys.row().callback(to.plain("button.back"), press::data(press::filters, 0));
  return {to.html(chosen.empty() ? "filters.no_scopes" : "filters.scopes"), keys.build()};
}

std::string reply_to(std::string_view reply_template, const vacancy_card& card) {
  auto out = replaced(std::string(reply_template), "{title}", card.title);
  return replaced(std::move(out), "{link}", card.post_url);
}

screen my_reply(const view& to, const reply_facts& facts) {
  const auto scope = facts.scope.value;
  const bool all = facts.scope == every_category;
  const auto title =
      all ? to.plain("filters.all") : std::string(to.emoji(facts.scope)) + " " + to.title(facts.scope);
  keyboard keys;
  keys.row().callback(to.plain(facts.text.empty() ? "button.write_reply" : "button.edit_reply"),
                      press::data(press::edit_reply, scope));
  if (!facts.text.empty()) keys.callback(to.plain("button.clear"), press::data(press::no_reply, scope));
  if (all) keys.row().callback(to.plain("button.by_category_plain"), std::string(press::reply_scopes));
  keys.row().callback(to.plain("button.back"), std::string(all ? press::settings : press::reply_scopes));
  if (facts.text.empty())
    return {to.html(all ? "reply.none" : "reply.none_here", {{"scope", title}}), keys.build()};
  vacancy_card example;
  example.title = to.plain("reply.example");
  example.post_url = "https://t.me/jobs/120";
  return {to.html("reply.text", {{"scope", title}, {"preview", reply_to(facts.text, example)}}),
          keys.build()};
}

screen ask_reply(const view& to, const reply_facts& facts, const std::optional<wrong_answer>& wrong) {
  keyboard keys;
  keys.row().callback(to.plain("button.back"), press::data(press::reply, facts.scope.value));
  std::string hint;
  if (wrong) {
    hint = "\n" + to.html("reply_hint." + std::string(wrong->hint),
                          {{"typed", wrong->typed}, {"most", longest_reply}});
  }
  return {to.html("reply.ask", {{"most", longest_reply}}) + hint, keys.build()};
}

screen reply_scopes(const view& to, const std::vector<category_id>& chosen) {
  keyboard keys;
  add_scopes(to, keys, chosen, {}, press::reply);
  keys.row().callback(to.plain("button.back"), press::data(press::reply, 0));
  return {to.html("reply.scopes"), keys.build()};
}

std::string say_author(std::string_view author_key) {
  const auto colon = author_key.find(':');
  if (author_key.starts_with('@') || colon == std::string_view::npos) return std::string(author_key);
  const auto kind = author_key.substr(0, colon);
  const auto rest = author_key.substr(colon + 1);
  if (kind == "tg") return "id " + std::string(rest);
  if (kind == "from") return "@" + std::string(rest);
  const auto slash = rest.find('/');
  if (kind == "sig" && slash != std::string_view::npos) {
    return std::string(rest.substr(slash + 1)) + " (@" + std::string(rest.substr(0, slash)) + ")";
  }
  return std::string(rest);
}

screen hidden_list(const view& to, const hidden_page& page) {
  keyboard keys;
  if (page.total == 0) {
    keys.row().callback(to.plain("button.back"), std::string(press::settings));
    return {to.html("hidden.empty"), keys.build()};
  }
  std::string list;
  auto number = page.offset;
  int place = 0;
  for (const auto& one : page.authors) {
    ++number;
    if (!list.empty()) list += '\n';
    list += to.html(one.title.empty() ? "hidden.line" : "hidden.line_titled",
                    {{"number", number}, {"author", say_author(one.author_key)}, {"title", one.title}});
    if (place++ % 3 == 0) keys.row();
    keys.callback("↩️ " + std::to_string(number), press::data(press::show_again, one.id, page.offset));
  }
  keys.row();
  if (page.offset > 0) {
    keys.callback(to.plain("button.newer"),
                  press::data(press::hidden, std::max<std::int64_t>(0, page.offset - hidden_per_page)));
  }
  if (page.offset + hidden_per_page < page.total) {
    keys.callback(to.plain("button.older"), press::data(press::hidden, page.offset + hidden_per_page));
  }
  keys.callback(to.plain("button.back"), std::string(press::settings));
  return {to.html("hidden.text", {{"total", page.total}, {"list", markup{list}}}), keys.build()};
}

}  // namespace tandem::hunt::bot
