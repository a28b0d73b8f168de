// What the buttons carry: a prefix, which a row of the table is for, and numbers: "save:17:1". At most 64
// bytes. It names the wanted state, never "the other one", so that a press that comes twice does nothing
// more; ids are looked up under the presser's own name, so that data made up does nothing at all.
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::conversation {

template <class... Number>
std::string data(std::string_view prefix, Number... numbers) {
  std::string out(prefix);
  bool first = true;
  const auto add = [&](std::int64_t number) {
    if (!first) out += ':';
    first = false;
    out += std::to_string(number);
  };
  (add(static_cast<std::int64_t>(numbers)), ...);
  return out;
}

// The numbers behind a prefix; nothing if they are not numbers. A negative one is nobody's.
inline std::optional<std::vector<std::int64_t>> numbers(std::string_view text) {
  std::vector<std::int64_t> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::int64_t number = 0;
    const auto [next, failed] = std::from_chars(at, end, number);
    if (failed != std::errc() || number < 0) return std::nullopt;
    out.push_back(number);
    if (next == end) return out;
    if (*next != ':') return std::nullopt;
    at = next + 1;
  }
}

}  // namespace tandem::conversation
