// The durable queue under load. TANDEM_LOAD sets the number of messages (default small: it runs with every
// ./test).
#include <fmt/core.h>

#include <cstdlib>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/queue.hpp"

using namespace tandem;
using namespace tandem::queue;

namespace {

struct rate {
  std::string_view what;
  int count;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  ~rate() {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{}: {} messages in {:.2f} s, {:.0f}/s\n", what, count, took.count(), count / took.count());
  }
};

struct load {
  pg::database_test db;
  system_clock time;
  std::unique_ptr<tandem::queue::queue> queue = make_pg_queue(db.io.on(), *db.pool, time);
  int handled = 0;
  async::event done{db.io.on()};

  ~load() { db.run(queue->stop()); }

  task<> publish(int count, int keys) {
    for (int from = 0; from < count; from += 100) {
      std::vector<publication> batch;
      for (int n = from; n < std::min(count, from + 100); ++n) {
        batch.push_back(
            {"load", "thing_happened.v1",
             R"({"id":12345,"text":"about two hundred bytes of a message body )"
             R"(that somebody wrote somewhere and that is carried along here for the sake of the figures, )"
             R"(nothing more than that"})",
             keys ? std::to_string(n % keys) : ""});
      }
      const auto in = co_await db.pool->begin();
      co_await queue->publish(*in, batch);
      co_await in->commit();
    }
  }

  task<> consume(int count, int parallel) {
    async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    consumer_options options;
    options.lane = "load";
    options.parallel = parallel;
    work.spawn("consume",
               queue->consume(options, [&](std::span<const message> batch, acknowledger& ack) -> task<> {
                 std::vector<std::int64_t> ids;
                 for (const auto& each : batch) ids.push_back(each.id);
                 const auto in = co_await db.pool->begin();
                 co_await ack.done(*in, ids);
                 co_await in->commit();
                 handled += static_cast<int>(ids.size());
                 if (handled >= count) done.ring();
               }));
    co_await done.wait();
    co_await work.stop();
  }

  void both(int count, int keys, int parallel, std::string_view what) {
    handled = 0;
    const rate measured{what, count};
    auto main = [&]() -> task<> {
      async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr&) {});
      work.spawn("publish", publish(count, keys));
      co_await consume(count, parallel);
      co_await work.join();
    };
    db.run(main());
  }
};

int size() {
  const char* text = std::getenv("TANDEM_LOAD");
  return text ? std::atoi(text) : 5'000;
}

}  // namespace

TEST(QueueLoad, PublishClaimAndAcknowledgeAtOnce) {
  load bench;
  bench.both(size(), 0, 1, "no keys, 1 consumer");
  bench.both(size(), 0, 4, "no keys, 4 consumers");
  bench.both(size(), 1000, 4, "1,000 keys, 4 consumers");
  bench.both(size(), 1, 4, "one key, 4 consumers");
  const auto left = bench.db.run(bench.queue->lanes());
  EXPECT_TRUE(left.empty());
}

TEST(QueueLoad, ABacklogIsWorkedOff) {
  load bench;
  {
    const rate measured{"publish alone", size()};
    bench.db.run(bench.publish(size(), 0));
  }
  {
    const rate measured{"backlog without keys", size()};
    bench.db.run(bench.consume(size(), 2));
  }
  bench.handled = 0;
  bench.db.run(bench.publish(size(), 50));
  {
    const rate measured{"backlog of 50 keys", size()};
    bench.db.run(bench.consume(size(), 2));
  }
  EXPECT_TRUE(bench.db.run(bench.queue->lanes()).empty());
}
