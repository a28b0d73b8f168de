// Chat completions as OpenAI, llama.cpp, Ollama and vLLM speak them: one request, one answer that follows a
// JSON schema. Only what all four understand is sent; what they answer is not trusted.
#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/client.hpp"

namespace tandem::llm {

struct endpoint {
  std::string url;    // up to and without "/chat/completions": https://api.openai.com/v1
  std::string key;    // empty: none is sent
  std::string model;  // as the server calls it
  // How the answer's length is limited: "max_tokens", or "max_completion_tokens" for reasoning models, which
  // refuse the former, and a temperature too.
  std::string limit_name = "max_tokens";
};

enum class speaker : std::uint8_t { system, user, assistant };

struct line {
  speaker who = speaker::user;
  std::string text;
};

struct question {
  std::vector<line> talk;
  std::string schema_name;  // [A-Za-z0-9_-], at most 64
  std::string schema;       // JSON Schema as JSON text; every property required, no additional ones
  int most_tokens = 500;    // of the answer
  std::chrono::milliseconds limit{20'000};  // the whole exchange
};

// What a request took. Where the server does not tell, it is counted high: a token for two bytes.
struct usage {
  std::int64_t tokens_in = 0, tokens_out = 0;
  bool told = false;
};

struct answer {
  std::string content;  // without a leading <think> part; not checked against the schema
  usage used;
  std::string request_id;  // of the server, for its support; may be empty
};

enum class trouble : std::uint8_t {
  rate_limited,    // 429: later, see retry_after
  no_money,        // 402, or 429 with a code that says so: no use in trying again before somebody has paid
  bad_key,         // 401, 403
  no_such_model,   // 404: a wrong address or model
  too_long,        // the question does not fit into the model's context
  bad_request,     // 400, 422 and the other 4xx: this question never works
  refused,         // the model declines, or a content filter does
  truncated,       // the answer was cut off at most_tokens
  empty,           // there is no text in the answer
  not_understood,  // 200, but no chat completion: HTML, another service, broken JSON
  overloaded,      // 5xx, 408, 409, a model that is being loaded
  timed_out,       // nothing within the limit
  unreachable,     // no connection, a broken one, an answer that is far too large
};

std::string_view name(trouble what);
// Whether the same question may succeed a little later.
bool passes(trouble what);

struct problem {
  trouble what = trouble::unreachable;
  std::string detail;  // for the operator: the server's words, shortened, on one line
  std::optional<std::chrono::milliseconds> retry_after;  // the server's wish
  usage used;  // a refused or truncated answer costs as much as a good one
  std::string request_id;
};

using reply = std::expected<answer, problem>;

class chat {
 public:
  virtual ~chat() = default;
  // Asks once: no retries in here. Never throws for what the server or the network does.
  virtual task<reply> ask(question what) = 0;
  // At least as many tokens as the server will count for the question: a token is a byte or more.
  virtual std::int64_t most_tokens_in(const question& what) const = 0;
};

std::unique_ptr<chat> make_chat(http::client& through, endpoint where);

// The two halves without a network.
std::string request_body(const endpoint& where, const question& what);
reply read_reply(const http::response& from, const question& asked);

}  // namespace tandem::llm
