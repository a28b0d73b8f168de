#pragma once
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::app {

// A role is a name for a set of parts that run in one process; `tandem up` runs all of them.
enum class role { reader, classifier, delivery, bots, scheduler, matching, rating, api, relay, sandbox };

struct role_info {
  role what;
  std::string_view name;
  std::string_view parts;
  std::string_view needs;
};
std::span<const role_info> all_roles();

// The roles by their names; what is wrong with them, if a name is unknown or the set makes no sense.
std::expected<std::vector<role>, std::string> parse_roles(const std::vector<std::string>& names);

}  // namespace tandem::app
