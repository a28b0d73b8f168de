#include <cctype>

#include "platform/log/log.hpp"

namespace tandem::log {

namespace {

constexpr std::string_view hidden = "[secret]";
constexpr std::size_t token_tail = 30;  // a bot token is its number, a colon and 35 of these characters

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

// Just behind the secret that ends what is already written, or npos. `colon` is the place of a ':' in `text`.
std::size_t end_of_token(std::string_view text, std::size_t colon, bool in_bot_path) {
  std::size_t end = colon + 1;
  while (end < text.size() && is_token_character(text[end])) ++end;
  const auto length = end - colon - 1;
  return length >= token_tail || (in_bot_path && length > 0) ? end : std::string_view::npos;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;  // everything before it is in `out`
  for (auto colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    if (colon < copied) continue;
    if (text.substr(colon).starts_with("://")) {
      // scheme://user:password@host
      const auto authority = colon + 3;
      const auto authority_end = std::min(text.find_first_of("/ \t\r\n\"'", authority), text.size());
      const auto at = text.substr(0, authority_end).rfind('@');
      const auto password = text.find(':', authority);
      if (at != std::string_view::npos && at > authority && password < at) {
        out.append(text.substr(copied, password + 1 - copied)).append(hidden);
        copied = at;
        colon = at;
      }
      continue;
    }
    std::size_t start = colon;
    while (start > copied && is_digit(text[start - 1])) --start;
    if (start == colon) continue;
    const bool in_bot_path = text.substr(0, start).ends_with("/bot");
    const auto end = end_of_token(text, colon, in_bot_path);
    if (end == std::string_view::npos) continue;
    out.append(text.substr(copied, start - copied)).append(hidden);
    copied = end;
  }
  out.append(text.substr(copied));
  return out;
}

}  // namespace tandem::log
