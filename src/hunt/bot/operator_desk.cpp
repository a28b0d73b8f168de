#include "hunt/bot/operator_desk.hpp"

namespace tandem::hunt::bot {
namespace {

constexpr int batch = 100;

}  // namespace

void operator_desk::begin_show(vacancy_id what) { background_.spawn("show a report", show(what)); }
void operator_desk::begin_follow_up() { background_.spawn("follow up a decision", tell_outcomes()); }

task<> operator_desk::catch_up() {
  const auto open = co_await with_.complaints.open(with_.db, batch);
  for (const auto what : open) co_await show(what);
  co_await tell_outcomes();
}

// One at a time per vacancy: two readers who report in the same moment must not make two cards.
task<> operator_desk::show(vacancy_id what) {
  const auto [mine, first] = showing_.try_emplace(what, false);
  if (!first) {
    mine->second = true;
    co_return;
  }
  struct done {
    std::map<vacancy_id, bool>& of;
    vacancy_id what;
    ~done() { of.erase(what); }
  } const at_the_end{showing_, what};
  do {
    mine->second = false;
    co_await show_once(what);
  } while (mine->second);
}

task<> operator_desk::show_once(vacancy_id what) {
  const auto found = co_await with_.complaints.find(with_.db, what);
  if (!found) co_return;
  const auto known = co_await with_.complaints.messages(with_.db, what);
  const auto chats = co_await with_.operators.chats(with_.db);
  for (const auto& chat : chats) {
    const auto who = co_await with_.people.find(with_.db, chat.who);
    auto* out = with_.senders(chat.bot_id);  // asked for after every wait: bots come and go
    if (!out || !who) continue;
    const auto card = report_card(with_.for_reader(who->language, who->time_zone), *found);
    const auto before = std::ranges::find_if(known, [&](const report_message& one) {
      return one.bot_id == chat.bot_id && one.chat_id == chat.chat_id;
    });
    report_message shown{chat.bot_id, chat.chat_id, 0, found->digest};
    if (before != known.end()) {
      if (before->shown == found->digest) continue;
      auto edit = to_edit(card, chat.chat_id, before->message_id, telegram::urgency::reply);
      const auto edited = co_await out->edit_message_text(std::move(edit));
      shown.message_id = before->message_id;
      if (!edited && edited.error().why != telegram::refusal::message_gone) continue;
      if (edited) {
        co_await with_.complaints.keep_message(with_.db, what, std::move(shown));
        continue;
      }
    }
    // A card is only made for reports that wait; one that was deleted by hand comes back with the next
    // report.
    out = with_.senders(chat.bot_id);
    if (!out || found->open.empty()) continue;
    auto message = to_message(card, chat.chat_id, telegram::urgency::reply);
    const auto sent = co_await out->send_message(std::move(message));
    if (!sent) continue;
    shown.message_id = sent->message_id;
    co_await with_.complaints.keep_message(with_.db, what, std::move(shown));
  }
}

task<> operator_desk::tell_outcomes() {
  bool more = true;
  while (more) co_await tell_some(more);
}

task<> operator_desk::tell_some(bool& more) {
  more = false;
  if (!with_.senders(with_.main_bot)) co_return;  // what is taken counts as told: not without a way to tell
  const auto untold = co_await with_.complaints.take_untold(with_.db, batch);
  more = untold.size() == static_cast<std::size_t>(batch);
  for (const auto& one : untold) {
    auto* out = with_.senders(one.bot_id);
    if (!out) continue;
    auto message = to_message(outcome(with_.for_reader(one.language, "UTC"), one), one.chat_id,
                              telegram::urgency::broadcast);
    co_await out->send_message(std::move(message));
  }
}

}  // namespace tandem::hunt::bot
