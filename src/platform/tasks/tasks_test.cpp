#include "platform/tasks/tasks.hpp"

#include "async/event.hpp"
#include "async/part_for_test.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/lead/lead.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;
using namespace tandem::tasks;
using namespace std::chrono_literals;

namespace {

constexpr instant midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};

struct Scheduler : testing::Test {
  pg::database_test db;
  fixed_clock time{midnight + 10h};
  std::unique_ptr<lead::candidate> lead = lead::make_sole_candidate();
  std::vector<std::string> told;
  std::unique_ptr<scheduler> jobs = make();
  int ran = 0;

  Scheduler() { db.run(lead->start()); }
  ~Scheduler() override { db.run(jobs->stop()); }

  std::unique_ptr<scheduler> make(std::chrono::milliseconds poll = 0ms) {
    scheduler_options options;
    options.poll = poll;
    options.told = [this](std::string_view job, std::string_view error) {
      told.push_back(std::string(job) + ": " + std::string(error));
    };
    return make_scheduler(db.io.on(), *db.pool, *lead, time, options);
  }
  job counting(schedule when) {
    return {"count", when, [this](run_log& log) -> task<> {
              log.line("run " + std::to_string(++ran));
              co_return;
            }};
  }
  job_state state(const std::string& name) {
    for (auto& each : db.run(jobs->jobs())) {
      if (each.name == name) return each;
    }
    throw std::runtime_error("no job " + name);
  }
  void pass(std::chrono::seconds how_long) {
    time.advance(how_long);
    db.run(jobs->run_due());
  }
};

}  // namespace

TEST(NextTime, IsOnePeriodLaterOrTheNextTimeOfDay) {
  EXPECT_EQ(next_time(every{90s}, midnight), midnight + 90s);
  EXPECT_EQ(next_time(daily{4h}, midnight), midnight + 4h);
  EXPECT_EQ(next_time(daily{4h}, midnight + 4h), midnight + 28h);
  EXPECT_EQ(next_time(daily{0min}, midnight - 1us), midnight);
  EXPECT_EQ(next_time(on_demand{}, midnight), std::nullopt);
}

TEST_F(Scheduler, ItWorksAfterEachStart) {
  jobs = make(10ms);
  async::event ended(db.io.on());
  jobs->add({"ring", on_demand{}, [&](run_log&) -> task<> {
               ended.ring();
               co_return;
             }});
  async::expect_to_work_after_each_start(db.io, *jobs, [&](int) {
    EXPECT_TRUE(db.run(jobs->ask("ring")));
    EXPECT_TRUE(db.io.run(ended.wait_for(20s)));
  });
}

TEST_F(Scheduler, APeriodicJobRunsOncePerPeriodAndItsRunsAreKept) {
  jobs->add(counting(every{1min}));
  db.run(jobs->start());
  pass(59s);
  EXPECT_EQ(ran, 0);
  pass(1s);
  pass(0s);
  EXPECT_EQ(ran, 1);
  pass(1min);
  EXPECT_EQ(ran, 2);
  const auto runs = db.run(jobs->history("count", 10));
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].log, std::vector<std::string>{"run 2"});
  EXPECT_EQ(runs[0].result, outcome::succeeded);
  EXPECT_EQ(runs[0].started_at, time.now());
  EXPECT_FALSE(runs[0].by_hand);
  EXPECT_EQ(state("count").next_run_at, time.now() + 1min);
}

TEST_F(Scheduler, ATimeMissedWhileNothingRanIsMadeUpForOnce) {
  jobs->add(counting(daily{4h}));
  db.run(jobs->start());
  db.run(jobs->stop());
  time.advance(std::chrono::days(5));
  jobs = make();
  jobs->add(counting(daily{4h}));
  db.run(jobs->start());
  pass(0s);
  pass(0s);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(state("count").next_run_at, midnight + std::chrono::days(6) + 4h);
}

TEST_F(Scheduler, AFailedRunIsKeptWithItsErrorAndTheNextOneComesAtItsTime) {
  jobs->add({"bad", every{1min}, [](run_log& log) -> task<> {
               log.line("so far so good");
               throw std::runtime_error("then it broke");
               co_return;
             }});
  db.run(jobs->start());
  pass(1min);
  const auto last = state("bad").last;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->result, outcome::failed);
  EXPECT_EQ(last->error, "then it broke");
  EXPECT_EQ(last->log, std::vector<std::string>{"so far so good"});
  EXPECT_EQ(told, std::vector<std::string>{"bad: then it broke"});
  pass(1min);
  EXPECT_EQ(db.run(jobs->history("bad", 10)).size(), 2u);
}

