#include "app/person_journal.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "platform/pg/test_database.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

TEST(PersonJournal, ShowsWhatAPersonDidTheNewestFirstByIdOrName) {
  pg::database_test db;
  fixed_clock time{instant(std::chrono::sys_days{std::chrono::year(2027) / 3 / 1} + 12h)};
  const auto people = accounts::make_users(time);
  accounts::seen_person anna;
  anna.telegram_id = 501;
  anna.first_name = "Anna";
  anna.username = "anna_k";
  const auto who = db.run(people->meet(*db.pool, anna)).id;
  accounts::seen_person other;
  other.telegram_id = 502;
  const auto somebody = db.run(people->meet(*db.pool, other)).id;
  db.run(people->note(*db.pool, who, "hunt", "started", "chat", ""));
  db.run(people->note(*db.pool, somebody, "hunt", "asked_help", "help", ""));
  time.advance(90s);
  db.run(people->note(*db.pool, who, "hunt", "chose_category", "categories", "design"));
  std::ostringstream by_id, by_name, last, nobody;
  EXPECT_EQ(db.run(show_journal(*db.pool, *people, "501", 10, by_id)), 0);
  EXPECT_EQ(by_id.str(),
            "2027-03-01 12:01:30 UTC  chose_category           categories       design\n"
            "2027-03-01 12:00:00 UTC  started                  chat             \n"
            "2 entries\n");
  EXPECT_EQ(db.run(show_journal(*db.pool, *people, "@Anna_K", 10, by_name)), 0);
  EXPECT_EQ(by_name.str(), by_id.str());
  EXPECT_EQ(db.run(show_journal(*db.pool, *people, "501", 1, last)), 0);
  EXPECT_TRUE(last.str().ends_with("design\n1 entries\n")) << last.str();
  EXPECT_EQ(db.run(show_journal(*db.pool, *people, "@nobody", 10, nobody)), 1);
}

}  // namespace
}  // namespace tandem::app
