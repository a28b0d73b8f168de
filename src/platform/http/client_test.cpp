// What every engine of http::client must do.
#include "platform/http/client.hpp"

#include <boost/system/system_error.hpp>
#include <filesystem>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/http/server.hpp"
#include "platform/net/self_signed.hpp"
#include "platform/net/stream.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using http::fetch;
using http::no_answer;
using http::request;
using http::response;

namespace {

struct engine {
  const char* name;
  std::unique_ptr<http::client> (*make)(executor on, http::client_options options);
};

class Client : public testing::TestWithParam<engine> {
 protected:
  void start(http::listener_options with = {}) {
    server = http::make_server(io.on(), "test", std::move(with), routes, 100ms);
    io.run(server->start());
  }
  void make(http::client_options options = {}) { client = GetParam().make(io.on(), std::move(options)); }
  void TearDown() override {
    client.reset();
    if (server) io.run(server->stop());
  }
  fetch to(std::string_view path) const {
    fetch what;
    what.url =
        (secure ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) + std::string(path);
    return what;
  }
  std::uint16_t port() const { return server ? server->port() : scripted->port(); }
  response send(fetch what) {
    if (!client) make();
    return io.run(async::within(20s, client->send(std::move(what))));
  }
  // The error of a request that must not be answered.
  no_answer failure(fetch what) {
    try {
      const auto answer = send(std::move(what));
      ADD_FAILURE() << "answered with " << answer.status;
    } catch (const no_answer& none) {
      return none;
    }
    return no_answer("", false, false);
  }

  // A server that says word for word what the test wants.
  task<std::unique_ptr<net::byte_stream>> accept_request() {
    auto stream = co_await scripted->accept();
    co_await read_request(*stream);
    co_return stream;
  }
  static task<> read_request(net::byte_stream& from) {
    std::string all;
    char buffer[4096];
    while (all.find("\r\n\r\n") == std::string::npos) {
      const auto got = co_await from.read_some(buffer);
      if (got == 0) throw std::runtime_error("no request came");
      all.append(buffer, got);
    }
  }
  static async::scope::sink fail_the_test() {
    return [](std::string_view task, std::exception_ptr why) {
      ADD_FAILURE() << task << ": " << async::text_of(why);
    };
  }
  // Answers the first connection with these bytes and closes it.
  void script(std::string bytes) {
    scripted = net::listen_tcp(io.on(), "127.0.0.1", 0);
    auto play = [](Client& self, std::string text) -> task<> {
      auto stream = co_await self.accept_request();
      co_await stream->write_all(text);
    };
    side.spawn("script", play(*this, std::move(bytes)));
  }

  async::loop io;
  http::router routes;
  std::unique_ptr<http::server> server;
  std::unique_ptr<net::acceptor> scripted;
  async::scope side{io.on(), fail_the_test()};
  std::unique_ptr<http::client> client;
  bool secure = false;
};

INSTANTIATE_TEST_SUITE_P(Of, Client,
                         testing::Values(engine{"plain", &http::make_plain_client},
                                         engine{"curl", &http::make_curl_client}),
                         [](const auto& info) { return info.param.name; });

}  // namespace

TEST_P(Client, AnyStatusIsAnAnswer) {
  routes.add("GET", "/status/{code}", [](request what) -> task<response> {
    co_return response::html(std::stoi(std::string(what.path_value("code"))), "<h1>said</h1>");
  });
  start();
  for (const int status : {200, 201, 302, 400, 401, 404, 409, 429, 500, 502, 503}) {
    const auto answer = send(to("/status/" + std::to_string(status)));
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, "<h1>said</h1>");
    EXPECT_EQ(answer.headers.find("content-type"), "text/html; charset=utf-8");
  }
  EXPECT_EQ(send(to("/status/204")).body, "");
}

