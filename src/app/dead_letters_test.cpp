#include "app/dead_letters.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "app/engines.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

// Three letters lie dead in the lane "judge", whichever engine hands messages out.
struct DeadLetters : testing::TestWithParam<const char*> {
  pg::database_test db;
  fixed_clock time{instant(std::chrono::sys_days{std::chrono::year(2027) / 3 / 1} + 12h)};
  metrics::registry figures;
  settings all;
  queue_engine engine;
  std::ostringstream out;

  DeadLetters() {
    all.queue = GetParam();
    engine = make_queue(db.io.on(), all, *db.pool, time, figures);
    db.run(
        db.pool->script("INSERT INTO platform.dead_letters (message_id, lane, kind, key, body, published_at, "
                        "failures, error, died_at) "
                        "SELECT n, 'judge', 'post_accepted.v1', 'source 7', '{\"secret\":1}', now(), 8, "
                        "E'ill\\n\\x1b[31m' || "
                        "repeat('ё', 200), '2027-03-01T11:00:05Z' FROM generate_series(11, 13) AS n"));
  }
  ~DeadLetters() override { db.run(engine.lanes->stop()); }

  int show(const std::string& lane, int limit = 20) {
    out.str("");
    return db.run(show_dead_letters(*engine.lanes, lane, limit, out));
  }
  int replay(const std::string& lane, const std::vector<std::int64_t>& ids) {
    out.str("");
    return db.run(replay_dead_letters(*engine.lanes, lane, ids, out));
  }
  queue::lane_state judge() {
    const auto states = db.run(engine.lanes->lanes());
    return states.size() == 1 ? states[0] : queue::lane_state{};
  }
};

TEST_P(DeadLetters, AreListedWithTimeAttemptsAndReasonAndWithoutWhatIsInThem) {
  EXPECT_EQ(show(""), 0);
  const auto text = out.str();
  EXPECT_TRUE(text.starts_with("judge: 3 dead letters\n")) << text;
  EXPECT_NE(
      text.find(
          "\n  12         2027-03-01 11:00:05 UTC, tried 8 times, post_accepted.v1 of source 7: ill  [31mё"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("ё …\n"), std::string::npos) << "cut between two letters: " << text;
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(show("judge", 1), 0);
  EXPECT_NE(out.str().find("and 2 more"), std::string::npos) << out.str();
  EXPECT_EQ(show("deliver"), 0);
  EXPECT_EQ(out.str(), "No dead letters in deliver.\n");
}

TEST_P(DeadLetters, AreBroughtBackByNumberOrAllOfALane) {
  EXPECT_EQ(replay("judge", {12, 12}), 0);
  EXPECT_EQ(out.str(), "1 messages are back in judge.\n");
  EXPECT_EQ(judge().dead, 2);
  EXPECT_EQ(judge().waiting, 1);
  EXPECT_EQ(replay("judge", {12, 13}), 1) << "12 lies there no more";
  EXPECT_EQ(judge().dead, 1);
  EXPECT_EQ(replay("deliver", {}), 1) << "nothing lies there";
  EXPECT_EQ(replay("judge", {}), 0);
  EXPECT_EQ(judge().dead, 0);
  EXPECT_EQ(judge().waiting, 3);
  EXPECT_EQ(show(""), 0);
  EXPECT_EQ(out.str(), "No dead letters.\n");
}

// Nobody listens there: what lies dead is in the database, whoever carries it.
INSTANTIATE_TEST_SUITE_P(EitherEngine, DeadLetters, testing::Values("", "amqp://guest:guest@127.0.0.1:9/"));

}  // namespace
}  // namespace tandem::app
