// Words that are typed where a button would do: many people answer the question and never see the buttons.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "dating/bot/parts.hpp"

namespace tandem::dating::bot {

// What the button carries that is meant; nothing for none. Words are compared by their stems, whatever the
// case, ё or е, the marks on the label ("✓", "‹") and its count ("Done · 3"). Beside the label in the
// person's language, what else people say for it in any of ours counts (locales: dating.word).
std::optional<std::string> pressed_by_words(const view& to, const screen& shown, std::string_view typed);

// The same for a number of a list, from 1: of the buttons that carry `prefix` and something.
std::optional<std::string> pressed_by_number(const screen& shown, std::string_view prefix,
                                             std::string_view typed);

// "Back", "skip", "cancel" and the like: no answer to any question, even where there is no such button.
bool says_a_way(const view& to, std::string_view typed);

}  // namespace tandem::dating::bot
