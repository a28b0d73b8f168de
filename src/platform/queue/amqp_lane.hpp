#pragma once
// How a lane is laid out in RabbitMQ, and how a message is written there.
#include <string>
#include <string_view>
#include <vector>

#include "platform/amqp/client.hpp"
#include "platform/queue/amqp_queue.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::queue {

// How one of our connections is kept up: the broker's addresses, and `who` in what is told.
amqp::link_options link_of(const amqp_options& broker, std::string who);

// The lane's queues: the one for messages without a key first.
std::vector<std::string> queues_of(const amqp_options& broker, std::string_view lane);
std::string queue_for(const amqp_options& broker, std::string_view lane, std::string_view key);
std::string exchange_of(const amqp_options& broker);

// Exchange, queues and bindings; how many messages wait in all of the lane's queues. May be done again.
task<std::int64_t> declare_lane(amqp::channel& on, const amqp_options& broker, std::string lane);

// What RabbitMQ carries: the message, how often it has failed, and the number under which it is on its way.
struct carried {
  message what;
  std::int64_t number = 0;
};
amqp::content to_content(const carried& what);
// Nothing if it is none of ours.
std::optional<carried> to_carried(amqp::content what);

}  // namespace tandem::queue
