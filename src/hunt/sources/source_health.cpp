#include "hunt/sources/source_health.hpp"

#include "hunt/sources/source_health_sql.hpp"

namespace tandem::hunt {
namespace {

namespace statements = hunt::sql::source_health;

}  // namespace

task<> count_source_days(pg::session& database, instant now) {
  const instant yesterday = std::chrono::floor<std::chrono::days>(now) - std::chrono::days(1);
  co_await database(statements::count_days, yesterday);
}

source_yield yield_of(const source_yields_by_id& all, source_id which) {
  const auto found = all.find(which);
  return found == all.end() ? source_yield() : found->second;
}

task<source_yields_by_id> source_yields(pg::session& database, instant now) {
  source_yields_by_id out;
  const auto rows = co_await database(statements::yields, now);
  for (int i = 0; i < rows.size(); ++i) {
    out[rows[i].get<source_id>(0)] = {rows[i].get<double>(1), rows[i].get<double>(2), rows[i].get<double>(3)};
  }
  co_return out;
}

task<std::vector<silent_source>> note_silence(pg::session& database, instant now) {
  co_await database(statements::speaks_again);
  const auto rows = co_await database(statements::silent, now);
  std::vector<silent_source> out;
  for (int i = 0; i < rows.size(); ++i) {
    out.push_back({rows[i].get<source_id>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2),
                   rows[i].get<instant>(3), rows[i].get<double>(4)});
  }
  co_return out;
}

}  // namespace tandem::hunt
