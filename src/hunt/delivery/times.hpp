#pragma once
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// How long a stage of the way took, in seconds.
struct stage_time {
  std::string_view stage;  // "posted to seen", …
  double p50 = 0, p99 = 0;
};
struct stage_times {
  std::int64_t vacancies = 0;
  std::vector<stage_time> stages;
};

// Of the vacancies judged since then.
task<stage_times> measure_stages(pg::session& in, instant since);

// The stages of a post's way, in their order.
enum class stage { reading, judging, handing_over, sending };
std::string_view name_of(stage what);

// Vacancies that took longer than they may from their publication to the last reader, or still are on the
// way.
struct slow_way {
  std::int64_t vacancies = 0;
  stage slowest = stage::reading;  // which stage took the most time, over all of them
  std::chrono::seconds worst{0};   // from the publication to the last reader, or to now
};

// Looks at the vacancies published by us since `since`. Posts older than their source's entry here are not
// counted: the reader fetched them long after their publication. Nothing if all kept within `limit`.
task<std::optional<slow_way>> find_slow_way(pg::session& in, instant since, instant now,
                                            std::chrono::seconds limit);

}  // namespace tandem::hunt
