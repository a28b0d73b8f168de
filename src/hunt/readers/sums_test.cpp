#include "hunt/readers/sums.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

TEST(Sums, AreReadAsPeopleTypeThem) {
  const auto rubles = [](std::int64_t major) { return sum{major * 100, "RUB"}; };
  for (const std::string_view typed :
       {"20000", "20 000", "20.000", "20,000", "от 20 000 ₽", "20к", "20 тыс. руб.", "20k rub", "20к₽",
        "не менее 20000 рублей", "20\u00A0000р"}) {
    EXPECT_EQ(read_sum(typed), rubles(20'000)) << typed;
  }
  EXPECT_EQ(read_sum("1.5к"), rubles(1'500));
  EXPECT_EQ(read_sum("$300"), (sum{30'000, "USD"}));
  EXPECT_EQ(read_sum("300.50 $"), (sum{30'050, "USD"}));
  EXPECT_EQ(read_sum("1 250 000 тенге"), (sum{125'000'000, "KZT"}));
}

TEST(Sums, WhatIsNoSumIsNotGuessed) {
  for (const std::string_view typed : {"", "много", "0", "20-30", "20 до 30", "20000 попугаев", "99999999999",
                                       "5000000000000000000000", "-5 апельсинов"}) {
    EXPECT_EQ(read_sum(typed), std::nullopt) << typed;
  }
}

TEST(Sums, AreSaidWithThinSpaces) {
  EXPECT_EQ(say_sum({2'000'000, "RUB"}), "20\u2009000\u2009₽");
  EXPECT_EQ(say_sum({30'050, "USD"}), "300.50\u2009$");
  EXPECT_EQ(say_sum({100, "BYN"}), "1\u2009BYN");
}

TEST(Sums, TimesOfTheDayAreRead) {
  EXPECT_EQ(read_minute("9"), 540);
  EXPECT_EQ(read_minute("18:30"), 1110);
  EXPECT_EQ(read_minute("24"), 0);
  for (const std::string_view typed : {"", "25", "9:75", "утром!", "9:1:1", "1234"}) {
    EXPECT_EQ(read_minute(typed), std::nullopt) << typed;
  }
  const std::pair night{23 * 60, 8 * 60};
  for (const std::string_view typed : {"23-8", "23:00 – 8:00", "с 23 до 8", "from 23 to 8", "23..8"}) {
    EXPECT_EQ(read_hours(typed), night) << typed;
  }
  for (const std::string_view typed : {"", "ночью", "8-8", "23", "23-", "1-2-3", "99-3"}) {
    EXPECT_EQ(read_hours(typed), std::nullopt) << typed;
  }
}

}  // namespace
}  // namespace tandem::hunt
