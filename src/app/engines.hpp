#pragma once
#include <memory>
#include <optional>

#include "app/settings.hpp"
#include "async/part.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/queue/amqp_queue.hpp"
#include "platform/queue/queue.hpp"

// The engines behind the ports, as the settings choose them.
namespace tandem::app {

struct queue_engine {
  std::unique_ptr<queue::queue> lanes;
  // Null when the queue is in the database. The relay belongs into a led part of the role relay.
  std::unique_ptr<async::part> link, relay;
};
queue_engine make_queue(executor on, const settings& all, pg::pool& db, const clock& time,
                        metrics::registry& figures);

// The RabbitMQ of the setting `queue`; nothing when it is empty. check_together() has read it before.
std::optional<queue::amqp_options> broker_of(const settings& all);

}  // namespace tandem::app
