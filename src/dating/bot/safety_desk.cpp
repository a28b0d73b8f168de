#include "dating/bot/safety_desk.hpp"

#include "conversation/operators_chat.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/safety_screens.hpp"
#include "dating/bot/turn.hpp"

namespace tandem::dating::bot {
namespace {

using conversation::is_operators_chat;
using conversation::operators_press;
using conversation::said;

constexpr int looked_at = 50;  // people of the queue
constexpr int lines_read = 40;
constexpr std::size_t media_shown = 10;

task<case_facts> facts_of(const parts& with, pg::session& in, complaint_case what, std::size_t photo) {
  case_facts out;
  out.photo = photo < what.photos.size() ? photo : 0;
  if (!what.photos.empty()) {
    const auto found = co_await with.pictures.find(in, what.photos[out.photo], with.bot_id);
    if (found) out.picture = to_picture(with, *found);
  }
  out.waiting = co_await with.rules.open_count(in);
  out.what = std::move(what);
  co_return out;
}

// ---- posting

struct desk_look {
  const parts& with;
  accounts::operator_chat chat;
  view to;

  // A new card, or the one that is there with what it shows by now.
  task<> put(complaint_case what, std::optional<safety::card> before) {
    auto* out = with.senders(chat.bot_id);
    if (!out) co_return;
    safety::card shown{chat.bot_id, chat.chat_id, what.about, 0, what.digest};
    const bool decided = what.open.empty();
    const bool has_photo = !what.photos.empty();
    auto facts = co_await facts_of(with, with.db, std::move(what), 0);
    auto drawn = case_card(to, std::move(facts));
    telegram::answer<telegram::message_id> sent;
    if (before) {
      sent =
          co_await conversation::replace(*out, std::move(drawn), chat.chat_id, before->message_id, has_photo);
    } else {
      sent = co_await conversation::send(*out, std::move(drawn), chat.chat_id);
    }
    if (!sent) co_return;
    shown.message_id = sent->message_id;
    appearance where{chat.bot_id, chat.chat_id, sent->message_id, shown.about, to.language};
    co_await with.conversations.appears(with.db, std::move(where));
    if (decided) {
      co_await with.rules.forget_card(with.db, chat.bot_id, chat.chat_id, shown.about);
    } else {
      co_await with.rules.keep_card(with.db, std::move(shown));
    }
  }
};

task<> look_at_chat(desk_look look, std::vector<safety::card> here, std::vector<user_id> queue) {
  bool busy = false;
  for (const auto& card : here) {
    auto found = co_await look.with.rules.find(look.with.db, card.about);
    if (!found) continue;  // erased at this moment, and the row with them
    busy = busy || !found->open.empty();
    if (found->digest != card.shown) co_await look.put(std::move(*found), card);
  }
  for (const auto who : queue) {
    if (std::ranges::find(here, who, &safety::card::about) != here.end()) continue;
    auto found = co_await look.with.rules.find(look.with.db, who);
    if (!found || found->open.empty()) continue;
    if (busy && !found->held) break;  // the queue begins with them
    busy = true;
    co_await look.put(std::move(*found), std::nullopt);
  }
}

// ---- presses

// The pressed message shows this person now.
task<> keep(turn& now, const complaint_case& what) {
  const auto& pressed = now.in.what.callback_query;
  if (!pressed || !pressed->message) co_return;
  safety::card shown{now.in.me.id, now.in.chat_id(), what.about, pressed->message->message_id, what.digest};
  if (what.open.empty()) {
    co_await now.with.rules.forget_card(now.db, shown.bot_id, shown.chat_id, shown.about);
  } else {
    co_await now.with.rules.keep_card(now.db, std::move(shown));
  }
}

task<reply> draw_card(turn& now, complaint_case what, std::size_t photo) {
  const auto about = what.about;
  auto facts = co_await facts_of(now.with, now.db, std::move(what), photo);
  reply out;
  out.show = case_card(now.to(), std::move(facts));
  co_await follow(now, *out.show, about);
  co_return out;
}

task<reply> draw(turn& now, complaint_case what, std::size_t photo) {
  co_await keep(now, what);
  co_return co_await draw_card(now, std::move(what), photo);
}

task<reply> show(turn& now) {
  const auto given = co_await operators_press(now, 2);
  if (!given) co_return said(now, "case.not_here");
  auto found = co_await now.with.rules.find(now.db, user_id(given->front()));
  if (!found) co_return said(now, "case.gone");
  co_return co_await draw(now, std::move(*found), static_cast<std::size_t>(given->back()));
}

task<reply> ask(turn& now) {
  const auto given = co_await operators_press(now, 2);
  if (!given || given->back() > static_cast<int>(operator_action::dismiss))
    co_return said(now, "case.not_here");
  auto found = co_await now.with.rules.find(now.db, user_id(given->front()));
  if (!found || found->open.empty()) co_return said(now, "case.gone");
  auto facts = co_await facts_of(now.with, now.db, std::move(*found), 0);
  reply out;
  out.show = confirm_case(now.to(), std::move(facts), static_cast<operator_action>(given->back()));
  co_return out;
}

task<reply> decide(turn& now, user_id about, operator_action how, std::optional<photo_id> photo) {
  const bool done = co_await now.with.rules.act(now.db, now.person.id, about, how, photo);
  now.subject += " " + std::string(name_of(how));
  auto found = co_await now.with.rules.find(now.db, about);
  if (!found) co_return said(now, "case.gone");
  auto out = co_await draw(now, std::move(*found), 0);
  out.note = now.to().plain(done ? "case.done" : "case.gone");
  out.then = [&with = now.with] { begin_case_desk(with); };
  co_return out;
}

task<reply> act(turn& now) {
  const auto given = co_await operators_press(now, 2);
  if (!given || given->back() > static_cast<int>(operator_action::dismiss))
    co_return said(now, "case.not_here");
  co_return co_await decide(now, user_id(given->front()), static_cast<operator_action>(given->back()),
                            std::nullopt);
}

task<reply> hide(turn& now) {
  const auto given = co_await operators_press(now, 2);
  if (!given) co_return said(now, "case.not_here");
  co_return co_await decide(now, user_id(given->front()), operator_action::hide_photo,
                            photo_id(given->back()));
}

task<reply> undo(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "case.not_here");
  const user_id about(given->front());
  const bool done = co_await now.with.rules.undo(now.db, now.person.id, about);
  now.subject += " undone";
  auto found = co_await now.with.rules.find(now.db, about);
  if (!found) co_return said(now, "case.gone");
  auto out = co_await draw(now, std::move(*found), 0);
  out.note = now.to().plain(done ? "case.undone" : "case.nothing_to_undo");
  out.then = [&with = now.with] { begin_case_desk(with); };
  co_return out;
}

// The most urgent one behind whom the card shows; from the start again where there is none.
task<reply> next(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "case.not_here");
  const user_id shown(given->front());
  const auto queue = co_await now.with.rules.queue(now.db, looked_at);
  const auto at = std::ranges::find(queue, shown);
  user_id who;
  if (at != queue.end() && at + 1 != queue.end()) {
    who = *(at + 1);
  } else if (!queue.empty()) {
    who = queue.front();
  }
  reply out;
  auto found = co_await now.with.rules.find(now.db, who);
  if (!found || found->open.empty()) {
    co_await now.with.rules.forget_card(now.db, now.in.me.id, now.in.chat_id(), shown);
    out.show = no_cases(now.to());
    co_return out;
  }
  if (who != shown) co_await now.with.rules.forget_card(now.db, now.in.me.id, now.in.chat_id(), shown);
  co_return co_await draw(now, std::move(*found), 0);
}

