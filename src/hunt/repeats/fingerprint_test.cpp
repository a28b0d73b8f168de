#include "hunt/repeats/fingerprint.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

const std::string post =
    "Ищем дизайнера в студию на полный день: сайты, презентации, немного печати. "
    "Оплата 80 000 рублей, удалённо, график свободный, команда из пяти человек.";

TEST(Fingerprint, TheSameTextHasTheSameFingerprint) { EXPECT_EQ(fingerprint(post), fingerprint(post)); }

TEST(Fingerprint, CaseSpacesPunctuationAndEmojiDoNotMatter) {
  EXPECT_EQ(fingerprint("🔥 Нужен ДИЗАЙНЕР!!!\n\nУдалённо…"), fingerprint("нужен дизайнер, удаленно"));
}

TEST(Fingerprint, LookAlikeLettersDoNotMatter) {
  EXPECT_EQ(fingerprint("нужен повар"), fingerprint("нужeн пoвap"));
}

TEST(Fingerprint, AnotherPayIsAnotherPost) {
  EXPECT_NE(fingerprint("Нужен повар, 50 000"), fingerprint("Нужен повар, 60 000"));
}

TEST(Fingerprint, AnotherWordIsAnotherPost) {
  EXPECT_NE(fingerprint("нужен повар"), fingerprint("нужен пекарь"));
}

TEST(Fingerprint, TheSignatureOfAChannelIsLeftOut) {
  EXPECT_EQ(fingerprint(post), fingerprint(post + "\n\nБольше вакансий: t.me/some_jobs"));
  EXPECT_EQ(fingerprint(post), fingerprint(post + "\n— Подписаться @some_jobs\n👉 https://example.org"));
}

TEST(Fingerprint, LinesOfHashtagsOnlyAreLeftOut) {
  EXPECT_EQ(fingerprint(post), fingerprint("#вакансия #дизайн\n" + post + "\n#удалёнка"));
}

TEST(Fingerprint, ALongPostMayHaveItsLinksRewritten) {
  EXPECT_EQ(fingerprint(post + " Писать @anna, подробности на https://a.example.org/1 сразу"),
            fingerprint(post + " Писать @oleg, подробности на https://b.example.org/2 сразу"));
}

TEST(Fingerprint, AShortPostKeepsItsContact) {
  EXPECT_NE(fingerprint("Нужен дизайнер, писать @anna"), fingerprint("Нужен дизайнер, писать @oleg"));
}

TEST(Fingerprint, APostOfHashtagsOnlyIsComparedByThem) {
  EXPECT_TRUE(fingerprint("#дизайн #вакансия"));
  EXPECT_NE(fingerprint("#дизайн"), fingerprint("#видео"));
}

TEST(Fingerprint, NothingToCompareGivesNoFingerprint) {
  EXPECT_FALSE(fingerprint(""));
  EXPECT_FALSE(fingerprint("🔥🔥🔥 !!!"));
}

TEST(Fingerprint, IsPrintedAsThirtyTwoHexFigures) {
  const auto value = fingerprint(post);
  ASSERT_TRUE(value);
  EXPECT_EQ(to_hex(*value).size(), 32u);
  EXPECT_EQ(to_hex(*value).find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace tandem::hunt
