#include "hunt/sources/feed_page.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

const instant noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

std::string rss(std::string_view items) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Work &amp; co</title>)" +
         std::string(items) + "</channel></rss>";
}

feed_page read(std::string_view xml, const feed_limits& limits = {}) {
  auto out = parse_feed(xml, noon, limits);
  EXPECT_TRUE(out.has_value());
  return out ? *std::move(out) : feed_page();
}

TEST(Feed, AnRssItemBecomesAPost) {
  const auto page = read(rss(R"(<item><title>Нужен дизайнер</title><link>https://jobs.example/1</link>
    <guid isPermaLink="false">job-1</guid><pubDate>Sun, 22 Nov 2026 10:30:00 +0300</pubDate>
    <description><![CDATA[<p>Лендинг для кофейни.</p><p>Писать <a href="https://t.me/anna">Анне</a></p>]]></description>
    <dc:creator xmlns:dc="x">Студия</dc:creator></item>)"));
  EXPECT_EQ(page.title, "Work & co");
  ASSERT_EQ(page.posts.size(), 1u);
  const auto& post = page.posts.front();
  EXPECT_EQ(post.text, "Нужен дизайнер\nЛендинг для кофейни.\nПисать Анне");
  EXPECT_EQ(post.url, "https://jobs.example/1");
  EXPECT_EQ(post.message_id, message_id_of_name("job-1"));
  EXPECT_EQ(post.posted_at, noon - 4h - 30min);
  EXPECT_EQ(post.signature, "Студия");
  ASSERT_EQ(post.links.size(), 1u);
  EXPECT_EQ(post.links.front().url, "https://t.me/anna");
  EXPECT_FALSE(page.broken);
}

TEST(Feed, AnAtomEntryBecomesAPost) {
  const auto page = read(R"(<feed xmlns="http://www.w3.org/2005/Atom"><title>Orders</title>
    <entry><id>urn:1</id><title>Logo</title><link rel="self" href="https://a.example/self"/>
    <link href="https://a.example/1"/><updated>2026-11-22T11:00:00Z</updated><author><name>Ann</name></author>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A logo<br/>for <b>a bar</b>,
    <a href="https://t.me/bar">write</a></div></content></entry></feed>)");
  ASSERT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.posts.front().text, "Logo\nA logo\nfor a bar, write");
  EXPECT_EQ(page.posts.front().url, "https://a.example/1");
  EXPECT_EQ(page.posts.front().posted_at, noon - 1h);
  EXPECT_EQ(page.posts.front().signature, "Ann");
  EXPECT_EQ(page.posts.front().links.size(), 1u);
}

TEST(Feed, WithoutAGuidTheLinkTellsTheItemsApart) {
  const auto page =
      read(rss("<item><title>a</title><link>https://x.example/1</link></item>"
               "<item><title>b</title><link>https://x.example/2</link></item>"
               "<item><title>again</title><link>https://x.example/1</link></item><item></item>"));
  EXPECT_EQ(page.posts.size(), 2u);
  EXPECT_EQ(page.unreadable, 1);
  EXPECT_EQ(page.posts.front().posted_at, noon) << "no date: now";
}

TEST(Feed, OneByteEncodingsAreRead) {
  const auto page = read(
      "<?xml version=\"1.0\" encoding=\"windows-1251\"?><rss><channel><item><guid>1</guid>"
      "<title>\xcd\xf3\xe6\xe5\xed&nbsp;\xea\xee\xe4</title></item></channel></rss>");
  ASSERT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.posts.front().text, "Нужен код");
}

TEST(Feed, NamesOfHtmlAndBareAmpersandsAreReadAsWritten) {
  const auto page =
      read(rss("<item><guid>1</guid><title>R&D &mdash; 5&nbsp;000 &lt; 6 &unknown;</title></item>"));
  ASSERT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.posts.front().text, "R&D — 5 000 < 6 &unknown;");
}

TEST(Feed, AFeedWithEntitiesOfItsOwnIsRefused) {
  const auto bomb =
      R"(<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
    <!ENTITY c "&b;&b;&b;&b;&b;&b;">]><rss><channel><item><title>&c;</title></item></channel></rss>)";
  EXPECT_EQ(parse_feed(bomb, noon).error(), feed_error::forbidden);
  const auto reads_files = R"(<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss>&f;</rss>)";
  EXPECT_EQ(parse_feed(reads_files, noon).error(), feed_error::forbidden);
}

TEST(Feed, ATruncatedFeedKeepsWhatWasWhole) {
  const auto whole =
      rss("<item><guid>1</guid><title>a</title></item><item><guid>2</guid><title>b</title></item>");
  const auto page = read(std::string_view(whole).substr(0, whole.find("<title>b") + 4));
  EXPECT_TRUE(page.broken);
  EXPECT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.unreadable, 1);
}

TEST(Feed, BrokenBytesBecomeReplacementMarks) {
  const auto page = read(rss("<item><guid>1</guid><title>a\xff\x01z</title></item>"));
  EXPECT_EQ(page.posts.front().text, "a\uFFFD\uFFFDz");
}

TEST(Feed, DepthSizeAndNumberAreBounded) {
  std::string deep = "<rss>";
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_EQ(parse_feed(deep, noon).error(), feed_error::too_complex);
  EXPECT_EQ(parse_feed("<rss></rss>", noon, {.bytes = 5}).error(), feed_error::too_large);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "<item><guid>" + std::to_string(i) + "</guid><title>x</title></item>";
  EXPECT_EQ(read(rss(many), {.items = 10}).posts.size(), 10u);
  const auto big = read(rss("<item><guid>1</guid><title>t</title><description>" + std::string(300'000, 'x') +
                            "</description></item>"));
  EXPECT_LE(big.posts.front().text.size(), feed_limits().text);
}

TEST(Feed, AnotherDocumentIsNoFeed) {
  EXPECT_EQ(parse_feed("<html><body>hi</body></html>", noon).error(), feed_error::no_feed);
  EXPECT_EQ(parse_feed("", noon).error(), feed_error::no_feed);
  EXPECT_EQ(parse_feed("{\"json\": 1}", noon).error(), feed_error::no_feed);
}

}  // namespace
}  // namespace tandem::hunt
