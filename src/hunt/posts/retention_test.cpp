#include "hunt/posts/retention.hpp"

#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

struct Retention : testing::Test, town {
  std::int64_t forget() { return run(forget_deliveries(*pool, {}, time.now())); }
};

TEST_F(Retention, WhatAPersonGotIsForgottenButForWhatTheySavedRespondedToOrComplainedAbout) {
  const auto who = reader_of(1, design);
  std::vector<vacancy_id> all;
  for (const auto* title : {"Plain", "Saved", "Replied", "Reported", "Told"}) {
    all.push_back(vacancy(title, {{design, 0.9}}));
    delivered(all.back(), who, design);
  }
  run(vacancies->save(*pool, who.id, all[1], true));
  run(vacancies->mark_replied(*pool, who.id, all[2], true));
  run(vacancies->report(*pool, who.id, all[3], "scam"));
  run(vacancies->report(*pool, who.id, all[4], "scam"));
  ask("UPDATE hunt.reports SET resolved_at = now(), told_at = now() WHERE vacancy_id = 5");
  time.advance(24h * 89);
  const auto young = vacancy("Young", {{design, 0.9}});
  delivered(young, who, design);
  EXPECT_EQ(forget(), 0);
  time.advance(24h * 2);
  EXPECT_EQ(forget(), 2);
  EXPECT_EQ(forget(), 0);
  EXPECT_EQ(ask("SELECT string_agg(title, ', ' ORDER BY vacancy_id) FROM hunt.deliveries "
                "JOIN hunt.vacancies USING (vacancy_id)"),
            "Saved, Replied, Reported, Young");
  EXPECT_EQ(ask("SELECT string_agg(title, ', ' ORDER BY post_id) FROM hunt.verdicts "
                "JOIN hunt.vacancies USING (post_id)"),
            "Saved, Replied, Reported, Young");
  EXPECT_TRUE(run(vacancies->find(*pool, who.id, all[1])));
  EXPECT_TRUE(run(vacancies->reason(*pool, who.id, all[1])));
  EXPECT_FALSE(run(vacancies->find(*pool, who.id, all[0])));
  time.advance(24h * 89);
  EXPECT_EQ(forget(), 1) << "each in its turn";
}

TEST_F(Retention, MoreThanABatchOfDeliveriesAndListsIsForgotten) {
  const auto who = reader_of(1, design);
  const auto what = vacancy("Landing", {{design, 0.9}});
  ask("INSERT INTO hunt.deliveries (vacancy_id, user_id, slot, category_id, bot_id, chat_id, turn, due_at, "
      "state) "
      "SELECT " +
      std::to_string(what.value) + ", " + std::to_string(who.id.value) +
      ", n, 3, 7000, 101, 0, now(), 'refused' FROM generate_series(1, 4500) n");
  ask("INSERT INTO hunt.lists (user_id, bot_id, chat_id, made_at, due_at) SELECT user_id, 7000, 101, "
      "timestamptz '2026-11-22T12:00Z' + n * interval '1 second', now() "
      "FROM hunt.readers, generate_series(1, 4500) n");
  time.advance(24h * 90 + 4400s);
  EXPECT_EQ(forget(), 4500);
  EXPECT_EQ(ask("SELECT count(*) || ' ' || min(list_id) FROM hunt.lists"), "101 4400");
}

TEST_F(Retention, TheVerdictOfWhatBecameNoVacancyGoesWithItsText) {
  vacancy("Landing", {{design, 0.9}});
  ask("WITH refused AS (INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, "
      "content_hash, "
      "fingerprint, state) VALUES (1, 100, '2026-11-22T12:00Z', '2026-11-22T12:00Z', 'a talk', '', '', '', "
      "'judged') "
      "RETURNING post_id) "
      "INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, "
      "engine) "
      "SELECT post_id, 1, now(), 'none', '{}', '{}', 0.9, false, 'local 1' FROM refused");
  EXPECT_EQ(run(erase_texts(*pool, {}, time.now() + 24h * 6)), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.verdicts"), "2");
  EXPECT_EQ(run(erase_texts(*pool, {}, time.now() + 24h * 8)), 1);
  EXPECT_EQ(ask("SELECT string_agg(kind, ',') FROM hunt.verdicts"), "vacancy");
}

}  // namespace
}  // namespace tandem::hunt
