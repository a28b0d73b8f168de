#include "platform/pg/cluster.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <thread>

#include "async/offload.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/child.hpp"
#include "platform/pg/folder_lock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::pg {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view superuser = "tandem";

// What a running postmaster says about itself in postmaster.pid.
struct postmaster {
  pid_t pid = 0;
  std::string socket_folder;
  bool ready = false;
};

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// The process is a living PostgreSQL server of exactly this data folder. A pid alone says nothing: after a
// restart of the machine it may be anybody's.
bool serves(pid_t pid, const fs::path& data) {
  std::error_code failure;
  const fs::path process = "/proc/" + std::to_string(pid);
  const auto program = fs::read_symlink(process / "exe", failure);
  if (failure || !program.filename().string().starts_with("postgres")) return false;
  return fs::equivalent(process / "cwd", data, failure) && !failure;
}

std::optional<postmaster> running_on(const fs::path& data) {
  const auto lines = lines_of(data / "postmaster.pid");
  if (lines.size() < 5) return {};
  postmaster found;
  const auto& text = lines[0];
  if (std::from_chars(text.data(), text.data() + text.size(), found.pid).ec != std::errc{} || found.pid <= 1)
    return {};
  if (!serves(found.pid, data)) return {};
  found.socket_folder = lines[4];
  found.ready = lines.size() >= 8 && lines[7].starts_with("ready");
  return found;
}

std::string address(const std::string& socket_folder, std::string_view database) {
  return fmt::format("host={} port=5432 user={} dbname={}", socket_folder, superuser, database);
}

// The path of a unix socket has room for 107 bytes, so it lies apart from the data. The name is derived from
// the folder: what a killed server left is found and used again.
fs::path make_socket_folder(const fs::path& folder, const std::optional<account>& owner) {
  const auto name = fmt::format("tandem-{}-{:08x}", geteuid(),
                                static_cast<std::uint32_t>(std::hash<std::string>{}(folder.string())));
  const fs::path root = access("/run", W_OK) == 0 ? "/run" : "/tmp";
  auto path = root / name;
  if (mkdir(path.c_str(), 0700) == 0) {
    if (owner && chown(path.c_str(), owner->user, owner->group) != 0) {
      throw std::system_error(errno, std::generic_category(), path.string());
    }
    return path;
  }
  // Somebody else could have put it there: /tmp is everybody's.
  struct stat seen{};
  const auto wanted = owner ? owner->user : geteuid();
  if (lstat(path.c_str(), &seen) != 0 || !S_ISDIR(seen.st_mode) || seen.st_uid != wanted ||
      (seen.st_mode & 0777) != 0700) {
    throw std::runtime_error("the folder " + path.string() + " is not ours; remove it");
  }
  return path;
}

std::string tail_of(const fs::path& log) {
  auto lines = lines_of(log);
  std::string out;
  for (auto at = lines.size() > 10 ? lines.size() - 10 : 0; at < lines.size(); ++at) out += lines[at] + "\n";
  return out;
}

class private_cluster final : public cluster {
 public:
  private_cluster(executor on, cluster_options options)
      : on_(on),
        options_(std::move(options)),
        data_(options_.folder / "data"),
        log_(options_.folder / "server.log") {}

  std::string_view name() const override { return "postgresql"; }

  task<> start() override {
    if (lock_) co_return;
    std::function<void()> launch = [this] {
      owner_ = server_account();
      make_folder();
      lock_.emplace(options_.folder);
      try {
        make_data();
        start_server();
      } catch (...) {
        discard_sockets();
        lock_.reset();
        throw;
      }
    };
    co_await blocking_.run(std::move(launch));
    co_await make_database();
    work_ = std::make_unique<async::scope>(on_, [this](std::string_view, const std::exception_ptr& failure) {
      tell("the private PostgreSQL is no longer watched: " + async::text_of(failure));
    });
    work_->spawn("postgresql", watch());
  }

  task<> stop() override {
    if (work_) co_await work_->stop();
    work_.reset();
    if (!lock_) co_return;
    std::function<void()> end = [this] {
      stop_server();
      lock_.reset();
    };
    co_await blocking_.run(std::move(end));
  }

  async::health state() const override {
    if (!work_) return {false, "does not run"};
    if (!pid_) return {false, "died and is being started again"};
    return {true, restarts_ ? fmt::format("was started again {} times", restarts_) : ""};
  }

  std::string url(std::string_view database) const override {
    return address(socket_folder_, database.empty() ? options_.database : database);
  }