TEST_P(Client, MethodHeadersAndBodyArriveAsGiven) {
  request seen;
  routes.add("POST", "/in", [&](request what) -> task<response> {
    seen = std::move(what);
    co_return response::text(200, "ok");
  });
  routes.add("DELETE", "/in", [&](request what) -> task<response> {
    seen = std::move(what);
    co_return response::text(200, "gone");
  });
  start();
  auto what = to("/in?a=%20b");
  what.method = "POST";
  what.headers.add("Content-Type", "application/json");
  what.headers.add("X-Empty", "");
  what.body = std::string("{\"a\":\0}", 7);
  EXPECT_EQ(send(what).body, "ok");
  EXPECT_EQ(seen.query_value("a"), " b");
  EXPECT_EQ(seen.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(seen.headers.find("X-Empty"), "");
  EXPECT_EQ(seen.headers.find("User-Agent"), "Tandem");
  EXPECT_EQ(seen.headers.find("Expect"), std::nullopt);
  EXPECT_EQ(seen.body, what.body);
  what = to("/in");
  what.method = "POST";
  EXPECT_EQ(send(what).body, "ok");
  EXPECT_EQ(seen.headers.find("Content-Length"), "0");
  what.method = "DELETE";
  EXPECT_EQ(send(what).body, "gone");
  EXPECT_EQ(seen.method, "DELETE");
  try {
    what.headers.add("X", "a\r\nY: b");
    send(what);
    ADD_FAILURE() << "a header was split";
  } catch (const std::invalid_argument&) {
  }
}

TEST_P(Client, LargeBodiesGoBothWays) {
  http::route_limits wide;
  wide.body = 32 << 20;
  routes.add(
      "POST", "/echo",
      [](request what) -> task<response> {
        response out;
        out.body = std::move(what.body);
        co_return out;
      },
      wide);
  start();
  auto what = to("/echo");
  what.method = "POST";
  for (int i = 0; i < (5 << 20); ++i) what.body += static_cast<char>(i * 31 >> 3);
  EXPECT_TRUE(send(what).body == what.body);
}

TEST_P(Client, AChunkedAnswerIsPutTogetherAndTheConnectionIsKept) {
  std::vector<std::string> order;
  routes.add("GET", "/stream", [](request) -> task<response> {
    response out;
    out.stream = [](http::stream_writer& to) -> task<> {
      for (int i = 0; i < 100; ++i) {
        const auto piece = std::to_string(i) + ",";
        co_await to.write(piece);
      }
    };
    co_return out;
  });
  http::listener_options options;
  options.max_connections = 1;  // a second connection would not be taken
  start(options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(send(to("/stream")).body.ends_with(",98,99,"));
}

TEST_P(Client, HeadHasNoBodyWhateverItsLengthSays) {
  routes.add("GET", "/", [](request) -> task<response> { co_return response::text(200, "hello"); });
  http::listener_options options;
  options.max_connections = 1;
  start(options);
  for (int i = 0; i < 3; ++i) {
    auto what = to("/");
    what.method = "HEAD";
    const auto answer = send(what);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.find("Content-Length"), "5");
    EXPECT_EQ(answer.body, "");
  }
}

TEST_P(Client, AnAnswerThatTakesTooLongIsGivenUp) {
  routes.add("GET", "/never", [&](request) -> task<response> {
    async::event never(io.on());
    co_await never.wait();
    co_return response{};
  });
  routes.add("GET", "/", [](request) -> task<response> { co_return response::text(200, "fine"); });
  start();
  auto what = to("/never");
  what.limit = 60ms;
  const auto begun = std::chrono::steady_clock::now();
  const auto none = failure(what);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_TRUE(none.timed_out);
  EXPECT_TRUE(none.sent);
  EXPECT_EQ(send(to("/")).body, "fine");
}

TEST_P(Client, NobodyListeningMeansThatNothingWasSent) {
  scripted = net::listen_tcp(io.on(), "127.0.0.1", 0);
  const auto what = to("/");
  scripted->close();
  const auto none = failure(what);
  EXPECT_FALSE(none.sent);
  EXPECT_FALSE(none.timed_out);
}

TEST_P(Client, WhatIsNoAddressIsNoAnswer) {
  for (const char* url :
       {"", "ftp://127.0.0.1/", "http://", "file:///etc/passwd", "http://127.0.0.1:99999/"}) {
    fetch what;
    what.url = url;
    EXPECT_FALSE(failure(what).sent) << url;
  }
}

TEST_P(Client, AnAnswerThatBreaksOffIsNoAnswer) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
    script(bytes);
    const auto none = failure(to("/"));
    EXPECT_TRUE(none.sent) << bytes;
    EXPECT_FALSE(none.timed_out) << bytes;
  }
}

