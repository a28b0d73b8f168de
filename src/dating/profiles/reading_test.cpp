#include "dating/profiles/interests.hpp"
#include "dating/profiles/profiles.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono;

constexpr calendar_day today = 2026y / 11 / 23;

template <class T>
std::string refused(const std::expected<T, wrong_answer>& what) {
  return what ? "accepted" : std::string(name_of(what.error()));
}
std::string name(std::string_view typed) { return read_name(typed).value_or("-"); }
std::string repeated(std::string_view what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += what;
  return out;
}

}  // namespace

TEST(Reading, ANameIsKeptAsItIsWrittenWithoutWhatNobodySees) {
  EXPECT_EQ(name("  Аня\t "), "Аня");
  EXPECT_EQ(name("Anna\n\n Maria"), "Anna Maria");
  EXPECT_EQ(name("A\u200bn\u202enа\u0000"), "Annа");
  EXPECT_EQ(name("Жан-Поль O'Нил"), "Жан-Поль O'Нил");
  EXPECT_EQ(name("李雷"), "李雷");
  EXPECT_EQ(name("Zoë 👩‍👧"), "Zoë 👩‍👧") << "an emoji keeps its joiner";
  EXPECT_EQ(name("A" + repeated("\u0301", 30) + "nn"), "A\u0301\u0301nn");
  EXPECT_EQ(name("Anna\xff\xc3"), "Anna");
}

TEST(Reading, ANameThatIsNoneIsRefusedWithTheReason) {
  EXPECT_EQ(refused(read_name("")), "empty");
  EXPECT_EQ(refused(read_name(" \u200b\u3164 ")), "empty");
  EXPECT_EQ(refused(read_name("Я")), "too_short");
  EXPECT_EQ(refused(read_name(repeated("ы", 41))), "too_long");
  EXPECT_EQ(refused(read_name(repeated("ы", 40))), "accepted");
  EXPECT_EQ(refused(read_name("🔥🔥🔥")), "no_letters");
  EXPECT_EQ(refused(read_name("12 34")), "no_letters");
  EXPECT_EQ(refused(read_name("t.me/anna")), "link");
  EXPECT_EQ(refused(read_name("@anna_k")), "link");
  EXPECT_EQ(refused(read_name("anna.k@mail.ru")), "link");
}

TEST(Reading, AnAboutKeepsItsLinesButNotTheEmptyOnes) {
  EXPECT_EQ(*read_about("Горы.\r\n\n\n\n  Джаз  и кофе \n"), "Горы.\n\nДжаз и кофе");
  EXPECT_EQ(std::ranges::count(*read_about(repeated("a\n", 200)), '\n'), 12);
  EXPECT_EQ(telegram::code_points(*read_about(repeated("ы", 600))), 600u);
  EXPECT_EQ(refused(read_about(repeated("ы", 601))), "too_long");
  EXPECT_EQ(refused(read_about("пиши в телеграм @anna_k")), "link");
  EXPECT_EQ(refused(read_about("мой номер +7 916 123-45-67")), "link");
  EXPECT_EQ(refused(read_about("\n \n")), "empty");
}

TEST(Reading, AnInterestOfOnesOwnIsShort) {
  EXPECT_EQ(*read_interest(" Чай  улун "), "+Чай улун");
  EXPECT_EQ(refused(read_interest(repeated("ы", 25))), "too_long");
  EXPECT_EQ(refused(read_interest("!!!")), "no_letters");
  EXPECT_EQ(refused(read_interest("ы")), "too_short");
}

TEST(Reading, ABirthDateIsReadInTheWaysInWhichPeopleWriteIt) {
  const calendar_day born = 1999y / 3 / 14;
  for (const auto* typed : {"14.03.1999", "14/3/1999", "14 03 1999", "1999-03-14", "03/14/1999", "14.3.99",
                            "14.03.1999 г.", "14-03-99"}) {
    const auto read = read_birth(typed, today);
    ASSERT_TRUE(read) << typed;
    EXPECT_EQ(read->born_on, born) << typed;
    EXPECT_FALSE(read->adult_on);
  }
  EXPECT_EQ(read_birth("29.02.2000", today)->born_on, calendar_day(2000y / 2 / 29));
}

