#pragma once
#include <string>

#include "hunt/bot/presses.hpp"
#include "hunt/delivery/cards.hpp"

// Pieces that the cards and the lists of cards share.
namespace tandem::hunt::bot {

// The budget as people write sums, escaped.
std::string budget_html(const vacancy_card& card);

// What a button carries behind its numbers, so that its card goes back to that list: ":5", ":0:2:17".
inline std::string place_of(const list_place& from) {
  auto out = press::data(":", from.offset);
  if (from.which != list_place::kind::saved) out += press::data(":", static_cast<int>(from.which));
  if (from.which == list_place::kind::delivered) out += press::data(":", from.list_id);
  return out;
}

}  // namespace tandem::hunt::bot
