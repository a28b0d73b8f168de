// The queue on RabbitMQ beside the queue in PostgreSQL and beside the bare clients.
//   build/dev/bench/rabbit_bench [MESSAGES]
// Starts a RabbitMQ and a durable PostgreSQL of its own (set TANDEM_TEST_DURABLE=1 for fsync). 200-byte
// persistent messages, quorum queues; each way twice, the second one counts (the first warms up).
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "engines/rabbit_server.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/amqp_queue.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr int window = 256, prefetch = 200;
const std::string body(200, 'x');

amqp::rabbit_server& server() { return amqp::rabbit_server::of_this_program(); }

double rate(int count, steady::time_point begun) {
  return count / std::chrono::duration<double>(steady::now() - begun).count();
}

// rabbitmq-c as its own examples use it.
struct bare_client {
  bare_client() : link(amqp_new_connection()) {
    auto* socket = amqp_tcp_socket_new(link);
    if (amqp_socket_open(socket, "127.0.0.1", server().address().port) != 0)
      throw std::runtime_error("rabbitmq-c does not connect");
    amqp_login(link, "/", 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, "tandem", "secret");
    amqp_channel_open(link, 1);
    check();
  }
  ~bare_client() { amqp_destroy_connection(link); }
  bare_client(const bare_client&) = delete;

  void check() const {
    if (amqp_get_rpc_reply(link).reply_type != AMQP_RESPONSE_NORMAL)
      throw std::runtime_error("rabbitmq-c: refused");
  }

  double publish(int count) const {
    amqp_confirm_select(link, 1);
    check();
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = 2;
    const auto begun = steady::now();
    std::uint64_t confirmed = 0;
    for (int sent = 0; confirmed < static_cast<std::uint64_t>(count);) {
      if (sent < count && sent - static_cast<int>(confirmed) < window) {
        amqp_basic_publish(link, 1, amqp_cstring_bytes("tandem.bench"), amqp_cstring_bytes("tandem.bench"), 0,
                           0, &properties, amqp_bytes_t{body.size(), const_cast<char*>(body.data())});
        ++sent;
        continue;
      }
      amqp_frame_t frame;
      if (amqp_simple_wait_frame(link, &frame) != AMQP_STATUS_OK)
        throw std::runtime_error("rabbitmq-c: lost");
      if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) continue;
      // Confirms may come out of order; a single one counts as one.
      const auto* ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
      confirmed = ack->multiple ? std::max<std::uint64_t>(confirmed, ack->delivery_tag) : confirmed + 1;
      amqp_maybe_release_buffers(link);
    }
    return rate(count, begun);
  }

  double consume(int count) const {
    amqp_basic_qos(link, 1, 0, prefetch, 0);
    const auto begun = steady::now();
    amqp_basic_consume(link, 1, amqp_cstring_bytes("tandem.bench"), amqp_empty_bytes, 0, 0, 0,
                       amqp_empty_table);
    check();
    for (int got = 0; got < count; ++got) {
      amqp_envelope_t envelope;
      amqp_maybe_release_buffers(link);
      const auto reply = amqp_consume_message(link, &envelope, nullptr, 0);
      if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("rabbitmq-c: lost");
      amqp_basic_ack(link, 1, envelope.delivery_tag, 0);
      amqp_destroy_envelope(&envelope);
    }
    return rate(count, begun);
  }

  amqp_connection_state_t link;
};

struct our_client {
  async::loop io;

  task<> declare() {
    const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
    {
      const auto channel = co_await link->open_channel({});
      co_await channel->declare_exchange("tandem.bench", "direct");
      amqp::table arguments;
      arguments["x-queue-type"] = std::string("quorum");
      co_await channel->declare_queue("tandem.bench", arguments);
      co_await channel->bind("tandem.bench", "tandem.bench", "tandem.bench");
    }
    co_await link->close();
  }

  task<double> publish(int count) {
    const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
    int sent = 0, confirmed = 0;
    std::uint64_t upto = 0;
    async::event news(io.on());
    amqp::channel_events with;
    with.on_confirm = [&](const amqp::confirmed& what) {
      confirmed += what.multiple ? static_cast<int>(what.number - upto) : 1;
      if (what.multiple) upto = what.number;
      news.ring();
    };
    double out = 0;
    {
      const auto channel = co_await link->open_channel(std::move(with));
      co_await channel->ask_confirms();
      amqp::content what;
      what.body = body;
      const auto begun = steady::now();
      while (confirmed < count) {
        while (sent < count && sent - confirmed < window) {
          channel->publish("tandem.bench", "tandem.bench", what);
          ++sent;
        }
        co_await news.wait();
      }
      out = rate(count, begun);
    }
    co_await link->close();
    co_return out;
  }

