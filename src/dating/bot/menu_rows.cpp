#include "conversation/operators_chat.hpp"
#include "dating/bot/menu_screens.hpp"
#include "dating/bot/presses.hpp"
#include "dating/bot/turn.hpp"

// /start, the menu and what is behind it.
namespace tandem::dating::bot {
namespace {

constexpr std::string_view invited_by = "i_", claiming = "claim_";

bool registered(const turn& now) {
  return now.me && now.me->agreed() && !now.me->step && now.me->state != profile_state::draft;
}

task<reply> claim(turn& now, std::string_view code) {
  const bool claimed = co_await conversation::claim_chat(now, code);
  reply out;
  out.show = screen{now.to().html(claimed ? "desk.claimed" : "desk.wrong_code"), {}};
  co_return out;
}

task<reply> claim_command(turn& now) { co_return co_await claim(now, now.in.argument); }

// Who was put away, for silence or for having blocked the bot, and is here again is shown again.
task<> come_back(turn& now) {
  if (now.me->state != profile_state::stale) co_return;
  const bool back = co_await now.with.members.show(now.db, now.person.id);
  if (back) now.me->state = profile_state::active;
}

task<reply> start(turn& now) {
  co_await now.with.people.started(now.db, now.person.id, now.in.me.id);
  const std::string_view given = now.in.argument;
  if (given.starts_with(claiming)) co_return co_await claim(now, given.substr(claiming.size()));
  if (registered(now)) {
    co_await come_back(now);
    co_return co_await show_menu(now);
  }
  // Nothing is kept of anybody before the consent: the code travels in its button.
  if (given.starts_with(invited_by) && given.size() == invited_by.size() + code_length) {
    now.invited_by = given.substr(invited_by.size());
  }
  co_return co_await go_on_registering(now);
}

task<reply> show(screen what) {
  reply out;
  out.show = std::move(what);
  co_return out;
}

task<reply> show_help(turn& now) { return show(help(now.to(), now.with.details)); }
task<reply> show_privacy(turn& now) { return show(privacy(now.to(), now.with.details)); }
task<reply> show_terms(turn& now) { return show(terms(now.to(), now.with.details)); }
task<reply> show_pay_support(turn& now) { return show(pay_support(now.to(), now.with.details)); }

task<reply> show_plan(turn& now) {
  const auto right = co_await now.with.more.rights_of(now.db, now.person.id);
  reply out;
  out.show = plan(now.to(), right, now.with.limits, now.with.growing);
  co_return out;
}

task<reply> boost(turn& now) {
  const bool begun = co_await now.with.more.boost(now.db, now.person.id);
  auto out = co_await show_plan(now);
  out.note = now.to().plain(begun ? "plan.boosted" : "plan.no_boost");
  co_return out;
}

task<reply> show_invite(turn& now) {
  const auto made = co_await now.with.more.invitations_of(now.db, now.person.id);
  reply out;
  out.show = invite(now.to(), made, now.with.username(), now.with.growing);
  co_return out;
}

task<telegram::input_file> draw(const parts& with, images::bar_chart what) {
  const auto drawn = co_await with.shop.draw(std::move(what));
  telegram::input_file out;
  out.bytes.assign(reinterpret_cast<const char*>(drawn.data()), drawn.size());
  out.file_name = "statistics.jpg";
  out.content_type = "image/jpeg";
  co_return out;
}

task<reply> show_figures(turn& now) {
  const auto counted = co_await now.with.more.figures_of(now.db, now.person.id);
  auto shown = figures(now.to(), counted);
  shown.picture.emplace();
  shown.picture->load = [&with = now.with, chart = figures_chart(now.to(), counted)] {
    return draw(with, chart);
  };
  reply out;
  out.show = std::move(shown);
  co_return out;
}

task<reply> pause(turn& now) {
  const auto given = press::numbers(now.in.argument);
  bool refused = false;
  if (given && given->size() == 1 && given->front() <= 1) {
    const bool pauses = given->front() == 1;
    bool done = false;
    if (pauses) done = co_await now.with.members.hide(now.db, now.person.id);
    if (!pauses) done = co_await now.with.members.show(now.db, now.person.id);
    if (done) now.me->state = pauses ? profile_state::hidden : profile_state::active;
    refused = !pauses && !done && !now.me->held.empty();
    now.subject = pauses ? "on" : "off";
  }
  auto out = co_await show_menu(now);
  if (refused) out.note = now.to().plain("profile.cannot_show");
  out.alert = refused;
  co_return out;
}

// The chat's own list of commands: the person's choice outranks the language of their client.
telegram::commands_of commands_here(const turn& now) {
  telegram::commands_of out;
  out.commands = commands_in(now.with, now.person.language);
  out.scope = "chat";
  out.chat_id = now.in.chat_id();
  return out;
}

task<reply> set_language(turn& now) {
  // "ru", before the consent with the code of an invitation: "ru:k3x9abcd".
  const std::string_view given = now.in.argument;
  const auto end = std::min(given.find(':'), given.size());
  const std::string language(given.substr(0, end));
  now.invited_by = given.substr(std::min(end + 1, given.size()));
  const auto& known = now.with.texts.languages();
  const bool there = std::ranges::find(known, language) != known.end();
  if (there) {
    co_await now.with.people.set_language(now.db, now.person.id, language);
    now.person.language = language;
    now.subject = language;
  }
  reply out;
  if (registered(now)) {
    out = co_await show_menu(now);
  } else {
    out = co_await go_on_registering(now);
  }
  if (there) out.commands = commands_here(now);
  co_return out;
}

constexpr row open_table[] = {
    {route::by::command, "start", "started", "chat", start},
    {route::by::command, "help", "asked_help", "chat", show_help},
    {route::by::command, "privacy", "asked_privacy", "chat", show_privacy},
    {route::by::command, "terms", "asked_terms", "chat", show_terms},
    {route::by::command, "paysupport", "asked_pay_support", "chat", show_pay_support},
    {route::by::command, "claim", "tried_to_claim", "chat", claim_command, true},
    {route::by::callback_prefix, press::help, "asked_help", "menu", show_help},
    {route::by::callback_prefix, press::privacy, "asked_privacy", "menu", show_privacy},
    {route::by::callback_prefix, press::set_language, "chose_language", "", set_language},
};

constexpr row member_table[] = {
    {route::by::command, "menu", "opened_menu", "chat", show_menu},
    {route::by::command, "plan", "looked_at_plan", "chat", show_plan},
    {route::by::command, "invite", "looked_at_invite", "chat", show_invite},
    {route::by::command, "figures", "looked_at_figures", "chat", show_figures},
    {route::by::callback_prefix, press::menu, "opened_menu", "", show_menu},
    {route::by::callback_prefix, press::plan, "looked_at_plan", "menu", show_plan},
    {route::by::callback_prefix, press::boost, "boosted", "plan", boost},
    {route::by::callback_prefix, press::invite, "looked_at_invite", "menu", show_invite},
    {route::by::callback_prefix, press::figures, "looked_at_figures", "menu", show_figures},
    {route::by::callback_prefix, press::pause, "set_pause", "menu", pause},
};

task<std::optional<screen>> say_reward(const parts& with, const notice& what, const view& to) {
  const auto right = co_await with.more.rights_of(with.db, what.who);
  if (!right.premium()) co_return std::nullopt;
  co_return rewarded(to, right);
}

constexpr announcement news[] = {{"rewarded", say_reward}};

}  // namespace

std::span<const row> open_rows() { return open_table; }
std::span<const row> menu_rows() { return member_table; }
std::span<const announcement> menu_announcements() { return news; }

task<reply> show_menu(turn& now) {
  menu_facts facts;
  facts.name = now.me->name;
  facts.state = now.me->state;
  facts.has_photo = now.me->has_photo;
  facts.likers = co_await now.with.hearts.likers_count(now.db, now.person.id);
  const auto matches = co_await now.with.hearts.matches(now.db, now.person.id, 0);
  facts.matches = matches.total;
  facts.right = co_await now.with.more.rights_of(now.db, now.person.id);
  reply out;
  out.show = menu(now.to(), facts);
  co_return out;
}

task<reply> say_not_understood(turn& now) {
  reply out;
  out.show = not_understood(now.to(), registered(now));
  co_return out;
}

task<std::optional<reply>> members_only(turn& now) {
  if (!registered(now)) co_return co_await go_on_registering(now);
  if (now.me->state == profile_state::banned) {
    reply out;
    out.show = banned(now.to(), now.with.details);
    co_return out;
  }
  co_await come_back(now);
  co_return std::nullopt;
}

std::vector<telegram::bot_command> commands_in(const parts& with, std::string_view language) {
  static constexpr std::string_view names[] = {
      "start",   "people", "likes",    "matches", "talks",   "delete", "profile", "plan",       "invite",
      "figures", "menu",   "settings", "help",    "privacy", "terms",  "export",  "paysupport", "delete_me"};
  std::vector<telegram::bot_command> out;
  for (const auto name : names) {
    out.push_back({std::string(name), with.texts.plain(language, "dating.command." + std::string(name))});
  }
  return out;
}

}  // namespace tandem::dating::bot
