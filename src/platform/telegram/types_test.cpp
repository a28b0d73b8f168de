#include "platform/telegram/types.hpp"

#include "platform/telegram/dispatcher.hpp"
#include "platform/telegram/multipart.hpp"

using namespace tandem::telegram;

TEST(Types, AMessageIsReadWithEverythingThatWeUse) {
  const auto read =
      from_json<message>(R"({"message_id":7,"date":1790000000,"chat":{"id":-1001,"type":"supergroup",
    "title":"G","unknown":[1,{"a":null}]},"from":{"id":5,"is_bot":false,"first_name":"Ann","is_premium":true},
    "text":"hi \ud83d\udc4b","entities":[{"type":"text_link","offset":0,"length":2,"url":"https://x"}],
    "photo":[{"file_id":"f","file_unique_id":"u","width":90,"height":80}],
    "location":{"latitude":55.7,"longitude":37},"reply_to_message":{"message_id":6,"date":1,"chat":{"id":-1001}},
    "reply_markup":{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}})");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->chat.title, "G");
  EXPECT_TRUE(read->from->is_premium);
  EXPECT_EQ(read->text, "hi 👋");
  EXPECT_EQ(read->entities.at(0).url, "https://x");
  EXPECT_EQ(read->photo.at(0).width, 90);
  EXPECT_DOUBLE_EQ(read->location->longitude, 37);
  EXPECT_EQ(read->reply_to_message->message_id, 6);
  EXPECT_EQ(read->reply_markup->inline_keyboard.at(0).at(0).callback_data, "a");
}

TEST(Types, EveryKindOfMessageIsKnownByWhatItHolds) {
  const auto content = [](const std::string& members) {
    const auto read = from_json<message>(R"({"message_id":7,"date":1,"chat":{"id":5},)" + members + "}");
    return read ? std::string(name_of(content_of(*read))) : read.error().text();
  };
  const std::string file = R"({"file_id":"f","file_unique_id":"u","duration":3})";
  EXPECT_EQ(content(R"("text":"hi")"), "text");
  EXPECT_EQ(content(R"("caption":"c","photo":[{"file_id":"f","width":1,"height":1}])"), "photo");
  EXPECT_EQ(content(R"("video":)" + file), "video");
  EXPECT_EQ(content(R"("animation":)" + file + R"(,"document":)" + file), "animation");
  EXPECT_EQ(content(R"("audio":)" + file), "audio");
  EXPECT_EQ(content(R"("voice":)" + file), "voice");
  EXPECT_EQ(content(R"("video_note":)" + file), "video_note");
  EXPECT_EQ(content(R"("sticker":{"file_id":"f","type":"regular","emoji":"x"})"), "sticker");
  EXPECT_EQ(content(R"("document":)" + file), "document");
  EXPECT_EQ(content(R"("contact":{"phone_number":"+7","first_name":"A","user_id":5})"), "contact");
  EXPECT_EQ(content(R"("location":{"latitude":1.5,"longitude":2,"live_period":60})"), "location");
  EXPECT_EQ(content(R"("poll":{"id":"1"})"), "other");
  EXPECT_EQ(content(R"("pinned_message":{"message_id":3,"date":0,"chat":{"id":5}})"), "other");
}

TEST(Types, AVoiceAndANoteComeWithTheirLength) {
  const auto read = from_json<message>(R"({"message_id":7,"date":1,"chat":{"id":5},"media_group_id":"9",
    "voice":{"file_id":"v","file_unique_id":"u","duration":4,"mime_type":"audio/ogg","file_size":900},
    "video_note":{"file_id":"n","file_unique_id":"w","length":240,"duration":9},
    "sticker":{"file_id":"s","file_unique_id":"x","type":"regular","width":512,"height":500,"emoji":"👍"}})");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->voice->duration, 4);
  EXPECT_EQ(read->voice->file_size, 900);
  EXPECT_EQ(read->video_note->length, 240);
  EXPECT_EQ(read->sticker->emoji, "👍");
  EXPECT_EQ(read->media_group_id, "9");
}

