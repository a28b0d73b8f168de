#pragma once
#include <string>
#include <string_view>

#include "dating/bot/parts.hpp"
#include "dating/bot/presses.hpp"

// Talks as people see them: facts in, text and buttons out. Pure.
namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view talk_page = "talk:page:";        // offset
inline constexpr std::string_view talk_open = "talk:open:";        // match: writes go there from now on
inline constexpr std::string_view talk_line = "talk:line:";        // match: back to the line
inline constexpr std::string_view talk_more = "talk:more:";        // match
inline constexpr std::string_view talk_contact = "talk:contact:";  // match: asks
inline constexpr std::string_view talk_agree = "talk:agree:";      // match
inline constexpr std::string_view talk_not_now = "talk:not_now";
inline constexpr std::string_view talk_end = "talk:end:";          // match: asks
inline constexpr std::string_view talk_unmatch = "talk:unmatch:";  // match
inline constexpr std::string_view talk_last = "talk:last:";        // match: asks
inline constexpr std::string_view talk_drop = "talk:drop:";        // match, message
inline constexpr std::string_view talk_place = "talk:place:";      // message, 0 or 1
}  // namespace press

// The pinned line: with whom one talks.
screen talk_line(const view& to, const talk& what);
screen talk_list(const view& to, const talk_page& page, bool asks_for_whom);
screen talk_more(const view& to, const talk& what);
screen ask_end(const view& to, const talk& what);
screen ended(const view& to, std::string_view name);
screen ask_to_drop(const view& to, const talk& what, std::int64_t message_id);
screen how_to_delete(const view& to);

screen ask_contact(const view& to, const talk& what);
// News: the other would like to exchange contacts.
screen contact_asked(const view& to, const talk& what);
// News: both have agreed. `link`: t.me or tg; `own_username`: without one the own card is asked for.
screen contact(const view& to, const talk& what, std::string_view link, bool own_username);
screen contact_sent(const view& to, std::string_view name);

screen ask_place(const view& to, const talk& what, std::int64_t message_id);
// Why a message was not sent, or what of it was hidden; nothing to say of one that simply went.
std::optional<screen> answer_to(const view& to, const sent_answer& what, std::int64_t message_id);
screen edit_refused(const view& to);

// What the courier says.
courier_words words_of(const parts& with);

}  // namespace tandem::dating::bot
