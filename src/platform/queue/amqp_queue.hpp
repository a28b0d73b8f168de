#pragma once
#include "async/part.hpp"
#include "platform/amqp/client.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::queue {

struct amqp_options {
  std::vector<amqp::endpoint> addresses;  // of one RabbitMQ or cluster; tried in turn
  std::string prefix = "tandem.";         // of every exchange and queue; rights on ^tandem\. are enough
  int partitions = 4;                     // queues of a lane for messages with a key
  int window = 2'000;  // messages of a lane that wait in RabbitMQ, about; the rest waits here
  int batch = 500;     // messages that the relay hands over at once
  // What was given to RabbitMQ and taken by nobody is given to it again after this: it has been lost there,
  // or nobody consumes.
  std::chrono::milliseconds carry_again{300'000};
  amqp::link_options link;  // its addresses and its listener are set by the engine
  // Told about connections that came, went, were blocked. May be empty.
  std::function<void(std::string_view what)> told;
};

// The queue on RabbitMQ. Outbox, delays, retries, inbox and dead letters are the tables of the other engine;
// RabbitMQ carries what is due, as durable messages in quorum queues: PREFIXlane.NAME for those without a
// key, PREFIXlane.NAME.0 … for those with one, each of which has a single active consumer. All are declared
// here, and reached by the direct exchange PREFIXqueue.
struct amqp_queue {
  // publish() needs the database alone; consume() keeps a connection for each lane.
  std::unique_ptr<queue> lanes;
  // Says whether all connections of consumers are up; start() and stop() do nothing.
  std::unique_ptr<async::part> link;
  // Gives due messages to RabbitMQ with publisher confirms. Run it in one process of the installation at a
  // time (under a lead): two of them lose nothing and keep the order, but do much twice. Not ready while
  // there is no connection or RabbitMQ is blocked; it pauses then. Must not outlive `lanes`.
  std::unique_ptr<async::part> relay;
};
amqp_queue make_amqp_queue(executor on, pg::pool& db, const clock& time, metrics::registry& figures,
                           queue_options options, amqp_options broker);

// How a lane's queues stand in RabbitMQ, asked over a connection of its own: for doctor. Only asks; nothing
// where a queue has not been declared yet. Throws amqp::broken.
struct amqp_depth {
  std::string queue;
  std::optional<std::uint32_t> ready;  // messages that wait for a consumer
};
struct amqp_look {
  std::string where, server;
  std::vector<amqp_depth> queues;
  std::int64_t carried = 0;               // messages that RabbitMQ should have and nobody has taken
  std::optional<instant> oldest_carried;  // when the oldest of them was published
};
task<amqp_look> look_at_amqp(executor on, pg::pool& db, const amqp_options& broker,
                             std::vector<std::string> lanes);

}  // namespace tandem::queue
