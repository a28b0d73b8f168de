#include "platform/amqp/machine.hpp"

#include <algorithm>

namespace tandem::amqp {
namespace {

// class id << 16 | method id
enum method_id : std::uint32_t {
  connection_start = 10 << 16 | 10,
  connection_start_ok = 10 << 16 | 11,
  connection_tune = 10 << 16 | 30,
  connection_tune_ok = 10 << 16 | 31,
  connection_open = 10 << 16 | 40,
  connection_open_ok = 10 << 16 | 41,
  connection_close = 10 << 16 | 50,
  connection_close_ok = 10 << 16 | 51,
  connection_blocked = 10 << 16 | 60,
  connection_unblocked = 10 << 16 | 61,
  channel_open = 20 << 16 | 10,
  channel_open_ok = 20 << 16 | 11,
  channel_close = 20 << 16 | 40,
  channel_close_ok = 20 << 16 | 41,
  exchange_declare = 40 << 16 | 10,
  exchange_declare_ok = 40 << 16 | 11,
  exchange_delete = 40 << 16 | 20,
  exchange_delete_ok = 40 << 16 | 21,
  queue_declare = 50 << 16 | 10,
  queue_declare_ok = 50 << 16 | 11,
  queue_bind = 50 << 16 | 20,
  queue_bind_ok = 50 << 16 | 21,
  queue_delete = 50 << 16 | 40,
  queue_delete_ok = 50 << 16 | 41,
  basic_qos = 60 << 16 | 10,
  basic_qos_ok = 60 << 16 | 11,
  basic_consume = 60 << 16 | 20,
  basic_consume_ok = 60 << 16 | 21,
  basic_cancel = 60 << 16 | 30,
  basic_publish = 60 << 16 | 40,
  basic_return = 60 << 16 | 50,
  basic_deliver = 60 << 16 | 60,
  basic_ack = 60 << 16 | 80,
  basic_nack = 60 << 16 | 120,
  confirm_select = 85 << 16 | 10,
  confirm_select_ok = 85 << 16 | 11,
};

constexpr std::uint8_t method_frame = 1, header_frame = 2, body_frame = 3, heartbeat_frame = 8;
constexpr char frame_end = '\xCE';
constexpr std::size_t frame_overhead = 8;
constexpr std::uint32_t wanted_frame = 128 * 1024;
constexpr std::uint64_t most_body = 64 << 20;  // what we publish is far smaller

// Bits of a content header's properties, from the highest: which follow, in this order.
enum property : std::uint16_t {
  content_type = 1 << 15,
  content_encoding = 1 << 14,
  headers = 1 << 13,
  delivery_mode = 1 << 12,
  priority = 1 << 11,
  correlation_id = 1 << 10,
  reply_to = 1 << 9,
  expiration = 1 << 8,
  message_id = 1 << 7,
  timestamp = 1 << 6,
  type = 1 << 5,
};

std::string closing_reason(reader& from) {
  const auto code = from.u16();
  return std::to_string(code) + " " + from.short_text();
}

void read_properties(reader& from, content& into) {
  const auto flags = from.u16();
  if (flags & content_type) into.content_type = from.short_text();
  if (flags & content_encoding) from.short_text();
  if (flags & headers) into.headers = from.fields();
  into.durable = (flags & delivery_mode) && from.u8() == 2;
  if (flags & priority) from.u8();
  if (flags & correlation_id) from.short_text();
  if (flags & reply_to) from.short_text();
  if (flags & expiration) from.short_text();
  if (flags & message_id) into.id = from.short_text();
  if (flags & timestamp) from.u64();
  if (flags & type) into.type = from.short_text();
}

}  // namespace

machine::machine(const endpoint& who, time now)
    : who_(who), out_("AMQP\0\0\x09\x01", 8), heartbeat_(who.heartbeat), heard_(now), spoke_(now) {}

void machine::frame(std::uint8_t type, std::uint16_t channel, std::string_view payload) {
  writer(out_).u8(type).u16(channel).long_text(payload);
  out_ += frame_end;
}

void machine::method(std::uint16_t channel, std::uint32_t which, std::string_view arguments) {
  if (ended_) return;
  writer(out_).u8(method_frame).u16(channel).u32(static_cast<std::uint32_t>(arguments.size() + 4)).u32(which);
  out_ += arguments;
  out_ += frame_end;
}

std::vector<event> machine::feed(std::string_view bytes, time now) {
  std::vector<event> out;
  if (ended_) return out;
  heard_ = now;
  in_ += bytes;
  std::string_view rest = in_;
  try {
    // A server that does not speak this version says which it does, and hangs up.
    if (rest.starts_with("AMQP")) throw malformed("the server does not speak AMQP 0-9-1");
    while (!ended_ && rest.size() >= frame_overhead) {
      reader head(rest);
      const auto type = head.u8();
      const auto channel = head.u16();
      const auto size = head.u32();
      if (size > wanted_frame) throw malformed("a frame is larger than was agreed on");
      if (rest.size() < size + frame_overhead) break;
      if (rest[size + frame_overhead - 1] != frame_end)
        throw malformed("a frame does not end where it should");
      on_frame(type, channel, rest.substr(frame_overhead - 1, size), out);
      rest.remove_prefix(size + frame_overhead);
    }
  } catch (const malformed& failure) {
    ended_ = true;
    out.push_back(ended{failure.what()});
  }
  in_.erase(0, in_.size() - rest.size());
  return out;
}

std::vector<event> machine::tick(time now) {
  std::vector<event> out;
  if (ended_ || heartbeat_.count() == 0) return out;
  if (now - heard_ > 2 * heartbeat_) {
    ended_ = true;
    out.push_back(ended{"the server has been silent for " + std::to_string(2 * heartbeat_.count()) + " s"});
  } else if (now - spoke_ >= heartbeat_ / 2 && out_.empty()) {
    frame(heartbeat_frame, 0, {});
  }
  return out;
}

std::string machine::take_output(time now) {
  spoke_ = now;
  return std::exchange(out_, {});
}

void machine::on_frame(std::uint8_t type, std::uint16_t channel, std::string_view payload,
                       std::vector<event>& out) {
  reader from(payload);
  if (type == method_frame) return on_method(channel, from, out);
  if (type == header_frame) return on_header(channel, from, out);
  if (type == body_frame) return on_body(channel, payload, out);
  if (type != heartbeat_frame) throw malformed("a frame of an unknown kind");
}

void machine::on_method(std::uint16_t channel, reader& from, std::vector<event>& out) {
  const auto which = from.u32();
  if (channel == 0) return on_connection(which, from, out);
  switch (which) {
    case channel_open_ok:
    case exchange_declare_ok:
    case exchange_delete_ok:
    case queue_bind_ok:
    case queue_delete_ok:
    case basic_qos_ok:
    case basic_consume_ok:
    case confirm_select_ok:
    case channel_close_ok: out.push_back(answered{channel}); return;
    case queue_declare_ok: {
      from.short_text();
      out.push_back(answered{channel, from.u32()});
      return;
    }
    case channel_close: {
      assembling_.erase(channel);
      method(channel, channel_close_ok);
      out.push_back(channel_closed{channel, closing_reason(from)});
      return;
    }
    case basic_cancel: out.push_back(channel_closed{channel, "the server has ended the consumer"}); return;
    case basic_deliver: {
      delivered next{channel};
      from.short_text();  // the consumer
      next.tag = from.u64();
      next.again = from.u8() != 0;
      from.short_text();  // the exchange
      next.queue = from.short_text();
      assembling_[channel] = {std::move(next)};
      return;
    }
    case basic_return: {
      assembling_[channel] = {returned{channel, closing_reason(from)}};
      return;
    }
    case basic_ack:
    case basic_nack: {
      const auto number = from.u64();
      out.push_back(confirmed{channel, number, (from.u8() & 1) != 0, which == basic_ack});
      return;
    }
    default:
      throw malformed("a method that was not asked for: " + std::to_string(which >> 16) + "." +
                      std::to_string(which & 0xFFFF));
  }
}

void machine::greet(reader& from) {
  from.u16();  // the version
  const auto server = from.fields();
  const auto text = [&server](std::string_view name) {
    const auto found = server.find(name);
    const auto* value = found == server.end() ? nullptr : std::get_if<std::string>(&found->second);
    return value ? *value : std::string("?");
  };
  server_ = text("product") + " " + text("version");
  // The abilities that RabbitMQ wants to hear of before it uses them.
  std::string abilities, arguments;
  writer(abilities).fields({{"authentication_failure_close", true},
                            {"basic.nack", true},
                            {"connection.blocked", true},
                            {"consumer_cancel_notify", true},
                            {"publisher_confirms", true}});
  std::string properties;
  writer(properties).short_text("product").u8('S').long_text("tandem").short_text("capabilities").u8('F');
  properties += abilities;
  writer(arguments)
      .long_text(properties)
      .short_text("PLAIN")
      .long_text(std::string(1, '\0') + who_.user + std::string(1, '\0') + who_.password)
      .short_text("en_US");
  method(0, connection_start_ok, arguments);
}

void machine::on_connection(std::uint32_t which, reader& from, std::vector<event>& out) {
  switch (which) {
    case connection_start: greet(from); return;
    case connection_tune: {
      // 0 is "no limit" on either side.
      const auto channels = from.u16();
      const auto largest = from.u32();
      const std::chrono::seconds theirs(from.u16());
      if (channels != 0) channel_max_ = std::min(channel_max_, channels);
      frame_max_ = largest == 0 ? wanted_frame : std::min(wanted_frame, largest);
      if (theirs.count() != 0) heartbeat_ = std::min(heartbeat_, theirs);
      std::string arguments;
      writer(arguments).u16(channel_max_).u32(frame_max_).u16(static_cast<std::uint16_t>(heartbeat_.count()));
      method(0, connection_tune_ok, arguments);
      arguments.clear();
      writer(arguments).short_text(who_.vhost).short_text("").u8(0);
      method(0, connection_open, arguments);
      return;
    }
    case connection_open_ok: out.push_back(opened{server_}); return;
    case connection_close: {
      auto reason = closing_reason(from);
      method(0, connection_close_ok);
      ended_ = true;
      out.push_back(ended{std::move(reason)});
      return;
    }
    case connection_close_ok: {
      ended_ = true;
      out.push_back(ended{"closed"});
      return;
    }
    case connection_blocked: out.push_back(blocked{from.short_text()}); return;
    case connection_unblocked: out.push_back(unblocked{}); return;
    default: throw malformed("the connection was asked for what we do not know");
  }
}

void machine::on_header(std::uint16_t channel, reader& from, std::vector<event>& out) {
  const auto found = assembling_.find(channel);
  if (found == assembling_.end() || found->second.has_header) throw malformed("a content header of nothing");
  from.u16();  // class
  from.u16();  // weight
  auto& next = found->second;
  next.has_header = true;
  next.left = from.u64();
  if (next.left > most_body) throw malformed("a message is larger than 64 MiB");
  std::visit([&from](auto& into) { read_properties(from, into.what); }, next.into);
  finish_if_whole(channel, out);
}

void machine::on_body(std::uint16_t channel, std::string_view bytes, std::vector<event>& out) {
  const auto found = assembling_.find(channel);
  if (found == assembling_.end() || !found->second.has_header || bytes.size() > found->second.left)
    throw malformed("a body of nothing");
  found->second.left -= bytes.size();
  std::visit([&](auto& into) { into.what.body += bytes; }, found->second.into);
  finish_if_whole(channel, out);
}

void machine::finish_if_whole(std::uint16_t channel, std::vector<event>& out) {
  const auto found = assembling_.find(channel);
  if (found->second.left != 0) return;
  std::visit([&out](auto& whole) { out.push_back(std::move(whole)); }, found->second.into);
  assembling_.erase(found);
}

void machine::open_channel(std::uint16_t channel) {
  std::string arguments;
  writer(arguments).short_text("");
  method(channel, channel_open, arguments);
}

void machine::close_channel(std::uint16_t channel) {
  std::string arguments;
  writer(arguments).u16(200).short_text("").u16(0).u16(0);
  method(channel, channel_close, arguments);
}

void machine::declare_exchange(std::uint16_t channel, std::string_view name, std::string_view type) {
  constexpr std::uint8_t durable = 2;
  std::string arguments;
  writer(arguments).u16(0).short_text(name).short_text(type).u8(durable).fields({});
  method(channel, exchange_declare, arguments);
}

void machine::delete_exchange(std::uint16_t channel, std::string_view name) {
  std::string arguments;
  writer(arguments).u16(0).short_text(name).u8(0);
  method(channel, exchange_delete, arguments);
}

void machine::declare_queue(std::uint16_t channel, std::string_view name, const table& more, bool passive) {
  constexpr std::uint8_t only_ask = 1, durable = 2;
  std::string arguments;
  writer(arguments).u16(0).short_text(name).u8(passive ? only_ask : durable).fields(more);
  method(channel, queue_declare, arguments);
}

void machine::delete_queue(std::uint16_t channel, std::string_view name) {
  std::string arguments;
  writer(arguments).u16(0).short_text(name).u8(0);
  method(channel, queue_delete, arguments);
}

void machine::bind(std::uint16_t channel, std::string_view queue, std::string_view exchange,
                   std::string_view key) {
  std::string arguments;
  writer(arguments).u16(0).short_text(queue).short_text(exchange).short_text(key).u8(0).fields({});
  method(channel, queue_bind, arguments);
}

void machine::prefetch(std::uint16_t channel, std::uint16_t each_consumer) {
  std::string arguments;
  writer(arguments).u32(0).u16(each_consumer).u8(0);
  method(channel, basic_qos, arguments);
}

void machine::consume(std::uint16_t channel, std::string_view queue) {
  std::string arguments;
  writer(arguments).u16(0).short_text(queue).short_text("").u8(0).fields({});
  method(channel, basic_consume, arguments);
}

void machine::ask_confirms(std::uint16_t channel) { method(channel, confirm_select, std::string(1, '\0')); }

void machine::publish(std::uint16_t channel, std::string_view exchange, std::string_view key,
                      const content& what) {
  if (ended_) return;
  constexpr std::uint8_t mandatory = 1;  // what reaches no queue comes back
  std::string part;
  writer(part).u16(0).short_text(exchange).short_text(key).u8(mandatory);
  method(channel, basic_publish, part);
  part.clear();
  std::uint16_t flags = headers | delivery_mode;
  if (!what.content_type.empty()) flags |= content_type;
  if (!what.id.empty()) flags |= message_id;
  if (!what.type.empty()) flags |= type;
  writer to(part);
  to.u16(basic_publish >> 16).u16(0).u64(what.body.size()).u16(flags);
  if (flags & content_type) to.short_text(what.content_type);
  to.fields(what.headers).u8(what.durable ? 2 : 1);
  if (flags & message_id) to.short_text(what.id);
  if (flags & type) to.short_text(what.type);
  frame(header_frame, channel, part);
  std::string_view rest = what.body;
  while (!rest.empty()) {
    const auto piece = rest.substr(0, frame_max_ - frame_overhead);
    frame(body_frame, channel, piece);
    rest.remove_prefix(piece.size());
  }
}

void machine::acknowledge(std::uint16_t channel, std::uint64_t tag) {
  std::string arguments;
  writer(arguments).u64(tag).u8(0);
  method(channel, basic_ack, arguments);
}

void machine::close() {
  std::string arguments;
  writer(arguments).u16(200).short_text("").u16(0).u16(0);
  method(0, connection_close, arguments);
}

}  // namespace tandem::amqp
