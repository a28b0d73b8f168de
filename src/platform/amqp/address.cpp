#include "platform/amqp/address.hpp"

#include <charconv>
#include <optional>

namespace tandem::amqp {
namespace {

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned value = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (wrong != std::errc() || digits.size() != 2 || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), into);
  return wrong == std::errc() && end == text.data() + text.size() && into > 0;
}

// What stands before `mark`, which is taken off `text` with it; all of it when there is no mark.
std::string_view cut(std::string_view& text, char mark) {
  const auto end = text.find(mark);
  const auto front = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return front;
}

using parsed = std::expected<endpoint, std::string>;
std::unexpected<std::string> wrong(std::string what) { return std::unexpected(std::move(what)); }

parsed parse_one(std::string_view text) {
  endpoint out;
  if (text.starts_with("amqps://")) {
    out.tls = true;
    out.port = 5671;
    text.remove_prefix(8);
  } else if (text.starts_with("amqp://")) {
    text.remove_prefix(7);
  } else {
    return wrong("a RabbitMQ address begins with amqp:// or amqps://");
  }
  auto query = text;
  text = cut(query, '?');
  const bool has_vhost = text.find('/') != std::string_view::npos;
  auto path = text;
  auto authority = cut(path, '/');
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    auto password = authority.substr(0, at);
    const auto user = unescaped(cut(password, ':')), secret = unescaped(password);
    if (!user || !secret) return wrong("a % in user or password is written %25");
    out.user = *user;
    out.password = *secret;
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {  // an IPv6 address
    authority.remove_prefix(1);
    port = authority;
    out.host = cut(port, ']');
    if (!port.empty() && !port.starts_with(':')) return wrong("the port is written [address]:port");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    port = authority;
    out.host = cut(port, ':');
  }
  if (out.host.empty()) return wrong("a RabbitMQ address needs a host: amqp://user:password@host");
  if (!port.empty() && !read_number(port, out.port)) return wrong("the port is a number up to 65535");
  if (has_vhost) {
    const auto vhost = unescaped(path);
    if (!vhost || path.find('/') != std::string_view::npos) return wrong("a / in a vhost is written %2F");
    if (!vhost->empty()) out.vhost = *vhost;
  }
  while (!query.empty()) {
    auto value = cut(query, '&');
    const auto name = cut(value, '=');
    if (name == "cacertfile") {
      const auto file = unescaped(value);
      if (!file || !out.tls) return wrong("cacertfile is the path of a PEM file and needs amqps://");
      out.ca_file = *file;
    } else if (name == "heartbeat") {
      int seconds = 0;
      if (!read_number(value, seconds) || seconds > 600) return wrong("heartbeat is 1 to 600 seconds");
      out.heartbeat = std::chrono::seconds(seconds);
    } else {
      return wrong("a RabbitMQ address knows ?cacertfile= and ?heartbeat=, not " + std::string(name));
    }
  }
  return out;
}

}  // namespace

std::expected<std::vector<endpoint>, std::string> parse_addresses(std::string_view text) {
  std::vector<endpoint> out;
  do {
    auto one = cut(text, ',');
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    auto found = parse_one(one);
    if (!found) return std::unexpected(std::move(found.error()));
    out.push_back(std::move(*found));
  } while (!text.empty());
  return out;
}

}  // namespace tandem::amqp
