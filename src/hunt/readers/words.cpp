#include "hunt/readers/words.hpp"

#include <algorithm>

namespace tandem::hunt {
namespace {

using text::token_kind;

constexpr std::size_t beginning = 3;  // code points: what `rules` asks of a word with *
constexpr std::size_t words_kept = 20'000;
constexpr std::string_view quotes[] = {"\"", "«", "»", "“", "”", "„"};

std::size_t quote_at(std::string_view text) {
  const auto found =
      std::ranges::find_if(quotes, [&](std::string_view one) { return text.starts_with(one); });
  return found == std::end(quotes) ? 0 : found->size();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view outside = " \t\r\n+-;.";
  const auto from = text.find_first_not_of(outside);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n;.") + 1 - from);
}

// At signs that stand outside of quotation marks.
std::vector<std::string_view> pieces_of(std::string_view typed) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t from = 0;
  for (std::size_t at = 0; at < typed.size();) {
    if (const auto mark = quote_at(typed.substr(at)); mark > 0) {
      quoted = !quoted;
      at += mark;
      continue;
    }
    const char here = typed[at];
    if (here == '\n' || (!quoted && (here == ',' || here == ';' || here == '|'))) {
      out.push_back(typed.substr(from, at - from));
      from = at + 1;
      quoted = false;
    }
    ++at;
  }
  out.push_back(typed.substr(from));
  return out;
}

std::string start_of(std::string_view folded) {
  std::size_t at = 0, seen = 0;
  while (at < folded.size()) {
    if ((static_cast<unsigned char>(folded[at]) & 0xC0) != 0x80 && seen++ == beginning) break;
    ++at;
  }
  return std::string(folded.substr(0, at));
}

bool is_readable(token_kind kind) {
  return kind != token_kind::sign && kind != token_kind::link && kind != token_kind::email;
}

std::string rule_of(std::string_view word) { return "+ " + std::string(word); }

}  // namespace

std::expected<std::vector<std::string>, bad_words> read_words(std::string_view typed) {
  std::vector<std::string> out;
  for (const auto piece : pieces_of(typed)) {
    const auto word = trimmed(piece);
    if (word.empty()) continue;
    if (word.size() > longest_word_bytes) {
      return std::unexpected(bad_words{word_error::too_long, std::string(word)});
    }
    if (!rule_set::parse(rule_of(word))) {
      return std::unexpected(bad_words{word_error::not_understood, std::string(word)});
    }
    if (std::ranges::find(out, word) == out.end()) out.emplace_back(word);
  }
  if (out.empty()) return std::unexpected(bad_words{word_error::none_found, {}});
  if (out.size() > most_words) return std::unexpected(bad_words{word_error::too_many, {}});
  return out;
}

word_key key_of(std::string_view word, text::stemmer& stems) {
  word_key best;
  std::size_t words = 0;
  bool begins = false;
  while (!word.empty()) {
    const auto end = std::min(word.find(' '), word.size());
    auto piece = word.substr(0, end);
    word.remove_prefix(std::min(end + 1, word.size()));
    const bool whole = piece.starts_with('=');
    const bool prefix = piece.ends_with('*');
    auto found = text::split(piece, stems);
    std::erase_if(found, [](const text::token& one) { return !is_readable(one.kind); });
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& one = found[i];
      ++words;
      std::string key;
      if (one.kind == token_kind::hashtag) {
        key = "#" + one.folded;
      } else if (prefix && i + 1 == found.size()) {
        key = "*" + start_of(one.folded);
        begins = true;
      } else if (whole || prefix) {
        key = "=" + one.folded;
      } else {
        key = "~" + one.stem;
      }
      if (key.size() > best.key.size()) best.key = std::move(key);
    }
  }
  best.alone = words == 1 && !begins;
  return best;
}

worded_post::worded_post(std::string text, text::stemmer& stems)
    : text_(std::move(text)), tokens_(text::split(text_, stems)) {
  for (const auto& one : tokens_) {
    if (!is_readable(one.kind)) continue;
    if (one.kind == token_kind::hashtag) keys_.insert("#" + one.folded);
    keys_.insert("~" + one.stem);
    keys_.insert("=" + one.folded);
    keys_.insert("*" + start_of(one.folded));
  }
}

const rule_set& compiled_words::of(const std::string& word) {
  if (known_.size() >= words_kept) known_.clear();
  const auto [found, fresh] = known_.try_emplace(word);
  if (fresh) {
    // What was saved was readable; a word that is not any more (newer rules) is never found.
    if (auto made = rule_set::parse(rule_of(word))) found->second = *std::move(made);
  }
  return found->second;
}

}  // namespace tandem::hunt
