// Near repeats: the same vacancy with another contact, another channel's headline, a few words changed or its
// end cut off. Two steps: posts that share a band of their sketches are looked up (an index does that), and
// what was found is compared word by word.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/text/fold.hpp"

namespace tandem::hunt {

// A post as it is compared: its words and numbers in their order, without hashtag lines, the channel's
// signature, links, names and addresses (see fingerprint.hpp).
class compared_text {
 public:
  explicit compared_text(const text::token_list& tokens);  // of text::split

  // Sixteen numbers; two posts that are near repeats have one in common with high probability: the chance for
  // two texts with a share s of common pairs of words is 1 - (1 - s^2)^16. None for a text that is too short
  // to be told from another by its words.
  std::vector<std::int64_t> bands() const;

  struct word {
    std::uint64_t hash = 0;  // of the stem
    bool number = false;
    bool foreign = false;  // in Latin letters: names of tools and languages in a Russian post
    bool title = false;    // stands in a first line that is short enough for one
    bool role = false;     // says who or what is wanted: "дизайнер", "логотип"
    bool filler = false;   // says nothing about the work: "нужен", "вакансия", "удалённо"
  };
  const std::vector<word>& words() const { return words_; }

 private:
  std::vector<word> words_;
};

// How alike two posts are, and why they are no repeats although they look like it.
struct likeness {
  enum class verdict : std::uint8_t { different, other_numbers, other_role, repeat };
  double shared = 0;  // of the shorter text's pairs of words, 0..1
  verdict what = verdict::different;
  bool is_repeat() const { return what == verdict::repeat; }
};

struct near_settings {
  double shared = 0.6;  // at least; chosen by labelled pairs, see decision 0009
};

likeness compare(const compared_text& one, const compared_text& other, const near_settings& settings = {});

}  // namespace tandem::hunt
