#pragma once
// What the tests of readers, delivery, reports and bots share: a database emptied before each test, a clock
// that stands still, people who may be written to, vacancies that are already judged.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/users.hpp"
#include "hunt/bots/bots.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/readers/filters.hpp"
#include "hunt/readers/readers.hpp"
#include "hunt/reports/reports.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/telegram/recording_sender.hpp"

namespace tandem::hunt {

inline constexpr std::int64_t main_bot = 7'000;
inline const category_id development(1), data_and_analytics(2), design(3);

struct town {
  async::loop io;
  std::unique_ptr<pg::pool> pool;
  fixed_clock time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12)};
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  std::unique_ptr<readers> subscribers = make_readers(time, main_bot, {});
  std::unique_ptr<cards> vacancies = make_cards(time);
  std::unique_ptr<filters> wishes = make_filters(time);
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<reports> complaints = make_reports(time, *lanes);
  std::map<std::int64_t, telegram::recording_sender> bots;  // those that run here; a test adds more

  town() {
    static const pg::test_database shared(TANDEM_SOURCE_DIR "/migrations");
    log::set_level("hunt", log::level::off);
    log::set_level("delivery", log::level::off);
    log::set_level("alerts", log::level::off);
    pool = pg::make_pool(io.on(), shared.options());
    io.run(
        pg::run_script(*pool,
                       "TRUNCATE accounts.users, accounts.operator_codes, accounts.deletions, hunt.sources, "
                       "hunt.category_bots, hunt.banned_authors RESTART IDENTITY CASCADE;"
                       "INSERT INTO hunt.sources (kind, name, title, next_read_at, added_at) VALUES "
                       "('preview', 'jobs', 'Good jobs', now(), '2026-01-01');"));
    bots[main_bot];
  }
  ~town() {
    io.run(lanes->stop());
    io.run(pool->close());
  }

  template <class T>
  T run(task<T> work) {
    return io.run(std::move(work));
  }
  void run(task<> work) { io.run(std::move(work)); }

  // One value out of the database, as text; "" for no row and for NULL.
  std::string ask(std::string_view question) {
    const pg::statement statement{"test.ask", question, pg::cardinality::many};
    const auto rows = run(pool->run(statement, {}));
    return rows.empty() || rows.front()[0].is_null() ? "" : rows.front().get<std::string>(0);
  }

  // Somebody who has started the main bot. Their private chat has the id 100 + number.
  accounts::user person(int number) {
    accounts::seen_person seen{100 + number, "Person " + std::to_string(number), "", "en"};
    auto who = run(people->meet(*pool, std::move(seen)));
    run(subscribers->keep(*pool, who));
    start(who, main_bot);
    return who;
  }
  void start(const accounts::user& who, std::int64_t bot) {
    run(people->started(*pool, who.id, bot));
    run(subscribers->started(*pool, who.id, bot));
  }
  void choose(const accounts::user& who, category_id what) {
    run(subscribers->choose(*pool, who.id, what, true));
    run(subscribers->begin_trial(*pool, who.id));
  }
  // With the main bot started, this category chosen and the trial begun.
  accounts::user reader_of(int number, category_id what) {
    auto who = person(number);
    choose(who, what);
    return who;
  }
  void assign(std::int64_t bot, std::string_view slug) {
    EXPECT_TRUE(run(assign_bot(*pool, bot, slug, time.now())));
    bots[bot];
  }

  // A vacancy that is judged and waits to be handed out; categories with their confidences.
  vacancy_id vacancy(std::string_view title, std::vector<std::pair<category_id, double>> categories,
                     std::string_view author = "@anna") {
    static constexpr pg::statement add_post{
        "test.add_post",
        "INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, author_key, "
        "contact_url, "
        "content_hash, fingerprint, state, reason) SELECT 1, coalesce(max(message_id), 0) + 1, $1, $1, $2, "
        "'https://t.me/jobs/1', $3, 'https://t.me/anna', '', '', 'judged', '#vacancy' FROM hunt.posts "
        "RETURNING post_id",
        pg::cardinality::one};
    static constexpr pg::statement add_vacancy{
        "test.add_vacancy",
        "INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
        "VALUES ($1, $2, 'Two screens.', $3, $3, $3) RETURNING vacancy_id",
        pg::cardinality::one};
    static constexpr pg::statement add_category{
        "test.add_category",
        "INSERT INTO hunt.vacancy_categories (vacancy_id, category_id, confidence) VALUES ($1, $2, $3)",
        pg::cardinality::exec};
    static constexpr pg::statement add_verdict{
        "test.add_verdict",
        "INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, "
        "engine) "
        "SELECT $1, 1, $2, 'vacancy', array_agg(slug ORDER BY vc.confidence DESC), "
        "array_agg(vc.confidence ORDER BY vc.confidence DESC), 0.9, false, 'local 1' "
        "FROM hunt.vacancy_categories vc JOIN hunt.categories USING (category_id) WHERE vacancy_id = $3",
        pg::cardinality::exec};
    const auto now = time.now();
    const auto post = run((*pool)(add_post, now, title, author)).front().get<std::int64_t>(0);
    const auto id = run((*pool)(add_vacancy, post, title, now)).front().get<vacancy_id>(0);
    for (const auto& [category, confidence] : categories)
      run((*pool)(add_category, id, category, confidence));
    run((*pool)(add_verdict, post, now, id));
    return id;
  }

  // As if the delivery had brought it: message 40 + the reader's number, under that category.
  void delivered(vacancy_id what, const accounts::user& to, category_id under, std::int64_t bot = main_bot) {
    static constexpr pg::statement add{
        "test.add_delivery",
        "INSERT INTO hunt.deliveries (vacancy_id, user_id, category_id, bot_id, chat_id, turn, due_at, "
        "state, "
        "message_id, sent_at) VALUES ($1, $2, $3, $4, $5::bigint, 0, $6, 'sent', $5::bigint - 60, $6)",
        pg::cardinality::exec};
    run((*pool)(add, what, to.id, under, bot, to.telegram_id, time.now()));
  }
  void publish(vacancy_id what) {
    run(pool->in_transaction([this, what](pg::transaction& tx) { return publish_in(tx, what); }));
  }
  outlet senders() {
    return [this](std::int64_t bot) -> telegram::sender* {
      const auto found = bots.find(bot);
      return found == bots.end() ? nullptr : &found->second;
    };
  }

 private:
  task<> publish_in(pg::transaction& tx, vacancy_id what) {
    const queue::publication one = vacancy_published(what);
    const std::span<const queue::publication> all(&one, 1);
    co_await lanes->publish(tx, all);
  }
};

}  // namespace tandem::hunt
