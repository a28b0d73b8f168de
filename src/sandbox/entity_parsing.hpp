#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/entities.hpp"

// What the HTML and the Markdown parser share.
namespace tandem::sandbox::parsing {

using failure = std::unexpected<std::string>;
using result = std::expected<formatted, std::string>;

// The text that is being read; behind its end it reads as zero bytes, which ends every scan.
class source {
 public:
  explicit source(std::string_view text) : text_(text) {}
  char operator[](std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  std::size_t size() const { return text_.size(); }
  std::string_view part(std::size_t from, std::size_t to) const {
    from = std::min(from, text_.size());
    return text_.substr(from, std::min(to, text_.size()) - from);
  }

 private:
  std::string_view text_;
};

// The plain text that is being made, with its length in UTF-16 code units.
struct output {
  std::string text;
  int utf16 = 0;
  std::vector<entity> entities;

  void put_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) utf16 += byte >= 0xf0 ? 2 : 1;
    text += c;
  }
  void put_code_point(std::uint32_t code);
};

void append_utf8(std::string& out, std::uint32_t code);

// The format of a date as Telegram gives it back ("wDT", "r", ""), nothing if it is not one.
std::optional<std::string> date_format(std::string_view given);
// The time of tg-time: digits from the beginning, wrapped to 32 bits; 0 if there is none.
std::int64_t date_of(std::string_view digits);
// A custom emoji's id, in its only spelling.
bool is_emoji_id(std::string_view id);

// Appends a link over [offset, out.utf16), or a mention of a person, or nothing if Telegram would drop it.
void add_link(output& out, int offset, std::string_view link);

// The order in which Telegram lists entities.
void sort_entities(std::vector<entity>& entities);

result parse_html(std::string_view text);
result parse_markdown(std::string_view text);
result parse_markdown_v2(std::string_view text);

}  // namespace tandem::sandbox::parsing
