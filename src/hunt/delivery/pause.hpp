#pragma once
#include <algorithm>
#include <chrono>
#include <optional>

#include "platform/telegram/api.hpp"

namespace tandem::hunt {

// When what was refused is worth another try. Nothing: never. 0: at growing distances, a bounded number of
// times. Else after exactly so long, as often as it takes: the flood wait that the server names, and a rest
// where the fault is the bot's or the connection's, not the message's.
inline std::optional<std::chrono::seconds> pause_after(const telegram::api_error& error) {
  using telegram::refusal;
  using namespace std::chrono_literals;
  switch (error.why) {
    case refusal::flood: return std::max(error.retry_after.value_or(30s), 1s);
    case refusal::unreachable: return 30s;
    case refusal::unauthorized: return 300s;
    case refusal::server:
    case refusal::uncertain: return 0s;
    default: return std::nullopt;
  }
}

}  // namespace tandem::hunt
