#include "hunt/rules/rules.hpp"

#include <algorithm>

namespace tandem::hunt {
namespace {

using text::token;
using text::token_kind;

constexpr std::size_t shortest_prefix = 3;  // letters; "а*" would match nearly everything

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_readable(const token& one) {
  return one.kind != token_kind::sign && one.kind != token_kind::link && one.kind != token_kind::email;
}

struct sentence {
  std::string_view message, english;
};
constexpr auto sentences = std::to_array<sentence>({
    {"hunt.rule.no_sign", "a rule begins with + (must be there) or - (must not), a remark with ;"},
    {"hunt.rule.empty", "nothing to look for here"},
    {"hunt.rule.open_quote", "the quotation mark is never closed"},
    {"hunt.rule.no_word", "there is no word in this"},
    {"hunt.rule.bad_tag", "# wants letters behind it"},
    {"hunt.rule.short_prefix", "a beginning with * needs three letters"},
    {"hunt.rule.mixed_term", "a quoted phrase stands alone between the bars"},
    {"hunt.rule.too_many_lines", "at most 100 rules"},
    {"hunt.rule.too_many_terms", "at most 50 alternatives in a rule"},
    {"hunt.rule.too_long", "at most 8,000 bytes of rules"},
});

}  // namespace

std::string_view explain(const rule_error& mistake) {
  const auto found = std::ranges::find(sentences, mistake.message, &sentence::message);
  return found == sentences.end() ? mistake.message : found->english;
}

// Reads one line: sign, then terms between bars.
class rule_set::reader {
 public:
  reader(std::string_view line, std::size_t number, text::stemmer& stems)
      : line_(line), number_(number), stems_(stems) {}

  std::expected<rule, rule_error> read() {
    skip_spaces();
    rule out;
    out.line = number_;
    if (line_[at_] != '+' && line_[at_] != '-') return wrong(at_, "hunt.rule.no_sign");
    out.must = line_[at_] == '+';
    ++at_;
    while (true) {
      skip_spaces();
      const std::size_t from = at_;
      auto made = read_term();
      if (!made) return std::unexpected(made.error());
      if (made->words.empty()) return wrong(from, "hunt.rule.empty");
      out.any_of.push_back(std::move(*made));
      if (out.any_of.size() > most_terms) return wrong(from, "hunt.rule.too_many_terms");
      if (at_ >= line_.size()) break;
      ++at_;  // the bar
    }
    std::string_view typed = line_;
    while (!typed.empty() && is_space(typed.back())) typed.remove_suffix(1);
    while (!typed.empty() && is_space(typed.front())) typed.remove_prefix(1);
    out.typed = typed;
    return out;
  }

 private:
  void skip_spaces() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
  }

  std::unexpected<rule_error> wrong(std::size_t at, std::string_view message) const {
    return std::unexpected(rule_error{number_, characters(line_.substr(0, at)) + 1, message});
  }

  // Length in bytes of the quotation mark at `at_`: ", «, », “, ” or „; 0 if there is none.
  std::size_t quote() const {
    const std::string_view rest = line_.substr(at_);
    if (rest.starts_with('"')) return 1;
    for (const std::string_view mark : {"«", "»", "“", "”", "„"})
      if (rest.starts_with(mark)) return mark.size();
    return 0;
  }

  std::expected<term, rule_error> read_term() {
    term out;
    while (at_ < line_.size() && line_[at_] != '|') {
      const std::size_t from = at_;
      if (const std::size_t mark = quote(); mark > 0) {
        at_ += mark;
        const std::size_t inner = at_;
        while (at_ < line_.size() && quote() == 0) ++at_;
        if (at_ >= line_.size()) return wrong(from, "hunt.rule.open_quote");
        const std::string_view quoted = line_.substr(inner, at_ - inner);
        at_ += quote();
        term phrase{.words = words_of(quoted, form::stem), .phrase = true};
        if (phrase.words.empty()) return wrong(from, "hunt.rule.no_word");
        // "a b" c could mean three things: refused rather than guessed.
        if (out.words.empty() && rest_of_term_is_empty()) return phrase;
        return wrong(from, "hunt.rule.mixed_term");
      }
      while (at_ < line_.size() && line_[at_] != '|' && !is_space(line_[at_]) && quote() == 0) ++at_;
      std::string_view piece = line_.substr(from, at_ - from);
      form how = form::stem;
      if (piece.starts_with('=')) {
        how = form::whole;
        piece.remove_prefix(1);
      }
      if (piece.ends_with('*')) {
        how = form::prefix;
        piece.remove_suffix(1);
      }
      auto words = words_of(piece, how);
      if (words.empty())
        return wrong(from, piece.starts_with('#') ? "hunt.rule.bad_tag" : "hunt.rule.no_word");
      if (how == form::prefix && characters(words.back().text) < shortest_prefix)
        return wrong(from, "hunt.rule.short_prefix");
      std::move(words.begin(), words.end(), std::back_inserter(out.words));
      skip_spaces();
    }
    return out;
  }

