#include "hunt/bot/source_screens.hpp"

#include <algorithm>
#include <cmath>

#include "hunt/bot/presses.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::hunt::bot {
namespace {

using telegram::keyboard;

constexpr std::size_t sources_listed = 30;

std::int64_t whole(double number) { return static_cast<std::int64_t>(std::lround(number)); }

std::string state_line(const view& to, const source& what) {
  const auto state =
      what.silent_since && what.state == source_state::active ? "silent" : std::string(name_of(what.state));
  auto out = to.html("source.state", {{"state", to.plain("source_state." + state)}});
  if (!what.last_error.empty()) out += " · " + telegram::escape(what.last_error);
  return out;
}

bool needs_a_look(const source& what) {
  return what.state == source_state::failing || what.state == source_state::no_preview ||
         what.state == source_state::pending || what.silent_since.has_value();
}

}  // namespace

telegram::inline_keyboard_markup source_keys(const view& to, const source& what) {
  keyboard keys;
  if (what.state == source_state::taken_down) return keys.build();
  const auto id = what.id.value;
  keys.row();
  if (is_resting(what.state))
    keys.callback(to.plain("source_button.read"), press::data(source_press::read, id));
  if (what.state != source_state::paused) {
    keys.callback(to.plain(what.state == source_state::pending ? "source_button.no" : "source_button.rest"),
                  press::data(source_press::rest, id));
  }
  keys.row().callback(to.plain("source_button.ask_down"), press::data(source_press::ask_down, id));
  return keys.build();
}

screen source_card(const view& to, const source& what, const source_yield& yield, bool asks) {
  std::string out = telegram::bold(what.title.empty() ? what.shown_name() : what.title);
  out += "\n" + telegram::escape(what.shown_name()) + "\n" + state_line(to, what);
  out += "\n" + to.html("source.yield", {{"posts", whole(yield.posts_per_day)},
                                         {"passed", whole(yield.passed * 100)},
                                         {"vacancies", whole(yield.vacancies * 100)}});
  if (what.last_post_at) {
    const auto age = std::max(std::chrono::microseconds(0), to.now - *what.last_post_at);
    out += "\n" + to.html("source.last_post", {{"ago", locale::say_ago(to.language, age)}});
  }
  if (!asks || what.state == source_state::taken_down) return {out, source_keys(to, what)};
  keyboard keys;
  keys.row().callback(to.plain("source_button.down"), press::data(source_press::down, what.id.value));
  keys.callback(to.plain("button.back"), press::data(source_press::show, what.id.value));
  return {out + "\n\n" + to.html("source.confirm_down"), keys.build()};
}

screen source_list(const view& to, const std::vector<source>& all, const source_yields_by_id& yields) {
  const auto posts_of = [&](const source& one) { return yield_of(yields, one.id).posts_per_day; };
  std::vector<const source*> shown;
  std::int64_t read = 0;
  for (const auto& one : all) {
    read += one.state == source_state::active;
    if (one.state != source_state::taken_down) shown.push_back(&one);
  }
  std::ranges::stable_sort(shown, [&](const source* a, const source* b) {
    if (needs_a_look(*a) != needs_a_look(*b)) return needs_a_look(*a);
    return posts_of(*a) > posts_of(*b);
  });
  auto out = to.html("source.list", {{"count", static_cast<std::int64_t>(shown.size())}, {"read", read}});
  for (std::size_t i = 0; i < std::min(shown.size(), sources_listed); ++i) {
    const auto& one = *shown[i];
    const std::string_view mark = needs_a_look(one) ? "⚠️" : is_resting(one.state) ? "⏸" : "·";
    out += "\n" + to.html("source.line", {{"mark", std::string(mark)},
                                          {"name", one.shown_name()},
                                          {"posts", whole(posts_of(one))}});
  }
  if (shown.size() > sources_listed) {
    out +=
        "\n" + to.html("source.more", {{"count", static_cast<std::int64_t>(shown.size() - sources_listed)}});
  }
  return {out + "\n" + to.html("source.hint"), {}};
}

screen brought_post(const view& to, const operator_post& what) {
  keyboard keys;
  const bool undone = what.state == "dropped" && what.reason == "operator";
  if (!undone && what.state != "dropped" && what.state != "repeat") {
    keys.row().callback(to.plain("source_button.undo"), press::data(source_press::undo_post, what.id.value));
  }
  if (undone) return {to.html("brought.undone"), {}};
  if (what.state == "waiting") return {to.html("brought.waiting"), keys.build()};
  if (what.state == "repeat") {
    if (keyboard::takes_link(what.original_url)) keys.row().url(to.plain("button.post"), what.original_url);
    return {to.html("brought.repeat"), keys.build()};
  }
  if (what.state == "dropped") {
    return {to.html(what.reason == "banned_author" ? "brought.banned" : "brought.dropped"), keys.build()};
  }
  if (what.title.empty() || what.withdrawn) {
    return {to.html(what.kind == "cv" ? "brought.cv" : "brought.none"), keys.build()};
  }
  std::string categories;
  for (const auto one : what.categories) {
    categories += (categories.empty() ? "" : ", ") + to.title(category_id(one));
  }
  return {to.html("brought.vacancy", {{"title", what.title}, {"categories", categories}}), keys.build()};
}

}  // namespace tandem::hunt::bot
