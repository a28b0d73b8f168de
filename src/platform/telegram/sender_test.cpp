#include "platform/telegram/sender.hpp"

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/http/server.hpp"
#include "platform/telegram/transport_double.hpp"

using namespace tandem;
using namespace tandem::telegram;
using namespace std::chrono_literals;

namespace {

const std::string a_message = R"({"message_id":3,"date":1,"chat":{"id":5,"type":"private"}})";

sender_options quick() {
  sender_options out;
  out.api_root = "http://bots.test";
  out.token = "7:secret";
  out.limits = send_limits::none();
  out.limits.backoff = 1ms;
  return out;
}

text_message text_for(std::int64_t chat, std::string text = "hi") {
  text_message out;
  out.chat_id = chat;
  out.text = std::move(text);
  return out;
}

// Answers one after the other, the last one for ever.
struct script {
  std::vector<http::response> answers;
  std::size_t next = 0;
  task<http::response> operator()(const http::fetch&) {
    co_return answers[std::min(next++, answers.size() - 1)];
  }
};

struct bundle {
  explicit bundle(scripted_transport::answer_to answer, sender_options options = quick())
      : transport(std::move(answer)) {
    sender_events events;
    events.chat_closed = [this](std::int64_t chat, refusal why) { closed.emplace_back(chat, why); };
    events.chat_migrated = [this](std::int64_t from, std::int64_t to) { migrated.emplace_back(from, to); };
    out = make_sender(io.on(), transport, std::move(options), std::move(events));
  }
  ~bundle() { io.run(out->stop()); }

  async::loop io;
  scripted_transport transport;
  std::vector<std::pair<std::int64_t, refusal>> closed;
  std::vector<std::pair<std::int64_t, std::int64_t>> migrated;
  std::unique_ptr<sender> out;
};

}  // namespace

TEST(Sender, TheChatAndTheParametersGoToTheBotsUrl) {
  bundle test(script{{good(a_message)}});
  const auto sent = test.io.run(test.out->send_message(text_for(5)));
  ASSERT_TRUE(sent);
  ASSERT_EQ(test.transport.seen.size(), 1u);
  EXPECT_EQ(test.transport.seen[0].url, "http://bots.test/bot7:secret/sendMessage");
  EXPECT_EQ(test.transport.seen[0].method, "POST");
  EXPECT_EQ(test.transport.seen[0].body, R"({"chat_id":5,"text":"hi","parse_mode":"HTML"})");
  EXPECT_EQ(test.transport.seen[0].headers.find("content-type"), "application/json");
}

TEST(Sender, ACallWithoutParametersIsAnEmptyObject) {
  bundle test(script{{good(R"({"id":7,"is_bot":true})")}});
  EXPECT_TRUE(test.io.run(test.out->get_me()));
  EXPECT_EQ(test.transport.seen[0].body, "{}");
  EXPECT_TRUE(test.io.run(test.out->get_chat(9)));
  EXPECT_EQ(test.transport.seen[1].body, R"({"chat_id":9})");
}

TEST(Sender, AFileGoesAsMultipart) {
  bundle test(script{{good(a_message)}});
  photo_message photo;
  photo.chat_id = 5;
  photo.photo.bytes = "JPEG";
  ASSERT_TRUE(test.io.run(test.out->send_photo(photo)));
  const auto& asked = test.transport.seen[0];
  EXPECT_TRUE(asked.headers.value_or("Content-Type", "").starts_with("multipart/form-data; boundary="));
  EXPECT_NE(asked.body.find("name=\"chat_id\"\r\n\r\n5\r\n"), std::string::npos);
  EXPECT_NE(asked.body.find("name=\"photo\"\r\n\r\nattach://file0\r\n"), std::string::npos);
  EXPECT_NE(asked.body.find("\r\n\r\nJPEG\r\n"), std::string::npos);
}

TEST(Sender, FloodsAndFailuresAndPagesAreTriedAgain) {
  bundle test(script{{refused(429, "Too Many Requests: retry after 0", R"({"retry_after":0})"),
                      refused(500, "Internal Server Error: restart"), http::response::html(502, "<html>"),
                      good(a_message)}});
  EXPECT_TRUE(test.io.run(test.out->send_message(text_for(5))));
  EXPECT_EQ(test.transport.seen.size(), 4u);
  EXPECT_EQ(test.out->counts().flooded, 1u);
  EXPECT_EQ(test.out->counts().retried, 2u);
}

