#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "base/clock.hpp"
#include "sandbox/world.hpp"

namespace tandem::sandbox {

// Telegram's sending limits: a sliding second per bot, a bucket per private chat and channel, a sliding
// minute per group. By the machine's clock, whatever the product's clock says.
class rate_limits {
 public:
  // Takes `messages` out of what `to` may still get, or says after how many seconds to try again (then
  // nothing is taken).
  std::optional<int> admit(const limit_settings& by, const bot& from, const chat& to, int messages, bool paid,
                           instant now);

 private:
  struct bucket {
    double tokens = 0;
    instant filled_at{};
  };
  struct per_bot {
    std::deque<instant> sent;
    std::unordered_map<std::int64_t, bucket> chats;
    std::unordered_map<std::int64_t, std::deque<instant>> groups;
  };
  std::unordered_map<std::int64_t, per_bot> bots_;
};

}  // namespace tandem::sandbox
