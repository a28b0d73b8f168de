#include "hunt/bot/presses.hpp"
#include "hunt/bot/screens.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::hunt::bot {
namespace {

using locale::markup;
using telegram::keyboard;

constexpr std::size_t essence_shown = 300;  // code points

std::string report_text(const view& to, const reported_vacancy& what) {
  const auto& card = what.card;
  std::int64_t all = 0;
  std::string reasons;
  for (const auto& one : what.open) {
    all += one.readers;
    const auto said =
        to.html("operator.reasons", {{"reason", to.plain("reason." + one.reason)}, {"count", one.readers}});
    reasons += (reasons.empty() ? "" : " · ") + said;
  }
  std::string out;
  if (what.open.empty() && what.last_decision) {
    out = to.html("operator.decided",
                  {{"decision", to.plain("decision." + std::string(name_of(*what.last_decision)))},
                   {"category", to.title(card.category)}});
  } else {
    out = to.html("operator.title", {{"count", all}, {"category", to.title(card.category)}});
  }
  if (!reasons.empty()) out += "\n" + reasons;
  const auto title = telegram::bold(card.title);
  out += "\n\n" + (card.withdrawn ? telegram::strike_html(title) : title);
  if (!card.essence.empty()) out += "\n" + telegram::shorten(telegram::escape(card.essence), essence_shown);
  const auto age = std::max(std::chrono::microseconds(0), to.now - card.posted_at);
  out +=
      "\n" +
      to.html("card.source",
              {{"source", markup{card.post_url.empty() ? telegram::escape(card.source_title)
                                                       : telegram::link(card.source_title, card.post_url)}},
               {"ago", locale::say_ago(to.language, age)}});
  if (!card.author_key.empty()) out += "\n" + to.html("operator.author", {{"author", card.author_key}});
  return out;
}

}  // namespace

screen report_card(const view& to, const reported_vacancy& what) {
  const auto id = what.card.id.value;
  keyboard keys;
  if (!what.open.empty()) {
    keys.row().callback(to.plain("operator_button.right", {{"category", to.title(what.card.category)}}),
                        press::data(press::op_right, id));
    keys.callback(to.plain("operator_button.other"), press::data(press::op_pick, id));
    keys.row().callback(to.plain("operator_button.not_vacancy"), press::data(press::op_not_vacancy, id));
    keys.callback(to.plain("operator_button.withdraw"), press::data(press::op_ask_withdraw, id));
    keys.row();
    if (!what.card.author_key.empty()) {
      keys.callback(to.plain("operator_button.ban"), press::data(press::op_ask_ban, id));
    }
  }
  if (keyboard::takes_link(what.card.post_url)) keys.url(to.plain("button.post"), what.card.post_url);
  if (what.open.empty() && what.card.withdrawn) {
    keys.callback(to.plain("operator_button.undo"), press::data(press::op_undo, id));
  }
  return {report_text(to, what), keys.build()};
}

screen confirm(const view& to, const reported_vacancy& what, question about) {
  const bool ban = about == question::ban;
  const auto id = what.card.id.value;
  keyboard keys;
  keys.row().callback(to.plain(ban ? "operator_button.yes_ban" : "operator_button.yes_withdraw"),
                      press::data(ban ? press::op_ban : press::op_withdraw, id));
  keys.callback(to.plain("button.back"), press::data(press::op_show, id));
  return {
      report_text(to, what) + "\n\n" + to.html(ban ? "operator.confirm_ban" : "operator.confirm_withdraw"),
      keys.build()};
}

screen pick_category(const view& to, const reported_vacancy& what) {
  const auto id = what.card.id.value;
  keyboard keys;
  int place = 0;
  for (const auto& one : to.categories) {
    if (one.id == what.card.category) continue;
    if (place++ % 2 == 0) keys.row();
    keys.callback(one.emoji + " " + to.title(one.id), press::data(press::op_file, id, one.id.value));
  }
  keys.row().callback(to.plain("button.back"), press::data(press::op_show, id));
  return {report_text(to, what) + "\n\n" + to.html("operator.pick"), keys.build()};
}

screen outcome(const view& to, const report_outcome& what) {
  return {to.html("outcome." + std::string(name_of(what.what)), {{"title", what.title}}), {}};
}

}  // namespace tandem::hunt::bot
