#include "hunt/readers/sums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text/fold.hpp"

// Sums and times of the day as people type them.
namespace tandem::hunt {
namespace {

constexpr std::int64_t most_major = 1'000'000'000;

struct money_sign {
  std::string_view written, currency;
};
constexpr money_sign money_signs[] = {
    {"₽", "RUB"},   {"руб", "RUB"},  {"рублей", "RUB"}, {"рубля", "RUB"},    {"р", "RUB"},     {"rub", "RUB"},
    {"$", "USD"},   {"usd", "USD"},  {"доллар", "USD"}, {"долларов", "USD"}, {"usdt", "USD"},  {"€", "EUR"},
    {"eur", "EUR"}, {"евро", "EUR"}, {"euro", "EUR"},   {"₸", "KZT"},        {"тенге", "KZT"}, {"kzt", "KZT"},
    {"₴", "UAH"},   {"грн", "UAH"},  {"uah", "UAH"},    {"£", "GBP"},        {"gbp", "GBP"},   {"byn", "BYN"},
};
constexpr std::pair<std::string_view, std::string_view> shown_as[] = {
    {"RUB", "₽"}, {"USD", "$"}, {"EUR", "€"}, {"KZT", "₸"}, {"UAH", "₴"}, {"GBP", "£"}};
constexpr std::string_view thousands[] = {"к", "k", "тыс", "тысяч", "т"};
constexpr std::string_view before[] = {"от", "from", "мин", "min", "не", "менее"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_one_of(std::string_view word, auto& words) {
  return std::ranges::find(words, word) != std::end(words);
}

// Digits with what may stand between them, and the words around.
struct reading {
  std::vector<std::string> numbers, words;
};

// "20 000,50 руб." → numbers {"20000.50"}, words {"руб"}. False: it is no such thing.
reading take_apart(std::string_view typed) {
  reading out;
  bool joins = false;  // a space lies between this digit and the number before
  for (std::size_t at = 0; at < typed.size();) {
    const auto rest = typed.substr(at);
    if (is_digit(typed[at])) {
      std::size_t end = at;
      while (end < typed.size() && is_digit(typed[end])) ++end;
      const auto digits = typed.substr(at, end - at);
      // "20 000", "20.000", "20,000": three digits behind a sign go on with the number
      if (joins && digits.size() == 3 && !out.numbers.empty()) {
        out.numbers.back() += digits;
      } else {
        out.numbers.emplace_back(digits);
      }
      at = end;
      const bool point =
          at + 1 < typed.size() && (typed[at] == '.' || typed[at] == ',') && is_digit(typed[at + 1]);
      std::size_t fraction = at + 1;
      while (point && fraction < typed.size() && is_digit(typed[fraction])) ++fraction;
      if (point && fraction - at - 1 <= 2) {
        out.numbers.back() += "." + std::string(typed.substr(at + 1, fraction - at - 1));
        at = fraction;
      }
      joins = true;
      continue;
    }
    std::size_t space = 0;
    for (const std::string_view one : {" ", "\u00A0", "\u202F", "\u2009", ".", ",", "'"}) {
      if (rest.starts_with(one)) space = one.size();
    }
    if (space > 0) {
      at += space;
      continue;
    }
    joins = false;
    std::size_t end = at;
    while (end < typed.size() && !is_digit(typed[end]) && typed[end] != ' ' && typed[end] != '.' &&
           typed[end] != ',') {
      ++end;
    }
    const auto word = typed.substr(at, end - at);
    const auto sign = std::ranges::find(money_signs, word, &money_sign::written);
    out.words.push_back(sign != std::end(money_signs) ? std::string(word) : text::fold(word));
    at = end;
  }
  return out;
}

// "1.5" of a thousand → 150'000 minor units; nothing for too much.
std::optional<std::int64_t> minor_of(std::string_view number, std::int64_t times) {
  const auto point = number.find('.');
  const auto whole = number.substr(0, point);
  if (whole.size() > 10) return std::nullopt;
  std::int64_t hundredths = 0;
  for (const char digit : whole) hundredths = hundredths * 10 + (digit - '0');
  hundredths *= 100;
  if (point != std::string_view::npos) {
    auto fraction = std::string(number.substr(point + 1));
    fraction.resize(2, '0');
    hundredths += (fraction[0] - '0') * 10 + (fraction[1] - '0');
  }
  const auto out = hundredths * times;
  return out > most_major * 100 ? std::nullopt : std::optional(out);
}

}  // namespace

std::optional<sum> read_sum(std::string_view typed, std::string_view usual) {
  if (typed.size() > 60) return std::nullopt;
  const auto read = take_apart(typed);
  if (read.numbers.size() != 1) return std::nullopt;
  std::int64_t times = 1;
  sum out{0, std::string(usual)};
  for (std::string_view word : read.words) {
    // "30к₽", "1.5k$": the thousand and the sign in one word
    for (const auto one : thousands) {
      const auto rest = word.starts_with(one) ? word.substr(one.size()) : std::string_view();
      const auto sign = std::ranges::find(money_signs, rest, &money_sign::written);
      if (!rest.empty() && sign != std::end(money_signs)) {
        times = 1000;
        word = rest;
        break;
      }
    }
    const auto sign = std::ranges::find(money_signs, word, &money_sign::written);
    if (sign != std::end(money_signs)) {
      out.currency = sign->currency;
    } else if (is_one_of(word, thousands)) {
      times = 1000;
    } else if (!is_one_of(word, before)) {
      return std::nullopt;
    }
  }
  const auto minor = minor_of(read.numbers.front(), times);
  if (!minor || *minor == 0) return std::nullopt;
  out.minor = *minor;
  return out;
}

std::string say_sum(const sum& what) {
  auto digits = std::to_string(what.minor / 100);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), "\u2009");
  }
  if (what.minor % 100 != 0) digits += fmt::format(".{:02}", what.minor % 100);
  const auto sign =
      std::ranges::find(shown_as, what.currency, &std::pair<std::string_view, std::string_view>::first);
  return digits + "\u2009" + (sign == std::end(shown_as) ? what.currency : std::string(sign->second));
}

