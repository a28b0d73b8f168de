#include "conversation/operators_chat.hpp"

#include <algorithm>

#include "conversation/presses.hpp"

namespace tandem::conversation::inside {

task<bool> is_operators_chat(const stage& on, const turn& now) {
  const auto chats = co_await on.operators.chats(now.db);
  co_return std::ranges::any_of(chats, [&](const accounts::operator_chat& one) {
    return one.bot_id == now.in.me.id && one.chat_id == now.in.chat_id();
  });
}

task<std::optional<std::vector<std::int64_t>>> operators_press(const stage& on, turn& now,
                                                               std::size_t count) {
  const bool here = co_await is_operators_chat(on, now);
  auto given = numbers(now.in.argument);
  if (!here || !given || given->size() != count) co_return std::nullopt;
  now.subject = std::to_string(given->front());
  co_return given;
}

task<bool> claim_chat(const stage& on, const turn& now, std::string_view code) {
  const accounts::operator_chat chat{now.in.me.id, now.in.chat_id(), now.person.id};
  const bool before = co_await is_operators_chat(on, now);
  co_return before || co_await on.operators.claim(now.db, code, chat);
}

}  // namespace tandem::conversation::inside
