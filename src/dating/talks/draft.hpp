#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dating/safety/text_signs.hpp"
#include "platform/telegram/types.hpp"

// A message of a talk between Telegram and the database. Pure.
namespace tandem::dating {

enum class draft_kind : std::uint8_t {
  text,
  photo,
  video,
  voice,
  video_note,
  animation,
  sticker,
  location,
  contact,
  other
};
std::string_view name_of(draft_kind what);
std::optional<draft_kind> draft_kind_of(std::string_view name);

// What a person has sent, without anything that tells who they are: no origin of a forward, no sender.
struct draft {
  std::int64_t bot_id = 0, message_id = 0;
  std::optional<std::int64_t> reply_to;  // in the same chat
  draft_kind kind = draft_kind::other;
  std::string text;  // or the caption
  std::vector<telegram::message_entity> entities;
  double latitude = 0, longitude = 0;
  std::string phone, first_name, last_name;  // of a contact card
  bool own_contact = false;                  // the card is the sender's
};
draft draft_of(std::int64_t bot_id, const telegram::message& what);

// Places in the text that Telegram itself marks as a link, e-mail, phone number or mention.
std::vector<found_sign> signs_of_entities(std::string_view text,
                                          const std::vector<telegram::message_entity>& entities);
// Both in the order of the text, overlapping ones as one.
std::vector<found_sign> merged(std::vector<found_sign> one, std::vector<found_sign> other);

// The text as HTML: formatting kept, what leads to somebody (links behind words, mentions of people) as plain
// words, `hidden` places replaced by "•••".
std::string to_html(std::string_view text, const std::vector<telegram::message_entity>& entities,
                    const std::vector<found_sign>& hidden);

// What is kept sealed of a message: JSON.
struct kept_content {
  draft_kind kind = draft_kind::text;
  std::string html;
  double latitude = 0, longitude = 0;
  std::string phone, first_name, last_name;
};
std::string to_json(const kept_content& what);
kept_content content_of(std::string_view json);

// What a sealed content is bound to: it opens in its own row alone.
std::string content_purpose(std::int64_t bot_id, std::int64_t from, std::int64_t message_id);

}  // namespace tandem::dating
