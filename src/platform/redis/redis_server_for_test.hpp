#pragma once
// A Redis server of the test's own.
#include "platform/pg/test_server.hpp"
#include "platform/redis/redis.hpp"

namespace tandem::redis {

class server_for_test {
 public:
  explicit server_for_test(std::vector<std::string> more = {}) : more_(std::move(more)) { start(); }

  address at() const {
    address out;
    out.host = "127.0.0.1";
    out.port = port_;
    return out;
  }
  pid_t pid() const { return server_.pid(); }
  bool runs() const { return server_.runs(); }
  void kill() { server_.kill(); }
  void pause() { server_.pause(); }
  void go_on() { server_.go_on(); }

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
                 server_.folder().string()};
    what.argv.insert(what.argv.end(), more_.begin(), more_.end());
    what.folder = server_.folder();
    server_.start(what, [this] { return pg::answers_at(port_); }, std::chrono::seconds(30));
  }

 private:
  static std::filesystem::path next_folder() {
    static int made = 0;
    return "/var/tmp/tandem-redis-test-" + std::to_string(getpid()) + "-" + std::to_string(++made);
  }

  std::vector<std::string> more_;
  std::uint16_t port_ = pg::free_port();
  pg::test_server server_{next_folder()};
};

}  // namespace tandem::redis
