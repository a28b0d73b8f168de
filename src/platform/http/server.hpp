#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "async/part.hpp"
#include "platform/http/message.hpp"

namespace tandem::metrics {
class registry;
}

namespace tandem::http {

struct route_limits {
  std::size_t body = 1 << 20;                  // bytes; more is answered with 413
  std::chrono::milliseconds handling{30'000};  // then 503; streams are not limited
};

// Which handler answers what. Patterns are literal parts, {name} for one part, bot{name} for one part that
// begins with a text, {name...} for the rest of the path. Literal beats bot{name} beats {name} beats
// {name...}. Unknown path: 404; known path with another method: 405. HEAD is answered by GET's handler; its
// body is left out by the server.
class router {
 public:
  router();
  ~router();
  router(router&&) noexcept;
  void add(std::string method, std::string pattern, handler answer, route_limits limits = {});
  // GET and HEAD of files below `folder`, with ETag, Cache-Control and 304; `index` answers for directories.
  void add_static(std::string prefix, std::string folder, std::string index = "index.html");
  // Finds the handler and fills request.captured; used by the server and by tests without a socket.
  task<response> answer(request what) const;
  route_limits limits_for(std::string_view method, std::string_view path) const;
  // "GET /posts/{id}": the route that will answer, "" if none. For logs and metrics.
  std::string_view name_of(std::string_view method, std::string_view path) const;

 private:
  struct table;
  std::unique_ptr<table> table_;
};

struct listener_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                          // 0: a free one
  std::string certificate_file, key_file;          // both set: TLS, read again when the files change
  std::vector<std::string> trusted_proxies;        // addresses or CIDR whose X-Forwarded-For is believed
  std::chrono::milliseconds header_limit{10'000};  // a whole header within this
  std::chrono::milliseconds body_limit{30'000};    // a whole body within this
  std::chrono::milliseconds idle_limit{75'000};    // between requests of a kept-alive connection
  std::size_t max_connections = 10'000;
  std::size_t header_bytes = 32 << 10;
  bool compress = true;                  // texts over 1 KB, for clients that accept gzip
  metrics::registry* metrics = nullptr;  // counts and times answers by route, if there is one
};

// {"error":{"code":…,"message":…}}: what every refusal of an API looks like.
response json_error(int status, std::string_view code, std::string_view message);

// Whether a listener may be opened to the world like this: an address that is not loopback needs TLS, or
// trusted proxies that do it. The text says what to set.
std::expected<void, std::string> check_listener(const listener_options& options);

// HTTP/1.1, kept alive and pipelined in order. stop(): no new connections, requests in work get `grace` to
// end, streams are ended at once. An exception of a handler is logged and answered with a 500 that tells
// nothing. `routes` must live as long as the server.
class server : public async::part {
 public:
  virtual std::uint16_t port() const = 0;  // after start()
};

std::unique_ptr<server> make_server(executor on, std::string name, listener_options options,
                                    const router& routes,
                                    std::chrono::milliseconds grace = std::chrono::seconds(5));

}  // namespace tandem::http
