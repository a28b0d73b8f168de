#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::http {

// The parts of an http or https address; they show into the text that was parsed.
struct url {
  bool tls = false;
  std::string_view origin;     // "https://host:port" as written
  std::string_view authority;  // "host:port" as written: the Host header
  std::string_view host;       // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string_view target;  // path and query, "" for none
};

// Nothing for another scheme, user names, spaces, control characters or a bad port.
std::optional<url> parse_url(std::string_view text);

}  // namespace tandem::http
