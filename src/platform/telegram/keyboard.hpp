#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include "platform/telegram/types.hpp"

namespace tandem::telegram {

// A button that Telegram would refuse: a mistake in the program, found in its tests.
struct bad_keyboard : std::logic_error {
  using std::logic_error::logic_error;
};

// Builds an inline keyboard row by row. Throws bad_keyboard: more than three buttons in a row, an empty text,
// callback data that is empty or over 64 bytes, a link that Telegram does not take, copied text over 256
// characters.
class keyboard {
 public:
  static constexpr std::size_t buttons_in_a_row = 3;
  static constexpr std::size_t callback_bytes = 64;

  keyboard& row();  // begins a new row; one that stays empty is left out
  keyboard& callback(std::string text, std::string data);
  keyboard& url(std::string text, std::string url);
  // Whether Telegram takes that link in a button: http, https or tg, with a host that can be one. One that it
  // does not take refuses the whole message, so ask it about addresses that others wrote.
  static bool takes_link(std::string_view url);
  keyboard& copy(std::string text, std::string copied);
  keyboard& web_app(std::string text, std::string url);

  bool empty() const;
  inline_keyboard_markup build() const;

 private:
  keyboard& add(inline_button button);
  std::vector<std::vector<inline_button>> rows_;
};

// Builds the keyboard that stands in the place of the letters, row by row. Throws bad_keyboard for an empty
// text. A button sends its text, the person's contact, or where they are.
class reply_keyboard {
 public:
  reply_keyboard& row();  // begins a new row; one that stays empty is left out
  reply_keyboard& text(std::string text);
  reply_keyboard& contact(std::string text);
  reply_keyboard& location(std::string text);
  reply_keyboard& one_time();  // folds away after a press
  reply_keyboard& placeholder(std::string text);

  reply_keyboard_markup build() const;  // as high as its buttons

 private:
  reply_keyboard& add(keyboard_button button);
  reply_keyboard_markup made_;
};

}  // namespace tandem::telegram
