#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "hunt/ids.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// What a source brings, over the last fourteen days that it was there.
struct source_yield {
  double posts_per_day = 0;
  double passed = 0;     // share of the posts that its rules let through to the judge
  double vacancies = 0;  // share of the posts that became vacancies
};

using source_yields_by_id = std::unordered_map<source_id, source_yield>;
// Of a source that brought nothing: zeros.
source_yield yield_of(const source_yields_by_id& all, source_id which);

// Sums up today and yesterday for all sources; cheap, to be repeated every few minutes.
task<> count_source_days(pg::session& database, instant now);
// Of every source that brought anything.
task<source_yields_by_id> source_yields(pg::session& database, instant now);

// A source that has been without a post for unusually long: eight times its mean gap, and a day and a half at
// least. Only where five posts within four weeks show what is usual.
struct silent_source {
  source_id id;
  std::string kind, name;
  instant last_post_at;
  double usual_gap_hours = 0;
};
// Those that have become so since the last call: each silence is told once.
task<std::vector<silent_source>> note_silence(pg::session& database, instant now);

}  // namespace tandem::hunt
