// Any bytes as an update, a list of updates, an answer of the Bot API: no crash, and what was read reads
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/telegram/dispatcher.hpp"

using namespace tandem::telegram;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 50'000) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto list = read_updates(bytes)) {
    for (const auto& one : *list) {
      if (!one.refused.empty() && one.kind != update_kind::unknown) std::abort();
      if (one.message && !from_json<message>(to_json(*one.message))) std::abort();
      one.order_key();
    }
  }
  if (const auto one = read_update(bytes); one && one->callback_query) {
    if (!from_json<callback_query>(to_json(*one->callback_query))) std::abort();
  }
  if (const auto result = read_envelope(200, std::string(bytes))) from_json<message>(*result);
  read_envelope(429, std::string(bytes));
  return 0;
}