  pid_t pid() const override { return pid_; }

 private:
  void tell(std::string_view what) const {
    if (options_.told) options_.told(what);
  }

  void make_folder() {
    fs::create_directories(options_.folder.parent_path());
    if (mkdir(options_.folder.c_str(), 0700) != 0 && errno != EEXIST) {
      throw std::system_error(errno, std::generic_category(), options_.folder.string());
    }
    if (owner_ && chown(options_.folder.c_str(), owner_->user, owner_->group) != 0) {
      throw std::system_error(errno, std::generic_category(), options_.folder.string());
    }
    const auto seen = run_child({{"/usr/bin/test", "-w", options_.folder.string()}, owner_});
    if (seen.status != 0) {
      throw std::runtime_error("the account of the PostgreSQL server cannot reach " +
                               options_.folder.string() +
                               ": put the data folder where it can, under /var/lib say, not under /root");
    }
  }

  void make_data() {
    if (fs::exists(data_ / "PG_VERSION")) {
      programs_ = server_programs(lines_of(data_ / "PG_VERSION").at(0));
      return;
    }
    programs_ = server_programs();
    if (fs::exists(data_) && !fs::is_empty(data_)) {
      throw std::runtime_error(data_.string() + " is not empty and is no PostgreSQL cluster");
    }
    // Made aside and moved: a half-made one, after a kill, is never taken for a whole one.
    const auto part = options_.folder / "data.part";
    fs::remove_all(part);
    std::vector<std::string> argv = {(programs_ / "initdb").string(),
                                     "--pgdata=" + part.string(),
                                     "--username=" + std::string(superuser),
                                     "--encoding=UTF8",
                                     "--locale=C.UTF-8",
                                     "--auth-local=trust",
                                     "--auth-host=reject"};
    if (!options_.durable) argv.push_back("--no-sync");
    must_run({argv, owner_});
    fs::remove(data_);
    fs::rename(part, data_);
    tell("made a private PostgreSQL cluster in " + data_.string());
  }

  // Blocking; also runs while the event loop goes on, so it leaves all but pid_ and socket_folder_ alone.
  void start_server() {
    if (const auto orphan = running_on(data_)) {
      tell("adopted the PostgreSQL server that was left running (process " + std::to_string(orphan->pid) +
           ")");
      socket_folder_ = orphan->socket_folder;
      child_ = false;
      wait_until_ready(orphan->pid);
      return;
    }
    const auto sockets = make_socket_folder(options_.folder, owner_);
    std::error_code ignored;
    if (fs::file_size(log_, ignored) > (10 << 20) && !ignored)
      fs::rename(log_, log_.string() + ".old", ignored);
    std::vector<std::string> argv = {(programs_ / "postgres").string(), "-D", data_.string()};
    const auto set = [&argv](std::string_view name, std::string_view value) {
      argv.push_back("-c");
      argv.push_back(fmt::format("{}={}", name, value));
    };
    set("listen_addresses", "");
    set("port", "5432");
    set("unix_socket_directories", sockets.string());
    set("unix_socket_permissions", "0700");
    set("max_connections", std::to_string(options_.max_connections));
    set("shared_buffers", std::to_string(options_.shared_buffers_mb) + "MB");
    set("jit", "off");  // our statements are short; compiling them costs more than it gives
    set("random_page_cost", "1.1");
    set("max_wal_senders", "0");
    set("autovacuum_naptime", "10s");  // the queue's tables are small and turn over fast
    set("log_checkpoints", "off");
    set("log_min_messages", "warning");
    set("log_timezone", "UTC");
    set("timezone", "UTC");
    if (options_.durable) {
      // Behind each checkpoint whole pages are logged again, most of the log under load: fewer and smaller
      // ones.
      set("checkpoint_timeout", "15min");
      set("wal_compression", "lz4");
      // After a crash: one syncfs instead of opening and syncing each of some thousand files, which takes
      // seconds.
      set("recovery_init_sync_method", "syncfs");
    } else {
      set("fsync", "off");
      set("synchronous_commit", "off");
      set("full_page_writes", "off");
    }
    // A stale postmaster.pid can name a process that lives by chance; the server would refuse to start. That
    // nobody serves this folder was seen above, and nobody else starts one while we hold the folder.
    fs::remove(data_ / "postmaster.pid", ignored);
    const auto pid = start_child({argv, owner_, data_}, log_);
    socket_folder_ = sockets.string();
    child_ = true;
    wait_until_ready(pid);
  }

