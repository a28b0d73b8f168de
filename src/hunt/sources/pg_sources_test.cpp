#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

struct Sources : testing::Test, way {};

TEST_F(Sources, AnAddedSourceIsListedActiveAndUnread) {
  const auto one = add("https://t.me/s/Design_Jobs", "+ #вакансия");
  EXPECT_EQ(one.name, "design_jobs");
  EXPECT_EQ(one.state, source_state::active);
  EXPECT_EQ(one.last_message_id, 0);
  EXPECT_FALSE(one.last_read_at);
  EXPECT_EQ(one.added_at, time.now());
  EXPECT_EQ(run(channels->list()).size(), 1u);
  EXPECT_TRUE(run(channels->find("@Design_Jobs")));
  EXPECT_FALSE(run(channels->find("nobody")));
}

TEST_F(Sources, TheSameChannelIsAddedOnce) {
  add("jobs");
  EXPECT_EQ(run(channels->add("@JOBS", "")).error().why, source_error::already_there);
}

TEST_F(Sources, ABadNameIsRefused) {
  EXPECT_EQ(run(channels->add("no name", "")).error().why, source_error::bad_name);
}

TEST_F(Sources, AMistakeInTheRulesIsToldWithItsPlace) {
  const auto refused = run(channels->add("jobs", "+ дизайн\n  вакансия")).error();
  EXPECT_EQ(refused.why, source_error::bad_rules);
  EXPECT_EQ(refused.mistake->line, 2u);
  EXPECT_EQ(refused.mistake->column, 3u);
  EXPECT_TRUE(refused.detail.starts_with("line 2, column 3: "));
  EXPECT_TRUE(run(channels->list()).empty());
  const auto one = add("jobs");
  EXPECT_EQ(run(channels->set_rules(one.id, "+ \"open")).error().why, source_error::bad_rules);
}

TEST_F(Sources, PausingResumingAndRulesOfAnUnknownSourceAreRefused) {
  EXPECT_EQ(run(channels->set_paused(source_id(99), true)).error().why, source_error::unknown);
  EXPECT_EQ(run(channels->set_rules(source_id(99), "")).error().why, source_error::unknown);
  EXPECT_EQ(run(channels->try_rules(source_id(99), "", 5)).error().why, source_error::unknown);
}

TEST_F(Sources, PauseAndResumeKeepWhereTheReaderWas) {
  const auto one = add("jobs");
  take(one, {post(7, "x")});
  EXPECT_TRUE(run(channels->set_paused(one.id, true)));
  EXPECT_EQ(run(channels->find("jobs"))->state, source_state::paused);
  EXPECT_TRUE(run(channels->set_paused(one.id, false)));
  EXPECT_EQ(run(channels->find("jobs"))->state, source_state::active);
  EXPECT_EQ(run(channels->find("jobs"))->last_message_id, 7);
}

TEST_F(Sources, RulesCanBeTriedOnStoredPostsBeforeTheyAreSet) {
  const auto one = add("jobs");
  take(one, {post(1, "#вакансия дизайнер"), post(2, "#резюме дизайнер"), post(3, "привет")});
  const auto tried = run(channels->try_rules(one.id, "+ дизайнер\n- #резюме", 2));
  ASSERT_TRUE(tried);
  ASSERT_EQ(tried->size(), 2u);
  EXPECT_EQ((*tried)[0].url, "https://t.me/jobs/3");
  EXPECT_FALSE((*tried)[0].passes);
  EXPECT_EQ((*tried)[0].rule, "+ дизайнер");
  EXPECT_EQ((*tried)[1].rule, "- #резюме");
  EXPECT_TRUE((*run(channels->try_rules(one.id, "+ дизайнер\n- #резюме", 3)))[2].passes);
  EXPECT_EQ(run(channels->find("jobs"))->rules, "");
}

}  // namespace
}  // namespace tandem::hunt
