#include "dating/bot/safety_screens.hpp"
#include "dating/bot/talk_screens.hpp"
#include "dating/bot/turn.hpp"

// Talks: what is written to the bot goes to the other one; the buttons around it.
namespace tandem::dating::bot {
namespace {

reply noted(const turn& now, std::string_view key, const locale::arguments& with = {}, bool alert = false) {
  reply out;
  out.note = now.to().plain(key, with);
  out.alert = alert;
  return out;
}

reply shown(screen what) {
  reply out;
  out.show = std::move(what);
  return out;
}

// The talk that a press is about, if it is one of the person's.
task<std::optional<talk>> talk_pressed(turn& now, std::size_t count = 1) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() != count) co_return std::nullopt;
  now.subject = std::to_string(given->front());
  co_return co_await now.with.conversations.find(now.db, now.person.id, match_id(given->front()));
}

task<reply> show_list(turn& now, std::int64_t offset) {
  const auto page = co_await now.with.conversations.list(now.db, now.person.id, offset);
  co_return shown(talk_list(now.to(), page, false));
}
task<reply> list(turn& now) { co_return co_await show_list(now, 0); }
task<reply> page(turn& now) {
  const auto given = press::numbers(now.in.argument);
  co_return co_await show_list(now, given ? given->front() : 0);
}

task<reply> open(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given) co_return noted(now, "talk.gone");
  const match_id what(given->front());
  now.subject = std::to_string(what.value);
  const auto found = co_await now.with.conversations.open(now.db, now.person.id, now.in.me.id, what);
  if (!found) co_return noted(now, "talk.gone");
  if (!found->open) co_return shown(talk_line(now.to(), *found));
  co_return noted(now, "talk.now_to", {{"name", found->name}});  // the line is sent and pinned by the courier
}

using drawing = screen (*)(const view&, const talk&);
task<reply> draw(turn& now, drawing how) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  co_return shown(found->open ? how(now.to(), *found) : talk_line(now.to(), *found));
}
// Back from a question; the line says that what is written goes there, so it is for the current talk alone.
task<reply> line(turn& now) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  if (found->open && !found->current) co_return co_await show_matches(now);
  co_return shown(talk_line(now.to(), *found));
}
task<reply> more(turn& now) { co_return co_await draw(now, talk_more); }
task<reply> end(turn& now) { co_return co_await draw(now, ask_end); }

task<reply> unmatch(turn& now) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  const bool done = co_await now.with.conversations.unmatch(now.db, now.person.id, found->id);
  if (!done) co_return shown(talk_line(now.to(), *found));
  auto out = shown(ended(now.to(), found->name));
  out.apart = true;  // the pinned line goes away
  co_return out;
}

task<reply> ask_for_contact(turn& now) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  if (!found->open) co_return shown(talk_line(now.to(), *found));
  if (found->contact_mine && found->contact_theirs) co_return noted(now, "talk.contact_there");
  if (found->contact_mine) co_return noted(now, "talk.contact_waits", {{"name", found->name}}, true);
  co_return shown(ask_contact(now.to(), *found));
}

task<reply> agree(turn& now) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  if (found->contact_mine && found->contact_theirs) co_return noted(now, "talk.contact_there");
  const auto state = co_await now.with.conversations.agree(now.db, now.person.id, found->id);
  if (state == contact_state::closed) co_return shown(talk_line(now.to(), *found));
  if (state == contact_state::both) {
    co_await now.with.news.add(now.db, now.person.id, "contact", found->id.value);
    co_await now.with.news.add(now.db, found->other, "contact", found->id.value);
  } else if (!found->contact_mine) {
    co_await now.with.news.add(now.db, found->other, "contact_asked", found->id.value);
  }
  if (found->current) co_await now.with.conversations.renew_line(now.db, now.person.id);
  reply out;
  if (state == contact_state::agreed) out = noted(now, "talk.contact_waits", {{"name", found->name}}, true);
  out.remove_pressed = true;
  co_return out;
}

task<reply> not_now(turn&) {
  reply out;
  out.remove_pressed = true;
  co_return out;
}

task<reply> last(turn& now) {
  const auto found = co_await talk_pressed(now);
  if (!found) co_return noted(now, "talk.gone");
  const auto message =
      co_await now.with.conversations.last_sent(now.db, now.person.id, now.in.me.id, found->id);
  if (!message) co_return noted(now, "talk.nothing_to_drop", {}, true);
  co_return shown(ask_to_drop(now.to(), *found, *message));
}

task<reply> drop(turn& now) {
  const auto given = press::numbers(now.in.argument);
  const auto found = co_await talk_pressed(now, 2);
  if (!found) co_return noted(now, "talk.gone");
  const auto state =
      co_await now.with.conversations.remove(now.db, now.person.id, now.in.me.id, given->back());
  auto out = shown(talk_line(now.to(), *found));
  out.note = now.to().plain(state == removal_state::done      ? "talk.dropped"
                            : state == removal_state::too_old ? "talk.drop_late"
                                                              : "talk.gone");
  co_return out;
}

// In reply to one's own message.
task<reply> delete_for_both(turn& now) {
  const auto& message = *now.in.what.message;
  if (!message.reply_to_message) co_return shown(how_to_delete(now.to()));
  const auto state = co_await now.with.conversations.remove(now.db, now.person.id, now.in.me.id,
                                                            message.reply_to_message->message_id);
  reply out;
  switch (state) {
    case removal_state::done:
      out.after = [chat = message.chat.id, command = message.message_id](telegram::incoming& in) -> task<> {
        co_await in.bot.delete_message(chat, command);
      };
      break;
    case removal_state::not_yours: out.show = screen{now.to().html("talk.drop_not_yours"), {}}; break;
    case removal_state::too_old: out.show = screen{now.to().html("talk.drop_late_long"), {}}; break;
  }
  co_return out;
}

