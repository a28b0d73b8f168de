#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/text/fold.hpp"
#include "hunt/rules/rules.hpp"

// A reader's own words, written as in the rules of a source (docs/rules.md), but without signs and lines:
//   логотип, "фирменный стиль", #figma, иллюстрат*
namespace tandem::hunt {

inline constexpr std::size_t most_words = 30;           // in one list
inline constexpr std::size_t longest_word_bytes = 120;  // of one of them

enum class word_error : std::uint8_t { none_found, too_many, too_long, not_understood };
struct bad_words {
  word_error why = word_error::none_found;
  std::string word;  // the one that is wrong; empty: the whole
};

// What a person typed, taken apart at commas, bars and line ends; each once.
std::expected<std::vector<std::string>, bad_words> read_words(std::string_view typed);

// What a post must have before it is worth comparing with a word: one of its stems, exact forms, beginnings
// or hashtags, the longest one. `alone`: who has the key has the word.
struct word_key {
  std::string key;
  bool alone = false;
};
word_key key_of(std::string_view word, text::stemmer& stems);

// A post, looked at for words.
class worded_post {
 public:
  worded_post(std::string text, text::stemmer& stems);
  const std::unordered_set<std::string>& keys() const { return keys_; }
  // For a word whose key is there and that is not alone.
  bool has(const rule_set& word) const { return word.evaluate(text_, tokens_).passed; }

 private:
  std::string text_;
  text::token_list tokens_;
  std::unordered_set<std::string> keys_;
};

// Words that were compiled; the least of the house's caches: it is emptied when it is full.
class compiled_words {
 public:
  const rule_set& of(const std::string& word);

 private:
  std::unordered_map<std::string, rule_set> known_;
};

}  // namespace tandem::hunt
