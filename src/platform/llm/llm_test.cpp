#include "platform/llm/llm.hpp"

#include <boost/json.hpp>
#include <random>

#include "async/loop.hpp"

namespace tandem::llm {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

question asked() {
  question out;
  out.talk = {{speaker::system, "Sort it."}, {speaker::user, "A \"post\" <b>\n№ 1"}};
  out.schema_name = "verdict";
  out.schema = R"({"type":"object","properties":{}})";
  return out;
}

http::response said(int status, std::string body) { return http::response::json(status, std::move(body)); }
std::string completion(std::string_view message, std::string_view ended = "stop",
                       std::string_view usage = R"("usage":{"prompt_tokens":41,"completion_tokens":19})") {
  std::string out = R"({"id":"x","object":"chat.completion","choices":[{"index":0,"message":)";
  out += message;
  out += R"(,"finish_reason":")";
  out += ended;
  out += R"("}])";
  if (!usage.empty()) out.append(",").append(usage);
  return out + "}";
}
trouble why(int status, std::string body) {
  const auto out = read_reply(said(status, std::move(body)), asked());
  EXPECT_FALSE(out) << "it was taken for an answer";
  return out ? trouble::empty : out.error().what;
}

// Answers as it is told and keeps what it was asked.
struct scripted final : http::client {
  std::vector<http::fetch> seen;
  std::function<http::response()> answer;
  task<http::response> send(http::fetch what) override {
    seen.push_back(std::move(what));
    co_return answer();
  }
};

TEST(Request, HoldsWhatEveryServerUnderstandsAndNothingElse) {
  const auto body = json::parse(request_body({"http://x/v1", "", "m1", "max_tokens"}, asked())).as_object();
  EXPECT_EQ(body.size(), 6u);
  EXPECT_EQ(body.at("model"), "m1");
  EXPECT_EQ(body.at("max_tokens"), 500);
  EXPECT_EQ(body.at("temperature"), 0);
  EXPECT_EQ(body.at("stream"), false);
  EXPECT_EQ(body.at("messages").at(0).at("role"), "system");
  EXPECT_EQ(body.at("messages").at(1).at("content"), "A \"post\" <b>\n№ 1");
  const auto& format = body.at("response_format").as_object();
  EXPECT_EQ(format.at("type"), "json_schema");
  EXPECT_EQ(format.at("json_schema").at("name"), "verdict");
  EXPECT_EQ(format.at("json_schema").at("strict"), true);
  EXPECT_EQ(format.at("json_schema").at("schema").at("type"), "object");
}

TEST(Request, AReasoningModelGetsNeitherMaxTokensNorTemperature) {
  const auto body =
      json::parse(request_body({"http://x/v1", "", "o9", "max_completion_tokens"}, asked())).as_object();
  EXPECT_EQ(body.at("max_completion_tokens"), 500);
  EXPECT_FALSE(body.contains("max_tokens"));
  EXPECT_FALSE(body.contains("temperature"));
}

TEST(Chat, AsksAtTheAddressWithTheKeyAndTheLimit) {
  scripted server;
  server.answer = [] { return said(200, completion(R"({"role":"assistant","content":"{}"})")); };
  const auto chat = make_chat(server, {"http://127.0.0.1:9/v1/", "sk-1", "m1", "max_tokens"});
  async::loop io;
  auto question = asked();
  question.limit = 1500ms;
  const auto out = io.run(chat->ask(std::move(question)));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->content, "{}");
  ASSERT_EQ(server.seen.size(), 1u) << "no hidden second try";
  EXPECT_EQ(server.seen[0].url, "http://127.0.0.1:9/v1/chat/completions");
  EXPECT_EQ(server.seen[0].headers.find("Authorization"), "Bearer sk-1");
  EXPECT_EQ(server.seen[0].limit, 1500ms);
  EXPECT_LE(server.seen[0].connect_limit, 1500ms);
}

TEST(Chat, ItsBoundOnTokensIsOneForEachByteSent) {
  scripted server;
  server.answer = [] { return said(200, "{}"); };
  const auto chat = make_chat(server, {"http://x/v1", "", "m1", "max_tokens"});
  async::loop io;
  EXPECT_FALSE(io.run(chat->ask(asked())));
  EXPECT_EQ(chat->most_tokens_in(asked()), static_cast<std::int64_t>(server.seen.at(0).body.size()));
}

