// The list of signals that the local judge looks for besides single words (models/hunt/lexicon.txt), and how
// a post becomes features. Training and judging share this file: a feature means the same on both sides.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text/fold.hpp"

namespace tandem::hunt {

struct lexicon_error {
  std::size_t line = 0;  // from 1
  std::string what;
};

// Sections of phrases. The file: "[section]" opens one, phrases stand between "|", a line beginning with ";"
// is a comment. A phrase matches by stems, side by side; in a section "[=section]" by whole words; "#x"
// matches the hashtag;
// "~" inside a phrase stands for up to three words, "(a, b c)" for any of the listed alternatives.
class lexicon {
 public:
  static std::expected<lexicon, lexicon_error> parse(std::string_view file, text::stemmer& stems);

  struct hit {
    std::uint16_t section = 0;
    std::uint32_t token = 0;   // index of the first token
    std::uint32_t length = 0;  // in tokens
  };

  std::vector<hit> find(const text::token_list& post) const;
  const std::vector<std::string>& sections() const { return sections_; }

 private:
  struct phrase {
    std::vector<std::string> words;  // at least one: stems, or whole folded words if `exact`
    std::uint16_t section = 0;
    bool exact = false;
    std::size_t gap_before = 0;  // index of the word before which up to three others may stand; 0: no gap
  };
  std::vector<std::string> sections_;
  std::unordered_map<std::string, std::vector<phrase>> by_first_;  // stem of the first word → its phrases
};

// A post as lines of words that fastText reads, and the names of the signals for the operator.
struct post_features {
  std::string kind_line;      // signals, stems and words, for the question vacancy / cv / …
  std::string plain_line;     // the same question without the lexicon: the words alone, with their endings
  std::string category_line;  // for the question of what work
  std::string signals;       // names of the lexicon's sections that spoke, without roles, separated by spaces
  bool offers_work = false;  // a hiring word, a list of duties, a request to apply …
  bool offers_self = false;  // "I do", "my portfolio", "looking for work" …
  bool asks = false;         // somebody else is asked to do the work, in so many words
  std::vector<std::string> titles;  // categories whose professions stand in the post's title
  std::size_t words = 0;            // words and numbers read (at most as many as one post may have)
};

post_features features(std::string_view post, const lexicon& words, text::stemmer& stems);

}  // namespace tandem::hunt
