#include "platform/telegram/json_cursor.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "platform/telegram/utf8.hpp"

namespace tandem::telegram {

namespace {

constexpr int deepest = 64;

// The first byte that does not stand for itself in a string: a quote, a backslash, a control character, or
// one beyond ASCII. Eight at a time: a byte's highest bit is set in `special` where it, or one before it, is
// such a byte.
const char* skip_plain(const char* next, const char* end) {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
  for (; end - next >= 8; next += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, next, 8);
    const auto special =
        (eight | (eight - each * 0x20) | ((eight ^ each * '"') - each) | ((eight ^ each * '\\') - each)) &
        high;
    if (special == 0) continue;
    // Borrows only spoil what lies behind the first hit, which is looked at anew.
    static_assert(std::endian::native == std::endian::little);
    return next + std::countr_zero(special) / 8;
  }
  const auto is_plain = [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
  };
  while (next < end && is_plain(*next)) ++next;
  return next;
}

// What a value is, by its first byte.
constexpr auto kind_of = [] {
  using kind = json_cursor::kind;
  std::array<kind, 256> out{};
  out.fill(kind::none);
  out['{'] = kind::object;
  out['['] = kind::array;
  out['"'] = kind::string;
  out['t'] = out['f'] = kind::boolean;
  out['n'] = kind::null;
  out['-'] = kind::number;
  for (char digit = '0'; digit <= '9'; ++digit) out[static_cast<unsigned char>(digit)] = kind::number;
  return out;
}();

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Four hexadecimal digits; nothing if they are none.
std::optional<char32_t> hex4(std::string_view digits) {
  unsigned value = 0;
  if (digits.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, value, 16);
  if (error != std::errc() || end != digits.data() + 4) return std::nullopt;
  return value;
}

}  // namespace

json_cursor::kind json_cursor::peek() {
  skip_space();
  if (broken_ || at_ == text_.size()) return kind::none;
  return kind_of[static_cast<unsigned char>(text_[at_])];
}

bool json_cursor::open(char bracket) {
  if (peek() == kind::none) return fail();
  if (text_[at_] != bracket) return false;
  if (++depth_ > deepest) return fail();
  ++at_;
  return true;
}

bool json_cursor::close(char bracket) {
  skip_space();
  if (broken_ || at_ == text_.size() || text_[at_] != bracket) return false;
  ++at_;
  --depth_;
  return true;
}

bool json_cursor::another() {
  skip_space();
  if (at_ == text_.size() || text_[at_] != ',') return false;
  ++at_;
  return true;
}

bool json_cursor::read_name(std::string_view& name, std::string& scratch) {
  bool plain = false;
  if (peek() != kind::string || !scan_string(name, plain)) return fail();
  if (!plain) {
    scratch.clear();
    if (!unescape(name, scratch)) return fail();
    name = scratch;
  }
  skip_space();
  if (at_ == text_.size() || text_[at_] != ':') return fail();
  ++at_;
  return true;
}

// What stands between the quotes; `plain` if it may be taken as it is.
bool json_cursor::scan_string(std::string_view& raw, bool& plain) {
  const char* const begin = text_.data() + at_ + 1;
  const char* const end = text_.data() + text_.size();
  plain = true;
  for (const char* next = begin;;) {
    next = skip_plain(next, end);
    if (next >= end) return fail();
    if (*next == '"') {
      raw = std::string_view(begin, next);
      at_ = static_cast<std::size_t>(next + 1 - text_.data());
      return true;
    }
    if (*next == '\\') {
      plain = false;
      next += 2;
    } else {
      const auto length = sequence_length(std::string_view(next, end));
      if (length < 2) return fail();  // no UTF-8, or a control character
      next += length;
    }
  }
}

bool json_cursor::unescape(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    const auto next = std::min(raw.find('\\'), raw.size());
    out += raw.substr(0, next);
    raw.remove_prefix(next);
    if (raw.empty()) return true;
    if (raw.size() < 2) return false;
    const char letter = raw[1];
    raw.remove_prefix(2);
    switch (letter) {
      case '"':
      case '\\':
      case '/': out += letter; break;
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        auto point = hex4(raw);
        if (!point) return false;
        raw.remove_prefix(4);
        if (*point >= 0xd800 && *point < 0xe000) {  // the first half of a pair
          const auto low = raw.starts_with("\\u") ? hex4(raw.substr(2)) : std::nullopt;
          if (*point >= 0xdc00 || !low || *low < 0xdc00 || *low > 0xdfff) return false;
          raw.remove_prefix(6);
          point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
        }
        append_utf8(out, *point);
        break;
      }
      default: return false;
    }
  }
  return true;
}

