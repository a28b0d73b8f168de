#pragma once
#include <string_view>

#include "conversation/presses.hpp"

// What the buttons carry: see conversation/presses.hpp.
namespace tandem::hunt::bot::press {

inline constexpr std::string_view welcome = "go:welcome";
inline constexpr std::string_view how = "go:how";
inline constexpr std::string_view categories = "go:categories";
inline constexpr std::string_view ready = "go:ready";
inline constexpr std::string_view menu = "go:menu";
inline constexpr std::string_view language = "go:language";
inline constexpr std::string_view zone = "go:zone";
inline constexpr std::string_view help = "go:help";
inline constexpr std::string_view privacy = "go:privacy";
inline constexpr std::string_view plan = "go:plan";
inline constexpr std::string_view settings = "go:settings";
inline constexpr std::string_view delete_me = "go:delete";
inline constexpr std::string_view delete_yes = "delete:yes";
inline constexpr std::string_view saved_list = "saved:";       // offset
inline constexpr std::string_view replied_list = "replies:";   // offset
inline constexpr std::string_view list = "list:";              // list, offset
inline constexpr std::string_view choose = "choose:";          // category, 0 or 1
inline constexpr std::string_view pause = "pause:";            // 0 or 1
inline constexpr std::string_view set_language = "language:";  // ru or en
inline constexpr std::string_view greet_in = "greet:";         // the same, from the welcome
inline constexpr std::string_view set_zone = "zone:";          // IANA name or fixed offset

// Of the filters: the category that they are for (0: all), then the value.
inline constexpr std::string_view filters = "filters:";
inline constexpr std::string_view filter_scopes = "filter_scopes";
inline constexpr std::string_view as_for_all = "as_for_all:";
inline constexpr std::string_view words = "words:";
inline constexpr std::string_view no_words = "no_words:";
inline constexpr std::string_view minus = "minus:";
inline constexpr std::string_view no_minus = "no_minus:";
inline constexpr std::string_view budget = "budget:";
inline constexpr std::string_view any_budget = "any_budget:";
inline constexpr std::string_view without_budget = "without_budget:";  // 0 or 1
inline constexpr std::string_view quiet = "quiet:";
inline constexpr std::string_view set_quiet = "set_quiet:";  // from, to: minutes of the day
inline constexpr std::string_view no_quiet = "no_quiet:";
inline constexpr std::string_view quiet_as_list = "quiet_as_list:";  // 0 or 1
inline constexpr std::string_view when = "when:";
inline constexpr std::string_view at_once = "at_once:";
inline constexpr std::string_view once_a_day = "once_a_day:";  // minute of the day

// Of the reply: the category that it is for (0: all).
inline constexpr std::string_view reply = "reply:";
inline constexpr std::string_view reply_scopes = "reply_scopes";
inline constexpr std::string_view edit_reply = "edit_reply:";
inline constexpr std::string_view no_reply = "no_reply:";

inline constexpr std::string_view hidden = "hidden:";          // offset
inline constexpr std::string_view show_again = "show_again:";  // which, offset

// Of a vacancy's card: vacancy, then the wanted state, then the place in the list that it was opened from:
// offset; of other lists than the saved one their kind, and which list.
inline constexpr std::string_view card = "card:";
inline constexpr std::string_view save = "save:";  // 0 or 1
inline constexpr std::string_view wrong = "wrong:";
inline constexpr std::string_view complain = "complain:";
inline constexpr std::string_view report = "report:";  // index in reasons
inline constexpr std::string_view unreport = "unreport:";
inline constexpr std::string_view more = "more:";
inline constexpr std::string_view why = "why:";
inline constexpr std::string_view hide = "hide:";  // 0 or 1
inline constexpr std::string_view contact = "contact:";
inline constexpr std::string_view replied = "replied:";  // 0 or 1

// Of the operator's card: vacancy.
inline constexpr std::string_view op_show = "op:show:";
inline constexpr std::string_view op_right = "op:right:";
inline constexpr std::string_view op_pick = "op:pick:";
inline constexpr std::string_view op_file = "op:file:";  // and the category
inline constexpr std::string_view op_not_vacancy = "op:none:";
inline constexpr std::string_view op_ask_withdraw = "op:ask_withdraw:";
inline constexpr std::string_view op_withdraw = "op:withdraw:";
inline constexpr std::string_view op_ask_ban = "op:ask_ban:";
inline constexpr std::string_view op_ban = "op:ban:";
inline constexpr std::string_view op_undo = "op:undo:";

// Why a reader reports a vacancy; the index travels in the button, the name lies in the database and in the
// texts.
inline constexpr std::string_view reasons[] = {"wrong_category", "not_vacancy", "scam", "closed"};

using conversation::data;
using conversation::numbers;

}  // namespace tandem::hunt::bot::press
