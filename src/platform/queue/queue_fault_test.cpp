// PostgreSQL is killed while messages flow. TANDEM_FAULTS sets the number of kills (default few: it runs with
// ./test).
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/cluster.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/queue.hpp"

using namespace tandem;
using namespace tandem::queue;
using namespace std::chrono_literals;

namespace {

constexpr pg::statement note_sent{"test.note_sent", "INSERT INTO sent VALUES ($1)", pg::cardinality::exec};
constexpr pg::statement note_done{"test.note_done", "INSERT INTO done SELECT unnest($1::bigint[])",
                                  pg::cardinality::exec};
constexpr pg::statement compare{
    "test.compare",
    "SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM done), "
    "       (SELECT count(*) FROM (SELECT n FROM sent EXCEPT ALL SELECT n FROM done) AS lost)",
    pg::cardinality::one};

struct world {
  async::loop io;
  std::filesystem::path folder = "/var/tmp/tandem-queue-fault-" + std::to_string(getpid());
  std::unique_ptr<pg::cluster> cluster = make();
  std::unique_ptr<pg::pool> pool;
  std::unique_ptr<tandem::queue::queue> queue;
  system_clock time;
  bool publishing = true;

  world() {
    io.run(cluster->start());
    pg::pool_options options;
    options.url = cluster->url();
    options.connect_limit = 500ms;
    pool = pg::make_pool(io.on(), options);
    io.run(migrate(*pool, TANDEM_SOURCE_DIR "/migrations"));
    io.run(pool->script("CREATE TABLE sent (n bigint); CREATE TABLE done (n bigint)"));
    queue_options quick;
    quick.poll = 50ms;
    queue = make_pg_queue(io.on(), *pool, time, quick);
  }
  ~world() {
    io.run(queue->stop());
    io.run(pool->close());
    io.run(cluster->stop());
    std::filesystem::remove_all(folder);
  }
  std::unique_ptr<pg::cluster> make() const {
    pg::cluster_options options;
    options.folder = folder;
    return make_cluster(io.on(), options);
  }

  // Each number is tried once: whether it was sent is for the database to say.
  task<> publish() {
    for (std::int64_t n = 0; publishing; ++n) {
      try {
        const auto in = co_await pool->begin();
        const std::vector<publication> one = {{"faults", "x.v1", std::to_string(n), std::to_string(n % 10)}};
        co_await (*in)(note_sent, n);
        co_await queue->publish(*in, one);
        co_await in->commit();
      } catch (const pg::error&) {
      }
    }
  }

  task<> handle(std::span<const message> batch, acknowledger& ack) {
    std::vector<std::int64_t> ids, numbers;
    for (const auto& each : batch) {
      ids.push_back(each.id);
      numbers.push_back(std::stoll(each.body));
    }
    const auto in = co_await pool->begin();
    co_await (*in)(note_done, numbers);
    co_await ack.done(*in, ids);
    co_await in->commit();
  }
};

}  // namespace

TEST(QueueFaults, PostgreSqlKilledUnderLoadLosesNothingAndRepeatsNoEffect) {
  const char* wanted = std::getenv("TANDEM_FAULTS");
  const int kills = wanted ? std::atoi(wanted) : 3;
  world all;
  std::mt19937 random(4711);
  std::int64_t sent = 0, done = 0;
  auto test = [&]() -> task<> {
    async::scope work(all.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    consumer_options options;
    options.lane = "faults";
    options.batch = 20;
    options.parallel = 3;
    options.lease = 2s;
    work.spawn("consume", all.queue->consume(options, [&](std::span<const message> batch, acknowledger& ack) {
      return all.handle(batch, ack);
    }));
    work.spawn("publish", all.publish());
    std::int64_t before = 0;
    for (int kill_number = 0; kill_number < kills; ++kill_number) {
      // Some work gets done between two kills, and then a little more, so that the kill comes at any moment.
      for (const auto enough = before + 50 + static_cast<int>(random() % 100);;) {
        try {
          const auto rows = co_await (*all.pool)(compare);
          before = rows.front().get<std::int64_t>(1);
          if (before >= enough) break;
        } catch (const pg::error&) {
        }
        co_await async::yield();
      }
      if (all.cluster->pid() != 0) ::kill(all.cluster->pid(), SIGKILL);
    }
    all.publishing = false;
    for (;;) {
      try {
        const auto rows = co_await (*all.pool)(compare);
        sent = rows.front().get<std::int64_t>(0);
        done = rows.front().get<std::int64_t>(1);
        if (rows.front().get<std::int64_t>(2) == 0) break;
      } catch (const pg::error&) {
      }
      co_await async::yield();
    }
    co_await work.stop();
  };
  all.io.run(async::within(10min, test()));
  fmt::print("{} kills, {} messages sent, {} effects\n", kills, sent, done);
  EXPECT_GT(sent, 0);
  EXPECT_EQ(done, sent);
}
