#include "platform/errors/errors.hpp"

#include <chrono>

#include "platform/pg/test_database.hpp"

using namespace tandem;

namespace {

log::error_entry seen(const std::string& context, int second) {
  log::error_entry entry;
  entry.room = "hunt";
  entry.message = "the page cannot be read";
  entry.context = context;
  entry.first = entry.last = instant(std::chrono::seconds(1'790'000'000 + second));
  return entry;
}

}  // namespace

TEST(ErrorKeeper, EqualErrorsAreCountedOverRestarts) {
  pg::database_test db;
  for (const int start : {0, 10}) {
    log::error_book book;
    const auto keeper = errors::make_error_keeper(db.io.on(), *db.pool, book);
    book.add(seen("before the start", start));
    db.run(keeper->start());
    book.add(seen("one", start + 1));
    book.add(seen("two", start + 2));
    db.run(keeper->stop());
    db.run(keeper->stop());
  }
  const auto found = db.run(errors::latest(*db.pool, instant(), 10));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].count, 6);
  EXPECT_EQ(found[0].context, "two");
  EXPECT_EQ(found[0].first_at, instant(std::chrono::seconds(1'790'000'000)));
  EXPECT_EQ(found[0].last_at, instant(std::chrono::seconds(1'790'000'012)));
  EXPECT_EQ(db.run(errors::forget(*db.pool, instant(std::chrono::seconds(1'790'000'013)))), 1);
}
