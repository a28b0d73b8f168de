// The own profile and what is behind it: settings, a copy of the data, deletion. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dating/bot/registration_screens.hpp"

namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view view_profile = "me:view";
inline constexpr std::string_view hide_me = "me:hidden:";  // 0 or 1
inline constexpr std::string_view here = "me:here";        // the answer to "are you still here?"
inline constexpr std::string_view zone = "me:zone";
inline constexpr std::string_view set_zone = "me:set_zone:";  // IANA name or fixed offset
inline constexpr std::string_view export_me = "me:export";
inline constexpr std::string_view delete_yes = "me:delete_yes";
}  // namespace press

struct profile_facts {
  profile me;
  person_card card;
  int photos = 0, waiting = 0;  // all that are not refused; of them not yet looked at
};
screen my_profile(const view& to, const profile_facts& facts);
// The card alone.
screen as_others_see(const view& to, const person_card& card);
screen choose_field(const view& to, const profile& me, std::string_view town, int photos);

screen settings(const view& to);
// `typed` is not known where there are no meanings; "" asks for the first time.
screen ask_zone(const view& to, std::string_view typed, const std::vector<std::string>& meanings);

screen ask_deletion(const view& to, bool can_hide);
screen deleted(const view& to, std::string_view proof);
screen nothing_here(const view& to);
screen erasure_proof(const view& to, std::optional<instant> erased_at);

// Notices.
screen still_here(const view& to);
screen win_back(const view& to);

}  // namespace tandem::dating::bot
