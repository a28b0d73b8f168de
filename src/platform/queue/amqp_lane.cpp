#include "platform/queue/amqp_lane.hpp"

#include <charconv>

#include "base/text/stable_hash.hpp"

namespace tandem::queue {

amqp::link_options link_of(const amqp_options& broker, std::string who) {
  auto out = broker.link;
  out.addresses = broker.addresses;
  out.changed = [told = broker.told, who = std::move(who)](const amqp::link_state& now) {
    if (!told) return;
    if (now.connected) {
      told(who + ": connected to " + now.where + (now.blocked ? ", which is blocked: " + *now.blocked : ""));
    } else {
      told(who + ": no connection to " + now.where + ": " + now.trouble);
    }
  };
  return out;
}

std::vector<std::string> queues_of(const amqp_options& broker, std::string_view lane) {
  const auto name = broker.prefix + "lane." + std::string(lane);
  std::vector<std::string> out{name};
  for (int part = 0; part < broker.partitions; ++part) out.push_back(name + "." + std::to_string(part));
  return out;
}

std::string queue_for(const amqp_options& broker, std::string_view lane, std::string_view key) {
  auto name = broker.prefix + "lane." + std::string(lane);
  if (key.empty()) return name;
  // Every process and every version must find the same one.
  return name + "." +
         std::to_string(text::stable_hash_of(key) % static_cast<std::uint64_t>(broker.partitions));
}

std::string exchange_of(const amqp_options& broker) { return broker.prefix + "queue"; }

task<std::int64_t> declare_lane(amqp::channel& on, const amqp_options& broker, std::string lane) {
  const auto exchange = exchange_of(broker);
  co_await on.declare_exchange(exchange, "direct");
  std::int64_t ready = 0;
  bool keyed = false;
  for (const auto& name : queues_of(broker, lane)) {
    amqp::table arguments;
    arguments["x-queue-type"] = std::string("quorum");
    if (keyed) arguments["x-single-active-consumer"] = true;
    keyed = true;
    ready += co_await on.declare_queue(name, arguments);
    co_await on.bind(name, exchange, name);
  }
  co_return ready;
}

amqp::content to_content(const carried& what) {
  amqp::content out;
  out.content_type = "application/json";
  out.id = std::to_string(what.what.id);
  out.type = what.what.kind;
  out.headers["key"] = what.what.key;
  out.headers["lane"] = what.what.lane;
  out.headers["attempt"] = std::int64_t{what.what.attempt};
  out.headers["number"] = what.number;
  out.headers["published_at_us"] = what.what.published_at.time_since_epoch().count();
  out.body = what.what.body;
  return out;
}

std::optional<carried> to_carried(amqp::content what) {
  const auto number = [&what](std::string_view name) -> std::optional<std::int64_t> {
    const auto found = what.headers.find(name);
    const auto* value = found == what.headers.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return value ? std::optional(*value) : std::nullopt;
  };
  const auto text = [&what](std::string_view name) -> std::optional<std::string> {
    const auto found = what.headers.find(name);
    const auto* value = found == what.headers.end() ? nullptr : std::get_if<std::string>(&found->second);
    return value ? std::optional(*value) : std::nullopt;
  };
  carried out;
  const auto [end, wrong] = std::from_chars(what.id.data(), what.id.data() + what.id.size(), out.what.id);
  const auto key = text("key"), lane = text("lane");
  const auto attempt = number("attempt"), under = number("number"), published = number("published_at_us");
  if (wrong != std::errc() || end != what.id.data() + what.id.size()) return std::nullopt;
  if (!key || !lane || !attempt || !under || !published) return std::nullopt;
  out.what.lane = *lane;
  out.what.kind = std::move(what.type);
  out.what.body = std::move(what.body);
  out.what.key = *key;
  out.what.attempt = static_cast<int>(*attempt);
  out.what.published_at = instant(instant::duration(*published));
  out.number = *under;
  return out;
}

}  // namespace tandem::queue
