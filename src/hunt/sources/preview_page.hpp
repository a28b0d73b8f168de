#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/posts/channel_post.hpp"

namespace tandem::hunt {

// One page https://t.me/s/NAME. `before` and `after` are what its links to older and newer posts ask for.
struct preview_page {
  std::string title;
  std::vector<channel_post> posts;  // ascending, each id once
  std::int64_t last_id = 0;  // of all blocks, service messages and unreadable ones included; 0: no block
  std::int64_t first_id = 0;
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;
  bool nothing_found = false;  // the history has no posts beyond this point
  int unreadable = 0;          // blocks whose id or date made no sense
};

// Why a page could not be read. no_history: this is no preview page (a private channel, a switched-off
// preview, an error page); too_large and too_complex: over the limits below, which real pages are far from.
enum class page_error { no_history, too_large, too_complex };

struct page_limits {
  std::size_t bytes = 2 << 20;
  std::size_t tags = 30'000;      // start tags
  std::size_t memory = 48 << 20;  // of the parsed tree
  std::size_t text = 16 << 10;    // bytes of one post's text; the rest is cut (Telegram's own limit is lower)
  std::size_t links = 64;         // of one post, hashtags too
};

// Reads a page of the channel `name`; posts of another channel on it are skipped (empty name: of any
// channel). The structure comes from published parsers of these pages: the vendor documents nothing. Any
// bytes are safe.
std::expected<preview_page, page_error> parse_preview_page(std::string_view html, std::string_view name,
                                                           const page_limits& limits = {});

}  // namespace tandem::hunt
