// Rules of a source: which of its posts are worth judging at all. Pure text in, pure answer out; the format
// for people is described in docs/rules.md:
//
//   + #вакансия | #ищу | "ищем дизайнера"     the post must have at least one of these
//   + удалённо                                and this
//   - #резюме | "ищу работу"                  and none of these
//   ; a remark
//
// Words are compared as base/text reads them: case, ё/е, look-alike letters and endings do not matter.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/fold.hpp"

namespace tandem::hunt {

// What is wrong with a rule, and where, so that the place can be shown under the text that was typed.
struct rule_error {
  std::size_t line = 0;    // from 1
  std::size_t column = 0;  // from 1, in characters, not bytes
  // Key of the message in locales/: hunt.rule.no_sign, .empty, .open_quote, .no_word, .bad_tag,
  // .short_prefix, .mixed_term, .too_many_lines, .too_many_terms, .too_long.
  std::string_view message;
  bool operator==(const rule_error&) const = default;
};

// What is wrong in plain English, for the log and the command line; people see the text of `message`.
std::string_view explain(const rule_error& mistake);

struct rule_outcome {
  bool passed = true;
  std::size_t line = 0;  // of the rule that decided, from 1; 0 if the rules are empty
  std::string rule;      // that rule as it was typed
  std::string found;     // what in the post matched it; empty if a "+" rule found nothing
};

class rule_set {
 public:
  // Bounds that keep one source from eating the reader: 100 rules, 50 terms in a rule, 8,000 bytes.
  static constexpr std::size_t most_lines = 100, most_terms = 50, most_bytes = 8000;

  // The empty text is a rule set that every post passes.
  static std::expected<rule_set, rule_error> parse(std::string_view rules);

  // Every "+" rule must find something, no "-" rule may. The first rule that fails decides; "-" rules are
  // tried first, since a forbidden word says more about the post than a missing one. A passed post names its
  // last "+" rule.
  rule_outcome evaluate(std::string_view post, text::stemmer& stems) const;
  rule_outcome evaluate(std::string_view post,
                        const text::token_list& tokens) const;  // of that post, by text::split

  bool empty() const { return rules_.empty(); }

 private:
  enum class form : std::uint8_t { stem, whole, prefix, hashtag };
  struct word {
    form how = form::stem;
    std::string text;
  };
  // A quoted phrase: words side by side. Without quotes: words anywhere in the post, all of them.
  struct term {
    std::vector<word> words;
    bool phrase = false;
  };
  struct rule {
    bool must = true;
    std::size_t line = 0;
    std::string typed;
    std::vector<term> any_of;
  };
  struct span {
    std::size_t from = 0, to = 0;
  };
  class reader;

  static bool matches(const word& want, const text::token& have);
  static std::optional<span> find(const term& want, const text::token_list& tokens);

  std::vector<rule> rules_;  // "-" rules first
};

}  // namespace tandem::hunt
