#include "sandbox/town_for_test.hpp"

namespace tandem::sandbox {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

using BotApi = Town;

TEST_F(BotApi, AnswersInAnyLetterCaseWithGetAndPost) {
  for (const auto* method : {"getMe", "GETME", "getme"}) EXPECT_EQ(call(method).at("username"), "design_bot");
  const auto got = ask("GET", "/bot7000000001:AAtest/getMe");
  EXPECT_EQ(got.at("result").at("id"), bot_);
  EXPECT_EQ(ask("POST", "/bot7000000001:AAtest/", {{"method", "getMe"}}).at("result").at("id"), bot_);
}

TEST_F(BotApi, UnknownTokensAndMethodsAreRefusedAsTelegramDoes) {
  EXPECT_EQ(json::serialize(ask("GET", "/bot1:x/getMe")),
            R"({"ok":false,"error_code":401,"description":"Unauthorized"})");
  EXPECT_EQ(ask("GET", "/botx/getMe").at("description"), "Unauthorized: invalid token specified");
  const auto got = answer(request("GET", "/bot7000000001:AAtest/sendTelepathy"));
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, R"({"ok":false,"error_code":404,"description":"Not Found: method not found"})");
}

TEST_F(BotApi, WhoHasNotStartedOrHasBlockedCannotBeWrittenTo) {
  EXPECT_EQ(call("sendMessage", {{"chat_id", 5}, {"text", "x"}}),
            "Forbidden: bot can't initiate conversation with a user");
  EXPECT_EQ(call("sendMessage", {{"chat_id", 999}, {"text", "x"}}), "Bad Request: chat not found");
  start();
  EXPECT_EQ(call("sendMessage", {{"chat_id", "5"}, {"text", "x"}}).at("text"), "x");
  ask("PUT", "/sandbox/v1/people/5/bots/7000000001", {{"blocked", true}});
  EXPECT_EQ(call("sendMessage", {{"chat_id", 5}, {"text", "x"}}), "Forbidden: bot was blocked by the user");
  EXPECT_EQ(call("editMessageText", {{"chat_id", 5}, {"message_id", 2}, {"text", "y"}}),
            "Forbidden: bot was blocked by the user");
  ask("DELETE", "/sandbox/v1/people/5");
  EXPECT_EQ(call("sendMessage", {{"chat_id", 5}, {"text", "x"}}), "Forbidden: user is deactivated");
}

