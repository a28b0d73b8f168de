#pragma once
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "async/scope.hpp"
#include "hunt/bot/parts.hpp"

namespace tandem::hunt::bot {

// Menus that are edited in place. Telegram takes about one edit a second in a chat; somebody who presses
// faster is answered at once, and sees the newest state instead of all those between.
class living_messages : public std::enable_shared_from_this<living_messages> {
 public:
  living_messages(const parts& with, async::scope& background) : with_(with), background_(background) {}
  // A message that is gone is sent anew.
  void show(std::int64_t bot_id, std::int64_t chat_id, std::int64_t message_id, screen what);

 private:
  using place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  static task<> edit(std::shared_ptr<living_messages> self, place where);
  task<> edit_once(place where, screen what);

  const parts& with_;
  async::scope& background_;
  std::map<place, std::optional<screen>> wanted_;  // empty while the last one is on its way
};

}  // namespace tandem::hunt::bot
