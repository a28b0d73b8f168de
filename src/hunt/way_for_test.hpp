#pragma once
// What the tests of the way from a channel to a vacancy share: a database, a clock that stands still, a judge
// that goes by one word, and an observer that remembers.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "async/event.hpp"
#include "async/within.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/vacancies/post_judge.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::hunt {

inline const instant test_day =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12);

class remembered : public post_observer {
 public:
  explicit remembered(const executor& on) : bell_(on) {}
  void noticed(const post_event& event) override {
    steps.push_back(
        {event.what, event.message_id, std::string(event.detail), event.post, event.original, event.vacancy});
    bell_.ring();
  }
  // Returns once there are that many steps of a kind.
  task<> until(post_event::kind what, int times) {
    while (count(what) < times) {
      if (!co_await bell_.wait_for(std::chrono::seconds(20)))
        throw std::runtime_error("the step did not come");
    }
  }
  int count(post_event::kind what) const {
    return static_cast<int>(std::ranges::count(steps, what, &step::what));
  }
  struct step {
    post_event::kind what;
    std::int64_t message_id;
    std::string detail;
    post_id post, original;
    vacancy_id vacancy;
  };
  // The last step of that kind.
  const step& last(post_event::kind what) const {
    const auto found = std::ranges::find(steps.rbegin(), steps.rend(), what, &step::what);
    if (found == steps.rend()) throw std::runtime_error("no such step");
    return *found;
  }
  std::vector<step> steps;

 private:
  async::event bell_;
};

// "нужен" makes a vacancy, "дизайн" and "код" its categories.
class word_judge : public classifier {
 public:
  verdict judge(std::string_view text) override {
    verdict out;
    out.model = "words 1";
    out.confidence = 0.9f;
    if (text.find("нужен") == std::string_view::npos) return out;
    out.kind = post_kind::vacancy;
    if (text.find("дизайн") != std::string_view::npos) out.categories.push_back({category::design, 0.8f});
    if (text.find("код") != std::string_view::npos) out.categories.push_back({category::development, 0.6f});
    return out;
  }
};

// One database for all of these tests, emptied before each: a copy per test would cost more than the tests.
struct emptied_database {
  async::loop io;
  std::unique_ptr<pg::pool> pool;

  emptied_database() {
    static const pg::test_database shared(TANDEM_SOURCE_DIR "/migrations");
    pool = pg::make_pool(io.on(), shared.options());
    io.run(pg::run_script(
        *pool,
        "TRUNCATE hunt.sources, hunt.banned_authors, platform.messages RESTART IDENTITY CASCADE;"
        "UPDATE hunt.categories SET active = true WHERE NOT active;"));
  }
  ~emptied_database() { io.run(pool->close()); }
};

struct way {
  emptied_database db;
  fixed_clock time{test_day};
  std::unique_ptr<queue::queue> lanes = queue::make_pg_queue(db.io.on(), *db.pool, time);
  remembered steps{db.io.on()};
  metrics::registry figures;
  word_judge judge;
  std::unique_ptr<sources> channels = make_sources(*db.pool, time);
  std::unique_ptr<intake> way_in = make_intake(*db.pool, *lanes, time, &steps, {});

  way() { log::set_level("hunt", log::level::off); }
  ~way() { db.io.run(lanes->stop()); }

  template <class T>
  T run(task<T> work) {
    return db.io.run(std::move(work));
  }
  void run(task<> work) { db.io.run(std::move(work)); }

  source add(std::string_view name, std::string_view rules = "") {
    const auto added = run(channels->add(name, rules));
    if (!added) throw std::runtime_error("the source was refused: " + added.error().detail);
    return *run(channels->find(name));
  }

  channel_post post(std::int64_t id, std::string_view text) const {
    channel_post out;
    out.message_id = id;
    out.text = text;
    out.posted_at = time.now() - std::chrono::seconds(5);
    return out;
  }

  intake_outcome take(const source& from, std::vector<channel_post> posts, std::int64_t store_above = 0) {
    page_of_posts page;
    page.posts = posts;
    page.store_above = store_above;
    page.seen_up_to = posts.empty() ? 0 : posts.back().message_id;
    return run(way_in->take(from, page));
  }

  // One value out of the database, as text; "" for no row.
  std::string ask(std::string_view question) {
    const pg::statement statement{"test.ask", question, pg::cardinality::many};
    const auto rows = run(db.pool->run(statement, {}));
    return rows.empty() || rows.front()[0].is_null() ? "" : rows.front().get<std::string>(0);
  }
};

}  // namespace tandem::hunt
