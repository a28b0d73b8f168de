#pragma once
// An S3 server of the test program's own (tests/engines/s3rver): on loopback, in its own folder, stopped by
// its pid.
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
#include "platform/s3/s3.hpp"

namespace tandem::s3 {

class server_for_test {
 public:
  static constexpr auto bucket = "tandem-test";
  static constexpr auto key = "S3RVER";

  server_for_test() : folder_("/var/tmp/tandem-s3-test-" + std::to_string(getpid())) {
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

  std::uint16_t port() const { return port_; }
  std::filesystem::path folder() const { return folder_; }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  place at(const std::string& prefix) const {
    return *parse_place("s3://127.0.0.1:" + std::to_string(port_) + "/" + bucket + "/" + prefix + "?tls=no");
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void pause() { ::kill(pid_, SIGSTOP); }
  void go_on() { ::kill(pid_, SIGCONT); }
  // Returns when it takes connections; the first time npm may have to fetch it.
  void start() {
    pg::command what;
    what.argv = {"/usr/bin/setpriv", "--pdeathsig",         "KILL", TANDEM_SOURCE_DIR "/tests/engines/s3rver",
                 folder_.string(),   std::to_string(port_), bucket};
    pid_ = pg::start_child(what, folder_ / "log");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!answers()) {
      if (std::chrono::steady_clock::now() > until || waitpid(pid_, nullptr, WNOHANG) == pid_)
        throw std::runtime_error("the S3 server does not start; see " + (folder_ / "log").string());
      std::this_thread::yield();
    }
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
  static std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    const bool found = bind(probe, reinterpret_cast<const sockaddr*>(&at), size) == 0 &&
                       getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    close(probe);
    if (!found) throw std::runtime_error("no free port");
    return ntohs(at.sin_port);
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace tandem::s3
