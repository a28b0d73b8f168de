#include "base/text/fold.hpp"

#include <libstemmer.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace tandem::text {
namespace {

// Pairs that a reader cannot tell apart, in lower case (в/b, н/h, т/t, к/k, м/m only look alike as capitals).
struct look_alike {
  char32_t latin, cyrillic;
};
constexpr auto look_alikes = std::to_array<look_alike>({{U'a', U'а'},
                                                        {U'b', U'в'},
                                                        {U'c', U'с'},
                                                        {U'e', U'е'},
                                                        {U'h', U'н'},
                                                        {U'k', U'к'},
                                                        {U'm', U'м'},
                                                        {U'o', U'о'},
                                                        {U'p', U'р'},
                                                        {U't', U'т'},
                                                        {U'x', U'х'},
                                                        {U'y', U'у'},
                                                        {U'i', U'і'},
                                                        {U'j', U'ј'},
                                                        {U's', U'ѕ'}});
// Letters that stand for a Cyrillic one inside a Cyrillic word although a reader notices: Greek ones and "u"
// for "и".
constexpr auto stand_ins = std::to_array<look_alike>({{U'α', U'а'},
                                                      {U'ε', U'е'},
                                                      {U'ο', U'о'},
                                                      {U'ρ', U'р'},
                                                      {U'κ', U'к'},
                                                      {U'χ', U'х'},
                                                      {U'τ', U'т'},
                                                      {U'μ', U'м'},
                                                      {U'η', U'н'},
                                                      {U'γ', U'у'},
                                                      {U'π', U'п'},
                                                      {U'λ', U'л'},
                                                      {U'σ', U'о'},
                                                      {U'u', U'и'},
                                                      {U'n', U'п'},
                                                      {U'r', U'г'}});
// Figures that stand for a letter inside a Cyrillic word ("3apa6oтok").
constexpr auto figure_letters =
    std::to_array<look_alike>({{U'0', U'о'}, {U'3', U'з'}, {U'4', U'ч'}, {U'6', U'б'}});

bool is_latin(char32_t c) { return c >= U'a' && c <= U'z'; }
bool is_cyrillic(char32_t c) { return c >= 0x430 && c <= 0x45f; }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

char32_t to_cyrillic(char32_t c) {
  for (const auto& pair : look_alikes)
    if (pair.latin == c) return pair.cyrillic;
  return 0;
}
char32_t to_latin(char32_t c) {
  for (const auto& pair : look_alikes)
    if (pair.cyrillic == c) return pair.latin;
  return 0;
}
char32_t figure_to_cyrillic(char32_t c) {
  for (const auto& pair : figure_letters)
    if (pair.latin == c) return pair.cyrillic;
  return 0;
}
char32_t stand_in_to_cyrillic(char32_t c) {
  for (const auto& pair : stand_ins)
    if (pair.latin == c) return pair.cyrillic;
  return 0;
}

void append(std::string& out, char32_t c) {
  std::array<std::uint8_t, U8_MAX_LENGTH> bytes;
  std::int32_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, static_cast<UChar32>(c));
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

const icu::Normalizer2& compatibility_forms() {
  static const icu::Normalizer2* const forms = [] {
    UErrorCode status = U_ZERO_ERROR;
    return icu::Normalizer2::getNFKCInstance(status);
  }();
  return *forms;
}

// Appends the folded form of one character: usually one, sometimes none (an accent) or several (a ligature).
void fold_character(char32_t c, std::u32string& out) {
  if (c < 0x80) {
    out += c >= U'A' && c <= U'Z' ? c + 32 : c;
  } else if (c >= 0x410 && c <= 0x42f) {
    out += c + 32;
  } else if (c >= 0x430 && c <= 0x44f) {
    out += c;
  } else if (c == 0x401 || c == 0x451) {
    out += U'е';
  } else if (c == 0x419 || c == 0x439) {
    out += U'й';
  } else if (c >= 0x400 && c <= 0x45f) {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  } else if (icu::UnicodeString parts;
             compatibility_forms().getDecomposition(static_cast<UChar32>(c), parts)) {
    for (std::int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
      const UChar32 part = parts.char32At(at);
      if (u_charType(part) != U_NON_SPACING_MARK) out += static_cast<char32_t>(u_tolower(part));
    }
  } else if (u_charType(static_cast<UChar32>(c)) != U_NON_SPACING_MARK) {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  }
}

// Gives a word with letters of two alphabets to the one whose letters have no double; a tie goes to Cyrillic.
// Returns whether the word was mixed.
bool resolve_look_alikes(std::u32string& word) {
  int latin = 0, cyrillic = 0, greek = 0, digits = 0;
  for (const char32_t c : word) {
    latin += is_latin(c);
    cyrillic += is_cyrillic(c);
    greek += c >= U'α' && c <= U'ω';
    digits += is_digit(c);
  }
  // Nearly every word is of one alphabet.
  if (greek == 0 && digits == 0 && (latin == 0 || cyrillic == 0)) return false;
  int only_latin = 0, only_cyrillic = 0;
  for (const char32_t c : word) {
    only_latin += is_latin(c) && to_cyrillic(c) == 0;
    only_cyrillic += is_cyrillic(c) && to_latin(c) == 0;
  }
  const bool mixed = (latin > 0) + (cyrillic > 0) + (greek > 0) > 1;
  const bool cyrillic_side =
      cyrillic > 0 && (only_cyrillic > only_latin || (only_cyrillic == only_latin && cyrillic >= latin));
  if (mixed)
    for (char32_t& c : word) {
      char32_t other = cyrillic_side ? to_cyrillic(c) : to_latin(c);
      if (other == 0 && cyrillic_side) other = stand_in_to_cyrillic(c);
      if (other != 0) c = other;
    }
  if (cyrillic_side && cyrillic + latin >= 3)
    for (char32_t& c : word)
      if (const char32_t letter = is_digit(c) ? figure_to_cyrillic(c) : 0) c = letter;
  // "1C" and "1С" are one thing; so are "C++" and "С++", but the signs are seen only by split().
  if (word == U"1c") word = U"1с";
  return mixed;
}

std::string to_utf8(std::u32string_view word) {
  std::string out;
  out.reserve(word.size() * 2);
  for (const char32_t c : word) append(out, c);
  return out;
}

// The character at `at`, which moves behind it; a broken byte reads as a space.
char32_t next_character(std::string_view text, std::size_t& at) {
  UChar32 c = 0;
  auto index = static_cast<std::int32_t>(at);
  U8_NEXT(reinterpret_cast<const std::uint8_t*>(text.data()), index, static_cast<std::int32_t>(text.size()),
          c);
  at = static_cast<std::size_t>(index);
  return c < 0 ? U' ' : static_cast<char32_t>(c);
}

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
  if (c >= 0x400 && c <= 0x45f) return true;
  return u_isalnum(static_cast<UChar32>(c)) || u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
}

