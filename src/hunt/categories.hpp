#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "hunt/ids.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// A category as the database has it.
struct listed_category {
  category_id id;
  std::string slug;  // its title is the text category.<slug>
  std::string emoji;
};

// The active categories in their order, with yesterday's number of vacancies each: what the choosing screen
// shows.
struct category_count {
  listed_category what;
  std::int64_t per_day = 0;
};

// What the welcome tells: the sources that are read, the vacancies found since a moment.
struct day_counts {
  std::int64_t sources = 0, vacancies = 0;
};
task<day_counts> count_day(pg::session& in, instant since);

task<std::vector<listed_category>> load_categories(pg::session& in);
task<std::vector<category_count>> count_by_category(pg::session& in, instant since);

}  // namespace tandem::hunt
