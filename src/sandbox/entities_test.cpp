#include "sandbox/entities.hpp"

#include "sandbox/entity_parsing.hpp"
#include "sandbox/links.hpp"

namespace tandem::sandbox {
namespace {

// "bold 0+4 | text_link 5+2 http://a.com/"
std::string shown(const std::vector<entity>& list) {
  std::string out;
  for (const auto& one : list) {
    if (!out.empty()) out += " | ";
    out +=
        std::string(name_of(one.kind)) + " " + std::to_string(one.offset) + "+" + std::to_string(one.length);
    if (!one.argument.empty()) out += " " + one.argument;
    if (one.number != 0) out += " " + std::to_string(one.number);
  }
  return out;
}

std::string parsed(std::string_view text, markup how = markup::html) {
  const auto done = parse_entities(text, how);
  return done ? done->text + " → " + shown(done->entities) : "error: " + done.error();
}

std::string settled(std::string_view html) {
  auto text = parse_entities(html, markup::html);
  settle(*text);
  return text->text + " → " + shown(text->entities);
}

TEST(Html, EveryTagOfTheBotApiIsUnderstood) {
  EXPECT_EQ(parsed("<b>a</b><strong>b</strong>"), "ab → bold 0+1 | bold 1+1");
  EXPECT_EQ(parsed("<i>a</i><em>b</em>"), "ab → italic 0+1 | italic 1+1");
  EXPECT_EQ(parsed("<u>a</u><ins>b</ins>"), "ab → underline 0+1 | underline 1+1");
  EXPECT_EQ(parsed("<s>a</s><strike>b</strike><del>c</del>"),
            "abc → strikethrough 0+1 | strikethrough 1+1 | strikethrough 2+1");
  EXPECT_EQ(parsed("<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>"),
            "ab → spoiler 0+1 | spoiler 1+1");
  EXPECT_EQ(parsed("<code>a</code><pre>b</pre>"), "ab → code 0+1 | pre 1+1");
  EXPECT_EQ(parsed("<pre><code class=\"language-c++\">x</code></pre>"), "x → pre 0+1 c++");
  EXPECT_EQ(parsed("<blockquote>a</blockquote><blockquote expandable>b</blockquote>"),
            "ab → blockquote 0+1 | expandable_blockquote 1+1");
  EXPECT_EQ(parsed("<tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>"),
            "👍 → custom_emoji 0+2 5368324170671202286");
  EXPECT_EQ(parsed("<tg-time unix=\"1647531900\" format=\"wDT\">t</tg-time>"),
            "t → date_time 0+1 wDT 1647531900");
  EXPECT_EQ(parsed("<a href=\"tg://user?id=12\">a</a>"), "a → text_mention 0+1 12");
}

TEST(Html, OffsetsAreUtf16CodeUnits) {
  EXPECT_EQ(parsed("😀<b>Я</b>é<i>😀</i>"), "😀Яé😀 → bold 2+1 | italic 4+2");
}

TEST(Html, OnlyFourNamedReferencesAndNumbersAreDecoded) {
  EXPECT_EQ(parsed("&lt;&gt;&amp;&quot;"), "<>&\" → ");
  EXPECT_EQ(parsed("&nbsp;&apos;&copy;"), "&nbsp;&apos;&copy; → ");
  EXPECT_EQ(parsed("&#65;&#x1F600;&lt&#0;"), "A😀<&#0; → ");
}

TEST(Html, MistakesAreNamedAsTelegramNamesThem) {
  EXPECT_EQ(parsed("<b>a"), "error: Can't find end tag corresponding to start tag \"b\"");
  EXPECT_EQ(parsed("<p>a</p>"), "error: Unsupported start tag \"p\" at byte offset 0");
  EXPECT_EQ(parsed("a</b>"), "error: Unexpected end tag at byte offset 1");
  EXPECT_EQ(parsed("<b>x</i>"),
            "error: Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"");
  EXPECT_EQ(parsed("<b"), "error: Unclosed start tag at byte offset 0");
  EXPECT_EQ(parsed("<b>x</b"), "error: Unclosed end tag at byte offset 4");
  EXPECT_EQ(parsed("<b x=y!>"), "error: Unexpected end of name token at byte offset 5");
  EXPECT_EQ(parsed("<span>x</span>"), "error: Tag \"span\" must have class \"tg-spoiler\" at byte offset 0");
  EXPECT_EQ(parsed("&#55357;"),
            "error: Text contains invalid Unicode characters after decoding HTML entities, check for "
            "unmatched surrogate code units");
}

TEST(Html, TagsMayBeNestedAndEndTagsMayBeBare) {
  EXPECT_EQ(parsed("<b>a<i>b</i></b>"), "ab → bold 0+2 | italic 1+1");
  EXPECT_EQ(parsed("<b>a</>"), "a → bold 0+1");
  EXPECT_EQ(parsed("<B>a</b>"), "a → bold 0+1");
}

TEST(MarkdownV2, EntitiesAreUnderstood) {
  EXPECT_EQ(
      parsed("*b* _i_ __u__ ~s~ ||p|| `c`", markup::markdown_v2),
      "b i u s p c → bold 0+1 | italic 2+1 | underline 4+1 | strikethrough 6+1 | spoiler 8+1 | code 10+1");
  EXPECT_EQ(parsed("```py\nx\n```", markup::markdown_v2), "x\n → pre 0+2 py");
  EXPECT_EQ(parsed("[x](http://a.com) ![t](tg://time?unix=5)", markup::markdown_v2),
            "x t → text_link 0+1 http://a.com/ | date_time 2+1 5");
  EXPECT_EQ(parsed(">a\n>b||\nc", markup::markdown_v2), "a\nb\nc → expandable_blockquote 0+4");
  EXPECT_EQ(parsed("*a _b_*\\!", markup::markdown_v2), "a b! → bold 0+3 | italic 2+1");
}

TEST(MarkdownV2, MistakesAreNamedAsTelegramNamesThem) {
  EXPECT_EQ(parsed("1.5", markup::markdown_v2),
            "error: Character '.' is reserved and must be escaped with the preceding '\\'");
  EXPECT_EQ(parsed("*a", markup::markdown_v2), "error: Can't find end of Bold entity at byte offset 0");
  EXPECT_EQ(parsed("x [a](b", markup::markdown_v2), "error: Can't find end of a URL at byte offset 6");
}

TEST(Markdown, TheOldOneDoesNotNest) {
  EXPECT_EQ(parsed("*a_b* _c_ [d](e.com) \\*", markup::markdown),
            "a_b c d * → bold 0+3 | italic 4+1 | text_link 6+1 http://e.com/");
  EXPECT_EQ(parsed("*a", markup::markdown), "error: Can't find end of the entity starting at byte offset 0");
}

TEST(Links, AreStoredAsTelegramStoresThem) {
  EXPECT_EQ(checked_link("Example.COM"), "http://example.com/");
  EXPECT_EQ(checked_link("https://a.b?x=1"), "https://a.b/?x=1");
  EXPECT_EQ(checked_link("http://u:p@a.b:81/c d"), "http://u:p@a.b:81/c%20d");
  EXPECT_EQ(checked_link("tg://resolve?domain=x"), "tg://resolve?domain=x");
  EXPECT_EQ(checked_link("http://[::1]/x"), "http://[::1]/x");
  for (const auto bad : {"", "a", "javascript:alert(1)", "ftp://a.b", "http://a.b:0", "http://a.b:99999",
                         "/a.b", "http://", "http://a b.c", "tg://", "http://[::1"}) {
    EXPECT_EQ(checked_link(bad), "") << bad;
  }
  EXPECT_EQ(link_user_id("TG://user?x=1&id=9#y"), 9);
  EXPECT_EQ(link_user_id("tg://user?id=0"), 0);
}

TEST(Settling, CutsWhiteSpaceAtBothEnds) {
  EXPECT_EQ(settled(" \n a <b>b </b> \n"), "a b → bold 2+1");
  EXPECT_EQ(settled("  <b> </b>  "), " → ");
}

TEST(Settling, SplitsStylesAroundOtherEntities) {
  EXPECT_EQ(settled("<b>a<code>b</code>c</b>"), "abc → bold 0+1 | code 1+1 | bold 2+1");
  EXPECT_EQ(settled("<b>a</b><b>b</b>"), "ab → bold 0+2");
  EXPECT_EQ(settled("<pre>a<b>b</b></pre>"), "ab → pre 0+2");
  EXPECT_EQ(settled("<b>a<i>b</i></b>"), "ab → bold 0+2 | italic 1+1");
}

TEST(Settling, FindsWhatPeopleWriteWithoutMarkup) {
  EXPECT_EQ(
      settled("/start@some_bot @anna #работа $USD"),
      "/start@some_bot @anna #работа $USD → bot_command 0+15 | mention 16+5 | hashtag 22+7 | cashtag 30+4");
  EXPECT_EQ(settled("см. https://a.ru/x?y=1. и сайт.рф, mail@b.com!"),
            "см. https://a.ru/x?y=1. и сайт.рф, mail@b.com! → url 4+18 | url 26+7 | email 35+10");
  EXPECT_EQ(settled("1/2 a@b #1 v1.5 e.g. file.cpp"), "1/2 a@b #1 v1.5 e.g. file.cpp → ");
  EXPECT_EQ(settled("<a href=\"http://a.com\">@anna</a> <code>#x</code>"),
            "@anna #x → text_link 0+5 http://a.com/ | code 6+2");
}

TEST(Lengths, CountWhatTelegramCounts) {
  EXPECT_EQ(utf16_length("aЯ😀"), 4);
  EXPECT_EQ(code_points("aЯ😀"), 3U);
  EXPECT_TRUE(is_utf8("aЯ😀"));
  for (const auto bad : {"\xff", "\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\x80"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Pages, EntitiesBecomeWellFormedHtml) {
  auto text =
      parse_entities("<b>a &amp; <i>b</i></b>\n<a href=\"http://x.y/?a=1&amp;b=2\">l</a> #t", markup::html);
  settle(*text);
  EXPECT_EQ(preview_html(*text),
            "<b>a &amp; <i>b</i></b><br/><a href=\"http://x.y/?a=1&amp;b=2\" target=\"_blank\" "
            "rel=\"noopener\">l</a> "
            "<a href=\"?q=%23%74\">#t</a>");
  EXPECT_EQ(preview_html({"<script>", {}}), "&lt;script&gt;");
}

}  // namespace
}  // namespace tandem::sandbox
