#include "sandbox/entities.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sandbox/ascii.hpp"
#include "sandbox/entity_parsing.hpp"
#include "sandbox/links.hpp"

namespace tandem::sandbox {

namespace {

constexpr std::array<std::string_view, 20> names = {
    "mention", "hashtag", "cashtag",   "bot_command",   "url",          "email",      "phone_number",
    "bold",    "italic",  "underline", "strikethrough", "spoiler",      "blockquote", "expandable_blockquote",
    "code",    "pre",     "text_link", "text_mention",  "custom_emoji", "date_time"};

// Of entities with the same span, which comes first (the outer one): TDLib's order.
int rank_of(const entity& one) {
  switch (one.kind) {
    case entity_kind::blockquote:
    case entity_kind::expandable_blockquote: return 0;
    case entity_kind::pre: return one.argument.empty() ? 11 : 10;
    case entity_kind::code: return 20;
    case entity_kind::date_time: return 45;
    case entity_kind::text_link:
    case entity_kind::text_mention: return 49;
    case entity_kind::bold: return 90;
    case entity_kind::italic: return 91;
    case entity_kind::underline: return 92;
    case entity_kind::strikethrough: return 93;
    case entity_kind::spoiler: return 94;
    case entity_kind::custom_emoji: return 99;
    default: return 50;
  }
}

bool is_quote(const entity& one) {
  return one.kind == entity_kind::blockquote || one.kind == entity_kind::expandable_blockquote;
}
bool is_code(const entity& one) { return one.kind == entity_kind::code || one.kind == entity_kind::pre; }
// Those that may be cut into pieces: bold to spoiler.
bool is_style(const entity& one) { return one.kind >= entity_kind::bold && one.kind <= entity_kind::spoiler; }
int end_of(const entity& one) { return one.offset + one.length; }

void keep_first_of_crossing(std::vector<entity>& entities) {
  int last_end = 0;
  std::erase_if(entities, [&](const entity& one) {
    if (one.offset < last_end) return true;
    last_end = end_of(one);
    return false;
  });
}

bool crosses(const entity& one, const entity& quote) {
  const bool over_begin = one.offset < quote.offset && end_of(one) > quote.offset;
  const bool over_end = one.offset < end_of(quote) && end_of(one) > end_of(quote);
  return over_begin || over_end;
}

// Nested and disjoint in the way in which Telegram stores entities, so that nothing has to be cut.
bool is_settled(const std::vector<entity>& entities) {
  std::vector<const entity*> around;
  std::array<int, names.size()> style_end;
  style_end.fill(-1);
  for (const auto& one : entities) {
    while (!around.empty() && one.offset >= end_of(*around.back())) around.pop_back();
    if (!around.empty()) {
      if (end_of(one) > end_of(*around.back()) || is_code(*around.back())) return false;
      for (const entity* outer : around) {
        if (outer->kind == one.kind) return false;
        if (is_quote(*outer)) continue;
        if (is_code(one)) return false;
        if (!is_style(one))
          return false;  // whole entities stand in quotes only; styles are split around them
      }
    }
    if (is_style(one)) {
      int& end = style_end[static_cast<std::size_t>(one.kind)];
      if (end >= one.offset) return false;
      end = end_of(one);
    }
    around.push_back(&one);
  }
  return true;
}

// Cuts styles where other entities begin and end, joins what touches, and takes them out of code.
class style_splitter {
 public:
  explicit style_splitter(const std::vector<entity>& styles) : styles_(styles) {}

  std::vector<entity> around(const std::vector<entity>& whole) {
    for (const auto& one : whole) {
      advance(one.offset);
      stack_.push_back(&one);
    }
    advance(std::numeric_limits<int>::max());
    return std::move(out_);
  }

 private:
  struct span {
    int begin = 0, end = 0;
  };

  void flush(int upto) {
    for (std::size_t i = 0; i < open_.size(); ++i) {
      span& one = open_[i];
      if (one.end == 0 || one.begin >= upto) continue;
      const int end = std::min(one.end, upto);
      out_.push_back({.kind = static_cast<entity_kind>(i), .offset = one.begin, .length = end - one.begin});
      one = one.end <= upto ? span{} : span{upto, one.end};
    }
  }

