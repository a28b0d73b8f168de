#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "dating/bot/parts.hpp"
#include "dating/bot/presses.hpp"

// Complaints and blocks as people see them, and the operator's desk. Pure but for pictures.
namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view complain = "safe:why:";     // person, match or 0: asks for the reason
inline constexpr std::string_view complain_of = "safe:say:";  // person, match or 0, reason
inline constexpr std::string_view ask_block = "safe:ask:";    // person
inline constexpr std::string_view block = "safe:block:";      // person
inline constexpr std::string_view blocks = "safe:list";
inline constexpr std::string_view unblock = "safe:unblock:";  // person

// Of the desk: person, or what it says.
inline constexpr std::string_view case_show = "op:case:show:";  // and which photo, from 0
inline constexpr std::string_view case_ask = "op:case:ask:";    // and the action: shadow, ban
inline constexpr std::string_view case_act = "op:case:act:";    // and the action
inline constexpr std::string_view case_hide = "op:case:hide:";  // and the photo
inline constexpr std::string_view case_undo = "op:case:undo:";
inline constexpr std::string_view case_next = "op:case:next:";    // whom the card shows
inline constexpr std::string_view case_read = "op:case:read:";    // complaint
inline constexpr std::string_view case_media = "op:case:media:";  // complaint
}  // namespace press

// `talk`: 0 outside of one.
screen ask_reason(const view& to, user_id about, std::string_view name, match_id talk);
screen thanks_for_complaint(const view& to, complaint_reason reason);
screen ask_to_block(const view& to, user_id about, std::string_view name);
screen blocked(const view& to, std::string_view name);
screen block_list(const view& to, const std::vector<safety::blocked_person>& people);
screen warned(const view& to);

// Why a text is not taken: one sentence that says what to change.
std::string say_sign(const view& to, sign what);

struct case_facts {
  complaint_case what;
  std::size_t photo = 0;  // which of them is shown
  std::optional<conversation::picture> picture = {};
  std::int64_t waiting = 0;  // people in the queue, this one with them
};
screen case_card(const view& to, case_facts facts);
screen confirm_case(const view& to, case_facts facts, operator_action how);
screen no_cases(const view& to);
screen case_talk(const view& to, const read_talk& what, complaint_id through);

}  // namespace tandem::dating::bot
