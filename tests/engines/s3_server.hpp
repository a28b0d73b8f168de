#pragma once
// An S3 server of the test program's own (tests/engines/s3rver).
#include "platform/pg/test_server.hpp"
#include "platform/s3/s3.hpp"

namespace tandem::s3 {

class server_for_test {
 public:
  static constexpr auto bucket = "tandem-test";
  static constexpr auto key = "S3RVER";

  server_for_test() { start(); }

  std::uint16_t port() const { return port_; }
  std::filesystem::path folder() const { return server_.folder(); }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  place at(const std::string& prefix) const {
    return *parse_place("s3://127.0.0.1:" + std::to_string(port_) + "/" + bucket + "/" + prefix + "?tls=no");
  }
  void kill() { server_.kill(); }
  void pause() { server_.pause(); }
  void go_on() { server_.go_on(); }

  // Returns when it takes connections; the first time npm may have to fetch it.
  void start() {
    pg::command what;
    what.argv = {
        "/usr/bin/setpriv",        "--pdeathsig",         "KILL", TANDEM_SOURCE_DIR "/tests/engines/s3rver",
        server_.folder().string(), std::to_string(port_), bucket};
    server_.start(what, [this] { return pg::answers_at(port_); }, std::chrono::seconds(120));
  }

 private:
  std::uint16_t port_ = pg::free_port();
  pg::test_server server_{"/var/tmp/tandem-s3-test-" + std::to_string(getpid())};
};

}  // namespace tandem::s3
