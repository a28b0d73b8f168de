#include <algorithm>
#include <array>
#include <charconv>

#include "dating/profiles/profiles.hpp"
#include "dating/safety/text_signs.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/utf8.hpp"

// What people type into their profile.
namespace tandem::dating {
namespace {

using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::years;

constexpr int most_line_breaks = 12, most_marks_on_a_letter = 2;
constexpr int least_age_believed = 10;  // younger: a slip of the finger, not a child

char32_t point_of(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  char32_t out = static_cast<unsigned char>(sequence[0]) & (0xff >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) out = out << 6 | (static_cast<unsigned char>(byte) & 0x3f);
  return out;
}

struct span_of_points {
  char32_t from, to;
  bool holds(char32_t point) const { return from <= point && point <= to; }
};
bool in_any(char32_t point, std::span<const span_of_points> spans) {
  return std::ranges::any_of(spans, [point](const auto& one) { return one.holds(point); });
}

// Shown as nothing, or turning the direction of what follows. The joiner and the variation selector stay:
// emoji are made with them.
bool is_invisible(char32_t point) {
  static constexpr span_of_points spans[] = {
      {0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x84},     {0x86, 0x9f},       {0xad, 0xad},
      {0x34f, 0x34f},   {0x61c, 0x61c},   {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},
      {0x200b, 0x200c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
      {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff}};
  return in_any(point, spans);
}
bool is_space(char32_t point) {
  static constexpr span_of_points spans[] = {{'\t', '\t'},     {' ', ' '},       {0xa0, 0xa0},
                                             {0x1680, 0x1680}, {0x2000, 0x200a}, {0x202f, 0x202f},
                                             {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000}};
  return in_any(point, spans);
}
bool is_line_break(char32_t point) {
  return point == '\n' || point == 0x85 || point == 0x2028 || point == 0x2029;
}
bool is_mark(char32_t point) {
  static constexpr span_of_points spans[] = {
      {0x300, 0x36f}, {0x483, 0x489}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}};
  return in_any(point, spans);
}

// Letters of any script that people write their names in; signs, emoji and digits are none.
bool has_letter(std::string_view text) {
  static constexpr span_of_points signs[] = {{0x2000, 0x2bff}, {0x3000, 0x3004}, {0xfe00, 0xfe0f}};
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(telegram::sequence_length(text), 1);
    const auto point = point_of(text.substr(0, length));
    text.remove_prefix(length);
    if ((point | 0x20) >= 'a' && (point | 0x20) <= 'z') return true;
    if (point >= 0xc0 && point < 0x10000 && point != 0xd7 && point != 0xf7 && !is_mark(point) &&
        !in_any(point, signs)) {
      return true;
    }
  }
  return false;
}

std::expected<void, wrong_answer> allowed(std::string_view text) {
  thread_local text_signs signs;
  const auto verdict = signs.judge(text, text_place::about);
  if (verdict.fate != text_fate::refuse) return {};
  return std::unexpected(verdict.suspicious() ? wrong_answer::forbidden : wrong_answer::link);
}

std::expected<std::string, wrong_answer> read_text(std::string_view typed, bool lines, std::size_t shortest,
                                                   std::size_t longest) {
  auto text = cleaned(typed, lines);
  const auto length = telegram::code_points(text);
  if (length == 0) return std::unexpected(wrong_answer::empty);
  if (length < shortest) return std::unexpected(wrong_answer::too_short);
  if (length > longest) return std::unexpected(wrong_answer::too_long);
  if (const auto fine = allowed(text); !fine) return std::unexpected(fine.error());
  return text;
}

struct number {
  int value = 0;
  std::size_t digits = 0;
};
// At most four numbers, each of at most nine digits; nothing if there are more.
std::optional<std::vector<number>> numbers_in(std::string_view text) {
  std::vector<number> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] < '0' || text[at] > '9') {
      ++at;
      continue;
    }
    number one;

    const auto [end, failed] = std::from_chars(text.data() + at, text.data() + text.size(), one.value);
    one.digits = static_cast<std::size_t>(end - text.data()) - at;
    if (failed != std::errc() || one.digits > 9 || out.size() == 4) return std::nullopt;
    out.push_back(one);
    at += one.digits;
  }
  return out;
}

