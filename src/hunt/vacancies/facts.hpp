#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/fold.hpp"

namespace tandem::hunt {

// What work is paid with. Minor units (kopecks, cents); both are set when one sum is named.
struct pay {
  std::optional<std::int64_t> min, max;
  std::string currency;  // ISO 4217 (USDT counts as USD); empty: none was written
  std::string per;       // project hour day week month year piece; empty: it does not say

  bool operator==(const pay&) const = default;
};

// What a vacancy says in a form that can be compared. Nothing is guessed: empty is "it does not say".
struct vacancy_facts {
  hunt::pay pay;
  std::string deadline;        // as it was written, at most 60 characters
  std::optional<bool> remote;  // true also where an office is a choice
  std::string city;            // as it was written
  std::string employment;      // full part project contract internship volunteer

  bool operator==(const vacancy_facts&) const = default;
};

// Reads a sum as budget_of() gives it: "25 000 ₽", "от 100к", "$30-40/час", "1500-2000 USD", "50 тыс. руб.".
// "договорная" and everything else without a figure is no pay.
pay pay_of(std::string_view written);

// By rules alone. `budget`: what budget_of() found in this text.
vacancy_facts facts_of(std::string_view text, std::string_view budget, text::stemmer& stems);

// All sums that the text could mean, in minor units: "5к" is 5 and 5,000. Somebody else's figures are checked
// against it.
std::vector<std::int64_t> sums_in(std::string_view text);

}  // namespace tandem::hunt
