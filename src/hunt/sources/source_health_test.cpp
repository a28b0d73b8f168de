#include "hunt/sources/source_health.hpp"

#include "hunt/posts/retention.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

struct SourceHealth : testing::Test, way {
  // One post, `ago` before now; each text is another.
  void posted(const source& from, std::chrono::microseconds ago) {
    auto one = post(++last_, "нужен код номер " + std::to_string(last_));
    one.posted_at = time.now() - ago;
    take(from, {one});
  }
  void make_vacancy_of_the_last() {
    ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
        "SELECT max(post_id), 'x', 'y', now(), now(), now() FROM hunt.posts");
    ask("UPDATE hunt.posts SET state = 'judged' WHERE post_id = (SELECT max(post_id) FROM hunt.posts)");
  }
  std::int64_t last_ = 1'000;
};

TEST_F(SourceHealth, PostsOfADayAndTheShareOfVacanciesAreCounted) {
  const auto from = add("jobs", "- #резюме");
  time.advance(48h);
  for (int i = 0; i < 3; ++i) posted(from, 1h);
  make_vacancy_of_the_last();
  take(from, {post(900, "#резюме")});
  posted(from, 24h * 9);  // back-filled: no post of these days
  run(count_source_days(*db.pool, time.now()));
  run(count_source_days(*db.pool, time.now()));
  const auto yields = run(source_yields(*db.pool, time.now()));
  ASSERT_TRUE(yields.contains(from.id));
  const auto& found = yields.at(from.id);
  EXPECT_DOUBLE_EQ(found.posts_per_day, 2);
  EXPECT_DOUBLE_EQ(found.passed, 0.75);
  EXPECT_DOUBLE_EQ(found.vacancies, 0.25);
}

TEST_F(SourceHealth, ASilenceThatIsUnusualIsToldOnceUntilTheSourceSpeaksAgain) {
  const auto busy = add("busy"), rare = add("rare");
  for (int day = 0; day < 6; ++day) {
    time.advance(24h);
    for (int i = 0; i < 4; ++i) posted(busy, 1h * i);
    if (day == 0) posted(rare, 1h);
    run(count_source_days(*db.pool, time.now()));
  }
  EXPECT_TRUE(run(note_silence(*db.pool, time.now())).empty());
  time.advance(60h);
  const auto silent = run(note_silence(*db.pool, time.now()));
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].name, "busy");
  EXPECT_TRUE(run(note_silence(*db.pool, time.now())).empty());
  time.advance(1h);
  posted(busy, 0s);
  EXPECT_TRUE(run(note_silence(*db.pool, time.now())).empty());
  EXPECT_FALSE(run(channels->find("busy"))->silent_since);
}

TEST_F(SourceHealth, TextsAreErasedAfterTheirTimeAndHashesStay) {
  const auto from = add("jobs");
  take(from, {post(1, "просто разговор, пишите @anna"), post(2, "")});
  ask("UPDATE hunt.posts SET state = 'judged' WHERE message_id = 1");
  posted(from, 1h);
  make_vacancy_of_the_last();
  take(from, {post(50, "ждёт судью")});
  EXPECT_EQ(run(erase_texts(*db.pool, {}, time.now() + 24h * 6)), 0);
  EXPECT_EQ(run(erase_texts(*db.pool, {}, time.now() + 24h * 8)), 2);
  EXPECT_EQ(
      ask("SELECT concat_ws('|', text, contact_url, author_key, length(content_hash), length(fingerprint)) "
          "FROM hunt.posts WHERE message_id = 1"),
      "|||8|16");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE text <> ''"), "2");
  EXPECT_EQ(run(erase_texts(*db.pool, {}, time.now() + 24h * 61)), 1);
  EXPECT_EQ(ask("SELECT string_agg(text, '|') FROM hunt.posts WHERE text <> ''"), "ждёт судью");
  EXPECT_EQ(take(from, {post(1, "просто разговор, пишите @anna")}).edited, 0) << "an erased post is no edit";
}

TEST_F(SourceHealth, AFewThousandTextsAreErasedInBatches) {
  const auto from = add("jobs");
  ask("INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, content_hash, "
      "fingerprint, state) "
      "SELECT 1, n, '2026-01-01', '2026-01-01', 'x', '', '', '', 'dropped' FROM generate_series(1, 4500) n");
  EXPECT_EQ(run(erase_texts(*db.pool, {}, time.now())), 4500);
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE text <> ''"), "0");
}

TEST_F(SourceHealth, ATakeDownThatWasKilledIsEnded) {
  const auto from = add("jobs");
  take(from, {post(1, "нужен код")});
  ask("UPDATE hunt.sources SET state = 'taken_down'");
  EXPECT_EQ(run(erase_texts(*db.pool, {}, time.now())), 1);
  EXPECT_EQ(ask("SELECT text || state FROM hunt.posts"), "dropped");
}

}  // namespace
}  // namespace tandem::hunt
