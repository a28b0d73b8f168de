// Any bytes as a text with tags: pieces keep their limit, and escaped text reads as it was.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/telegram/html.hpp"

using namespace tandem::telegram;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 5'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::size_t limit : {1u, 7u, 4096u}) {
    for (const auto& piece : split(text, limit)) {
      if (code_points(plain_text(piece)) > limit) std::abort();
    }
  }
  const auto escaped = escape(text);
  const auto shown = plain_text(escaped);
  if (escape(shown) != escaped) std::abort();
  return 0;
}
