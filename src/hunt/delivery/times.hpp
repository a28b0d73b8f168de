#pragma once
#include <string_view>
#include <vector>

#include "async/task.hpp"
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

}  // namespace tandem::hunt