  void take(int upto) {
    for (; next_ < styles_.size() && styles_[next_].offset < upto; ++next_) {
      const entity& style = styles_[next_];
      span& one = open_[static_cast<std::size_t>(style.kind)];
      if (one.end != 0 && style.offset <= one.end) {
        one.end = std::max(one.end, end_of(style));
      } else {
        flush(style.offset);
        one = {style.offset, end_of(style)};
      }
    }
    flush(upto);
  }

  void advance(int upto) {
    while (!stack_.empty() && upto >= end_of(*stack_.back())) {
      take_unless_code(end_of(*stack_.back()));
      stack_.pop_back();
    }
    take_unless_code(upto);
  }

  void take_unless_code(int upto) {
    const std::size_t before = out_.size();
    take(upto);
    if (!stack_.empty() && is_code(*stack_.back())) out_.resize(before);
  }

  const std::vector<entity>& styles_;
  std::size_t next_ = 0;
  std::array<span, names.size()> open_{};
  std::vector<const entity*> stack_;
  std::vector<entity> out_;
};

void resolve(std::vector<entity>& entities) {
  parsing::sort_entities(entities);
  if (is_settled(entities)) return;
  std::vector<entity> whole, quotes, styles;
  for (auto& one : entities)
    (is_style(one) ? styles : is_quote(one) ? quotes : whole).push_back(std::move(one));
  keep_first_of_crossing(whole);
  keep_first_of_crossing(quotes);
  std::erase_if(whole, [&](const entity& one) {
    return std::ranges::any_of(quotes, [&](const entity& quote) { return crosses(one, quote); });
  });
  whole.insert(whole.end(), std::make_move_iterator(quotes.begin()), std::make_move_iterator(quotes.end()));
  parsing::sort_entities(whole);
  auto cut = style_splitter(styles).around(whole);
  whole.insert(whole.end(), std::make_move_iterator(cut.begin()), std::make_move_iterator(cut.end()));
  parsing::sort_entities(whole);
  entities = std::move(whole);
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

void trim(formatted& text) {
  std::size_t end = text.text.size();
  while (end > 0 && is_blank(text.text[end - 1])) --end;
  text.text.resize(end);
  const int length = utf16_length(text.text);
  for (auto& one : text.entities) one.length = std::min(one.length, length - one.offset);

  const int first_entity = text.entities.empty() ? length : text.entities.front().offset;
  int begin = 0;
  while (begin < first_entity && is_blank(text.text[static_cast<std::size_t>(begin)])) ++begin;
  text.text.erase(0, static_cast<std::size_t>(begin));  // blanks are one byte and one code unit each
  for (auto& one : text.entities) one.offset -= begin;
  std::erase_if(text.entities, [](const entity& one) { return one.length <= 0; });
}

// A walk over the text that knows where it is in bytes and in UTF-16 code units.
class finder {
 public:
  explicit finder(std::string_view text) : text_(text) {}

  std::vector<entity> run() {
    while (at_ < text_.size()) {
      const std::size_t length = match();
      if (length == 0) {
        step();
      } else {
        const auto found = text_.substr(at_, length);
        out_.push_back({.kind = kind_, .offset = utf16_, .length = utf16_length(found)});
        utf16_ += out_.back().length;
        at_ += length;
        previous_ = 'x';
      }
    }
    return std::move(out_);
  }

 private:
  UChar32 code_at(std::size_t& position) const {
    UChar32 code = 0;
    auto index = static_cast<std::int32_t>(position);
    U8_NEXT(reinterpret_cast<const std::uint8_t*>(text_.data()), index,
            static_cast<std::int32_t>(text_.size()), code);
    position = static_cast<std::size_t>(index);
    return code;
  }

  static bool is_word(UChar32 code) {
    return code == '_' || (code > 0 && (u_isalnum(code) || u_charType(code) == U_NON_SPACING_MARK));
  }

  void step() {
    previous_ = code_at(at_);
    utf16_ += previous_ > 0xffff ? 2 : 1;
  }

  // The length in bytes of what begins here, 0 if nothing does; sets kind_.
  std::size_t match() {
    const char c = text_[at_];
    if (c == '@') return mention();
    if (c == '#') return hashtag();
    if (c == '$') return cashtag();
    if (c == '/') return command();
    if (is_word(previous_) || previous_ == '@' || previous_ == '/') return 0;
    if (const auto length = email()) return length;
    return address();
  }

  std::size_t latin_word(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() && (is_alnum(text_[end]) || text_[end] == '_')) ++end;
    return end - from;
  }

  bool word_at(std::size_t position) const { return position < text_.size() && is_word(code_at(position)); }

  std::size_t mention() {
    kind_ = entity_kind::mention;
    const auto length = latin_word(at_ + 1);
    if (is_word(previous_) || length < 3 || length > 32 || word_at(at_ + 1 + length)) return 0;
    return length + 1;
  }

  std::size_t hashtag() {
    kind_ = entity_kind::hashtag;
    if (is_word(previous_) || previous_ == '#') return 0;
    std::size_t end = at_ + 1;
    bool letter = false;
    for (std::size_t next = end; next < text_.size(); end = next) {
      const UChar32 code = code_at(next);
      if (!is_word(code)) break;
      letter = letter || u_isalpha(code);
    }
    return letter && end - at_ <= 1024 ? end - at_ : 0;
  }

  std::size_t cashtag() {
    kind_ = entity_kind::cashtag;
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] >= 'A' && text_[end] <= 'Z') ++end;
    const auto length = end - at_ - 1;
    return !is_word(previous_) && previous_ != '$' && length >= 1 && length <= 8 && !word_at(end) ? length + 1
                                                                                                  : 0;
  }

