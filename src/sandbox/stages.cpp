#include "sandbox/stages.hpp"

namespace tandem::sandbox {

bool stages::is_stage(std::string_view name) {
  for (const std::string_view known :
       {"posted", "seen", "passed", "dropped", "new", "repeat", "judged", "queued", "sent", "failed"}) {
    if (name == known) return true;
  }
  return false;
}

void stages::post_moved(const post_stage& to) {
  const std::int64_t at_us = to.at.time_since_epoch().count();
  std::string json;
  fields(json)
      .text("channel", to.channel)
      .number("post_id", to.post_id)
      .text("stage", to.stage)
      .number("at_us", at_us)
      .raw("detail", to.detail_json.empty() ? "{}" : to.detail_json);
  const key which{to.channel, to.post_id};
  auto [found, is_new] = known_.try_emplace(which);
  if (is_new) {
    order_.push_back(which);
    if (order_.size() > posts_kept) {
      known_.erase(order_.front());
      order_.pop_front();
    }
  }
  if (found->second.size() < stages_kept) found->second.emplace(at_us, json);
  world_.publish_panel("stage", std::move(json));
}

std::string stages::of(std::string_view channel, std::int64_t post_id) const {
  std::string out = "[";
  const auto found = known_.find(key{std::string(channel), post_id});
  if (found != known_.end()) {
    for (const auto& [at, json] : found->second) {
      if (out.size() > 1) out += ',';
      out += json;
    }
  }
  return out + "]";
}

}  // namespace tandem::sandbox
