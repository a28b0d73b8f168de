#include "dating/safety/text_signs.hpp"

#include <gtest/gtest.h>

namespace tandem::dating {
namespace {

struct Signs : testing::Test {
  text_signs reader;

  // "phone link": what is found, in the order of the text.
  std::string in(std::string_view text) {
    std::string out;
    for (const auto& one : reader.find(text))
      out += (out.empty() ? "" : " ") + std::string(name_of(one.what));
    return out;
  }
  void all_are(std::string_view what, std::initializer_list<std::string_view> texts) {
    for (const auto text : texts) EXPECT_EQ(in(text), what) << text;
  }
};

}  // namespace

TEST_F(Signs, LinksAreFoundHoweverTheyAreWritten) {
  all_are("link",
          {"глянь https://example.com/a?b=1", "www.example.org", "t.me/anna", "мой канал T.ME/anna",
           "т.ме/anna", "t.mе/anna", "vк.com/id1", "пример.рф", "сайт мойсайт.ру тут", "example dot com",
           "анна точка ру", "ｔ.ｍｅ/anna", "EXAMPLE.COM", "tg://resolve?domain=anna"});
}

TEST_F(Signs, TheSentenceAroundALinkStays) {
  const std::string_view text = "(t.me/anna), www.anna.org! и https://anna.org/x?y=1.";
  EXPECT_EQ(masked(text, reader.find(text)), "(•••), •••! и •••.");
}

TEST_F(Signs, EMailAddressesAreFound) {
  all_are("email", {"пиши anna.k@mail.ru", "anna@exаmple.com", "anna собака яндекс", "anna at gmail"});
}

TEST_F(Signs, PhonesAreFoundInFiguresSpacedSpelledAndDisguised) {
  all_are("phone",
          {"+79161234567", "8 (916) 123-45-67", "8-916-123-45-67", "9161234567", "звони 916 123 4567",
           "8 9 1 6 1 2 3 4 5 6 7", "8.9.1.6.1.2.3.4.5.6.7", "8️⃣9️⃣1️⃣6️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣", "８９１６１２３４５６７",
           "89l6l234567", "8916o123456", "+380 67 123 45 67", "375 29 123 45 67", "123-45-67",
           "восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь",
           "восемь девять один шесть один два три четыре пять шесть семь",
           "eight nine one six one two three four five six seven", "+1 (212) 555-0198"});
}

TEST_F(Signs, HandlesInOtherNetworksAreFound) {
  all_are("handle",
          {"@anna_k", "мой ник @anna", "тг anna_k", "тг: anna", "телега - annakoval", "инста anna.k.95",
           "my insta is anna_k", "insta: annak", "snap annie99", "вк id12345", "＠anna", "whatsapp annak95"});
}

TEST_F(Signs, SolicitationAndAsksForMoneyAreFound) {
  all_are("solicitation",
          {"встреча за вознаграждение", "интим услуги", "эскорт, выезд", "ищу спонсора", "OnlyFans in bio",
           "продаю интимки", "sex for money", "лёгкий заработок", "лёгкий зapaбoтok", "лёгкий 3аработок",
           "заработок без вложений", "зарабатываю на крипте", "easy money here", "earn with crypto",
           "казино дарит бонус", "sugar daddy wanted"});
  all_are("money", {"скинь 500 рублей", "переведи мне немного денег", "скинь на карту", "займи тысячу",
                    "send me some money", "buy me a gift card", "2200 1234 5678 9012", "номер карты скажу"});
}

TEST_F(Signs, AgesUnderEighteenAreFoundAlsoToldBackwards) {
  all_are("minor", {"мне 15 лет", "Мне 16", "i'm 16", "I am 15 years old", "61 наоборот", "мне 71 (наоборот)",
                    "reverse 61", "my age is backwards", "возраст переверни"});
}

TEST_F(Signs, OrdinarySentencesCarryNothing) {
  all_are("", {"Привет! Как дела?",
               "Дизайнер. Горы, джаз, кофе. Ищу того, с кем можно молчать.",
               "Родилась 12.05.1995 в Твери",
               "12.05.2026 в 18:30 у метро",
               "2026-05-12 или 13/05/26",
               "В 2019–2023 годах жила в Праге",
               "Купила машину за 1 250 000 рублей",
               "Цена 5 000 000 000, представляешь",
               "Рост 182, вес 80, размер 46",
               "Работаю 5/2 с 9 до 18, обед 13:00-14:00",
               "2 + 2 = 4, 10 из 10",
               "Мне 25 лет, и всё делаю наоборот",
               "Мне 32, дочке 5 лет",
               "Когда мне было 15 лет, я уехала",
               "мне 15 минут до дома",
               "мне 15 лет назад казалось иначе",
               "I'm 15 minutes late",
               "I am 27 and I like 90s music",
               "Люблю инстаграм и телеграм-каналы про еду",
               "Работаю в ВК, делаю ленту",
               "instagram is boring",
               "у тебя есть телеграм?",
               "так.со мной не бывает",
               "Пришла.Увидела.Победила",
               "node.js и вообще веб",
               "Посмотри на карту, тут рядом",
               "переведи текст с английского",
               "займи мне место у окна",
               "Скинь фото кота",
               "send me a photo of your cat",
               "хорошо зарабатываю и много езжу",
               "ищу человека, а не приключений",
               "раз два три четыре пять, я иду искать",
               "one two three go",
               "Мой доход это моё дело",
               "встреча за чашкой кофе",
               "Сто двадцать три причины любить Питер",
               "собака, кошка и хомяк",
               "живу на 5 этаже, дом 12, квартира 7",
               "1 2 3 4 5",
               "7 дней, 24 часа, 365 дней в году",
               "трек 8 из 10, альбом 1997",
               "казино не люблю"});
}

TEST_F(Signs, StrangersAreRefusedFriendsGetContactsMaskedAndMoneyIsReported) {
  const std::string_view phone = "звони: +7 916 123-45-67, жду";
  EXPECT_EQ(reader.judge(phone, text_place::opening).fate, text_fate::refuse);
  EXPECT_EQ(reader.judge(phone, text_place::about).fate, text_fate::refuse);
  EXPECT_EQ(reader.judge(phone, text_place::letter).fate, text_fate::refuse);
  const auto later = reader.judge(phone, text_place::talk);
  EXPECT_EQ(later.fate, text_fate::mask);
  EXPECT_EQ(masked(phone, later.signs), "звони: •••, жду");
  EXPECT_FALSE(later.suspicious());
  const auto money = reader.judge("займи тысячу до пятницы", text_place::talk);
  EXPECT_EQ(money.fate, text_fate::pass);
  EXPECT_TRUE(money.suspicious());
  EXPECT_EQ(reader.judge("до пятницы", text_place::opening).fate, text_fate::pass);
}

TEST_F(Signs, SeveralPlacesAreMaskedEachByItself) {
  const std::string_view text = "t.me/anna или @anna_k или anna@mail.ru";
  EXPECT_EQ(masked(text, reader.find(text)), "••• или ••• или •••");
}

TEST_F(Signs, AnOpenerIsTheSameWhateverItsCaseLettersAndName) {
  text::stemmer stems;
  const auto one = opener_of("Привет, Аня! Как твои дела?", "Аня", stems);
  EXPECT_EQ(one, opener_of("привет катя.   КАК твои  дела", "Катя", stems));
  EXPECT_EQ(one, opener_of("Пpивeт! Как твои дела?", "Оля", stems)) << "Latin look-alikes";
  EXPECT_NE(one, opener_of("Привет! Как твоя собака?", "Оля", stems));
  EXPECT_EQ(opener_of("Привет, Аня!", "Аня", stems), "") << "too short to be anybody's";
}

TEST_F(Signs, BrokenBytesAndLongTextsDoNoHarm) {
  EXPECT_EQ(in("\xff\xfe\xd0"), "");
  EXPECT_EQ(in(std::string(4096, '8')), "");
  EXPECT_EQ(in(std::string(2000, '@') + "anna"), "handle");
  std::string text;
  for (int i = 0; i < 300; ++i) text += "и ещё слово ";
  EXPECT_EQ(in(text), "");
}

}  // namespace tandem::dating
