#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "conversation/screen.hpp"
#include "conversation/view.hpp"
#include "hunt/categories.hpp"

namespace tandem::hunt::bot {

using conversation::screen;

// For whom a screen is drawn, and when; texts of locales/*/hunt.toml.
struct view : conversation::view {
  const std::vector<listed_category>& categories;

  std::string title(category_id what) const;  // plain; "" for one that is out of use
  std::string_view emoji(category_id what) const;
  // "Tuesday, November 24, 14:05", in the case that "until" asks for.
  std::string until(instant when) const;
};

}  // namespace tandem::hunt::bot
