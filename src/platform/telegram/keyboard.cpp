#include "platform/telegram/keyboard.hpp"

#include "base/text/link.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::telegram {

keyboard& keyboard::row() {
  rows_.emplace_back();
  return *this;
}

keyboard& keyboard::add(inline_button button) {
  if (button.text.empty()) throw bad_keyboard("a button without a text");
  if (rows_.empty()) rows_.emplace_back();
  if (rows_.back().size() == buttons_in_a_row) {
    throw bad_keyboard("\"" + button.text + "\" would be the fourth button of its row");
  }
  rows_.back().push_back(std::move(button));
  return *this;
}

keyboard& keyboard::callback(std::string text, std::string data) {
  if (data.empty() || data.size() > callback_bytes) {
    throw bad_keyboard("callback data of " + std::to_string(data.size()) + " bytes (1 to 64): " + data);
  }
  inline_button button;
  button.text = std::move(text);
  button.callback_data = std::move(data);
  return add(std::move(button));
}

bool keyboard::takes_link(std::string_view url) {
  const bool known = url.starts_with("https://") || url.starts_with("http://") || url.starts_with("tg://");
  return known && !text::checked_link(url).empty();
}

keyboard& keyboard::url(std::string text, std::string url) {
  if (!takes_link(url)) throw bad_keyboard("not a link that Telegram takes: " + url);
  inline_button button;
  button.text = std::move(text);
  button.url = std::move(url);
  return add(std::move(button));
}

keyboard& keyboard::copy(std::string text, std::string copied) {
  if (copied.empty() || code_points(copied) > 256) throw bad_keyboard("copied text has 1 to 256 characters");
  inline_button button;
  button.text = std::move(text);
  button.copy_text.emplace().text = std::move(copied);
  return add(std::move(button));
}

keyboard& keyboard::web_app(std::string text, std::string url) {
  if (!url.starts_with("https://")) throw bad_keyboard("a web app needs an https link: " + url);
  inline_button button;
  button.text = std::move(text);
  button.web_app.emplace().url = std::move(url);
  return add(std::move(button));
}

bool keyboard::empty() const {
  for (const auto& row : rows_) {
    if (!row.empty()) return false;
  }
  return true;
}

inline_keyboard_markup keyboard::build() const {
  inline_keyboard_markup out;
  for (const auto& row : rows_) {
    if (!row.empty()) out.inline_keyboard.push_back(row);
  }
  return out;
}

reply_keyboard& reply_keyboard::row() {
  made_.keyboard.emplace_back();
  return *this;
}

reply_keyboard& reply_keyboard::add(keyboard_button button) {
  if (button.text.empty()) throw bad_keyboard("a button without a text");
  if (made_.keyboard.empty()) made_.keyboard.emplace_back();
  made_.keyboard.back().push_back(std::move(button));
  return *this;
}

reply_keyboard& reply_keyboard::text(std::string text) {
  keyboard_button button;
  button.text = std::move(text);
  return add(std::move(button));
}

reply_keyboard& reply_keyboard::contact(std::string text) {
  keyboard_button button;
  button.text = std::move(text);
  button.request_contact = true;
  return add(std::move(button));
}

reply_keyboard& reply_keyboard::location(std::string text) {
  keyboard_button button;
  button.text = std::move(text);
  button.request_location = true;
  return add(std::move(button));
}

reply_keyboard& reply_keyboard::one_time() {
  made_.one_time_keyboard = true;
  return *this;
}

reply_keyboard& reply_keyboard::placeholder(std::string text) {
  made_.input_field_placeholder = std::move(text);
  return *this;
}

reply_keyboard_markup reply_keyboard::build() const {
  reply_keyboard_markup out = made_;
  std::erase_if(out.keyboard, [](const auto& row) { return row.empty(); });
  out.resize_keyboard = true;
  return out;
}

}  // namespace tandem::telegram