TEST_F(BotApi, BlockingAndUnblockingAreTold) {
  start();
  updates({{"offset", 1'000'000'000}});
  ask("PUT", "/sandbox/v1/people/5/bots/7000000001", {{"blocked", true}});
  ask("PUT", "/sandbox/v1/people/5/bots/7000000001", {{"blocked", true}});
  ask("PUT", "/sandbox/v1/people/5/bots/7000000001", {{"blocked", false}});
  const auto got = updates();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].at("my_chat_member").at("new_chat_member").at("status"), "kicked");
  EXPECT_EQ(got[1].at("my_chat_member").at("old_chat_member").at("status"), "kicked");
  EXPECT_EQ(got[1].at("my_chat_member").at("new_chat_member").at("status"), "member");
}

TEST_F(BotApi, TextsAreCheckedAsTelegramDoes) {
  start();
  limits(false);
  const auto send = [&](std::string text, const char* mode = "") {
    return call("sendMessage", {{"chat_id", 5}, {"text", text}, {"parse_mode", mode}});
  };
  EXPECT_EQ(send(""), "Bad Request: message text is empty");
  EXPECT_EQ(send(" \n "), "Bad Request: message text is empty");
  EXPECT_EQ(send("<b></b>", "HTML"), "Bad Request: message text is empty");
  EXPECT_EQ(send("<b>x", "html"),
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"");
  EXPECT_EQ(send("1.", "MarkdownV2"),
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the "
            "preceding '\\'");
  EXPECT_EQ(send("x", "Latex"), "Bad Request: unsupported parse_mode");
  std::string longest;
  for (int i = 0; i < 4096; ++i) longest += "Я";  // 8192 bytes
  EXPECT_TRUE(send(longest).is_object());
  EXPECT_EQ(send(longest + "Я"), "Bad Request: message is too long");
  EXPECT_TRUE(send("<b>" + longest + "</b>", "HTML").is_object());
  EXPECT_EQ(send(std::string(32769, 'x')), "Bad Request: text is too long");
  EXPECT_EQ(call("sendMessage", {{"text", "x"}}), "Bad Request: chat_id is empty");
}

TEST_F(BotApi, KeyboardsAreChecked) {
  start();
  limits(false);
  const auto send = [&](json::value markup) {
    return call("sendMessage", {{"chat_id", 5}, {"text", "x"}, {"reply_markup", markup}});
  };
  const auto button = [&](json::value one) {
    json::array row;
    row.push_back(std::move(one));
    json::array rows;
    rows.push_back(std::move(row));
    return send({{"inline_keyboard", std::move(rows)}});
  };
  EXPECT_EQ(
      button({{"text", "a"}}),
      "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  EXPECT_EQ(button({{"text", "a"}, {"callback_data", std::string(65, 'x')}}),
            "Bad Request: BUTTON_DATA_INVALID");
  EXPECT_EQ(button({{"text", "a"}, {"callback_data", ""}}), "Bad Request: BUTTON_DATA_INVALID");
  EXPECT_EQ(button({{"text", "a"}, {"url", "nowhere"}}), "Bad Request: BUTTON_URL_INVALID");
  EXPECT_EQ(button({{"text", "a"}, {"web_app", {{"url", "http://a.b"}}}}), "Bad Request: BUTTON_URL_INVALID");
  EXPECT_EQ(send("no json"), "Bad Request: can't parse reply keyboard markup JSON object");
  EXPECT_EQ(send(json::array{1}), "Bad Request: object expected as reply markup");
  EXPECT_EQ(button({{"text", "a"}, {"callback_data", std::string(64, 'x')}})
                .at("reply_markup")
                .at("inline_keyboard")
                .at(0)
                .at(0)
                .at("text"),
            "a");
  EXPECT_FALSE(send(json::parse(R"({"keyboard":[["a","b"]]})")).as_object().contains("reply_markup"));
}

TEST_F(BotApi, EditingKeepsToTheRules) {
  start();
  limits(false);
  const auto id = call("sendMessage", {{"chat_id", 5}, {"text", "x"}}).at("message_id").as_int64();
  const auto edit = [&](std::int64_t which, const char* text) {
    return call("editMessageText", {{"chat_id", 5}, {"message_id", which}, {"text", text}});
  };
  EXPECT_EQ(edit(id, "x"),
            "Bad Request: message is not modified: specified new message content and reply markup are "
            "exactly the same as a "
            "current content and reply markup of the message");
  EXPECT_TRUE(edit(id, "y").as_object().contains("edit_date"));
  EXPECT_EQ(edit(1, "y"), "Bad Request: message can't be edited");
  EXPECT_EQ(edit(99, "y"), "Bad Request: message to edit not found");
  EXPECT_EQ(edit(0, "y"), "Bad Request: message identifier is not specified");
  const auto keyboard =
      call("sendMessage",
           {{"chat_id", 5}, {"text", "x"}, {"reply_markup", json::parse(R"({"keyboard":[["a"]]})")}})
          .at("message_id")
          .as_int64();
  EXPECT_EQ(edit(keyboard, "y"), "Bad Request: message can't be edited");
}

TEST_F(BotApi, DeletingEndsAfterTwoDays) {
  start();
  limits(false);
  const auto id = call("sendMessage", {{"chat_id", 5}, {"text", "x"}}).at("message_id").as_int64();
  ask("PUT", "/sandbox/v1/clock", {{"advance_s", 49 * 3600}});
  EXPECT_EQ(call("deleteMessage", {{"chat_id", 5}, {"message_id", id}}),
            "Bad Request: message can't be deleted");
  ask("PUT", "/sandbox/v1/clock", {{"offset_s", 0}});
  EXPECT_EQ(call("deleteMessage", {{"chat_id", 5}, {"message_id", id}}), true);
  EXPECT_EQ(call("deleteMessage", {{"chat_id", 5}, {"message_id", id}}),
            "Bad Request: message to delete not found");
  EXPECT_EQ(call("deleteMessages", {{"chat_id", 5}, {"message_ids", json::array(101, 1)}}),
            "Bad Request: too many message identifiers specified");
}

TEST_F(BotApi, AFileBelongsToTheBotThatGotIt) {
  ask("POST", "/sandbox/v1/bots", {{"username", "other_bot"}, {"token", "7000000002:AA"}});
  start();
  ask("POST", "/sandbox/v1/messages",
      {{"person", 5}, {"bot", bot_}, {"document", "aGVsbG8="}, {"file_name", "a.txt"}});
  const auto document = updates().at(1).at("message").at("document");
  const auto file = call("getFile", {{"file_id", document.at("file_id")}});
  const auto path = std::string(file.at("file_path").as_string());
  EXPECT_EQ(answer(request("GET", "/file/bot7000000001:AAtest/" + path)).body, "hello");
  EXPECT_EQ(answer(request("GET", "/file/bot7000000001:AAtest/documents/../journal.jsonl")).status, 404);
  EXPECT_EQ(ask("POST", "/bot7000000002:AA/getFile", {{"file_id", document.at("file_id")}}).at("description"),
            "Bad Request: wrong file_id or the file is temporarily unavailable");
}

// A PNG of one pixel, and bytes that are no picture.
constexpr std::string_view pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
constexpr std::string_view sound = "T2dnUwAC";

class Files : public Town {
 protected:
  Files() {
    start();
    limits(false);
  }
  // The message as the bot gets it.
  json::value sent_by_person(json::object content) {
    content["person"] = 5;
    content["bot"] = bot_;
    EXPECT_TRUE(ask("POST", "/sandbox/v1/messages", content).as_object().contains("message"));
    return updates().back().at("message");
  }
  std::int64_t send(std::string_view method, json::object params) {
    params["chat_id"] = 5;
    const auto sent = call(method, params);
    return sent.is_object() ? sent.at("message_id").as_int64() : 0;
  }
};

TEST_F(Files, WhatPeopleSendHasTheFieldsOfItsKind) {
  const auto photo = sent_by_person({{"photo", pixel}, {"caption", "me"}});
  EXPECT_EQ(photo.at("photo").at(0).at("width"), 1);
  EXPECT_EQ(photo.at("caption"), "me");
  const auto voice = sent_by_person({{"voice", sound}, {"duration", 4}}).at("voice");
  EXPECT_EQ(voice.at("duration"), 4);
  EXPECT_EQ(voice.at("mime_type"), "audio/ogg");
  EXPECT_EQ(sent_by_person({{"video_note", sound}}).at("video_note").at("length"), 240);
  const auto sticker = sent_by_person({{"sticker", pixel}, {"emoji", "👍"}}).at("sticker");
  EXPECT_EQ(sticker.at("emoji"), "👍");
  EXPECT_EQ(sticker.at("is_animated"), false);
  EXPECT_EQ(sent_by_person({{"video", sound}}).at("video").at("mime_type"), "video/mp4");
  const auto refused =
      ask("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}, {"sticker", sound}});
  EXPECT_EQ(refused.at("error"), "\"sticker\" must be a JPEG, PNG, GIF or WebP");
}

TEST_F(Files, AnAlbumComesAsSeveralMessagesOfOneGroup) {
  const auto sent = ask("POST", "/sandbox/v1/messages",
                        {{"person", 5}, {"bot", bot_}, {"photos", {pixel, pixel, pixel}}, {"caption", "us"}});
  EXPECT_EQ(sent.at("views").as_array().size(), 3U);
  const auto got = updates();
  ASSERT_EQ(got.size(), 4U);  // the first is /start
  EXPECT_EQ(got[1].at("message").at("caption"), "us");
  EXPECT_FALSE(got[2].at("message").as_object().contains("caption"));
  EXPECT_EQ(got[1].at("message").at("media_group_id"), got[3].at("message").at("media_group_id"));
}

TEST_F(Files, EveryKindIsSentAgainByItsIdAndByNoOther) {
  const auto voice = sent_by_person({{"voice", sound}}).at("voice").at("file_id");
  const auto note = sent_by_person({{"video_note", sound}}).at("video_note").at("file_id");
  const auto sticker = sent_by_person({{"sticker", pixel}}).at("sticker").at("file_id");
  const auto video = sent_by_person({{"video", sound}}).at("video").at("file_id");
  EXPECT_EQ(call("sendVoice", {{"chat_id", 5}, {"voice", voice}, {"caption", "c"}}).at("caption"), "c");
  EXPECT_TRUE(
      call("sendVideoNote", {{"chat_id", 5}, {"video_note", note}}).as_object().contains("video_note"));
  EXPECT_TRUE(call("sendSticker", {{"chat_id", 5}, {"sticker", sticker}}).as_object().contains("sticker"));
  EXPECT_TRUE(call("sendVideo", {{"chat_id", 5}, {"video", video}}).as_object().contains("video"));
  EXPECT_EQ(call("sendVoice", {{"chat_id", 5}, {"voice", sticker}}), "Bad Request: type of file mismatch");
  EXPECT_EQ(call("sendVoice", {{"chat_id", 5}}), "Bad Request: there is no voice in the request");
  // One content as two kinds is two files.
  EXPECT_NE(voice, note);
}

TEST_F(Files, ACopyHasNoTraceOfWhoSentItAndMayHaveAnotherCaption) {
  const auto photo = sent_by_person({{"photo", pixel}, {"caption", "secret @anna"}}).at("message_id");
  ask("POST", "/sandbox/v1/people", {{"first_name", "Bob"}, {"id", 6}});
  start(6);
  const auto copy = [&](json::object with) {
    with["chat_id"] = 6;
    with["from_chat_id"] = 5;
    EXPECT_TRUE(call("copyMessage", with).is_object());
    return ask("GET", "/sandbox/v1/messages?chat=7000000001:6&limit=1").at("views").at(0).at("message");
  };
  const auto replaced = copy({{"message_id", photo},
                              {"caption", "hello you"},
                              {"caption_entities", {{{"type", "bold"}, {"offset", 0}, {"length", 5}}}}});
  EXPECT_EQ(replaced.at("caption"), "hello you");
  EXPECT_EQ(replaced.at("caption_entities").at(0).at("type"), "bold");
  EXPECT_FALSE(replaced.as_object().contains("forward_origin"));
  EXPECT_EQ(json::serialize(replaced).find("anna"), std::string::npos);
  EXPECT_FALSE(copy({{"message_id", photo}, {"caption", ""}}).as_object().contains("caption"));
  EXPECT_EQ(copy({{"message_id", photo}}).at("caption"), "secret @anna");
  for (const char* kind : {"voice", "video_note", "sticker"}) {
    const auto id = sent_by_person({{kind, pixel}}).at("message_id");
    EXPECT_TRUE(copy({{"message_id", id}, {"caption", "x"}}).as_object().contains(kind)) << kind;
  }
  const auto place = sent_by_person({{"location", {{"latitude", 1.5}, {"longitude", 2.5}}}}).at("message_id");
  EXPECT_EQ(copy({{"message_id", place}}).at("location").at("latitude"), 1.5);
}

TEST_F(Files, APictureIsExchangedInItsPlace) {
  const auto first = sent_by_person({{"photo", pixel}}).at("photo").at(0).at("file_id");
  std::string other(pixel);
  other.replace(60, 1, "A");  // the same size, another content
  const auto second = sent_by_person({{"photo", other}}).at("photo").at(0).at("file_id");
  ASSERT_NE(first, second);
  const auto id = send("sendPhoto", {{"photo", first}, {"caption", "one"}});
  const auto edit = [&](std::int64_t which, const json::value& media, std::string_view caption) {
    return call(
        "editMessageMedia",
        {{"chat_id", 5},
         {"message_id", which},
         {"media", {{"type", "photo"}, {"media", media}, {"caption", caption}, {"parse_mode", "HTML"}}}});
  };
  const auto edited = edit(id, second, "<b>two</b>");
  EXPECT_EQ(edited.at("photo").at(0).at("file_id"), second);
  EXPECT_EQ(edited.at("caption"), "two");
  EXPECT_EQ(
      edit(id, second, "<b>two</b>"),
      "Bad Request: message is not modified: specified new message content and reply markup are exactly "
      "the same as a current content and reply markup of the message");
  EXPECT_EQ(edit(id, "made up", "x"), "Bad Request: wrong file_id or the file is temporarily unavailable");
  // A text becomes a picture, but a picture never a text.
  const auto text = send("sendMessage", {{"text", "x"}});
  EXPECT_TRUE(edit(text, first, "").as_object().contains("photo"));
  EXPECT_EQ(call("editMessageText", {{"chat_id", 5}, {"message_id", text}, {"text", "y"}}),
            "Bad Request: there is no text in the message to edit");
  const auto voice = sent_by_person({{"voice", sound}}).at("voice").at("file_id");
  EXPECT_EQ(edit(send("sendVoice", {{"voice", voice}}), first, ""),
            "Bad Request: there is no media in the message to edit");
}

TEST_F(Files, APinIsALineInTheChatAndTheBotHearsOfIt) {
  const auto one = send("sendMessage", {{"text", "one"}}), two = send("sendMessage", {{"text", "two"}});
  const auto pin = [&](const char* method, std::int64_t id) {
    return call(method, {{"chat_id", 5}, {"message_id", id}});
  };
  const auto top = [&]() -> json::value {
    const auto chat = call("getChat", {{"chat_id", 5}});
    const auto* pinned = chat.as_object().if_contains("pinned_message");
    return pinned ? pinned->at("text") : json::value("");
  };
  EXPECT_EQ(pin("pinChatMessage", one), true);
  EXPECT_EQ(pin("pinChatMessage", two), true);
  EXPECT_EQ(top(), "two");
  const auto told = updates().back().at("message");
  EXPECT_EQ(told.at("pinned_message").at("text"), "two");
  EXPECT_EQ(told.at("from").at("id"), bot_);
  EXPECT_EQ(pin("pinChatMessage", told.at("message_id").as_int64()), "Bad Request: message can't be pinned");
  EXPECT_EQ(pin("pinChatMessage", 999), "Bad Request: message to pin not found");
  EXPECT_EQ(pin("unpinChatMessage", 999), "Bad Request: message to unpin not found");
  EXPECT_EQ(call("copyMessage", {{"chat_id", 5}, {"from_chat_id", 5}, {"message_id", told.at("message_id")}}),
            "Bad Request: message can't be copied");
  reopen();
  EXPECT_EQ(top(), "two");
  EXPECT_EQ(call("deleteMessage", {{"chat_id", 5}, {"message_id", two}}), true);
  EXPECT_EQ(top(), "one");
  EXPECT_EQ(pin("unpinChatMessage", one), true);
  EXPECT_EQ(top(), "");
  EXPECT_EQ(pin("pinChatMessage", one), true);
  EXPECT_EQ(ask("GET", "/sandbox/v1/state?person=5")
                .at("chats")
                .at(0)
                .at("pinned")
                .at("top")
                .at("message")
                .at("text"),
            "one");
  EXPECT_EQ(call("unpinAllChatMessages", {{"chat_id", 5}}), true);
  EXPECT_EQ(top(), "");
}

TEST_F(Files, TheyAreTheSameAfterAKill) {
  sent_by_person({{"voice", sound}, {"duration", 7}});
  sent_by_person({{"sticker", pixel}, {"emoji", "🎉"}});
  sent_by_person({{"video_note", sound}});
  ask("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}, {"photos", {pixel, pixel}}});
  const auto all = [&] { return json::serialize(ask("GET", "/sandbox/v1/messages?chat=7000000001:5")); };
  const auto before = all();
  reopen();
  EXPECT_EQ(all(), before);
  compact_above_ = 0;
  reopen();
  EXPECT_EQ(all(), before);
}

TEST_F(Files, AVoicesCaptionIsEditedAndAStickerNever) {
  const auto edit = [&](const json::value& id) {
    return ask("PATCH", "/sandbox/v1/messages",
               {{"person", 5}, {"bot", bot_}, {"message_id", id}, {"text", "new"}});
  };
  edit(sent_by_person({{"photo", pixel}, {"caption", "old"}}).at("message_id"));
  EXPECT_EQ(updates().back().at("edited_message").at("caption"), "new");
  EXPECT_EQ(edit(sent_by_person({{"sticker", pixel}}).at("message_id")).at("error"),
            "only a text or a caption can be edited");
}

TEST_F(Files, TheLocationButtonSendsThePlaceThatWasChosen) {
  call("sendMessage",
       {{"chat_id", 5},
        {"text", "where?"},
        {"reply_markup", json::parse(R"({"keyboard":[[{"text":"Here","request_location":true}]]})")}});
  ask("POST", "/sandbox/v1/presses",
      {{"person", 5},
       {"bot", bot_},
       {"text", "Here"},
       {"location", {{"latitude", 59.9}, {"longitude", 30.3}}}});
  EXPECT_EQ(updates().back().at("message").at("location").at("latitude"), 59.9);
}

TEST_F(BotApi, ACallbackQueryIsAnsweredOnceAndInTime) {
  start();
  limits(false);
  const auto id = call("sendMessage",
                       {{"chat_id", 5},
                        {"text", "x"},
                        {"reply_markup", {{"inline_keyboard", {{{{"text", "a"}, {"callback_data", "d"}}}}}}}})
                      .at("message_id");
  const auto press = [&] {
    return ask("POST", "/sandbox/v1/presses",
               {{"person", 5}, {"bot", bot_}, {"message_id", id}, {"text", "a"}})
        .at("query_id");
  };
  const auto too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
  auto query = press();
  EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", query}}), true);
  EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", query}}), too_old);
  query = press();
  ask("PUT", "/sandbox/v1/clock", {{"advance_s", 151}});
  EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", query}}), too_old);
  EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", "made up"}}), too_old);
}

TEST_F(BotApi, MadeUpCallbackDataReachesTheBot) {
  start();
  limits(false);
  const auto id = call("sendMessage", {{"chat_id", 5}, {"text", "x"}}).at("message_id");
  ask("POST", "/sandbox/v1/presses", {{"person", 5}, {"bot", bot_}, {"message_id", id}, {"data", "forged"}});
  EXPECT_EQ(updates().at(1).at("callback_query").at("data"), "forged");
}

// ---- updates

TEST_F(BotApi, AnOffsetConfirmsWhatLiesBelowIt) {
  start();
  say("a");
  say("b");
  const auto all = updates();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(updates().size(), 3U);
  const auto second = all[1].at("update_id").as_int64();
  EXPECT_EQ(updates({{"offset", second}}).size(), 2U);
  EXPECT_EQ(updates({{"limit", 1}}).at(0).at("message").at("text"), "a");
  EXPECT_EQ(updates({{"offset", -1}}).at(0).at("message").at("text"), "b");
  EXPECT_EQ(updates().size(), 1U);
  EXPECT_TRUE(updates({{"offset", second + 5}}).empty());
}

TEST_F(BotApi, TheKindsThatABotAskedForAreKept) {
  start();
  EXPECT_EQ(updates({{"allowed_updates", {"callback_query"}}}).size(), 1U);  // it came before
  say("a");
  EXPECT_EQ(updates().size(), 1U);
  updates({{"allowed_updates", json::array()}});
  say("b");
  EXPECT_EQ(updates().size(), 2U);
}

TEST_F(BotApi, UpdatesGrowTooOld) {
  start();
  ask("PUT", "/sandbox/v1/clock", {{"advance_s", 25 * 3600}});
  EXPECT_TRUE(updates().empty());
}

TEST_F(BotApi, ALongPollAnswersWhenSomethingComes) {
  auto poll = request("GET", "/bot7000000001:AAtest/getUpdates?timeout=50");
  auto one = [](http::router& routes, http::request what, std::string& into) -> task<> {
    auto got = co_await routes.answer(std::move(what));
    into = got.body;
  };
  std::string body;
  scope_.spawn("poll", one(*routes_, poll, body));
  loop_.run(async::yield());
  EXPECT_EQ(body, "");
  start();
  loop_.run(async::within(5s, scope_.join()));
  EXPECT_NE(body.find("/start"), std::string::npos);
}

TEST_F(BotApi, ASecondPollEndsTheFirstWith409) {
  auto one = [](http::router& routes, http::request what, std::string& into) -> task<> {
    auto got = co_await routes.answer(std::move(what));
    into = got.body;
  };
  std::string first;
  scope_.spawn("first", one(*routes_, request("GET", "/bot7000000001:AAtest/getUpdates?timeout=50"), first));
  loop_.run(async::yield());
  EXPECT_TRUE(updates().empty());
  loop_.run(async::within(5s, scope_.join()));
  EXPECT_EQ(
      first,
      R"({"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"})");
}

TEST_F(BotApi, AStopEndsLongPolls) {
  auto one = [](http::router& routes, http::request what, std::string& into) -> task<> {
    auto got = co_await routes.answer(std::move(what));
    into = got.body;
  };
  std::string body;
  scope_.spawn("poll", one(*routes_, request("GET", "/bot7000000001:AAtest/getUpdates?timeout=50"), body));
  loop_.run(async::yield());
  loop_.run(sandbox_->stop());
  loop_.run(async::within(5s, scope_.join()));
  EXPECT_EQ(body, R"({"ok":true,"result":[]})");
}

// ---- webhooks

TEST_F(BotApi, AWebhookGetsUpdatesWithItsSecret) {
  call("setWebhook", {{"url", "http://127.0.0.1:9/hook"}, {"secret_token", "s3"}});
  EXPECT_EQ(call("getUpdates"),
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
            "webhook first");
  start();
  sent(1);
  ASSERT_EQ(web_.fetches.size(), 1U);
  EXPECT_EQ(web_.fetches[0].headers.value_or("X-Telegram-Bot-Api-Secret-Token", ""), "s3");
  EXPECT_EQ(json::parse(web_.fetches[0].body).at("message").at("text"), "/start");
  EXPECT_EQ(call("getWebhookInfo").at("pending_update_count"), 0);
}

TEST_F(BotApi, AFailingUpdateBlocksItsOwnChatOnly) {
  ask("POST", "/sandbox/v1/people", {{"first_name", "Bob"}, {"id", 6}});
  web_.answers.push_back(http::response::text(500, ""));
  call("setWebhook", {{"url", "http://127.0.0.1:9/hook"}});
  start(5);
  sent(1);
  say("waits", 5);
  start(6);
  sent(2);
  ASSERT_EQ(web_.fetches.size(), 2U);
  EXPECT_EQ(json::parse(web_.fetches[1].body).at("message").at("from").at("id"), 6);
  EXPECT_EQ(call("getWebhookInfo").at("last_error_message"),
            "Wrong response from the webhook: 500 Internal Server Error");
  sent(3);  // the first one again, after a second
  EXPECT_EQ(web_.fetches[2].body, web_.fetches[0].body);
  sent(4);
  EXPECT_EQ(json::parse(web_.fetches[3].body).at("message").at("text"), "waits");
}

TEST_F(BotApi, AWebhookOutsideThisMachineIsRefused) {
  EXPECT_TRUE(call("setWebhook", {{"url", "https://example.com/hook"}})
                  .as_string()
                  .starts_with("Bad Request: bad webhook"));
  EXPECT_EQ(call("setWebhook", {{"url", "http://127.0.0.1/"}, {"secret_token", "a b"}}),
            "Bad Request: secret token contains unallowed characters");
}

// ---- faults and limits

TEST_F(BotApi, TooManyMessagesGet429InBothPlaces) {
  start();
  http::response got;
  for (int i = 0; i < 5 && got.status != 429; ++i) {
    got = answer(request("POST", "/bot7000000001:AAtest/sendMessage", {{"chat_id", 5}, {"text", "x"}}));
  }
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.headers.value_or("Retry-After", ""), "1");
  EXPECT_EQ(json::parse(got.body).at("parameters").at("retry_after"), 1);
  EXPECT_EQ(json::parse(got.body).at("description"), "Too Many Requests: retry after 1");
}

TEST_F(BotApi, FaultsGoWrongAsAsked) {
  start();
  limits(false);
  const auto fault = [&](json::value what) { ask("POST", "/sandbox/v1/faults", std::move(what)); };
  const auto send = [&] {
    return answer(request("POST", "/bot7000000001:AAtest/sendMessage", {{"chat_id", 5}, {"text", "x"}}));
  };
  fault({{"kind", "429"}, {"retry_after", 9}, {"count", 1}});
  EXPECT_EQ(json::parse(send().body).at("parameters").at("retry_after"), 9);
  fault({{"kind", "502"}, {"count", 1}});
  const auto html = send();
  EXPECT_EQ(html.status, 502);
  EXPECT_TRUE(html.body.starts_with("<html>"));
  fault({{"kind", "403"}, {"chat", 5}, {"count", 1}});
  EXPECT_EQ(json::parse(send().body).at("description"), "Forbidden: bot was blocked by the user");
  fault({{"kind", "late_502"}, {"count", 1}});
  const auto before = record().size();
  EXPECT_EQ(send().status, 502);
  EXPECT_NE(record().substr(before).find("\"fault\":\"late_502\""), std::string::npos);
  fault({{"kind", "cut"}, {"count", 1}});
  EXPECT_TRUE(send().stream != nullptr);
  EXPECT_EQ(send().status, 200);
}

TEST_F(BotApi, HostileCallsAreAnsweredNotObeyed) {
  start();
  limits(false);
  const std::string root = "/bot7000000001:AAtest/";
  const std::vector<std::pair<const char*, std::string>> calls = {
      {"sendMessage", R"({"chat_id":5,"text":{"a":1}})"},
      {"sendMessage", R"({"chat_id":1e300,"text":"x"})"},
      {"sendMessage", R"({"chat_id":-9223372036854775808,"text":"x"})"},
      {"sendMessage",
       R"({"chat_id":5,"text":"x","entities":[{"type":"bold","offset":-5,"length":2147483648}]})"},
      {"sendMessage",
       R"({"chat_id":5,"text":"x","entities":[{"type":"text_mention","offset":0,"length":1,"user":5}]})"},
      {"sendMessage", R"({"chat_id":5,"text":"x","reply_markup":{"inline_keyboard":[[1,null,[]],{}]}})"},
      {"sendMessage", R"({"chat_id":5,"text":"x","reply_parameters":{"message_id":"many"}})"},
      {"sendMediaGroup", R"({"chat_id":5,"media":[{"type":"photo"},{"type":[]}]})"},
      {"sendMediaGroup", R"({"chat_id":5,"media":"[[[[["})"},
      {"sendLocation", R"({"chat_id":5,"latitude":"nan","longitude":1})"},
      {"getUpdates", R"({"offset":-9223372036854775808,"limit":-1,"allowed_updates":[null,{},[1]]})"},
      {"setMyCommands", R"({"commands":[{"command":"../x","description":"y"}],"scope":{"type":"chat"}})"},
      {"deleteMessages", R"({"chat_id":5,"message_ids":[null,{},"x"]})"},
      {"answerCallbackQuery", R"({"callback_query_id":{"$gt":""}})"},
      {"getFile", R"({"file_id":"../../journal.jsonl"})"},
      {"setWebhook", R"({"url":"file:///etc/passwd"})"},
  };
  for (const auto& [method, body] : calls) {
    auto what = request("POST", root + method);
    what.headers.add("Content-Type", "application/json");
    what.body = body;
    const auto got = answer(std::move(what));
    EXPECT_TRUE(json::parse(got.body).is_object()) << method << body;
    EXPECT_LT(got.status, 500) << method << body;
  }
  EXPECT_EQ(call("getMe").at("id"), bot_);
}

}  // namespace
}  // namespace tandem::sandbox
