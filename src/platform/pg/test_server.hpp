#pragma once
// Servers that tests and benches start by themselves: on loopback, in a folder of their own, stopped by their
// pid.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "platform/pg/child.hpp"

namespace tandem::pg {

namespace test_servers {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

}  // namespace test_servers

// A port of loopback that nobody had a moment ago. It lies below those which the system hands out: of them
// one may go to a connection, even to the one that asks whether the server listens yet.
inline std::uint16_t free_port() {
  std::random_device dice;
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(std::uniform_int_distribution(12'000, 32'767)(dice));
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = test_servers::loopback(port);
    const bool found = ::bind(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(probe);
    if (found) return port;
  }
  throw std::runtime_error("no free port");
}

// Whether somebody takes connections there.
inline bool answers_at(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto to = test_servers::loopback(port);
  const bool open = ::connect(probe, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  ::close(probe);
  return open;
}

class test_server {
 public:
  // The folder is made, and removed in the end.
  explicit test_server(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }
  ~test_server() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  test_server(const test_server&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path log() const { return folder_ / "log"; }
  pid_t pid() const { return pid_; }
  bool runs() const { return pid_ > 0; }

  // Returns when `answers()`; throws if it ends before, or does not within the limit.
  void start(const command& what, std::predicate auto answers, std::chrono::seconds limit) {
    pid_ = start_child(what, log());
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!answers()) {
      const bool ended = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
      if (ended) pid_ = 0;
      if (ended || std::chrono::steady_clock::now() > until)
        throw std::runtime_error(what.argv.front() + " does not start; see " + log().string());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void kill() { end(SIGKILL); }
  void end(int how) {
    if (pid_ <= 0) return;
    ::kill(pid_, how);
    ::kill(pid_, SIGCONT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void pause() { ::kill(pid_, SIGSTOP); }
  void go_on() { ::kill(pid_, SIGCONT); }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = 0;
};

}  // namespace tandem::pg
