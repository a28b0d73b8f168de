#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hunt/bot/view.hpp"
#include "hunt/posts/operator_posts.hpp"
#include "hunt/sources/source_health.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::hunt::bot {

// What the buttons carry: the source, or the post.
namespace source_press {
inline constexpr std::string_view read = "src:read:";
inline constexpr std::string_view rest = "src:rest:";
inline constexpr std::string_view show = "src:show:";
inline constexpr std::string_view ask_down = "src:ask_down:";
inline constexpr std::string_view down = "src:down:";
inline constexpr std::string_view undo_post = "src:undo:";
}  // namespace source_press

// What can be done with a source as it stands.
telegram::inline_keyboard_markup source_keys(const view& to, const source& what);
// `asks`: whether it shall really be taken down.
screen source_card(const view& to, const source& what, const source_yield& yield, bool asks);
// Those that need a look first, then the busiest; a message's worth of them.
screen source_list(const view& to, const std::vector<source>& all, const source_yields_by_id& yields);
// What became of a post that the operator brought.
screen brought_post(const view& to, const operator_post& what);

}  // namespace tandem::hunt::bot