  std::size_t command() {
    kind_ = entity_kind::bot_command;
    if (is_word(previous_) || previous_ == '/' || previous_ == '<' || previous_ == '>') return 0;
    const auto length = latin_word(at_ + 1);
    std::size_t end = at_ + 1 + length;
    if (length == 0 || length > 64) return 0;
    if (end < text_.size() && text_[end] == '@') {
      const auto name = latin_word(end + 1);
      if (name >= 3 && name <= 32) end += 1 + name;
    }
    const bool more = end < text_.size() && (text_[end] == '/' || text_[end] == '<' || text_[end] == '>');
    return more || word_at(end) ? 0 : end - at_;
  }

  std::size_t email() {
    kind_ = entity_kind::email;
    std::size_t end = at_;
    while (end < text_.size() && (is_alnum(text_[end]) || std::string_view("._%+-").find(text_[end]) != npos))
      ++end;
    if (end == at_ || end >= text_.size() || text_[end] != '@') return 0;
    const std::size_t domain = end + 1;
    end = domain;
    while (end < text_.size() && (is_alnum(text_[end]) || text_[end] == '.' || text_[end] == '-')) ++end;
    while (end > domain && !is_alnum(text_[end - 1])) --end;
    const auto host = text_.substr(domain, end - domain);
    const auto dot = host.rfind('.');
    if (dot == npos || dot == 0 || host.size() - dot < 3) return 0;
    return end - at_;
  }

  // Schemes are always addresses; a bare name only with an ending that people write in posts.
  std::size_t address() {
    kind_ = entity_kind::url;
    const auto rest = text_.substr(at_);
    std::size_t host = 0;
    for (const std::string_view scheme : {"https://", "http://", "tg://", "ton://"}) {
      if (lower(rest.substr(0, scheme.size())) == scheme) host = scheme.size();
    }
    std::size_t end = host;
    bool has_dot = false;
    std::size_t label = end;
    while (end < rest.size()) {
      std::size_t next = at_ + end;
      const UChar32 code = code_at(next);
      if (code == '.') {
        has_dot = true;
        label = end + 1;
      } else if (!is_word(code) && code != '-') {
        break;
      }
      end = next - at_;
    }
    while (end > host && rest[end - 1] == '.') --end;
    if (end == host) return 0;
    const bool own_scheme = rest.starts_with("tg:") || rest.starts_with("ton:");
    if (!own_scheme) {
      if (host == 0 && (!has_dot || label >= end || !is_known_ending(lower(rest.substr(label, end - label)))))
        return 0;
      if (host > 0 && !has_dot) return 0;
    }
    if (end < rest.size() && rest[end] == ':' && end + 1 < rest.size() && is_digit(rest[end + 1])) {
      ++end;
      while (end < rest.size() && is_digit(rest[end])) ++end;
    }
    if (end < rest.size() && std::string_view("/?#").find(rest[end]) != npos) {
      while (end < rest.size() && !is_space(rest[end]) && std::string_view("<>\"«»").find(rest[end]) == npos)
        ++end;
      while (end > host && std::string_view(".,;:!?'()").find(rest[end - 1]) != npos) {
        if (rest[end - 1] == ')' && rest.substr(0, end).find('(') != npos) break;
        --end;
      }
    }
    return end;
  }

