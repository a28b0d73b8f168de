#include "conversation/living_messages.hpp"

namespace tandem::conversation {

void living_messages::show(std::int64_t bot_id, std::int64_t chat_id, std::int64_t message_id, screen what,
                           bool has_photo) {
  const place where{bot_id, chat_id, message_id};
  const auto [found, idle] = wanted_.try_emplace(where);
  found->second.newest = std::move(what);
  if (!idle) return;
  found->second.message_id = message_id;
  found->second.has_photo = has_photo;
  background_.spawn("edit a menu", edit(shared_from_this(), where));
}

task<> living_messages::edit(std::shared_ptr<living_messages> self, place where) {
  struct done {
    living_messages& of;
    place where;
    ~done() { of.wanted_.erase(where); }
  } const at_the_end{*self, where};
  while (self->wanted_.at(where).newest) {
    auto newest = std::move(*self->wanted_.at(where).newest);
    self->wanted_.at(where).newest.reset();
    co_await self->edit_once(where, std::move(newest));
  }
}

task<> living_messages::edit_once(place where, screen what) {
  const auto bot_id = std::get<0>(where);
  const auto chat_id = std::get<1>(where);
  auto* out = senders_(bot_id);
  if (!out) co_return;
  const auto at = wanted_.at(where).message_id;
  const bool had_photo = wanted_.at(where).has_photo, has_photo = what.picture.has_value();
  const auto shown = co_await replace(*out, std::move(what), chat_id, at, had_photo);
  if (!shown) co_return;
  auto& now = wanted_.at(where);
  now.message_id = shown->message_id;
  now.has_photo = has_photo;
}

}  // namespace tandem::conversation
