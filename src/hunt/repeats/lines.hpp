#pragma once
#include <vector>

#include "base/text/fold.hpp"

// Inside of the room: a post by its lines, as both comparisons read it.
namespace tandem::hunt::repeats {

inline bool is_word(const text::token& one) {
  return one.kind == text::token_kind::word || one.kind == text::token_kind::number;
}
inline bool is_address(const text::token& one) {
  using text::token_kind;
  return one.kind == token_kind::link || one.kind == token_kind::mention || one.kind == token_kind::email;
}

struct line_content {
  std::size_t begin = 0, end = 0;  // tokens
  std::size_t words = 0, addresses = 0, hashtags = 0;
  bool is_hashtags() const { return hashtags > 0 && words == 0 && addresses == 0; }
};

// The lines without the channel's signature: last lines that are a link, a name or a few words around one. A
// short post keeps it: little would be left.
std::vector<line_content> lines_of(const text::token_list& tokens);

}  // namespace tandem::hunt::repeats