bool json_cursor::string(std::string& out) {
  if (const auto next = peek(); next != kind::string) return next == kind::none ? fail() : false;
  std::string_view raw;
  bool plain = false;
  if (!scan_string(raw, plain)) return false;
  if (plain) {
    out.assign(raw);
    return true;
  }
  out.clear();
  return unescape(raw, out) || fail();
}

bool json_cursor::scan_number(std::string_view& raw, bool& whole) {
  const auto begin = at_;
  const auto digits = [&] {
    const auto from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > from;
  };
  const auto is_here = [&](char letter) { return at_ < text_.size() && text_[at_] == letter; };
  if (is_here('-')) ++at_;
  const bool zero = is_here('0');
  if (!digits() || (zero && at_ - begin > (text_[begin] == '-' ? 2u : 1u))) return fail();
  whole = true;
  if (is_here('.')) {
    whole = false;
    ++at_;
    if (!digits()) return fail();
  }
  if (is_here('e') || is_here('E')) {
    whole = false;
    ++at_;
    if (is_here('+') || is_here('-')) ++at_;
    if (!digits()) return fail();
  }
  raw = text_.substr(begin, at_ - begin);
  return true;
}

bool json_cursor::number(double& out) {
  if (const auto next = peek(); next != kind::number) return next == kind::none ? fail() : false;
  std::string_view raw;
  bool whole = false;
  if (!scan_number(raw, whole)) return false;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
  return error == std::errc();
}

bool json_cursor::integer(std::int64_t& out) {
  if (const auto next = peek(); next != kind::number) return next == kind::none ? fail() : false;
  const auto begin = at_;
  const char* const first = text_.data() + at_;
  const char* const last = text_.data() + text_.size();
  const auto [rest, error] = std::from_chars(first, last, out);
  const bool has_more = rest == last || *rest == '.' || *rest == 'e' || *rest == 'E';
  const bool has_zeros = *first == '0' || (*first == '-' && first + 1 < last && first[1] == '0');
  if (error == std::errc() && !has_more && !has_zeros) {  // as nearly all are
    at_ = static_cast<std::size_t>(rest - text_.data());
    return true;
  }
  std::string_view raw;
  bool whole = false;
  if (!scan_number(raw, whole)) return false;
  if (whole) return std::from_chars(raw.data(), raw.data() + raw.size(), out).ec == std::errc();
  at_ = begin;
  double value = 0;
  // Beyond 2^53 a double does not say which whole number was meant.
  if (!number(value) || value != std::floor(value) || std::abs(value) > 9007199254740992.0) return false;
  out = static_cast<std::int64_t>(value);
  return true;
}

bool json_cursor::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return fail();
  at_ += word.size();
  return true;
}

bool json_cursor::boolean(bool& out) {
  if (const auto next = peek(); next != kind::boolean) return next == kind::none ? fail() : false;
  out = text_[at_] == 't';
  return literal(out ? "true" : "false");
}

bool json_cursor::skip() {
  switch (peek()) {
    case kind::object: return object([this](std::string_view) { return skip(); });
    case kind::array: return array([this] { return skip(); });
    case kind::string: {
      std::string_view raw;
      std::string unused;
      bool plain = false;
      return scan_string(raw, plain) && (plain || unescape(raw, unused) || fail());
    }
    case kind::number: {
      std::string_view raw;
      bool whole = false;
      return scan_number(raw, whole);
    }
    case kind::boolean: return literal(text_[at_] == 't' ? "true" : "false");
    case kind::null: return literal("null");
    case kind::none: break;
  }
  return fail();
}

bool json_cursor::at_end() {
  skip_space();
  return (!broken_ && at_ == text_.size()) || fail();
}

}  // namespace tandem::telegram
