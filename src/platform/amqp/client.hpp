#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "platform/amqp/machine.hpp"

namespace tandem::amqp {

// The connection or the channel is gone (or never came about); what it was doing has an unknown end.
struct broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Called on the event loop while the connection is read, so they must not throw or take long. None is called
// after the channel object is gone.
struct channel_events {
  std::function<void(delivered&&)> on_delivery;
  std::function<void(const confirmed&)> on_confirm;
  std::function<void(const returned&)> on_return;
  std::function<void(std::string_view why)> on_end;  // of the channel or of its connection, once
};

// A channel of a connection, which it must not outlive. The tasks return when the server has agreed and throw
// broken when it has not.
class channel {
 public:
  virtual ~channel() = default;
  virtual task<> declare_exchange(std::string name, std::string type) = 0;  // durable
  virtual task<> delete_exchange(std::string name) = 0;
  // A durable queue; how many messages wait in it. Passive: only asks, and breaks the channel when there is
  // none.
  virtual task<std::uint32_t> declare_queue(std::string name, table arguments, bool passive = false) = 0;
  virtual task<> delete_queue(std::string name) = 0;
  virtual task<> bind(std::string queue, std::string exchange, std::string key) = 0;
  // Deliveries that may be unacknowledged at once, for each consumer made from now on.
  virtual task<> prefetch(std::uint16_t each_consumer) = 0;
  virtual task<> consume(std::string queue) = 0;
  virtual task<> ask_confirms() = 0;
  // Its number among the channel's publications, from 1 on: what on_confirm() will name.
  virtual std::uint64_t publish(std::string_view exchange, std::string_view key, const content& what) = 0;
  virtual void acknowledge(std::uint64_t tag) = 0;
};

class connection {
 public:
  virtual ~connection() = default;
  virtual task<std::unique_ptr<channel>> open_channel(channel_events events) = 0;
  virtual const std::string& server() const = 0;  // "RabbitMQ 3.10.8"
  virtual bool alive() const = 0;
  // Why the server takes no publications just now (short of memory or disk); nothing when it does.
  virtual const std::optional<std::string>& blocked() const = 0;
  // Bytes that wait to be sent.
  virtual std::size_t backlog() const = 0;
  // Returns the reason when it has ended.
  virtual task<std::string> wait_end() = 0;
  // Sends what waits, says goodbye and waits a second for the answer. Must be called before it is destroyed.
  virtual task<> close() = 0;
};

// Throws broken with what is wrong: not reached, refused, not within `limit`. `on_block` is called whenever
// blocked() has changed; may be empty.
task<std::unique_ptr<connection>> connect(executor on, endpoint to, std::chrono::milliseconds limit,
                                          std::function<void()> on_block = {});

// How a link that is kept up is doing.
struct link_state {
  bool connected = false;
  std::string where;                   // the address last tried
  std::string server;                  // what answers there
  std::string trouble;                 // why there is no connection, while there is none
  std::optional<std::string> blocked;  // why the server takes no publications, while it does not
  std::int64_t connects = 0;
};

struct link_options {
  std::vector<endpoint> addresses;                 // tried in turn
  std::chrono::milliseconds connect_limit{5'000};  // for each
  std::chrono::milliseconds first_pause{100};      // after a failure, doubled up to …
  std::chrono::milliseconds longest_pause{5'000};  // … this; each shortened at random by up to a half
  std::function<void(const link_state&)> changed;  // may be empty
};

// Connects, runs `session` on the connection, and again when that throws broken or the connection has ended,
// until the surrounding scope stops. The pause between two tries grows until a session has lasted for a
// while.
task<> keep_connected(executor on, link_options options, link_state& state,
                      std::function<task<>(connection&)> session);

}  // namespace tandem::amqp