bool is_ascii_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool starts_with_folded(std::string_view text, std::string_view lower_ascii) {
  return text.size() >= lower_ascii.size() &&
         std::equal(lower_ascii.begin(), lower_ascii.end(), text.begin(), [](char want, char have) {
           return want == (have >= 'A' && have <= 'Z' ? have + 32 : have);
         });
}

// How many bytes of an address without a scheme ("t.me/x", "example.com") or an e-mail address stand at the
// start; 0 if none. Only these top-level domains count: "node.js" and "asp.net" are no addresses.
std::size_t bare_address(std::string_view text, bool& email) {
  static constexpr auto domains =
      std::to_array<std::string_view>({"com", "org", "ru", "io", "me", "su", "info", "club", "ltd", "xyz",
                                       "app", "dev", "pro", "online", "site"});
  email = false;
  std::size_t at = 0, dot = std::string_view::npos;
  for (; at < text.size() && at < 254; ++at) {
    const char c = text[at];
    if (c == '.') {
      dot = at;
    } else if (c == '@' && at > 0 && !email) {
      email = true;
      dot = std::string_view::npos;
    } else if (!is_ascii_name(c) && c != '-' && !(c == '+' && !email)) {
      break;
    }
  }
  while (at > 0 && text[at - 1] == '.') --at;
  if (dot == std::string_view::npos || dot + 1 >= at || dot == 0) {
    const std::size_t inner = text.substr(0, at).rfind('.');
    if (inner == std::string_view::npos || inner == 0) return 0;
    dot = inner;
  }
  const std::string_view domain = text.substr(dot + 1, at - dot - 1);
  if (email) return domain.size() >= 2 ? at : 0;
  const bool known = std::any_of(domains.begin(), domains.end(), [&](std::string_view name) {
    return domain.size() == name.size() && starts_with_folded(domain, name);
  });
  if (!known) return 0;
  while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ' && text[at] != ')' &&
         text[at] != ']' && text[at] != '"' && text[at] != '<')
    ++at;
  return at;
}

