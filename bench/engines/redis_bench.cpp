// Our Redis client and the cache's second level beside hiredis, on one server of their own, interleaved. No
// arguments:
//   build/release/bench/redis_bench
// Half a minute on a quiet machine; each line comes when it has been measured.
// GET of a value of 200 bytes; depth is how many wait at once. hiredis is the bare library in its blocking
// form, whose pipeline has the same depth; it has no event loop, no time limits and no reconnecting.
#include <fmt/core.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/cache/cache.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/redis/redis_server_for_test.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr int rounds = 3, asked = 60'000;

void must(bool fine, std::string_view what) {
  if (!fine) throw std::runtime_error(std::string(what));
}

struct figures {
  double per_second = 0;
  double p50_us = 0, p99_us = 0;
};

figures of(steady::time_point begun, std::vector<double> times) {
  const auto seconds = std::chrono::duration<double>(steady::now() - begun).count();
  std::ranges::sort(times);
  return {static_cast<double>(times.size()) / seconds, times[times.size() / 2],
          times[times.size() * 99 / 100]};
}

double microseconds_since(steady::time_point begun) {
  return std::chrono::duration<double, std::micro>(steady::now() - begun).count();
}

figures with_hiredis(int port, int depth) {
  const std::unique_ptr<redisContext, decltype(&redisFree)> at(redisConnect("127.0.0.1", port), &redisFree);
  must(at && at->err == 0, "hiredis does not connect");
  std::vector<double> times;
  const auto begun = steady::now();
  for (int done = 0; done < asked; done += depth) {
    const auto sent = steady::now();
    for (int n = 0; n < depth; ++n) redisAppendCommand(at.get(), "GET %s", "key");
    for (int n = 0; n < depth; ++n) {
      void* reply = nullptr;
      must(redisGetReply(at.get(), &reply) == REDIS_OK, "hiredis got no reply");
      const std::unique_ptr<redisReply, decltype(&freeReplyObject)> held(static_cast<redisReply*>(reply),
                                                                         &freeReplyObject);
      must(held->type == REDIS_REPLY_STRING && held->len == 200, "a wrong value");
      times.push_back(microseconds_since(sent));
    }
  }
  return of(begun, std::move(times));
}

// `depth` tasks that ask one after the other.
template <class Ask>
figures with_tasks(async::loop& io, int depth, Ask ask) {
  std::vector<double> times;
  steady::time_point begun;
  auto one = [&]() -> task<> {
    for (int n = 0; n < asked / depth; ++n) {
      const auto sent = steady::now();
      co_await ask();
      times.push_back(microseconds_since(sent));
    }
  };
  auto all = [&]() -> task<> {
    async::scope work(io.on(), [](std::string_view, const std::exception_ptr& failure) {
      fmt::print(stderr, "{}\n", async::text_of(failure));
      std::exit(1);
    });
    begun = steady::now();
    for (int n = 0; n < depth; ++n) work.spawn("ask", one());
    co_await work.join();
  };
  io.run(all());
  return of(begun, std::move(times));
}

void show(std::string_view what, int depth, const figures& got) {
  fmt::print("{:<34} {:>3} at once {:>9.0f}/s   p50 {:>7.1f} us   p99 {:>7.1f} us\n", what, depth,
             got.per_second, got.p50_us, got.p99_us);
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // into a pipe too: whoever ends it early has what was measured
  redis::server_for_test server;
  pg::test_database database(TANDEM_SOURCE_DIR "/migrations");
  async::loop io;
  const auto pool = pg::make_pool(io.on(), database.options());
  redis::client_options options;
  options.at = server.at();
  options.answer_limit = 5s;
  const auto client = redis::make_client(io.on(), options);
  const auto kept =
      cache::make_redis_cache(io.on(), *pool, *client, {.entries = 0});  // always the second level
  const std::string value(200, 'x');

  auto prepare = [&]() -> task<> {
    must(co_await client->first_try(), "no connection");
    redis::batch set;
    set.add({"SET", "key", value});
    co_await client->run(std::move(set));
    // Until the cache has looked at the database, and the value lies in Redis.
    cache::cache::filler fill = [&]() -> task<std::optional<std::string>> { co_return value; };
    while (kept->counts().second_hits == 0) {
      co_await kept->get("key", 1h, fill);
      co_await async::sleep_for(10ms);
    }
  };
  io.run(prepare());
  const auto ask_client = [&]() -> task<> {
    redis::batch get;
    get.add({"GET", "key"});
    const auto answers = co_await client->run(std::move(get));
    must(answers.front().text.size() == 200, "a wrong value");
  };
  int number = 0;
  const auto ask_cache = [&]() -> task<> {
    cache::cache::filler fill = [&]() -> task<std::optional<std::string>> { co_return value; };
    const auto got = co_await kept->get("key" + std::to_string(number++ % 64), 1h, std::move(fill));
    must(got && got->size() == 200, "a wrong value");
  };
  for (int round = 0; round < rounds; ++round) {
    for (const int depth : {1, 32}) {
      const auto bare = with_hiredis(server.at().port, depth);
      show("hiredis, GET", depth, bare);
      const auto ours = with_tasks(io, depth, ask_client);
      show("our client, GET", depth, ours);
      const auto second = with_tasks(io, depth, ask_cache);
      show("cache, second level (GET + PTTL)", depth, second);
      fmt::print("{:<34} client {:.2f}, cache {:.2f}\n", "  rate beside hiredis",
                 ours.per_second / bare.per_second, second.per_second / bare.per_second);
    }
  }
  const auto counts = kept->counts();
  fmt::print("the cache: {} from Redis, {} filled, {} failures\n", counts.second_hits, counts.fills,
             counts.second_failures);
  auto end = [&]() -> task<> {
    co_await kept->stop();
    co_await client->stop();
    co_await pool->close();
  };
  io.run(end());
}
