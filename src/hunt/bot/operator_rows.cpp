#include "conversation/operators_chat.hpp"
#include "hunt/bot/presses.hpp"
#include "hunt/bot/turn.hpp"

// The operator's chat: reported vacancies, decided with a button. Nothing here works anywhere else.
namespace tandem::hunt::bot {
namespace {

using conversation::operators_press;
using conversation::said;
using telegram::route;

enum class look { card, pick, ask_withdraw, ask_ban };

task<reply> draw(turn& now, look at) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "operator.not_here");
  const auto found = co_await now.with.complaints.find(now.db, vacancy_id(given->front()));
  if (!found) co_return said(now, "operator.gone");
  reply out;
  switch (at) {
    case look::card: out.show = report_card(now.to(), *found); break;
    case look::pick: out.show = pick_category(now.to(), *found); break;
    case look::ask_withdraw: out.show = confirm(now.to(), *found, question::withdraw); break;
    case look::ask_ban: out.show = confirm(now.to(), *found, question::ban); break;
  }
  co_return out;
}

task<reply> decide(turn& now, decision how) {
  const bool files = how == decision::recategorised;
  const auto given = co_await operators_press(now, files ? 2 : 1);
  if (!given) co_return said(now, "operator.not_here");
  const vacancy_id what(given->front());
  std::optional<category_id> to;
  if (files) to = category_id(given->back());
  const bool done = co_await now.with.complaints.decide(now.db, what, how, to);
  if (!done) co_return said(now, "operator.gone");
  now.subject += " " + std::string(name_of(how));
  auto out = said(now, "operator.done");
  // Edits this card and those of the other operators' chats, where they differ from what was decided.
  const auto found = co_await now.with.complaints.find(now.db, what);
  if (found) out.show = report_card(now.to(), *found);
  out.then = [&desk = now.desk, what] {
    desk.begin_show(what);
    desk.begin_follow_up();
  };
  co_return out;
}

task<reply> undo(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "operator.not_here");
  const vacancy_id what(given->front());
  const bool done = co_await now.with.complaints.undo(now.db, what);
  now.subject += " undone";
  auto out = said(now, done ? "operator.undone" : "operator.nothing_to_undo");
  const auto found = co_await now.with.complaints.find(now.db, what);
  if (found) out.show = report_card(now.to(), *found);
  if (done) out.then = [&desk = now.desk, what] { desk.begin_show(what); };
  co_return out;
}

task<reply> show(turn& now) { co_return co_await draw(now, look::card); }
task<reply> pick(turn& now) { co_return co_await draw(now, look::pick); }
task<reply> ask_withdraw(turn& now) { co_return co_await draw(now, look::ask_withdraw); }
task<reply> ask_ban(turn& now) { co_return co_await draw(now, look::ask_ban); }
task<reply> right(turn& now) { co_return co_await decide(now, decision::right_category); }
task<reply> file(turn& now) { co_return co_await decide(now, decision::recategorised); }
task<reply> no_vacancy(turn& now) { co_return co_await decide(now, decision::not_vacancy); }
task<reply> withdraw(turn& now) { co_return co_await decide(now, decision::withdrawn); }
task<reply> ban(turn& now) { co_return co_await decide(now, decision::author_banned); }

constexpr row rows[] = {
    {route::by::callback_prefix, press::op_show, "", "", show, true},
    {route::by::callback_prefix, press::op_pick, "", "", pick, true},
    {route::by::callback_prefix, press::op_ask_withdraw, "", "", ask_withdraw, true},
    {route::by::callback_prefix, press::op_ask_ban, "", "", ask_ban, true},
    {route::by::callback_prefix, press::op_right, "decided", "report", right, true},
    {route::by::callback_prefix, press::op_file, "decided", "report", file, true},
    {route::by::callback_prefix, press::op_not_vacancy, "decided", "report", no_vacancy, true},
    {route::by::callback_prefix, press::op_withdraw, "decided", "report", withdraw, true},
    {route::by::callback_prefix, press::op_ban, "decided", "report", ban, true},
    {route::by::callback_prefix, press::op_undo, "decided", "report", undo, true},
};

}  // namespace

std::span<const row> operator_rows() { return rows; }

task<reply> claim(turn& now, std::string_view code) {
  const bool claimed = co_await conversation::claim_chat(now, code);
  reply out;
  out.show = screen{now.to().html(claimed ? "operator.claimed" : "operator.wrong_code"), {}};
  co_return out;
}

}  // namespace tandem::hunt::bot
