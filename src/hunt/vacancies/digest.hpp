#pragma once
#include <string>
#include <string_view>

#include "base/text/fold.hpp"

namespace tandem::hunt {

// What a card shows of a post. Bytes, UTF-8; a cut end is marked with an ellipsis.
struct digest {
  std::string title;    // one line, at most 90 characters; never empty unless the text is
  std::string essence;  // what comes after the title, about two lines of a card: at most 160 characters
  std::string budget;   // as it was written: "25 000 ₽", "от 150к до 200к на руки"; at most 60 characters
};

digest digest_of(std::string_view text, text::stemmer& stems);

// The money that a post promises, as it was written; empty if it names none. A line that speaks of pay goes
// first.
std::string budget_of(std::string_view text, text::stemmer& stems);

}  // namespace tandem::hunt
