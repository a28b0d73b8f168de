// Any bytes behind a button's prefix: numbers that the button could have carried, or nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hunt/bot/presses.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = tandem::hunt::bot::press::numbers(text);
  if (!read) return 0;
  std::string again;
  for (const auto number : *read) {
    if (number < 0) std::abort();
    if (!again.empty()) again += ':';
    again += std::to_string(number);
  }
  // The same text, but for zeros in front.
  if (read->empty() || again.size() > size) std::abort();
  return 0;
}
