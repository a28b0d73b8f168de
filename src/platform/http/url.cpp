#include "platform/http/url.hpp"

#include <charconv>

#include "platform/http/wire.hpp"

namespace tandem::http {

std::optional<url> parse_url(std::string_view text) {
  if (!is_visible(text)) return std::nullopt;
  url out;
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  if (same_name(text.substr(0, scheme), "https")) {
    out.tls = true;
  } else if (!same_name(text.substr(0, scheme), "http")) {
    return std::nullopt;
  }
  const auto begin = scheme + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  out.origin = text.substr(0, end);
  out.authority = text.substr(begin, end - begin);
  out.target = text.substr(end, std::min(text.find('#', end), text.size()) - end);
  if (out.authority.find('@') != std::string_view::npos) return std::nullopt;

  auto port = std::string_view{};
  if (out.authority.starts_with('[')) {
    const auto close = out.authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = out.authority.substr(1, close - 1);
    port = out.authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
  } else {
    const auto colon = std::min(out.authority.find(':'), out.authority.size());
    out.host = out.authority.substr(0, colon);
    port = out.authority.substr(colon);
  }
  if (out.host.empty()) return std::nullopt;
  out.port = out.tls ? 443 : 80;
  if (port.size() > 1) {
    const auto digits = port.substr(1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc() || stop != digits.data() + digits.size() || out.port == 0) return std::nullopt;
  }
  return out;
}

}  // namespace tandem::http
