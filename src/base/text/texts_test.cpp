#include <gtest/gtest.h>

#include "base/text/hex.hpp"
#include "base/text/json_text.hpp"
#include "base/text/stable_hash.hpp"

namespace tandem::text {
namespace {

TEST(JsonText, EscapesWhatJsonDoesNotAllowAndNothingElse) {
  EXPECT_EQ(json_text("a\"b\\c\n\t/\x1f"), R"("a\"b\\c\n\u0009/\u001f")");
  EXPECT_EQ(json_text("ё🙂"), "\"ё🙂\"");
  EXPECT_EQ(json_text(std::string_view("\0", 1)), R"("\u0000")");
  std::string out = "x";
  append_json(out, "");
  EXPECT_EQ(out, "x\"\"");
}

TEST(HexText, HasTwoDigitsForEachByte) {
  const std::byte bytes[] = {std::byte{0x00}, std::byte{0x0f}, std::byte{0xa0}, std::byte{0xff}};
  EXPECT_EQ(hex_of(bytes), "000fa0ff");
  EXPECT_EQ(hex_of({}), "");
}

TEST(HexText, ANumberHasSixteenDigits) { EXPECT_EQ(hex_number(0x1f), "000000000000001f"); }

// Values that the authors of FNV publish.
TEST(StableHash, IsFnv1a) {
  EXPECT_EQ(stable_hash_of(""), 0xcbf29ce484222325U);
  EXPECT_EQ(stable_hash_of("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(stable_hash_of("foobar"), 0x85944171f73967e8U);
}

TEST(StableHash, PartsThatAreCutElsewhereDiffer) {
  stable_hash one, other;
  one.add_part("a");
  one.add_part("bc");
  other.add_part("ab");
  other.add_part("c");
  EXPECT_NE(one.value(), other.value());
}

}  // namespace
}  // namespace tandem::text
