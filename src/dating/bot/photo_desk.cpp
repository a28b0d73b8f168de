#include "conversation/operators_chat.hpp"
#include "dating/bot/photo_intake.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/turn.hpp"

// The operator's chats: photos that wait, one card that goes from one to the next. Nothing here works
// anywhere else. Several operators at once: a decision holds while the photo waits, the second press says who
// was first.
namespace tandem::dating::bot {
namespace {

using conversation::operators_press;
using conversation::said;

task<std::optional<moderated_photo>> find(turn& now, photo_id what) {
  co_return co_await now.with.pictures.find_moderated(now.db, what, now.in.me.id);
}

bool still_waits(const std::optional<moderated_photo>& what) {
  return what && what->what.state == photo_state::waiting && !what->banned;
}

// What the pressed card shows from now on, and that it does.
struct card_state {
  std::optional<moderated_photo> at, before;
  desk_question about = desk_question::none;
};
task<screen> put(turn& now, card_state state) {
  desk_facts facts;
  facts.waiting = co_await now.with.pictures.waiting(now.db);
  if (state.at && state.at->decided_by) {
    const auto by = co_await now.with.people.find(now.db, *state.at->decided_by);
    if (by) facts.decided_by = by->first_name;
  }
  desk_card card{now.in.me.id, now.in.chat_id(), 0, {}, {}, {}};
  const auto& pressed = now.in.what.callback_query;
  if (pressed && pressed->message) card.message_id = pressed->message->message_id;
  const bool waits = still_waits(state.at);
  if (state.at && (waits || facts.waiting > 0)) card.shows = state.at->what.id;
  if (state.before) card.last_decided = state.before->what.id;
  facts.at = std::move(state.at);
  facts.before = std::move(state.before);
  auto out = desk_card_screen(now.to(), now.with, facts, state.about);
  if (facts.at) co_await follow(now, out, facts.at->what.of);
  const bool asks = waits && state.about != desk_question::none;
  card.digest = asks ? std::string(desk_asking) : digest_of(out);
  co_await now.with.pictures.keep_desk_card(now.db, std::move(card));
  co_return out;
}

// The cards in the other chats follow.
reply with_cards(const turn& now, screen show, std::string_view note) {
  reply out;
  out.show = std::move(show);
  if (!note.empty()) out.note = now.to().plain(note);
  out.then = [&with = now.with] { with.arriving->begin_desk(with); };
  return out;
}

task<reply> show_as_it_is(turn& now, photo_id what, std::string_view note) {
  card_state state;
  state.at = co_await find(now, what);
  auto show = co_await put(now, std::move(state));
  co_return with_cards(now, std::move(show), note);
}

// After a decision: the next photo that waits, with a way back; the decided one when there is none.
task<reply> go_on(turn& now, photo_id decided, std::string_view note) {
  const auto next = co_await now.with.pictures.next_waiting(now.db, decided, now.in.me.id, now.in.chat_id());
  card_state state;
  auto done = co_await find(now, decided);
  if (next) {
    state.at = co_await find(now, *next);
    state.before = std::move(done);
  } else {
    state.at = std::move(done);
  }
  auto show = co_await put(now, std::move(state));
  co_return with_cards(now, std::move(show), note);
}

task<reply> draw(turn& now, desk_question about) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "photo_desk.not_here");
  card_state state;
  state.at = co_await find(now, photo_id(given->front()));
  state.about = about;
  reply out;
  if (about != desk_question::none && !still_waits(state.at)) out.note = now.to().plain("photo_desk.already");
  out.show = co_await put(now, std::move(state));
  co_return out;
}
task<reply> show(turn& now) { co_return co_await draw(now, desk_question::none); }
task<reply> ask_why(turn& now) { co_return co_await draw(now, desk_question::reason); }
task<reply> ask_ban(turn& now) { co_return co_await draw(now, desk_question::ban); }

// What an operator decides about a photo that waits; whether it was done.
using decision = task<bool> (*)(turn& now, const moderated_photo& what, std::string_view reason);

task<reply> decide(turn& now, photo_id what, decision act, std::string_view reason = {}) {
  const auto before = co_await find(now, what);
  bool done = false;
  if (still_waits(before)) done = co_await act(now, *before, reason);
  if (!done) co_return co_await show_as_it_is(now, what, "photo_desk.already");
  co_return co_await go_on(now, what, "photo_desk.done");
}

task<bool> do_approve(turn& now, const moderated_photo& what, std::string_view) {
  return now.with.pictures.approve(now.db, what.what.id, now.person.id);
}
task<bool> do_refuse(turn& now, const moderated_photo& what, std::string_view reason) {
  return now.with.pictures.refuse(now.db, what.what.id, now.person.id, reason);
}
task<bool> do_ban(turn& now, const moderated_photo& what, std::string_view) {
  const auto audit = "photo " + std::to_string(what.what.id.value);
  co_return co_await now.with.rules.sanction(now.db, now.person.id, what.what.of, operator_action::ban,
                                             audit);
}

task<reply> approve(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "photo_desk.not_here");
  now.subject += " shown";
  co_return co_await decide(now, photo_id(given->front()), do_approve);
}
task<reply> refuse(turn& now) {
  const auto given = co_await operators_press(now, 2);
  if (!given || given->back() >= std::ssize(refuse_reasons)) co_return said(now, "photo_desk.not_here");
  const auto reason = refuse_reasons[given->back()];
  now.subject += " refused " + std::string(reason);
  co_return co_await decide(now, photo_id(given->front()), do_refuse, reason);
}
task<reply> ban(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "photo_desk.not_here");
  now.subject += " banned";
  co_return co_await decide(now, photo_id(given->front()), do_ban);
}

task<reply> undo(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "photo_desk.not_here");
  const photo_id what(given->front());
  now.subject += " undone";
  const auto before = co_await find(now, what);
  bool done = false;
  if (before && before->banned) {
    done = co_await now.with.rules.undo(now.db, now.person.id, before->what.of);
  } else if (before) {
    done = co_await now.with.pictures.undo(now.db, what);
  }
  co_return co_await show_as_it_is(now, what, done ? "photo_desk.undone" : "photo_desk.nothing_to_undo");
}

task<reply> next(turn& now) {
  const auto given = co_await operators_press(now, 1);
  if (!given) co_return said(now, "photo_desk.not_here");
  const auto found = co_await now.with.pictures.next_waiting(now.db, photo_id(given->front()), now.in.me.id,
                                                             now.in.chat_id());
  co_return co_await show_as_it_is(now, found.value_or(photo_id(given->front())), "");
}

}  // namespace

std::span<const row> photo_desk_rows() {
  static constexpr row rows[] = {
      {route::by::callback_prefix, press::desk_show, "", "", show, true},
      {route::by::callback_prefix, press::desk_why, "", "", ask_why, true},
      {route::by::callback_prefix, press::desk_ask_ban, "", "", ask_ban, true},
      {route::by::callback_prefix, press::desk_next, "", "", next, true},
      {route::by::callback_prefix, press::desk_approve, "decided", "photo", approve, true},
      {route::by::callback_prefix, press::desk_refuse, "decided", "photo", refuse, true},
      {route::by::callback_prefix, press::desk_ban, "decided", "photo", ban, true},
      {route::by::callback_prefix, press::desk_undo, "decided", "photo", undo, true},
  };
  return rows;
}

}  // namespace tandem::dating::bot
