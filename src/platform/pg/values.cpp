// PostgreSQL's text forms of our types, both ways.
#include <charconv>
#include <limits>

#include "platform/pg/pg.hpp"

namespace tandem::pg {

namespace {

using std::chrono::microseconds;

template <class T>
void append_number(std::string& out, T value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  const auto begun = out.size();
  append_number(out, value);
  const auto digits = out.size() - begun;
  if (digits < width) out.insert(begun, width - digits, '0');
}

void append_instant(std::string& out, instant value) {
  if (value == instant::max()) {
    out += "infinity";
    return;
  }
  if (value == instant::min()) {
    out += "-infinity";
    return;
  }
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(value - day);
  const auto year = static_cast<int>(date.year());
  append_padded(out, year > 0 ? year : 1 - year, 4);  // there is no year 0 in SQL: it is 1 BC
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += ' ';
  append_padded(out, time.hours().count(), 2);
  out += ':';
  append_padded(out, time.minutes().count(), 2);
  out += ':';
  append_padded(out, time.seconds().count(), 2);
  out += '.';
  append_padded(out, time.subseconds().count(), 6);
  out += "+00";
  if (year <= 0) out += " BC";
}

// How many bytes the UTF-8 character at the front takes; 0 if there is none that PostgreSQL would store.
std::size_t character_length(std::string_view text) {
  const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned first = at(0);
  if (first < 0x80) return first != 0 ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t index = 1; index < length; ++index) {
    if ((at(index) & 0xC0) != 0x80) return 0;
  }
  // Too long a form, half a surrogate pair, beyond the last character.
  const unsigned second = at(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

void append_text(std::string& out, std::string_view value) {
  std::size_t good = 0;
  while (good < value.size()) {
    if (const auto length = character_length(value.substr(good))) {
      good += length;
      continue;
    }
    out.append(value.substr(0, good));
    out += "\xEF\xBF\xBD";
    value.remove_prefix(good + 1);
    good = 0;
  }
  out.append(value);
}

template <class T, class F>
std::string array_of(std::span<const T> values, F append) {
  std::string out = "{";
  for (const auto& value : values) {
    if (out.size() > 1) out += ',';
    append(out, value);
  }
  out += '}';
  return out;
}

[[noreturn]] void unreadable(std::string_view column, std::string_view as) {
  throw error("column " + std::string(column) + " cannot be read as " + std::string(as), {});
}

// Reads the parts of a timestamp one after another.
struct timestamp_reader {
  std::string_view left;
  bool good = true;

  std::int64_t number() {
    std::int64_t value = 0;
    const auto [end, status] = std::from_chars(left.data(), left.data() + left.size(), value);
    if (status != std::errc{} || left.front() == '-') {
      good = false;
      return 0;
    }
    left.remove_prefix(static_cast<std::size_t>(end - left.data()));
    return value;
  }
  bool skip(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (!skip(c)) good = false;
  }
};

// 2024-05-01 12:34:56.123456+03, also a date alone, a time without a zone (taken as UTC), and years BC.
std::optional<instant> parse_instant(std::string_view text) {
  if (text == "infinity") return instant::max();
  if (text == "-infinity") return instant::min();
  const bool before_christ = text.ends_with(" BC");
  if (before_christ) text.remove_suffix(3);
  timestamp_reader in{text};
  auto year = in.number();
  if (before_christ) year = 1 - year;
  in.need('-');
  const auto month = in.number();
  in.need('-');
  const auto day = in.number();
  if (!in.good) return {};
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return {};
  instant out = std::chrono::sys_days(date);
  if (in.skip(' ')) {
    const auto hours = in.number();
    in.need(':');
    const auto minutes = in.number();
    in.need(':');
    const auto seconds = in.number();
    out += std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
    if (in.skip('.')) {
      const auto before = in.left.size();
      auto fraction = in.number();
      for (auto digits = before - in.left.size(); digits < 6; ++digits) fraction *= 10;
      out += microseconds(fraction);
    }
    const bool west = in.skip('-');
    if (west || in.skip('+')) {
      std::chrono::seconds offset = std::chrono::hours(in.number());
      if (in.skip(':')) offset += std::chrono::minutes(in.number());
      if (in.skip(':')) offset += std::chrono::seconds(in.number());
      out += west ? offset : -offset;
    }
  }
  if (!in.good || !in.left.empty()) return {};
  return out;
}

// The elements of a one-dimensional array without nulls.
std::optional<std::vector<std::string>> parse_array(std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return {};
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::string element;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        element += text[at];
      }
      if (at == text.size()) return {};
      ++at;
    } else {
      while (at < text.size() && text[at] != ',') element += text[at++];
      if (element == "NULL" || element.starts_with('{')) return {};
    }
    out.push_back(std::move(element));
    if (at < text.size() && text[at++] != ',') return {};
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void params::add(bool value) { values_.emplace_back(value ? "t" : "f"); }

void params::add_integer(std::int64_t value) {
  append_number(values_.emplace_back(std::in_place).value(), value);
}

void params::add(double value) { append_number(values_.emplace_back(std::in_place).value(), value); }

void params::add(std::string_view value) { append_text(values_.emplace_back(std::in_place).value(), value); }

void params::add(instant value) { append_instant(values_.emplace_back(std::in_place).value(), value); }

void params::add(microseconds value) {
  values_.emplace_back(std::to_string(value.count()) + " microseconds");
}

void params::add(std::span<const std::byte> value) {
  static constexpr char digits[] = "0123456789abcdef";
  auto& out = values_.emplace_back(std::in_place).value();
  out.reserve(2 + 2 * value.size());
  out = "\\x";
  for (const auto byte : value) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 15];
  }
}

