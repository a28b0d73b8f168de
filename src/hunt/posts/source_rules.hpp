#pragma once
#include <string>
#include <unordered_map>

#include "hunt/rules/rules.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::hunt {

// The rules of all sources, each parsed once and again when its text changes.
class source_rules {
 public:
  // What the source's rules say of a post; `words` are its tokens. Rules that cannot be read (they were
  // checked when they were set) let everything pass: a wrong post is the judge's work, a lost one nobody's.
  rule_outcome evaluate(const source& of, std::string_view post, const text::token_list& words);

 private:
  struct parsed {
    std::string text;
    rule_set rules;
  };
  std::unordered_map<source_id, parsed> known_;
};

}  // namespace tandem::hunt
