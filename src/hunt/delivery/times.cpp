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

std::string_view name_of(stage what) {
  switch (what) {
    case stage::reading: return "reading";
    case stage::judging: return "judging";
    case stage::handing_over: return "handing_over";
    case stage::sending: break;
  }
  return "sending";
}

task<std::optional<slow_way>> find_slow_way(pg::session& in, instant since, instant now,
                                            std::chrono::seconds limit) {
  const auto rows = co_await in(sql::times::slow, since, now, static_cast<double>(limit.count()));
  const auto row = rows.front();
  slow_way out;
  out.vacancies = row.get<std::int64_t>(0);
  if (out.vacancies == 0) co_return std::nullopt;
  double longest = 0;
  int column = 1;
  for (const auto what : {stage::reading, stage::judging, stage::handing_over, stage::sending}) {
    const auto took = row.get<double>(column++);
    if (took > longest) {
      longest = took;
      out.slowest = what;
    }
  }
  out.worst = std::chrono::seconds(static_cast<std::int64_t>(row.get<double>(5)));
  co_return out;
}

}  // namespace tandem::hunt
