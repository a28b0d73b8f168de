#pragma once
// What every fuzz target of posts asks of what comes out: texts that the database takes.
#include <unicode/utf8.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

inline void expect(bool holds) {
  if (!holds) std::abort();
}

// Valid UTF-8 without NUL, of at most so many bytes.
inline void expect_storable(std::string_view text, std::size_t limit) {
  expect(text.size() <= limit);
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::int32_t at = 0, length = static_cast<std::int32_t>(text.size()); at < length;) {
    UChar32 letter = 0;
    U8_NEXT(data, at, length, letter);
    expect(letter > 0);
  }
}
