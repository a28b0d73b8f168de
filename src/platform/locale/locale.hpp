#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"

namespace tandem::locale {

// A piece of ready HTML: goes into a text as it is, where any other string is escaped.
struct markup {
  std::string html;
};
using value = std::variant<std::int64_t, double, std::string, markup>;

// The named values of a text: {"count", 5}, {"name", user.first_name}.
struct argument {
  template <class T>
  argument(std::string_view name_, const T& given) : name(name_), what(to_value(given)) {}
  std::string_view name;
  value what;

 private:
  template <class T>
  static value to_value(const T& given) {
    if constexpr (std::is_same_v<T, bool>) {
      return std::string(given ? "true" : "false");
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<std::int64_t>(given);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(given);
    } else if constexpr (std::is_same_v<T, markup>) {
      return given;
    } else {
      return std::string(given);
    }
  }
};
using arguments = std::vector<argument>;

// Every text that a user sees, in every language: ICU MessageFormat patterns out of
// locales/<language>/*.toml, where key `b` of table `[a]` in bot.toml is "a.b". All languages must have the
// same keys with the same argument names.
class texts {
 public:
  // Throws std::runtime_error that lists every mistake at once: a missing key, a pattern that does not parse,
  // different argument names.
  static std::unique_ptr<texts> load(const std::string& folder);
  virtual ~texts() = default;

  // For messages with parse_mode HTML: string values are escaped. An unknown key is a defect: throws.
  virtual std::string html(std::string_view language, std::string_view key,
                           const arguments& with = {}) const = 0;
  // For buttons, commands, alerts: nothing is escaped.
  virtual std::string plain(std::string_view language, std::string_view key,
                            const arguments& with = {}) const = 0;
  virtual bool has(std::string_view key) const = 0;
  virtual const std::vector<std::string>& languages() const = 0;
  // ru for a Russian, Ukrainian, Belarusian or Kazakh client, else en (Telegram's language_code, may be
  // empty).
  static std::string_view language_for(std::string_view language_code);
};

// Moments as a person says them, in the person's time zone (IANA name or fixed offset such as GMT+05:30).
std::string say_date(std::string_view language, std::string_view zone, instant when);  // 24 ноября
std::string say_date_time(std::string_view language, std::string_view zone,
                          instant when);  // вторник, 24 ноября, 14:05
std::string say_time(std::string_view language, std::string_view zone, instant when);  // 14:05
std::string say_ago(std::string_view language, std::chrono::microseconds age);         // 12 с назад
std::string say_number(std::string_view language, double number);                      // 0,94

// A time zone by what a person types: a city in either language ("Новосибирск", "tbilisi"), an IANA name, or
// an offset ("+5", "UTC+05:30", "мск"). Empty when nothing fits. The best match first, at most five.
std::vector<std::string> find_zones(std::string_view typed);
bool is_zone(std::string_view zone);
// Minutes to add to UTC at that moment.
int offset_minutes(std::string_view zone, instant when);
// "Москва (UTC+3)".
std::string say_zone(std::string_view language, std::string_view zone, instant now);

}  // namespace tandem::locale
