#include "platform/telegram/json_cursor.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

using namespace tandem::telegram;

namespace {

bool is_json(std::string_view text) {
  json_cursor in(text);
  return in.skip() && in.at_end();
}

// A judge who knows nothing of ours; silent about numbers that are valid, but more than it wants to compute.
std::optional<bool> boost_takes(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (error == boost::json::error::exponent_overflow) return std::nullopt;
  return !error;
}

const std::vector<std::string> texts = {
    R"({"update_id":1,"message":{"text":"hi \ud83d\udc4b \u0000 \/ \b\f\n\r\t\"\\","n":[1,-2.5e+3,0.1,-0,1E9],"t":true}})",
    R"([ { "a" : null , "b" : [ ] , "c" : { } } , [ [ [ false ] ] ] , "Привет 👋" ])",
    R"({"ok":true,"result":[{"update_id":-12345678901,"x":{"y":{"z":["",{"":""}]}}}]})",
};

}  // namespace

TEST(JsonCursor, HandsOutWhatIsThere) {
  json_cursor in(R"( {"a":"x\ny","b":[1,2.0,3e2],"c":true,"skipped":{"d":[null]},"\u0065":-1.5} )");
  std::string a;
  std::vector<std::int64_t> b;
  bool c = false;
  double e = 0;
  EXPECT_TRUE(in.object([&](std::string_view name) {
    if (name == "a") return in.string(a);
    if (name == "b") return in.array([&] { return in.integer(b.emplace_back()); });
    if (name == "c") return in.boolean(c);
    if (name == "e") return in.number(e);
    return in.skip();
  }));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(a, "x\ny");
  EXPECT_EQ(b, (std::vector<std::int64_t>{1, 2, 300}));
  EXPECT_TRUE(c);
  EXPECT_DOUBLE_EQ(e, -1.5);
}

TEST(JsonCursor, WhatIsSomethingElseIsRefusedButNotBroken) {
  for (const std::string_view text : {"\"1\"", "1.5", "9223372036854775808", "1e300", "null", "[1]"}) {
    json_cursor in(text);
    std::int64_t number = 0;
    EXPECT_FALSE(in.integer(number)) << text;
    EXPECT_FALSE(in.broken()) << text;
  }
  json_cursor in("[{\"a\":5}]");
  const auto begin = in.here();
  std::string out;
  EXPECT_FALSE(in.array([&] { return in.object([&](std::string_view) { return in.string(out); }); }));
  EXPECT_FALSE(in.broken());
  in.back_to(begin);
  EXPECT_TRUE(in.skip() && in.at_end());
}

TEST(JsonCursor, WholeNumbersKeepAllTheirDigits) {
  json_cursor in("[-9223372036854775808,9223372036854775807]");
  std::vector<std::int64_t> out;
  EXPECT_TRUE(in.array([&] { return in.integer(out.emplace_back()); }));
  EXPECT_EQ(out, (std::vector<std::int64_t>{INT64_MIN, INT64_MAX}));
}

TEST(JsonCursor, NestingHasAnEnd) {
  EXPECT_TRUE(is_json(std::string(60, '[') + std::string(60, ']')));
  EXPECT_FALSE(is_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(is_json(std::string(100'000, '[')));
}

TEST(JsonCursor, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",           " ",        "{",   "}",       "[1,]",      "{\"a\"}",     "{\"a\":}",
        "{\"a\":1,}", "{a:1}",    "01",  "-",       "1.",        ".5",          "1e",
        "+1",         "tru",      "nul", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\n\"",     "\"\xff\"", "\"",  "\"\\",    "1 2",       "[1 2]"}) {
    EXPECT_FALSE(is_json(text)) << text;
    EXPECT_EQ(boost_takes(text), false) << text;
  }
}

TEST(JsonCursor, AgreesWithAnotherParserAboutTextsThatWereSpoiled) {
  std::mt19937 random(17);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::string_view letters = "{}[]\",:\\/u0d8eE+-.1tfn \n\x01\xd0\x9f\xff";
  int good = 0, bad = 0;
  for (int i = 0; i < 30'000; ++i) {
    auto text = texts[below(texts.size())];
    for (auto changes = below(3); changes > 0; --changes) {
      const auto at = below(text.size());
      const char letter = letters[below(letters.size())];
      switch (below(3)) {
        case 0: text[at] = letter; break;
        case 1: text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), letter); break;
        default: text.erase(at, 1);
      }
    }
    const bool ours = is_json(text);
    ASSERT_EQ(ours, boost_takes(text).value_or(ours)) << text;
    ++(ours ? good : bad);
  }
  EXPECT_GT(good, 5'000);
  EXPECT_GT(bad, 5'000);
}