TEST_P(Client, AnAnswerThatEndsWithTheConnectionIsWhole) {
  script("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
  EXPECT_EQ(send(to("/")).body, "all of it");
}

TEST_P(Client, ProvisionalAnswersAreReadOver) {
  script("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const auto answer = send(to("/"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok");
  EXPECT_EQ(answer.headers.find("Link"), std::nullopt);
}

TEST_P(Client, WhatIsNotHttpIsNoAnswer) {
  script("SSH-2.0-OpenSSH_9.2\r\nand so on\r\n\r\n");
  EXPECT_TRUE(failure(to("/")).sent);
}

TEST_P(Client, ABodyOverTheLimitIsNotTakenIn) {
  routes.add("GET", "/",
             [](request) -> task<response> { co_return response::text(200, std::string(5000, 'a')); });
  routes.add("GET", "/chunks", [](request) -> task<response> {
    response out;
    out.stream = [](http::stream_writer& to) -> task<> {
      const std::string piece(1000, 'a');
      for (int i = 0; i < 5; ++i) co_await to.write(piece);
    };
    co_return out;
  });
  start();
  for (const char* path : {"/", "/chunks"}) {
    auto what = to(path);
    what.max_body = 4999;
    EXPECT_TRUE(failure(what).sent);
    what.max_body = 5000;
    EXPECT_EQ(send(what).body.size(), 5000u);
  }
}

TEST_P(Client, AKeptConnectionThatTheServerHasClosedIsReplacedAlsoForWhatMustNotBeRepeated) {
  scripted = net::listen_tcp(io.on(), "127.0.0.1", 0);
  make();
  auto play = [&]() -> task<> {
    constexpr std::string_view kept = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    auto first = co_await accept_request();
    co_await first->write_all(kept, "1");
    co_await read_request(*first);
    co_await first->write_all(kept, "2");
    first->close();
    auto second = co_await accept_request();
    co_await second->write_all(kept, "3");
  };
  auto main = [&]() -> task<> {
    auto what = to("/");
    what.method = "POST";
    what.body = "pay";
    async::scope server_side(io.on(), fail_the_test());
    server_side.spawn("play", play());
    for (const char* expected : {"1", "2", "3"}) {
      auto copy = what;
      const auto answer = co_await client->send(std::move(copy));
      EXPECT_EQ(answer.body, expected);
      if (answer.body == "2") co_await async::yield();
    }
    co_await server_side.join();
  };
  io.run(async::within(10s, main()));
}

TEST_P(Client, ManyRequestsAtOnceShareTheAllowedConnections) {
  int now = 0, most = 0;
  async::event go_on(io.on());
  routes.add("GET", "/{n}", [&](request what) -> task<response> {
    most = std::max(most, ++now);
    for (int i = 0; i < 5; ++i) co_await async::yield();
    --now;
    co_return response::text(200, std::string(what.path_value("n")));
  });
  start();
  http::client_options options;
  options.connections_per_host = 4;
  make(options);
  int right = 0;
  auto ask = [&](int n) -> task<> {
    auto what = to("/" + std::to_string(n));
    what.pipeline = n % 3 != 0;  // some go behind others, some wait in line
    const auto answer = co_await client->send(std::move(what));
    right += answer.body == std::to_string(n);
  };
  auto main = [&]() -> task<> {
    async::scope asking(io.on(), fail_the_test());
    for (int n = 0; n < 200; ++n) asking.spawn("ask", ask(n));
    co_await asking.join();
  };
  io.run(async::within(20s, main()));
  EXPECT_EQ(right, 200);
  EXPECT_LE(most, 4);
  EXPECT_GE(most, 2);
}

namespace {

// Requests that may ride behind each other, all sent at once over a single connection, to a scripted server.
class Pipeline : public Client {
 protected:
  void SetUp() override {
    scripted = net::listen_tcp(io.on(), "127.0.0.1", 0);
    http::client_options options;
    options.connections_per_host = 1;
    make(options);
  }
  // Reads until that many requests have come, in whatever pieces; their targets.
  static task<std::string> read_requests(net::byte_stream& from, int count) {
    std::string all, targets;
    char buffer[4096];
    while (count > 0) {
      const auto got = co_await from.read_some(buffer);
      if (got == 0) throw std::runtime_error("too few requests came");
      all.append(buffer, got);
      for (auto end = all.find("\r\n\r\nx"); end != std::string::npos; end = all.find("\r\n\r\nx")) {
        targets += all.substr(all.find('/') + 1, 1);
        all.erase(0, end + 5);
        --count;
      }
    }
    EXPECT_EQ(all, "");
    co_return targets;
  }
  static std::string answer(std::string_view body, std::string_view more = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more) +
           "\r\n" + std::string(body);
  }
  task<> ask(std::string name) {
    auto what = to("/" + name);
    what.method = "POST";
    what.body = "x";
    what.pipeline = true;
    try {
      const auto got = co_await client->send(std::move(what));
      heard[name] = got.body;
    } catch (const no_answer& none) {
      heard[name] = none.sent ? "lost" : "not sent";
    }
  }
  void run(task<> server_side, std::initializer_list<std::string> names) {
    auto main = [&]() -> task<> {
      async::scope both(io.on(), fail_the_test());
      both.spawn("server", std::move(server_side));
      for (const auto& name : names) both.spawn("ask", ask(name));
      co_await both.join();
    };
    io.run(async::within(10s, main()));
  }
  std::map<std::string, std::string> heard;  // by request
};

INSTANTIATE_TEST_SUITE_P(Of, Pipeline, testing::Values(engine{"plain", &http::make_plain_client}));

}  // namespace

