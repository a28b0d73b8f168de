#include "base/text/link.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text/ascii.hpp"

namespace tandem::text {
namespace {

struct address {
  std::string host;  // lower case
  std::string user;
  std::string rest;  // path, query and fragment, beginning with '/'
  int port = 0;      // 0: none given
  bool https = false;
  bool scheme_given = false;
  bool ipv6 = false;
};

bool part_is_clean(std::string_view part, bool colon_allowed) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (c == '%') {
      if (i + 2 >= part.size() || !is_hex(part[i + 1]) || !is_hex(part[i + 2])) return false;
      i += 2;
      continue;
    }
    const bool plain = is_alnum(c) || static_cast<unsigned char>(c) >= 128 ||
                       std::string_view(".-_!$,~*'();&+=").find(c) != std::string_view::npos;
    if (!plain && !(colon_allowed && c == ':')) return false;
  }
  return true;
}

std::optional<int> port_of(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port <= 0 || port > 65535) return {};
  return port;
}

std::optional<address> parse_address(std::string_view link) {
  address out;
  const auto scheme_end = link.find_first_of(":/?#@[]");
  std::string_view rest = link;
  if (scheme_end != std::string_view::npos && link.substr(scheme_end).starts_with("://")) {
    const std::string scheme = lower(link.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return {};
    out.https = scheme == "https";
    out.scheme_given = true;
    rest = link.substr(scheme_end + 3);
  }
  const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);

  const auto mark = authority.find_last_of(":]@");
  if (mark != std::string_view::npos && mark > 0 && authority[mark] == ':') {
    const auto port = port_of(authority.substr(mark + 1));
    if (!port) return {};
    out.port = *port;
    authority = authority.substr(0, mark);
  }
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) {
    out.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (authority.empty() || authority == ".") return {};
  if (authority.front() == '[' && authority.back() == ']') {
    const std::string inner(authority.substr(1, authority.size() - 2));
    in6_addr parsed{};
    if (inet_pton(AF_INET6, inner.c_str(), &parsed) != 1) return {};
    out.ipv6 = true;
    out.host = lower(authority);
    if (!part_is_clean(lower(inner), true)) return {};
  } else {
    out.host = lower(authority);
    if (!part_is_clean(out.host, false)) return {};
  }
  if (!part_is_clean(out.user, true)) return {};

  while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
  if (rest.empty() || rest.front() != '/') out.rest = "/";
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= 0x20) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out.rest += '%';
      out.rest += is_space(c) ? '2' : digits[static_cast<unsigned char>(c) >> 4];
      out.rest += is_space(c) ? '0' : digits[static_cast<unsigned char>(c) & 15];
    } else {
      out.rest += c;
    }
  }
  return out;
}

}  // namespace

std::string checked_link(std::string_view link) {
  std::string own_scheme;
  for (const std::string_view scheme : {"tg:", "ton:", "tonsite:"}) {
    if (lower(link.substr(0, scheme.size())) != scheme) continue;
    own_scheme = scheme;
    link.remove_prefix(scheme.size());
    if (link.starts_with("//")) link.remove_prefix(2);
    break;
  }
  const auto parsed = parse_address(link);
  if (!parsed) return {};
  if (!own_scheme.empty()) {
    if (parsed->scheme_given || !parsed->user.empty() || parsed->port != 0 || parsed->ipv6) return {};
    for (const char c : parsed->host) {
      if (!is_alnum(c) && c != '-' && c != '_' && !(c == '.' && own_scheme == "tonsite:")) return {};
    }
    std::string_view rest = parsed->rest;
    if (rest.starts_with("/?")) rest.remove_prefix(1);
    return own_scheme + "//" + parsed->host + std::string(rest);
  }
  if (parsed->host.find('.') == std::string::npos && !parsed->ipv6) return {};
  std::string out = parsed->https ? "https://" : "http://";
  if (!parsed->user.empty()) out += parsed->user + "@";
  out += parsed->host;
  if (parsed->port != 0) out += ":" + std::to_string(parsed->port);
  return out + parsed->rest;
}

}  // namespace tandem::text
