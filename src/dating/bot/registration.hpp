#pragma once
#include <optional>

#include "dating/bot/registration_screens.hpp"
#include "dating/bot/turn.hpp"

// What registration and the profile share: asking a field and taking its answer.
namespace tandem::dating::bot {

bool registering(const turn& now);
// Who has agreed to the present document and is not banned.
bool may_answer(const turn& now);

// What accounts::dialogs keeps while a field is asked for: "me place", and behind it "моск", the town that
// several are called.
struct asked_field {
  std::optional<field> what;
  std::string_view words;  // lives as long as what it was read from
};
asked_field asked_of(std::string_view waiting);

// The buttons of this screen may be typed next: what accounts::dialogs keeps then. profile_rows.cpp takes it.
inline constexpr std::string_view asked_to_press = "pick";
void let_type(turn& now, std::string_view shown);

// Asks the field; as registration's or as a field of a finished profile, whichever the person is at.
task<reply> ask_field(turn& now, field what, std::optional<question_facts::refused> wrong = {}, int page = 0);
// The answer is kept: the next question of registration, or the profile as it is now. Other decks belong to
// other wishes: what lies ready is thrown away.
task<reply> answered_field(turn& now, field what);
// A typed answer.
task<reply> take_text(turn& now, field what);
// A shared place.
task<reply> take_place(turn& now, coordinates at);

// The own card, and its first picture: the ones that are not refused.
struct own_card {
  person_card card;
  std::vector<photo> photos;
  int waiting = 0;
  conversation::picture picture;
};
task<own_card> load_own_card(turn& now);
std::string town_of(const turn& now);

// An answer to a press that makes no sense any more: what there is instead.
task<reply> say_old(turn& now);

}  // namespace tandem::dating::bot
