#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace tandem::hunt {

// A link inside a post or on its buttons, with the words that it stands on.
struct post_link {
  std::string url;  // http, https, tg or mailto; at most 2,048 bytes
  std::string text;
  friend bool operator==(const post_link&, const post_link&) = default;
};

enum class media_kind : std::uint8_t {
  photo,
  album,
  video,
  voice,
  document,
  sticker,
  poll,
  location,
  unsupported
};

// A post as a source shows it, whatever kind the source is. All texts are valid UTF-8 without NUL.
struct channel_post {
  // Ascending within a channel, 1 … 2^31-1; of a feed and of the operator's posts a hash of what tells one
  // from the others.
  std::int64_t message_id = 0;
  instant posted_at;
  std::string text;              // plain, lines by "\n"; a poll's question and options when there is no text
  std::vector<post_link> links;  // in the order of the text, buttons last
  std::vector<std::string> hashtags;  // without "#"
  std::string forwarded_from;         // the shown name
  std::string forwarded_url;          // a public origin: https://t.me/src/9
  std::string signature;
  std::string url;     // where the post is; empty: the source's name and the message id tell
  std::string origin;  // shown instead of the source's title: where the operator found it
  // Of a chat, where everybody writes: who wrote it. Empty and 0 in a channel.
  std::string author_name;      // as shown
  std::string author_username;  // without "@"; empty: none
  std::int64_t author_id = 0;   // their number in Telegram
  bool edited = false;
  std::vector<media_kind> media;  // each kind once
};

}  // namespace tandem::hunt
