#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dating/bot/parts.hpp"

// How a person is shown to others: words out of facts, nothing read or sent.
namespace tandem::dating::bot {

struct person_card {
  std::string name;
  int age = 0;
  std::optional<dating::sex> sex = {};  // nothing: words that fit everybody
  std::optional<double> km = {};        // from the viewer; nothing on the own card
  std::string town = {};                // in the viewer's language; "" where it is the viewer's own
  std::optional<instant> active_at = {};
  std::string about = {};
  std::vector<std::string> interests = {};  // as stored: slugs of the list, own words as "+words"
  std::vector<std::string> common = {};     // those of them that the viewer has, too
  int photo = 1, photos = 1;                // "1/4" where there is more than one
};

inline constexpr std::size_t longest_caption = 1'024;  // code points that Telegram takes under a photo
// At most so many code points: what is too much is cut off `about`.
std::string card_html(const view& to, const person_card& what, std::size_t limit = longest_caption);

// Plain words: "coffee", or the person's own.
std::string say_interest(const view& to, std::string_view stored);
// "jazz, mountains"; plain.
std::string say_interests(const view& to, const std::vector<std::string>& stored);
// "next to you", "3 km"; farther away in steps of 5 and 10, since a town is enough to know.
std::string say_distance(const view& to, double km);
// "today", "2 days ago" in the viewer's zone, to the hour at best.
std::string say_seen(const view& to, instant active_at, std::optional<dating::sex> who);

}  // namespace tandem::dating::bot
