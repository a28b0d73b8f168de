#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "platform/telegram/api.hpp"

namespace tandem::telegram {

// How fast a bot may write. The defaults stay just under what Telegram's FAQ names
// (core.telegram.org/bots/faq: about 30 messages a second per bot, one a second per chat with short bursts,
// 20 a minute per group). 0 in a rate switches that limit off.
struct send_limits {
  int per_second = 29;                        // of the whole bot
  int broadcasts_per_second = 27;             // of it for mailings, so that an answer always finds a place
  int chat_burst = 3;                         // messages to one chat at once …
  std::chrono::milliseconds chat_gap{1'000};  // … which come back one by one at this pace; 0: not limited
  int group_per_minute = 20;                  // chats with a negative id
  int in_flight = 64;                         // calls that wait for their answer
  // Mailings beyond broadcasts_per_second with allow_paid_broadcast (0.1 Star each): at most so many a
  // second, and so many in all until the limits are set again.
  int paid_per_second = 0;
  std::int64_t paid_cap = 0;
  // A call is counted by the server somewhere between its start and its answer. Its place in a window becomes
  // free one window after the answer, but no later than this much after the start, so that hanging calls do
  // not stop the bot.
  std::chrono::milliseconds arrival_slack{250};
  // After a failed call: the first pause, doubled up to 30 times this. The least pause after a 429.
  std::chrono::milliseconds backoff{1'000};

  bool operator==(const send_limits&) const = default;

  static send_limits none() {
    send_limits out;
    out.per_second = out.broadcasts_per_second = out.group_per_minute = 0;
    out.chat_gap = std::chrono::milliseconds(0);
    return out;
  }
};

// The decisions of a sender, without I/O: messages and ticks in, "start this one now" out. Guarantees: one
// call at a time per chat and in the order of adding (a reply before a mailing), limits by sliding windows,
// chats in turn.
class send_plan {
 public:
  using tick = std::chrono::steady_clock::time_point;
  using ticket = std::uint64_t;

  struct start {
    ticket id = 0;
    bool paid = false;  // set allow_paid_broadcast
  };

  explicit send_plan(send_limits limits, std::uint64_t jitter_seed = 1);
  ~send_plan();

  void set_limits(send_limits limits);
  const send_limits& limits() const;

  ticket add(std::int64_t chat, urgency how, int messages);
  // The next call to make now; call again until there is none.
  std::optional<start> next(tick now);
  // After next() gave nothing: when it may have something without any other input; nothing while it waits for
  // add() or for the end of a call.
  std::optional<tick> wake() const;

  // How a started call ended.
  void accepted(ticket id, tick now);                                   // also a refusal that is final
  void flooded(ticket id, tick now, std::chrono::seconds retry_after);  // 429: goes again after the pause
  void failed(ticket id, tick now);  // 5xx, no answer: goes again after a growing pause
  void drop(ticket id, tick now);    // gone for good, started or not
  // The group became a supergroup: this call and all that wait for the chat go to the new one at once.
  void migrated(ticket id, std::int64_t to, tick now);

  std::size_t waiting() const;
  std::size_t in_flight() const;
  bool paused(tick now) const;  // the whole bot
  // How much longer the server wants no message for this chat.
  std::chrono::nanoseconds pause_of(std::int64_t chat, tick now) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::telegram
