#include <sys/wait.h>
#include <unistd.h>

#include "async/within.hpp"
#include "platform/lead/guard.hpp"
#include "platform/lead/lead_conformance.hpp"
#include "platform/pg/fake_transaction.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;
using namespace tandem::lead;
using namespace std::chrono_literals;

namespace {

struct sole_bench {
  async::loop io;
  std::unique_ptr<candidate> one = make_sole_candidate();
  candidate& subject() { return *one; }
  task<bool> may_write(candidate& by) {
    pg::fake_transaction in;
    try {
      co_await by.check(in);
      co_return true;
    } catch (const not_leading&) {
      co_return false;
    }
  }
};

struct pg_bench {
  pg::database_test db;
  async::loop& io = db.io;
  std::unique_ptr<candidate> one = make_pg_candidate(io.on(), *db.pool),
                             other = make_pg_candidate(io.on(), *db.pool);

  ~pg_bench() {
    io.run(one->stop());
    io.run(other->stop());
  }
  candidate& subject() { return *one; }
  task<bool> may_write(candidate& by) {
    const auto in = co_await db.pool->begin();
    try {
      co_await by.check(*in);
      co_return true;
    } catch (const not_leading&) {
      co_return false;
    }
  }
  void let_the_lease_run_out() {
    io.run(db.pool->script("UPDATE platform.leases SET held_until = now() - interval '1 second'"));
  }
};

}  // namespace

namespace tandem::lead {
INSTANTIATE_TYPED_TEST_SUITE_P(Sole, LeadConformance, sole_bench);
INSTANTIATE_TYPED_TEST_SUITE_P(PostgreSql, LeadConformance, pg_bench);
}  // namespace tandem::lead

TEST(PgLead, OnlyOneLeadsAndTheOtherTakesOverWhenItStops) {
  pg_bench bench;
  bench.io.run(bench.one->start());
  bench.io.run(bench.other->start());
  const auto first = bench.one->epoch();
  ASSERT_TRUE(first);
  EXPECT_EQ(bench.other->epoch(), std::nullopt);
  EXPECT_TRUE(bench.other->state().ready) << "standing by is all right";
  bench.io.run(bench.one->stop());
  bench.io.run(bench.other->renew());
  ASSERT_TRUE(bench.other->epoch());
  EXPECT_GT(*bench.other->epoch(), *first);
}

TEST(PgLead, AProcessThatWasAsleepTooLongMayNotWriteEvenIfItThinksThatItLeads) {
  pg_bench bench;
  bench.io.run(bench.one->start());
  bench.let_the_lease_run_out();
  EXPECT_TRUE(bench.one->epoch()) << "it has not noticed";
  EXPECT_FALSE(bench.io.run(bench.may_write(*bench.one)));
  bench.io.run(bench.other->start());
  EXPECT_TRUE(bench.io.run(bench.may_write(*bench.other)));
  EXPECT_FALSE(bench.io.run(bench.may_write(*bench.one)));
  bench.io.run(bench.one->renew());
  EXPECT_EQ(bench.one->epoch(), std::nullopt);
}

TEST(PgLead, ALeaseOfAProcessThatDiedOnThisMachineIsNotWaitedFor) {
  const auto dead = fork();
  if (dead == 0) _exit(0);
  ASSERT_EQ(waitpid(dead, nullptr, 0), dead);
  const auto of_the_dead =
      "replace(holder, '/" + std::to_string(getpid()) + "/', '/" + std::to_string(dead) + "/')";
  pg_bench bench;
  bench.io.run(bench.one->start());
  bench.io.run(bench.db.pool->script("UPDATE platform.leases SET holder = 'x' || " + of_the_dead));
  bench.io.run(bench.other->start());
  EXPECT_FALSE(bench.other->epoch()) << "on another machine that number may be alive";
  bench.io.run(bench.other->stop());
  bench.io.run(bench.db.pool->script("UPDATE platform.leases SET holder = ltrim(holder, 'x')"));
  bench.io.run(bench.other->start());
  EXPECT_TRUE(bench.other->epoch());
}

TEST(PgLead, NobodyTakesOverInTheMiddleOfAWrite) {
  pg_bench bench;
  bench.io.run(bench.one->start());
  auto test = [&]() -> task<> {
    const auto in = co_await bench.db.pool->begin();
    co_await bench.one->check(*in);
    // Even if the lease runs out now, its taker waits for the write: here until its own limit.
    try {
      co_await async::within(50ms, bench.other->renew());
      ADD_FAILURE() << "did not wait";
    } catch (const async::timed_out&) {
    }
    co_await in->commit();
  };
  // The lease is about to run out: the taker's condition is true once it gets the row.
  bench.io.run(
      bench.db.pool->script("UPDATE platform.leases SET held_until = clock_timestamp() + interval '60 ms'"));
  bench.io.run(test());
}

namespace {

constexpr pg::statement note{
    "note", "INSERT INTO platform.leases (name, holder, epoch, held_until) VALUES ($1, '', 1, now())",
    pg::cardinality::exec};
constexpr pg::statement notes{"notes", "SELECT count(*) FROM platform.leases WHERE holder = ''",
                              pg::cardinality::one};

struct guarded_bench : pg_bench {
  std::unique_ptr<pg::pool> guard = make_guard(*db.pool, *one);

  task<bool> written(task<> work) {
    try {
      co_await std::move(work);
      co_return true;
    } catch (const pg::unavailable&) {
      co_return false;
    }
  }
  // By a statement, a transaction, and a transaction that is tried again: all of a part's ways to write.
  task<> by_statement() { co_await (*guard)(note, "statement"); }
  task<> by_transaction() {
    const auto in = co_await guard->begin();
    co_await (*in)(note, "transaction");
    co_await in->commit();
  }
  task<> by_work() {
    std::function<task<>(pg::transaction&)> work = [](pg::transaction& in) -> task<> {
      co_await in(note, "work");
    };
    co_await guard->in_transaction(std::move(work));
  }
  task<int> count_notes() {
    const auto rows = co_await (*guard)(notes);
    co_return rows.front().get<int>(0);
  }
};

}  // namespace

TEST(Guard, ALeaderWritesAndReads) {
  guarded_bench bench;
  bench.io.run(bench.one->start());
  EXPECT_TRUE(bench.io.run(bench.written(bench.by_statement())));
  EXPECT_TRUE(bench.io.run(bench.written(bench.by_transaction())));
  EXPECT_TRUE(bench.io.run(bench.written(bench.by_work())));
  EXPECT_EQ(bench.io.run(bench.count_notes()), 3);
}

TEST(Guard, WhoHasLostTheLeadWritesNothingInAnyWayAndStillReads) {
  guarded_bench bench;
  bench.io.run(bench.one->start());
  bench.let_the_lease_run_out();
  bench.io.run(bench.other->start());
  EXPECT_TRUE(bench.one->epoch()) << "it has not noticed";
  EXPECT_FALSE(bench.io.run(bench.written(bench.by_statement())));
  EXPECT_FALSE(bench.io.run(bench.written(bench.by_transaction())));
  EXPECT_FALSE(bench.io.run(bench.written(bench.by_work())));
  EXPECT_EQ(bench.io.run(bench.count_notes()), 0);
}
