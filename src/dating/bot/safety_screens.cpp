#include "dating/bot/safety_screens.hpp"

#include <map>

#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

constexpr std::size_t about_shown = 300;   // code points
constexpr std::size_t longest_line = 160;  // of a talk that is read
constexpr std::size_t longest_screen = 3'600;

std::string say_reason(const view& to, complaint_reason what) {
  return to.plain("reason." + std::string(name_of(what)));
}
std::string say_action(const view& to, operator_action what) {
  return to.plain("action." + std::string(name_of(what)));
}

keyboard on_to_deck(const view& to) {
  keyboard keys;
  keys.row().callback(to.plain("talk_button.deck"), std::string(press::deck));
  return keys;
}

std::string case_text(const view& to, const case_facts& facts) {
  const auto& what = facts.what;
  std::string out;
  if (what.open.empty()) {
    out =
        what.last ? to.html("case.decided", {{"action", say_action(to, *what.last)}}) : to.html("case.idle");
  } else {
    out = to.html("case.title", {{"count", std::ssize(what.open)}, {"waiting", facts.waiting}});
  }
  for (const auto& one : what.open) {
    const auto reason =
        one.rule.empty() ? to.html("case.reason", {{"reason", say_reason(to, one.reason)},
                                                   {"weight", locale::say_number(to.language, one.weight)}})
                         : to.html("case.reason_rule", {{"reason", say_reason(to, one.reason)},
                                                        {"rule", to.plain("rule." + one.rule)}});
    out += "\n• " + reason;
    if (one.in_talk) out += " · " + to.html("case.in_talk");
  }
  out += "\n\n" + to.html("case.person", {{"name", what.name},
                                          {"age", what.age},
                                          {"since", locale::say_date(to.language, to.zone, what.since)}});
  out += "\n" + to.html("case.state", {{"state", what.state}});
  if (what.shadow) out += " · " + to.html("case.shadow");
  out += " · " + to.html("case.before", {{"upheld", what.upheld}, {"dismissed", what.dismissed}});
  if (!what.about_text.empty()) {
    out += "\n\n" + telegram::shorten(telegram::escape(what.about_text), about_shown);
  }
  return out;
}

std::string action_press(std::string_view prefix, user_id about, operator_action how) {
  return press::data(prefix, about.value, static_cast<int>(how));
}

// What is written in a talk, without its formatting.
std::string say_line(const view& to, const read_line& line) {
  std::string out = "<b>" + to.html(line.by_accused ? "case.talk_them" : "case.talk_me") + "</b> ";
  out += locale::say_time(to.language, to.zone, line.sent_at) + " ";
  const auto kind = to.html("case.kind", {{"kind", telegram::name_of(line.content.kind)}});
  if (!kind.empty()) out += kind + " ";
  return out + telegram::shorten(telegram::escape(line.content.what.text), longest_line);
}

}  // namespace

screen ask_reason(const view& to, user_id about, std::string_view name, match_id talk) {
  keyboard keys;
  for (int i = 0; i < static_cast<int>(complaint_reason::rule); ++i) {
    if (i % 2 == 0) keys.row();
    keys.callback(say_reason(to, static_cast<complaint_reason>(i)),
                  press::data(press::complain_of, about.value, talk.value, i));
  }
  keys.row().callback(to.plain("button.back"),
                      talk.value == 0 ? std::string(press::deck) : press::data("talk:line:", talk.value));
  return {to.html("safety.ask", {{"name", name}}), keys.build()};
}

screen thanks_for_complaint(const view& to, complaint_reason reason) {
  const bool child = reason == complaint_reason::minor;
  return {to.html(child ? "safety.thanks_minor" : "safety.thanks"), on_to_deck(to).build()};
}

screen ask_to_block(const view& to, user_id about, std::string_view name) {
  keyboard keys;
  keys.row().callback(to.plain("safety_button.yes_block"), press::data(press::block, about.value));
  keys.callback(to.plain("button.back"), std::string(press::deck));
  return {to.html("safety.ask_block", {{"name", name}}), keys.build()};
}

screen blocked(const view& to, std::string_view name) {
  return {to.html("safety.blocked", {{"name", name}}), on_to_deck(to).build()};
}