  task<double> consume(int count) {
    const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
    int got = 0;
    async::event done(io.on());
    amqp::channel* to = nullptr;
    amqp::channel_events with;
    with.on_delivery = [&](amqp::delivered&& what) {
      to->acknowledge(what.tag);
      if (++got == count) done.ring();
    };
    double out = 0;
    {
      const auto channel = co_await link->open_channel(std::move(with));
      to = channel.get();
      co_await channel->prefetch(prefetch);
      const auto begun = steady::now();
      co_await channel->consume("tandem.bench");
      co_await done.wait();
      out = rate(count, begun);
    }
    co_await link->close();
    co_return out;
  }
};

// An engine with one consumer whose effect is nothing but the acknowledgement.
struct engine_bench {
  pg::database_test db;
  system_clock time;
  metrics::registry figures;
  std::unique_ptr<queue::queue> lanes;
  queue::amqp_queue broker;
  queue::queue* subject = nullptr;
  int handled = 0;
  std::vector<double> latencies;
  async::event changed{db.io.on()};

  explicit engine_bench(bool rabbit) {
    if (rabbit) {
      queue::amqp_options options;
      options.addresses = {server().address()};
      broker = queue::make_amqp_queue(db.io.on(), *db.pool, time, figures, {}, std::move(options));
      db.run(broker.relay->start());
      subject = broker.lanes.get();
    } else {
      lanes = queue::make_pg_queue(db.io.on(), *db.pool, time);
      subject = lanes.get();
    }
  }
  ~engine_bench() {
    if (broker.relay) db.run(broker.relay->stop());
    db.run(subject->stop());
  }

  task<> publish(int from, int upto) {
    std::vector<queue::publication> batch;
    for (int n = from; n < upto; ++n) batch.push_back({"bench", "thing_happened.v1", body, ""});
    const auto in = co_await db.pool->begin();
    co_await subject->publish(*in, batch);
    co_await in->commit();
  }

  task<> handle(std::span<const queue::message> batch, queue::acknowledger& ack) {
    std::vector<std::int64_t> ids;
    for (const auto& each : batch) {
      ids.push_back(each.id);
      latencies.push_back(std::chrono::duration<double, std::milli>(time.now() - each.published_at).count());
    }
    const auto in = co_await db.pool->begin();
    co_await ack.done(*in, ids);
    co_await in->commit();
    handled += static_cast<int>(ids.size());
    changed.ring();
  }

  // Messages a second from the publication to the acknowledgement; then how long single ones take.
  task<> measure(int count, std::string_view name) {
    async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      fmt::print("failed: {}\n", async::text_of(failure));
    });
    queue::consumer_options options;
    options.lane = "bench";
    options.parallel = 2;
    work.spawn("consume",
               subject->consume(options, [this](std::span<const queue::message> batch,
                                                queue::acknowledger& ack) { return handle(batch, ack); }));
    for (int round = 0; round < 2; ++round) {
      handled = 0;
      const auto begun = steady::now();
      for (int from = 0; from < count; from += 100) co_await publish(from, std::min(count, from + 100));
      const double published = rate(count, begun);
      while (handled < count) co_await changed.wait();
      if (round == 1)
        fmt::print("{:<28} {:>8.0f}/s published, {:>8.0f}/s through\n", name, published, rate(count, begun));
    }
    latencies.clear();
    for (int n = 0; n < 200; ++n) {
      const int before = handled;
      co_await publish(n, n + 1);
      while (handled == before) co_await changed.wait();
      co_await async::sleep_for(10ms);
    }
    std::ranges::sort(latencies);
    fmt::print("{:<28} one at a time: p50 {:.1f} ms, p99 {:.1f} ms to the handler\n", name,
               latencies[latencies.size() / 2], latencies[latencies.size() * 99 / 100]);
    co_await work.stop();
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 20'000;
  {
    our_client ours;
    ours.io.run(ours.declare());
    for (int round = 0; round < 2; ++round) {
      const double bare_in = bare_client().publish(count), bare_out = bare_client().consume(count);
      const double in = ours.io.run(ours.publish(count)), out = ours.io.run(ours.consume(count));
      if (round == 0) continue;
      fmt::print("{:<28} {:>8.0f}/s published and confirmed, {:>8.0f}/s consumed and acknowledged\n",
                 "rabbitmq-c", bare_in, bare_out);
      fmt::print("{:<28} {:>8.0f}/s published and confirmed, {:>8.0f}/s consumed and acknowledged\n",
                 "platform/amqp", in, out);
    }
  }
  for (const bool rabbit : {false, true}) {
    engine_bench bench(rabbit);
    bench.db.run(bench.measure(count, rabbit ? "queue on RabbitMQ" : "queue in PostgreSQL"));
  }
}
