// What works in the operator's chats and nowhere else: the desks of the products.
#pragma once
#include "conversation/turn.hpp"

namespace tandem::conversation {
namespace inside {

task<bool> is_operators_chat(const stage& on, const turn& now);
task<std::optional<std::vector<std::int64_t>>> operators_press(const stage& on, turn& now, std::size_t count);
task<bool> claim_chat(const stage& on, const turn& now, std::string_view code);

}  // namespace inside

// Whether the update comes from one of them.
template <class Turn>
task<bool> is_operators_chat(Turn& now) {
  return inside::is_operators_chat(now.with, now);
}

// The numbers of the press, if this is the place for it and there are as many; the first is the journal's
// subject.
template <class Turn>
task<std::optional<std::vector<std::int64_t>>> operators_press(Turn& now, std::size_t count) {
  return inside::operators_press(now.with, now, count);
}

// Makes this chat one of them. True as well if it is one already: an update that comes twice finds its code
// used.
template <class Turn>
task<bool> claim_chat(Turn& now, std::string_view code) {
  return inside::claim_chat(now.with, now, code);
}

// Nothing but a note on the pressed button.
template <class Turn>
reply said(const Turn& now, std::string_view key) {
  reply out;
  out.note = now.to().plain(key);
  return out;
}

}  // namespace tandem::conversation
