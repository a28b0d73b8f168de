#include "hunt/bot/living_messages.hpp"

namespace tandem::hunt::bot {

void living_messages::show(std::int64_t bot_id, std::int64_t chat_id, std::int64_t message_id, screen what) {
  const place where{bot_id, chat_id, message_id};
  const auto [found, idle] = wanted_.try_emplace(where);
  found->second = std::move(what);
  if (idle) background_.spawn("edit a menu", edit(shared_from_this(), where));
}

task<> living_messages::edit(std::shared_ptr<living_messages> self, place where) {
  struct done {
    living_messages& of;
    place where;
    ~done() { of.wanted_.erase(where); }
  } const at_the_end{*self, where};
  while (self->wanted_.at(where)) {
    auto newest = std::move(*self->wanted_.at(where));
    self->wanted_.at(where).reset();
    co_await self->edit_once(where, std::move(newest));
  }
}

task<> living_messages::edit_once(place where, screen what) {
  const auto [bot_id, chat_id, message_id] = where;
  auto* out = with_.senders(bot_id);
  if (!out) co_return;
  auto edit = to_edit(what, chat_id, message_id, telegram::urgency::reply);
  const auto edited = co_await out->edit_message_text(std::move(edit));
  if (edited || edited.error().why != telegram::refusal::message_gone) co_return;
  out = with_.senders(bot_id);
  if (!out) co_return;
  auto message = to_message(what, chat_id, telegram::urgency::reply);
  co_await out->send_message(std::move(message));
}

}  // namespace tandem::hunt::bot
