#include "platform/telegram/keyboard.hpp"

using namespace tandem::telegram;

TEST(Keyboard, RowsAreWrittenAsTelegramWantsThem) {
  keyboard keys;
  keys.callback("Save", "save:7").url("Open", "https://t.me/x/1").row().row().copy("Copy", "hello");
  EXPECT_EQ(
      to_json(keys.build()),
      R"({"inline_keyboard":[[{"text":"Save","callback_data":"save:7"},{"text":"Open","url":"https://t.me/x/1"}],)"
      R"([{"text":"Copy","copy_text":{"text":"hello"}}]]})");
}

TEST(Keyboard, AFourthButtonInARowIsRefused) {
  keyboard keys;
  keys.callback("1", "1").callback("2", "2").callback("3", "3");
  EXPECT_THROW(keys.callback("4", "4"), bad_keyboard);
}

TEST(Keyboard, CallbackDataHasOneToSixtyFourBytes) {
  keyboard keys;
  EXPECT_NO_THROW(keys.callback("a", std::string(64, 'x')));
  EXPECT_THROW(keys.callback("a", std::string(65, 'x')), bad_keyboard);
  EXPECT_THROW(keys.callback("a", ""), bad_keyboard);
  EXPECT_THROW(keys.callback("", "x"), bad_keyboard);
}

TEST(Keyboard, OnlyLinksThatTelegramTakes) {
  keyboard keys;
  EXPECT_THROW(keys.url("x", "javascript:alert(1)"), bad_keyboard);
  EXPECT_NO_THROW(keys.url("x", "tg://user?id=1"));
  for (const auto bad : {"https://https://a.b/form", "http://a,b,c", "http://intranet/7", "https://"})
    EXPECT_THROW(keys.url("x", bad), bad_keyboard) << bad;
}

TEST(ReplyKeyboard, AButtonSendsItsTextAContactOrAPlace) {
  reply_keyboard keys;
  keys.location("Here").contact("My number").row().row().text("Later").one_time().placeholder("City");
  EXPECT_EQ(
      to_json(keys.build()),
      R"({"keyboard":[[{"text":"Here","request_location":true},{"text":"My number","request_contact":true}],)"
      R"([{"text":"Later"}]],"resize_keyboard":true,"one_time_keyboard":true,"input_field_placeholder":"City"})");
  EXPECT_THROW(keys.text(""), bad_keyboard);
}
