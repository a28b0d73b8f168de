#include "sandbox/rate_limits.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::sandbox {
namespace {

using namespace std::chrono_literals;

// How long until `messages` more fit into a window of `width` that takes `most`. An album that is larger than
// the window itself goes when the window is empty.
std::chrono::microseconds wait_of(std::deque<instant>& sent, std::chrono::microseconds width, int most,
                                  int messages, instant now) {
  while (!sent.empty() && sent.front() + width <= now) sent.pop_front();
  const auto over = static_cast<std::int64_t>(sent.size()) + messages - std::max(most, messages);
  return over <= 0 ? 0us : sent[static_cast<std::size_t>(over - 1)] + width - now;
}

}  // namespace

std::optional<int> rate_limits::admit(const limit_settings& by, const bot& from, const chat& to, int messages,
                                      bool paid, instant now) {
  if (!by.enabled) return {};
  per_bot& mine = bots_[from.id];
  const int per_second = paid && from.paid_broadcast ? by.paid_per_second : by.bot_per_second;
  auto wait = wait_of(mine.sent, 1s, per_second, messages, now);

  std::deque<instant>* group = nullptr;
  bucket* private_chat = nullptr;
  if (to.type == chat_type::supergroup) {
    group = &mine.groups[to.id];
    wait = std::max(wait, wait_of(*group, 60s, by.group_per_minute, messages, now));
  } else {
    const auto [found, is_new] =
        mine.chats.try_emplace(to.id, bucket{static_cast<double>(by.chat_burst), now});
    private_chat = &found->second;
    const std::chrono::duration<double> passed = now - private_chat->filled_at;
    private_chat->tokens =
        std::min(static_cast<double>(by.chat_burst),
                 private_chat->tokens + std::max(0.0, passed.count()) * by.chat_per_second);
    private_chat->filled_at = now;
    // An album goes when one token is there; it is paid for by waiting longer afterwards.
    if (private_chat->tokens < 1) {
      const double seconds = by.chat_per_second > 0 ? (1 - private_chat->tokens) / by.chat_per_second : 60.0;
      wait = std::max(wait, std::chrono::microseconds(static_cast<std::int64_t>(std::ceil(seconds * 1e6))));
    }
  }
  if (wait > 0us) return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count());

  mine.sent.insert(mine.sent.end(), static_cast<std::size_t>(messages), now);
  if (group) group->insert(group->end(), static_cast<std::size_t>(messages), now);
  if (private_chat) private_chat->tokens -= messages;
  return {};
}

}  // namespace tandem::sandbox
