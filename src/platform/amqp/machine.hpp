#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "platform/amqp/address.hpp"
#include "platform/amqp/wire.hpp"

namespace tandem::amqp {

// A message as it stands on the wire.
struct content {
  std::string content_type, id, type;  // content-type, message-id, type: at most 255 bytes each
  table headers;
  bool durable = true;
  std::string body;
};

// What the server has said.
struct opened {
  std::string server;  // "RabbitMQ 3.10.8"
};
struct answered {  // to a question on a channel; the answers come in the order of the questions
  std::uint16_t channel = 0;
  std::uint32_t ready = 0;  // of declare_queue: messages that wait for a consumer
};
struct delivered {
  std::uint16_t channel = 0;
  std::uint64_t tag = 0;
  bool again = false;  // redelivered: an earlier consumer had it and did not acknowledge it
  std::string queue;   // the routing key
  content what;
};
struct confirmed {
  std::uint16_t channel = 0;
  std::uint64_t number = 0;  // of the publication, counted from 1 on each channel
  bool multiple = false;     // it and all before it
  bool taken = true;         // false: the server could not keep it
};
struct returned {  // published to no queue; its confirmation comes after this
  std::uint16_t channel = 0;
  std::string reason;
  content what;
};
struct channel_closed {  // by the server, which found a mistake (or cancelled a consumer: its queue is gone)
  std::uint16_t channel = 0;
  std::string reason;
};
struct blocked {  // it takes no more publications for now
  std::string reason;
};
struct unblocked {};
struct ended {  // the connection; nothing comes after this
  std::string reason;
};
using event =
    std::variant<opened, answered, delivered, confirmed, returned, channel_closed, blocked, unblocked, ended>;

// The client's side of an AMQP 0-9-1 connection as RabbitMQ speaks it: bytes and ticks in, events and bytes
// out; it neither reads nor writes nor waits itself. The commands append to the output.
class machine {
 public:
  using time = std::chrono::steady_clock::time_point;

  machine(const endpoint& who, time now);

  std::vector<event> feed(std::string_view bytes, time now);
  // To be called at least once a second: sends heartbeats, and notices when the server has been silent for
  // twice its heartbeat.
  std::vector<event> tick(time now);
  bool has_output() const { return !out_.empty(); }
  // All that is to be sent, and it counts as sent at `now`.
  std::string take_output(time now);

  // Each of these is a question: one `answered` comes, or the channel is closed.
  void open_channel(std::uint16_t channel);
  void close_channel(std::uint16_t channel);
  void declare_exchange(std::uint16_t channel, std::string_view name, std::string_view type);
  void delete_exchange(std::uint16_t channel, std::string_view name);
  void declare_queue(std::uint16_t channel, std::string_view name, const table& arguments, bool passive);
  void delete_queue(std::uint16_t channel, std::string_view name);
  void bind(std::uint16_t channel, std::string_view queue, std::string_view exchange, std::string_view key);
  void prefetch(std::uint16_t channel, std::uint16_t each_consumer);
  void consume(std::uint16_t channel, std::string_view queue);
  void ask_confirms(std::uint16_t channel);

  // These are not.
  void publish(std::uint16_t channel, std::string_view exchange, std::string_view key, const content& what);
  void acknowledge(std::uint16_t channel, std::uint64_t tag);
  void close();  // `ended` comes

  std::uint16_t most_channels() const { return channel_max_; }

 private:
  struct assembly {  // a method with content, until its body is whole
    std::variant<delivered, returned> into;
    std::uint64_t left = 0;
    bool has_header = false;
  };

  void frame(std::uint8_t type, std::uint16_t channel, std::string_view payload);
  void method(std::uint16_t channel, std::uint32_t which, std::string_view arguments = {});
  void on_frame(std::uint8_t type, std::uint16_t channel, std::string_view payload, std::vector<event>& out);
  void on_method(std::uint16_t channel, reader& from, std::vector<event>& out);
  void on_connection(std::uint32_t which, reader& from, std::vector<event>& out);
  void on_header(std::uint16_t channel, reader& from, std::vector<event>& out);
  void on_body(std::uint16_t channel, std::string_view bytes, std::vector<event>& out);
  void greet(reader& from);
  void finish_if_whole(std::uint16_t channel, std::vector<event>& out);

  endpoint who_;
  std::string in_, out_, server_;
  std::unordered_map<std::uint16_t, assembly> assembling_;
  std::uint32_t frame_max_ = 4096;
  std::uint16_t channel_max_ = 2047;
  std::chrono::seconds heartbeat_;
  time heard_, spoke_;
  bool ended_ = false;
};

}  // namespace tandem::amqp
