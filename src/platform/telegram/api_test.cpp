#include "platform/telegram/api.hpp"

#include "async/loop.hpp"
#include "platform/telegram/keyboard.hpp"

using namespace tandem;
using namespace tandem::telegram;

namespace {

// Remembers the calls and gives prepared answers.
struct recorded_api final : bot_api {
  struct made {
    std::string method, params;
    call_options options;
  };
  std::vector<made> calls;
  answer<std::string> next = std::string(R"({"message_id":3,"date":1,"chat":{"id":5,"type":"private"}})");

  task<answer<std::string>> call(std::string_view method, std::string params, call_options options) override {
    calls.push_back({std::string(method), std::move(params), std::move(options)});
    co_return next;
  }
  task<answer<std::string>> download(std::string) override { co_return std::string(); }
};

api_error error_with(refusal why) {
  api_error error;
  error.why = why;
  return error;
}

}  // namespace

TEST(Envelope, TheResultIsCutOut) {
  EXPECT_EQ(*read_envelope(200, R"({"ok":true,"result":{"a":"}\"","b":[1,{}]}})"),
            R"({"a":"}\"","b":[1,{}]})");
  EXPECT_EQ(*read_envelope(200, R"({"ok":true,"result":true})"), "true");
  EXPECT_EQ(*read_envelope(200, R"({"ok":true,"result":true,"description":"Webhook was set"})"), "true");
  EXPECT_EQ(*read_envelope(200, R"({ "result" : [1], "ok" : true })"), "[1]");
  EXPECT_EQ(*read_envelope(200, R"({"ok":true,"result":"a,b"})"), R"("a,b")");
}

TEST(Envelope, ARefusalKeepsWhatTheServerSaid) {
  const auto flood = read_envelope(
      429,
      R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}})");
  ASSERT_FALSE(flood);
  EXPECT_EQ(flood.error().why, refusal::flood);
  EXPECT_EQ(flood.error().retry_after, std::chrono::seconds(7));
  const auto moved = read_envelope(400, R"({"ok":false,"error_code":400,
    "description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-100777}})");
  EXPECT_EQ(moved.error().migrate_to_chat_id, -100777);
}

TEST(Envelope, APageInsteadOfJsonIsTheServersFailure) {
  EXPECT_EQ(read_envelope(502, "<html>Bad Gateway</html>").error().why, refusal::server);
  EXPECT_EQ(read_envelope(200, "<html>hello</html>").error().why, refusal::server);
  EXPECT_EQ(read_envelope(200, R"({"ok":true,"result":{"a":1)").error().why, refusal::server);
  EXPECT_EQ(read_envelope(200, R"({"ok":true,"result":tru)").error().why, refusal::server);
  EXPECT_EQ(read_envelope(200, "").error().why, refusal::server);
  EXPECT_EQ(read_envelope(413, "<html>too large</html>").error().why, refusal::other);
  EXPECT_EQ(read_envelope(429, "<html>slow down</html>").error().why, refusal::flood);
}

