#pragma once
#include "async/event.hpp"
#include "platform/queue/amqp_lane.hpp"

namespace tandem::queue {

// Hands due messages to RabbitMQ. `news` wakes it.
std::unique_ptr<async::part> make_amqp_relay(executor on, pg::pool& db, const clock& time,
                                             metrics::registry& figures, const amqp_options& broker,
                                             std::chrono::milliseconds poll,
                                             std::shared_ptr<async::event> news);

}  // namespace tandem::queue
