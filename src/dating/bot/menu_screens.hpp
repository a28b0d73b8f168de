#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dating/bot/parts.hpp"
#include "platform/images/images.hpp"

// The menu and what is behind it: facts in, text and buttons out. Pure, so that they are compared with golden
// files.
namespace tandem::dating::bot {

struct menu_facts {
  std::string name;
  profile_state state = profile_state::active;
  bool has_photo = false;
  std::int64_t likers = 0, matches = 0;
  rights right;
};
screen menu(const view& to, const menu_facts& facts);

screen help(const view& to, const operator_details& details);
screen privacy(const view& to, const operator_details& details);
screen terms(const view& to, const operator_details& details);
screen pay_support(const view& to, const operator_details& details);
// What premium gives, by these limits, and until when the person has it.
screen plan(const view& to, const rights& right, const like_limits& limits, const growth_settings& terms);
// `username` of the bot, "" while it is not known: then the code alone.
screen invite(const view& to, const invitations& made, std::string_view username,
              const growth_settings& terms);
// The caption of the picture; see figures_chart().
screen figures(const view& to, const profile_figures& counted);
images::bar_chart figures_chart(const view& to, const profile_figures& counted);

screen banned(const view& to, const operator_details& details);
// The answer to what nobody understands.
screen not_understood(const view& to, bool registered);
// News: an invitation was rewarded; to both sides of it.
screen rewarded(const view& to, const rights& right);

}  // namespace tandem::dating::bot
