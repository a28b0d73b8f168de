#include "platform/tdlib/message.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tandem::tdlib {
namespace {

boost::json::object record(std::string_view content, std::string_view more = "") {
  const auto text =
      R"({"@type":"message","id":110100480,"chat_id":-1001,"date":1795000000,"is_outgoing":false,)" +
      std::string(R"("media_album_id":"0","edit_date":0,"author_signature":"",)") + std::string(more) +
      R"("content":)" + std::string(content) + "}";
  return boost::json::parse(text).as_object();
}

message read(std::string_view content, std::string_view more = "") {
  return *read_message(record(content, more));
}

TEST(Messages, AreReadWithTheirServersId) {
  const auto one = read(R"({"@type":"messageText","text":{"text":"Hi","entities":[]}})",
                        R"("sender_id":{"@type":"messageSenderUser","user_id":7},)");
  EXPECT_EQ(one.id, 105);
  EXPECT_EQ(one.chat_id, -1001);
  EXPECT_EQ(one.date, 1'795'000'000);
  EXPECT_EQ(one.sender_user, 7);
  EXPECT_EQ(one.content, content_kind::text);
  EXPECT_EQ(one.text, "Hi");
}

TEST(Messages, ThatAreNotOnTheServerYetAreNone) {
  auto local = record(R"({"@type":"messageText","text":{"text":"Hi","entities":[]}})");
  local["id"] = 110100481;
  EXPECT_FALSE(read_message(local));
}

TEST(Messages, LinksStandWhereTheirUtf16OffsetsSay) {
  const auto one = read(
      R"({"@type":"messageText","text":{"text":"😀 сайт и a.ru, @anna, #design x@y.ru","entities":[
        {"offset":3,"length":4,"type":{"@type":"textEntityTypeTextUrl","url":"https://e.org/a"}},
        {"offset":10,"length":4,"type":{"@type":"textEntityTypeUrl"}},
        {"offset":16,"length":5,"type":{"@type":"textEntityTypeMention"}},
        {"offset":23,"length":7,"type":{"@type":"textEntityTypeHashtag"}},
        {"offset":31,"length":6,"type":{"@type":"textEntityTypeEmailAddress"}},
        {"offset":3,"length":4,"type":{"@type":"textEntityTypeBold"}}]}})");
  const std::vector<link> expected{{"https://e.org/a", "сайт"},
                                   {"http://a.ru", "a.ru"},
                                   {"https://t.me/anna", "@anna"},
                                   {"mailto:x@y.ru", "x@y.ru"}};
  EXPECT_EQ(one.links, expected);
  EXPECT_EQ(one.hashtags, std::vector<std::string>{"design"});
}

TEST(Messages, EntitiesBeyondTheTextDoNoHarm) {
  const auto one = read(
      R"({"@type":"messageText","text":{"text":"ab","entities":[
        {"offset":1,"length":900,"type":{"@type":"textEntityTypeTextUrl","url":"https://e.org"}},
        {"offset":500,"length":5,"type":{"@type":"textEntityTypeUrl"}},
        {"offset":0,"length":2,"type":{"@type":"textEntityTypeTextUrl","url":"javascript:x"}}]}})");
  EXPECT_EQ(one.links.front(), (link{"https://e.org", "b"}));
  EXPECT_EQ(one.links.size(), 2u);  // the second is "http://" with nothing behind it
}

TEST(Messages, SpacesThatDoNotBreakAreOrdinaryOnes) {
  EXPECT_EQ(
      read("{\"@type\":\"messageText\",\"text\":{\"text\":\"250\u00a0000\u202f₽\",\"entities\":[]}}").text,
      "250 000 ₽");
}

TEST(Messages, CaptionsPollsAndButtonsAreRead) {
  EXPECT_EQ(read(R"({"@type":"messagePhoto","caption":{"text":"A picture","entities":[]}})").text,
            "A picture");
  const auto poll = read(
      R"({"@type":"messagePoll","poll":{"question":{"text":"Who?","entities":[]},
         "options":[{"text":{"text":"me"}},{"text":{"text":"you"}}]}})");
  EXPECT_EQ(poll.text, "Who?\nme\nyou");
  EXPECT_EQ(poll.content, content_kind::poll);
  const auto button = read(R"({"@type":"messageText","text":{"text":"Job","entities":[]}})",
                           R"("reply_markup":{"@type":"replyMarkupInlineKeyboard","rows":[[
         {"text":"Apply","type":{"@type":"inlineKeyboardButtonTypeUrl","url":"https://e.org/apply"}}]]},)");
  EXPECT_EQ(button.links, (std::vector<link>{{"https://e.org/apply", "Apply"}}));
}

TEST(Messages, WhatNobodyWroteIsAServiceMessage) {
  EXPECT_EQ(read(R"({"@type":"messageChatAddMembers","member_user_ids":[1]})").content,
            content_kind::service);
  EXPECT_EQ(read(R"({"@type":"messagePinMessage"})").content, content_kind::service);
}

TEST(Messages, KnowWhereTheyWereForwardedFrom) {
  const auto one = read(
      R"({"@type":"messageText","text":{"text":"x","entities":[]}})",
      R"("forward_info":{"origin":{"@type":"messageOriginChannel","chat_id":-1005,"message_id":9437184}},)");
  ASSERT_TRUE(one.from);
  EXPECT_EQ(one.from->chat_id, -1005);
  EXPECT_EQ(one.from->message_id, 9);
}

TEST(Messages, OfAnAlbumShareItsNumberWhichIsAString) {
  auto part = record(R"({"@type":"messagePhoto","caption":{"text":"","entities":[]}})");
  part["media_album_id"] = "13579246801357924";
  EXPECT_EQ(read_message(part)->album_id, 13'579'246'801'357'924);
}

TEST(Messages, AnEndlessTextIsCutBetweenLetters) {
  std::string endless;
  for (int i = 0; i < 20'000; ++i) endless += "ж";
  const auto one = read(R"({"@type":"messageText","text":{"entities":[],"text":")" + endless + R"("}})");
  EXPECT_LE(one.text.size(), 16u << 10);
  EXPECT_TRUE(one.text.ends_with("ж"));
}

}  // namespace
}  // namespace tandem::tdlib
