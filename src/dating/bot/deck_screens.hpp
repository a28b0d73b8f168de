// People one after the other: the deck, and those who like the person. Pure but for the pictures.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "dating/bot/card.hpp"
#include "dating/bot/parts.hpp"
#include "dating/bot/presses.hpp"

namespace tandem::dating::bot {

// By which way a card was come to, and where the next one is taken from: a stage of widening that the person
// has agreed to (dating/decks), or those who like them.
inline constexpr int likers_way = last_stage + 1;

namespace press {
inline constexpr std::string_view deck_new = "deck:new";         // as a message of its own
inline constexpr std::string_view deck_on = "deck:on:";          // way
inline constexpr std::string_view deck_like = "deck:like:";      // person, way
inline constexpr std::string_view deck_skip = "deck:skip:";      // person, way
inline constexpr std::string_view deck_letter = "deck:letter:";  // person, way
inline constexpr std::string_view deck_card = "deck:card:";      // person, way, which photo
inline constexpr std::string_view deck_more = "deck:more:";      // person, way
inline constexpr std::string_view deck_undo = "deck:undo:";      // whom the last judgement was of, way
}  // namespace press

struct card_facts {
  deck_card card;
  std::string town;    // in the viewer's language
  std::string letter;  // theirs to the viewer; "" for none
  int photo = 1;       // of card.photos, from 1
  int way = 0;
  std::int64_t likers = 0;  // of likers_way: how many there are, with this one
};
screen shown_card(const view& to, const card_facts& facts);
// What else can be done; `last`: whom the person judged last.
screen more_of_card(const view& to, const card_facts& facts, std::optional<user_id> last);
// Asks for a letter; `wrong` says what was the matter with the one before, ready in words.
screen ask_letter(const view& to, const card_facts& facts);
screen letter_refused(const view& to, std::string_view name, std::string_view why);
screen nobody_left(const view& to, const empty_deck& why);

// The photo of a card as it is sent. Parts outlive it.
conversation::picture picture_of(const parts& with, const card_facts& facts);

}  // namespace tandem::dating::bot
