// Any bytes from a client: no crash, and the same requests however the network cuts them into pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/http/wire.hpp"

namespace {

using namespace tandem::http;

std::string all_of(std::string_view bytes, std::size_t piece) {
  wire_limits limits;
  limits.header_bytes = 2000;
  limits.body_bytes = 5000;
  request_reader reader(limits);
  std::string seen;
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto used = reader.feed(part);
      // Where exactly a limit is noticed may depend on the pieces; that it is a fault may not.
      if (!used) return seen + "fault " + std::to_string(status_of(used.error()));
      if (*used > part.size() || (*used == 0 && !reader.complete())) std::abort();
      part.remove_prefix(*used);
      if (!reader.complete()) continue;
      const auto got = reader.take();
      if (got.body.size() > limits.body_bytes || got.method.empty() || got.target.empty()) std::abort();
      seen += got.method + " " + got.target + " " + got.path;
      for (const auto& [name, value] : got.query) seen += "?" + name + "=" + value;
      for (const auto [name, value] : got.headers) {
        if (value.find_first_of("\r\n") != std::string::npos) std::abort();
        seen.append("|").append(name).append(":").append(value);
      }
      seen += got.body + "\n";
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = all_of(bytes, bytes.size() + 1);
  if (all_of(bytes, 1) != whole || all_of(bytes, 7) != whole) std::abort();
  return 0;
}
