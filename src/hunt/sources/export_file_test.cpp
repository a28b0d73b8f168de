#include "hunt/sources/export_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tandem::hunt {
namespace {

struct read_file {
  std::unique_ptr<export_reader> reader = export_reader::make();
  std::vector<exported_message> messages;
  bool whole = false;
};

// In pieces of `step` bytes, so that every border falls somewhere.
read_file read(std::string_view file, std::size_t step = 1 << 20) {
  read_file out;
  bool good = true;
  for (std::size_t at = 0; good && at < file.size(); at += step) {
    good = out.reader->feed(file.substr(at, step));
    for (auto& one : out.reader->take()) out.messages.push_back(std::move(one));
  }
  out.whole = out.reader->finish();
  for (auto& one : out.reader->take()) out.messages.push_back(std::move(one));
  return out;
}

std::string chat(std::string_view messages, std::string_view type = "public_channel") {
  return R"({"name":"Jobs","type":")" + std::string(type) + R"(","id":1234567890,"messages":[)" +
         std::string(messages) + "]}";
}
std::string message(int id, std::string_view text) {
  return R"({"id":)" + std::to_string(id) + R"(,"type":"message","date_unixtime":"1790493841","text":)" +
         std::string(text) + "}";
}

const std::string written = chat(
    R"({"id":104,"type":"service","action":"pin_message","actor":"Jobs"},
 {"id":105,"type":"message","date":"2026-09-27T10:24:01","date_unixtime":"1790493841","from":"Jobs",
  "from_id":"channel1234567890","author":"Anna","forwarded_from":"Source","edited":"2026-09-27T11:00:00",
  "inline_bot_buttons":[[{"type":"url","text":"Form","data":"https://form.example/"}]],
  "text":[{"type":"bold","text":"C++"}," developer ",{"type":"hashtag","text":"#remote"}],
  "text_entities":[{"type":"bold","text":"C++"},{"type":"plain","text":" developer "},
   {"type":"hashtag","text":"#remote"},{"type":"plain","text":" "},
   {"type":"text_link","text":"here","href":"https://jobs.example/1"}]})");

TEST(Export, AMessageBecomesAPostAndServiceMessagesAreSkipped) {
  for (const std::size_t step : {std::size_t(1) << 20, std::size_t(1), std::size_t(7)}) {
    const auto out = read(written, step);
    EXPECT_TRUE(out.whole) << out.reader->error();
    ASSERT_EQ(out.messages.size(), 1u);
    const auto& post = out.messages[0].post;
    EXPECT_EQ(post.message_id, 105);
    EXPECT_EQ(post.text, "C++ developer #remote here");
    EXPECT_EQ(post.posted_at, instant(std::chrono::seconds(1790493841)));
    EXPECT_EQ(post.hashtags, std::vector<std::string>{"remote"});
    ASSERT_EQ(post.links.size(), 2u);
    EXPECT_EQ(post.forwarded_from, "Source");
    EXPECT_EQ(post.signature, "Anna");
    EXPECT_TRUE(post.edited);
    EXPECT_EQ(post.url, "") << "a public channel's name tells";
    EXPECT_EQ(out.reader->counts().service, 1);
    EXPECT_EQ(out.reader->counts().chats.at(0).name, "Jobs");
  }
}

TEST(Export, TextIsReadAsAStringOrAMixtureWithoutEntities) {
  const auto out = read(chat(message(1, R"("plain")") + "," +
                             message(2, R"(["a ",{"type":"link","text":"https://x.example/"}," b"])")));
  ASSERT_EQ(out.messages.size(), 2u);
  EXPECT_EQ(out.messages[0].post.text, "plain");
  EXPECT_EQ(out.messages[1].post.text, "a https://x.example/ b");
  EXPECT_EQ(out.messages[1].post.links.size(), 1u);
}

TEST(Export, AWholeAccountHasChatsAndPrivateTalkIsLeftOut) {
  const auto group =
      R"({"name":"Team","type":"private_supergroup","id":42,"messages":[{"id":7,"type":"message",
    "date_unixtime":"1790493841","from":"Ann","from_id":"user99","text":"нужен код"}]})";
  const auto out = read(
      R"({"about":"x","personal_information":{"user_id":1,"messages":[1]},"chats":{"about":"y","list":[)" +
      chat(message(1, "\"a\"")) + "," + chat(message(2, "\"secret\""), "personal_chat") +
      "]},\"left_chats\":{\"list\":[" + group + "]}}");
  EXPECT_TRUE(out.whole) << out.reader->error();
  ASSERT_EQ(out.messages.size(), 2u);
  const auto& counts = out.reader->counts();
  EXPECT_EQ(counts.personal, 1);
  EXPECT_EQ(counts.chats.at(out.messages[0].chat).name, "Jobs");
  EXPECT_EQ(counts.chats.at(out.messages[1].chat).name, "Team");
  EXPECT_EQ(out.messages[1].post.url, "https://t.me/c/42/7");
  EXPECT_EQ(out.messages[1].post.author_id, 99);
}

