#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tandem::hunt {

// The username of a public channel out of what people paste: name, @name, t.me/name,
// https://t.me/s/name?before=5. Lower case. Nothing if it is no username: 4 to 32 letters, digits and
// underscores, a letter first.
std::optional<std::string> parse_source_name(std::string_view written);

// What people write for a source that is read by address: a channel (name, empty address), or a feed, any
// other http:// or https:// address of at most 500 printable characters; its name is the address without
// scheme and trailing slash, the host in lower case.
struct written_source {
  std::string name, address;
  friend bool operator==(const written_source&, const written_source&) = default;
};
std::optional<written_source> parse_source(std::string_view written);

// The same for the bare name, as it stands behind "@" or "t.me/".
bool is_username(std::string_view name);

}  // namespace tandem::hunt
