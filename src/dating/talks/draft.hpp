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

// "photo" → message_content::photo; "other" for a name that is none.
telegram::message_content content_named(std::string_view name);

// What a person has sent, without anything that tells who they are: no origin of a forward, no sender.
struct draft {
  std::int64_t bot_id = 0, message_id = 0;
  std::optional<std::int64_t> reply_to;  // in the same chat
  telegram::message_content kind = telegram::message_content::other;
  std::string text;  // or the caption
  std::vector<telegram::message_entity> entities;
  double latitude = 0, longitude = 0;
  bool own_contact = false;  // a contact card, and it is the sender's own
};
draft draft_of(std::int64_t bot_id, const telegram::message& what);

// Places in the text that Telegram itself marks as a link, e-mail, phone number or mention.
std::vector<found_sign> signs_of_entities(std::string_view text,
                                          const std::vector<telegram::message_entity>& entities);
// A text as the other one sees it: entities that only format, the rest as plain words (links behind words,
// mentions of people), `hidden` places replaced by hidden_place.
struct shown_text {
  std::string text;
  std::vector<telegram::message_entity> entities;
};
shown_text to_shown(std::string_view text, const std::vector<telegram::message_entity>& entities,
                    const std::vector<found_sign>& hidden);
// With a line in front of it, in bold.
shown_text under_heading(std::string_view heading, shown_text what);

// What is kept sealed of a message, as JSON.
struct kept_content {
  telegram::message_content kind = telegram::message_content::text;
  shown_text what;  // the text or the caption
  double latitude = 0, longitude = 0;
};
std::string to_json(const kept_content& what);
kept_content kept_of(std::string_view json);  // throws what Boost.JSON throws: only our own is read

// What a sealed content is bound to: it opens in its own row alone.
std::string content_purpose(std::int64_t bot_id, std::int64_t from, std::int64_t message_id);

}  // namespace tandem::dating