task<reply> place(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() != 2) co_return noted(now, "talk.gone");
  const bool yes = given->back() == 1;
  const auto found =
      co_await now.with.conversations.confirm(now.db, now.person.id, now.in.me.id, given->front(), yes);
  if (!found) co_return noted(now, "talk.gone");
  if (yes && !found->open) co_return shown(talk_line(now.to(), *found));
  auto out = noted(now, yes ? "talk.place_sent" : "talk.place_dropped");
  out.remove_pressed = true;
  co_return out;
}

// One that the bot does not know is a slip, and not for the other one.
bool is_command(std::string_view text) {
  return text.size() > 1 && text[0] == '/' &&
         ((text[1] >= 'a' && text[1] <= 'z') || (text[1] >= 'A' && text[1] <= 'Z'));
}

task<reply> edited(turn& now) {
  if (!now.me || !now.in.what.message || is_command(now.in.text())) co_return reply{};
  auto what = draft_of(now.in.me.id, *now.in.what.message);
  const auto state = co_await now.with.conversations.edit(now.db, now.person.id, std::move(what));
  if (state == edit_state::text_refused) co_return shown(edit_refused(now.to()));
  co_return reply{};
}

constexpr row rows[] = {
    {route::by::callback_prefix, press::talks, "looked_at_talks", "talk", list},
    {route::by::callback_prefix, press::talk_page, "", "", page},
    {route::by::callback_prefix, press::talk_open, "opened_talk", "talk", open},
    {route::by::callback_prefix, press::talk_line, "", "", line},
    {route::by::callback_prefix, press::talk_more, "", "", more},
    {route::by::callback_prefix, press::talk_contact, "", "", ask_for_contact},
    {route::by::callback_prefix, press::talk_agree, "agreed_to_contact", "talk", agree},
    {route::by::callback_prefix, press::talk_not_now, "", "", not_now},
    {route::by::callback_prefix, press::talk_end, "", "", end},
    {route::by::callback_prefix, press::talk_unmatch, "unmatched", "talk", unmatch},
    {route::by::callback_prefix, press::talk_last, "", "", last},
    {route::by::callback_prefix, press::talk_drop, "deleted_message", "talk", drop},
    {route::by::callback_prefix, press::talk_place, "decided_place", "talk", place},
    {route::by::command, "delete", "deleted_message", "chat", delete_for_both},
    {route::by::command, "talks", "looked_at_talks", "chat", list},
};

constexpr row edit_rows[] = {{route::by::kind, "edited_message", "", "", edited}};

task<std::optional<screen>> draw_contact(const parts& with, const notice& what, const view& to) {
  const auto found = co_await with.conversations.find(with.db, what.who, match_id(what.about_id));
  if (!found || !found->open || !found->contact_mine || !found->contact_theirs) co_return std::nullopt;
  const auto other = co_await with.people.find(with.db, found->other);
  const auto self = co_await with.people.find(with.db, what.who);
  if (!other || !self) co_return std::nullopt;
  const auto link = other->username.empty() ? "tg://user?id=" + std::to_string(other->telegram_id)
                                            : "https://t.me/" + other->username;
  co_return contact(to, *found, link, !self->username.empty());
}

task<std::optional<screen>> draw_contact_asked(const parts& with, const notice& what, const view& to) {
  const auto found = co_await with.conversations.find(with.db, what.who, match_id(what.about_id));
  if (!found || !found->open || found->contact_mine || !found->contact_theirs) co_return std::nullopt;
  co_return contact_asked(to, *found);
}

constexpr announcement announcements[] = {{"contact", draw_contact}, {"contact_asked", draw_contact_asked}};

}  // namespace

std::span<const row> talk_rows() { return rows; }
std::span<const row> talk_edit_rows() { return edit_rows; }
std::span<const announcement> talk_announcements() { return announcements; }

task<std::optional<reply>> take_reply(turn& now) {
  const bool elsewhere = now.in.what.message && now.in.what.message->reply_to_message && now.in.state.empty();
  if (!elsewhere) co_return std::nullopt;
  co_return co_await take_talk(now);
}

task<std::optional<reply>> take_talk(turn& now) {
  if (!now.me || !now.in.what.message || is_command(now.in.text())) co_return std::nullopt;
  const auto& message = *now.in.what.message;
  auto what = draft_of(now.in.me.id, message);
  const auto kind = what.kind;
  const auto sent = co_await now.with.conversations.send(now.db, now.person.id, std::move(what));
  if (sent.state == sent_state::no_talk) {
    const auto page = co_await now.with.conversations.list(now.db, now.person.id, 0);
    if (page.talks.empty()) co_return std::nullopt;
    auto asks = talk_list(now.to(), page, true);
    if (message.reply_to_message) asks.html = now.to().html("talk.list_whom_not_by_reply");
    co_return shown(std::move(asks));
  }
  reply out;
  out.show = answer_to(now.to(), sent, message.message_id);
  const bool card = sent.state == sent_state::accepted && kind == telegram::message_content::contact;
  if (card) out.show = contact_sent(now.to(), sent.where.name);
  co_return out;
}

}  // namespace tandem::dating::bot
