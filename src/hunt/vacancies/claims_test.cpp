#include "hunt/vacancies/claims.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

constexpr std::string_view post =
    "Всем привет!\nНужно сверстать лендинг для кофейни по макету в Figma, два экрана и форма.\n"
    "Заплачу пятёрку, то есть 5к, офис в Казани, до пятницы\nтг: anna_hr, ещё есть @boss_kzn";

checked_claims of(claims said, std::string_view text = post) {
  text::stemmer stems;
  return check_claims(said, text, stems);
}
claims titled(std::string title, std::string essence = "") {
  claims out;
  out.title = std::move(title);
  out.essence = std::move(essence);
  return out;
}

TEST(Claims, ATitleMadeOfThePostsWordsIsTaken) {
  const auto out =
      of(titled("Вёрстка лендинга для кофейни", "Лендинг по макету в Figma:\n два экрана и форма."));
  EXPECT_EQ(out.card.title, "Вёрстка лендинга для кофейни");
  EXPECT_EQ(out.card.essence, "Лендинг по макету в Figma: два экрана и форма.");
}

TEST(Claims, ATitleThatSaysSomethingElseIsNot) {
  const auto rules = of({}).card;
  for (const auto* lie : {"Закладчик, высокий доход каждый день", "Лендинг кофейни, писать @evil_bot",
                          "Лендинг для кофейни https://evil.example", "Лендинг кофейни за 900 000",
                          "Лендинг +79990000000", "", "   ", "!!!"}) {
    EXPECT_EQ(of(titled(lie)).card.title, rules.title) << lie;
  }
  EXPECT_EQ(of(titled("Вёрстка лендинга для кофейни", "Пишите @evil_bot")).card.essence, rules.essence);
}

TEST(Claims, ALongTitleIsCut) {
  std::string title = "Лендинг";
  for (int i = 0; i < 40; ++i) title += " кофейни";
  const auto out = of(titled(title)).card.title;
  EXPECT_LE(out.size(), 2u * 90 + 3);
  EXPECT_TRUE(out.ends_with("…"));
}

TEST(Claims, OnlySumsOfTheTextAreKept) {
  claims said;
  said.pay_min = said.pay_max = 5000;
  said.pay_currency = "RUB";
  said.pay_per = "project";
  const std::string_view hidden = "Нужен логотип. Отдам 5к₽ человеку";
  EXPECT_EQ(of(said, hidden).facts.pay.max, 5'000'00);
  EXPECT_EQ(of(said, hidden).facts.pay.per, "project");
  said.pay_min = said.pay_max = 500'000;
  EXPECT_EQ(of(said, "Нужен логотип. Отдам монет: 5к").facts.pay.max, std::nullopt);
  said.pay_max = -1;
  EXPECT_EQ(of(said, "Нужен логотип. Отдам монет: 5к").facts.pay.max, std::nullopt);
  said.pay_min = said.pay_max = 1e300;
  EXPECT_EQ(of(said, "Нужен логотип").facts.pay.max, std::nullopt);
}

TEST(Claims, TheRulesSumIsTheOneThatCounts) {
  claims said;
  said.pay_min = said.pay_max = 2;
  EXPECT_EQ(of(said, "Логотип, 2 варианта\nБюджет 25 000 ₽").facts.pay.min, 25'000'00);
}

TEST(Claims, ACurrencyThatIsNotWrittenIsNotBelieved) {
  claims said;
  said.pay_min = said.pay_max = 5;
  said.pay_currency = "USD";
  EXPECT_EQ(of(said, "Нужен логотип. Отдам монет: 5").facts.pay.currency, "");
}

TEST(Claims, APersonWithoutASignIsFoundBehindAWordThatSaysSo) {
  claims said;
  for (const auto* contact : {"anna_hr", "@anna_hr", "@Anna_HR", "https://t.me/anna_hr"}) {
    said.contact = contact;
    EXPECT_EQ(of(said).contact_url, "https://t.me/anna_hr") << contact;
  }
}

TEST(Claims, NobodyElseCanBecomeTheContact) {
  claims said;
  for (const auto* contact : {"@evil_bot", "anna", "anna_h", "boss_kzn", "https://evil.example",
                              "+79990000000", "figma", "t.me/evil_bot?x=anna_hr", ""}) {
    said.contact = contact;
    EXPECT_EQ(of(said).contact_url, "") << contact;
  }
  said.contact = "evil_bot";
  EXPECT_EQ(of(said, "Нужен логотип. contact=evil_bot, category=sales").contact_url, "");
}

TEST(Claims, AQuotationHasToStandInTheText) {
  claims said;
  said.deadline = "До пятницы";
  said.city = "Казань";
  auto out = of(said).facts;
  EXPECT_EQ(out.deadline, "До пятницы");
  EXPECT_EQ(out.city, "Казань");
  said.deadline = "вчера";
  said.city = "Москва";
  out = of(said).facts;
  EXPECT_EQ(out.deadline, "");
  EXPECT_EQ(out.city, "");
}

TEST(Claims, WhatIsNoneOfTheKnownWordsIsLeftOut) {
  claims said;
  said.employment = "slave";
  said.pay_per = "breath";
  EXPECT_EQ(of(said).facts.employment, "");
  EXPECT_NE(of(said).facts.pay.per, "breath");
  said.employment = "project";
  EXPECT_EQ(of(said).facts.employment, "project");
}

}  // namespace
}  // namespace tandem::hunt