  static bool is_known_ending(std::string_view ending) {
    for (const std::string_view known :
         {"com",   "org",    "net",    "ru",     "рф",     "me",   "io",   "dev",   "app",  "info", "co",
          "site",  "online", "pro",    "su",     "ua",     "by",   "kz",   "uz",    "gg",   "ai",   "biz",
          "tech",  "de",     "uk",     "ee",     "tv",     "eu",   "us",   "fr",    "it",   "es",   "pl",
          "xyz",   "space",  "studio", "art",    "ly",     "club", "shop", "store", "work", "jobs", "team",
          "media", "agency", "design", "school", "moscow", "edu",  "gov"}) {
      if (ending == known) return true;
    }
    return false;
  }

  static constexpr std::size_t npos = std::string_view::npos;
  std::string_view text_;
  std::size_t at_ = 0;
  int utf16_ = 0;
  UChar32 previous_ = ' ';
  entity_kind kind_{};
  std::vector<entity> out_;
};

}  // namespace

namespace parsing {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

void output::put_code_point(std::uint32_t code) {
  utf16 += code > 0xffff ? 2 : 1;
  append_utf8(text, code);
}

std::optional<std::string> date_format(std::string_view given) {
  if (given == "r" || given == "R") return "r";
  bool day = false, short_date = false, long_date = false, short_time = false, long_time = false;
  for (const char c : given) {
    if (c == 'w' || c == 'W')
      day = true;
    else if (c == 'd')
      short_date = true;
    else if (c == 'D')
      long_date = true;
    else if (c == 't')
      short_time = true;
    else if (c == 'T')
      long_time = true;
    else
      return {};
  }
  std::string out;
  if (day) out += 'w';
  if (short_date || long_date) out += short_date ? 'd' : 'D';
  if (short_time || long_time) out += short_time ? 't' : 'T';
  return out;
}

std::int64_t date_of(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) break;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return static_cast<std::int32_t>(negative ? 0 - value : value);
}

bool is_emoji_id(std::string_view id) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  return error == std::errc() && end == id.data() + id.size() && value != 0 && std::to_string(value) == id;
}

void add_link(output& out, int offset, std::string_view link) {
  entity one{.kind = entity_kind::text_mention,
             .offset = offset,
             .length = out.utf16 - offset,
             .number = link_user_id(link)};
  if (one.number == 0) {
    one.kind = entity_kind::text_link;
    one.argument = checked_link(link);
    if (one.argument.empty()) return;
  }
  out.entities.push_back(std::move(one));
}

void sort_entities(std::vector<entity>& entities) {
  std::ranges::stable_sort(entities, [](const entity& a, const entity& b) {
    if (a.offset != b.offset) return a.offset < b.offset;
    if (a.length != b.length) return a.length > b.length;
    return rank_of(a) < rank_of(b);
  });
}

}  // namespace parsing

std::string_view name_of(entity_kind kind) { return names[static_cast<std::size_t>(kind)]; }

std::expected<formatted, std::string> parse_entities(std::string_view text, markup how) {
  switch (how) {
    case markup::html: return parsing::parse_html(text);
    case markup::markdown: return parsing::parse_markdown(text);
    case markup::markdown_v2: return parsing::parse_markdown_v2(text);
  }
  return formatted{std::string(text), {}};
}

std::vector<entity> find_entities(std::string_view text) { return finder(text).run(); }

void settle(formatted& text) {
  resolve(text.entities);
  trim(text);
  for (auto& found : find_entities(text.text)) {
    const bool taken = std::ranges::any_of(text.entities, [&](const entity& one) {
      return !is_style(one) && !is_quote(one) && one.offset < end_of(found) && found.offset < end_of(one);
    });
    if (!taken) text.entities.push_back(std::move(found));
  }
  resolve(text.entities);
}

int utf16_length(std::string_view text) {
  int length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::int32_t at = 0;
  const auto size = static_cast<std::int32_t>(text.size());
  while (at < size) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    UChar32 code = 0;
    U8_NEXT(bytes, at, size, code);
    if (code < 0) return false;
  }
  return true;
}

}  // namespace tandem::sandbox
