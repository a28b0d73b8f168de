#include "hunt/posts/retention.hpp"

#include "hunt/posts/retention_sql.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::hunt {
namespace {

namespace statements = hunt::sql::retention;

constexpr int batch = 2'000;
constexpr int vacancies_at_once = 50;

task<std::int64_t> erase(pg::pool& database, const pg::statement& what, instant now, instant seen_before) {
  std::int64_t done = 0;
  for (instant from = instant::min();;) {
    const auto erased = co_await database(what, now, seen_before, from, batch);
    done += erased.size();
    if (erased.size() < batch) co_return done;
    for (int i = 0; i < erased.size(); ++i) from = std::max(from, erased[i].get<instant>(0));
  }
}

}  // namespace

task<std::int64_t> erase_texts(pg::pool& database, retention keep, instant now) {
  auto done = co_await erase(database, statements::erase_refused, now, now - keep.refused);
  done += co_await erase(database, statements::erase_accepted, now, now - keep.accepted);
  const auto halves = co_await database(statements::half_taken_down);
  if (halves.empty()) co_return done;
  const fixed_clock time(now);
  const auto all = make_sources(database, time);
  for (int i = 0; i < halves.size(); ++i) {
    const auto ended = co_await all->take_down(halves[i].get<source_id>(0));
    if (ended) done += ended->posts;
  }
  co_return done;
}

task<std::int64_t> forget_deliveries(pg::pool& database, retention keep, instant now) {
  std::int64_t done = 0;
  for (;;) {
    const auto old = co_await database(statements::old_vacancies, now - keep.deliveries, vacancies_at_once);
    if (old.empty()) break;
    std::vector<std::int64_t> ids;
    for (int i = 0; i < old.size(); ++i) ids.push_back(old[i].get<std::int64_t>(0));
    for (std::int64_t some = batch; some == batch; done += some) {
      const auto gone = co_await database(statements::forget_deliveries, ids, batch);
      some = gone.affected();
    }
    co_await database(statements::forgotten, ids, now);
  }
  for (std::int64_t some = batch; some == batch;) {
    const auto gone = co_await database(statements::forget_lists, now - keep.deliveries, batch);
    some = gone.affected();
  }
  co_return done;
}

}  // namespace tandem::hunt
