// The twelve default categories of work; their slugs are part of the product's contract (settings, bots,
// classify).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::hunt {

enum class category : std::uint8_t {
  development,
  data,
  design,
  illustration,
  video,
  copywriting,
  translation,
  smm,
  marketing,
  management,
  assistant,
  sales,
};

inline constexpr std::array<std::string_view, 12> category_slugs{
    "development", "data", "design",    "illustration", "video",     "copywriting",
    "translation", "smm",  "marketing", "management",   "assistant", "sales"};

constexpr std::string_view slug(category which) { return category_slugs[static_cast<std::size_t>(which)]; }

constexpr std::optional<category> category_from_slug(std::string_view slug) {
  for (std::size_t i = 0; i < category_slugs.size(); ++i)
    if (category_slugs[i] == slug) return static_cast<category>(i);
  return std::nullopt;
}

}  // namespace tandem::hunt
