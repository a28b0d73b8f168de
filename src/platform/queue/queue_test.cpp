#include "platform/pg/fake_transaction.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/lazy_transaction_for_test.hpp"
#include "platform/queue/queue_conformance.hpp"

using namespace tandem;
using namespace tandem::queue;
using namespace std::chrono_literals;

namespace {

constexpr instant start_of_time{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

queue_options quick(std::vector<std::string>& told) {
  queue_options options;
  options.poll = 3ms;
  options.told = [&told](std::string_view lane, std::string_view what) {
    told.push_back(std::string(lane) + ": " + std::string(what));
  };
  return options;
}

struct memory_bench {
  async::loop io;
  fixed_clock time{start_of_time};
  std::vector<std::string> told;
  std::unique_ptr<tandem::queue::queue> queue = make_memory_queue(io.on(), time, quick(told));

  tandem::queue::queue& subject() { return *queue; }
  std::unique_ptr<pg::transaction> begin() { return std::make_unique<pg::fake_transaction>(); }
  void expire_leases() { time.advance(1h); }
};

struct pg_bench {
  pg::database_test db;
  async::loop& io = db.io;
  fixed_clock time{start_of_time};
  std::vector<std::string> told;
  std::unique_ptr<tandem::queue::queue> queue = make_pg_queue(io.on(), *db.pool, time, quick(told));

  ~pg_bench() { io.run(queue->stop()); }
  tandem::queue::queue& subject() { return *queue; }
  std::unique_ptr<pg::transaction> begin() { return std::make_unique<lazy_transaction>(*db.pool); }
  void expire_leases() {
    const auto other = pg::make_pool(other_io_.on(), db.database.options(1));
    other_io_.run(other->script("UPDATE platform.messages SET leased_until = now() - interval '1 second'"));
    other_io_.run(other->close());
  }

 private:
  async::loop other_io_;
};

}  // namespace

namespace tandem::queue {
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, QueueConformance, memory_bench);
INSTANTIATE_TYPED_TEST_SUITE_P(PostgreSql, QueueConformance, pg_bench);
}  // namespace tandem::queue

TEST(PgQueue, AConsumerInAnotherProcessIsWokenByTheHintAndNotOnlyByItsPoll) {
  pg_bench here;
  queue_options slow;
  slow.poll = 1h;
  const auto other_pool = pg::make_pool(here.io.on(), here.db.database.options(2));
  const auto there = make_pg_queue(here.io.on(), *other_pool, here.time, slow);
  async::event got(here.io.on());
  auto test = [&]() -> task<> {
    async::scope work(here.io.on(), [](std::string_view, const std::exception_ptr&) {});
    consumer_options options;
    options.lane = "lane";
    work.spawn("consume", there->consume(options, [&](std::span<const message>, acknowledger&) -> task<> {
      got.ring();
      co_return;
    }));
    constexpr pg::statement listening{
        "test.listening",
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = "
        "current_database()",
        pg::cardinality::one};
    for (;;) {
      const auto rows = co_await (*here.db.pool)(listening);
      if (rows.front().get<int>(0) == 2) break;
    }
    const std::vector<publication> one = {{"lane", "x.v1", "{}", ""}};
    const auto in = here.begin();
    co_await here.queue->publish(*in, one);
    co_await in->commit();
    co_await got.wait();
    co_await work.stop();
    co_await there->stop();
    co_await other_pool->close();
  };
  here.io.run(async::within(20s, test()));
}

TEST(PgQueue, AMessageThatKillsItsProcessEveryTimeIsBuriedInTheEnd) {
  pg_bench bench;
  bool called = false;
  auto test = [&]() -> task<> {
    const std::vector<publication> one = {{"lane", "x.v1", "deadly", ""}};
    const auto in = bench.begin();
    co_await bench.queue->publish(*in, one);
    co_await in->commit();
    co_await bench.db.pool->script("UPDATE platform.messages SET claims = 51");
    async::scope work(bench.io.on(), [](std::string_view, const std::exception_ptr&) {});
    consumer_options options;
    options.lane = "lane";
    work.spawn("consume",
               bench.queue->consume(options, [&](std::span<const message>, acknowledger&) -> task<> {
                 called = true;
                 co_return;
               }));
    std::vector<dead_letter> dead;
    while (dead.empty()) dead = co_await bench.queue->dead("lane", 1);
    EXPECT_EQ(dead[0].what.body, "deadly");
    co_await work.stop();
  };
  bench.io.run(async::within(20s, test()));
  EXPECT_FALSE(called);
}
