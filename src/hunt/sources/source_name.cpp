#include "hunt/sources/source_name.hpp"

#include <algorithm>

namespace tandem::hunt {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Paths of t.me that are no person and no channel.
constexpr std::string_view reserved[] = {"joinchat", "addstickers", "addemoji", "addtheme",
                                         "addlist",  "share",       "proxy",    "socks",
                                         "login",    "setlanguage", "invoice",  "boost"};

}  // namespace

bool is_username(std::string_view name) {
  return name.size() >= 4 && name.size() <= 32 && is_letter(name.front()) &&
         std::ranges::all_of(name,
                             [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }) &&
         std::ranges::find(reserved, name) == std::end(reserved);
}

std::optional<std::string> parse_source_name(std::string_view written) {
  const auto from = written.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return std::nullopt;
  auto name = written.substr(from, written.find_last_not_of(" \t\r\n") - from + 1);
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (name.starts_with(scheme)) name.remove_prefix(scheme.size());
  }
  for (const std::string_view host : {"t.me/", "telegram.me/"}) {
    if (!name.starts_with(host)) continue;
    name.remove_prefix(host.size());
    if (name.starts_with("s/")) name.remove_prefix(2);
    name = name.substr(0, name.find_first_of("/?#"));
    break;
  }
  if (name.starts_with('@')) name.remove_prefix(1);
  if (!is_username(name)) return std::nullopt;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return is_letter(c) ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

std::optional<written_source> parse_source(std::string_view written) {
  if (auto name = parse_source_name(written)) return written_source{*std::move(name), {}};
  const auto from = written.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return std::nullopt;
  const auto address = written.substr(from, written.find_last_not_of(" \t\r\n") - from + 1);
  auto rest = address;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  const bool printable = std::ranges::all_of(rest, [](char c) { return c > ' ' && c < 0x7f; });
  const bool telegram = host == "t.me" || host == "telegram.me";
  if (rest.size() == address.size() || host.empty() || telegram || address.size() > 500 || !printable) {
    return std::nullopt;
  }
  written_source out{std::string(rest), std::string(address)};
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (is_letter(out.name[i])) out.name[i] = static_cast<char>(out.name[i] | 0x20);
  }
  if (out.name.ends_with('/')) out.name.pop_back();
  return out;
}

}  // namespace tandem::hunt
