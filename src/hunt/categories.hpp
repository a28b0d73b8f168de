#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

using category_id = strong_id<struct category_tag>;
using post_id = strong_id<struct post_tag>;
using vacancy_id = strong_id<struct vacancy_tag>;

struct category {
  category_id id;
  std::string slug;   // its title is the text category.<slug>
  std::string emoji;
};

// The active categories in their order, with yesterday's number of vacancies each: what the choosing screen shows.
struct category_count {
  category what;
  std::int64_t per_day = 0;
};

task<std::vector<category>> load_categories(pg::session& in);
task<std::vector<category_count>> count_by_category(pg::session& in, instant since);

}  // namespace tandem::hunt
