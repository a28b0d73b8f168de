#include "platform/redis/redis.hpp"

#include <gtest/gtest.h>

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/net/self_signed.hpp"
#include "platform/net/stream.hpp"
#include "platform/redis/redis_server_for_test.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

// A server, a loop and a client that retries quickly.
struct at_a_server {
  redis::server_for_test server;
  async::loop io;
  std::unique_ptr<redis::client> client;

  explicit at_a_server(std::vector<std::string> more = {}) : server(std::move(more)) {
    client = redis::make_client(io.on(), options());
  }
  ~at_a_server() { io.run(client->stop()); }
  redis::client_options options() const {
    redis::client_options out;
    out.at = server.at();
    out.retry_first = 5ms;
    out.retry_longest = 20ms;
    return out;
  }
  void run(task<> test) { io.run(async::within(30s, std::move(test))); }
  task<redis::value> ask(std::initializer_list<std::string_view> words) {
    redis::batch one;
    one.add(words);
    auto answers = co_await client->run(std::move(one));
    co_return std::move(answers.front());
  }
  // Until the client is connected, or is not.
  task<> until(bool connected) {
    while (client->state().connected != connected) co_await async::yield();
  }
};

}  // namespace

TEST(RedisAddress, IsReadWithEverythingThatItMayHave) {
  const auto all = redis::parse_address("rediss://tan%40dem:p%3Ass@[::1]:7000/3");
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->host, "::1");
  EXPECT_EQ(all->port, 7000);
  EXPECT_EQ(all->user, "tan@dem");
  EXPECT_EQ(all->password, "p:ss");
  EXPECT_EQ(all->database, 3);
  EXPECT_TRUE(all->tls);
  EXPECT_EQ(all->shown(), "rediss://[::1]:7000/3") << "the password is not shown";
  const auto least = redis::parse_address("redis://cache.example.org");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->port, 6379);
  EXPECT_EQ(least->database, 0);
  EXPECT_FALSE(least->tls);
  EXPECT_EQ(redis::parse_address("redis://:secret@host/")->password, "secret");
}

TEST(RedisAddress, WhatIsWrongIsTold) {
  for (const auto* text :
       {"", "host:6379", "http://host", "redis://", "redis://host:0", "redis://host/x", "redis://host/-1",
        "redis://host/1/2", "redis://password@host", "redis://host?db=1", "redis://ho st"}) {
    const auto got = redis::parse_address(text);
    ASSERT_FALSE(got) << text;
    EXPECT_NE(got.error().find("write redis://"), std::string::npos);
  }
}

TEST(RedisClient, CommandsAreAnsweredInTheirOrder) {
  at_a_server here;
  auto test = [&]() -> task<> {
    EXPECT_TRUE(co_await here.client->first_try());
    EXPECT_TRUE(here.client->state().version.starts_with("7."));
    redis::batch several;
    several.add({"SET", "a", std::string_view("\r\n\0x", 4)});
    several.add({"GET", "a"});
    several.add({"GET", "none"});
    several.add({"INCR", "a"});
    several.add({"HGETALL", "none"});
    const auto got = co_await here.client->run(std::move(several));
    EXPECT_EQ(got.size(), 5u);
    EXPECT_EQ(got[0].text, "OK");
    EXPECT_EQ(got[1].text, std::string("\r\n\0x", 4));
    EXPECT_TRUE(got[2].is_null());
    EXPECT_EQ(got[3].error_code(), "ERR") << "an error is a value";
    EXPECT_EQ(got[4].kind, redis::value_kind::map) << "RESP3 is spoken";
  };
  here.run(test());
}

TEST(RedisClient, ManyAtOnceGetTheirOwnAnswers) {
  at_a_server here;
  int right = 0;
  auto one = [&](int number) -> task<> {
    const auto text = std::to_string(number) + std::string(static_cast<std::size_t>(number), 'x');
    const auto got = co_await here.ask({"ECHO", text});
    if (got.text == text) ++right;
  };
  auto test = [&]() -> task<> {
    co_await here.client->first_try();
    async::scope work(here.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    for (int n = 0; n < 1000; ++n) work.spawn("ask", one(n));
    co_await work.join();
  };
  here.run(test());
  EXPECT_EQ(right, 1000);
}

TEST(RedisClient, AKilledServerIsToldAtOnceAndFoundAgain) {
  at_a_server here;
  auto test = [&]() -> task<> {
    co_await here.client->first_try();
    here.server.kill();
    co_await here.until(false);
    EXPECT_THROW(co_await here.ask({"PING"}), redis::unavailable);
    here.server.start();
    co_await here.until(true);
    const auto got = co_await here.ask({"PING"});
    EXPECT_EQ(got.text, "PONG");
    EXPECT_EQ(here.client->state().broken, 1u);
    EXPECT_EQ(here.client->state().connections, 2u);
  };
  here.run(test());
}

TEST(RedisClient, APausedServerCostsOneAnswersTimeAndThenNoTime) {
  at_a_server here;
  auto test = [&]() -> task<> {
    co_await here.client->first_try();
    here.server.pause();
    auto begun = std::chrono::steady_clock::now();
    EXPECT_THROW(co_await here.ask({"PING"}), redis::unavailable);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 150ms);
    begun = std::chrono::steady_clock::now();
    for (int n = 0; n < 100; ++n) EXPECT_THROW(co_await here.ask({"PING"}), redis::unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 150ms) << "nobody waits for a server that is away";
    here.server.go_on();
    co_await here.until(true);
    const auto got = co_await here.ask({"PING"});
    EXPECT_EQ(got.text, "PONG");
  };
  here.run(test());
}

