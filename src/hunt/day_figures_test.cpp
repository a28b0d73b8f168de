#include "hunt/day_figures.hpp"

#include "platform/cache/cache.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;

TEST(DayFigures, AreCountedOnceAndTheSameWhenTheyAreKept) {
  pg::database_test db;
  int counted = 0;
  auto options = db.database.options();
  options.observe = [&](std::string_view name, std::chrono::nanoseconds, bool) {
    if (name == "categories.count_since" || name == "categories.count_day") ++counted;
  };
  const auto pool = pg::make_pool(db.io.on(), options);
  const auto kept = cache::make_local_cache(db.io.on());
  const system_clock time;
  const auto figures = hunt::make_day_figures(*kept, time);
  auto test = [&]() -> task<> {
    const auto direct = co_await hunt::count_by_category(*pool, time.now());
    counted = 0;
    for (int round = 0; round < 3; ++round) {
      const auto day = co_await figures->counts(*pool);
      EXPECT_EQ(day.vacancies, 0);
      const auto each = co_await figures->by_category(*pool);
      EXPECT_EQ(each.size(), direct.size());
      EXPECT_GE(each.size(), 12u);
      for (std::size_t at = 0; at < each.size(); ++at) {
        EXPECT_EQ(each[at].what.id, direct[at].what.id);
        EXPECT_EQ(each[at].what.slug, direct[at].what.slug);
        EXPECT_EQ(each[at].what.emoji, direct[at].what.emoji);
      }
    }
    co_await pool->close();
  };
  db.run(test());
  EXPECT_EQ(counted, 2);
}