TEST(Reading, AnAgeMeansABirthdayHalfAYearAway) {
  for (const int age : {18, 27, 60, 99}) {
    for (const auto& day : {today, calendar_day(2028y / 2 / 29), calendar_day(2026y / 8 / 31)}) {
      const auto read = read_birth("мне " + std::to_string(age) + " лет", day);
      ASSERT_TRUE(read);
      ASSERT_TRUE(read->born_on.ok());
      EXPECT_EQ(age_on(read->born_on, day), age);
      EXPECT_FALSE(read->adult_on);
    }
  }
}

TEST(Reading, TheYoungAreToldTheDayOnWhichTheyMayComeBack) {
  EXPECT_EQ(read_birth("24.11.2008", today)->adult_on, calendar_day(2026y / 11 / 24));
  EXPECT_FALSE(read_birth("23.11.2008", today)->adult_on) << "18 today";
  EXPECT_EQ(read_birth("29.02.2012", today)->adult_on, calendar_day(2030y / 3 / 1));
  EXPECT_EQ(read_birth("17", today)->adult_on, calendar_day(2026y / 11 / 24)) << "tomorrow at the earliest";
  EXPECT_EQ(read_birth("14", today)->adult_on, calendar_day(2029y / 11 / 24));
}

TEST(Reading, AbsurdAgesAndOtherWordsAreAskedAgain) {
  for (const auto* typed : {"0", "5", "100", "999", "-3", "01.01.1890", "24.11.2026", "01.01.2031"}) {
    EXPECT_EQ(refused(read_birth(typed, today)), "absurd_age") << typed;
  }
  for (const auto* typed : {"", "двадцать", "1999", "31.02.1999", "14.15.1999", "1.2", "12345678901234567890",
                            "1 2 3 4 5 6 7", "14.03.19999"}) {
    EXPECT_EQ(refused(read_birth(typed, today)), "not_understood") << typed;
  }
}

TEST(Reading, BirthdaysAreCountedToTheDay) {
  EXPECT_EQ(age_on(1999y / 11 / 23, today), 27);
  EXPECT_EQ(age_on(1999y / 11 / 24, today), 26);
  EXPECT_EQ(age_on(2004y / 2 / 29, 2026y / 2 / 28), 21);
  EXPECT_EQ(age_on(2004y / 2 / 29, 2026y / 3 / 1), 22);
}

TEST(Reading, ARangeOfAgesAndADistance) {
  const auto is = [](std::string_view typed, int from, int to) {
    const auto read = read_ages(typed);
    return read && read->from == from && read->to == to;
  };
  EXPECT_TRUE(is("25-31", 25, 31));
  EXPECT_TRUE(is("от 25 до 31", 25, 31));
  EXPECT_TRUE(is("31 25", 25, 31));
  EXPECT_TRUE(is("40+", 40, 99));
  EXPECT_EQ(refused(read_ages("16-20")), "too_young");
  EXPECT_EQ(refused(read_ages("30-120")), "absurd_age");
  EXPECT_EQ(refused(read_ages("30")), "not_understood");
  EXPECT_EQ(refused(read_ages("any")), "not_understood");
  EXPECT_EQ(*read_radius("30 км"), 30);
  EXPECT_EQ(refused(read_radius("0")), "not_understood");
  EXPECT_EQ(refused(read_radius("501")), "not_understood");
}

TEST(Completeness, TheNextStepIsWhatHelpsMost) {
  profile of;
  EXPECT_EQ(completeness_of(of, 0).percent, 0);
  of.name = "Аня";
  of.born_on = 1999y / 3 / 14;
  of.sex = sex::female;
  of.seeks = seeking::male;
  of.at = coordinates{55.75, 37.62};
  EXPECT_EQ(completeness_of(of, 0).percent, 30);
  EXPECT_EQ(completeness_of(of, 0).next, field::photos);
  EXPECT_EQ(completeness_of(of, 1).next, field::about);
  of.about = "Горы";
  EXPECT_EQ(completeness_of(of, 1).next, field::interests);
  of.interests = {"jazz", "coffee", "+чай"};
  EXPECT_EQ(completeness_of(of, 1).percent, 80);
  EXPECT_EQ(completeness_of(of, 1).next, field::photos);
  of.about = repeated("Горы ", 12);
  EXPECT_EQ(completeness_of(of, 3).percent, 100);
  EXPECT_FALSE(completeness_of(of, 3).next);
}

TEST(Interests, AreListedOnceUnderShortSlugs) {
  auto sorted = listed_interests;
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
  for (const auto slug : listed_interests) EXPECT_LE(slug.size(), 20u);
}

}  // namespace tandem::dating
