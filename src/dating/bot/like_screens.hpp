// Who likes the person, matches, and the news of both. Pure but for the pictures.
#pragma once
#include "dating/bot/deck_screens.hpp"

namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view matches_at = "like:page:";  // offset
inline constexpr std::string_view match = "like:match:";      // match, offset of the list
}  // namespace press

// How many like the person; who they are is a matter of premium.
screen likers(const view& to, std::int64_t count, bool premium);
screen match_list(const view& to, const match_page& page);
// `card`: nothing for somebody who cannot be opened.
screen shown_match(const view& to, const match& what, const std::optional<card_facts>& card,
                   std::int64_t offset);

// News. `count` of those who like the person by now.
screen liked(const view& to, std::int64_t count);
// With the other's letter; "": none.
screen mutual(const view& to, const match& what, std::optional<sex> other, std::string_view letter);
screen nudge(const view& to, const match& what);

}  // namespace tandem::dating::bot
