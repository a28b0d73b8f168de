#pragma once
#include <string>
#include <string_view>

namespace tandem::text {

// A web, tg:, ton: or tonsite: address as Telegram stores it ("http://example.com/"); "" for one that it
// takes neither for a button nor for a link in a text: "https://https://a.b", "http://a,b",
// "http://intranet/7".
std::string checked_link(std::string_view link);

}  // namespace tandem::text
