#include "platform/tdlib/authorization.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tandem::tdlib {
namespace {

using kind = login_step::kind;

json::object parsed(std::string_view text) { return json::parse(text).as_object(); }

struct Authorization : testing::Test {
  authorization door{{12, "hash", "/data/tdlib/1", std::string("\x00\xff\x10", 3), "0.1.0"}};

  login_step in(std::string_view state, std::string_view more = "") {
    return door.take(parsed(R"({"@type":")" + std::string(state) + "\"" + std::string(more) + "}"));
  }
  std::string reply(std::string_view written) {
    const auto request = door.reply(written);
    return request ? json::serialize(*request) : "";
  }
};

TEST_F(Authorization, BeginsWithTheParametersOfTheSession) {
  const auto step = in("authorizationStateWaitTdlibParameters");
  EXPECT_EQ(step.next, kind::send);
  EXPECT_EQ(step.request.at("@type"), "setTdlibParameters");
  EXPECT_EQ(step.request.at("api_id"), 12);
  EXPECT_EQ(step.request.at("database_encryption_key"), "AP8Q");
  EXPECT_EQ(step.request.at("use_message_database"), true);
}

TEST_F(Authorization, TakesAPhoneNumberAsPeopleWriteIt) {
  EXPECT_EQ(in("authorizationStateWaitPhoneNumber").what, question::phone);
  EXPECT_EQ(reply(" +7 (999) 123-45-67 "),
            R"({"@type":"setAuthenticationPhoneNumber","phone_number":"+79991234567"})");
  for (const auto* wrong : {"", "  ", "anna", "+7 999", "1234567890123456"})
    EXPECT_EQ(reply(wrong), "") << wrong;
}

TEST_F(Authorization, AQrCodeReplacesThePhoneNumber) {
  in("authorizationStateWaitPhoneNumber");
  EXPECT_EQ(reply("qr"), R"({"@type":"requestQrCodeAuthentication","other_user_ids":[]})");
  const auto step = in("authorizationStateWaitOtherDeviceConfirmation", R"(,"link":"tg://login?token=abc")");
  EXPECT_EQ(step.next, kind::show);
  EXPECT_EQ(step.detail, "tg://login?token=abc");
  EXPECT_EQ(reply("anything"), "");
}

TEST_F(Authorization, SaysWhereTheCodeWentAndSendsItAgain) {
  const auto step = in("authorizationStateWaitCode",
                       R"(,"code_info":{"type":{"@type":"authenticationCodeTypeSms","length":5}})");
  EXPECT_EQ(step.what, question::code);
  EXPECT_EQ(step.detail, "by SMS");
  EXPECT_EQ(reply("12345"), R"({"@type":"checkAuthenticationCode","code":"12345"})");
  EXPECT_EQ(reply("again"),
            R"({"@type":"resendAuthenticationCode","reason":{"@type":"resendCodeReasonUserRequest"}})");
}

TEST_F(Authorization, AsksForThePasswordWithItsHintAndKeepsItsSpaces) {
  const auto step = in("authorizationStateWaitPassword", R"(,"password_hint":"dog")");
  EXPECT_EQ(step.what, question::password);
  EXPECT_EQ(step.detail, "dog");
  EXPECT_EQ(reply(" two words "), R"({"@type":"checkAuthenticationPassword","password":" two words "})");
}

TEST_F(Authorization, ShowsTheTermsToANumberWithoutAnAccount) {
  const auto step =
      in("authorizationStateWaitRegistration", R"(,"terms_of_service":{"text":{"text":"Be kind."}})");
  EXPECT_EQ(step.what, question::name);
  EXPECT_EQ(step.detail, "Be kind.");
  EXPECT_EQ(
      reply("Anna Maria Petrova"),
      R"({"@type":"registerUser","first_name":"Anna","last_name":"Maria Petrova","disable_notification":true})");
}

TEST_F(Authorization, EndsInReadyInClosedOrWithoutHope) {
  EXPECT_EQ(in("authorizationStateReady").next, kind::ready);
  EXPECT_EQ(in("authorizationStateLoggingOut").next, kind::leaving);
  EXPECT_EQ(in("authorizationStateClosed").next, kind::closed);
  EXPECT_EQ(in("authorizationStateWaitPremiumPurchase").next, kind::hopeless);
  EXPECT_EQ(in("authorizationStateOfTheFuture").next, kind::wait);
}

TEST(RefusedAnswers, AreToldInWordsAndSayWhetherAnotherTryMakesSense) {
  EXPECT_TRUE(explain({400, "PHONE_CODE_INVALID"}).again);
  EXPECT_TRUE(explain({400, "PASSWORD_HASH_INVALID"}).again);
  EXPECT_FALSE(explain({400, "PHONE_NUMBER_BANNED"}).again);
  EXPECT_FALSE(explain({400, "API_ID_INVALID"}).again);
  EXPECT_TRUE(explain({429, "Too Many Requests: retry after 90"}).told.contains("90 seconds"));
  EXPECT_FALSE(explain({429, "Too Many Requests: retry after 7200"}).again);
  EXPECT_TRUE(explain({400, "NEW_WORD"}).told.contains("NEW_WORD"));
}

TEST(FloodWaits, AreReadInBothSpellings) {
  EXPECT_EQ(retry_after({429, "Too Many Requests: retry after 30"}).count(), 30);
  EXPECT_EQ(retry_after({420, "FLOOD_WAIT_7"}).count(), 7);
  EXPECT_EQ(retry_after({400, "CHANNEL_PRIVATE"}).count(), 0);
  EXPECT_EQ(retry_after({429, "Too Many Requests: retry after x"}).count(), 1);
}

}  // namespace
}  // namespace tandem::tdlib
