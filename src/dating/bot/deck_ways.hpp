#pragma once
#include <string>

#include "dating/bot/deck_screens.hpp"
#include "dating/bot/turn.hpp"

// Showing people, for the rows of the deck and of likes.
namespace tandem::dating::bot {

// A card as a screen with its photo, the letter read; `likers` of likers_way.
task<screen> draw_card(turn& now, deck_card card, int way, std::int64_t likers);
// What is needed to draw it.
task<card_facts> facts_of(turn& now, deck_card card, int way, std::int64_t likers);
// The next one of a way, or why there is none.
task<reply> show_next(turn& now, int way);
// The next one who likes the person; how many, without premium.
task<reply> show_next_liker(turn& now);

}  // namespace tandem::dating::bot
