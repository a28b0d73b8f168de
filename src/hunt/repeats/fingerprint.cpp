#include "hunt/repeats/fingerprint.hpp"

#include <sodium.h>

#include <vector>

namespace tandem::hunt {
namespace {

using text::token;
using text::token_kind;

constexpr std::size_t long_enough_without_links = 20;  // words
constexpr std::size_t signature_words = 6;             // at most, in a line of a signature
constexpr std::size_t words_before_signature = 8;      // a shorter post is not cut: little would be left

bool is_word(const token& one) { return one.kind == token_kind::word || one.kind == token_kind::number; }
bool is_address(const token& one) {
  return one.kind == token_kind::link || one.kind == token_kind::mention || one.kind == token_kind::email;
}

struct line_content {
  std::size_t begin = 0, end = 0;  // tokens
  std::size_t words = 0, addresses = 0, hashtags = 0;
};

std::vector<line_content> lines_of(const text::token_list& tokens) {
  std::vector<line_content> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i == 0 || tokens[i].line != tokens[i - 1].line) out.push_back({.begin = i, .end = i});
    line_content& line = out.back();
    line.end = i + 1;
    line.words += is_word(tokens[i]);
    line.addresses += is_address(tokens[i]);
    line.hashtags += tokens[i].kind == token_kind::hashtag;
  }
  return out;
}

}  // namespace

std::optional<fingerprint128> fingerprint(const text::token_list& tokens) {
  std::vector<line_content> lines = lines_of(tokens);
  std::size_t words = 0;
  for (const auto& line : lines) words += line.words;

  while (!lines.empty()) {
    const auto& last = lines.back();
    const bool signature = last.words <= signature_words && (last.addresses > 0 || last.words == 0);
    if (!signature || words - last.words < words_before_signature) break;
    words -= last.words;
    lines.pop_back();
  }

  const bool with_addresses = words < long_enough_without_links;
  std::string compared;
  for (const auto& line : lines) {
    if (line.hashtags > 0 && line.words == 0 && line.addresses == 0 && words > 0) continue;
    for (std::size_t i = line.begin; i < line.end; ++i) {
      const token& one = tokens[i];
      const bool counts =
          is_word(one) || one.kind == token_kind::hashtag || (with_addresses && is_address(one));
      if (!counts) continue;
      compared.append(one.folded).append(" ");
    }
  }
  if (compared.empty()) return std::nullopt;
  fingerprint128 out{};
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(compared.data()),
                     compared.size(), nullptr, 0);
  return out;
}

std::optional<fingerprint128> fingerprint(std::string_view post) {
  text::stemmer stems;
  return fingerprint(text::split(post, stems));
}

std::string to_hex(const fingerprint128& value) {
  std::string out(value.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), value.data(), value.size());
  out.pop_back();
  return out;
}

}  // namespace tandem::hunt