task<reply> read(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "case.not_here");
  const complaint_id through(given->front());
  const auto found = co_await now.with.conversations.read(now.db, now.person.id, through, lines_read);
  if (!found) co_return said(now, "case.gone");
  reply out;
  out.show = case_talk(now.to(), *found, through);
  co_await follow(now, *out.show, found->about);
  co_return out;
}

task<> copy_media(const parts& with, telegram::incoming& in, std::vector<read_line> lines, appearance where) {
  for (const auto& one : lines) {
    telegram::message_copy copy;
    copy.chat_id = where.chat_id;
    copy.from_chat_id = one.chat_id;
    copy.message_id = one.message_id;
    copy.options.protect_content = true;
    const auto sent = co_await in.bot.copy_message(std::move(copy));
    if (!sent) continue;
    where.message_id = sent->message_id;
    co_await with.conversations.appears(with.db, where);
  }
}

task<reply> media(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "case.not_here");
  auto found =
      co_await now.with.conversations.read(now.db, now.person.id, complaint_id(given->front()), lines_read);
  if (!found) co_return said(now, "case.gone");
  std::erase_if(found->lines, [&](const read_line& one) {
    return !one.by_accused || one.content.kind == telegram::message_content::text ||
           one.bot_id != now.in.me.id;
  });
  if (found->lines.size() > media_shown) {
    found->lines.erase(found->lines.begin(), found->lines.end() - static_cast<std::ptrdiff_t>(media_shown));
  }
  reply out;
  const appearance where{now.in.me.id, now.in.chat_id(), 0, found->about, now.person.language};
  out.after = [&with = now.with, lines = std::move(found->lines), where](telegram::incoming& in) {
    return copy_media(with, in, lines, where);
  };
  co_return out;
}

