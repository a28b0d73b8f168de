#include "platform/http/server.hpp"

#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/http/client.hpp"
#include "platform/http/gzip.hpp"
#include "platform/log/log.hpp"
#include "platform/net/stream.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using http::fetch;
using http::handler;
using http::request;
using http::response;

namespace {

handler says(std::string text) {
  return [text](request) -> task<response> { co_return response::text(200, text); };
}

// A server on a free port, a client for it, and raw bytes for what a decent client would not send.
class Server : public testing::Test {
 protected:
  void start(http::listener_options with = {}, std::chrono::milliseconds grace = 2s) {
    server = http::make_server(io.on(), "test", std::move(with), routes, grace);
    client = http::make_plain_client(io.on(), {});
    io.run(server->start());
  }
  void TearDown() override {
    if (server) io.run(server->stop());
    client.reset();
    log::set_level("http.test", log::level::warn);
  }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + std::string(path);
  }
  response get(std::string_view path, http::headers headers = {}) {
    fetch what;
    what.url = url(path);
    what.headers = std::move(headers);
    return io.run(client->send(std::move(what)));
  }
  // Sends the bytes and reads until the server closes.
  std::string raw(std::string bytes) { return io.run(async::within(10s, exchange(std::move(bytes)))); }
  task<std::string> exchange(std::string bytes) {
    auto stream = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await stream->write_all(bytes);
    co_return co_await rest_of(*stream);
  }
  static task<std::string> rest_of(net::byte_stream& stream) {
    std::string all;
    char buffer[4096];
    while (const auto got = co_await stream.read_some(buffer)) all.append(buffer, got);
    co_return all;
  }
  // Reads until the text has come.
  static task<std::string> read_until(net::byte_stream& stream, std::string_view end) {
    std::string all;
    char buffer[4096];
    while (all.find(end) == std::string::npos) {
      const auto got = co_await stream.read_some(buffer);
      if (got == 0) throw std::runtime_error("ended before: " + std::string(end) + " after: " + all);
      all.append(buffer, got);
    }
    co_return all;
  }
  static async::scope::sink ignore() {
    return [](std::string_view, std::exception_ptr) {};
  }

  async::loop io;
  http::router routes;
  std::unique_ptr<http::server> server;
  std::unique_ptr<http::client> client;
};