// The last day of the month where the month has no such day.
calendar_day existing(calendar_day day) {
  return day.ok() ? day : calendar_day(day.year() / day.month() / std::chrono::last);
}
// The same day of another year; 1 March for 29 February, as age_on() counts.
calendar_day after(calendar_day day, years by) {
  const auto moved = day + by;
  return moved.ok() ? moved : calendar_day(sys_days(existing(moved)) + std::chrono::days(1));
}

std::optional<calendar_day> date_of(const std::vector<number>& parts, calendar_day today) {
  auto [year, month, day] = std::array{parts[2], parts[1], parts[0]};
  if (parts[0].digits == 4) std::swap(year, day);
  if (year.digits != 4 && year.digits != 2) return std::nullopt;
  if (month.value > 12 && day.value <= 12) std::swap(month, day);  // 03/14/1999
  if (year.digits == 2) {
    const int this_year = int(today.year());
    year.value += this_year / 100 * 100;
    if (year.value > this_year) year.value -= 100;
  }
  const calendar_day out{std::chrono::year(year.value), std::chrono::month(unsigned(month.value)),
                         std::chrono::day(unsigned(day.value))};
  if (!out.ok()) return std::nullopt;
  return out;
}

}  // namespace

std::string_view name_of(profile_state what) {
  switch (what) {
    case profile_state::draft: return "draft";
    case profile_state::active: return "active";
    case profile_state::hidden: return "hidden";
    case profile_state::stale: return "stale";
    case profile_state::banned: break;
  }
  return "banned";
}

std::string_view name_of(field what) {
  static constexpr std::string_view names[] = {"name",  "age",       "sex",    "seeks",       "place",
                                               "about", "interests", "photos", "preferences", "preview"};
  return names[static_cast<std::size_t>(what)];
}
std::optional<field> field_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(field::preview); ++i) {
    if (name_of(field(i)) == name) return field(i);
  }
  return std::nullopt;
}
bool may_skip(field what) { return what >= field::about && what <= field::preferences; }

std::string_view name_of(wrong_answer what) {
  static constexpr std::string_view names[] = {
      "empty",     "too_short",  "too_long",      "link",     "forbidden", "no_letters", "not_understood",
      "too_young", "absurd_age", "unknown_place", "far_away", "too_many",  "no_profile"};
  return names[static_cast<std::size_t>(what)];
}

int age_on(calendar_day born, calendar_day today) {
  const auto birthday = std::pair(born.month(), born.day());
  const bool had_it = birthday <= std::pair(today.month(), today.day());
  return int(today.year()) - int(born.year()) - (had_it ? 0 : 1);
}
calendar_day day_of(instant when) { return std::chrono::floor<std::chrono::days>(when); }

std::string cleaned(std::string_view typed, bool lines) {
  std::string out;
  int breaks = 0, marks = 0, waiting = 0;  // waiting: line breaks since the last visible character
  bool space = false;
  while (!typed.empty()) {
    const auto length = telegram::sequence_length(typed);
    if (length == 0) {
      typed.remove_prefix(1);
      continue;
    }
    const auto sequence = typed.substr(0, length);
    typed.remove_prefix(length);
    const auto point = point_of(sequence);
    if (is_line_break(point)) {
      waiting += lines ? 1 : 0;
      space = true;
      continue;
    }
    if (is_space(point)) {
      space = true;
      continue;
    }
    if (is_invisible(point)) continue;
    marks = is_mark(point) ? marks + 1 : 0;
    if (marks > most_marks_on_a_letter) continue;
    const int wanted = std::min({waiting, 2, most_line_breaks - breaks});
    if (out.empty()) {
      // nothing stands in front
    } else if (wanted > 0) {
      out.append(static_cast<std::size_t>(wanted), '\n');
      breaks += wanted;
    } else if (space) {
      out += ' ';
    }
    waiting = 0;
    space = false;
    out += sequence;
  }
  return out;
}

