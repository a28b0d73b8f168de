#include "hunt/repeats/fingerprint.hpp"

#include <sodium.h>

#include "base/text/hex.hpp"
#include "hunt/repeats/lines.hpp"

namespace tandem::hunt {
namespace {

using text::token;
using text::token_kind;

constexpr std::size_t long_enough_without_links = 20;  // words
}  // namespace

std::optional<fingerprint128> fingerprint(const text::token_list& tokens) {
  const auto lines = repeats::lines_of(tokens);
  std::size_t words = 0;
  for (const auto& line : lines) words += line.words;
  const bool with_addresses = words < long_enough_without_links;
  std::string compared;
  for (const auto& line : lines) {
    if (line.is_hashtags() && words > 0) continue;
    for (std::size_t i = line.begin; i < line.end; ++i) {
      const token& one = tokens[i];
      const bool counts = repeats::is_word(one) || one.kind == token_kind::hashtag ||
                          (with_addresses && repeats::is_address(one));
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

std::string to_hex(const fingerprint128& value) { return text::hex_of(std::as_bytes(std::span(value))); }

}  // namespace tandem::hunt
