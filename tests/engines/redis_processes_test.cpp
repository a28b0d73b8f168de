// Three real processes with a cache each over one Redis: none of them serves what another has changed more
// than a second ago, whatever happens to Redis meanwhile. TANDEM_CHANGES: how many changes (1000).
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <random>

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/cache/cache.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/redis/redis_server_for_test.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

constexpr int keys = 20, processes = 3, most_versions = 20'000;
constexpr auto allowed = 1s;

using microseconds = std::int64_t;
microseconds now() {  // CLOCK_MONOTONIC: one clock for all processes of a machine
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What the processes share to judge each other. A key's value is its version: how often it was changed.
struct judgement {
  std::atomic<bool> begin, end;
  std::atomic<int> ready, changes;
  std::atomic<microseconds> committed[keys][most_versions];  // 0: not yet, or not yet noted
  std::atomic<int> newest[keys];                             // the highest version that was noted
  // By process.
  std::atomic<std::int64_t> reads[processes], stale[processes], hits[processes], second_hits[processes],
      outdated[processes], fills[processes], failures[processes];
  std::atomic<microseconds>
      oldest[processes];  // how long ago a value that was served had been changed, at most
};

constexpr pg::statement make{"test.make", "INSERT INTO test_values SELECT g, 0 FROM generate_series(0, 19) g",
                             pg::cardinality::exec};
constexpr pg::statement read_value{"test.read", "SELECT value FROM test_values WHERE key = $1",
                                   pg::cardinality::one};
constexpr pg::statement change_value{
    "test.change", "UPDATE test_values SET value = value + 1 WHERE key = $1 RETURNING value",
    pg::cardinality::one};

class worker {
 public:
  worker(async::loop& io, judgement& all, int index, const std::string& url, const redis::address& at)
      : io_(io), all_(all), index_(index), dice_(static_cast<unsigned>(index) + 1) {
    pg::pool_options options;
    options.url = url;
    options.connections = 6;
    pool_ = pg::make_pool(io.on(), options);
    redis::client_options to;
    to.at = at;
    second_ = redis::make_client(io.on(), to);
    cache_ = cache::make_redis_cache(io.on(), *pool_, *second_);
  }

  task<> work(int changes) {
    co_await second_->first_try();
    ++all_.ready;
    while (!all_.begin) co_await async::sleep_for(1ms);
    async::scope both(io_.on(), [](std::string_view what, const std::exception_ptr& failure) {
      fmt::print(stderr, "{}: {}\n", what, async::text_of(failure));
      _exit(3);
    });
    for (int n = 0; n < 4; ++n) both.spawn("read", read());
    both.spawn("change", change(changes));
    co_await both.join();
    const auto counts = cache_->counts();
    all_.hits[index_] = static_cast<std::int64_t>(counts.hits);
    all_.second_hits[index_] = static_cast<std::int64_t>(counts.second_hits);
    all_.outdated[index_] = static_cast<std::int64_t>(counts.second_outdated);
    all_.failures[index_] = static_cast<std::int64_t>(counts.second_failures);
    all_.fills[index_] = static_cast<std::int64_t>(counts.fills);
    co_await cache_->stop();
    co_await second_->stop();
    co_await pool_->close();
  }

 private:
  int any_key() { return static_cast<int>(dice_() % keys); }

  task<> change(int changes) {
    while (!all_.end && ++all_.changes <= changes) {
      const int key = any_key();
      const std::vector<std::string> names = {std::to_string(key)};
      const auto in = co_await pool_->begin();
      const auto rows = co_await (*in)(change_value, key);
      const auto version = rows.front().get<int>(0);
      co_await cache_->invalidate(*in, names);
      co_await in->commit();
      all_.committed[key][version] = now();
      int newest = all_.newest[key];
      while (newest < version && !all_.newest[key].compare_exchange_weak(newest, version)) {
      }
      co_await async::sleep_for(std::chrono::milliseconds(3 + dice_() % 10));
    }
  }

  task<> read() {
    while (!all_.end) {
      const int key = any_key();
      cache::cache::filler fill = [this, key]() -> task<std::optional<std::string>> {
        const auto rows = co_await (*pool_)(read_value, key);
        co_return std::to_string(rows.front().get<std::int64_t>(0));
      };
      const auto asked = now();
      const auto got = co_await cache_->get(std::to_string(key), 1h, std::move(fill));
      judge(key, std::stoi(*got), asked);
      ++all_.reads[index_];
      co_await async::yield();
    }
  }

  // What was served is too old when a later version had been committed before the question.
  void judge(int key, int served, microseconds asked) {
    microseconds superseded = asked;
    const int newest = all_.newest[key];
    for (int version = served + 1; version <= newest; ++version) {
      const auto at = all_.committed[key][version].load();
      if (at != 0 && at < superseded) superseded = at;
    }
    const auto age = asked - superseded;
    if (age > all_.oldest[index_]) all_.oldest[index_] = age;
    if (age > std::chrono::microseconds(allowed).count()) ++all_.stale[index_];
  }

  async::loop& io_;
  judgement& all_;
  int index_;
  std::minstd_rand dice_;
  std::unique_ptr<pg::pool> pool_;
  std::unique_ptr<redis::client> second_;
  std::unique_ptr<cache::cache> cache_;
};

pid_t start_process(judgement& all, int index, const std::string& url, const redis::address& at,
                    int changes) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  int code = 0;
  try {
    async::loop io;
    worker one(io, all, index, url, at);
    io.run(one.work(changes));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "process {}: {}\n", index, failure.what());
    code = 2;
  }
  _exit(code);  // what this process inherited is not its own to end
}

