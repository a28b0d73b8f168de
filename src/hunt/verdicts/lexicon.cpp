#include "hunt/verdicts/lexicon.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::hunt {
namespace {

using text::token;
using text::token_kind;

// A post is judged by its beginning; what follows the first 300 tokens repeats what was said.
constexpr std::size_t tokens_read = 300;
// The head of a post names the work: so many words, on so many lines (a line of hashtags and a greeting
// included).
constexpr std::size_t head_words = 24;
constexpr std::size_t head_lines = 4;
// After "we look for" the role follows within so many words.
constexpr std::size_t hire_window = 6;
constexpr std::string_view role_prefix = "role:";

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string key(const token& of) { return of.kind == token_kind::hashtag ? "#" + of.stem : of.stem; }

bool counts_as_word(const token& of) {
  return of.kind == token_kind::word || of.kind == token_kind::number || of.kind == token_kind::hashtag;
}

bool is_money_unit(std::string_view stem) {
  static constexpr auto units =
      std::to_array<std::string_view>({"к", "k", "руб", "рубл", "р", "т", "тыс", "тысяч", "usd", "eur", "евр",
                                       "доллар", "rub", "gross", "net"});
  return std::find(units.begin(), units.end(), stem) != units.end();
}

std::string_view bucket(std::size_t count) {
  return count >= 8 ? "8" : count >= 4 ? "4" : count >= 2 ? "2" : "1";
}

}  // namespace

std::expected<lexicon, lexicon_error> lexicon::parse(std::string_view file, text::stemmer& stems) {
  lexicon out;
  std::size_t number = 0;
  bool exact = false;
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    std::string_view line = trim(file.substr(0, end));
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == ';') continue;
    if (line.front() == '[') {
      if (line.back() != ']' || line.size() < 3)
        return std::unexpected(lexicon_error{number, "a section is written [name]"});
      exact = line[1] == '=';
      out.sections_.emplace_back(line.substr(exact ? 2 : 1, line.size() - (exact ? 3 : 2)));
      continue;
    }
    if (out.sections_.empty())
      return std::unexpected(lexicon_error{number, "a phrase before the first section"});
    while (!line.empty()) {
      const std::size_t bar = line.find('|');
      const std::string_view written = trim(line.substr(0, bar));
      line.remove_prefix(bar == std::string_view::npos ? line.size() : bar + 1);
      phrase made{
          .words = {}, .section = static_cast<std::uint16_t>(out.sections_.size() - 1), .exact = exact};
      std::string first;
      for (const token& word : text::split(written, stems)) {
        if (!counts_as_word(word)) continue;
        if (first.empty()) first = key(word);
        made.words.push_back(exact ? word.folded : word.stem);
      }
      if (first.empty())
        return std::unexpected(lexicon_error{number, fmt::format("no word in \"{}\"", written)});
      out.by_first_[first].push_back(std::move(made));
    }
  }
  return out;
}

std::vector<lexicon::hit> lexicon::find(const text::token_list& post) const {
  std::vector<hit> out;
  for (std::size_t at = 0; at < post.size(); ++at) {
    if (!counts_as_word(post[at])) continue;
    const auto found = by_first_.find(key(post[at]));
    if (found == by_first_.end()) continue;
    for (const phrase& candidate : found->second) {
      const auto same = [&candidate](const std::string& word, const token& have) {
        return word == (candidate.exact ? have.folded : have.stem);
      };
      const bool all = at + candidate.words.size() <= post.size() &&
                       std::equal(candidate.words.begin(), candidate.words.end(), post.begin() + at, same);
      if (all) out.push_back({candidate.section, static_cast<std::uint32_t>(at)});
    }
  }
  return out;
}

