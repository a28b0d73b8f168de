#include "platform/llm/llm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>

namespace tandem::llm {
namespace {

namespace json = boost::json;
using std::string_view;
using namespace std::chrono_literals;

constexpr std::size_t largest_answer = 1 << 20;        // bytes: an answer has a few hundred
constexpr std::int64_t most_believable = 100'000'000;  // tokens
constexpr std::size_t longest_detail = 240;

string_view role(speaker who) {
  switch (who) {
    case speaker::system: return "system";
    case speaker::assistant: return "assistant";
    case speaker::user: break;
  }
  return "user";
}

std::size_t bytes_of(const question& what) {
  std::size_t bytes = what.schema.size();
  for (const auto& one : what.talk) bytes += one.text.size();
  return bytes;
}

// On one line, without control characters, cut where a character ends.
std::string shortened(string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_detail)) {
    const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (text.size() > longest_detail) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0U) out.pop_back();
    out += "…";
  }
  return out;
}

const json::value* member(const json::value* of, string_view name) {
  if (!of || !of->is_object()) return nullptr;
  return of->as_object().if_contains(name);
}
string_view text_of(const json::value* what) {
  if (!what || !what->is_string()) return {};
  const auto& text = what->as_string();
  return {text.data(), text.size()};
}
std::optional<std::int64_t> whole_number(const json::value* what) {
  if (!what || !(what->is_int64() || what->is_uint64() || what->is_double())) return std::nullopt;
  const double number = what->to_number<double>();
  if (!(number >= 0)) return std::nullopt;
  return static_cast<std::int64_t>(std::min(number, static_cast<double>(most_believable)));
}

std::optional<json::value> parsed(string_view text) {
  json::error_code wrong;
  auto out = json::parse(text, wrong);
  if (wrong) return std::nullopt;
  return out;
}

usage usage_of(const json::value& whole, const question& asked, string_view content) {
  usage out;
  const auto* told = member(&whole, "usage");
  const auto in = whole_number(member(told, "prompt_tokens"));
  const auto back = whole_number(member(told, "completion_tokens"));
  out.told = in && back;
  out.tokens_in = in.value_or(static_cast<std::int64_t>(bytes_of(asked) / 2));
  out.tokens_out = back.value_or(static_cast<std::int64_t>(content.size() / 2));
  return out;
}

std::optional<double> number_of(string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !(out >= 0))
    return std::nullopt;
  return std::min(out, 1e9);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::chrono::sys_seconds> http_date(string_view text) {
  std::tm parts{};
  const std::string whole(text);
  const char* end = ::strptime(whole.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || *end) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

// Retry-After as seconds, or a date, which is read against the answer's own Date: clocks differ.
std::optional<std::chrono::milliseconds> retry_after(const http::headers& from) {
  if (const auto exact = number_of(from.value_or("retry-after-ms", "")))
    return std::chrono::milliseconds(static_cast<std::int64_t>(*exact));
  const auto wish = from.value_or("Retry-After", "");
  if (const auto seconds = number_of(wish))
    return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  const auto at = http_date(wish), now = http_date(from.value_or("Date", ""));
  if (at && now) return std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(*at - *now));
  return std::nullopt;
}

bool is_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::find(all, word) != all.end();
}

// What a server says besides the status: OpenAI's {"error":{…}}, vLLM's fields at the top, {"error":"text"},
// or no JSON.
struct complaint {
  std::string text, type, code;
};
complaint complaint_of(const http::response& from) {
  complaint out;
  const auto whole = parsed(from.body);
  if (!whole) {
    out.text = from.body;
    return out;
  }
  const auto* error = member(&*whole, "error");
  if (error && error->is_string()) out.text = text_of(error);
  const auto* inner = error && error->is_object() ? error : &*whole;
  if (out.text.empty()) out.text = text_of(member(inner, "message"));
  out.type = text_of(member(inner, "type"));
  out.code = text_of(member(inner, "code"));  // a number for llama.cpp: the status again
  if (out.text.empty()) out.text = from.body;
  return out;
}

bool speaks_of_money(const complaint& what) {
  const auto speaks = [](string_view in) {
    return is_one_of(in, {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached",
                          "billing_not_active", "spend_limit_reached", "insufficient_balance"});
  };
  return speaks(what.code) || speaks(what.type);
}

bool speaks_of_length(const complaint& what) {
  return is_one_of(what.code, {"context_length_exceeded", "string_above_max_length"}) ||
         is_one_of(what.type, {"exceed_context_size_error"}) || what.text.contains("context length") ||
         what.text.contains("context size") || what.text.contains("maximum context");
}

trouble trouble_of(int status, const complaint& said) {
  if (status == 402 || ((status == 429 || status == 403 || status == 400) && speaks_of_money(said)))
    return trouble::no_money;
  if (status == 401 || status == 403) return trouble::bad_key;
  if (status == 404) return trouble::no_such_model;
  if (status == 429) return trouble::rate_limited;
  if (status == 408 || status == 409 || status >= 500) return trouble::overloaded;
  if (status == 413 || speaks_of_length(said)) return trouble::too_long;
  if (status >= 400) return trouble::bad_request;
  return trouble::not_understood;  // a redirect, say
}

// Local models think aloud first.
string_view without_thoughts(string_view content) {
  const auto skip_space = [](string_view text) {
    return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  };
  content = skip_space(content);
  if (!content.starts_with("<think>")) return content;
  const auto end = content.find("</think>");
  return end == string_view::npos ? string_view() : skip_space(content.substr(end + 8));
}

