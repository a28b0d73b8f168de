#pragma once
#include <functional>
#include <string>
#include <vector>

#include "async/event.hpp"
#include "platform/http/client.hpp"

namespace tandem::telegram {

// A transport for tests: answers by a function, remembers what was asked for.
class scripted_transport final : public http::client {
 public:
  using answer_to = std::function<task<http::response>(const http::fetch& what)>;
  explicit scripted_transport(answer_to answer) : answer_(std::move(answer)) {}

  task<http::response> send(http::fetch what) override {
    seen.push_back(what);
    co_return co_await answer_(what);
  }

  // "sendMessage" of the last part of the URL.
  static std::string method_of(const http::fetch& what) { return what.url.substr(what.url.rfind('/') + 1); }
  std::vector<std::string> bodies_of(std::string_view method) const {
    std::vector<std::string> out;
    for (const auto& one : seen) {
      if (method_of(one) == method) out.push_back(one.body);
    }
    return out;
  }

  std::vector<http::fetch> seen;

 private:
  answer_to answer_;
};

inline http::response good(std::string result) {
  return http::response::json(200, "{\"ok\":true,\"result\":" + result + "}");
}
inline http::response refused(int code, std::string description, std::string parameters = "") {
  std::string body =
      "{\"ok\":false,\"error_code\":" + std::to_string(code) + ",\"description\":\"" + description + "\"";
  if (!parameters.empty()) body += ",\"parameters\":" + parameters;
  return http::response::json(code, body + "}");
}

}  // namespace tandem::telegram
