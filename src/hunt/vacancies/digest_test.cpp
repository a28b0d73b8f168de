#include "hunt/vacancies/digest.hpp"

namespace tandem::hunt {
namespace {

digest of(std::string_view text) {
  text::stemmer stems;
  return digest_of(text, stems);
}
std::string budget(std::string_view text) {
  text::stemmer stems;
  return budget_of(text, stems);
}

TEST(Digest, TheFirstLineIsTheTitleAndTheRestTheEssence) {
  const auto card =
      of("#вакансия #удаленка\n\n🎨 Лендинг для кофейни (Figma → Tilda)\nНужны два экрана и форма заказа\n"
         "• тексты и фото есть\nБюджет: 25 000 ₽\nПисать @anna");
  EXPECT_EQ(card.title, "Лендинг для кофейни (Figma → Tilda)");
  EXPECT_EQ(card.essence, "Нужны два экрана и форма заказа. тексты и фото есть");
  EXPECT_EQ(card.budget, "25 000 ₽");
}

TEST(Digest, ALabelNamesTheJob) {
  const auto card = of("Компания: Кловер\nВакансия: Руководитель группы\nЛокация: Москва");
  EXPECT_EQ(card.title, "Руководитель группы");
  EXPECT_EQ(card.essence, "Компания: Кловер. Локация: Москва");
  EXPECT_EQ(of("Position - Designer\nRemote").title, "Designer");
}

TEST(Digest, GreetingsAndConditionsAreNoTitle) {
  EXPECT_EQ(of("Всем привет! Мы ищем аналитика в команду. Он будет строить отчёты.").title,
            "Мы ищем аналитика в команду");
  EXPECT_EQ(of("Добрый день, коллеги!\nНужен монтажёр").title, "Нужен монтажёр");
  EXPECT_EQ(of("Формат: удалённо\nНужен монтажёр").title, "Нужен монтажёр");
  EXPECT_EQ(of("Hello everyone!\nLooking for a C++ developer").title, "Looking for a C++ developer");
}

TEST(Digest, ALongLineIsCutBehindAWordAndGoesOnInTheEssence) {
  const auto card =
      of("Ищем в нашу команду очень внимательного и ответственного человека который умеет писать длинные "
         "тексты для "
         "сайтов и рассылок");
  EXPECT_TRUE(card.title.ends_with("…"));
  EXPECT_TRUE(card.title.starts_with("Ищем в нашу команду"));
  EXPECT_TRUE(card.essence.ends_with("сайтов и рассылок"));
  const auto joined = card.title.substr(0, card.title.size() - std::string("…").size()) + " " + card.essence;
  EXPECT_EQ(joined,
            "Ищем в нашу команду очень внимательного и ответственного человека который умеет писать длинные "
            "тексты для "
            "сайтов и рассылок");
}

TEST(Digest, NothingIsEverLongerThanTheCard) {
  std::string endless;
  for (int i = 0; i < 3000; ++i) endless += "ж";
  const auto card = of("Ищем: " + endless + "\n" + endless + "\nБюджет: 5 000 " + endless);
  EXPECT_LE(card.title.size(), 2u * 90 + 3);
  EXPECT_LE(card.essence.size(), 2u * 160 + 3);
  EXPECT_LE(card.budget.size(), 2u * 60 + 3);
  EXPECT_FALSE(card.title.empty());
}

TEST(Digest, AnOddTextStillHasATitle) {
  EXPECT_EQ(of("").title, "");
  EXPECT_EQ(of("🔥🔥🔥").title, "🔥🔥🔥");
  EXPECT_EQ(of("#one #two").title, "#one #two");
  EXPECT_EQ(of("@anna").title, "@anna");
  EXPECT_FALSE(of("a\xFF\xFE b").title.empty());
}

TEST(Budget, IsGivenAsItWasWritten) {
  const std::pair<std::string_view, std::string_view> posts[] = {
      {"Лендинг\nБюджет 25 000 ₽", "25 000 ₽"},
      {"Зарплата от 150 000 до 200 000 руб. на руки, ДМС", "от 150 000 до 200 000 руб. на руки"},
      {"Вилка 230-270К gross + 10% бонус", "230-270К gross"},
      {"Middle - 175-300 тыс.руб/мес (gross)", "175-300 тыс.руб/мес"},
      {"З/плата 180 000 – 230 000 рублей net", "180 000 – 230 000 рублей net"},
      {"▫️Белая зарплата 300.000-350.000", "300.000-350.000"},
      {"• вилка 100k-200k ₽ (net);", "100k-200k ₽"},
      {"Need a logo, $500 per project", "$500 per project"},
      {"Rate: $30-40/hour", "$30-40/hour"},
      {"Оплата 5к за ролик", "5к за ролик"},
      {"Платим 3000 рублей в день", "3000 рублей в день"},
      {"до 2 000 € в месяц", "до 2 000 € в месяц"},
      {"з/п 80 000", "80 000"},
  };
  for (const auto& [text, expected] : posts) EXPECT_EQ(budget(text), expected) << text;
}

TEST(Budget, ALineAboutPayGoesBeforeAnotherSum) {
  EXPECT_EQ(budget("Мы привлекли $10 млн инвестиций\nЗарплата 200 000 руб"), "200 000 руб");
}

TEST(Budget, FiguresThatAreNoMoneyAreLeftAlone) {
  for (const auto* text :
       {"Опыт от 3 лет, команда 15 человек, график 5/2", "Скидка 50%", "+7 999 123 45 67",
        "Запуск 2026 года, 100 000 пользователей", "Оплата раз в 2 недели", "Версия 1.5.3"}) {
    EXPECT_EQ(budget(text), "") << text;
  }
}

TEST(Budget, WhatIsSaidInsteadOfASumIsKept) {
  EXPECT_EQ(budget("Бюджет: обсуждается"), "обсуждается");
  EXPECT_EQ(budget("Зарплатная вилка: в процессе обсуждения"), "в процессе обсуждения");
  EXPECT_EQ(budget("З/п: по договорённости, два раза в месяц"), "по договорённости, два раза в месяц");
  EXPECT_EQ(budget("Оплата: на карту"), "");
}

}  // namespace
}  // namespace tandem::hunt
