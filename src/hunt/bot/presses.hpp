#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the buttons carry. It names the wanted state ("save:17:1"), never "the other one", so that a press
// that comes twice does nothing more; ids are looked up under the presser's own name, so that data made up
// does nothing at all.
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
inline constexpr std::string_view delete_me = "go:delete";
inline constexpr std::string_view delete_yes = "delete:yes";
inline constexpr std::string_view saved_list = "saved:";       // offset
inline constexpr std::string_view choose = "choose:";          // category, 0 or 1
inline constexpr std::string_view pause = "pause:";            // 0 or 1
inline constexpr std::string_view set_language = "language:";  // ru or en
inline constexpr std::string_view greet_in = "greet:";         // the same, from the welcome
inline constexpr std::string_view set_zone = "zone:";          // IANA name or fixed offset

// Of a vacancy's card: vacancy, then the wanted state, then the offset of the saved list that it was opened
// from.
inline constexpr std::string_view card = "card:";
inline constexpr std::string_view save = "save:";  // 0 or 1
inline constexpr std::string_view wrong = "wrong:";
inline constexpr std::string_view complain = "complain:";
inline constexpr std::string_view report = "report:";  // index in reasons
inline constexpr std::string_view unreport = "unreport:";
inline constexpr std::string_view more = "more:";
inline constexpr std::string_view why = "why:";
inline constexpr std::string_view hide = "hide:";  // 0 or 1

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

// Why a reader reports a vacancy; the index travels in the button, the name lies in the database and in the
// texts.
inline constexpr std::string_view reasons[] = {"wrong_category", "not_vacancy", "scam", "closed"};

template <class... Number>
std::string data(std::string_view prefix, Number... numbers) {
  std::string out(prefix);
  bool first = true;
  const auto add = [&](std::int64_t number) {
    if (!first) out += ':';
    first = false;
    out += std::to_string(number);
  };
  (add(static_cast<std::int64_t>(numbers)), ...);
  return out;
}

// The numbers behind a prefix; nothing if they are not numbers. A negative one is nobody's.
inline std::optional<std::vector<std::int64_t>> numbers(std::string_view text) {
  std::vector<std::int64_t> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::int64_t number = 0;
    const auto [next, failed] = std::from_chars(at, end, number);
    if (failed != std::errc() || number < 0) return std::nullopt;
    out.push_back(number);
    if (next == end) return out;
    if (*next != ':') return std::nullopt;
    at = next + 1;
  }
}

}  // namespace tandem::hunt::bot::press
