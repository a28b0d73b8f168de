#include "platform/telegram/html.hpp"

using namespace tandem::telegram;

namespace {

// Tags of every piece must nest by themselves.
bool is_balanced(std::string_view html) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string_view::npos;) {
    const auto end = html.find('>', at);
    if (end == std::string_view::npos) return false;
    const bool closing = html[at + 1] == '/';
    const auto tag = html.substr(at + 1 + closing, end - at - 1 - closing);
    const std::string name(tag.substr(0, tag.find(' ')));
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return false;
    } else {
      open.pop_back();
    }
    at = end;
  }
  return open.empty();
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST(Html, TextIsEscapedForContentAndAttributes) {
  EXPECT_EQ(escape("a < b & \"c\" > d"), "a &lt; b &amp; &quot;c&quot; &gt; d");
  EXPECT_EQ(escape("Привет 👋"), "Привет 👋");
}

TEST(Html, BytesThatAreNoUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(escape("a\xffz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(escape("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(escape("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(escape("\xd0"), "\xEF\xBF\xBD");                                  // cut off
}

TEST(Html, PlainTextIsWhatAReaderSees) {
  EXPECT_EQ(plain_text("<b>A &amp; B</b> <a href=\"https://x/?a>b\">link</a> &#1055;&#x1F44B;"),
            "A & B link П👋");
  EXPECT_EQ(plain_text("2 &nbsp; &#0; < 3"), "2 &nbsp; &#0; < 3");  // stays literal, as Telegram leaves it
}

TEST(Html, LengthsCountCodePointsAndUtf16Units) {
  EXPECT_EQ(code_points("aя👋"), 3u);
  EXPECT_EQ(utf16_units("aя👋"), 4u);
}

TEST(Html, AShortTextIsOnePiece) {
  EXPECT_EQ(split("<b>Hello</b> world", 11), (std::vector<std::string>{"<b>Hello</b> world"}));
}

TEST(Html, CutsBetweenParagraphsBeforeLinesSentencesAndWords) {
  EXPECT_EQ(split("one two\n\nthree. four five", 16),
            (std::vector<std::string>{"one two", "three. four five"}));
  EXPECT_EQ(split("one two three. Four five", 18), (std::vector<std::string>{"one two three.", "Four five"}));
  EXPECT_EQ(split("one two three", 9), (std::vector<std::string>{"one two", "three"}));
}

TEST(Html, AWordThatIsLongerThanAPieceIsCutInside) {
  EXPECT_EQ(split("ааааабббб", 5), (std::vector<std::string>{"ааааа", "бббб"}));
}

TEST(Html, OpenTagsAreClosedAtTheCutAndOpenedAgain) {
  const auto pieces = split("<b>one <i>two three</i> four</b>", 8);
  EXPECT_EQ(pieces,
            (std::vector<std::string>{"<b>one <i>two</i></b>", "<b><i>three</i></b>", "<b>four</b>"}));
}

TEST(Html, AnEntityIsNeverCutAndCountsAsOneCharacter) {
  EXPECT_EQ(split("&amp;&amp;&amp;&amp;", 3), (std::vector<std::string>{"&amp;&amp;&amp;", "&amp;"}));
}

TEST(Html, EveryPieceOfALongFormattedTextFitsAndNestsAndNothingIsLost) {
  const auto text = repeated(
      "<b>Слово</b> и <a href=\"https://example.org/?a=1&amp;b=2\">ссылка <i>внутри</i></a>, 👍 &lt;3. ",
      300);
  const auto pieces = split(text);
  ASSERT_GT(pieces.size(), 1u);
  std::string together;
  for (const auto& piece : pieces) {
    EXPECT_LE(code_points(plain_text(piece)), 4096u);
    EXPECT_TRUE(is_balanced(piece));
    together += plain_text(piece) + " ";
  }
  EXPECT_EQ(together, plain_text(text));
}

TEST(Html, HostileMarkupNeitherCrashesNorLoops) {
  for (const std::string_view text :
       {"<", "</", "</b>", "<b", "<b><b><b", "&", "&#", "&#x", "&#x110000;", "&#99999999999;", "<a href=\"",
        "\xff\xfe<b>\xff", "<b></i></b>", "</b></b>text", "< b>", ""}) {
    const auto whole = plain_text(text);
    for (const auto& piece : split(text, 2)) EXPECT_LE(code_points(plain_text(piece)), 2u) << text;
  }
}

TEST(Html, ShorteningKeepsWholeWordsAndTags) {
  EXPECT_EQ(shorten("<b>one two three</b>", 9), "<b>one two</b>…");
  EXPECT_EQ(shorten("<b>one</b>", 9), "<b>one</b>");
  EXPECT_LE(code_points(plain_text(shorten(repeated("x", 50), 10))), 10u);
}
