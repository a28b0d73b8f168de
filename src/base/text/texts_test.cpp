#include <gtest/gtest.h>

#include "base/text/hex.hpp"
#include "base/text/json_text.hpp"

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

}  // namespace
}  // namespace tandem::text
