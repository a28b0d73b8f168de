#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tandem::text {

// Two lower-case hexadecimal digits for each byte.
inline std::string hex_of(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

// Sixteen digits, the highest first.
inline std::string hex_number(std::uint64_t value) {
  std::string out(16, '0');
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, value >>= 4)
    *digit = "0123456789abcdef"[value & 15];
  return out;
}

}  // namespace tandem::text
