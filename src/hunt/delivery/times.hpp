#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// How long a stage of the way took, in seconds.
struct stage_time {
  std::string_view key;    // seen, judged, handed, first, last
  std::string_view stage;  // "posted to seen", …
  double p50 = 0, p99 = 0;
};
struct stage_times {
  std::int64_t vacancies = 0;
  std::vector<stage_time> stages;
};

// Of the vacancies judged since then that were published while their source was read: a back-fill is no
// measure.
task<stage_times> measure_stages(pg::session& in, instant since);

// The same of one source: how long its vacancies took until they were seen, and to their first and last
// reader.
struct source_times {
  std::string source;
  std::int64_t vacancies = 0;
  stage_time seen, first, last;
};
// The slowest first.
task<std::vector<source_times>> measure_sources(pg::session& in, instant since, int limit);

// What a day brought.
struct day_total {
  std::int64_t posts = 0, vacancies = 0, deliveries = 0;
  std::int64_t readers = 0;  // who got something
  std::int64_t reading = 0;  // who have the right to, and are not paused
};
task<day_total> count_the_day(pg::session& in, instant since, instant now);

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
