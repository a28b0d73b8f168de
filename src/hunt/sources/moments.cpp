#include "hunt/sources/moments.hpp"

#include <charconv>

namespace tandem::hunt {
namespace {

template <class I>
std::optional<I> number(std::string_view digits) {
  I value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_plausible(const std::chrono::year_month_day& date) {
  using std::chrono::year;
  return date.ok() && date.year() >= year(2013) && date.year() <= year(2099);
}

}  // namespace

std::optional<instant> moment_of(std::string_view iso) {
  using namespace std::chrono;
  if (iso.size() < 20 || iso[4] != '-' || iso[7] != '-' || iso[10] != 'T' || iso[13] != ':' ||
      iso[16] != ':') {
    return std::nullopt;
  }
  const auto two = [&](std::size_t at) { return number<unsigned>(iso.substr(at, 2)).value_or(99); };
  const year_month_day date{year(number<int>(iso.substr(0, 4)).value_or(0)), month(two(5)), day(two(8))};
  if (!is_plausible(date)) return std::nullopt;
  if (two(11) > 23 || two(14) > 59 || two(17) > 59) return std::nullopt;
  auto zone = iso.substr(19);
  if (zone.front() == '.') zone.remove_prefix(std::min(zone.find_first_not_of("0123456789", 1), zone.size()));
  minutes offset{0};
  if (zone != "Z") {
    if (zone.size() != 6 || zone[3] != ':' || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
    const auto ahead = number<unsigned>(zone.substr(1, 2)), past = number<unsigned>(zone.substr(4, 2));
    if (!ahead || !past || *ahead > 14 || *past > 59) return std::nullopt;
    offset = (hours(*ahead) + minutes(*past)) * (zone[0] == '+' ? 1 : -1);
  }
  return sys_days(date) + hours(two(11)) + minutes(two(14)) + seconds(two(17)) - offset;
}

std::optional<instant> moment_of_mail(std::string_view written) {
  using namespace std::chrono;
  static constexpr std::string_view months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                                "jul", "aug", "sep", "oct", "nov", "dec"};
  if (const auto comma = written.find(','); comma != std::string_view::npos) written.remove_prefix(comma + 1);
  std::vector<std::string_view> parts;
  for (;;) {
    const auto from = written.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos || parts.size() > 5) break;
    written.remove_prefix(from);
    parts.push_back(written.substr(0, written.find_first_of(" \t\r\n")));
    written.remove_prefix(parts.back().size());
  }
  if (parts.size() < 4) return std::nullopt;
  std::string name(parts[1].substr(0, 3));
  std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  const auto found = std::ranges::find(months, name);
  if (found == std::end(months)) return std::nullopt;
  const year_month_day date{year(number<int>(parts[2]).value_or(0)),
                            month(static_cast<unsigned>(found - std::begin(months)) + 1),
                            day(number<unsigned>(parts[0]).value_or(99))};
  const auto clock = parts[3];
  if (!is_plausible(date) || clock.size() < 5 || clock[2] != ':') return std::nullopt;
  const auto hour = number<unsigned>(clock.substr(0, 2)), past = number<unsigned>(clock.substr(3, 2));
  const auto second = clock.size() == 8 ? number<unsigned>(clock.substr(6, 2)) : 0u;
  if (!hour || !past || !second || *hour > 23 || *past > 59 || *second > 60) return std::nullopt;
  minutes offset{0};
  const auto zone = parts.size() > 4 ? parts[4] : std::string_view("GMT");
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-')) {
    const auto ahead = number<unsigned>(zone.substr(1, 2)), more = number<unsigned>(zone.substr(3, 2));
    if (!ahead || !more || *ahead > 14 || *more > 59) return std::nullopt;
    offset = (hours(*ahead) + minutes(*more)) * (zone[0] == '+' ? 1 : -1);
  } else if (zone == "MSK") {
    offset = hours(3);
  }
  return sys_days(date) + hours(*hour) + minutes(*past) + seconds(*second) - offset;
}

}  // namespace tandem::hunt