// Lets three processes change and read while `fault` happens, again and again, in this one.
using fault_of = std::function<void(redis::server_for_test&, const std::vector<pid_t>&)>;
void let_them_work(const fault_of& fault) {
  const char* wanted = std::getenv("TANDEM_CHANGES");
  const int changes = std::min(wanted ? std::stoi(wanted) : 1000, most_versions - 1);
  pg::database_test db(1);
  redis::server_for_test server;
  db.run(db.pool->script("CREATE TABLE test_values (key int PRIMARY KEY, value bigint NOT NULL)"));
  const auto begin = [&]() -> task<> { co_await (*db.pool)(make); };
  db.run(begin());
  auto* memory = mmap(nullptr, sizeof(judgement), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto& all = *new (memory) judgement();
  std::vector<pid_t> pids;
  for (int n = 0; n < processes; ++n)
    pids.push_back(start_process(all, n, db.database.url(), server.at(), changes));
  while (all.ready < processes) usleep(1000);
  const auto begun = now();
  all.begin = true;
  while (all.changes < changes) {
    fault(server, pids);
    usleep(50'000);
  }
  usleep(1'200'000);  // what was changed last has its second too
  all.end = true;
  for (const auto pid : pids) {
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::int64_t reads = 0, stale = 0, hits = 0, second_hits = 0, outdated = 0, fills = 0, failures = 0;
  microseconds oldest = 0;
  for (int n = 0; n < processes; ++n) {
    reads += all.reads[n];
    stale += all.stale[n];
    hits += all.hits[n];
    second_hits += all.second_hits[n];
    outdated += all.outdated[n];
    fills += all.fills[n];
    failures += all.failures[n];
    oldest = std::max(oldest, all.oldest[n].load());
    EXPECT_GT(all.reads[n], 100);
  }
  fmt::print(
      "{} changes in {:.1f} s, {} reads in {} processes: {} too old, the oldest by {:.0f} ms; {} from the "
      "process, "
      "{} from Redis, {} refused as outdated, {} from the database, {} times Redis failed\n",
      changes, static_cast<double>(now() - begun) / 1e6, reads, processes, stale,
      static_cast<double>(oldest) / 1e3, hits, second_hits, outdated, fills, failures);
  EXPECT_EQ(stale, 0);
  EXPECT_GT(hits, 0);
  EXPECT_GT(second_hits, 0);
  munmap(memory, sizeof(judgement));
}

}  // namespace

TEST(ThreeProcesses, NoneServesWhatAnotherHasChangedMoreThanASecondAgo) {
  let_them_work([](redis::server_for_test&, const std::vector<pid_t>&) {});
}

TEST(ThreeProcesses, NorWhileRedisIsKilledPausedAndRestarted) {
  int round = 0;
  let_them_work([&](redis::server_for_test& server, const std::vector<pid_t>&) {
    switch (round++ % 8) {
      case 1: server.pause(); break;
      case 3: server.go_on(); break;
      case 5: server.kill(); break;
      case 6: server.start(); break;
      default: break;
    }
  });
}

TEST(ThreeProcesses, NorDoesOneThatWasStoppedForLongerAndGoesOn) {
  std::size_t round = 0;
  let_them_work([&](redis::server_for_test&, const std::vector<pid_t>& all) {
    const auto stopped = all[round++ % all.size()];
    kill(stopped, SIGSTOP);
    usleep(1'300'000);
    kill(stopped, SIGCONT);
  });
}