std::size_t address_with_scheme(std::string_view text) {
  std::size_t at = 0;
  for (const std::string_view scheme : {"https://", "http://", "tg://", "www."})
    if (starts_with_folded(text, scheme)) at = scheme.size();
  if (at == 0) return 0;
  while (at < text.size() && static_cast<unsigned char>(text[at]) > ' ' && text[at] != ')' &&
         text[at] != ']' && text[at] != '"' && text[at] != '<' && text[at] != '\'')
    ++at;
  return at;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

std::string fold(std::string_view word) {
  std::u32string folded;
  for (std::size_t at = 0; at < word.size();) fold_character(next_character(word, at), folded);
  resolve_look_alikes(folded);
  return to_utf8(folded);
}

struct stemmer::state {
  struct closer {
    void operator()(sb_stemmer* p) const { sb_stemmer_delete(p); }
  };
  std::unique_ptr<sb_stemmer, closer> russian{sb_stemmer_new("russian", "UTF_8")};
  std::unique_ptr<sb_stemmer, closer> english{sb_stemmer_new("english", "UTF_8")};
  // Direct-mapped: the same few thousand words make up most of all posts, and stemming one costs a
  // microsecond.
  struct known {
    std::string word, stem;
  };
  std::vector<known> memory{std::size_t{1} << 13};
};

stemmer::stemmer() : state_(std::make_unique<state>()) {}
stemmer::~stemmer() = default;
stemmer::stemmer(stemmer&&) noexcept = default;
stemmer& stemmer::operator=(stemmer&&) noexcept = default;

std::string_view stemmer::stem(std::string_view word) {
  auto& place = state_->memory[std::hash<std::string_view>{}(word) & (state_->memory.size() - 1)];
  if (place.word == word && !word.empty()) return place.stem;
  std::size_t at = 0;
  const char32_t first = word.empty() ? U' ' : next_character(word, at);
  sb_stemmer* const engine = is_cyrillic(first) ? state_->russian.get()
                             : is_latin(first)  ? state_->english.get()
                                                : nullptr;
  place.word = word;
  place.stem = word;
  if (engine && word.size() < 200) {
    const auto* stem = sb_stemmer_stem(engine, reinterpret_cast<const sb_symbol*>(word.data()),
                                       static_cast<int>(word.size()));
    if (stem)
      place.stem.assign(reinterpret_cast<const char*>(stem),
                        static_cast<std::size_t>(sb_stemmer_length(engine)));
  }
  return place.stem;
}

token_list split(std::string_view text, stemmer& stems, std::size_t limit) {
  token_list out;
  out.reserve(std::min(limit, text.size() / 8 + 8));  // a Russian word with its space takes a dozen bytes
  std::uint16_t line = 0;
  bool line_has_tokens = false;
  std::u32string folded;
  const auto add = [&](token_kind kind, std::size_t from, std::size_t to, std::string value,
                       bool mixed = false) {
    token& made = out.emplace_back();
    made.kind = kind;
    made.mixed = mixed;
    made.line = line;
    made.offset = static_cast<std::uint32_t>(from);
    made.length = static_cast<std::uint32_t>(to - from);
    made.folded = std::move(value);
    if (kind == token_kind::word || kind == token_kind::hashtag)
      made.stem = stems.stem(made.folded);
    else
      made.stem = made.folded;
    line_has_tokens = true;
  };

  std::size_t at = 0;
  bool after_word = false;  // an address or a name with a sign begins only where no word goes on
  while (at < text.size() && out.size() < limit) {
    const std::size_t from = at;
    const std::string_view rest = text.substr(at);
    const char byte = text[at];
    if (byte == '\n') {
      if (line_has_tokens && line < UINT16_MAX) ++line;
      line_has_tokens = false;
      ++at;
      after_word = false;
      continue;
    }
    if (!after_word && is_ascii_name(byte)) {
      bool email = false;
      std::size_t length = address_with_scheme(rest);
      if (length == 0) length = bare_address(rest, email);
      if (length > 0) {
        at += length;
        add(email ? token_kind::email : token_kind::link, from, at, lower_ascii(rest.substr(0, length)));
        continue;
      }
    }
    if (!after_word && byte == '@') {
      std::size_t end = 1;
      while (end < rest.size() && is_ascii_name(rest[end])) ++end;
      if (end > 2) {
        at += end;
        add(token_kind::mention, from, at, lower_ascii(rest.substr(1, end - 1)));
        continue;
      }
    }
    char32_t c = next_character(text, at);
    if (c == U'#' && !after_word) {
      folded.clear();
      std::size_t end = at;
      while (end < text.size()) {
        std::size_t after = end;
        const char32_t tag = next_character(text, after);
        if (tag != U'_' && tag != U'+' && !is_word_character(tag)) break;
        fold_character(tag, folded);
        end = after;
      }
      if (!folded.empty()) {
        const bool mixed = resolve_look_alikes(folded);
        at = end;
        add(token_kind::hashtag, from, at, to_utf8(folded), mixed);
        continue;
      }
    }
    if (!is_word_character(c)) {
      after_word = false;
      if (c == U'+' || c == U'?' || c == U'!' || c == U'%' || c == U'$' || c == U'€' || c == U'₽')
        add(token_kind::sign, from, at, std::string(text.substr(from, at - from)));
      continue;
    }

    folded.clear();
    std::size_t end = from;
    std::size_t digits = 0;  // how many of the folded characters so far are digits, if all are
    bool only_digits = true;
    while (end < text.size()) {
      std::size_t after = end;
      c = next_character(text, after);
      if (only_digits && c < 0x80 && !is_digit(c) && (c == U' ' || c == U'.' || c == U',') && digits >= 1 &&
          digits <= 9) {
        // "150 000": a separator and exactly three digits go on with the number.
        std::size_t look = after;
        int group = 0;
        while (look < text.size() && group < 4 && is_digit(static_cast<unsigned char>(text[look])))
          ++look, ++group;
        if (group != 3) break;
        for (std::size_t digit = after; digit < look; ++digit) folded += static_cast<char32_t>(text[digit]);
        digits += 3;
        end = look;
        continue;
      }
      if (c == U'\'' || c == 0x2019 || c == 0xad || c == 0x200b) {  // don't, soft hyphen, zero-width space
        std::size_t look = after;
        if (folded.empty() || look >= text.size() || !is_word_character(next_character(text, look))) break;
        end = after;
        continue;
      }
      if (!is_word_character(c)) break;
      if (only_digits && !is_digit(c)) {
        if (digits >= 2) break;  // "150к" is a number and a word, "3d" is a word
        only_digits = false;
      }
      fold_character(c, folded);
      digits += only_digits;
      end = after;
    }
    at = end;
    after_word = at < text.size() && text[at] != '#' && text[at] != '@' && !only_digits;
    if (folded.empty()) {
      if (at == from) next_character(text, at);
      continue;
    }
    if (only_digits) {
      add(token_kind::number, from, at, to_utf8(folded));
      after_word = false;
      continue;
    }
    const bool mixed = resolve_look_alikes(folded);
    if (folded == U"с" || folded == U"c" || folded == U"f") {
      const char32_t letter = folded == U"f" ? U'f' : U'c';
      if (text.substr(at).starts_with("++") && letter == U'c') {
        at += 2;
        add(token_kind::word, from, at, "c++");
        continue;
      }
      if (text.substr(at).starts_with("#")) {
        at += 1;
        add(token_kind::word, from, at, letter == U'c' ? "c#" : "f#");
        continue;
      }
    }
    add(token_kind::word, from, at, to_utf8(folded), mixed);
  }
  return out;
}

}  // namespace tandem::text