TEST(RedisClient, AWrongPasswordIsToldAndARightOneIsTaken) {
  at_a_server here({"--requirepass", "right"});
  auto test = [&]() -> task<> {
    EXPECT_FALSE(co_await here.client->first_try());
    EXPECT_NE(here.client->state().problem.find("NOAUTH"), std::string::npos) << here.client->state().problem;
    auto options = here.options();
    options.at.password = "wrong";
    const auto wrong = redis::make_client(here.io.on(), options);
    EXPECT_FALSE(co_await wrong->first_try());
    EXPECT_NE(wrong->state().problem.find("WRONGPASS"), std::string::npos) << wrong->state().problem;
    options.at.password = "right";
    options.at.database = 2;
    const auto right = redis::make_client(here.io.on(), options);
    EXPECT_TRUE(co_await right->first_try());
    co_await wrong->stop();
    co_await right->stop();
  };
  here.run(test());
}

TEST(RedisClient, TlsIsSpokenWithWhomTheCertificateNames) {
  const std::string folder = "/var/tmp/tandem-redis-tls-" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  const auto certificate = folder + "/cert.pem", key = folder + "/key.pem";
  net::write_self_signed(certificate, key, "redis.example.org", "redis");
  const auto port = pg::free_port();
  {
    at_a_server here({"--tls-port", std::to_string(port), "--tls-cert-file", certificate, "--tls-key-file",
                      key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"});
    auto test = [&]() -> task<> {
      auto options = here.options();
      options.at =
          *redis::parse_address("rediss://127.0.0.1:" + std::to_string(port) + "?cacertfile=" + certificate);
      const auto known = redis::make_client(here.io.on(), options);
      EXPECT_TRUE(co_await known->first_try()) << known->state().problem;
      options.at.ca_file.clear();
      const auto stranger = redis::make_client(here.io.on(), options);
      EXPECT_FALSE(co_await stranger->first_try());
      EXPECT_NE(stranger->state().problem.find("certificate verify failed"), std::string::npos)
          << stranger->state().problem;
      co_await known->stop();
      co_await stranger->stop();
    };
    here.run(test());
  }
  std::filesystem::remove_all(folder);
}

TEST(RedisClient, SomebodyElseOnThePortIsNoServer) {
  async::loop io;
  const auto door = net::listen_tcp(io.on(), "127.0.0.1", 0);
  auto web = [&]() -> task<> {
    const auto caller = co_await door->accept();
    co_await caller->write_all("HTTP/1.1 400 Bad Request\r\n\r\n");
    char byte = 0;
    while (co_await caller->read_some(std::span(&byte, 1)) > 0) {
    }
  };
  auto test = [&]() -> task<> {
    async::scope work(io.on(), [](std::string_view, const std::exception_ptr&) {});
    work.spawn("web server", web());
    redis::client_options options;
    options.at.host = "127.0.0.1";
    options.at.port = door->port();
    const auto client = redis::make_client(io.on(), options);
    EXPECT_FALSE(co_await client->first_try());
    EXPECT_NE(client->state().problem.find("not RESP3"), std::string::npos) << client->state().problem;
    co_await client->stop();
    co_await work.stop();
  };
  io.run(async::within(20s, test()));
}

TEST(RedisClient, TooManyWhoWaitAreRefusedInsteadOfKept) {
  at_a_server here;
  auto options = here.options();
  options.most_waiting = 10;
  auto test = [&]() -> task<> {
    const auto small = redis::make_client(here.io.on(), options);
    co_await small->first_try();
    redis::batch large;
    for (int n = 0; n < 11; ++n) large.add({"PING"});
    EXPECT_THROW(co_await small->run(std::move(large)), redis::unavailable);
    co_await small->stop();
  };
  here.run(test());
}