TEST(Sender, ALostAnswerIsRepeatedOrNotAsTheCallWants) {
  int tries = 0;
  bundle test([&](const http::fetch&) -> task<http::response> {
    if (++tries == 1) throw http::no_answer("gone: http://bots.test/bot7:secret/x", true, false);
    co_return good(a_message);
  });
  auto once = text_for(5);
  once.options.repeat = repeat::at_most_once;
  const auto lost = test.io.run(test.out->send_message(once));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().why, refusal::uncertain);
  EXPECT_EQ(lost.error().description.find("secret"), std::string::npos);
  EXPECT_EQ(tries, 1);
  tries = 0;
  EXPECT_TRUE(test.io.run(test.out->send_message(text_for(5))));
  EXPECT_EQ(tries, 2);
}

TEST(Sender, WhatWasCertainlyNotSentIsRepeatedAlwaysAndGivenUpInTheEnd) {
  int tries = 0;
  bundle test([&](const http::fetch&) -> task<http::response> {
    ++tries;
    throw http::no_answer("no connection", false, false);
    co_return http::response();
  });
  call_options options;
  options.chat_id = 5;
  options.messages = 1;
  options.repeat = repeat::at_most_once;
  options.patience = 20ms;
  const auto got = test.io.run(test.out->call("sendMessage", "{}", options));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().why, refusal::unreachable);
  EXPECT_GT(tries, 1);
}

TEST(Sender, ARefusalThatIsFinalComesBackAtOnceAndClosedChatsAreTold) {
  bundle test(script{{refused(403, "Forbidden: bot was blocked by the user"),
                      refused(400, "Bad Request: chat not found"),
                      refused(400, "Bad Request: message text is empty")}});
  EXPECT_EQ(test.io.run(test.out->send_message(text_for(5))).error().why, refusal::blocked);
  EXPECT_EQ(test.io.run(test.out->send_message(text_for(6))).error().why, refusal::chat_not_found);
  EXPECT_EQ(test.io.run(test.out->send_message(text_for(7))).error().why, refusal::other);
  EXPECT_EQ(test.closed, (std::vector<std::pair<std::int64_t, refusal>>{{5, refusal::blocked},
                                                                        {6, refusal::chat_not_found}}));
}

TEST(Sender, AGroupThatBecameASupergroupIsFollowed) {
  bundle test(script{{refused(400, "Bad Request: group chat was upgraded to a supergroup chat",
                              R"({"migrate_to_chat_id":-100777})"),
                      good(a_message)}});
  EXPECT_TRUE(test.io.run(test.out->send_message(text_for(-5))));
  EXPECT_TRUE(test.transport.seen[1].body.starts_with(R"({"chat_id":-100777,)"));
  EXPECT_EQ(test.migrated, (std::vector<std::pair<std::int64_t, std::int64_t>>{{-5, -100777}}));
  // Later calls go there without asking.
  EXPECT_TRUE(test.io.run(test.out->send_message(text_for(-5))));
  EXPECT_TRUE(test.transport.seen[2].body.starts_with(R"({"chat_id":-100777,)"));
}

TEST(Sender, ALongPauseIsToldInsteadOfWaitedFor) {
  bundle test(script{
      {refused(429, "Too Many Requests: retry after 4000", R"({"retry_after":4000})"), good(a_message)}});
  const auto first = test.io.run(test.out->send_message(text_for(5)));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().why, refusal::flood);
  // The chat stays paused, others do not.
  const auto second = test.io.run(test.out->send_message(text_for(5)));
  ASSERT_FALSE(second);
  EXPECT_GE(second.error().retry_after, 3'999s);
  EXPECT_EQ(test.transport.seen.size(), 1u);
  EXPECT_TRUE(test.io.run(test.out->send_message(text_for(6))));
}

TEST(Sender, MessagesOfOneChatKeepTheirOrderAndOthersGoBesideThem) {
  int under_way = 0, most = 0;
  bundle test([&](const http::fetch&) -> task<http::response> {
    most = std::max(most, ++under_way);
    for (int i = 0; i < 3; ++i) co_await async::yield();
    --under_way;
    co_return good(a_message);
  });
  auto main = [&]() -> task<> {
    async::scope work(test.io.on(), [](std::string_view, const std::exception_ptr&) { FAIL(); });
    const auto send = [&](std::int64_t chat, std::string text) -> task<> {
      const auto sent = co_await test.out->send_message(text_for(chat, text));
      EXPECT_TRUE(sent);
    };
    for (int i = 0; i < 5; ++i) {
      for (const int chat : {1, 2, 3}) work.spawn("send", send(chat, std::to_string(i)));
    }
    co_await work.join();
  };
  test.io.run(main());
  EXPECT_EQ(most, 3);
  std::map<char, std::string> per_chat;
  for (const auto& body : test.transport.bodies_of("sendMessage"))
    per_chat[body[11]] += body[body.find("text\":\"") + 7];
  EXPECT_EQ(per_chat, (std::map<char, std::string>{{'1', "01234"}, {'2', "01234"}, {'3', "01234"}}));
}

