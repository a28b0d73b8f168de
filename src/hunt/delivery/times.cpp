#include "hunt/delivery/times.hpp"

#include "hunt/delivery/times_sql.hpp"

namespace tandem::hunt {

task<stage_times> measure_stages(pg::session& in, instant since) {
  const auto rows = co_await in(sql::times::stages, since);
  const auto row = rows.front();
  stage_times out;
  out.vacancies = row.get<std::int64_t>(0);
  int column = 1;
  for (const std::string_view stage : {"posted to seen", "seen to judged", "judged to handed to the sender",
                                       "posted to the first reader", "posted to the last reader"}) {
    out.stages.push_back({stage, row.get<double>(column), row.get<double>(column + 1)});
    column += 2;
  }
  co_return out;
}

}  // namespace tandem::hunt
