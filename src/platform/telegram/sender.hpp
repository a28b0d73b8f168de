#pragma once
#include <functional>
#include <memory>
#include <string>

#include "platform/http/client.hpp"
#include "platform/telegram/api.hpp"
#include "platform/telegram/send_plan.hpp"

namespace tandem::telegram {

struct sender_options {
  std::string api_root = "https://api.telegram.org";
  std::string token;  // never logged: it is part of every URL
  send_limits limits;
};

// What the sender learns beside the answers. Called on the event loop; must not block.
struct sender_events {
  // The person blocked the bot or the chat is gone: write no more until they come back.
  std::function<void(std::int64_t chat_id, refusal why)> chat_closed;
  std::function<void(std::int64_t from, std::int64_t to)> chat_migrated;
};

struct sender_counts {
  std::uint64_t accepted = 0, refused = 0, flooded = 0, retried = 0, paid = 0;
  std::size_t waiting = 0, in_flight = 0;
};

// One bot's way out: every call of the bot goes through it, in the order and at the pace of its send_plan. A
// call that is awaited returns when it is accepted, finally refused, or its patience is over.
class sender : public bot_api {
 public:
  virtual void set_limits(send_limits limits) = 0;
  virtual const send_limits& limits() const = 0;
  virtual sender_counts counts() const = 0;
  // Waiting calls end with refusal::stopped; returns when those under way have ended. May be called twice.
  virtual task<> stop() = 0;
};

// `transport` must outlive the sender.
std::unique_ptr<sender> make_sender(executor on, http::client& transport, sender_options options,
                                    sender_events events = {});

}  // namespace tandem::telegram
