#include <boost/url/parse.hpp>
#include <charconv>

#include "platform/redis/redis.hpp"

namespace tandem::redis {

std::string address::shown() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "rediss://" : "redis://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) +
         "/" + std::to_string(database);
}

std::expected<address, std::string> parse_address(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return std::unexpected(
        std::string(what) +
        "; write redis://[[user]:password@]host[:port][/database], or rediss:// with ?cacertfile=…");
  };
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return wrong("this is no address");
  const auto& url = *parsed;
  address out;
  if (url.scheme() != "redis" && url.scheme() != "rediss")
    return wrong("the address begins with redis:// or rediss://");
  out.tls = url.scheme() == "rediss";
  if (url.encoded_host().empty()) return wrong("the address has no host");
  if (url.has_fragment()) return wrong("the address has no # part");
  for (const auto& [name, value, has_value] : url.params()) {
    if (name != "cacertfile" || !out.tls) return wrong(name + " is not known here");
    out.ca_file = value;
  }
  out.host = url.host_type() == boost::urls::host_type::ipv6 ? std::string(url.host_address()) : url.host();
  if (url.has_port()) {
    if (url.port_number() == 0) return wrong("the port is a number from 1 to 65535");
    out.port = url.port_number();
  }
  out.user = url.user();
  out.password = url.password();
  if (!out.user.empty() && !url.has_password()) {  // redis://password@host is what some write
    return wrong("a user without a password");
  }
  std::string_view path = url.encoded_path();
  if (path.starts_with('/')) path.remove_prefix(1);
  if (!path.empty()) {
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), out.database);
    if (error != std::errc() || end != path.data() + path.size() || out.database < 0 || out.database > 65'535)
      return wrong("the database is a number, 0 for the first");
  }
  return out;
}

}  // namespace tandem::redis
