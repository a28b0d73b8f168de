#pragma once
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "platform/locale/locale.hpp"

namespace tandem::conversation {

// For whom a screen is drawn, and when.
struct view {
  const locale::texts& texts;
  std::string_view product;  // whose texts: "hunt" of locales/*/hunt*.toml
  std::string language;      // "ru" or "en"
  std::string zone;          // IANA name or fixed offset
  instant now;

  // Key "menu.text" is hunt.menu.text.
  std::string html(std::string_view key, const locale::arguments& with = {}) const {
    return texts.html(language, whole(key), with);
  }
  std::string plain(std::string_view key, const locale::arguments& with = {}) const {
    return texts.plain(language, whole(key), with);
  }

 private:
  std::string whole(std::string_view key) const {
    std::string out(product);
    out += '.';
    out += key;
    return out;
  }
};

}  // namespace tandem::conversation
