#pragma once
#include <optional>
#include <string_view>

#include "base/strong_id.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::dating {

inline constexpr std::string_view deck_low_lane = "deck_low";

// deck_low.v1 {"viewer_id":1,"stage":0} in the lane "deck_low": a viewer has seen most of what lies ready at
// this stage of widening; the role matching writes more into dating.decks. Lost or doubled, it does no harm.
struct deck_low {
  user_id viewer;
  int stage = 0;
};
queue::publication to_publication(const deck_low& event);
// Nothing if the message is none of these.
std::optional<deck_low> to_deck_low(const queue::message& message);

}  // namespace tandem::dating
