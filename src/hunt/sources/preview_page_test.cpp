#include "hunt/sources/preview_page.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

std::string block(std::string_view id, std::string_view inner,
                  std::string_view date = "2026-09-27T07:24:01+00:00", std::string_view more_classes = "") {
  std::string out =
      R"(<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message )";
  out.append(more_classes)
      .append(R"( js-widget_message" data-post="jobs/)")
      .append(id)
      .append(R"(" data-view="x">)");
  out.append(R"(<div class="tgme_widget_message_bubble">)").append(inner);
  out.append(
         R"(<div class="tgme_widget_message_footer"><div class="tgme_widget_message_info">)"
         R"(<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" href="https://t.me/jobs/1">)"
         R"(<time datetime=")")
      .append(date)
      .append(R"(" class="time">07:24</time></a></span></div></div>)");
  return out + "</div></div></div>";
}

std::string words(std::string_view inner) {
  return R"(<div class="tgme_widget_message_text js-message_text" dir="auto">)" + std::string(inner) +
         "</div>";
}

std::string history(std::string_view blocks) {
  return R"(<!DOCTYPE html><html><head><link rel="prev" href="/s/jobs?before=101"></head><body>
    <div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span dir="auto">Jobs &amp; more</span></div></div>
    <main><section class="tgme_channel_history js-message_history">)" +
         std::string(blocks) + "</section></main></body></html>";
}

preview_page read(const std::string& html) {
  auto page = parse_preview_page(html, "jobs");
  EXPECT_TRUE(page.has_value());
  return page ? std::move(*page) : preview_page{};
}

TEST(PreviewPage, APostIsReadWithItsTextLinksHashtagsAndTime) {
  const auto page = read(
      history(block("105", words(R"(<b>C++</b> developer<br/>250&nbsp;000 ₽ <a href="?q=%23remote">#remote</a>
          <i class="emoji" style="background"><b>😀</b></i><br/><br/>Писать: <a href="https://t.me/anna">@anna</a>,
          <a href="https://forms.gle/x1">анкета</a>)"))));
  ASSERT_EQ(page.posts.size(), 1u);
  const auto& post = page.posts.front();
  EXPECT_EQ(page.title, "Jobs & more");
  EXPECT_EQ(page.before, 101);
  EXPECT_EQ(page.after, std::nullopt);
  EXPECT_EQ(post.message_id, 105);
  EXPECT_EQ(post.posted_at, std::chrono::sys_days(2026y / 9 / 27) + 7h + 24min + 1s);
  EXPECT_EQ(post.text, "C++ developer\n250 000 ₽ #remote 😀\n\nПисать: @anna, анкета");
  EXPECT_EQ(post.hashtags, std::vector<std::string>{"remote"});
  const std::vector<post_link> links{{"https://t.me/anna", "@anna"}, {"https://forms.gle/x1", "анкета"}};
  EXPECT_EQ(post.links, links);
  EXPECT_FALSE(post.edited);
}

TEST(PreviewPage, WhatAPostAnswersIsNotItsText) {
  const auto page =
      read(history(block("7", R"(<a class="tgme_widget_message_reply" href="https://t.me/jobs/3">
              <div class="tgme_widget_message_text js-message_text js-message_reply_text">old words</div></a>)" +
                                  words("new words"))));
  ASSERT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.posts[0].text, "new words");
}

TEST(PreviewPage, ACaptionNestedTwiceIsTakenOnce) {
  const auto page = read(history(block("7", words(words("Ищем дизайнера")))));
  EXPECT_EQ(page.posts.at(0).text, "Ищем дизайнера");
}

TEST(PreviewPage, ForwardSignatureEditAndMediaAreSeen) {
  auto html = history(block("9", R"(<div class="tgme_widget_message_forwarded_from">Forwarded from
              <a class="tgme_widget_message_forwarded_from_name" href="https://t.me/src/9">Src</a></div>
              <div class="tgme_widget_message_grouped_wrap"><a class="tgme_widget_message_photo_wrap" href="x"></a>
              <a class="tgme_widget_message_photo_wrap" href="y"></a></div>
              <span class="tgme_widget_message_from_author">Анна</span>)" +
                                     words("x")));
  const std::string meta = R"(tgme_widget_message_meta">)";
  html.insert(html.find(meta) + meta.size(), "edited ");
  const auto post = read(html).posts.at(0);
  EXPECT_EQ(post.forwarded_from, "Src");
  EXPECT_EQ(post.forwarded_url, "https://t.me/src/9");
  EXPECT_EQ(post.signature, "Анна");
  EXPECT_TRUE(post.edited);
  EXPECT_EQ(post.media, (std::vector{media_kind::album, media_kind::photo}));
}

