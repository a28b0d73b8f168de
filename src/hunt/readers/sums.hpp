#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::hunt {

// Money: minor units of a currency by its ISO 4217 code.
struct sum {
  std::int64_t minor = 0;
  std::string currency;
  friend bool operator==(const sum&, const sum&) = default;
};

// A sum as a person types it: "20000", "20 000 ₽", "от 30к", "1.5k $", "€500". Without a sign it is in
// `usual`. Nothing for what is no sum, or more than a billion.
std::optional<sum> read_sum(std::string_view typed, std::string_view usual = "RUB");
// "20 000 ₽"; for a currency without a sign its code.
std::string say_sum(const sum& what);

// A minute of the day: "9", "09:30", "21.00".
std::optional<int> read_minute(std::string_view typed);
// Two of them: "23-8", "с 23:00 до 8:30". Nothing for equal ones.
std::optional<std::pair<int, int>> read_hours(std::string_view typed);
std::string say_minute(int minute);  // "9:30"

}  // namespace tandem::hunt