TEST_P(Pipeline, WhatFindsNoFreeConnectionGoesBehindAnotherAndGetsItsOwnAnswer) {
  auto play = [&]() -> task<> {
    auto stream = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*stream, 4), "abcd");
    const auto all = answer("A") + answer("B") + answer("C");
    co_await stream->write_all(all);  // and the last one cut in two
    const auto last = answer("D");
    co_await stream->write_all(std::string_view(last).substr(0, 20));
    co_await async::yield();
    co_await stream->write_all(std::string_view(last).substr(20));
    EXPECT_EQ(co_await read_requests(*stream, 1), "e") << "a fifth waits for its turn";
    const auto fifth = answer("E");
    co_await stream->write_all(fifth);
  };
  run(play(), {"a", "b", "c", "d", "e"});
  EXPECT_EQ(heard,
            (std::map<std::string, std::string>{{"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}, {"e", "E"}}));
}

TEST_P(Pipeline, WhatTheServerSaidThatItWillNotTakeInIsSentAgain) {
  auto play = [&]() -> task<> {
    auto stream = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*stream, 3), "abc");
    const auto closing = answer("A", "Connection: close\r\n");
    co_await stream->write_all(closing);
    auto second = co_await scripted->accept();
    stream->close();
    EXPECT_EQ(co_await read_requests(*second, 2), "bc");
    const auto both = answer("B") + answer("C");
    co_await second->write_all(both);
  };
  run(play(), {"a", "b", "c"});
  EXPECT_EQ(heard, (std::map<std::string, std::string>{{"a", "A"}, {"b", "B"}, {"c", "C"}}));
}

TEST_P(Pipeline, WhereTheConnectionBreaksNobodyKnowsWhatBecameOfThoseBehind) {
  auto play = [&]() -> task<> {
    auto stream = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*stream, 3), "abc");
    const auto first = answer("A");
    co_await stream->write_all(first);
    stream->close();
  };
  run(play(), {"a", "b", "c"});
  EXPECT_EQ(heard, (std::map<std::string, std::string>{{"a", "A"}, {"b", "lost"}, {"c", "lost"}}));
}