TEST(PreviewPage, APollSpeaksWhenThereIsNoText) {
  const auto page = read(history(block("9", R"(<div class="tgme_widget_message_poll">
      <div class="tgme_widget_message_poll_question">Что учим?</div>
      <div class="tgme_widget_message_poll_option_text">Rust</div>
      <div class="tgme_widget_message_poll_option_text">C++</div></div>)")));
  EXPECT_EQ(page.posts.at(0).text, "Что учим?\nRust\nC++");
  EXPECT_EQ(page.posts.at(0).media, std::vector{media_kind::poll});
}

TEST(PreviewPage, ButtonsUnderAPostAreLinks) {
  const auto page = read(history(block(
      "9",
      words("x") + R"(<a class="tgme_widget_message_inline_button url_button" href="https://hh.example/1">
                               <span class="tgme_widget_message_inline_button_text">Откликнуться</span></a>)")));
  const std::vector<post_link> links{{"https://hh.example/1", "Откликнуться"}};
  EXPECT_EQ(page.posts.at(0).links, links);
}

TEST(PreviewPage, OnlyOrdinaryAddressesAreLinks) {
  const auto page = read(history(block("9", words(R"(<a href="javascript:alert">a</a><a href="data:x">b</a>
      <a href="https://)" + std::string(3000, 'x') +
                                                  R"(">c</a><a href="https://ok.example/">d</a>)"))));
  const std::vector<post_link> links{{"https://ok.example/", "d"}};
  EXPECT_EQ(page.posts.at(0).links, links);
}

TEST(PreviewPage, AServiceMessageMovesTheLastIdButIsNoPost) {
  const auto page = read(history(
      block("9", words("x")) + block("10", words("pinned"), "2026-09-27T07:24:01+00:00", "service_message")));
  EXPECT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.last_id, 10);
  EXPECT_EQ(page.first_id, 9);
}

TEST(PreviewPage, PostsOfAnotherChannelAreSkipped) {
  EXPECT_TRUE(parse_preview_page(history(block("9", words("x"))), "other")->posts.empty());
  EXPECT_EQ(parse_preview_page(history(block("9", words("x"))), "JOBS")->posts.size(), 1u);
}

TEST(PreviewPage, PostsComeAscendingAndOnce) {
  const auto page = read(history(block("9", words("b")) + block("4", words("a")) + block("9", words("c"))));
  ASSERT_EQ(page.posts.size(), 2u);
  EXPECT_EQ(page.posts[0].message_id, 4);
  EXPECT_EQ(page.posts[1].text, "b");
}

TEST(PreviewPage, PagingIsReadFromTheButtonsToo) {
  const auto page = read(history(
      R"(<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/jobs?before=50"
         class="tme_messages_more js-messages_more" data-before="50"></a></div>)" +
      block("51", words("x")) +
      R"(<div class="js-messages_more_wrap"><a class="tme_messages_more js-messages_more" data-after="71"></a></div>)"));
  EXPECT_EQ(page.before, 50);
  EXPECT_EQ(page.after, 71);
}

TEST(PreviewPage, TheEndOfTheHistoryIsToldFromAPageThatIsNone) {
  const auto page = read(history(R"(<div class="tme_no_messages_found">No posts found</div>)"));
  EXPECT_TRUE(page.nothing_found);
  EXPECT_EQ(page.last_id, 0);
  EXPECT_EQ(parse_preview_page("<html><body>Telegram: Contact @jobs</body></html>", "jobs").error(),
            page_error::no_history);
  EXPECT_EQ(parse_preview_page("", "jobs").error(), page_error::no_history);
}

TEST(PreviewPage, AbsurdIdsAndDatesAreCountedNotBelieved) {
  std::string blocks;
  for (const auto* id : {"0", "-5", "99999999999999999999", "2147483648", "12x", ""})
    blocks += block(id, words("x"));
  for (const auto* date : {"", "now", "1999-01-01T00:00:00+00:00", "2026-13-01T00:00:00+00:00",
                           "2026-02-30T00:00:00+00:00", "2026-02-20T25:00:00+00:00", "2026-02-20T05:00:00",
                           "2026-02-20T05:00:00+99:00", "99999-02-20T05:00:00+00:00"}) {
    blocks += block("5", words("x"), date);
  }
  const auto page = read(history(blocks + block("6", words("ok"), "2026-02-20T05:00:00.123+03:00")));
  ASSERT_EQ(page.posts.size(), 1u);
  EXPECT_EQ(page.posts[0].posted_at, std::chrono::sys_days(2026y / 2 / 20) + 2h);
  EXPECT_EQ(page.unreadable, 15);
}

TEST(PreviewPage, BrokenBytesBecomeReplacementMarks) {
  const auto page = read(history(block("9", words("a\xC3(\xF0\x9F\x98 b\xFF &#0; &#xD800; end"))));
  const auto& text = page.posts.at(0).text;
  EXPECT_TRUE(text.starts_with("a\uFFFD("));
  EXPECT_TRUE(text.ends_with("end"));
  EXPECT_EQ(text.find('\0'), std::string::npos);
}

TEST(PreviewPage, ALongTextIsCutBetweenCharacters) {
  std::string long_text;
  for (int i = 0; i < 20'000; ++i) long_text += "ж";
  const auto text = read(history(block("9", words("a" + long_text)))).posts.at(0).text;
  EXPECT_EQ(text.size(), (16u << 10) - 1);  // one odd byte in front, then pairs
  EXPECT_TRUE(text.ends_with("ж"));
}

TEST(PreviewPage, DeepNestingIsReadOrRefusedButNeverRecursedInto) {
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "<div>";
  const auto page = parse_preview_page(history(block("9", words("x" + deep))), "jobs");
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->posts.at(0).text.starts_with("x\n"));
  for (int i = 0; i < 20'000; ++i) deep += "<div>";
  EXPECT_EQ(parse_preview_page(deep, "jobs").error(), page_error::too_complex);
}

TEST(PreviewPage, APageThatWouldFillTheMemoryIsRefused) {
  // Each paragraph opens all the formatting again: the tree grows with the square of the page.
  std::string bomb;
  for (int i = 0; i < 9'000; ++i) bomb += "<b a=" + std::to_string(i) + "><p>";
  EXPECT_EQ(parse_preview_page(bomb, "jobs").error(), page_error::too_complex);
}

TEST(PreviewPage, HugeAttributesAndPagesAreBounded) {
  const auto page = parse_preview_page(
      history(block("9", "<a class=\"" + std::string(500'000, 'c') + "\" href=x>y</a>" + words("ok"))),
      "jobs");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->posts.at(0).text, "ok");
  EXPECT_EQ(parse_preview_page(std::string(3 << 20, ' '), "jobs").error(), page_error::too_large);
}

TEST(PreviewPage, APageCutOffAnywhereIsReadWithoutHarm) {
  const auto whole = history(block("9", words("one <b>two</b> <a href=\"https://x.example\">three</a>")) +
                             block("10", words("four")));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto page = parse_preview_page(std::string_view(whole).substr(0, length), "jobs");
    if (!page) continue;
    EXPECT_LE(page->posts.size(), 2u);
  }
}

}  // namespace
}  // namespace tandem::hunt
