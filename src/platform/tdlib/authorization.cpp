#include "platform/tdlib/authorization.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

#include "platform/tdlib/message.hpp"

namespace tandem::tdlib {
namespace {

// A field of type "bytes".
std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating zero
  return out;
}

std::string_view trimmed(std::string_view written) {
  const auto from = written.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return written.substr(from, written.find_last_not_of(" \t\r\n") - from + 1);
}

// "+7 (999) 123-45-67" → "+79991234567"; nothing if it is no number of 7 to 15 digits (E.164).
std::string phone_number(std::string_view written) {
  std::string out = "+";
  for (const char letter : written) {
    if (letter >= '0' && letter <= '9') {
      out += letter;
    } else if (!std::string_view("+ ()-.").contains(letter)) {
      return {};
    }
  }
  return out.size() >= 8 && out.size() <= 16 ? out : std::string();
}

std::string where_sent(const json::object& state) {
  const auto* info = object(state, "code_info");
  const auto* type = info ? object(*info, "type") : nullptr;
  if (!type) return {};
  const auto name = text(*type, "@type");
  if (name == "authenticationCodeTypeTelegramMessage") return "in another Telegram app of this account";
  if (name.starts_with("authenticationCodeTypeSms")) return "by SMS";
  if (name == "authenticationCodeTypeCall") return "by a call";
  if (name == "authenticationCodeTypeFlashCall" || name == "authenticationCodeTypeMissedCall")
    return "by a call: the last digits of the number that calls";
  if (name == "authenticationCodeTypeFragment") return "on fragment.com";
  return {};
}

login_step ask(question what, std::string detail) {
  return {login_step::kind::ask, {}, what, std::move(detail)};
}

login_step just(login_step::kind next, std::string detail = {}) {
  return {next, {}, question::none, std::move(detail)};
}

}  // namespace

login_step authorization::take(const json::object& state) {
  const auto name = text(state, "@type");
  open_ = question::none;
  login_step next;
  if (name == "authorizationStateWaitTdlibParameters") {
    next.next = login_step::kind::send;
    next.request = {{"@type", "setTdlibParameters"},
                    {"use_test_dc", false},
                    {"database_directory", with_.folder},
                    {"files_directory", with_.folder + "/files"},
                    {"database_encryption_key", base64(with_.key)},
                    {"use_file_database", false},
                    {"use_chat_info_database", true},
                    {"use_message_database", true},
                    {"use_secret_chats", false},
                    {"api_id", with_.api_id},
                    {"api_hash", with_.api_hash},
                    {"system_language_code", "en"},
                    {"device_model", "Tandem"},
                    {"system_version", "Linux"},
                    {"application_version", with_.app_version}};
    return next;
  }
  if (name == "authorizationStateWaitPhoneNumber") {
    next = ask(question::phone, {});
  } else if (name == "authorizationStateWaitEmailAddress") {
    next = ask(question::email_address, {});
  } else if (name == "authorizationStateWaitEmailCode") {
    const auto* info = object(state, "code_info");
    next =
        ask(question::email_code, info ? std::string(text(*info, "email_address_pattern")) : std::string());
  } else if (name == "authorizationStateWaitCode") {
    next = ask(question::code, where_sent(state));
  } else if (name == "authorizationStateWaitPassword") {
    next = ask(question::password, std::string(text(state, "password_hint")));
  } else if (name == "authorizationStateWaitRegistration") {
    const auto* terms = object(state, "terms_of_service");
    const auto* written = terms ? object(*terms, "text") : nullptr;
    next = ask(question::name, written ? std::string(text(*written, "text")) : std::string());
  } else if (name == "authorizationStateWaitOtherDeviceConfirmation") {
    return just(login_step::kind::show, std::string(text(state, "link")));
  } else if (name == "authorizationStateReady") {
    return just(login_step::kind::ready);
  } else if (name == "authorizationStateLoggingOut" || name == "authorizationStateClosing") {
    return just(login_step::kind::leaving);
  } else if (name == "authorizationStateClosed") {
    return just(login_step::kind::closed);
  } else if (name == "authorizationStateWaitPremiumPurchase") {
    return just(login_step::kind::hopeless,
                "Telegram wants a Premium subscription before this number can log in from here; log in with "
                "a QR code instead, or take another account");
  }
  open_ = next.what;
  return next;
}

