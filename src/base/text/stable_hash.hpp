#pragma once
#include <cstdint>
#include <string_view>

namespace tandem::text {

// 64-bit FNV-1a (Fowler, Noll, Vo): the same on every machine and in every version, so that it can be stored.
// Not for what an enemy may choose.
class stable_hash {
 public:
  constexpr void add(std::string_view bytes) {
    for (const char byte : bytes) mix(static_cast<unsigned char>(byte));
  }
  // One of several parts; its end counts, so that "a" "bc" is another value than "ab" "c".
  constexpr void add_part(std::string_view bytes) {
    add(bytes);
    mix(0xff);  // stands in no UTF-8
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void mix(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

constexpr std::uint64_t stable_hash_of(std::string_view bytes) {
  stable_hash all;
  all.add(bytes);
  return all.value();
}

}  // namespace tandem::text
