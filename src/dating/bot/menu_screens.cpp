#include "dating/bot/menu_screens.hpp"

#include "dating/bot/presses.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using locale::markup;
using telegram::keyboard;

keyboard back_to_menu(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  return keys;
}

std::string contact_of(const view& to, const operator_details& details) {
  return details.contact.empty() ? to.plain("privacy.contact") : details.contact;
}

std::string operator_of(const view& to, const operator_details& details) {
  return details.name.empty() ? to.plain("privacy.operator") : details.name;
}

// A limit; 0 is none.
std::string amount(const view& to, int limit) {
  return limit == 0 ? to.plain("plan.unlimited") : std::to_string(limit);
}

std::string say_until(const view& to, instant when) { return locale::say_date(to.language, to.zone, when); }

std::string standing(const view& to, const menu_facts& facts) {
  switch (facts.state) {
    case profile_state::hidden: return to.html("menu.hidden");
    case profile_state::stale: return to.html("menu.stale");
    default: return to.html(facts.has_photo ? "menu.shown" : "menu.no_photo");
  }
}

}  // namespace

screen menu(const view& to, const menu_facts& facts) {
  keyboard keys;
  keys.row().callback(to.plain("button.deck"), std::string(press::deck));
  keys.row().callback(to.plain("button.likers", {{"count", facts.likers}}), std::string(press::likers));
  keys.callback(to.plain("button.matches", {{"count", facts.matches}}), std::string(press::matches));
  keys.row().callback(to.plain("button.profile"), std::string(press::profile));
  keys.callback(to.plain("button.figures"), std::string(press::figures));
  keys.row().callback(to.plain("button.plan"), std::string(press::plan));
  keys.callback(to.plain("button.invite"), std::string(press::invite));
  const bool paused = facts.state == profile_state::hidden || facts.state == profile_state::stale;
  keys.row().callback(to.plain(paused ? "button.resume" : "button.pause"),
                      press::data(press::pause, paused ? 0 : 1));
  keys.callback(to.plain("button.settings"), std::string(press::settings));
  keys.callback(to.plain("button.help"), std::string(press::help));
  auto text = to.html("menu.text", {{"name", facts.name}, {"standing", markup{standing(to, facts)}}});
  if (facts.right.premium_until) {
    text += "\n" + to.html("menu.premium", {{"until", say_until(to, *facts.right.premium_until)}});
  }
  if (facts.right.boosted_until) {
    text += "\n" + to.html("menu.boosted",
                           {{"until", locale::say_time(to.language, to.zone, *facts.right.boosted_until)}});
  }
  return {std::move(text), keys.build()};
}

screen help(const view& to, const operator_details& details) {
  return {to.html("help.text", {{"contact", contact_of(to, details)}}), back_to_menu(to).build()};
}

screen privacy(const view& to, const operator_details& details) {
  keyboard keys;
  keys.row().callback(to.plain("button.delete"), std::string(press::ask_deletion));
  keys.callback(to.plain("button.back"), std::string(press::menu));
  return {to.html("privacy.text", {{"days", details.journal_days},
                                   {"operator", operator_of(to, details)},
                                   {"contact", contact_of(to, details)}}),
          keys.build()};
}

screen terms(const view& to, const operator_details& details) {
  return {
      to.html("terms.text", {{"operator", operator_of(to, details)}, {"contact", contact_of(to, details)}}),
      back_to_menu(to).build()};
}

screen pay_support(const view& to, const operator_details& details) {
  return {to.html("paysupport.text", {{"contact", contact_of(to, details)}}), back_to_menu(to).build()};
}

screen plan(const view& to, const rights& right, const like_limits& limits, const growth_settings& terms) {
  keyboard keys;
  if (right.boosts_left > 0 && !right.boosted_until) {
    keys.row().callback(to.plain("button.boost"), std::string(press::boost));
  }
  keys.row().callback(to.plain("button.invite"), std::string(press::invite));
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  std::string now = to.html("plan.free");
  if (right.premium_until) now = to.html("plan.premium", {{"until", say_until(to, *right.premium_until)}});
  if (right.boosted_until) {
    now += "\n" +
           to.html("menu.boosted", {{"until", locale::say_time(to.language, to.zone, *right.boosted_until)}});
  }
  return {to.html("plan.text", {{"now", markup{now}},
                                {"likes", amount(to, limits.likes)},
                                {"premium_likes", amount(to, limits.premium_likes)},
                                {"letters", amount(to, limits.letters)},
                                {"premium_letters", amount(to, limits.premium_letters)},
                                {"boosts", terms.boosts_a_week},
                                {"minutes", terms.boost.count()}}),
          keys.build()};
}

screen invite(const view& to, const invitations& made, std::string_view username,
              const growth_settings& terms) {
  keyboard keys;
  std::string link = made.code;
  if (!username.empty()) {
    link = "https://t.me/" + std::string(username) + "?start=i_" + made.code;
    // What stands in a query's value needs no escaping here: there is no & in it.
    keys.row().url(to.plain("button.share"), "https://t.me/share/url?url=" + link);
    keys.callback(to.plain("button.back"), std::string(press::menu));
  } else {
    keys.row().callback(to.plain("button.back"), std::string(press::menu));
  }
  return {to.html("invite.text", {{"link", link},
                                  {"days", terms.reward.count()},
                                  {"most", terms.rewards_a_month},
                                  {"came", made.came},
                                  {"rewarded", made.rewarded}}),
          keys.build()};
}

screen figures(const view& to, const profile_figures& counted) {
  keyboard keys;
  keys.row().callback(to.plain("button.profile"), std::string(press::profile));
  keys.callback(to.plain("button.back"), std::string(press::menu));
  return {to.html("figures.text", {{"shown", counted.month.shown},
                                   {"liked", counted.month.liked_by},
                                   {"matched", counted.month.matched},
                                   {"given", counted.likes_given},
                                   {"shown_today", counted.today.shown},
                                   {"liked_today", counted.today.liked_by}}),
          keys.build()};
}

images::bar_chart figures_chart(const view& to, const profile_figures& counted) {
  images::bar_chart out;
  out.title = to.plain("figures.title");
  const auto days = static_cast<std::int64_t>(counted.shown_daily.size());
  out.first_day = locale::say_date(to.language, "UTC", to.now - std::chrono::days(days - 1));
  out.last_day = locale::say_date(to.language, "UTC", to.now);
  out.rows.push_back({to.plain("figures.shown"), counted.shown_daily});
  out.rows.push_back({to.plain("figures.liked"), counted.liked_daily});
  return out;
}

screen banned(const view& to, const operator_details& details) {
  return {to.html("banned.text", {{"contact", contact_of(to, details)}}), {}};
}

screen not_understood(const view& to, bool registered) {
  keyboard keys;
  keys.row();
  if (registered) keys.callback(to.plain("button.deck"), std::string(press::deck));
  keys.callback(to.plain(registered ? "button.menu" : "button.go_on"),
                std::string(registered ? press::menu : press::registration));
  return {to.html("note.not_understood"), keys.build()};
}

screen rewarded(const view& to, const rights& right) {
  keyboard keys;
  keys.row().callback(to.plain("button.plan"), std::string(press::plan));
  keys.callback(to.plain("button.deck"), std::string(press::deck));
  const auto until = say_until(to, right.premium_until.value_or(to.now));
  return {to.html("reward.text", {{"until", until}}), keys.build()};
}

}  // namespace tandem::dating::bot
