#include "hunt/categories.hpp"

#include "hunt/categories_sql.hpp"

namespace tandem::hunt {

task<std::vector<listed_category>> load_categories(pg::session& in) {
  const auto rows = co_await in(sql::categories::load);
  std::vector<listed_category> out;
  for (int i = 0; i < rows.size(); ++i) {
    out.push_back({rows[i].get<category_id>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2)});
  }
  co_return out;
}

task<std::vector<category_count>> count_by_category(pg::session& in, instant since) {
  const auto rows = co_await in(sql::categories::count_since, since);
  std::vector<category_count> out;
  for (int i = 0; i < rows.size(); ++i) {
    category_count counted{
        {rows[i].get<category_id>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2)},
        rows[i].get<std::int64_t>(3)};
    out.push_back(std::move(counted));
  }
  co_return out;
}

task<day_counts> count_day(pg::session& in, instant since) {
  const auto rows = co_await in(sql::categories::count_day, since);
  co_return day_counts{rows.front().get<std::int64_t>(0), rows.front().get<std::int64_t>(1)};
}

}  // namespace tandem::hunt