// The queue from its beginning, as a card of its own.
task<reply> cases(turn& now) {
  const bool here = co_await is_operators_chat(now);
  if (!here) co_return co_await say_not_understood(now);
  const auto queue = co_await now.with.rules.queue(now.db, 1);
  reply out;
  if (queue.empty()) {
    out.show = no_cases(now.to());
    co_return out;
  }
  auto found = co_await now.with.rules.find(now.db, queue.front());
  if (!found) co_return said(now, "case.gone");
  co_return co_await draw_card(now, std::move(*found), 0);
}

constexpr row rows[] = {
    {route::by::command, "cases", "looked_at_cases", "case", cases, true},
    {route::by::callback_prefix, press::case_show, "", "", show, true},
    {route::by::callback_prefix, press::case_ask, "", "", ask, true},
    {route::by::callback_prefix, press::case_act, "decided", "case", act, true},
    {route::by::callback_prefix, press::case_hide, "decided", "case", hide, true},
    {route::by::callback_prefix, press::case_undo, "decided", "case", undo, true},
    {route::by::callback_prefix, press::case_next, "", "", next, true},
    {route::by::callback_prefix, press::case_read, "read_talk", "case", read, true},
    {route::by::callback_prefix, press::case_media, "read_talk", "case", media, true},
};

}  // namespace

std::span<const row> safety_desk_rows() { return rows; }

task<> show_cases(const parts& with) {
  // What is posted is written down at once, beside this transaction, which holds the lock and nothing else.
  const auto lock = co_await with.db.begin();
  const bool mine = co_await with.rules.lock_desk(*lock);
  if (!mine) co_return;
  const auto queue = co_await with.rules.queue(with.db, looked_at);
  const auto cards = co_await with.rules.cards(with.db);
  if (queue.empty() && cards.empty()) co_return;
  const auto chats = co_await with.operators.chats(with.db);
  for (const auto& chat : chats) {
    const auto who = co_await with.people.find(with.db, chat.who);
    if (chat.bot_id != with.bot_id || !who) continue;
    std::vector<safety::card> here;
    for (const auto& card : cards) {
      if (card.bot_id == chat.bot_id && card.chat_id == chat.chat_id) here.push_back(card);
    }
    desk_look look{with, chat, with.for_person(who->language, who->time_zone)};
    co_await look_at_chat(std::move(look), std::move(here), queue);
  }
  co_await lock->commit();
}

void begin_case_desk(const parts& with) { with.background.spawn("show complaints", show_cases(with)); }

}  // namespace tandem::dating::bot
