#include "platform/pg/cluster.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "async/loop.hpp"
#include "async/within.hpp"
#include "platform/pg/folder_lock.hpp"
#include "platform/pg/pg.hpp"

using namespace tandem;
using namespace tandem::pg;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr statement two{"test.two", "SELECT 2", cardinality::one};

struct Cluster : testing::Test {
  async::loop io;
  fs::path folder = "/var/tmp/tandem-cluster-test-" + std::to_string(getpid());
  std::vector<std::string> told;

  ~Cluster() override { fs::remove_all(folder); }

  std::unique_ptr<cluster> make() {
    cluster_options options;
    options.folder = folder;
    options.durable = false;
    options.shared_buffers_mb = 16;
    options.told = [this](std::string_view what) { told.emplace_back(what); };
    return make_cluster(io.on(), options);
  }

  int ask(const cluster& of) {
    pool_options options;
    options.url = of.url();
    const auto pool = make_pool(io.on(), options);
    const auto answer = io.run((*pool)(two)).front().get<int>(0);
    io.run(pool->close());
    return answer;
  }
};

}  // namespace

TEST_F(Cluster, IsMadeOnceStartsAgainAndLeavesNothingRunning) {
  const auto first = make();
  io.run(first->start());
  io.run(first->start());
  EXPECT_TRUE(first->state().ready);
  EXPECT_EQ(ask(*first), 2);
  EXPECT_EQ(running_cluster(folder), first->url());
  const auto pid = first->pid();
  io.run(first->stop());
  io.run(first->stop());
  EXPECT_NE(kill(pid, 0), 0);
  EXPECT_EQ(running_cluster(folder), std::nullopt);
  EXPECT_EQ(told.size(), 1u);

  const auto second = make();
  io.run(second->start());
  EXPECT_EQ(ask(*second), 2);
  EXPECT_EQ(told.size(), 1u) << "not made again";

  // The same folder twice is refused, also by another process.
  try {
    const auto third = make();
    io.run(third->start());
    ADD_FAILURE();
  } catch (const folder_in_use& refused) {
    EXPECT_NE(std::string(refused.what()).find(std::to_string(getpid())), std::string::npos);
  }
  io.run(second->stop());
}

TEST_F(Cluster, AServerLeftByAKilledProcessIsAdopted) {
  const pid_t victim = fork();
  if (victim == 0) {
    async::loop own;
    cluster_options options;
    options.folder = folder;
    options.durable = false;
    const auto left = make_cluster(own.on(), options);
    own.run(left->start());
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(victim, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto heir = make();
  io.run(heir->start());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("adopted")) << told[0];
  EXPECT_EQ(ask(*heir), 2);
  const auto pid = heir->pid();
  io.run(heir->stop());
  EXPECT_NE(kill(pid, 0), 0);
}

TEST_F(Cluster, AStaleProcessNumberOfSomebodyElseIsNeitherAdoptedNorTouched) {
  const auto first = make();
  io.run(first->start());
  io.run(first->stop());
  const pid_t stranger = fork();
  if (stranger == 0) {
    pause();
    _exit(0);
  }
  std::ofstream(folder / "data/postmaster.pid")
      << stranger << "\n"
      << (folder / "data").string() << "\n1\n5432\n/tmp\n\n0 0\nready   \n";
  const auto again = make();
  io.run(again->start());
  EXPECT_EQ(ask(*again), 2);
  EXPECT_NE(again->pid(), stranger);
  io.run(again->stop());
  EXPECT_EQ(kill(stranger, 0), 0);
  kill(stranger, SIGKILL);
  waitpid(stranger, nullptr, 0);
}

TEST_F(Cluster, AServerThatDiesIsStartedAgainAndThePoolFindsItByItself) {
  const auto watched = make();
  io.run(watched->start());
  pool_options options;
  options.url = watched->url();
  const auto pool = make_pool(io.on(), options);
  auto main = [&]() -> task<> {
    co_await (*pool)(two);
    const auto before = watched->pid();
    kill(before, SIGKILL);
    for (;;) {
      try {
        const auto rows = co_await (*pool)(two);
        if (watched->pid() != 0 && watched->pid() != before) break;
      } catch (const unavailable&) {
      }
      co_await async::yield();
    }
  };
  io.run(async::within(60s, main()));
  EXPECT_NE(watched->state().detail.find("1 times"), std::string::npos);
  io.run(pool->close());
  io.run(watched->stop());
}

TEST_F(Cluster, AFolderWithForeignFilesIsRefused) {
  fs::create_directories(folder / "data");
  std::ofstream(folder / "data/letter.txt") << "mine";
  const auto refused = make();
  EXPECT_THROW(io.run(refused->start()), std::runtime_error);
  EXPECT_TRUE(fs::exists(folder / "data/letter.txt"));
  io.run(refused->stop());
}