  bool rest_of_term_is_empty() {
    skip_spaces();
    return at_ >= line_.size() || line_[at_] == '|';
  }

  std::vector<word> words_of(std::string_view piece, form how) {
    std::vector<word> out;
    for (token& one : text::split(piece, stems_)) {
      if (!is_readable(one)) continue;
      if (one.kind == token_kind::hashtag)
        out.push_back({form::hashtag, std::move(one.folded)});
      else
        out.push_back({how, how == form::stem ? std::move(one.stem) : std::move(one.folded)});
    }
    // In "вёб-дизайн*" only the last word is a beginning.
    if (how == form::prefix)
      for (std::size_t i = 0; i + 1 < out.size(); ++i) out[i].how = form::whole;
    return out;
  }

  std::string_view line_;
  std::size_t number_;
  text::stemmer& stems_;
  std::size_t at_ = 0;
};

std::expected<rule_set, rule_error> rule_set::parse(std::string_view rules) {
  rule_set out;
  if (rules.size() > most_bytes) return std::unexpected(rule_error{1, 1, "hunt.rule.too_long"});
  text::stemmer stems;
  std::vector<rule> must;
  for (std::size_t number = 1; !rules.empty(); ++number) {
    const std::size_t end = rules.find('\n');
    const std::string_view line = rules.substr(0, end);
    rules.remove_prefix(end == std::string_view::npos ? rules.size() : end + 1);
    const std::size_t first = std::find_if_not(line.begin(), line.end(), is_space) - line.begin();
    if (first == line.size() || line[first] == ';') continue;
    if (out.rules_.size() + must.size() == most_lines)
      return std::unexpected(rule_error{number, 1, "hunt.rule.too_many_lines"});
    auto made = reader(line, number, stems).read();
    if (!made) return std::unexpected(made.error());
    (made->must ? must : out.rules_).push_back(std::move(*made));
  }
  std::ranges::move(must, std::back_inserter(out.rules_));
  return out;
}

bool rule_set::matches(const word& want, const token& have) {
  if (!is_readable(have)) return false;
  switch (want.how) {
    case form::hashtag: return have.kind == token_kind::hashtag && have.folded == want.text;
    case form::prefix: return have.folded.starts_with(want.text);
    case form::whole: return have.folded == want.text;
    case form::stem: return have.stem == want.text;
  }
  return false;
}

std::optional<rule_set::span> rule_set::find(const term& want, const text::token_list& tokens) {
  if (want.phrase) {
    // Signs between the words ("ищем, дизайнера!") do not part a phrase.
    for (std::size_t start = 0; start < tokens.size(); ++start) {
      std::size_t at = start, matched = 0;
      while (at < tokens.size() && matched < want.words.size()) {
        if (tokens[at].kind == token_kind::sign && matched > 0) {
          ++at;
          continue;
        }
        if (!matches(want.words[matched], tokens[at])) break;
        ++matched;
        ++at;
      }
      if (matched == want.words.size()) return span{start, at - 1};
    }
    return std::nullopt;
  }
  std::optional<span> out;
  for (const word& one : want.words) {
    const auto found =
        std::find_if(tokens.begin(), tokens.end(), [&one](const token& have) { return matches(one, have); });
    if (found == tokens.end()) return std::nullopt;
    const auto index = static_cast<std::size_t>(found - tokens.begin());
    if (!out) out = span{index, index};
  }
  return out;
}

rule_outcome rule_set::evaluate(std::string_view post, text::stemmer& stems) const {
  if (rules_.empty()) return {};
  return evaluate(post, text::split(post, stems));
}

rule_outcome rule_set::evaluate(std::string_view post, const text::token_list& tokens) const {
  rule_outcome out;
  for (const rule& one : rules_) {
    std::string found;
    bool hit = false;
    for (const term& candidate : one.any_of)
      if (const auto place = find(candidate, tokens)) {
        const token &first = tokens[place->from], &last = tokens[place->to];
        found = post.substr(first.offset, last.offset + last.length - first.offset);
        hit = true;
        break;
      }
    if (hit != one.must) return {false, one.line, one.typed, std::move(found)};
    if (one.must) out = {true, one.line, one.typed, std::move(found)};
  }
  return out;
}

}  // namespace tandem::hunt