TEST(Export, ControlCharactersAsTheWriterWritesThemAreRead) {
  const auto out = read(chat(message(1, R"("a\x01b \"q\" \\x41")")), 3);
  ASSERT_EQ(out.messages.size(), 1u) << out.reader->error();
  EXPECT_EQ(out.messages[0].post.text,
            "a\x01"
            "b \"q\" \\x41");
}

TEST(Export, WrongTypesCostOneMessageAndAreTold) {
  const auto out = read(chat(message(1, "\"a\"") +
                             R"(,{"id":{"x":1},"type":"message","date_unixtime":"1790493841","text":"b"},
    {"id":3,"type":"message","date_unixtime":true,"text":"c"},{"id":4,"type":7,"date_unixtime":"1790493841","text":"d"},
    {"id":5,"type":"message","date_unixtime":"1790493841","text":12},{"id":6,"type":"message","date":"yesterday","text":"e"},
    null,17,"x",[[[]]],)" + message(9, "\"z\"")));
  EXPECT_TRUE(out.whole) << out.reader->error();
  ASSERT_EQ(out.messages.size(), 2u);
  EXPECT_EQ(out.messages[1].post.message_id, 9);
  EXPECT_EQ(out.reader->counts().unreadable, 5);
  EXPECT_EQ(out.reader->counts().first_unreadable.at(2), "message 4: \"type\" is of the wrong type");
}

TEST(Export, ATruncatedFileKeepsWhatCameBefore) {
  const auto whole = chat(message(1, "\"a\"") + "," + message(2, "\"b\""));
  const auto out = read(std::string_view(whole).substr(0, whole.size() - 8));
  EXPECT_FALSE(out.whole);
  EXPECT_EQ(out.messages.size(), 1u);
  EXPECT_TRUE(out.reader->error().starts_with("the file ends in the middle")) << out.reader->error();
}

TEST(Export, BrokenJsonIsToldWithItsPlaceAndKeepsWhatCameBefore) {
  const auto out = read(chat(message(1, "\"a\"") + ",{oops}," + message(2, "\"b\"")));
  EXPECT_FALSE(out.whole);
  EXPECT_EQ(out.messages.size(), 1u);
  EXPECT_NE(out.reader->error().find("byte"), std::string::npos);
}

TEST(Export, BrokenBytesBecomeReplacementMarks) {
  const auto out = read(chat(message(1, "\"a\xff\xc3z\"")), 1);
  ASSERT_EQ(out.messages.size(), 1u) << out.reader->error();
  EXPECT_EQ(out.messages[0].post.text, "a\uFFFD\uFFFDz");
}