TEST(Classification, KnowsTheServersTexts) {
  EXPECT_EQ(classify(403, "Forbidden: bot was blocked by the user"), refusal::blocked);
  EXPECT_EQ(classify(403, "Forbidden: user is deactivated"), refusal::deactivated);
  EXPECT_EQ(classify(400, "Bad Request: chat not found"), refusal::chat_not_found);
  EXPECT_EQ(classify(400,
                     "Bad Request: message is not modified: specified new message content and reply markup "
                     "are exactly the same as a current content and reply markup of the message"),
            refusal::not_modified);
  EXPECT_EQ(classify(400, "Bad Request: message to delete not found"), refusal::message_gone);
  EXPECT_EQ(classify(400, "Bad Request: MESSAGE_ID_INVALID"), refusal::message_gone);
  EXPECT_EQ(
      classify(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"),
      refusal::too_old_query);
  EXPECT_EQ(classify(400, "Bad Request: can't parse entities: Unsupported start tag \"p\" at byte offset 0"),
            refusal::entities);
  EXPECT_EQ(classify(400, "Bad Request: message is too long"), refusal::too_long);
  EXPECT_EQ(classify(401, "Unauthorized"), refusal::unauthorized);
  EXPECT_EQ(classify(404, "Not Found"), refusal::unauthorized);
  EXPECT_EQ(classify(404, "Not Found: method not found"), refusal::other);
  EXPECT_EQ(classify(409, "Conflict: terminated by other getUpdates request"), refusal::conflict);
  EXPECT_EQ(classify(500, "Internal Server Error: restart"), refusal::server);
  EXPECT_EQ(classify(400, "Bad Request: message text is empty"), refusal::other);
  EXPECT_EQ(classify(400, "Bad Request: file is too big"), refusal::file_too_big);
  for (const auto* wrong : {"Bad Request: wrong file_id or the file is temporarily unavailable",
                            "Bad Request: wrong remote file identifier specified: can't unserialize it",
                            "Bad Request: FILE_REFERENCE_EXPIRED"})
    EXPECT_EQ(classify(400, wrong), refusal::wrong_file) << wrong;
}

TEST(Calls, AMessageCarriesItsParametersAndItsPlaceInTheLimits) {
  async::loop io;
  recorded_api api;
  keyboard keys;
  keys.callback("A", "a");
  text_message text;
  text.chat_id = 5;
  text.text = "<b>Hi</b>";
  text.markup = keys.build();
  text.link_preview.emplace().is_disabled = true;
  text.options.urgency = urgency::broadcast;
  text.options.reply_to = 9;
  const auto sent = io.run(api.send_message(text));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->message_id, 3);
  ASSERT_EQ(api.calls.size(), 1u);
  EXPECT_EQ(api.calls[0].method, "sendMessage");
  EXPECT_EQ(api.calls[0].params,
            R"({"text":"<b>Hi</b>","parse_mode":"HTML","link_preview_options":{"is_disabled":true},)"
            R"("reply_parameters":{"message_id":9,"allow_sending_without_reply":true},)"
            R"("reply_markup":{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}})");
  EXPECT_EQ(api.calls[0].options.chat_id, 5);
  EXPECT_EQ(api.calls[0].options.urgency, urgency::broadcast);
  EXPECT_EQ(api.calls[0].options.messages, 1);
}

TEST(Calls, AnAlbumCountsEveryPictureAndNamesItsUploads) {
  async::loop io;
  recorded_api api;
  api.next = std::string("[]");
  album_message album;
  album.chat_id = 5;
  album.media.resize(2);
  album.media[0].media.bytes = "JPEG";
  album.media[0].caption = "first";
  album.media[1].media.id_or_url = "known_id";
  ASSERT_TRUE(io.run(api.send_media_group(album)));
  EXPECT_EQ(api.calls[0].params,
            R"({"media":[{"type":"photo","media":"attach://file0","caption":"first","parse_mode":"HTML"},)"
            R"({"type":"photo","media":"known_id"}]})");
  EXPECT_EQ(api.calls[0].options.messages, 2);
  ASSERT_EQ(api.calls[0].options.files.size(), 1u);
  EXPECT_EQ(api.calls[0].options.files[0].bytes, "JPEG");
}

TEST(Calls, WhatIsDoneAlreadyIsASuccess) {
  async::loop io;
  recorded_api api;
  api.next = std::unexpected(error_with(refusal::not_modified));
  EXPECT_TRUE(io.run(api.edit_message_text({})));
  api.next = std::unexpected(error_with(refusal::message_gone));
  EXPECT_TRUE(io.run(api.delete_message(5, 6)));
  EXPECT_FALSE(io.run(api.edit_message_text({})));
  api.next = std::unexpected(error_with(refusal::too_old_query));
  EXPECT_TRUE(io.run(api.answer_callback_query({})));
}

TEST(Calls, AnsweringAQueryIsNoMessage) {
  async::loop io;
  recorded_api api;
  api.next = std::string("true");
  callback_answer done;
  done.callback_query_id = "q1";
  EXPECT_TRUE(io.run(api.answer_callback_query(done)));
  EXPECT_EQ(api.calls[0].params, R"({"callback_query_id":"q1"})");
  EXPECT_EQ(api.calls[0].options.messages, 0);
}

TEST(Calls, AResultThatIsNotWhatItShouldBeIsAnErrorWithItsPath) {
  async::loop io;
  recorded_api api;
  api.next = std::string(R"({"message_id":3,"chat":{"id":{}}})");
  const auto sent = io.run(api.send_photo({}));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().description, "unexpected result: chat.id: expected a whole number");
}

TEST(Calls, APictureTakesThePlaceOfAnotherAndItsIdComesBack) {
  async::loop io;
  recorded_api api;
  api.next =
      std::string(R"({"message_id":7,"date":1,"chat":{"id":5},"photo":[{"file_id":"s","width":9,"height":9},)"
                  R"({"file_id":"large","width":90,"height":90}]})");
  keyboard keys;
  keys.callback("A", "a");
  media_edit edit;
  edit.chat_id = 5;
  edit.message_id = 7;
  edit.media.bytes = "JPEG";
  edit.caption = "<b>Ann</b>";
  edit.markup = keys.build();
  const auto edited = io.run(api.edit_message_media(edit));
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->photo_id(), "large");
  EXPECT_EQ(api.calls[0].method, "editMessageMedia");
  EXPECT_EQ(
      api.calls[0].params,
      R"({"message_id":7,"media":{"type":"photo","media":"attach://file0","caption":"<b>Ann</b>","parse_mode":"HTML"},)"
      R"("reply_markup":{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}})");
  ASSERT_EQ(api.calls[0].options.files.size(), 1u);
  EXPECT_EQ(api.calls[0].options.messages, 1);
}

