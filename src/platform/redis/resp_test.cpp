#include "platform/redis/resp.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace tandem::redis;

namespace {

// The values of the bytes when they come in pieces of `piece`; fails the test on a fault.
std::vector<value> values_of(std::string_view bytes, std::size_t piece) {
  reply_reader reader;
  std::vector<value> out;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      auto got = reader.next();
      if (!got) {
        ADD_FAILURE() << "fault " << static_cast<int>(got.error());
        return out;
      }
      if (!*got) break;
      out.push_back(std::move(**got));
    }
  }
  EXPECT_EQ(reader.waiting(), 0u);
  return out;
}

reply_fault fault_of(std::string_view bytes, reply_limits limits = {}) {
  reply_reader reader(limits);
  reader.feed(bytes);
  for (;;) {
    const auto got = reader.next();
    if (!got) return got.error();
    if (!*got) {
      ADD_FAILURE() << "no fault in " << bytes;
      return reply_fault::malformed;
    }
  }
}

}  // namespace

TEST(Resp, EveryKindOfValueComesOutHoweverTheBytesAreCut) {
  const std::string bytes =
      "+OK\r\n-WRONGPASS no\r\n:-42\r\n,1.5\r\n,inf\r\n#t\r\n#f\r\n_\r\n$-1\r\n$5\r\na\r\nb!\r\n$0\r\n\r\n"
      "!9\r\nOOM large\r\n=7\r\ntxt:abc\r\n(123456789012345678901234567890\r\n"
      "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n~1\r\n+s\r\n%1\r\n+k\r\n_\r\n>2\r\n+invalidate\r\n*0\r\n"
      "|1\r\n+ttl\r\n:3600\r\n:7\r\n*-1\r\n";
  for (const std::size_t piece : {std::size_t(1), std::size_t(2), std::size_t(7), bytes.size()}) {
    const auto got = values_of(bytes, piece);
    ASSERT_EQ(got.size(), 20u) << piece;
    EXPECT_EQ(got[0].text, "OK");
    EXPECT_TRUE(got[1].is_error());
    EXPECT_EQ(got[1].error_code(), "WRONGPASS");
    EXPECT_EQ(got[2].integer, -42);
    EXPECT_EQ(got[3].number, 1.5);
    EXPECT_TRUE(std::isinf(got[4].number));
    EXPECT_EQ(got[5].integer, 1);
    EXPECT_EQ(got[6].kind, value_kind::boolean);
    EXPECT_TRUE(got[7].is_null() && got[8].is_null());
    EXPECT_EQ(got[9].text, "a\r\nb!");
    EXPECT_EQ(got[10].kind, value_kind::text);
    EXPECT_EQ(got[11].error_code(), "OOM");
    EXPECT_EQ(got[12].text, "abc");
    EXPECT_EQ(got[13].text, "123456789012345678901234567890");
    ASSERT_EQ(got[14].items.size(), 2u);
    EXPECT_EQ(got[14].items[1].items[0].text, "x");
    EXPECT_EQ(got[15].items.size(), 1u);
    EXPECT_EQ(got[16].kind, value_kind::map);
    EXPECT_EQ(got[16].items.size(), 2u);
    EXPECT_EQ(got[17].kind, value_kind::push);
    EXPECT_EQ(got[18].integer, 7) << "the attribute before it is left out";
    EXPECT_TRUE(got[19].is_null());
  }
}

TEST(Resp, WhatIsNotRespIsAFault) {
  for (const auto* bytes :
       {"\r\n", "HTTP/1.1 400 Bad Request\r\n", ":1x\r\n", ":\r\n", "$1x\r\n", "$?\r\n", "*?\r\n",
        "$1\r\nabc\r\n", "#x\r\n", ",one\r\n", "*-2\r\n", "=2\r\nab\r\n", "_x\r\n"})
    EXPECT_EQ(fault_of(bytes), reply_fault::malformed) << bytes;
}

TEST(Resp, WhatIsTooLargeOrTooDeepIsAFaultBeforeItsBytesCome) {
  EXPECT_EQ(fault_of("$1000\r\n", {.text_bytes = 999}), reply_fault::too_large);
  EXPECT_EQ(fault_of("*1000\r\n", {.items = 999}), reply_fault::too_large);
  EXPECT_EQ(fault_of("%500\r\n", {.items = 999}), reply_fault::too_large);
  EXPECT_EQ(fault_of("%18446744073709551615\r\n"), reply_fault::too_large);
  EXPECT_EQ(fault_of("*1\r\n*1\r\n*1\r\n", {.depth = 2}), reply_fault::too_deep);
  EXPECT_EQ(fault_of(std::string(70'000, '+')), reply_fault::too_large) << "a line without an end";
}

TEST(Resp, ACommandIsAnArrayOfTexts) {
  std::string out;
  write_command(out, {"SET", "key", std::string_view("a\r\n\0b", 5), "PX", "100"});
  EXPECT_EQ(out,
            std::string("*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\na\r\n\0b\r\n$2\r\nPX\r\n$3\r\n100\r\n", 50));
}
