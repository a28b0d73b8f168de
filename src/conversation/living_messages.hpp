#pragma once
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "async/scope.hpp"
#include "conversation/screen.hpp"
#include "platform/telegram/sender.hpp"

namespace tandem::conversation {

// A bot's way out; null for a bot that is not there (any more).
using outlet = std::function<telegram::sender*(std::int64_t bot_id)>;

// Menus that are edited in place. Telegram takes about one edit a second in a chat; somebody who presses
// faster is answered at once, and sees the newest state instead of all those between.
class living_messages : public std::enable_shared_from_this<living_messages> {
 public:
  living_messages(outlet senders, async::scope& background)
      : senders_(std::move(senders)), background_(background) {}
  // A message that is gone is sent anew. `has_photo`: whether the message had one when it was pressed.
  void show(std::int64_t bot_id, std::int64_t chat_id, std::int64_t message_id, screen what,
            bool has_photo = false);

 private:
  using place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  struct wish {
    std::optional<screen> newest;  // empty while the last one is on its way
    std::int64_t message_id = 0;   // where it is now: a photo that became a text is another message
    bool has_photo = false;
  };
  static task<> edit(std::shared_ptr<living_messages> self, place where);
  task<> edit_once(place where, screen what);

  outlet senders_;
  async::scope& background_;
  std::map<place, wish> wanted_;
};

}  // namespace tandem::conversation
