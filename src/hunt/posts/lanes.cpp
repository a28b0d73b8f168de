#include "hunt/posts/lanes.hpp"

#include <charconv>

namespace tandem::hunt {
namespace {

// Our own messages are flat objects of integers.
std::optional<std::int64_t> member(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  auto at = json.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  at = std::min(json.find_first_not_of(' ', at + key.size()), json.size());
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(json.data() + at, json.data() + json.size(), value);
  const bool whole = end < json.data() + json.size() && (*end == ',' || *end == '}');
  return error == std::errc() && whole ? std::optional(value) : std::nullopt;
}

std::optional<post_accepted> read(const queue::message& message, std::string_view kind) {
  const auto post = member(message.body, "post_id"), revision = member(message.body, "revision");
  if (message.kind != kind || !post || !revision) return std::nullopt;
  return post_accepted{post_id(*post), *revision};
}

}  // namespace

queue::publication to_publication(const post_accepted& event) {
  queue::publication out;
  out.lane = judge_lane;
  out.kind = "post_accepted.v1";
  out.body = "{\"post_id\":" + std::to_string(event.post.value) +
             ",\"revision\":" + std::to_string(event.revision) + "}";
  return out;
}

std::optional<post_accepted> to_post_accepted(const queue::message& message) {
  return read(message, "post_accepted.v1");
}

queue::publication judge_again(const post_accepted& event, instant due_at) {
  auto out = to_publication(event);
  out.lane = rejudge_lane;
  out.kind = "judge_again.v1";
  out.due_at = due_at;
  return out;
}

std::optional<post_accepted> to_judge_again(const queue::message& message) {
  return read(message, "judge_again.v1");
}

queue::publication vacancy_published(vacancy_id vacancy) {
  queue::publication out;
  out.lane = deliver_lane;
  out.kind = "vacancy_published.v1";
  out.body = "{\"vacancy_id\":" + std::to_string(vacancy.value) + "}";
  return out;
}

}  // namespace tandem::hunt
