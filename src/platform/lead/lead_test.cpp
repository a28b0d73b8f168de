#include "async/within.hpp"
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