TEST_P(Pipeline, AnAnswerOfSomebodyWhoHasGivenUpIsNobodyElses) {
  auto main = [&]() -> task<> {
    async::scope staying(io.on(), fail_the_test()), leaving(io.on(), fail_the_test());
    staying.spawn("a", ask("a"));
    leaving.spawn("b", ask("b"));
    staying.spawn("c", ask("c"));
    auto stream = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*stream, 3), "abc");
    co_await leaving.stop();
    const auto all = answer("A") + answer("B") + answer("C");
    co_await stream->write_all(all);
    co_await staying.join();
    staying.spawn("d", ask("d"));
    auto second = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*second, 1), "d");
    const auto fourth = answer("D");
    co_await second->write_all(fourth);
    co_await staying.join();
  };
  io.run(async::within(10s, main()));
  EXPECT_EQ(heard, (std::map<std::string, std::string>{{"a", "A"}, {"c", "lost"}, {"d", "D"}}));
}

TEST_P(Pipeline, NothingGoesBehindARequestThatMayTakeLong) {
  auto main = [&]() -> task<> {
    async::scope both(io.on(), fail_the_test());
    auto poll = [&]() -> task<> {
      auto what = to("/poll");
      what.method = "POST";
      what.body = "x";
      const auto got = co_await client->send(std::move(what));
      heard["poll"] = got.body;
    };
    both.spawn("poll", poll());
    both.spawn("a", ask("a"));
    auto stream = co_await scripted->accept();
    EXPECT_EQ(co_await read_requests(*stream, 1), "p");
    for (int turns = 0; turns < 20; ++turns) co_await async::yield();
    const auto first = answer("P");
    co_await stream->write_all(first);
    EXPECT_EQ(co_await read_requests(*stream, 1), "a");
    const auto second = answer("A");
    co_await stream->write_all(second);
    co_await both.join();
  };
  io.run(async::within(10s, main()));
  EXPECT_EQ(heard, (std::map<std::string, std::string>{{"poll", "P"}, {"a", "A"}}));
}

TEST_P(Client, ACancelledRequestLeavesTheClientUsable) {
  async::event begun(io.on());
  routes.add("GET", "/never", [&](request) -> task<response> {
    async::event never(io.on());
    begun.ring();
    co_await never.wait();
    co_return response{};
  });
  routes.add("GET", "/", [](request) -> task<response> { co_return response::text(200, "fine"); });
  start();
  http::client_options options;
  options.connections_per_host = 1;
  make(options);
  bool answered = false;
  auto ask = [&]() -> task<> {
    auto what = to("/never");
    co_await client->send(std::move(what));
    answered = true;
  };
  auto main = [&]() -> task<> {
    async::scope asking(io.on(), fail_the_test());
    asking.spawn("one", ask());
    asking.spawn("two", ask());  // waits for the connection
    co_await begun.wait();
    co_await asking.stop();
    auto what = to("/");
    const auto answer = co_await client->send(std::move(what));
    EXPECT_EQ(answer.body, "fine");
  };
  io.run(async::within(10s, main()));
  EXPECT_FALSE(answered);
}

TEST_P(Client, TheClientMayGoBeforeItsRequests) {
  routes.add("GET", "/never", [&](request) -> task<response> {
    async::event never(io.on());
    co_await never.wait();
    co_return response{};
  });
  start();
  make();
  auto ask = [&]() -> task<> {
    auto what = to("/never");
    co_await client->send(std::move(what));
  };
  auto main = [&]() -> task<> {
    async::scope asking(io.on(), [](std::string_view, std::exception_ptr) {});
    asking.spawn("one", ask());
    for (int i = 0; i < 10; ++i) co_await async::yield();
    client.reset();
    co_await asking.stop();
  };
  io.run(async::within(10s, main()));
}