screen block_list(const view& to, const std::vector<safety::blocked_person>& people) {
  keyboard keys;
  int place = 0;
  for (const auto& one : people) {
    if (place++ % 2 == 0) keys.row();
    keys.callback(to.plain("safety_button.unblock", {{"name", one.name}}),
                  press::data(press::unblock, one.who.value));
  }
  keys.row().callback(to.plain("button.back"), std::string(press::settings));
  return {to.html(people.empty() ? "safety.list_none" : "safety.list"), keys.build()};
}

screen warned(const view& to) { return {to.html("safety.warned"), {}}; }

std::string say_sign(const view& to, sign what) { return to.plain("sign." + std::string(name_of(what))); }

screen case_card(const view& to, case_facts facts) {
  const auto& what = facts.what;
  const auto who = what.about.value;
  keyboard keys;
  if (!what.open.empty()) {
    const auto action = [&](std::string_view key, std::string_view prefix, operator_action how) {
      keys.callback(to.plain(key), action_press(prefix, what.about, how));
    };
    keys.row();
    action("case_button.warn", press::case_act, operator_action::warn);
    if (facts.photo < what.photos.size()) {
      keys.callback(to.plain("case_button.hide_photo"),
                    press::data(press::case_hide, who, what.photos[facts.photo].value));
    }
    action("case_button.dismiss", press::case_act, operator_action::dismiss);
    keys.row();
    action("case_button.shadow", press::case_ask, operator_action::shadow);
    action("case_button.ban", press::case_ask, operator_action::ban);
    const auto told = std::ranges::find(what.open, true, &complaint_case::one::in_talk);
    if (told != what.open.end()) {
      keys.callback(to.plain("case_button.read"), press::data(press::case_read, told->id.value));
    }
  }
  if (what.photos.size() > 1) {
    keys.row();
    const auto count = std::ssize(what.photos);
    const auto at = static_cast<std::ptrdiff_t>(facts.photo);
    keys.callback(to.plain("case_button.photo_before"),
                  press::data(press::case_show, who, (at + count - 1) % count));
    keys.callback(to.plain("case_button.photo_after", {{"place", at + 1}, {"count", count}}),
                  press::data(press::case_show, who, (at + 1) % count));
  }
  keys.row();
  if (what.open.empty() && what.last) {
    keys.callback(to.plain("case_button.undo"), press::data(press::case_undo, who));
  }
  keys.callback(to.plain("case_button.next"), press::data(press::case_next, who));
  return {case_text(to, facts), keys.build(), std::move(facts.picture)};
}

screen confirm_case(const view& to, case_facts facts, operator_action how) {
  const bool ban = how == operator_action::ban;
  keyboard keys;
  keys.row().callback(to.plain(ban ? "case_button.yes_ban" : "case_button.yes_shadow"),
                      action_press(press::case_act, facts.what.about, how));
  keys.callback(to.plain("button.back"), press::data(press::case_show, facts.what.about.value, facts.photo));
  auto text = case_text(to, facts) + "\n\n" + to.html(ban ? "case.confirm_ban" : "case.confirm_shadow");
  return {std::move(text), keys.build(), std::move(facts.picture)};
}

screen no_cases(const view& to) { return {to.html("case.idle"), {}}; }

screen case_talk(const view& to, const read_talk& what, complaint_id through) {
  keyboard keys;
  keys.row();
  const bool media = std::ranges::any_of(what.lines, [](const read_line& one) {
    return one.by_accused && one.content.kind != telegram::message_content::text;
  });
  if (media) keys.callback(to.plain("case_button.media"), press::data(press::case_media, through.value));
  keys.callback(to.plain("button.back"), press::data(press::case_show, what.about.value, 0));
  std::string lines;
  // The newest ones, as many as there is room for.
  for (auto one = what.lines.rbegin(); one != what.lines.rend(); ++one) {
    auto said = "\n" + say_line(to, *one);
    if (lines.size() + said.size() > longest_screen) break;
    lines.insert(0, said);
  }
  return {to.html("case.talk") + "\n" + (lines.empty() ? "\n" + to.html("case.talk_gone") : lines),
          keys.build()};
}

}  // namespace tandem::dating::bot
