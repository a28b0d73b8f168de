// Reading text as a reader does: case, ё/е, letters of another alphabet that look the same, and word endings
// do not matter. Everything that compares what people wrote (rules, repeats, verdicts) goes through here, so
// that two rooms never disagree about what a word is. Text is UTF-8; broken bytes are read as spaces and
// never throw.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::text {

enum class token_kind : std::uint8_t {
  word,     // letters, or letters with digits ("3d", "k8s"); "c++" and "c#" are words too
  number,   // digits only; "150 000" and "150.000" are one number, "150к" is a number and a word
  hashtag,  // "#graphic_design", without the sign
  mention,  // "@name", without the sign
  link,     // a web address, or a bare name in a common top-level domain
  email,
  sign,  // one of + ? ! % $ € ₽: they mean something to a judge of posts, rules do not see them
};

struct token {
  token_kind kind = token_kind::word;
  bool mixed = false;        // was written with letters of two alphabets, as those who hide from filters do
  std::uint16_t line = 0;    // from 0; empty lines are not counted
  std::uint32_t offset = 0;  // first byte in the source text
  std::uint32_t length = 0;  // bytes in the source text
  std::string folded;        // lower case, ё→е, look-alikes resolved
  std::string stem;          // for words and hashtags without the ending; for others the same as `folded`
};

using token_list = std::vector<token>;

// One word folded: lower case, compatibility forms (full-width, "mathematical" bold) to plain letters, ё→е,
// accents off; if both alphabets occur, the look-alike letters take the side of those that have no double.
std::string fold(std::string_view word);

// The Snowball stem of a folded word: Russian for Cyrillic, English for Latin; others are returned as they
// are. Not for use by two threads at once (it keeps a small memory of the stems that it found last).
class stemmer {
 public:
  stemmer();
  ~stemmer();
  stemmer(stemmer&&) noexcept;
  stemmer& operator=(stemmer&&) noexcept;

  std::string_view stem(std::string_view folded_word);  // valid until the next call

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Splits text into tokens in order, at most `limit` of them; hyphens, slashes and punctuation separate words.
token_list split(std::string_view text, stemmer& stems, std::size_t limit = 4096);

}  // namespace tandem::text