TEST_F(Scheduler, ARunThatTakesTooLongFails) {
  auto slow = counting(on_demand{});
  slow.limit = 5ms;
  slow.run = [this](run_log&) -> task<> {
    async::event never(db.io.on());
    co_await never.wait();
  };
  jobs->add(slow);
  db.run(jobs->start());
  const auto run = db.run(jobs->run_now("count"));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->result, outcome::failed);
}

TEST_F(Scheduler, APausedJobRunsOnlyByHand) {
  jobs->add(counting(every{1min}));
  db.run(jobs->start());
  EXPECT_TRUE(db.run(jobs->pause("count", true)));
  EXPECT_FALSE(db.run(jobs->pause("unknown", true)));
  pass(1h);
  EXPECT_EQ(ran, 0);
  const auto by_hand = db.run(jobs->run_now("count"));
  ASSERT_TRUE(by_hand);
  EXPECT_TRUE(by_hand->by_hand);
  EXPECT_EQ(by_hand->result, outcome::succeeded);
  EXPECT_TRUE(db.run(jobs->ask("count")));
  pass(0s);
  EXPECT_EQ(ran, 2);
  pass(0s);
  EXPECT_EQ(ran, 2) << "asked once, run once";
  EXPECT_TRUE(db.run(jobs->pause("count", false)));
  pass(1min);
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(db.run(jobs->run_now("unknown")).error(), run_error::unknown);
}

TEST_F(Scheduler, AJobNeverRunsTwiceAtOnce) {
  async::event begun(db.io.on()), go_on(db.io.on());
  jobs->add({"slow", every{1min}, [&](run_log&) -> task<> {
               ++ran;
               begun.ring();
               co_await go_on.wait();
             }});
  db.run(jobs->start());
  auto test = [&]() -> task<> {
    async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    time.advance(1min);
    work.spawn("first", jobs->run_due());
    co_await begun.wait();
    const auto again = co_await jobs->run_now("slow");
    EXPECT_EQ(again.error(), run_error::running);
    time.advance(1min);
    co_await jobs->run_due();
    EXPECT_EQ(ran, 1);
    go_on.ring();
    co_await work.join();
  };
  db.run(async::within(20s, test()));
}

TEST_F(Scheduler, OnlyTheLeaderRunsJobs) {
  jobs->add(counting(every{1min}));
  db.run(jobs->start());
  db.run(lead->stop());
  pass(1h);
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(db.run(jobs->run_now("count")).error(), run_error::not_leading);
  EXPECT_TRUE(db.run(jobs->ask("count")));
  db.run(lead->start());
  pass(0s);
  EXPECT_EQ(ran, 1);
}

TEST_F(Scheduler, ARunWhoseProcessWasKilledIsFoundAsLost) {
  db.run(db.pool->script(
      "INSERT INTO platform.job_runs (name, by_hand, started_at) VALUES ('count', false, now())"));
  jobs->add(counting(every{1min}));
  db.run(jobs->start());
  pass(0s);
  const auto runs = db.run(jobs->history("count", 1));
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].result, outcome::lost);
  EXPECT_EQ(runs[0].ended_at, time.now());
}

TEST_F(Scheduler, ByItselfItRunsWhatItIsAskedFor) {
  async::event done(db.io.on());
  jobs = make(1h);
  jobs->add({"background", on_demand{}, [&](run_log&) -> task<> {
               done.ring();
               co_return;
             }});
  db.run(jobs->start());
  auto test = [&]() -> task<> {
    co_await jobs->ask("background");
    co_await done.wait();
  };
  db.run(async::within(20s, test()));
}

TEST_F(Scheduler, OnlyTheLastHundredRunsAreKept) {
  jobs->add(counting(on_demand{}));
  db.run(jobs->start());
  db.run(
      db.pool->script("INSERT INTO platform.job_runs (name, by_hand, started_at, outcome) "
                      "SELECT 'count', false, now(), 'succeeded' FROM generate_series(1, 150)"));
  db.run(jobs->run_now("count"));
  EXPECT_EQ(db.run(jobs->history("count", 1000)).size(), 100u);
}
