// The client and the queue's engine on the real RabbitMQ.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "engines/rabbit_server.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/amqp_lane.hpp"
#include "platform/queue/lazy_transaction_for_test.hpp"
#include "platform/queue/queue_conformance.hpp"

using namespace tandem;
using namespace tandem::queue;
using namespace std::chrono_literals;

namespace {

constexpr instant start_of_time{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

amqp::rabbit_server& server() { return amqp::rabbit_server::of_this_program(); }

amqp_options quick_broker() {
  amqp_options options;
  options.addresses = {server().address()};
  options.partitions = 2;
  options.link.first_pause = 20ms;
  options.link.longest_pause = 200ms;
  return options;
}

// A process of an installation: its own pool and connections.
struct process {
  process(async::loop& io, const pg::test_database& database, const tandem::clock& time,
          queue_options options, amqp_options broker)
      : io(io),
        pool(pg::make_pool(io.on(), database.options(6))),
        queue(make_amqp_queue(io.on(), *pool, time, figures, std::move(options), std::move(broker))) {}
  ~process() {
    io.run(queue.relay->stop());
    io.run(queue.lanes->stop());
    io.run(pool->close());
  }

  async::loop& io;
  metrics::registry figures;
  std::unique_ptr<pg::pool> pool;
  amqp_queue queue;
};

struct amqp_bench {
  async::loop io;
  pg::test_database database{TANDEM_SOURCE_DIR "/migrations"};
  fixed_clock time{start_of_time};
  std::vector<std::string> told, link_told;
  process all{io, database, time, quick(), talking()};

  explicit amqp_bench() { io.run(all.queue.relay->start()); }
  tandem::queue::queue& subject() { return *all.queue.lanes; }
  std::unique_ptr<pg::transaction> begin() { return std::make_unique<lazy_transaction>(*all.pool); }
  void expire_leases() {
    async::loop other;
    const auto pool = pg::make_pool(other.on(), database.options(1));
    other.run(pool->script("UPDATE platform.messages SET leased_until = now() - interval '1 second'"));
    other.run(pool->close());
  }

  queue_options quick() {
    queue_options options;
    options.poll = 3ms;
    options.told = [this](std::string_view lane, std::string_view what) {
      told.push_back(std::string(lane) + ": " + std::string(what));
    };
    return options;
  }
  amqp_options talking() {
    auto options = quick_broker();
    options.told = [this](std::string_view what) { link_told.emplace_back(what); };
    return options;
  }
};

}  // namespace

namespace tandem::queue {
INSTANTIATE_TYPED_TEST_SUITE_P(RabbitMq, QueueConformance, amqp_bench);
}  // namespace tandem::queue
