#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/test_database.hpp"

// People for the tests of stores, written past the rooms that own them.
namespace tandem::dating {

struct test_person {
  std::string sex = "female", seeks = "male";
  int age = 28;
  double latitude = 55.75, longitude = 37.62;
  std::int64_t place_id = 0;
  int age_from = 18, age_to = 60, radius_km = 50;
  bool own_city = false;
  std::string state = "active";
  std::string interests = "{}";
  double level3 = 0.285;
};

// A database with the people in it, emptied before each test. The clock stands at noon of 22 November 2026,
// UTC.
struct dating_town {
  async::loop io;
  std::unique_ptr<pg::pool> pool;
  fixed_clock time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12)};

  dating_town() {
    static const pg::test_database shared(TANDEM_SOURCE_DIR "/migrations");
    log::set_level("dating", log::level::off);
    pool = pg::make_pool(io.on(), shared.options());
    run(pg::run_script(
        *pool, "TRUNCATE accounts.users, dating.changes, dating.coefficients RESTART IDENTITY CASCADE;"));
  }
  ~dating_town() { run(pool->close()); }

  template <class T>
  T run(task<T> work) {
    return io.run(std::move(work));
  }
  void run(task<> work) { io.run(std::move(work)); }

  // The first cell of the first row as text; "" for no row and for NULL.
  std::string ask(std::string_view statement) {
    const pg::statement what{"test.ask", statement, pg::cardinality::many};
    const auto rows = run(pool->run(what, {}));
    return rows.empty() || rows.front()[0].is_null() ? "" : rows.front().get<std::string>(0);
  }

  user_id add(std::int64_t id, const test_person& who = {}) {
    const auto number = std::to_string(id);
    ask("INSERT INTO accounts.users (user_id, telegram_id, first_name, language, created_at, last_seen_at) "
        "OVERRIDING SYSTEM VALUE VALUES (" +
        number + ", 1000 + " + number + ", 'P', 'en', '2026-11-01', '2026-11-01')");
    ask("INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, name, born_on, sex, "
        "seeks, "
        "latitude, longitude, place_id, age_from, age_to, radius_km, own_city, created_at, active_at, "
        "interests) "
        "VALUES (" +
        number + ", '" + who.state + "', 1, '2026-11-01', 'Person " + number +
        "', date '2026-06-01' - make_interval(years => " + std::to_string(who.age) + "), '" + who.sex +
        "', '" + who.seeks + "', " + std::to_string(who.latitude) + ", " + std::to_string(who.longitude) +
        ", " + std::to_string(who.place_id) + ", " + std::to_string(who.age_from) + ", " +
        std::to_string(who.age_to) + ", " + std::to_string(who.radius_km) + ", " +
        (who.own_city ? "true" : "false") + ", '2026-11-01', '2026-11-22T11:00Z', '" + who.interests + "')");
    ask("INSERT INTO dating.ratings (user_id, level3, rated_at) VALUES (" + number + ", " +
        std::to_string(who.level3) +
        ", '2026-11-22') ON CONFLICT (user_id) DO UPDATE SET level3 = excluded.level3");
    return user_id(id);
  }
  user_id man(std::int64_t id) { return add(id, man_of()); }
  static test_person man_of() {
    test_person who;
    who.sex = "male";
    who.seeks = "female";
    who.age = 30;
    return who;
  }
  // One change to a profile: "state = 'hidden'".
  void change(user_id who, const std::string& what) {
    ask("UPDATE dating.profiles SET " + what + " WHERE user_id = " + std::to_string(who.value));
  }

  // Work in a transaction of its own, committed.
  template <class Work>
  auto commit(Work work) {
    const auto tx = run(pool->begin());
    auto out = run(work(*tx));
    run(tx->commit());
    return out;
  }
};

}  // namespace tandem::dating