void params::add(std::span<const std::int64_t> values) {
  values_.emplace_back(
      array_of(values, [](std::string& out, std::int64_t value) { append_number(out, value); }));
}

void params::add(std::span<const double> values) {
  values_.emplace_back(array_of(values, [](std::string& out, double value) { append_number(out, value); }));
}

void params::add(std::span<const instant> values) {
  values_.emplace_back(array_of(values, [](std::string& out, instant value) {
    out += '"';
    append_instant(out, value);
    out += '"';
  }));
}

void params::add(std::span<const std::string> values) {
  values_.emplace_back(array_of(values, [](std::string& out, const std::string& value) {
    std::string escaped;
    escaped.reserve(value.size() + 8);
    for (const char c : value) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    out += '"';
    append_text(out, escaped);
    out += '"';
  }));
}

void cell::read(std::string_view& out) const {
  if (null_) unreadable(column_, "a value: it is null");
  out = text_;
}

void cell::read(std::string& out) const {
  std::string_view text;
  read(text);
  out = text;
}

void cell::read(bool& out) const {
  std::string_view text;
  read(text);
  if (text != "t" && text != "f") unreadable(column_, "a boolean");
  out = text == "t";
}

void cell::read(std::int64_t& out) const {
  std::string_view text;
  read(text);
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (status != std::errc{} || end != text.data() + text.size()) unreadable(column_, "an integer");
}

void cell::read(double& out) const {
  std::string_view text;
  read(text);
  if (text == "NaN") {
    out = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (status != std::errc{} || end != text.data() + text.size()) unreadable(column_, "a number");
}

void cell::read(instant& out) const {
  std::string_view text;
  read(text);
  const auto parsed = parse_instant(text);
  if (!parsed) unreadable(column_, "a time");
  out = *parsed;
}

void cell::read(std::vector<std::byte>& out) const {
  std::string_view text;
  read(text);
  if (!text.starts_with("\\x") || text.size() % 2 != 0) unreadable(column_, "bytes");
  text.remove_prefix(2);
  out.clear();
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) unreadable(column_, "bytes");
    out.push_back(static_cast<std::byte>(high << 4 | low));
  }
}

void cell::read(std::vector<std::string>& out) const {
  std::string_view text;
  read(text);
  auto parsed = parse_array(text);
  if (!parsed) unreadable(column_, "an array of texts");
  out = std::move(*parsed);
}

void cell::read(std::vector<std::int64_t>& out) const {
  std::vector<std::string> texts;
  read(texts);
  out.clear();
  out.reserve(texts.size());
  for (const auto& text : texts) out.push_back(cell(text, false, column_).as<std::int64_t>());
}

}  // namespace tandem::pg
