#include "dating/bot/routes.hpp"

#include "dating/bot/turn.hpp"
#include "dating/bot/typed_words.hpp"

namespace tandem::dating::bot {
namespace {

struct table {
  std::span<const row> rows;
  conversation::guard<turn> before;  // null: for anybody
};

// One line for each table, in the order in which they are asked.
std::vector<table> tables_of_all() {
  return {
      {open_rows(), nullptr},        {registration_rows(), nullptr},
      {profile_rows(), nullptr},     {photo_rows(), photo_owners_only},
      {photo_desk_rows(), nullptr},  {menu_rows(), members_only},
      {deck_rows(), members_only},   {like_rows(), members_only},
      {talk_rows(), members_only},   {talk_edit_rows(), nullptr},
      {safety_rows(), members_only}, {safety_desk_rows(), nullptr},
  };
}

// In the order in which they are asked.
constexpr taker takers[] = {take_registration, take_reply, take_photo, take_talk};

std::vector<announcement> all_announcements() {
  std::vector<announcement> out;
  for (const auto some : {menu_announcements(), profile_announcements(), photo_announcements(),
                          like_announcements(), talk_announcements(), safety_announcements()})
    out.insert(out.end(), some.begin(), some.end());
  return out;
}

task<turn> open_turn(const parts& with, conversation::turn met) {
  auto me = co_await with.members.visit(met.db, met.person.id);
  co_return turn{std::move(met), with, std::move(me)};
}

task<reply> old_press(turn& now) {
  auto out = co_await say_not_understood(now);
  out.note = now.to().plain("note.old");
  co_return out;
}

constexpr row last_rows[] = {
    {route::by::text_state, "", "", "", take_message},
    {route::by::kind, "message", "", "", take_message},
    {route::by::kind, "callback_query", "", "", old_press},
};

// Nobody is shown somebody who cannot be told of it.
task<> follow_membership(const parts& with, const conversation::membership_change& what) {
  if (what.gone) {
    co_await with.members.put_away(what.db, what.person.id);
    co_return;
  }
  const auto me = co_await with.members.find(what.db, what.person.id);
  if (me && me->state == profile_state::stale) co_await with.members.show(what.db, what.person.id);
}

task<told> announce_one(const parts& with, const std::vector<announcement>& all, const notice& what) {
  const auto found = std::ranges::find(all, what.kind, &announcement::kind);
  const auto who = co_await with.people.find(with.db, what.who);
  if (found == all.end() || !who) co_return told::pointless;
  const bool reachable = co_await with.people.can_reach(with.db, who->id, with.bot_id);
  if (!reachable) co_return told::pointless;
  const auto to = with.for_person(who->language, who->time_zone);
  auto said = co_await found->draw(with, what, to);
  if (!said) co_return told::pointless;
  auto* out = with.senders(with.bot_id);
  if (!out) co_return told::nothing_taken;
  const auto sent =
      co_await conversation::send(*out, *std::move(said), who->telegram_id, telegram::urgency::broadcast);
  if (sent) co_return told::sent;
  if (sent.error().chat_is_closed()) co_return told::pointless;
  co_return telegram::takes_nothing(sent.error().why) ? told::nothing_taken : told::later;
}

}  // namespace

telegram::routes bot_routes(const parts& with) {
  telegram::routes out;
  const conversation::tables<turn> tables(
      with, with.background, [&with](conversation::turn met) { return open_turn(with, std::move(met)); });
  for (const auto& one : tables_of_all()) out.add(tables.routes(one.rows, one.before));
  out.add(tables.routes(std::span<const row>(last_rows)));
  out.rows.push_back(conversation::membership(
      with, [&with](const conversation::membership_change& what) { return follow_membership(with, what); }));
  out.state_of = [&with](const telegram::incoming& in) {
    return conversation::state_unless_for_others(with, in);
  };
  return out;
}

task<reply> take_message(turn& now) {
  for (const auto take : takers) {
    auto answer = co_await take(now);
    if (answer) co_return *std::move(answer);
  }
  co_return co_await say_not_understood(now);
}

task<reply> press_button(turn& now, std::string data) {
  const row* found = nullptr;
  conversation::guard<turn> before = nullptr;
  for (const auto& table : tables_of_all()) {
    for (const auto& one : table.rows) {
      const bool carries = one.match == route::by::callback_prefix && data.starts_with(one.key);
      if (!carries || (found && found->key.size() >= one.key.size())) continue;
      found = &one;
      before = table.before;
    }
  }
  if (!found) co_return co_await say_not_understood(now);
  telegram::incoming as_pressed = now.in;
  as_pressed.argument = data.substr(found->key.size());
  turn pressed{conversation::turn{as_pressed, now.db, now.person}, now.with, now.me, now.invited_by};
  auto answer = co_await conversation::act_on(pressed, *found, before);
  now.person = std::move(pressed.person);
  now.me = std::move(pressed.me);
  now.subject = std::move(pressed.subject);
  now.waits_for = std::move(pressed.waits_for);
  now.erased = pressed.erased;
  now.did = pressed.did;
  now.on_screen = pressed.on_screen;
  co_return answer;
}

task<std::optional<reply>> press_typed(turn& now, const screen& shown) {
  const auto data = pressed_by_words(now.to(), shown, now.in.text());
  if (!data) co_return std::nullopt;
  co_return co_await press_button(now, *data);
}

tell announcer(const parts& with) {
  return [&with, all = all_announcements()](const notice& what) { return announce_one(with, all, what); };
}

std::function<task<>(std::int64_t message_id)> noting(const parts& with, appearance where) {
  return [&with, where = std::move(where)](std::int64_t message_id) {
    auto at = where;
    at.message_id = message_id;
    return with.conversations.appears(with.db, std::move(at));
  };
}

task<> follow(turn& now, screen& shows, user_id about) {
  appearance where{now.in.me.id, now.in.chat_id(), 0, about, now.person.language};
  const auto& pressed = now.in.what.callback_query;
  if (pressed && pressed->message) {
    where.message_id = pressed->message->message_id;
    co_await now.with.conversations.appears(now.db, where);
  }
  shows.sent = noting(now.with, std::move(where));
}

task<> introduce(const parts& with, telegram::bot_api& to) {
  return conversation::introduce(to, [&with](std::string_view language) {
    const auto drawn = with.for_person(std::string(language), "UTC");
    return conversation::introduction{commands_in(with, language), drawn.plain("about.name"),
                                      drawn.plain("about.description"), drawn.plain("about.short")};
  });
}

task<> chat_closed(const parts& with, std::int64_t chat_id) {
  const auto person = co_await with.people.find_by_telegram(with.db, chat_id);
  if (!person) co_return;
  co_await with.people.blocked(with.db, person->id, with.bot_id);
  co_await with.members.put_away(with.db, person->id);
}

}  // namespace tandem::dating::bot
