#pragma once
// For tests and benches: a real RabbitMQ of their own, on loopback, in its own folder under /var/tmp.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

#include "async/loop.hpp"
#include "platform/amqp/client.hpp"
#include "platform/net/self_signed.hpp"
#include "platform/pg/child.hpp"

namespace tandem::amqp {

inline std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool fine = ::bind(probe, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                    ::getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(probe);
  if (!fine) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

// Started by tests/engines/rabbitmq, where its users are told. One for a whole test program: a start takes
// some 9 s.
class rabbit_server {
 public:
  rabbit_server() {
    std::filesystem::create_directories(folder_);
    net::write_self_signed(folder_ / "cert.pem", folder_ / "key.pem", "localhost", "RabbitMQ of a test");
    start();
  }
  ~rabbit_server() {
    if (pid_ != 0) end(SIGKILL);
    if (const auto epmd = number_in(folder_ / "epmd.pid"); epmd > 0) ::kill(epmd, SIGTERM);
    std::filesystem::remove_all(folder_);
  }
  rabbit_server(const rabbit_server&) = delete;

  static rabbit_server& of_this_program() {
    static rabbit_server only;
    return only;
  }

  endpoint address(const std::string& user = "tandem") const {
    endpoint out;
    out.host = "127.0.0.1";
    out.port = port_;
    out.user = user;
    out.password = "secret";
    return out;
  }
  endpoint tls_address() const {
    auto out = address();
    out.tls = true;
    out.port = tls_port_;
    out.ca_file = folder_ / "cert.pem";
    return out;
  }

  // Returns when it takes connections.
  void start() {
    pg::command what{arguments()};
    pid_ = pg::start_child(what, folder_ / "output");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!answers()) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > until)
        throw std::runtime_error("RabbitMQ does not start: " + text_of(folder_ / "output"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  void kill() { end(SIGKILL); }
  void stop() { end(SIGTERM); }
  void pause() { ::kill(pid_, SIGSTOP); }
  void go_on() { ::kill(pid_, SIGCONT); }

  // rabbitmqctl; takes a second or two.
  std::string control(const std::vector<std::string>& command) const {
    pg::command what{arguments()};
    what.argv.push_back("ctl");
    what.argv.insert(what.argv.end(), command.begin(), command.end());
    return pg::must_run(what);
  }

 private:
  std::vector<std::string> arguments() const {
    std::vector<std::string> out{TANDEM_SOURCE_DIR "/tests/engines/rabbitmq", folder_};
    for (const auto port : {port_, tls_port_, dist_port_, epmd_port_}) out.push_back(std::to_string(port));
    return out;
  }
  bool answers() const {
    async::loop io;
    try {
      auto once = [&]() -> task<> {
        const auto link = co_await connect(io.on(), address(), std::chrono::seconds(5));
        co_await link->close();
      };
      io.run(once());
      return true;
    } catch (const broken&) {
      return false;
    }
  }
  void end(int how) {
    ::kill(pid_, SIGCONT);
    ::kill(pid_, how);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  static pid_t number_in(const std::filesystem::path& file) {
    std::ifstream in(file);
    pid_t out = 0;
    in >> out;
    return out;
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_ = "/var/tmp/tandem-rabbit-" + std::to_string(::getpid());
  std::uint16_t port_ = free_port(), tls_port_ = free_port(), dist_port_ = free_port(),
                epmd_port_ = free_port();
  pid_t pid_ = 0;
};

}  // namespace tandem::amqp
