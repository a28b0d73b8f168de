#include "hunt/repeats/lines.hpp"

namespace tandem::hunt::repeats {
namespace {

constexpr std::size_t signature_words = 6;         // in a line that is a signature, at most
constexpr std::size_t words_before_signature = 8;  // a shorter post is not cut

}  // namespace

std::vector<line_content> lines_of(const text::token_list& tokens) {
  std::vector<line_content> out;
  std::size_t words = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i == 0 || tokens[i].line != tokens[i - 1].line) out.push_back({.begin = i, .end = i});
    auto& line = out.back();
    line.end = i + 1;
    line.words += is_word(tokens[i]);
    line.addresses += is_address(tokens[i]);
    line.hashtags += tokens[i].kind == text::token_kind::hashtag;
    words += is_word(tokens[i]);
  }
  while (!out.empty()) {
    const auto& last = out.back();
    const bool signature = last.words <= signature_words && (last.addresses > 0 || last.words == 0);
    if (!signature || words - last.words < words_before_signature) break;
    words -= last.words;
    out.pop_back();
  }
  return out;
}

}  // namespace tandem::hunt::repeats
