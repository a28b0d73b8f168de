#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "platform/redis/resp.hpp"

namespace tandem::redis {

// Where a server is and who we are there.
struct address {
  std::string host;
  std::uint16_t port = 6379;
  std::string user, password;  // "" and "": no AUTH; a password without a user is the user "default"
  std::int64_t database = 0;
  bool tls = false;
  std::string ca_file;  // more trusted roots for TLS, PEM

  std::string shown() const;  // without the password
};

// redis://[[user]:password@]host[:port][/database], rediss://…[?cacertfile=…] for TLS; user and password
// percent-encoded.
// What is wrong, as a sentence for the operator.
std::expected<address, std::string> parse_address(std::string_view url);

// No answer: not connected, the connection broke, or it took too long. Whether the commands were carried out
// is not known.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct client_options {
  address at;
  std::chrono::milliseconds connect_limit{1'000};
  // For an answer. When one is late the connection is given up, since answers come in order; looked at every
  // 20 ms.
  std::chrono::milliseconds answer_limit{150};
  // Between two tries to connect, doubled after each that fails.
  std::chrono::milliseconds retry_first{100}, retry_longest{2'000};
  std::size_t most_waiting = 4'096;  // commands whose answer has not come; more are refused as unavailable
  reply_limits limits;
};

struct client_state {
  bool connected = false;
  std::string version;  // of the server, "" before the first connection
  std::string problem;  // why it is not connected, for the operator
  std::uint64_t connections = 0, broken = 0;
};

// Commands put together into one write, answered in their order.
class batch {
 public:
  void add(std::initializer_list<std::string_view> words) {
    write_command(bytes_, words);
    ++count_;
  }
  std::size_t size() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

// One connection to one server, RESP3, commands pipelined. It connects by itself, at once and again after
// every break; while it is not connected, whoever asks is told at once: nobody waits for a server that is
// away.
class client {
 public:
  virtual ~client() = default;
  // The answers, one for each command; an error that the server answers is a value. Throws unavailable.
  virtual task<std::vector<value>> run(batch what) = 0;
  // Waits until the first try to connect has ended; whether there is a connection now.
  virtual task<bool> first_try() = 0;
  virtual client_state state() const = 0;
  virtual task<> stop() = 0;
};

std::unique_ptr<client> make_client(executor on, client_options options);

}  // namespace tandem::redis
