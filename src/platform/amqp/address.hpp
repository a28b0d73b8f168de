#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::amqp {

// Where a RabbitMQ is and who we are there.
struct endpoint {
  std::string host = "localhost";
  std::uint16_t port = 5672;
  bool tls = false;
  std::string user = "guest", password = "guest";
  std::string vhost = "/";
  std::string ca_file;                 // PEM; empty: the system's roots
  std::chrono::seconds heartbeat{10};  // a server that is silent for twice as long is taken for dead

  std::string name() const { return host + ":" + std::to_string(port); }  // for people: no password in it
};

// "amqp://user:password@host:port/vhost?heartbeat=10", "amqps://…?cacertfile=/path", several of them
// separated by commas: RabbitMQ's URI specification with the two query parameters that its clients know as
// well. What cannot be understood comes back as a sentence that names no password.
std::expected<std::vector<endpoint>, std::string> parse_addresses(std::string_view text);

}  // namespace tandem::amqp