class http_chat final : public chat {
 public:
  http_chat(http::client& through, endpoint where) : through_(through), where_(std::move(where)) {
    while (where_.url.ends_with('/')) where_.url.pop_back();
  }

  task<reply> ask(question what) override {
    http::fetch request;
    request.method = "POST";
    request.url = where_.url + "/chat/completions";
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Accept", "application/json");
    if (!where_.key.empty()) request.headers.add("Authorization", "Bearer " + where_.key);
    request.body = request_body(where_, what);
    request.limit = what.limit;
    request.connect_limit = std::min(request.connect_limit, what.limit);
    request.max_body = largest_answer;
    problem failed;
    try {
      const auto got = co_await through_.send(std::move(request));
      auto out = read_reply(got, what);
      if (!out) hide_key(out.error().detail);
      co_return out;
    } catch (const http::no_answer& none) {
      failed.what = none.timed_out ? trouble::timed_out : trouble::unreachable;
      failed.detail = shortened(none.what());
      // The server may have worked on it, and will want to be paid.
      if (none.sent) failed.used = {static_cast<std::int64_t>(bytes_of(what) / 2), what.most_tokens, false};
    }
    co_return std::unexpected(std::move(failed));
  }

  std::int64_t most_tokens_in(const question& what) const override {
    return static_cast<std::int64_t>(request_body(where_, what).size());
  }

 private:
  // Servers quote the key that they refuse.
  void hide_key(std::string& in) const {
    if (where_.key.empty()) return;
    for (auto at = in.find(where_.key); at != std::string::npos; at = in.find(where_.key, at))
      in.replace(at, where_.key.size(), "[secret]");
  }

  http::client& through_;
  endpoint where_;
};

}  // namespace

std::string_view name(trouble what) {
  switch (what) {
    case trouble::rate_limited: return "rate_limited";
    case trouble::no_money: return "no_money";
    case trouble::bad_key: return "bad_key";
    case trouble::no_such_model: return "no_such_model";
    case trouble::too_long: return "too_long";
    case trouble::bad_request: return "bad_request";
    case trouble::refused: return "refused";
    case trouble::truncated: return "truncated";
    case trouble::empty: return "empty";
    case trouble::not_understood: return "not_understood";
    case trouble::overloaded: return "overloaded";
    case trouble::timed_out: return "timed_out";
    case trouble::unreachable: break;
  }
  return "unreachable";
}

bool passes(trouble what) {
  switch (what) {
    case trouble::rate_limited:
    case trouble::not_understood:
    case trouble::overloaded:
    case trouble::timed_out:
    case trouble::unreachable: return true;
    default: return false;
  }
}

std::string request_body(const endpoint& where, const question& what) {
  json::array talk;
  for (const auto& one : what.talk) {
    json::object line{{"role", role(one.who)}, {"content", one.text}};
    talk.push_back(std::move(line));
  }
  json::object schema{{"name", what.schema_name}, {"strict", true}};
  schema["schema"] = json::parse(what.schema);
  json::object format{{"type", "json_schema"}};
  format["json_schema"] = std::move(schema);
  json::object body{{"model", where.model}};
  body["messages"] = std::move(talk);
  if (where.limit_name == "max_tokens") body["temperature"] = 0;
  body[where.limit_name] = what.most_tokens;
  body["response_format"] = std::move(format);
  body["stream"] = false;
  return json::serialize(body);
}

reply read_reply(const http::response& from, const question& asked) {
  problem bad;
  bad.request_id = std::string(from.headers.value_or("x-request-id", ""));
  if (from.status != 200) {
    const auto said = complaint_of(from);
    bad.what = trouble_of(from.status, said);
    bad.detail = fmt::format("{}: {}", from.status, shortened(said.text));
    bad.retry_after = retry_after(from.headers);
    return std::unexpected(std::move(bad));
  }
  const auto whole = parsed(from.body);
  const auto* choices = whole ? member(&*whole, "choices") : nullptr;
  if (!choices || !choices->is_array()) {
    bad.what = trouble::not_understood;
    bad.detail = shortened(from.body);
    bad.used = {static_cast<std::int64_t>(bytes_of(asked) / 2),
                static_cast<std::int64_t>(from.body.size() / 2), false};
    return std::unexpected(std::move(bad));
  }
  const auto& all = choices->as_array();
  const auto* first = all.empty() ? nullptr : &all.front();
  const auto* message = member(first, "message");
  const auto raw = text_of(member(message, "content"));
  const auto content = without_thoughts(raw);
  const auto ended = text_of(member(first, "finish_reason"));
  const auto declined = text_of(member(message, "refusal"));
  bad.used = usage_of(*whole, asked, raw);
  if (ended == "length") {
    bad.what = trouble::truncated;
    bad.detail = "the answer is longer than it may be";
  } else if (ended == "content_filter" || !declined.empty()) {
    bad.what = trouble::refused;
    bad.detail = declined.empty() ? "content filter" : shortened(declined);
  } else if (content.empty()) {
    bad.what = trouble::empty;
    bad.detail = "the answer has no text";
  } else {
    return answer{std::string(content), bad.used, std::move(bad.request_id)};
  }
  return std::unexpected(std::move(bad));
}

std::unique_ptr<chat> make_chat(http::client& through, endpoint where) {
  return std::make_unique<http_chat>(through, std::move(where));
}

}  // namespace tandem::llm
