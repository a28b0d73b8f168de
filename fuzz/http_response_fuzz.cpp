// Any bytes from a server: no crash, and the same answer however the network cuts it into pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/http/wire.hpp"

namespace {

using namespace tandem::http;

std::string answer_in(std::string_view bytes, std::size_t piece, bool to_head) {
  constexpr std::size_t limit = 5000;
  wire_limits limits;
  limits.header_bytes = 2000;
  response_reader reader(limits);
  reader.expect(to_head, limit);
  while (!bytes.empty() && !reader.complete()) {
    const auto part = bytes.substr(0, piece);
    const auto used = reader.feed(part);
    if (!used) return "fault " + std::to_string(status_of(used.error()));
    if (*used > part.size() || (*used < part.size() && !reader.complete())) std::abort();
    bytes.remove_prefix(*used);
  }
  if (!reader.complete() && !reader.end()) return "broken off";
  const bool kept = reader.keep_alive();
  const auto got = reader.take();
  if (got.body.size() > limit || got.status < 200 || got.status > 999) std::abort();
  std::string seen = std::to_string(got.status) + (kept ? " kept" : "");
  for (const auto [name, value] : got.headers) seen.append("|").append(name).append(":").append(value);
  return seen + "\n" + got.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 20'000) return 0;
  const bool to_head = (data[size - 1] & 1) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = answer_in(bytes, bytes.size(), to_head);
  if (answer_in(bytes, 1, to_head) != whole || answer_in(bytes, 7, to_head) != whole) std::abort();
  return 0;
}
