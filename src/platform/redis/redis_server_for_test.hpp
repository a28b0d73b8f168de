#pragma once
// A Redis server of the test's own: on loopback, in its own folder, stopped by its pid.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "platform/pg/child.hpp"
#include "platform/redis/redis.hpp"

namespace tandem::redis {

class server_for_test {
 public:
  explicit server_for_test(std::vector<std::string> more = {}) : more_(std::move(more)) {
    static int made = 0;
    folder_ = "/var/tmp/tandem-redis-test-" + std::to_string(getpid()) + "-" + std::to_string(++made);
    std::filesystem::create_directories(folder_);
    port_ = free_port();
    start();
  }
  ~server_for_test() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  server_for_test(const server_for_test&) = delete;

  address at() const {
    address out;
    out.host = "127.0.0.1";
    out.port = port_;
    return out;
  }
  pid_t pid() const { return pid_; }
  bool runs() const { return pid_ > 0; }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void pause() { ::kill(pid_, SIGSTOP); }
  void go_on() { ::kill(pid_, SIGCONT); }

  // Returns when it takes connections.
  void start() {
    pg::command what;
    what.argv = {"/usr/bin/setpriv",
                 "--pdeathsig",
                 "KILL",
                 "/usr/bin/redis-server",
                 "--port",
                 std::to_string(port_),
                 "--bind",
                 "127.0.0.1",
                 "--save",
                 "",
                 "--appendonly",
                 "no",
                 "--dir",
                 folder_.string()};
    what.argv.insert(what.argv.end(), more_.begin(), more_.end());
    what.folder = folder_;
    pid_ = pg::start_child(what, folder_ / "log");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!answers()) {
      if (std::chrono::steady_clock::now() > until || waitpid(pid_, nullptr, WNOHANG) == pid_) {
        throw std::runtime_error("redis-server does not start; see " + (folder_ / "log").string());
      }
      std::this_thread::yield();
    }
  }

  static std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    if (bind(probe, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      close(probe);
      throw std::runtime_error("no free port");
    }
    close(probe);
    return ntohs(at.sin_port);
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
  }
  bool answers() const {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto to = loopback(port_);
    const bool open = connect(probe, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    close(probe);
    return open;
  }
  std::vector<std::string> more_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace tandem::redis
