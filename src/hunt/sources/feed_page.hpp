#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/posts/channel_post.hpp"

namespace tandem::hunt {

// A feed: RSS 0.9x, 1.0 and 2.0, Atom.
struct feed_page {
  std::string title;
  std::vector<channel_post>
      posts;            // ascending by posted_at, each id once; message_id is a hash of guid or link
  int unreadable = 0;   // items with neither guid, link nor text, or without end
  bool broken = false;  // the text ends or errs in the middle: what came before it is there
};

// no_feed: another document, or none at all; forbidden: it declares entities of its own, which is what bombs
// are made of; too_large and too_complex: over the limits, which real feeds are far from.
enum class feed_error : std::uint8_t { no_feed, forbidden, too_large, too_complex };

struct feed_limits {
  std::size_t bytes = 8 << 20;
  std::size_t depth = 64;
  std::size_t elements = 200'000;
  std::size_t items = 1'000;      // more are left out
  std::size_t field = 256 << 10;  // bytes of one element's markup; the rest is cut
  std::size_t text = 16 << 10;    // bytes of one post's text; the rest is cut
  std::size_t links = 64;
};

// `now` dates the items that say nothing of when they were published. Text is plain, its first line the
// item's title. Encodings: UTF-8, UTF-16 and the one-byte ones. Any bytes are safe; nothing is ever loaded
// from elsewhere.
std::expected<feed_page, feed_error> parse_feed(std::string_view xml, instant now,
                                                const feed_limits& limits = {});

// The number under which a post is kept that has a name instead of one: positive, of 62 bits.
std::int64_t message_id_of_name(std::string_view name);

}  // namespace tandem::hunt
