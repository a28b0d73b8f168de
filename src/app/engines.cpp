#include "app/engines.hpp"

#include <stdexcept>

#include "platform/log/log.hpp"

namespace tandem::app {

std::optional<queue::amqp_options> broker_of(const settings& all) {
  if (all.queue.empty()) return {};
  auto addresses = amqp::parse_addresses(all.queue);
  if (!addresses) throw std::runtime_error("queue: " + addresses.error());
  queue::amqp_options broker;
  broker.addresses = std::move(*addresses);
  return broker;
}

queue_engine make_queue(executor on, const settings& all, pg::pool& db, const clock& time,
                        metrics::registry& figures) {
  queue::queue_options options;
  const log::logger log("queue");
  options.told = [log](std::string_view lane, std::string_view what) {
    log.warn("a batch was not handled", {{"lane", lane}, {"error", what}});
  };
  queue_engine out;
  if (auto broker = broker_of(all)) {
    broker->told = [log](std::string_view what) { log.info("rabbitmq", {{"news", what}}); };
    auto made = queue::make_amqp_queue(on, db, time, figures, std::move(options), std::move(*broker));
    out.link = std::move(made.link);
    out.relay = std::move(made.relay);
    out.lanes = std::move(made.lanes);
  } else {
    out.lanes = queue::make_pg_queue(on, db, time, std::move(options));
  }
  return out;
}

}  // namespace tandem::app
