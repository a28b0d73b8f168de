#include "dating/decks/deck_low.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>

namespace tandem::dating {

queue::publication to_publication(const deck_low& event) {
  queue::publication out;
  out.lane = deck_low_lane;
  out.kind = "deck_low.v1";
  out.body = "{\"viewer_id\":" + std::to_string(event.viewer.value) +
             ",\"stage\":" + std::to_string(event.stage) + "}";
  out.key = std::to_string(event.viewer.value);
  return out;
}

std::optional<deck_low> to_deck_low(const queue::message& message) {
  if (message.kind != "deck_low.v1") return std::nullopt;
  boost::system::error_code failed;
  const auto body = boost::json::parse(message.body, failed);
  const auto* fields = failed ? nullptr : body.if_object();
  if (!fields) return std::nullopt;
  const auto* viewer = fields->if_contains("viewer_id");
  const auto* stage = fields->if_contains("stage");
  if (!viewer || !viewer->is_int64() || !stage || !stage->is_int64()) return std::nullopt;
  return deck_low{user_id(viewer->get_int64()), static_cast<int>(stage->get_int64())};
}

}  // namespace tandem::dating