TEST(Calls, TheSamePictureAgainIsASuccessWithoutAFile) {
  async::loop io;
  recorded_api api;
  api.next = std::unexpected(error_with(refusal::not_modified));
  media_edit edit;
  edit.chat_id = 5;
  edit.message_id = 7;
  const auto same = io.run(api.edit_message_media(edit));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->message_id, 7);
  EXPECT_EQ(same->photo_id(), "");
  api.next = std::unexpected(error_with(refusal::message_gone));
  EXPECT_FALSE(io.run(api.edit_message_media(edit)));
}

TEST(Calls, ACopyKeepsItsCaptionUnlessAnotherIsGiven) {
  async::loop io;
  recorded_api api;
  message_copy copy;
  copy.chat_id = 5;
  copy.from_chat_id = 6;
  copy.message_id = 7;
  copy.options.protect_content = true;
  ASSERT_TRUE(io.run(api.copy_message(copy)));
  copy.caption = "";
  ASSERT_TRUE(io.run(api.copy_message(copy)));
  copy.caption = "bold";
  message_entity bold;
  bold.type = "bold";
  bold.length = 4;
  copy.caption_entities = {bold};
  ASSERT_TRUE(io.run(api.copy_message(copy)));
  EXPECT_EQ(api.calls[0].params, R"({"from_chat_id":6,"message_id":7,"protect_content":true})");
  EXPECT_EQ(api.calls[1].params, R"({"from_chat_id":6,"message_id":7,"caption":"","protect_content":true})");
  EXPECT_EQ(api.calls[2].params,
            R"({"from_chat_id":6,"message_id":7,"caption":"bold",)"
            R"("caption_entities":[{"type":"bold","offset":0,"length":4}],"protect_content":true})");
}

TEST(Calls, ATextWithEntitiesHasNoParseMode) {
  async::loop io;
  recorded_api api;
  text_message text;
  text.chat_id = 5;
  text.text = "1 < 2";
  message_entity code;
  code.type = "code";
  code.length = 1;
  text.entities = {code};
  ASSERT_TRUE(io.run(api.send_message(text)));
  EXPECT_EQ(api.calls[0].params, R"({"text":"1 < 2","entities":[{"type":"code","offset":0,"length":1}]})");
}

TEST(Calls, EveryKindOfFileHasItsMethod) {
  async::loop io;
  recorded_api api;
  file_message what;
  what.chat_id = 5;
  what.file.id_or_url = "known";
  for (const auto kind : {file_kind::voice, file_kind::video_note, file_kind::sticker, file_kind::video,
                          file_kind::animation, file_kind::audio}) {
    what.kind = kind;
    ASSERT_TRUE(io.run(api.send_file(what)));
  }
  std::string made;
  for (const auto& one : api.calls) made += one.method + one.params + " ";
  EXPECT_EQ(
      made,
      R"(sendVoice{"voice":"known"} sendVideoNote{"video_note":"known"} sendSticker{"sticker":"known"} )"
      R"(sendVideo{"video":"known"} sendAnimation{"animation":"known"} sendAudio{"audio":"known"} )");
}

TEST(Calls, APlaceIsWrittenExactly) {
  async::loop io;
  recorded_api api;
  location_message where;
  where.chat_id = 5;
  where.latitude = 55.7558;
  where.longitude = -0.1;
  ASSERT_TRUE(io.run(api.send_location(where)));
  EXPECT_EQ(api.calls[0].params, R"({"latitude":55.7558,"longitude":-0.1})");
}

TEST(Calls, APinIsSilentAndAnotherOnesAbsenceIsNoFailure) {
  async::loop io;
  recorded_api api;
  api.next = std::string("true");
  EXPECT_TRUE(io.run(api.pin_message(5, 7)));
  EXPECT_EQ(api.calls[0].params, R"({"message_id":7,"disable_notification":true})");
  api.next = std::unexpected(error_with(classify(400, "Bad Request: message to unpin not found")));
  EXPECT_TRUE(io.run(api.unpin_message(5, 7)));
  EXPECT_FALSE(io.run(api.pin_message(5, 7)));
}