TEST(Types, AnErrorNamesTheFieldsPath) {
  const auto path = [](std::string_view text) { return from_json<message>(text).error().text(); };
  EXPECT_EQ(path(R"({"message_id":7,"chat":{"id":"x"}})"), "chat.id: expected a whole number");
  EXPECT_EQ(path(R"({"message_id":7,"chat":{"id":1},"entities":[{"offset":0},{"offset":"no"}]})"),
            "entities[1].offset: expected a whole number");
  EXPECT_EQ(path(R"({"message_id":7,"chat":{}})"), "chat.id: is missing");
  EXPECT_EQ(path(R"({"message_id":1e300,"chat":{"id":1}})"), "message_id: expected a whole number");
  EXPECT_EQ(path("[]"), "expected an object");
  EXPECT_EQ(path("{"), "is no JSON");
  EXPECT_EQ(path(R"({"message_id":7,"chat":{"id":1}} x)"), "is no JSON");
  EXPECT_EQ(path(R"({"message_id":7,"chat":{"id":1,"title":"\ud800"}})"), "chat.title: is no JSON");
}

TEST(Types, WhatIsWrittenLeavesOutWhatIsAbsent) {
  user ann;
  ann.id = 5;
  ann.first_name = "A\"\n\x01";
  EXPECT_EQ(to_json(ann), "{\"id\":5,\"is_bot\":false,\"first_name\":\"A\\\"\\n\\u0001\"}");
  const auto back = from_json<user>(to_json(ann));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->first_name, ann.first_name);
}

TEST(Updates, TheKindSaysWhatIsThere) {
  const auto read = read_updates(R"([
    {"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":9,"type":"private"},"from":{"id":9}}},
    {"update_id":2,"callback_query":{"id":"q","from":{"id":8},"data":"d",
       "message":{"chat":{"id":9},"message_id":3,"date":0}}},
    {"update_id":3,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"date":5,
       "old_chat_member":{"status":"member","user":{"id":4}},"new_chat_member":{"status":"kicked","user":{"id":4}}}},
    {"update_id":4,"something_new":{"x":1}},
    {"update_id":5}])");
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->size(), 5u);
  const auto& all = *read;
  EXPECT_EQ(all[0].kind, update_kind::message);
  EXPECT_EQ(all[0].order_key(), 9);
  EXPECT_EQ(all[1].kind, update_kind::callback_query);
  EXPECT_FALSE(all[1].callback_query->message->accessible());
  EXPECT_EQ(all[1].order_key(), 9);
  EXPECT_EQ(all[1].from()->id, 8);
  EXPECT_EQ(all[2].member->new_chat_member.status, "kicked");
  EXPECT_EQ(all[3].kind, update_kind::unknown);
  EXPECT_EQ(all[4].kind, update_kind::unknown);
}

TEST(Updates, OneThatCannotBeReadDoesNotHideTheOthers) {
  const auto read = read_updates(R"([{"update_id":1,"message":{"message_id":"x","chat":{"id":1}}},
    {"message":{}}, 5, {"update_id":2,"message":{"message_id":1,"chat":{"id":1}}}])");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].kind, update_kind::unknown);
  EXPECT_EQ((*read)[0].refused, "message.message_id: expected a whole number");
  EXPECT_EQ((*read)[1].kind, update_kind::message);
}

TEST(Updates, AnAnswerThatIsNoListOfUpdatesIsAnError) {
  for (const std::string_view text :
       {"{}", "\"x\"", "[{}]", "[1,2]", "", "[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}) {
    EXPECT_FALSE(read_updates(text)) << text;
  }
}

TEST(Multipart, EveryParameterAndFileIsAPart) {
  upload photo;
  photo.field = "file0";
  photo.file_name = "a\"\r\nb.jpg";
  photo.content_type = "image/jpeg";
  photo.bytes = std::string("\0\1", 2);
  const auto body =
      multipart_body(R"({"chat_id":5,"caption":"Hi \"you\"","reply_markup":{"a":[1]}})", {photo}, "XX");
  EXPECT_EQ(body,
            std::string("--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n"
                        "--XX\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nHi \"you\"\r\n"
                        "--XX\r\nContent-Disposition: form-data; name=\"reply_markup\"\r\n\r\n{\"a\":[1]}\r\n"
                        "--XX\r\nContent-Disposition: form-data; name=\"file0\"; filename=\"a___b.jpg\"\r\n"
                        "Content-Type: image/jpeg\r\n\r\n") +
                std::string("\0\1", 2) + "\r\n--XX--\r\n");
}
