#include "platform/pg/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tandem::pg {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Between fork and exec only async-signal-safe calls are allowed, so everything is laid out before.
pid_t spawn(const command& what, int output, bool own_session) {
  std::vector<char*> argv;
  for (const auto& argument : what.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (const char* each : {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "LANG=C.UTF-8", "TZ=UTC"}) {
    environment.push_back(const_cast<char*>(each));
  }
  for (const auto& each : what.environment) environment.push_back(const_cast<char*>(each.c_str()));
  environment.push_back(nullptr);
  const auto folder = what.folder.string();
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t pid = fork();
  if (pid < 0) {
    close(nothing);
    fail("fork");
  }
  if (pid > 0) {
    close(nothing);
    return pid;
  }
  if (own_session) setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(nothing, 0);
  dup2(output, 1);
  dup2(output, 2);
  // Not all of our descriptors are close-on-exec: a server that inherits our listening sockets would hold our
  // ports.
  close_range(3, ~0U, 0);
  if (what.as && (setgroups(0, nullptr) != 0 || setgid(what.as->group) != 0 || setuid(what.as->user) != 0)) {
    _exit(126);
  }
  if (chdir(folder.c_str()) != 0) _exit(126);
  execve(argv[0], argv.data(), environment.data());
  _exit(127);
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

std::optional<account> server_account() {
  if (geteuid() != 0) return {};
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (getpwnam_r("postgres", &entry, buffer, sizeof buffer, &found) != 0 || !found) {
    throw std::runtime_error(
        "PostgreSQL never runs as root, and there is no account \"postgres\" to run it as: install the "
        "package "
        "postgresql, or start tandem as an ordinary user");
  }
  return account{entry.pw_uid, entry.pw_gid};
}

outcome run_child(const command& what) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const pid_t pid = spawn(what, ends[1], false);
  close(ends[1]);
  outcome out;
  const auto until = std::chrono::steady_clock::now() + what.limit;
  bool late = false;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      late = true;
      break;
    }
    pollfd readable{ends[0], POLLIN, 0};
    if (poll(&readable, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) <= 0) continue;
    char buffer[4096];
    const auto got = read(ends[0], buffer, sizeof buffer);
    if (got <= 0) break;
    out.output.append(buffer, static_cast<std::size_t>(got));
    constexpr std::size_t most = 65'536;
    if (out.output.size() > 2 * most) out.output.erase(0, out.output.size() - most);
  }
  close(ends[0]);
  if (late) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (late) throw std::runtime_error(what.argv[0] + " did not end in time and was killed: " + out.output);
  out.status = exit_code(status);
  return out;
}

std::string must_run(const command& what) {
  auto done = run_child(what);
  if (done.status != 0) {
    throw std::runtime_error(fmt::format("{} failed ({}): {}", what.argv[0], done.status, done.output));
  }
  return std::move(done.output);
}

pid_t start_child(const command& what, const std::filesystem::path& log) {
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) fail("the server's log");
  const pid_t pid = spawn(what, output, true);
  close(output);
  return pid;
}

}  // namespace tandem::pg
