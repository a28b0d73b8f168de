#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/link.hpp"

namespace tandem::sandbox {

// The kinds of MessageEntity of the Bot API.
enum class entity_kind : std::uint8_t {
  mention,
  hashtag,
  cashtag,
  bot_command,
  url,
  email,
  phone_number,
  bold,
  italic,
  underline,
  strikethrough,
  spoiler,
  blockquote,
  expandable_blockquote,
  code,
  pre,
  text_link,
  text_mention,
  custom_emoji,
  date_time,
};

// The name in the Bot API ("text_link").
std::string_view name_of(entity_kind kind);

struct entity {
  entity_kind kind{};
  int offset = 0;           // UTF-16 code units
  int length = 0;           // UTF-16 code units
  std::string argument{};   // url, language, custom emoji id, user id, or the format of a date
  std::int64_t number = 0;  // user id of text_mention, time of date_time
  friend bool operator==(const entity&, const entity&) = default;
};

struct formatted {
  std::string text;
  std::vector<entity> entities;
};

enum class markup { html, markdown, markdown_v2 };

// Formatting as TDLib's parseTextEntities understands it: the same entities in the same order, and the same
// error texts (without "Can't parse entities: "). Checked against libtdjson by tests/sandbox_clients.
std::expected<formatted, std::string> parse_entities(std::string_view text, markup how);

// What Telegram finds by itself: mentions, hashtags, cashtags, bot commands, addresses, e-mails.
std::vector<entity> find_entities(std::string_view text);

// What a stored message has: white space cut at both ends, found entities added, entities that cross or
// repeat split and merged as Telegram does.
void settle(formatted& text);

// The length in UTF-16 code units, and in code points (what the limits of a message count).
int utf16_length(std::string_view text);
std::size_t code_points(std::string_view text);
bool is_utf8(std::string_view text);

using text::checked_link;

// HTML as the preview pages of channels carry it.
std::string preview_html(const formatted& text);

}  // namespace tandem::sandbox
