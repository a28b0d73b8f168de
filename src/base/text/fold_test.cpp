#include "base/text/fold.hpp"

#include <gmock/gmock.h>

namespace tandem::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> folded(std::string_view text, token_kind kind) {
  stemmer stems;
  std::vector<std::string> out;
  for (const token& found : split(text, stems))
    if (found.kind == kind) out.push_back(found.folded);
  return out;
}
std::vector<std::string> words(std::string_view text) { return folded(text, token_kind::word); }

TEST(Fold, CaseAndYoDoNotMatter) {
  EXPECT_EQ(fold("ЁЛКА"), "елка");
  EXPECT_EQ(fold("Ёлка"), fold("елка"));
  EXPECT_EQ(fold("Йод"), "йод");
  EXPECT_EQ(fold("DESIGN"), "design");
}

TEST(Fold, LatinLettersInsideARussianWordBecomeRussian) {
  EXPECT_EQ(fold("coтpyдничecтвo"), "сотрудничество");
  EXPECT_EQ(fold("PAБOTA"), "работа");
  EXPECT_EQ(fold("зapa6oтok"), "заработок");
}

TEST(Fold, GreekLettersAndUForIInsideARussianWordBecomeRussian) {
  EXPECT_EQ(fold("рαбοтα"), "работа");
  EXPECT_EQ(fold("крuптовалюты"), "криптовалюты");
}

TEST(Fold, RussianLettersInsideAnEnglishWordBecomeLatin) { EXPECT_EQ(fold("СRМ"), "crm"); }

TEST(Fold, AWordOfOneAlphabetStaysEvenIfEveryLetterHasADouble) {
  EXPECT_EQ(fold("оса"), "оса");
  EXPECT_EQ(fold("cope"), "cope");
}

TEST(Fold, FancyLettersReadAsPlainOnes) {
  EXPECT_EQ(fold("𝐌𝐨𝐧𝐞𝐲"), "money");
  EXPECT_EQ(fold("ＦＲＥＥ"), "free");
  EXPECT_EQ(fold("café"), "cafe");
}

TEST(Fold, BrokenBytesAreSpacesAndDoNotThrow) {
  EXPECT_THAT(words("раб\xff\xfeота \xd0"), ElementsAre("раб", "ота"));
}

TEST(Split, HyphensAndSlashesSeparateWords) {
  EXPECT_THAT(words("UI/UX-дизайнер, full-stack"), ElementsAre("ui", "ux", "дизайнер", "full", "stack"));
}

TEST(Split, ProgrammingLanguagesWithSignsAreWordsInEitherAlphabet) {
  EXPECT_THAT(words("C++ и С++, C# и С#"), ElementsAre("c++", "и", "c++", "c#", "и", "c#"));
  EXPECT_THAT(words("1C и 1С"), ElementsAre("1с", "и", "1с"));
}

TEST(Split, NumbersWithGroupsAreOneNumberAndGluedUnitsAreCutOff) {
  EXPECT_THAT(folded("от 150 000 до 1.200.000, 150к", token_kind::number),
              ElementsAre("150000", "1200000", "150"));
  EXPECT_THAT(words("150к, 3d, b2b"), ElementsAre("к", "3d", "b2b"));
}

TEST(Split, HashtagsMentionsAddressesAreTokensOfTheirOwn) {
  const auto* text = "#Вакансия #UI_design @Anna_HR, hr@example.com, https://a.b/c?d=1 t.me/jobs example.ru";
  EXPECT_THAT(folded(text, token_kind::hashtag), ElementsAre("вакансия", "ui_design"));
  EXPECT_THAT(folded(text, token_kind::mention), ElementsAre("anna_hr"));
  EXPECT_THAT(folded(text, token_kind::email), ElementsAre("hr@example.com"));
  EXPECT_THAT(folded(text, token_kind::link), ElementsAre("https://a.b/c?d=1", "t.me/jobs", "example.ru"));
}

TEST(Split, NamesOfTechnologiesAreNoAddresses) {
  EXPECT_THAT(words("Node.js, ASP.NET"), ElementsAre("node", "js", "asp", "net"));
}

TEST(Split, EndingsGoIntoTheStem) {
  stemmer stems;
  const auto one = split("дизайнера", stems), other = split("Дизайнеры", stems);
  EXPECT_EQ(one.front().stem, other.front().stem);
  EXPECT_EQ(split("designers", stems).front().stem, split("Designer", stems).front().stem);
}

TEST(Split, PlacesPointIntoTheSourceAndLinesAreCountedWithoutEmptyOnes) {
  stemmer stems;
  const std::string_view text = "Ищем\n\n\nдизайнера";
  const auto found = split(text, stems);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(text.substr(found[1].offset, found[1].length), "дизайнера");
  EXPECT_EQ(found[1].line, 1);
}

TEST(Split, MixedAlphabetsAreReported) {
  stemmer stems;
  EXPECT_TRUE(split("зapaбoтoк", stems).front().mixed);
  EXPECT_FALSE(split("заработок", stems).front().mixed);
}

TEST(Split, StopsAtTheLimit) {
  stemmer stems;
  EXPECT_EQ(split("a b c d e", stems, 3).size(), 3u);
}

}  // namespace
}  // namespace tandem::text