std::expected<std::string, wrong_answer> read_name(std::string_view typed) {
  auto name = read_text(typed, false, shortest_name, longest_name);
  if (name && !has_letter(*name)) return std::unexpected(wrong_answer::no_letters);
  return name;
}
std::expected<std::string, wrong_answer> read_about(std::string_view typed) {
  return read_text(typed, true, 1, longest_about);
}
std::expected<std::string, wrong_answer> read_interest(std::string_view typed) {
  auto words = read_text(typed, false, 2, longest_interest);
  if (!words) return words;
  if (!has_letter(*words)) return std::unexpected(wrong_answer::no_letters);
  return "+" + *words;
}

std::expected<read_age, wrong_answer> read_birth(std::string_view typed, calendar_day today) {
  const auto found = numbers_in(typed);
  if (!found) return std::unexpected(wrong_answer::not_understood);
  read_age out;
  if (found->size() == 1 && found->front().digits <= 3) {
    const int age = found->front().value;
    if (age < least_age_believed || age > oldest) return std::unexpected(wrong_answer::absurd_age);
    out.born_on = existing(today - years(age) - months(6));
    // They may be about to have the next birthday.
    if (age < youngest) {
      out.adult_on = sys_days(after(today, years(youngest - 1 - age))) + std::chrono::days(1);
    }
    return out;
  }
  if (found->size() != 3) return std::unexpected(wrong_answer::not_understood);
  const auto born = date_of(*found, today);
  if (!born) return std::unexpected(wrong_answer::not_understood);
  const int age = age_on(*born, today);
  if (age < least_age_believed || age > oldest) return std::unexpected(wrong_answer::absurd_age);
  out.born_on = *born;
  if (age < youngest) out.adult_on = after(*born, years(youngest));
  return out;
}

std::expected<age_range, wrong_answer> read_ages(std::string_view typed) {
  const auto found = numbers_in(typed);
  if (!found || found->empty() || found->size() > 2) return std::unexpected(wrong_answer::not_understood);
  const bool open = found->size() == 1 && typed.contains('+');  // "25+"
  if (found->size() == 1 && !open) return std::unexpected(wrong_answer::not_understood);
  int from = found->front().value, to = open ? oldest : found->back().value;
  if (from > to) std::swap(from, to);
  if (from < youngest) return std::unexpected(wrong_answer::too_young);
  if (to > oldest) return std::unexpected(wrong_answer::absurd_age);
  return age_range{static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to)};
}

std::expected<int, wrong_answer> read_radius(std::string_view typed) {
  const auto found = numbers_in(typed);
  if (!found || found->size() != 1) return std::unexpected(wrong_answer::not_understood);
  const int km = found->front().value;
  if (km < least_radius || km > largest_radius) return std::unexpected(wrong_answer::not_understood);
  return km;
}

completeness completeness_of(const profile& of, int photos) {
  // What makes others answer first: faces, then words, then what one could talk about.
  constexpr std::size_t enough_words = 60, enough_interests = 3;
  constexpr int enough_photos = 3;
  const auto words = telegram::code_points(of.about);
  completeness out;
  const auto earns = [&out](int points, bool has, field by) {
    if (has) {
      out.percent += points;
    } else if (!out.next) {
      out.next = by;
    }
  };
  earns(6, !of.name.empty(), field::name);
  earns(6, of.born_on.has_value(), field::age);
  earns(6, of.sex.has_value(), field::sex);
  earns(6, of.seeks.has_value(), field::seeks);
  earns(6, of.at.has_value(), field::place);
  earns(25, photos >= 1, field::photos);
  earns(15, words > 0, field::about);
  earns(10, of.interests.size() >= enough_interests, field::interests);
  earns(10, photos >= enough_photos, field::photos);
  earns(10, words >= enough_words, field::about);
  return out;
}

}  // namespace tandem::dating
