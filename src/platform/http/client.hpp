#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "platform/http/message.hpp"

namespace tandem::http {

// There is no answer: no connection, a time-out, a body over the limit. `sent` is false when it is certain
// that the server has not seen the request, so that it may be repeated without a doubt.
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
  std::chrono::milliseconds limit{30'000};  // the whole exchange
  std::size_t max_body = 16 << 20;          // bytes of the answer
  bool follow_redirects = false;
  // Rather than wait for a free connection it may be written behind other such requests (pipelining, RFC
  // 9112, 9.3.2), whose answers then come first: for what is small and answered at once. Over HTTP/2 without
  // effect.
  bool pipeline = false;
};

struct client_options {
  std::string proxy;  // "", http://…, socks5h://…
  int connections_per_host = 64;
  bool http2 = true;  // over TLS only
  std::string user_agent = "Tandem";
  std::string ca_file;  // more trusted roots for TLS, PEM; "": those of the system only
};

// Any HTTP status is an answer; throws no_answer when there is none.
class client {
 public:
  virtual ~client() = default;
  virtual task<response> send(fetch what) = 0;
};

// libcurl multi on the event loop: HTTP/2, proxies, TLS, keep-alive.
std::unique_ptr<client> make_curl_client(executor on, client_options options);

// Our own HTTP/1.1 over TCP and TLS: keep-alive and little else, several times cheaper per request than
// libcurl. No proxy (std::invalid_argument if one is set) and no HTTP/2. Limits are kept by a coarse look at
// all requests, so an answer may be given up up to 50 ms late.
std::unique_ptr<client> make_plain_client(executor on, client_options options);

// How often and when a request is tried again.
struct retry_policy {
  int attempts = 4;                           // in all
  std::chrono::milliseconds first{250};       // doubled after each try
  std::chrono::milliseconds longest{15'000};  // also of a server's Retry-After: more is not waited for
  bool safe_to_repeat = true;                 // false: only what the server has certainly not taken in
};

// What became of one try.
struct outcome {
  int status = 0;                                   // 0: no answer
  bool sent = false;                                // as in no_answer
  std::optional<std::chrono::seconds> retry_after;  // the server's wish
};

// How long to wait before the next try, nothing for "give up". Tried again are: no answer, 429, 500, 502,
// 503, 504; of what is not safe to repeat, only an unsent request, 429 and 503. `chance` in [0, 1) spreads
// the waiting over the upper half of its length, so that many clients do not come back at once.
std::optional<std::chrono::milliseconds> next_try_in(const retry_policy& policy, int tries_done,
                                                     const outcome& last, double chance);

// Sends until there is an answer worth having; the last answer or no_answer otherwise.
task<response> send_with_retries(client& through, fetch what, retry_policy policy);

}  // namespace tandem::http