std::optional<json::object> authorization::reply(std::string_view written) {
  const auto said = trimmed(written);
  if (said.empty()) return std::nullopt;
  switch (open_) {
    case question::phone: {
      if (said == "qr")
        return json::object{{"@type", "requestQrCodeAuthentication"}, {"other_user_ids", json::array()}};
      const auto number = phone_number(said);
      if (number.empty()) return std::nullopt;
      return json::object{{"@type", "setAuthenticationPhoneNumber"}, {"phone_number", number}};
    }
    case question::email_address:
      return json::object{{"@type", "setAuthenticationEmailAddress"}, {"email_address", said}};
    case question::email_code:
      return json::object{
          {"@type", "checkAuthenticationEmailCode"},
          {"code", json::object{{"@type", "emailAddressAuthenticationCode"}, {"code", said}}}};
    case question::code:
      if (said == "again")
        return json::object{{"@type", "resendAuthenticationCode"},
                            {"reason", json::object{{"@type", "resendCodeReasonUserRequest"}}}};
      return json::object{{"@type", "checkAuthenticationCode"}, {"code", said}};
    case question::password:  // its spaces may be meant
      return json::object{{"@type", "checkAuthenticationPassword"}, {"password", written}};
    case question::name: {
      const auto space = said.find(' ');
      const auto last = space == std::string_view::npos ? std::string_view() : trimmed(said.substr(space));
      return json::object{{"@type", "registerUser"},
                          {"first_name", said.substr(0, space)},
                          {"last_name", last},
                          {"disable_notification", true}};
    }
    case question::none: break;
  }
  return std::nullopt;
}

refused_answer explain(const failure& refused) {
  struct meaning {
    std::string_view said, told;
    bool again;
  };
  static constexpr std::array meanings{
      meaning{"PHONE_NUMBER_INVALID",
              "Telegram does not know this number; write it with the country's code, as in +79991234567",
              true},
      meaning{"PHONE_NUMBER_BANNED", "Telegram has banned this number; it needs another one", false},
      meaning{"PHONE_NUMBER_FLOOD", "This number was tried too often; try it again tomorrow", false},
      meaning{"PHONE_CODE_INVALID", "This is not the code", true},
      meaning{"PHONE_CODE_EMPTY", "This is not the code", true},
      meaning{"PHONE_CODE_EXPIRED", "This code is no longer valid; write \"again\" for another one", true},
      meaning{"PASSWORD_HASH_INVALID", "This is not the password", true},
      meaning{"EMAIL_INVALID", "Telegram does not take this e-mail address", true},
      meaning{"FIRSTNAME_INVALID", "Telegram does not take this name", true},
      meaning{"API_ID_INVALID",
              "telegram_api_id and telegram_api_hash do not belong together; copy them again from "
              "my.telegram.org",
              false},
      meaning{"API_ID_PUBLISHED_FLOOD",
              "This telegram_api_id is known to everybody and locked for new logins; make your own on "
              "my.telegram.org",
              false},
      meaning{"already in use", "Another program has this session open: stop it, or leave the account to it",
              false},
  };
  const auto found =
      std::ranges::find_if(meanings, [&](const meaning& one) { return refused.message.contains(one.said); });
  if (found != meanings.end()) return {std::string(found->told), found->again};
  if (const auto wait = retry_after(refused); wait.count() > 0) {
    return {fmt::format("Telegram asks to wait {} before the next try",
                        wait.count() < 120 ? fmt::format("{} seconds", wait.count())
                                           : fmt::format("{} minutes", wait.count() / 60 + 1)),
            wait < std::chrono::minutes(10)};
  }
  return {"Telegram refused: " + refused.message, refused.code == 400};
}

}  // namespace tandem::tdlib