int count(std::string_view text, std::string_view piece) {
  int found = 0;
  for (auto at = text.find(piece); at != std::string_view::npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_F(Server, AHandlerSeesPathQueryHeadersBodyAndPeer) {
  request seen;
  routes.add("POST", "/people/{id}/notes", [&](request what) -> task<response> {
    seen = std::move(what);
    co_return response::json(201, "{}");
  });
  start();
  fetch what;
  what.method = "POST";
  what.url = url("/people/%D1%8F%2F1/notes?q=a+b&empty=&q=%26");
  what.headers.add("X-Trace", "abc");
  what.body = "hello";
  const auto answer = io.run(client->send(what));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.find("content-type"), "application/json");
  EXPECT_EQ(seen.path_value("id"), "я/1");
  EXPECT_EQ(seen.query_value("q"), "a b");
  EXPECT_EQ(seen.query.size(), 3u);
  EXPECT_EQ(seen.headers.find("x-trace"), "abc");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_FALSE(seen.encrypted);
}

TEST_F(Server, AnUnknownPathIs404AndAnotherMethodIs405WithWhatIsAllowed) {
  routes.add("POST", "/a", says("x"));
  start();
  EXPECT_EQ(get("/b").status, 404);
  const auto refused = get("/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.find("Allow"), "POST");
  EXPECT_EQ(refused.body,
            R"({"error":{"code":"method_not_allowed","message":"This address does not know that method."}})");
}

TEST_F(Server, AnExceptionOfAHandlerIsA500ThatTellsNothingAndTheConnectionGoesOn) {
  std::vector<std::string> lines;
  log::options quiet;
  quiet.output = [&](log::level at, std::string_view line) {
    if (at >= log::level::error) lines.emplace_back(line);
  };
  log::configure(quiet);
  routes.add("GET", "/bad", [](request) -> task<response> {
    throw std::runtime_error("password of the database");
    co_return response{};
  });
  routes.add("GET", "/header", [](request) -> task<response> {
    response split;
    split.headers.add("X", "a\r\nSet-Cookie: evil=1");
    co_return split;
  });
  routes.add("GET", "/good", says("good"));
  start();
  const auto answers =
      raw("GET /bad HTTP/1.1\r\nHost: x\r\n\r\nGET /header HTTP/1.1\r\nHost: x\r\n\r\n"
          "GET /good HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  log::configure({.default_level = log::level::warn});
  EXPECT_EQ(count(answers, "HTTP/1.1 500"), 2);
  EXPECT_EQ(answers.find("password"), std::string::npos);
  EXPECT_EQ(answers.find("evil"), std::string::npos);
  EXPECT_TRUE(answers.ends_with("good"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("password of the database"), std::string::npos);
  EXPECT_NE(lines[0].find("GET /bad"), std::string::npos);
}

TEST_F(Server, PipelinedRequestsAreAnsweredInOrder) {
  async::event later(io.on());
  routes.add("GET", "/slow", [&](request) -> task<response> {
    co_await later.wait_for(30ms);
    co_return response::text(200, "one");
  });
  routes.add("GET", "/fast", says("two"));
  start();
  const auto answers =
      raw("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto one = answers.find("one"), two = answers.find("two"), none = answers.find("404");
  EXPECT_LT(one, two);
  EXPECT_LT(two, none);
  EXPECT_NE(none, std::string::npos);
}

TEST_F(Server, ARequestMayArriveByteByByte) {
  routes.add("POST", "/echo",
             [](request what) -> task<response> { co_return response::text(200, what.body); });
  start();
  auto trickle = [&]() -> task<std::string> {
    auto stream = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    const std::string bytes =
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
    for (const char& c : bytes) {
      co_await stream->write_all(std::string_view(&c, 1));
      co_await async::yield();
    }
    co_return co_await rest_of(*stream);
  };
  EXPECT_TRUE(io.run(trickle()).ends_with("\r\n\r\nabcde"));
}

TEST_F(Server, MalformedRequestsAreRefusedAndTheConnectionEnds) {
  routes.add("POST", "/", says("x"));
  start();
  const std::pair<const char*, const char*> cases[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},  // no host
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
      {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"},  // space before the colon
      {"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: x\n\r\n\r\n", "400"},  // bare line feeds
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400"},
  };
  for (const auto& [bytes, status] : cases) {
    EXPECT_TRUE(raw(bytes).starts_with(std::string("HTTP/1.1 ") + status)) << bytes;
  }
}

TEST_F(Server, TooLargeHeadersAndBodiesAreRefusedBeforeTheyAreTakenIn) {
  http::route_limits small;
  small.body = 10;
  routes.add("POST", "/small", says("x"), small);
  http::listener_options options;
  options.header_bytes = 1000;
  start(options);
  EXPECT_TRUE(
      raw("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(raw("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\n")
                  .starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(raw("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a')).starts_with("HTTP/1.1 431"));
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 101; ++i) many += "a:b\r\n";
  EXPECT_TRUE(raw(many + "\r\n").starts_with("HTTP/1.1 431"));
}

TEST_F(Server, AnExpectedContinueIsSentOnlyIfTheBodyIsWelcome) {
  http::route_limits small;
  small.body = 10;
  routes.add(
      "POST", "/small", [](request what) -> task<response> { co_return response::text(200, what.body); },
      small);
  start();
  auto talk = [&]() -> task<std::string> {
    auto stream = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await stream->write_all(
        "POST /small HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
        "5\r\n\r\n");
    auto all = co_await read_until(*stream, "100 Continue\r\n\r\n");
    co_await stream->write_all("hello");
    all += co_await rest_of(*stream);
    co_return all;
  };
  EXPECT_TRUE(io.run(talk()).ends_with("hello"));
  EXPECT_TRUE(raw("POST /small HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
}

TEST_F(Server, WhoSendsTooSlowlyIsToldSoAndDropped) {
  http::listener_options options;
  options.header_limit = 40ms;
  options.body_limit = 40ms;
  options.idle_limit = 40ms;
  routes.add("POST", "/", says("x"));
  start(options);
  EXPECT_TRUE(raw("GET / HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab").starts_with("HTTP/1.1 408"));
  EXPECT_EQ(raw(""), "");  // never says anything
}

TEST_F(Server, AHandlerThatTakesTooLongIsCancelledAndAnsweredWith503AndTheConnectionGoesOn) {
  log::set_level("http.test", log::level::off);
  http::route_limits quick;
  quick.handling = 20ms;
  bool cancelled = false;
  routes.add(
      "GET", "/slow",
      [&](request) -> task<response> {
        async::event never(io.on());
        try {
          co_await never.wait();
        } catch (const boost::system::system_error&) {
          cancelled = true;
          throw;
        }
        co_return response{};
      },
      quick);
  routes.add("GET", "/fine", says("fine"));
  start();
  const auto answers =
      raw("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(answers.ends_with("fine"));
  EXPECT_TRUE(cancelled);
}

TEST_F(Server, AnOldClientGetsNoChunksAndAClosedConnection) {
  routes.add("GET", "/stream", [](request) -> task<response> {
    response out;
    out.stream = [](http::stream_writer& to) -> task<> {
      co_await to.write("a");
      co_await to.write("b");
    };
    co_return out;
  });
  start();
  const auto answer = raw("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nab"));
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
}

TEST_F(Server, AStreamReachesTheClientBitByBitAndEndsWithTheServer) {
  async::event more(io.on());
  bool ended = false;
  routes.add("GET", "/events", [&](request) -> task<response> {
    response out;
    out.headers.add("Content-Type", "text/event-stream");
    out.stream = [&](http::stream_writer& to) -> task<> {
      struct note {
        bool& it;
        ~note() { it = true; }
      } leaving{ended};
      for (int i = 0;; ++i) {
        const auto text = "data: " + std::to_string(i) + "\n\n";
        co_await to.write(text);
        co_await more.wait();
      }
    };
    co_return out;
  });
  start();
  auto talk = [&]() -> task<> {
    auto stream = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await stream->write_all("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await read_until(*stream, "data: 0\n\n");
    more.ring();
    co_await read_until(*stream, "data: 1\n\n");
    co_await server->stop();
    EXPECT_TRUE(ended);
    char byte = 0;
    EXPECT_EQ(co_await stream->read_some(std::span(&byte, 1)), 0u);
  };
  io.run(async::within(10s, talk()));
}

TEST_F(Server, AStreamIsEndedWhenItsClientHasGone) {
  async::event ended(io.on());
  routes.add("GET", "/events", [&](request) -> task<response> {
    response out;
    out.stream = [&](http::stream_writer& to) -> task<> {
      struct note {
        async::event& it;
        ~note() { it.ring(); }
      } leaving{ended};
      co_await to.write("x");
      async::event never(io.on());
      co_await never.wait();
    };
    co_return out;
  });
  start();
  auto talk = [&]() -> task<> {
    auto stream = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await stream->write_all("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await read_until(*stream, "x");
    stream->close();
    EXPECT_TRUE(co_await ended.wait_for(5s));
  };
  io.run(talk());
}

TEST_F(Server, StopLetsARequestInWorkEndAndClosesIdleConnections) {
  async::event begun(io.on()), finish(io.on());
  routes.add("GET", "/work", [&](request) -> task<response> {
    begun.ring();
    co_await finish.wait();
    co_return response::text(200, "done");
  });
  start();
  auto talk = [&]() -> task<> {
    async::scope side(io.on(), ignore());
    auto idle = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    auto busy = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await busy->write_all("GET /work HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await begun.wait();
    side.spawn("stop", server->stop());
    char byte = 0;
    EXPECT_EQ(co_await idle->read_some(std::span(&byte, 1)), 0u);
    finish.ring();
    const auto answer = co_await rest_of(*busy);
    EXPECT_TRUE(answer.ends_with("done"));
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    co_await side.join();
    EXPECT_FALSE(server->state().ready);
  };
  io.run(async::within(10s, talk()));
}

TEST_F(Server, StopDoesNotWaitLongerThanItsGraceAndMayBeRepeatedAndStartedAgain) {
  log::set_level("http.test", log::level::off);
  async::event begun(io.on());
  routes.add("GET", "/work", [&](request) -> task<response> {
    async::event never(io.on());
    begun.ring();
    co_await never.wait();
    co_return response{};
  });
  routes.add("GET", "/", says("again"));
  start({}, 10ms);
  auto talk = [&]() -> task<> {
    auto busy = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await busy->write_all("GET /work HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await begun.wait();
    co_await server->stop();
    co_await server->stop();
    co_await server->start();
    co_await server->start();
  };
  io.run(async::within(10s, talk()));
  EXPECT_EQ(get("/").body, "again");
}

TEST_F(Server, MoreConnectionsThanAllowedWaitUntilOneLeaves) {
  http::listener_options options;
  options.max_connections = 1;
  routes.add("GET", "/", says("hello"));
  start(options);
  auto talk = [&]() -> task<> {
    auto first = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await first->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await read_until(*first, "hello");
    auto second = co_await net::connect_tcp("127.0.0.1", server->port(), 5s);
    co_await second->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 20; ++i) co_await async::yield();
    EXPECT_TRUE(second->usable());  // nothing has come
    first->close();
    co_await read_until(*second, "hello");
  };
  io.run(async::within(10s, talk()));
}

TEST_F(Server, TextsAreCompressedForWhoAcceptsIt) {
  const std::string text(5000, 'a');
  routes.add("GET", "/text", says(text));
  routes.add("GET", "/short", says("a"));
  routes.add("GET", "/picture", [&](request) -> task<response> {
    response out;
    out.headers.add("Content-Type", "image/png");
    out.body = text;
    co_return out;
  });
  start();
  http::headers accepting;
  accepting.add("Accept-Encoding", "br, gzip;q=0.8");
  http::headers refusing;
  refusing.add("Accept-Encoding", "gzip;q=0, identity");
  const auto packed = get("/text", accepting);
  EXPECT_EQ(packed.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(packed.body, http::gzip(text));
  EXPECT_LT(packed.body.size(), 200u);
  EXPECT_EQ(get("/text").body, text);
  EXPECT_EQ(get("/text", refusing).body, text);
  EXPECT_EQ(get("/short", accepting).body, "a");
  EXPECT_EQ(get("/picture", accepting).body, text);
}

TEST_F(Server, HeadHasTheHeadersOfGetAndNoBody) {
  routes.add("GET", "/", says("hello"));
  start();
  const auto answer = raw("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(Server, FilesAreServedWithATagAndNotSentTwice) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("tandem-static-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "assets");
  std::filesystem::create_directories(folder / ".git");
  std::ofstream(folder / "index.html") << "<p>home</p>";
  std::ofstream(folder / "assets" / "app-1a2b.js") << "let a;";
  std::ofstream(folder / ".git" / "config") << "secret";
  routes.add("GET", "/app/api", says("api"));
  routes.add_static("/app", folder.string());
  start();
  for (const char* path : {"/app", "/app/", "/app/index.html"})
    EXPECT_EQ(get(path).body, "<p>home</p>") << path;
  EXPECT_EQ(get("/app/api").body, "api");
  const auto script = get("/app/assets/app-1a2b.js");
  EXPECT_EQ(script.headers.find("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(script.headers.find("Cache-Control")->find("immutable"), std::string_view::npos);
  http::headers known;
  known.add("If-None-Match", "\"x\", " + std::string(*script.headers.find("ETag")));
  const auto unchanged = get("/app/assets/app-1a2b.js", known);
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.body, "");
  for (const char* path :
       {"/app/../server_test.cpp", "/app/%2e%2e/x", "/app/..%2f..%2fetc/passwd", "/app/.git/config",
        "/app/none", "/app//etc/passwd", "/app/assets/", "/app/a%5c..%5cb"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  std::filesystem::remove_all(folder);
}

TEST_F(Server, ForwardedHeadersAreBelievedFromTrustedProxiesOnly) {
  routes.add("GET", "/", [](request what) -> task<response> {
    co_return response::text(200, what.peer + (what.encrypted ? " encrypted" : ""));
  });
  http::headers forwarded;
  forwarded.add("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.2.3");
  forwarded.add("X-Forwarded-Proto", "https");
  start();
  EXPECT_EQ(get("/", forwarded).body, "127.0.0.1");
  io.run(server->stop());
  http::listener_options options;
  options.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
  start(options);
  EXPECT_EQ(get("/", forwarded).body, "203.0.113.9 encrypted");
}

TEST(Listener, IsNotOpenedToTheWorldWithoutTls) {
  http::listener_options open;
  open.address = "0.0.0.0";
  EXPECT_FALSE(http::check_listener(open));
  auto behind = open;
  behind.trusted_proxies = {"10.0.0.0/8"};
  EXPECT_TRUE(http::check_listener(behind));
  behind.trusted_proxies = {"10.0.0.0/99"};
  EXPECT_FALSE(http::check_listener(behind));
  auto encrypted = open;
  encrypted.certificate_file = "cert.pem";
  EXPECT_FALSE(http::check_listener(encrypted));
  encrypted.key_file = "key.pem";
  EXPECT_TRUE(http::check_listener(encrypted));
  EXPECT_TRUE(http::check_listener({}));
}

TEST(Router, TheNarrowestPatternWins) {
  async::loop io;
  http::router routes;
  for (const char* pattern : {"/a", "/{any}", "/bot{token}/{method}", "/bot{token}", "/x/{one}/z",
                              "/x/y/{two}", "/x/{rest...}", "/"}) {
    routes.add("GET", pattern, [pattern](request what) -> task<response> {
      std::string out = pattern;
      for (const auto& [name, value] : what.captured) out += " " + name + "=" + value;
      co_return response::text(200, out);
    });
  }
  const auto answer = [&](std::string target) {
    request what;
    what.method = "GET";
    what.target = std::move(target);
    const auto got = io.run(routes.answer(std::move(what)));
    return got.status == 200 ? got.body : std::to_string(got.status);
  };
  EXPECT_EQ(answer("/"), "/");
  EXPECT_EQ(answer("/a?b=/c"), "/a");
  EXPECT_EQ(answer("/b"), "/{any} any=b");
  EXPECT_EQ(answer("/bot12:ab/sendMessage"), "/bot{token}/{method} token=12:ab method=sendMessage");
  EXPECT_EQ(answer("/bot1"), "/bot{token} token=1");
  EXPECT_EQ(answer("/bot"), "/{any} any=bot");
  EXPECT_EQ(answer("/x/y/z"), "/x/y/{two} two=z");
  EXPECT_EQ(answer("/x/q/z"), "/x/{one}/z one=q");
  EXPECT_EQ(answer("/x/y/z/w"), "/x/{rest...} rest=y/z/w");
  EXPECT_EQ(answer("/x/%2e%2e"), "/x/{rest...} rest=..");
  EXPECT_EQ(answer("/c/d"), "404");
  EXPECT_EQ(answer("/a/"), "404");
}

TEST(Router, TheSameRouteTwiceIsAMistake) {
  http::router routes;
  routes.add("GET", "/{a}", says("x"));
  EXPECT_THROW(routes.add("GET", "/{b}", says("y")), std::logic_error);
}
