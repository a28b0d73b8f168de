// Any bytes from a server: no crash, and the same values however the network cuts them into pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/redis/resp.hpp"

namespace {

using namespace tandem::redis;

void show(const value& what, std::string& out) {
  out += static_cast<char>('a' + static_cast<int>(what.kind));
  out += what.text + "|" + std::to_string(what.integer) + "|" + std::to_string(what.number);
  for (const auto& item : what.items) show(item, out);
  out += ";";
}

std::string values_in(std::string_view bytes, std::size_t piece) {
  reply_reader reader({.text_bytes = 4096, .items = 512, .depth = 4});
  std::string out;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.feed(part);
    for (;;) {
      const auto next = reader.next();
      if (!next) return out + "fault " + std::to_string(static_cast<int>(next.error()));
      if (!*next) break;
      show(**next, out);
    }
  }
  return out + "waiting " + std::to_string(reader.waiting());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = values_in(bytes, bytes.size());
  if (values_in(bytes, 1) != whole || values_in(bytes, 5) != whole) std::abort();
  return 0;
}
