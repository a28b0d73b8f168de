#include "hunt/vacancies/facts.hpp"

#include <gtest/gtest.h>

#include <random>

#include "hunt/vacancies/digest.hpp"

namespace tandem::hunt {
namespace {

// "min-max currency/per" in major units, "…" for what is not said.
std::string shown(const pay& what) {
  const auto sum = [](const std::optional<std::int64_t>& minor) {
    if (!minor) return std::string("…");
    auto out = std::to_string(*minor / 100);
    if (*minor % 100 != 0) out += "." + std::to_string(*minor % 100);
    return out;
  };
  std::string out = sum(what.min);
  if (what.min != what.max) out += "-" + sum(what.max);
  if (!what.currency.empty()) out += " " + what.currency;
  if (!what.per.empty()) out += "/" + what.per;
  return out;
}
vacancy_facts of(std::string_view text) {
  text::stemmer stems;
  return facts_of(text, budget_of(text, stems), stems);
}

TEST(Pay, ASumIsReadInEveryWayThatPeopleWriteIt) {
  const std::pair<std::string_view, std::string_view> sums[] = {
      {"25 000 ₽", "25000 RUB"},
      {"от 100к", "100000-…"},
      {"$30/час", "30 USD/hour"},
      {"$30-40/hour", "30-40 USD/hour"},
      {"1500-2000 USD", "1500-2000 USD"},
      {"50 тыс. руб.", "50000 RUB"},
      {"от 150 000 до 200 000 руб. на руки", "150000-200000 RUB"},
      {"230-270К gross", "230000-270000"},
      {"175-300 тыс.руб/мес", "175000-300000 RUB/month"},
      {"180 000 – 230 000 рублей net", "180000-230000 RUB"},
      {"300.000-350.000", "300000-350000"},
      {"100k-200k ₽", "100000-200000 RUB"},
      {"$500 per project", "500 USD/project"},
      {"5к за ролик", "5000/piece"},
      {"3000 рублей в день", "3000 RUB/day"},
      {"до 2 000 € в месяц", "…-2000 EUR/month"},
      {"80 000", "80000"},
      {"от 150к до 200к на руки", "150000-200000"},
      {"1,5 млн ₽", "1500000 RUB"},
      {"2.5k$", "2500 USD"},
      {"12.50 USD", "12.50 USD"},
      {"1\u00a0200\u00a0000 руб", "1200000 RUB"},
      {"3000+ $", "3000-… USD"},
      {"200 руб. за 1000 знаков", "200 RUB/piece"},
      {"1000р", "1000 RUB"},
      {"25 т.р.", "25000 RUB"},
      {"100-150 USDT", "100-150 USD"},
      {"500 000 тенге", "500000 KZT"},
      {"$1,000 - $2,500", "1000-2500 USD"},
      {"€45 an hour", "45 EUR/hour"},
      {"400 ₽ за 15 минут", "400 RUB"},
  };
  for (const auto& [written, expected] : sums) EXPECT_EQ(shown(pay_of(written)), expected) << written;
}

TEST(Pay, WhatNamesNoSumIsNoPay) {
  for (const auto* written : {"договорная", "", "обсуждается", "по результатам собеседования", "$$$"})
    EXPECT_EQ(pay_of(written), pay()) << written;
}

TEST(Pay, ASecondSumThatIsSmallerIsNoUpperBound) { EXPECT_EQ(shown(pay_of("100 000 - 50 ₽")), "100000 RUB"); }

TEST(Pay, EndlessFiguresAreNoSum) {
  EXPECT_EQ(pay_of("99999999999999999999999 ₽"), pay());
  EXPECT_EQ(pay_of("999 999 999 999 млн ₽"), pay());
}

TEST(Facts, ASalaryIsByTheMonth) {
  EXPECT_EQ(shown(of("Менеджер\nЗарплата от 150 000 до 200 000 руб. на руки").pay),
            "150000-200000 RUB/month");
  EXPECT_EQ(shown(of("Логотип\nБюджет 25 000 ₽").pay), "25000 RUB");
  EXPECT_EQ(shown(of("Ставка: $30-40/hour").pay), "30-40 USD/hour");
}

TEST(Facts, WhereTheWorkIsDone) {
  EXPECT_EQ(of("Дизайнер, удалённо").remote, true);
  EXPECT_EQ(of("#удаленка нужен дизайнер").remote, true);
  EXPECT_EQ(of("Fully remote position").remote, true);
  EXPECT_EQ(of("Офис в Москве или удалённо").remote, true);
  EXPECT_EQ(of("Работа в офисе").remote, false);
  EXPECT_EQ(of("Это не удалёнка!").remote, false);
  EXPECT_EQ(of("Гибрид, 2 дня дома").remote, false);
  EXPECT_EQ(of("Знание Microsoft Office").remote, std::nullopt);
  EXPECT_EQ(of("Нужен логотип").remote, std::nullopt);
}

TEST(Facts, TheCityIsTakenAsItStands) {
  EXPECT_EQ(of("Вакансия\nГород: Казань").city, "Казань");
  EXPECT_EQ(of("Локация: Нижний Новгород, офис").city, "Нижний Новгород");
  EXPECT_EQ(of("Офис: г. Санкт-Петербург").city, "Санкт-Петербург");
  EXPECT_EQ(of("Location: Berlin").city, "Berlin");
  EXPECT_EQ(of("Локация: Удалённо").city, "");
  EXPECT_EQ(of("Город любой").city, "");
  EXPECT_EQ(of("2020 г. Москва была").city, "Москва");
}

TEST(Facts, TheKindOfEmployment) {
  EXPECT_EQ(of("Полная занятость, 5/2").employment, "full");
  EXPECT_EQ(of("Full-time, B2B").employment, "full");
  EXPECT_EQ(of("частичная занятость").employment, "part");
  EXPECT_EQ(of("Ищем на подработку").employment, "part");
  EXPECT_EQ(of("Проектная занятость").employment, "project");
  EXPECT_EQ(of("разовая задача").employment, "project");
  EXPECT_EQ(of("оформление по ГПХ").employment, "contract");
  EXPECT_EQ(of("Стажировка в банке").employment, "internship");
  EXPECT_EQ(of("Ищем волонтёров").employment, "volunteer");
  EXPECT_EQ(of("Нужен логотип").employment, "");
}

TEST(Facts, TheDeadlineIsQuoted) {
  EXPECT_EQ(of("Логотип\nДедлайн: 25 ноября.\nПишите").deadline, "25 ноября");
  EXPECT_EQ(of("Срок — 3 дня").deadline, "3 дня");
  EXPECT_EQ(of("Сроки сдачи: до 01.12.2026").deadline, "до 01.12.2026");
  EXPECT_EQ(of("Deadline: Friday, 6 pm").deadline, "Friday, 6 pm");
  EXPECT_EQ(of("Срок договора год").deadline, "");
  EXPECT_EQ(of("Испытательный срок 3 месяца").deadline, "");
  EXPECT_EQ(of("Дедлайн").deadline, "");
}

TEST(Facts, SumsOfATextAreThoseThatItCouldMean) {
  const auto sums = sums_in("Логотип за 5к, аванс 1,5 тыс; 2 варианта");
  for (const std::int64_t one : {5'000'00, 1'500'00, 2'00})
    EXPECT_TRUE(std::ranges::binary_search(sums, one)) << one;
  for (const std::int64_t one : {7'000'00, 50'000'00, 15'00})
    EXPECT_FALSE(std::ranges::binary_search(sums, one)) << one;
}

// Whatever is written, nothing breaks, and a range is never upside down.
TEST(Facts, NoTextBreaksThem) {
  std::mt19937 dice(11);
  const std::string_view pieces[] = {
      "12",       " 000",    "к",         "₽",    "$",    "-",        " до ",     "от ",
      "тыс.",     "1.5",     ",",         "/ч",   "\n",   "\xd0",     "\xff",     "млн",
      "99999999", "Город: ", "Дедлайн: ", "г. М", "срок", "Бюджет: ", "\xE2\x80", "\xC2"};
  text::stemmer stems;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = dice() % 12; count > 0; --count) text += pieces[dice() % std::size(pieces)];
    const auto out = facts_of(text, text, stems);
    EXPECT_TRUE(!out.pay.min || !out.pay.max || *out.pay.min <= *out.pay.max) << text;
    EXPECT_TRUE(!out.pay.min || *out.pay.min >= 0) << text;
    for (const auto& sum : {out.pay.min, out.pay.max}) {
      if (sum) ASSERT_TRUE(std::ranges::binary_search(sums_in(text), *sum)) << *sum << " in " << text;
    }
  }
}

}  // namespace
}  // namespace tandem::hunt
