#pragma once
#include <algorithm>
#include <array>
#include <string_view>

namespace tandem::dating {

// The list that people choose from, in the order of showing; titles are dating.interest.SLUG in locales/.
// Slugs lie in the database and never change.
inline constexpr auto listed_interests = std::to_array<std::string_view>(
    {"travel",    "mountains", "sea",        "camping", "running",     "cycling", "gym",    "yoga",
     "swimming",  "football",  "skiing",     "dancing", "music",       "jazz",    "rock",   "concerts",
     "guitar",    "singing",   "films",      "series",  "theatre",     "museums", "books",  "poetry",
     "languages", "drawing",   "photo",      "crafts",  "cooking",     "baking",  "coffee", "tea",
     "wine",      "cats",      "dogs",       "plants",  "board_games", "games",   "anime",  "science",
     "coding",    "startups",  "psychology", "cars",    "volunteering"});

constexpr bool is_listed_interest(std::string_view slug) {
  return std::ranges::find(listed_interests, slug) != listed_interests.end();
}

}  // namespace tandem::dating