TEST(Chat, WhatTheNetworkDoesIsAValue) {
  scripted server;
  const auto chat = make_chat(server, {"http://x/v1", "", "m1", "max_tokens"});
  async::loop io;
  server.answer = []() -> http::response { throw http::no_answer("too slow", true, true); };
  auto out = io.run(chat->ask(asked()));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().what, trouble::timed_out);
  EXPECT_GT(out.error().used.tokens_out, 0) << "the server may have worked on it";
  server.answer = []() -> http::response { throw http::no_answer("refused", false, false); };
  out = io.run(chat->ask(asked()));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().what, trouble::unreachable);
  EXPECT_EQ(out.error().used.tokens_in, 0);
}

TEST(Chat, AKeyThatTheServerQuotesIsHidden) {
  scripted server;
  server.answer = [] {
    return said(
        401, R"({"error":{"message":"Incorrect API key provided: sk-secret-1.","code":"invalid_api_key"}})");
  };
  const auto chat = make_chat(server, {"http://x/v1", "sk-secret-1", "m1", "max_tokens"});
  async::loop io;
  const auto out = io.run(chat->ask(asked()));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().what, trouble::bad_key);
  EXPECT_EQ(out.error().detail, "401: Incorrect API key provided: [secret].");
}

TEST(Reply, AGoodAnswerComesWithWhatItTook) {
  const auto out = read_reply(said(200, completion(R"({"content":" {\"a\":1} ","refusal":null})")), asked());
  ASSERT_TRUE(out);
  EXPECT_EQ(out->content, "{\"a\":1} ");
  EXPECT_EQ(out->used.tokens_in, 41);
  EXPECT_EQ(out->used.tokens_out, 19);
  EXPECT_TRUE(out->used.told);
}

TEST(Reply, WithoutUsageItIsCountedHigh) {
  const auto out = read_reply(said(200, completion(R"({"content":"{\"a\":1}"})", "stop", "")), asked());
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->used.told);
  EXPECT_GT(out->used.tokens_in, 0);
  EXPECT_EQ(out->used.tokens_out, 3);
}

TEST(Reply, ThoughtsInFrontAreLeftOut) {
  const auto out = read_reply(
      said(200, completion(R"({"content":"<think>hm, {\"a\":2}?</think>\n{\"a\":1}","reasoning":"hm"})")),
      asked());
  ASSERT_TRUE(out);
  EXPECT_EQ(out->content, "{\"a\":1}");
  EXPECT_EQ(why(200, completion(R"({"content":"<think>for ever"})")), trouble::empty);
}

TEST(Reply, EachKindOfTroubleIsToldApart) {
  EXPECT_EQ(why(429, R"({"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}})"),
            trouble::rate_limited);
  EXPECT_EQ(
      why(429, R"({"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}})"),
      trouble::no_money);
  EXPECT_EQ(why(429, R"({"error":{"message":"pay","type":"insufficient_quota","code":null}})"),
            trouble::no_money);
  EXPECT_EQ(why(402, "Payment Required"), trouble::no_money);
  EXPECT_EQ(why(401, "{}"), trouble::bad_key);
  EXPECT_EQ(why(403, "<html>forbidden</html>"), trouble::bad_key);
  EXPECT_EQ(why(404, R"({"error":{"message":"no","type":"not_found_error","code":null}})"),
            trouble::no_such_model);
  EXPECT_EQ(why(400, R"({"error":{"message":"x","code":"context_length_exceeded"}})"), trouble::too_long);
  EXPECT_EQ(
      why(400,
          R"({"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}})"),
      trouble::too_long);
  EXPECT_EQ(why(400, R"({"error":{"code":400,"message":"bad","type":"invalid_request_error"}})"),
            trouble::bad_request);
  EXPECT_EQ(why(422, R"({"object":"error","message":"bad","code":422})"), trouble::bad_request);
  EXPECT_EQ(why(500, R"({"error":"boom"})"), trouble::overloaded);
  EXPECT_EQ(why(502, "<html><h1>Bad gateway</h1></html>"), trouble::overloaded);
  EXPECT_EQ(why(503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})"),
            trouble::overloaded);
  EXPECT_EQ(why(408, ""), trouble::overloaded);
  EXPECT_EQ(why(302, ""), trouble::not_understood);
  EXPECT_EQ(why(200, "<!doctype html><title>Log in</title>"), trouble::not_understood);
  EXPECT_EQ(why(200, R"({"choices":[{"mess)"), trouble::not_understood);
  EXPECT_EQ(why(200, "[]"), trouble::not_understood);
  EXPECT_EQ(why(200, ""), trouble::not_understood);
  EXPECT_EQ(why(200, R"({"choices":[]})"), trouble::empty);
  EXPECT_EQ(why(200, completion(R"({"content":null})")), trouble::empty);
  EXPECT_EQ(why(200, completion(R"({"content":"{\"a\":"})", "length")), trouble::truncated);
  EXPECT_EQ(why(200, completion(R"({"content":"{}"})", "content_filter")), trouble::refused);
  EXPECT_EQ(why(200, completion(R"({"content":null,"refusal":"I can't"})")), trouble::refused);
}

TEST(Reply, TheServersWishToWaitIsReadInEveryForm) {
  const auto wait = [](std::initializer_list<std::pair<std::string, std::string>> fields) {
    auto answer = said(429, "{}");
    for (const auto& [name, value] : fields) answer.headers.add(name, value);
    return read_reply(answer, asked()).error().retry_after;
  };
  EXPECT_EQ(wait({{"Retry-After", "7"}}), 7s);
  EXPECT_EQ(wait({{"Retry-After", "0.5"}}), 500ms);
  EXPECT_EQ(wait({{"Retry-After", "9"}, {"retry-after-ms", "250"}}), 250ms);
  EXPECT_EQ(
      wait({{"Retry-After", "Sun, 22 Nov 2026 12:01:00 GMT"}, {"Date", "Sun, 22 Nov 2026 12:00:20 GMT"}}),
      40s);
  EXPECT_EQ(
      wait({{"Retry-After", "Sun, 22 Nov 2026 12:00:00 GMT"}, {"Date", "Sun, 22 Nov 2026 12:00:20 GMT"}}),
      0s);
  EXPECT_EQ(wait({{"Retry-After", "Sun, 22 Nov 2026 12:00:00 GMT"}}), std::nullopt);
  EXPECT_EQ(wait({{"Retry-After", "-3"}}), std::nullopt);
  EXPECT_EQ(wait({{"Retry-After", "soon"}}), std::nullopt);
  EXPECT_EQ(wait({}), std::nullopt);
}

TEST(Reply, WhatAServerClaimsToHaveCountedIsBounded) {
  const auto out =
      read_reply(said(200, completion(R"({"content":"{}"})", "stop",
                                      R"("usage":{"prompt_tokens":1e300,"completion_tokens":-5})")),
                 asked());
  ASSERT_TRUE(out);
  EXPECT_LE(out->used.tokens_in, 100'000'000);
  EXPECT_GE(out->used.tokens_out, 0);
}

// Whatever bytes come back: an answer or a trouble, never an exception, and the detail is one short line.
TEST(Reply, NoBytesBreakIt) {
  std::mt19937 dice(7);
  const std::string good =
      completion(R"({"role":"assistant","content":"{\"kind\":\"vacancy\"}","refusal":null})");
  for (int round = 0; round < 20'000; ++round) {
    std::string body = good;
    for (auto changes = dice() % 6; changes > 0; --changes) {
      const auto at = dice() % body.size();
      switch (dice() % 3) {
        case 0: body[at] = static_cast<char>(dice()); break;
        case 1: body.resize(at + 1); break;
        default: body.insert(at, std::string(1, "{}[]\",:\\\n\xff"[dice() % 10]));
      }
    }
    const int status = std::array{200, 200, 200, 429, 500, 400}[dice() % 6];
    const auto out = read_reply(said(status, body), asked());
    if (out) {
      EXPECT_FALSE(out->content.empty());
      EXPECT_GE(out->used.tokens_out, 0);
    } else {
      EXPECT_LE(out.error().detail.size(), 300u);
      EXPECT_EQ(out.error().detail.find('\n'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tandem::llm
