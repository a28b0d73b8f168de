#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/tdlib/client.hpp"

namespace tandem::tdlib {

// Who speaks to Telegram (api_id, api_hash: https://my.telegram.org), and where the session lies.
struct session_parameters {
  std::int64_t api_id = 0;
  std::string api_hash;
  std::string folder;       // of the session's database; TDLib makes it
  std::string key;          // encrypts that database; any bytes
  std::string app_version;  // shown in Telegram's list of devices
};

// What only a person can say.
enum class question : std::uint8_t {
  none,
  phone,          // an international number
  email_address,  // Telegram wants one for this account
  email_code,
  code,      // detail: where it was sent
  password,  // of two-step verification; detail: its hint
  name       // of a number that has no account yet; detail: the terms that one accepts by it
};

// What is to be done next.
struct login_step {
  enum class kind : std::uint8_t {
    wait,      // another state will come
    send,      // request
    ask,       // what, detail
    show,      // detail: a tg:// link, to be scanned as a QR code by another device of the account
    ready,     // logged in
    hopeless,  // detail: why
    leaving,   // logged out or being closed
    closed
  };
  kind next = kind::wait;
  json::object request;
  question what = question::none;
  std::string detail;
};

// The way to "logged in" and from there to "closed": updateAuthorizationState in, what to do out. No I/O.
class authorization {
 public:
  explicit authorization(session_parameters with) : with_(std::move(with)) {}

  // `state`: the authorization_state of the update.
  login_step take(const json::object& state);
  // The request that a person's answer makes; nothing for an answer that is none ("", a phone number of
  // letters): the question stays. "qr" instead of a phone number logs in by QR code, "again" instead of a
  // code has it sent once more.
  std::optional<json::object> reply(std::string_view written);

 private:
  session_parameters with_;
  question open_ = question::none;
};

// What a refused answer means to a person, and whether asking again makes sense.
struct refused_answer {
  std::string told;
  bool again = true;
};
refused_answer explain(const failure& refused);

}  // namespace tandem::tdlib