TEST_P(Client, RedirectsAreFollowedOnlyIfAskedFor) {
  routes.add("GET", "/old", [](request) -> task<response> {
    response out = response::text(302, "moved");
    out.headers.add("Location", "/new?x=1");
    co_return out;
  });
  routes.add("GET", "/new", [](request what) -> task<response> {
    co_return response::text(200, "new " + std::string(what.query_value("x").value_or("")));
  });
  routes.add("GET", "/loop", [](request) -> task<response> {
    response out = response::text(302, "moved");
    out.headers.add("Location", "/loop");
    co_return out;
  });
  start();
  auto what = to("/old");
  EXPECT_EQ(send(what).status, 302);
  what.follow_redirects = true;
  EXPECT_EQ(send(what).body, "new 1");
  what.url = to("/loop").url;
  failure(what);
}

TEST_P(Client, TlsNeedsACertificateThatCanBeTrusted) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("tandem-client-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  http::listener_options options;
  options.certificate_file = (folder / "cert.pem").string();
  options.key_file = (folder / "key.pem").string();
  net::write_self_signed(options.certificate_file, options.key_file, "tandem.test", "tandem.test");
  routes.add("GET", "/", [](request what) -> task<response> {
    co_return response::text(200, what.encrypted ? std::string(100'000, 'e') : "plain");
  });
  start(options);
  secure = true;
  make();
  EXPECT_FALSE(failure(to("/")).sent);
  http::client_options trusting;
  trusting.ca_file = options.certificate_file;
  make(trusting);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(to("/")).body.size(), 100'000u);
  std::filesystem::remove_all(folder);
}

// ---- trying again

TEST(Retry, WhatIsWorthATryIsTriedAgainWithGrowingPauses) {
  http::retry_policy policy;
  policy.attempts = 5;
  policy.first = 100ms;
  policy.longest = 300ms;
  const auto wait = [&](int tries, int status, double chance) {
    return http::next_try_in(policy, tries, {.status = status, .sent = true}, chance);
  };
  EXPECT_EQ(wait(1, 502, 0), 50ms);
  EXPECT_EQ(wait(1, 502, 0.5), 75ms);
  EXPECT_EQ(wait(2, 0, 0), 100ms);
  EXPECT_EQ(wait(4, 500, 0), 150ms);  // not over the longest
  EXPECT_EQ(wait(5, 500, 0), std::nullopt);
  for (const int status : {200, 302, 400, 403, 404, 501})
    EXPECT_EQ(wait(1, status, 0), std::nullopt) << status;
}

TEST(Retry, TheServersWishIsHonouredUnlessItIsTooLong) {
  http::retry_policy policy;
  policy.longest = 10s;
  EXPECT_EQ(http::next_try_in(policy, 1, {.status = 429, .sent = true, .retry_after = 7s}, 0), 7s);
  EXPECT_EQ(http::next_try_in(policy, 1, {.status = 429, .sent = true, .retry_after = 11s}, 0), std::nullopt);
}

TEST(Retry, WhatMustNotBeRepeatedIsTriedAgainOnlyIfItWasNotTakenIn) {
  http::retry_policy policy;
  policy.safe_to_repeat = false;
  EXPECT_FALSE(http::next_try_in(policy, 1, {.status = 0, .sent = true}, 0));
  EXPECT_FALSE(http::next_try_in(policy, 1, {.status = 502, .sent = true}, 0));
  EXPECT_TRUE(http::next_try_in(policy, 1, {.status = 0, .sent = false}, 0));
  EXPECT_TRUE(http::next_try_in(policy, 1, {.status = 429, .sent = true}, 0));
}

TEST(Retry, SendsUntilThereIsAnAnswerOrTheTriesAreUsedUp) {
  struct failing final : http::client {
    task<response> send(fetch) override {
      ++calls;
      if (calls < 3) throw no_answer("no", false, false);
      co_return response::text(calls == 3 ? 503 : 200, std::to_string(calls));
    }
    int calls = 0;
  } client;
  async::loop io;
  http::retry_policy policy;
  policy.first = 1ms;
  EXPECT_EQ(io.run(http::send_with_retries(client, {}, policy)).body, "4");
  client.calls = 0;
  policy.attempts = 3;
  EXPECT_EQ(io.run(http::send_with_retries(client, {}, policy)).status, 503);
  client.calls = 0;
  policy.attempts = 2;
  EXPECT_THROW(io.run(http::send_with_retries(client, {}, policy)), no_answer);
}
