#pragma once
// For tests and benches: a real RabbitMQ of their own, on loopback, in its own folder under /var/tmp.
#include <fstream>
#include <iterator>

#include "async/loop.hpp"
#include "platform/amqp/client.hpp"
#include "platform/net/self_signed.hpp"
#include "platform/pg/test_server.hpp"

namespace tandem::amqp {

// Started by tests/engines/rabbitmq, where its users are told. One for a whole test program: a start takes
// some 9 s.
class rabbit_server {
 public:
  rabbit_server() {
    net::write_self_signed(server_.folder() / "cert.pem", server_.folder() / "key.pem", "localhost",
                           "RabbitMQ of a test");
    start();
  }
  ~rabbit_server() {
    kill();
    if (const auto epmd = number_in(server_.folder() / "epmd.pid"); epmd > 0) ::kill(epmd, SIGTERM);
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
    out.ca_file = server_.folder() / "cert.pem";
    return out;
  }

  // Returns when it takes connections.
  void start() {
    const pg::command what{arguments()};
    try {
      server_.start(what, [this] { return answers(); }, std::chrono::seconds(120));
    } catch (const std::runtime_error& failure) {
      throw std::runtime_error(failure.what() + (": " + text_of(server_.log())));
    }
  }
  void kill() { server_.kill(); }
  void stop() { server_.end(SIGTERM); }
  void pause() { server_.pause(); }
  void go_on() { server_.go_on(); }

  // rabbitmqctl; takes a second or two.
  std::string control(const std::vector<std::string>& command) const {
    pg::command what{arguments()};
    what.argv.push_back("ctl");
    what.argv.insert(what.argv.end(), command.begin(), command.end());
    return pg::must_run(what);
  }

 private:
  std::vector<std::string> arguments() const {
    std::vector<std::string> out{TANDEM_SOURCE_DIR "/tests/engines/rabbitmq", server_.folder()};
    for (const auto port : {port_, tls_port_, dist_port_, epmd_port_}) out.push_back(std::to_string(port));
    return out;
  }
  bool answers() const {
    if (!pg::answers_at(port_)) return false;
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

  std::uint16_t port_ = pg::free_port(), tls_port_ = pg::free_port(), dist_port_ = pg::free_port(),
                epmd_port_ = pg::free_port();
  pg::test_server server_{"/var/tmp/tandem-rabbit-" + std::to_string(::getpid())};
};

}  // namespace tandem::amqp
