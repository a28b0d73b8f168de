// Registration's screens, and the questions that the profile asks again later. Pure: what is known in, text
// and buttons out.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dating/bot/card.hpp"
#include "dating/bot/parts.hpp"
#include "dating/bot/presses.hpp"

namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view consent = "reg:consent";
inline constexpr std::string_view document = "reg:document:";  // the code of an invitation, "" for none
inline constexpr std::string_view agree = "reg:agree:";        // the version, ':', the code of an invitation
inline constexpr std::string_view step = "reg:ask:";           // field: there registration goes on
inline constexpr std::string_view cancel = "reg:cancel";
inline constexpr std::string_view cancel_yes = "reg:cancel_yes";
inline constexpr std::string_view publish = "reg:publish";

// Answers, in registration and later; the wanted value.
inline constexpr std::string_view edit_profile = "me:edit";
inline constexpr std::string_view edit_field = "me:ask:";  // field
inline constexpr std::string_view own_name = "me:name";    // the one that Telegram knows
inline constexpr std::string_view sex = "me:sex:";
inline constexpr std::string_view seeks = "me:seeks:";
inline constexpr std::string_view town = "me:town:";  // of the gazetteer
inline constexpr std::string_view no_about = "me:no_about";
inline constexpr std::string_view interest = "me:has:";     // 0 or 1, ':', page, ':', slug
inline constexpr std::string_view no_interest = "me:own:";  // stable_hash of the own words, without a bit
inline constexpr std::string_view interests = "me:page:";   // page of the list
inline constexpr std::string_view ages = "me:ages:";        // from, to
inline constexpr std::string_view radius = "me:km:";        // 0: the own town only
}  // namespace press

// `invited_by`: the code that /start came with; travels in the buttons until the person has agreed.
screen consent(const view& to, bool renewed, std::string_view invited_by);
screen consent_document(const view& to, const operator_details& details, bool renewed,
                        std::string_view invited_by);
screen underage(const view& to, calendar_day until);
screen underage_hidden(const view& to);
screen barred(const view& to, const operator_details& details);

struct question_facts {
  profile me;
  bool registering = true;     // with progress, back, skip and cancel; else a field of a finished profile
  std::string suggested_name;  // "" for none
  int photos = 0, coming = 0;  // of the person; still being prepared
  std::string town;            // of the place that is known, in the person's language
  int page = 0;                // of the list of interests
  struct refused {
    wrong_answer why;
    std::size_t length = 0;  // code points of what was typed
  };
  std::optional<refused> wrong = {};  // the answer before was; the question comes again with a hint
};
screen question(const view& to, field what, const question_facts& facts);

// A message that takes away the keyboard under the place for typing.
screen keyboard_gone(std::string html);
screen kept_place(const view& to, const places::place& town);

// Which town was meant. `guessed`: none is called that, these nearly so.
screen which_town(const view& to, const std::vector<const places::place*>& matches, bool guessed,
                  const places::gazetteer& towns, bool registering);

// As others see the person, and whether all of it is right.
screen preview(const view& to, const person_card& card, const profile& me);
screen published(const view& to, bool has_photo, int photos);
screen ask_cancel(const view& to);
screen cancelled(const view& to);

std::string say_seeks(const view& to, seeking whom);        // "Women", as on the buttons
std::string say_wishes(const view& to, const profile& of);  // "25–31, up to 50 km"; plain
std::string say_search(const view& to, const profile& of);  // "Looking for: women · 25–31, up to 50 km"
std::string say_day(const view& to, calendar_day day);

}  // namespace tandem::dating::bot
