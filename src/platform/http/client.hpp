#pragma once
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "platform/http/message.hpp"

namespace tandem::http {

// There is no answer: no connection, a time-out, a body over the limit. `sent` is false when it is certain that the
// server has not seen the request, so that it may be repeated without a doubt.
struct no_answer : std::runtime_error {
  no_answer(const std::string& what, bool sent_, bool timed_out_)
      : std::runtime_error(what), sent(sent_), timed_out(timed_out_) {}
  bool sent;
  bool timed_out;
};

struct fetch {
  std::string method = "GET";
  std::string url;
  http::headers headers;
  std::string body;
  std::chrono::milliseconds connect_limit{5'000};
  std::chrono::milliseconds limit{30'000};          // the whole exchange
  std::size_t max_body = 16 << 20;                  // bytes of the answer
  bool follow_redirects = false;
};

struct client_options {
  std::string proxy;                 // "", http://…, socks5h://…
  int connections_per_host = 64;
  bool http2 = true;                 // over TLS only
  std::string user_agent = "Tandem";
};

// Any HTTP status is an answer; throws no_answer when there is none.
class client {
 public:
  virtual ~client() = default;
  virtual task<response> send(fetch what) = 0;
};

// libcurl multi on the event loop: HTTP/2, proxies, TLS, keep-alive.
std::unique_ptr<client> make_curl_client(executor on, client_options options);

}  // namespace tandem::http
