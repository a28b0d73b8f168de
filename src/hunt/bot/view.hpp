#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "hunt/categories.hpp"
#include "platform/locale/locale.hpp"
#include "platform/telegram/types.hpp"

namespace tandem::hunt::bot {

// A message as a person sees it.
struct screen {
  std::string html;
  telegram::inline_keyboard_markup keyboard;
};

// For whom a screen is drawn, and when.
struct view {
  const locale::texts& texts;
  const std::vector<listed_category>& categories;
  std::string language;
  std::string zone;
  instant now;

  // Texts of locales/*/hunt.toml: key "menu.text" is hunt.menu.text.
  std::string html(std::string_view key, const locale::arguments& with = {}) const;
  std::string plain(std::string_view key, const locale::arguments& with = {}) const;

  std::string title(category_id what) const;  // plain; "" for one that is out of use
  std::string_view emoji(category_id what) const;
  // "Tuesday, November 24, 14:05", in the case that "until" asks for.
  std::string until(instant when) const;
};

}  // namespace tandem::hunt::bot
