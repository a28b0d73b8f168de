// Screens as text, compared with golden files. TANDEM_UPDATE_GOLDEN=1 writes the files anew: look at the
// difference before it is committed.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "conversation/screen.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::conversation {

struct named_screen {
  std::string name;
  screen what;
};

inline std::string drawn(const screen& what) {
  std::string out = what.picture ? "(a picture)\n" : "";
  out += what.html + "\n";
  for (const auto& row : what.keyboard.inline_keyboard) {
    for (const auto& button : row) {
      out += "[ " + button.text + " → " + (button.url.empty() ? button.callback_data : button.url) + " ] ";
    }
    out += "\n";
  }
  if (const auto* keys = std::get_if<telegram::reply_keyboard_markup>(&what.typing)) {
    for (const auto& row : keys->keyboard) {
      for (const auto& one : row) out += "[[ " + one.text + " ]] ";
      out += "\n";
    }
  }
  if (std::holds_alternative<telegram::reply_keyboard_remove>(what.typing)) out += "[[ ]]\n";
  return out;
}

inline void compare_with_golden(const std::string& path, const std::vector<named_screen>& screens) {
  std::string all;
  for (const auto& one : screens) all += "=== " + one.name + "\n" + drawn(one.what) + "\n";
  if (std::getenv("TANDEM_UPDATE_GOLDEN")) std::ofstream(path) << all;
  std::ifstream file(path);
  std::ostringstream kept;
  kept << file.rdbuf();
  EXPECT_EQ(all, kept.str()) << path;
}

// The rules of bots' screens: at most `lines` lines, short buttons, at most three in a row, data that fits.
inline void expect_to_fit(const named_screen& one, std::ptrdiff_t lines = 6) {
  SCOPED_TRACE(one.name);
  const auto shown = telegram::plain_text(one.what.html);
  EXPECT_FALSE(shown.empty());
  EXPECT_LE(telegram::code_points(shown), one.what.picture ? 1024U : 4096U);
  EXPECT_LT(std::ranges::count(shown, '\n'), lines) << shown;
  for (const auto& row : one.what.keyboard.inline_keyboard) {
    EXPECT_LE(row.size(), telegram::keyboard::buttons_in_a_row);
    for (const auto& button : row) {
      EXPECT_TRUE(button.url.empty() != button.callback_data.empty()) << button.text;
      EXPECT_LE(button.callback_data.size(), telegram::keyboard::callback_bytes);
      if (row.size() > 1) EXPECT_LE(telegram::code_points(button.text), 26U) << button.text;
    }
  }
}

}  // namespace tandem::conversation
