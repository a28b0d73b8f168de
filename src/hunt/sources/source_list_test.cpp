#include "hunt/sources/source_list.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

std::string read(std::string_view text) {
  std::string out;
  for (const auto& one : parse_source_list(text)) {
    out += std::to_string(one.line) + (one.mistake.empty() ? " " : " bad ") + one.name + "\n";
  }
  return out;
}

TEST(SourceList, OneALine) {
  EXPECT_EQ(read("@jobs\n\n# a "
                 "remark\nhttps://t.me/s/design_jobs\r\nmore_jobs\nhttps://board.example/rss?a=1&b=2\n"),
            "1 @jobs\n4 https://t.me/s/design_jobs\n5 more_jobs\n6 https://board.example/rss?a=1&b=2\n");
}

TEST(SourceList, ATableWithHeadingsQuotesAndLineBreaks) {
  EXPECT_EQ(read("\xEF\xBB\xBFName,About,Link\n\"Jobs, good\",\"two\nlines "
                 "\"\"so\"\"\",https://t.me/jobs\nB;;@board\n"),
            "2 https://t.me/jobs\n4 @board\n");
}

TEST(SourceList, WhatIsNoSourceIsToldWithItsLine) {
  const auto out = parse_source_list("@jobs\nЯ\nhttps://t.me/+AbCdEf\nName,nothing here\n");
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(out[0].mistake, "");
  EXPECT_EQ(out[1].line, 2u);
  EXPECT_NE(out[1].mistake, "");
  EXPECT_TRUE(out[2].mistake.starts_with("an invite link"));
  EXPECT_EQ(out[3].name, "Name");
  EXPECT_NE(out[3].mistake, "");
}

TEST(SourceList, AnOpenQuoteEndsWithTheText) { EXPECT_EQ(read("\"@jobs"), "1 @jobs\n"); }

}  // namespace
}  // namespace tandem::hunt
