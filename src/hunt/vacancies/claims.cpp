#include "hunt/vacancies/claims.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <unordered_set>

#include "hunt/sources/source_name.hpp"

namespace tandem::hunt {
namespace {

using std::string_view;
using text::token_kind;

constexpr std::size_t title_length = 90, essence_length = 160, quote_length = 60;  // characters
constexpr double share_of_known_words = 0.6;  // the rest are "the", "нужно" and other endings
constexpr std::size_t telling_length = 5;     // bytes of a stem from which on a word counts

bool is_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::find(all, word) != all.end();
}

// On one line, at most `limit` characters, cut behind a word.
std::string one_line(string_view text, std::size_t limit) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == ' ' || byte == 0x7F) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      characters += 1;
      continue;
    }
    if ((byte & 0xC0U) != 0x80U && ++characters > limit) {
      out.resize(std::min(out.rfind(' '), out.size()));
      while (out.ends_with(' ') || out.ends_with(',')) out.pop_back();
      return out.append("…");
    }
    out += c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string lower(string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

class evidence {
 public:
  evidence(string_view text, text::stemmer& stems) : text_(text), stems_(stems), folded_(text::fold(text)) {
    for (const auto& word : text::split(text, stems, 2048)) {
      known_.insert(word.stem);
      if (word.kind != token_kind::word && word.kind != token_kind::hashtag) exact_.insert(word.folded);
    }
    sums_ = sums_in(text);
  }

  // A sentence about the post: made of its words, and no figure, name or address that is not in it.
  bool bears_out(string_view sentence) const {
    std::size_t words = 0, known = 0;
    for (const auto& word : text::split(sentence, stems_, 256)) {
      if (word.kind == token_kind::sign) continue;
      if (word.kind != token_kind::word && word.kind != token_kind::hashtag) {
        if (!exact_.contains(word.folded)) return false;
        continue;
      }
      if (word.folded.find_first_of("0123456789") != std::string::npos && !known_.contains(word.stem))
        return false;
      if (word.stem.size() < telling_length) continue;
      ++words;
      known += known_.contains(word.stem);
    }
    return words > 0 && static_cast<double>(known) >= share_of_known_words * static_cast<double>(words);
  }

  bool quotes(string_view said) const {
    const auto folded = text::fold(said);
    return !folded.empty() && folded_.contains(folded);
  }

  // Each word in some form: "Москва" of "в Москве".
  bool names(string_view said) const {
    std::size_t words = 0;
    for (const auto& word : text::split(said, stems_, 8)) {
      if (word.kind != token_kind::word || !known_.contains(word.stem)) return false;
      ++words;
    }
    return words > 0;
  }

  std::optional<std::int64_t> sum(const std::optional<double>& said) const {
    if (!said || !(*said > 0) || !(*said < 1e12)) return std::nullopt;
    const auto minor = std::llround(*said * 100);
    return std::ranges::binary_search(sums_, minor) ? std::optional<std::int64_t>(minor) : std::nullopt;
  }

  // "тг anna_hr", "Telegram: anna_hr": a name without a sign, which the rules leave alone. Only behind a word
  // that says what it is.
  bool is_account(string_view name) const {
    const auto text = lower(text_);
    const auto part_of_name = [](char c) {
      return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      if (at > 0 && (part_of_name(text[at - 1]) || string_view("@/.-").contains(text[at - 1]))) continue;
      if (at + name.size() < text.size() && part_of_name(text[at + name.size()])) continue;
      const auto line = text.rfind('\n', at) + 1;
      const auto before = string_view(text_).substr(line, at - line);
      const auto words =
          text::split(before.substr(before.size() - std::min<std::size_t>(before.size(), 40)), stems_, 16);
      if (words.empty()) continue;
      const string_view last = words.back().folded;
      if (is_one_of(last, {"tg", "тг", "телега", "telegram", "телеграм", "телеграмм", "телеграме", "телеге",
                           "тг-"}))
        return true;
    }
    return false;
  }

 private:
  string_view text_;
  text::stemmer& stems_;
  std::string folded_;
  std::unordered_set<std::string> known_, exact_;
  std::vector<std::int64_t> sums_;
};

std::string account_named(string_view contact) {
  for (const string_view start : {"https://", "http://"})
    if (contact.starts_with(start)) contact.remove_prefix(start.size());
  if (contact.starts_with("t.me/")) contact.remove_prefix(5);
  if (contact.starts_with('@')) contact.remove_prefix(1);
  return is_username(contact) ? lower(contact) : std::string();
}

constexpr std::array<string_view, 8> units = {"project", "hour", "day", "week", "month", "year", "piece", ""};
constexpr std::array<string_view, 7> employments = {"full",       "part",      "project", "contract",
                                                    "internship", "volunteer", ""};

}  // namespace

checked_claims check_claims(const claims& said, string_view text, text::stemmer& stems) {
  checked_claims out;
  out.card = digest_of(text, stems);
  out.facts = facts_of(text, out.card.budget, stems);
  const evidence post(text, stems);
  if (const auto title = one_line(said.title, title_length); !title.empty() && post.bears_out(title)) {
    out.card.title = title;
    // With the title changed, the rules' essence may repeat or lack what it says.
    if (const auto essence = one_line(said.essence, essence_length);
        !essence.empty() && post.bears_out(essence))
      out.card.essence = essence;
  }
  const auto min = post.sum(said.pay_min), max = post.sum(said.pay_max);
  // The rules' sum is the one that the card shows; the model's where they found none.
  if (!out.facts.pay.min && !out.facts.pay.max && (min || max) && (!min || !max || *min <= *max)) {
    out.facts.pay.min = min;
    out.facts.pay.max = max;
    if (out.facts.pay.currency.empty()) {
      const auto written = pay_of(text);
      if (!said.pay_currency.empty() && written.currency == said.pay_currency)
        out.facts.pay.currency = written.currency;
    }
  }
  if (out.facts.pay.per.empty() && (out.facts.pay.min || out.facts.pay.max) &&
      std::ranges::find(units, said.pay_per) != units.end())
    out.facts.pay.per = said.pay_per;
  if (out.facts.deadline.empty() && post.quotes(said.deadline))
    out.facts.deadline = one_line(said.deadline, quote_length);
  if (out.facts.city.empty() && post.names(said.city)) out.facts.city = one_line(said.city, quote_length);
  if (!out.facts.remote) out.facts.remote = said.remote;
  if (out.facts.employment.empty() && std::ranges::find(employments, said.employment) != employments.end())
    out.facts.employment = said.employment;
  const auto account = account_named(said.contact);
  if (!account.empty() && post.is_account(account)) out.contact_url = "https://t.me/" + account;
  return out;
}

}  // namespace tandem::hunt
