#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "hunt/ids.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

// Posts on their way to the judge, vacancies on their way to their readers.
inline constexpr std::string_view judge_lane = "judge";
inline constexpr std::string_view deliver_lane = "deliver";
inline constexpr std::string_view rejudge_lane = "rejudge";

// post_accepted.v1 {"post_id":1,"revision":1} in the lane "judge"
struct post_accepted {
  post_id post;
  std::int64_t revision = 1;
};
queue::publication to_publication(const post_accepted& event);
// Nothing if the message is none of these.
std::optional<post_accepted> to_post_accepted(const queue::message& message);

// judge_again.v1 {"post_id":1,"revision":1} in the lane "rejudge": the local judge stood in for the language
// model.
queue::publication judge_again(const post_accepted& event, instant due_at);
std::optional<post_accepted> to_judge_again(const queue::message& message);

// vacancy_published.v1 {"vacancy_id":1} in the lane "deliver"
queue::publication vacancy_published(vacancy_id vacancy);

}  // namespace tandem::hunt
