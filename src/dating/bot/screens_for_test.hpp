// For whom the screens of Dating's tests are drawn, and their golden files: golden/NAME.LANGUAGE.txt.
#pragma once
#include "conversation/screens_for_test.hpp"
#include "dating/bot/parts.hpp"

namespace tandem::dating::bot {

using conversation::named_screen;

inline const instant noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(9);  // in Moscow

inline const locale::texts& texts() {
  static const auto all = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  return *all;
}
inline view in(std::string language) {
  return {texts(), "dating", std::move(language), "Europe/Moscow", noon};
}

inline void expect_golden(const std::string& name, const std::string& language,
                          const std::vector<named_screen>& screens) {
  const auto file = "/src/dating/bot/golden/" + name + "." + language + ".txt";
  conversation::compare_with_golden(TANDEM_SOURCE_DIR + file, screens);
}

}  // namespace tandem::dating::bot