  void wait_until_ready(pid_t pid) {
    const auto until = std::chrono::steady_clock::now() + 120s;  // recovery after a crash may take a while
    for (;;) {
      const auto seen = running_on(data_);
      if (seen && seen->pid == pid && seen->ready) break;
      if (!alive(pid)) throw std::runtime_error("PostgreSQL did not start: " + tail_of(log_));
      if (std::chrono::steady_clock::now() > until) {
        throw std::runtime_error("PostgreSQL was not ready within two minutes: " + tail_of(log_));
      }
      std::this_thread::sleep_for(5ms);
    }
    pid_ = pid;
  }

  bool alive(pid_t pid) const {
    if (child_) {
      int status = 0;
      const auto ended = waitpid(pid, &status, WNOHANG);
      return ended == 0;
    }
    return kill(pid, 0) == 0 || errno == EPERM;
  }

  void discard_sockets() {
    std::error_code ignored;
    if (!socket_folder_.empty()) fs::remove_all(socket_folder_, ignored);
  }

  void stop_server() {
    if (!pid_) return discard_sockets();
    const auto wait = [this](std::chrono::seconds limit) {
      const auto until = std::chrono::steady_clock::now() + limit;
      while (alive(pid_)) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(5ms);
      }
      return true;
    };
    kill(pid_, SIGINT);  // "fast": ends the sessions, writes everything out
    if (!wait(60s)) {
      kill(pid_, SIGQUIT);  // "immediate": recovers at the next start
      wait(10s);
    }
    pid_ = 0;
    discard_sockets();
  }

  task<> make_database() {
    pool_options options;
    options.url = url("postgres");
    options.connections = 1;
    const auto admin = make_pool(on_, std::move(options));
    const statement find{"cluster.find_database", "SELECT 1 FROM pg_database WHERE datname = $1",
                         cardinality::optional};
    const auto found = co_await (*admin)(find, options_.database);
    if (found.empty()) co_await admin->script("CREATE DATABASE \"" + options_.database + "\"");
    co_await admin->close();
  }

  task<> watch() {
    for (;;) {
      co_await async::sleep_for(200ms);
      if (alive(pid_)) continue;
      pid_ = 0;
      ++restarts_;
      tell("the private PostgreSQL died and is started again");
      for (auto pause = 200ms; !pid_; pause = std::min(2 * pause, 10'000ms)) {
        // The dead server's children may hold its shared memory for a moment: the first tries can fail.
        try {
          std::function<void()> again = [this] { start_server(); };
          co_await blocking_.run(std::move(again));
        } catch (const std::runtime_error& failure) {
          tell(failure.what());
        }
        if (!pid_) co_await async::sleep_for(pause);
      }
    }
  }

  executor on_;
  cluster_options options_;
  fs::path data_;
  fs::path log_;
  fs::path programs_;
  std::optional<account> owner_;
  std::optional<folder_lock> lock_;
  std::string socket_folder_;
  std::atomic<pid_t> pid_ = 0;  // the blocking thread writes it
  bool child_ = false;
  int restarts_ = 0;
  std::unique_ptr<async::scope> work_;
  async::thread_pool blocking_{1};
};

}  // namespace

std::unique_ptr<cluster> make_cluster(executor on, cluster_options options) {
  options.folder = fs::absolute(options.folder);
  return std::make_unique<private_cluster>(on, std::move(options));
}

std::optional<std::string> running_cluster(const fs::path& folder, std::string_view database) {
  const auto found = running_on(fs::absolute(folder) / "data");
  if (!found || !found->ready) return {};
  return address(found->socket_folder, database);
}

fs::path server_programs(std::string_view major_version) {
  std::optional<int> best;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", failure)) {
    const auto name = entry.path().filename().string();
    int version = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), version).ec != std::errc{}) continue;
    if (!major_version.empty() && name != major_version) continue;
    if (!fs::exists(entry.path() / "bin" / "initdb")) continue;
    best = std::max(best.value_or(0), version);
  }
  if (best) return fs::path("/usr/lib/postgresql") / std::to_string(*best) / "bin";
  const std::string wanted = major_version.empty() ? "" : "-" + std::string(major_version);
  throw std::runtime_error(
      "no PostgreSQL server programs under /usr/lib/postgresql: install the package postgresql" + wanted +
      ", or set TANDEM_DATABASE to a server that runs elsewhere");
}

}  // namespace tandem::pg
