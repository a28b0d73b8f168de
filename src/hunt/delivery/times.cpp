#include "hunt/delivery/times.hpp"

#include "hunt/delivery/times_sql.hpp"

namespace tandem::hunt {

namespace {

constexpr std::pair<std::string_view, std::string_view> stages[] = {
    {"seen", "posted to seen"},
    {"judged", "seen to judged"},
    {"handed", "judged to handed to the sender"},
    {"first", "posted to the first reader"},
    {"last", "posted to the last reader"}};

}  // namespace

task<stage_times> measure_stages(pg::session& in, instant since) {
  const auto rows = co_await in(sql::times::stages, since);
  const auto row = rows.front();
  stage_times out;
  out.vacancies = row.get<std::int64_t>(0);
  int column = 1;
  for (const auto& [key, stage] : stages) {
    out.stages.push_back({key, stage, row.get<double>(column), row.get<double>(column + 1)});
    column += 2;
  }
  co_return out;
}

task<std::vector<source_times>> measure_sources(pg::session& in, instant since, int limit) {
  const auto rows = co_await in(sql::times::by_source, since, limit);
  std::vector<source_times> out;
  for (int i = 0; i < rows.size(); ++i) {
    const auto at = [&](int column) { return rows[i].get<double>(column); };
    out.push_back({rows[i].get<std::string>(0),
                   rows[i].get<std::int64_t>(1),
                   {stages[0].first, stages[0].second, at(2), at(3)},
                   {stages[3].first, stages[3].second, at(4), at(5)},
                   {stages[4].first, stages[4].second, at(6), at(7)}});
  }
  co_return out;
}

task<day_total> count_the_day(pg::session& in, instant since, instant now) {
  const auto rows = co_await in(sql::times::day, since, now);
  const auto row = rows.front();
  co_return day_total{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                      row.get<std::int64_t>(3), row.get<std::int64_t>(4)};
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