TEST(Export, AHugeTextIsCutAndNotHeld) {
  auto reader = export_reader::make();
  EXPECT_TRUE(reader->feed(
      R"({"type":"public_channel","messages":[{"id":1,"type":"message","date_unixtime":"1790493841","text":")"));
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(reader->feed(piece));
  EXPECT_TRUE(reader->feed("\"}," + message(2, "\"b\"") + "]}"));
  EXPECT_TRUE(reader->finish()) << reader->error();
  const auto messages = reader->take();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].post.text.size(), export_limits().text);
  EXPECT_EQ(reader->counts().cut, 1);
}

// Of this process, in bytes.
std::size_t resident() {
  std::ifstream in("/proc/self/statm");
  std::size_t whole = 0, pages = 0;
  in >> whole >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(Export, AHugeTextOfManyPiecesIsCutAndNotHeld) {
  auto reader = export_reader::make();
  EXPECT_TRUE(reader->feed(
      R"({"type":"public_channel","messages":[{"id":1,"type":"message","date_unixtime":"1790493841","text":[)"));
  std::string pieces;
  for (int i = 0; i < 4096; ++i) pieces += "\"fifteen letters\",";
  ASSERT_TRUE(reader->feed(pieces));
  const auto before = resident();
  for (int i = 0; i < 128; ++i) ASSERT_TRUE(reader->feed(pieces));
  EXPECT_LT(resident(), before + (2 << 20)) << "of 8 MB of text";
  EXPECT_TRUE(reader->feed("\"the end\"]}]}"));
  EXPECT_TRUE(reader->finish()) << reader->error();
  const auto messages = reader->take();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].post.text.size(), export_limits().text);
  EXPECT_EQ(reader->counts().cut, 1);
}

TEST(Export, OneMessageWithEndlessMediaKeepsAFew) {
  std::string media;
  for (int i = 0; i < 1000; ++i) media += R"("photo":"a","media_type":"sticker",)";
  const auto out =
      read(chat(R"({"id":1,"type":"message","date_unixtime":"1790493841",)" + media + R"("text":"b"})"));
  ASSERT_EQ(out.messages.size(), 1u) << out.reader->error();
  EXPECT_EQ(out.messages[0].post.media.size(), export_limits().links);
}

TEST(Export, MoreChatsThanAnAccountHasEndTheReadingAndKeepWhatCameBefore) {
  export_limits limits;
  limits.chats = 3;
  const auto reader = export_reader::make(limits);
  EXPECT_FALSE(reader->feed(R"({"chats":{"list":[)" + chat(message(1, "\"a\"")) + ",{},{},{}]}}"));
  EXPECT_TRUE(reader->error().starts_with("there are more chats than an account has")) << reader->error();
  EXPECT_EQ(reader->counts().chats.size(), 3u);
  EXPECT_EQ(reader->take().size(), 1u);
}

TEST(Export, DeepNestingIsSkippedOrRefusedButNeverRecursedInto) {
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += R"({"text":[)";
  std::string closing;
  for (int i = 0; i < 100; ++i) closing += "]}";
  const auto skipped = read(chat(message(1, "[" + nested + closing + ",\"kept\"]")));
  EXPECT_TRUE(skipped.whole) << skipped.reader->error();
  ASSERT_EQ(skipped.messages.size(), 1u);
  EXPECT_EQ(skipped.messages[0].post.text, "kept");
  const auto refused = read(chat(message(1, "\"a\"") + ",") + std::string(100'000, '['));
  EXPECT_FALSE(refused.whole);
  EXPECT_EQ(refused.messages.size(), 1u);
}

TEST(Export, WhatIsNoExportHasNoMessages) {
  EXPECT_FALSE(read("<html>").whole);
  EXPECT_TRUE(read("{}").messages.empty());
  EXPECT_TRUE(read("[1,2]").messages.empty());
  EXPECT_FALSE(read("").whole);
}

}  // namespace
}  // namespace tandem::hunt
