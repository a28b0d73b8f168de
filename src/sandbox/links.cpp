#include "sandbox/links.hpp"

#include <charconv>
#include <string>

#include "sandbox/ascii.hpp"

namespace tandem::sandbox {
namespace {

constexpr std::int64_t max_user_id = (std::int64_t{1} << 40) - 1;

}  // namespace

std::string_view tg_parameter(std::string_view link, std::string_view host, std::string_view name) {
  if (!link.starts_with("tg:")) return {};
  link.remove_prefix(3);
  if (link.starts_with("//")) link.remove_prefix(2);
  if (!link.starts_with(host)) return {};
  link.remove_prefix(host.size());
  if (link.starts_with("/")) link.remove_prefix(1);
  if (!link.starts_with("?")) return {};
  link.remove_prefix(1);
  link = link.substr(0, link.find('#'));
  while (!link.empty()) {
    const auto end = std::min(link.find('&'), link.size());
    const auto pair = link.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return pair.substr(std::min(equals + 1, pair.size()));
    link.remove_prefix(std::min(end + 1, link.size()));
  }
  return {};
}

std::int64_t link_user_id(std::string_view link) {
  const std::string small = lower(link);
  const auto value = tg_parameter(small, "user", "id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), id);
  if (error != std::errc() || end != value.data() + value.size() || id <= 0 || id > max_user_id) return 0;
  return id;
}

}  // namespace tandem::sandbox
