#pragma once
#include <string_view>

#include "conversation/presses.hpp"

// What the buttons that lead from one table's screens to another's carry; the rest is in the tables.
namespace tandem::dating::bot::press {

using conversation::data;
using conversation::numbers;

inline constexpr std::string_view menu = "go:menu";
inline constexpr std::string_view help = "go:help";
inline constexpr std::string_view privacy = "go:privacy";
inline constexpr std::string_view plan = "go:plan";
inline constexpr std::string_view boost = "go:boost";
inline constexpr std::string_view invite = "go:invite";
inline constexpr std::string_view figures = "go:figures";
inline constexpr std::string_view pause = "go:pause:";            // 0 or 1
inline constexpr std::string_view set_language = "go:language:";  // ru or en

inline constexpr std::string_view deck = "deck:next";
inline constexpr std::string_view likers = "like:who";
inline constexpr std::string_view matches = "like:matches";
inline constexpr std::string_view talks = "talk:list";
inline constexpr std::string_view profile = "me:show";
inline constexpr std::string_view settings = "me:settings";
inline constexpr std::string_view ask_deletion = "me:delete";
inline constexpr std::string_view registration = "reg:go";

}  // namespace tandem::dating::bot::press