TEST(Sender, StoppingEndsWhatWaitsAndWaitsForWhatIsUnderWay) {
  async::event* bell = nullptr;
  bundle test([&](const http::fetch&) -> task<http::response> {
    co_await bell->wait();
    co_return good(a_message);
  });
  async::event release(test.io.on());
  bell = &release;
  std::vector<std::string> ends;
  auto main = [&]() -> task<> {
    async::scope work(test.io.on(), [](std::string_view, const std::exception_ptr&) { FAIL(); });
    const auto send = [&]() -> task<> {
      const auto sent = co_await test.out->send_message(text_for(5));
      ends.emplace_back(sent ? "sent" : name_of(sent.error().why));
    };
    work.spawn("first", send());
    work.spawn("second", send());
    while (test.transport.seen.empty()) co_await async::yield();
    work.spawn("stop", test.out->stop());
    co_await async::yield();
    release.ring();
    co_await work.join();
    const auto late = co_await test.out->send_message(text_for(5));
    EXPECT_EQ(late.error().why, refusal::stopped);
  };
  test.io.run(main());
  std::ranges::sort(ends);
  EXPECT_EQ(ends, (std::vector<std::string>{"sent", "stopped"}));
}

TEST(Sender, ACancelledCallLeavesItsPlaceToTheNext) {
  async::event* bell = nullptr;
  bool hang = true;
  bundle test([&](const http::fetch&) -> task<http::response> {
    if (std::exchange(hang, false)) co_await bell->wait();
    co_return good(a_message);
  });
  async::event never(test.io.on());
  bell = &never;
  auto main = [&]() -> task<> {
    EXPECT_THROW(co_await async::within(1ms, test.out->send_message(text_for(5))), async::timed_out);
    const auto sent = co_await test.out->send_message(text_for(5));
    EXPECT_TRUE(sent);
  };
  test.io.run(main());
  EXPECT_EQ(test.out->counts().in_flight, 0u);
}

TEST(Sender, MailingsBeyondTheFreeLimitAskToBePaidForUntilTheCap) {
  auto options = quick();
  options.limits.broadcasts_per_second = 1;
  options.limits.paid_per_second = 1'000;
  options.limits.paid_cap = 2;
  bundle test(script{{good(a_message)}}, options);
  for (const int chat : {1, 2, 3}) {
    auto text = text_for(chat);
    text.options.urgency = urgency::broadcast;
    EXPECT_TRUE(test.io.run(test.out->send_message(text)));
  }
  const auto bodies = test.transport.bodies_of("sendMessage");
  EXPECT_EQ(bodies[0].find("allow_paid_broadcast"), std::string::npos);
  EXPECT_TRUE(bodies[1].starts_with(R"({"chat_id":2,"allow_paid_broadcast":true,)"));
  EXPECT_EQ(test.out->counts().paid, 2u);
}

TEST(Sender, SpeaksToARealServerOverARealConnection) {
  async::loop io;
  http::router routes;
  std::vector<std::string> seen;
  routes.add("POST", "/{bot}/{method}", [&](http::request asked) -> task<http::response> {
    seen.push_back(std::string(asked.path_value("bot")) + " " + std::string(asked.path_value("method")) +
                   " " + asked.body);
    co_return good(a_message);
  });
  routes.add("GET", "/file/{bot}/{path...}", [](http::request asked) -> task<http::response> {
    co_return http::response::text(200, "bytes of " + std::string(asked.path_value("path")));
  });
  http::listener_options listen;
  const auto server = http::make_server(io.on(), "bot api", listen, routes);
  io.run(server->start());
  const auto transport = http::make_plain_client(io.on(), {});
  auto options = quick();
  options.api_root = "http://127.0.0.1:" + std::to_string(server->port());
  const auto out = make_sender(io.on(), *transport, options);
  EXPECT_TRUE(io.run(out->send_message(text_for(5, "Привет"))));
  EXPECT_EQ(seen, std::vector<std::string>{
                      R"(bot7:secret sendMessage {"chat_id":5,"text":"Привет","parse_mode":"HTML"})"});
  EXPECT_EQ(io.run(out->download("photos/a.jpg")), "bytes of photos/a.jpg");
  io.run(out->stop());
  io.run(server->stop());
}