std::optional<int> read_minute(std::string_view typed) {
  std::vector<int> numbers;
  for (std::size_t at = 0; at < typed.size();) {
    if (is_digit(typed[at])) {
      int number = 0;
      std::size_t digits = 0;
      for (; at < typed.size() && is_digit(typed[at]); ++at, ++digits)
        number = number * 10 + (typed[at] - '0');
      if (digits > 2) return std::nullopt;
      numbers.push_back(number);
    } else if (std::string_view(": .hч").contains(typed[at]) ||
               (static_cast<unsigned char>(typed[at]) & 0x80)) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  if (numbers.empty() || numbers.size() > 2) return std::nullopt;
  const int minute = numbers.size() == 2 ? numbers[1] : 0;
  if (numbers[0] > 24 || minute > 59 || (numbers[0] == 24 && minute > 0)) return std::nullopt;
  return numbers[0] % 24 * 60 + minute;
}

std::optional<std::pair<int, int>> read_hours(std::string_view typed) {
  if (typed.size() > 60) return std::nullopt;
  std::string plain(typed);
  // Every sign between two times is one: a dash of any length, "до", "to".
  for (const std::string_view dash : {"–", "—", "−", "до", "to", ".."}) {
    for (auto at = plain.find(dash); at != std::string::npos; at = plain.find(dash))
      plain.replace(at, dash.size(), "-");
  }
  for (const std::string_view start : {"с ", "from ", "От ", "от "}) {
    if (plain.starts_with(start)) plain.erase(0, start.size());
  }
  const auto dash = plain.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto from = read_minute(std::string_view(plain).substr(0, dash));
  const auto to = read_minute(std::string_view(plain).substr(dash + 1));
  if (!from || !to || *from == *to) return std::nullopt;
  return std::pair(*from, *to);
}

std::string say_minute(int minute) { return fmt::format("{}:{:02}", minute / 60, minute % 60); }

}  // namespace tandem::hunt