post_features features(std::string_view post, const lexicon& words, text::stemmer& stems) {
  const text::token_list tokens = text::split(post, stems, tokens_read);
  const std::vector<lexicon::hit> hits = words.find(tokens);
  const auto& sections = words.sections();

  // Which tokens stand in the head: the first lines, and what follows a hiring word.
  std::vector<bool> head(tokens.size(), false);
  std::size_t counted = 0, mixed = 0, cyrillic = 0, latin = 0, links = 0, mentions = 0, money = 0, plus = 0,
              questions = 0, exclamations = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const token& one = tokens[i];
    if (counts_as_word(one)) {
      head[i] = counted < head_words && one.line < head_lines;
      ++counted;
      const auto first = static_cast<unsigned char>(one.folded.front());
      if (first >= 0xd0) ++cyrillic;
      if (first >= 'a' && first <= 'z') ++latin;
    }
    mixed += one.mixed && one.length > 4;
    links += one.kind == token_kind::link || one.kind == token_kind::email;
    mentions += one.kind == token_kind::mention;
    if (one.kind == token_kind::sign) {
      questions += one.folded == "?";
      exclamations += one.folded == "!";
      money += one.folded == "$" || one.folded == "€" || one.folded == "₽";
      // A plus that stands alone asks for an answer of one character; "middle+" and "+7 900" do not.
      const bool glued = (i > 0 && tokens[i - 1].offset + tokens[i - 1].length == one.offset) ||
                         (i + 1 < tokens.size() && tokens[i + 1].offset == one.offset + one.length &&
                          tokens[i + 1].kind != token_kind::sign);
      const bool opens_line = i == 0 || tokens[i - 1].line != one.line;
      plus += one.folded == "+" && !glued && (!opens_line || tokens.size() == 1);
    }
    money += one.kind == token_kind::number && i + 1 < tokens.size() && is_money_unit(tokens[i + 1].stem);
  }
  for (const auto& hit : hits)
    if (sections[hit.section].starts_with("hire"))
      for (std::size_t i = hit.token; i < std::min(tokens.size(), hit.token + hire_window + 1); ++i)
        if (counts_as_word(tokens[i])) head[i] = true;

  std::vector<std::size_t> all_count(sections.size()), head_count(sections.size());
  for (const auto& hit : hits) {
    ++all_count[hit.section];
    if (head[hit.token]) ++head_count[hit.section];
  }

  post_features out;
  out.words = counted;
  std::string kind_signals, category_signals;
  std::size_t roles = 0, strongest_head = 0;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::string& name = sections[i];
    const bool role = name.starts_with(role_prefix);
    if (role) strongest_head = std::max(strongest_head, head_count[i]);
    if (all_count[i] == 0) continue;
    if (role) {
      ++roles;
      category_signals += fmt::format("{}_{} ", name, bucket(all_count[i]));
      if (head_count[i]) category_signals += fmt::format("h_{}_{} h_{} ", name, bucket(head_count[i]), name);
      continue;
    }
    kind_signals += fmt::format("s_{}_{} ", name, bucket(all_count[i]));
    if (head_count[i]) kind_signals += fmt::format("h_{} ", name);
    if (!out.signals.empty()) out.signals += ' ';
    out.signals += name;
  }
  const auto flag = [&kind_signals](bool is, std::string_view name) {
    if (is) kind_signals.append(name).append(" ");
  };
  if (roles > 0) kind_signals += strongest_head > 0 ? "h_role " : "s_role ";
  flag(roles == 0 && kind_signals.empty(), "s_nothing");
  flag(links > 0, "x_link");
  flag(links > 3, "x_links");
  flag(mentions > 0, "x_mention");
  flag(money > 0, "x_money");
  flag(plus > 0, "x_plus");
  flag(questions > 0, "x_question");
  flag(exclamations > 2, "x_loud");
  flag(mixed > 1, "x_mixed");
  flag(mixed > 4, "x_mixed_much");
  kind_signals += cyrillic >= latin ? "x_ru " : "x_en ";
  static constexpr auto lengths = std::to_array<std::size_t>({4, 9, 16, 30, 60, 120, 240});
  const auto length_class = std::upper_bound(lengths.begin(), lengths.end(), counted) - lengths.begin();
  kind_signals += fmt::format("x_length{} ", length_class);

  // fastText averages over the line: without repeating, three signals would drown in two hundred words.
  const std::size_t times = 1 + std::min<std::size_t>(counted / 20, 10);
  for (std::size_t i = 0; i < times; ++i) {
    out.kind_line += kind_signals;
    out.category_line += category_signals;
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const token& one = tokens[i];
    switch (one.kind) {
      case token_kind::word:
      case token_kind::hashtag:
        out.kind_line.append(one.stem).append(" ");
        out.category_line.append(one.stem).append(" ");
        if (head[i])
          for (std::size_t n = 0; n < 1 + times / 2; ++n)
            out.category_line.append("h_").append(one.stem).append(" ");
        break;
      case token_kind::number: out.kind_line += "x_number "; break;
      case token_kind::mention: out.kind_line += "x_mention "; break;
      case token_kind::link: out.kind_line += "x_link "; break;
      case token_kind::email: out.kind_line += "x_email "; break;
      case token_kind::sign: break;
    }
  }
  return out;
}

}  // namespace tandem::hunt
