#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "async/task.hpp"

namespace tandem::net {

// A connected stream of bytes: TCP or TLS. Failures are boost::system::system_error. At most one read and one
// write at a time.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  // At least one byte, or 0: the other side has ended.
  virtual task<std::size_t> read_some(std::span<char> into) = 0;
  // As much as the system takes at once, without a coroutine; how much that was (0 over TLS).
  virtual std::size_t write_now(std::string_view bytes) = 0;
  // Both texts, one after the other, in one system call if the system takes them.
  virtual task<> write_all(std::string_view first, std::string_view second = {}) = 0;
  // Says that nothing more is written. What the other side still sends can be read over TCP; over TLS reading
  // only tells when it has ended too.
  virtual task<> end_writing() = 0;
  // At once and without a word; a read or write in work ends with an error. May be called twice.
  virtual void close() noexcept = 0;
  // Whether an idle connection (nothing is expected from the other side) can still be used: false once the
  // other side has closed it or has sent something unasked. Costs one system call and never waits.
  virtual bool usable() noexcept = 0;
  virtual const std::string& peer() const = 0;  // address of the other side, without the port
  virtual bool encrypted() const = 0;
};

// Takes connections on a TCP port.
class acceptor {
 public:
  virtual ~acceptor() = default;
  virtual task<std::unique_ptr<byte_stream>> accept() = 0;
  virtual std::uint16_t port() const = 0;
  virtual void close() noexcept = 0;
};

// `address` is an IP address; port 0 takes a free one. Throws system_error (in use, not permitted).
std::unique_ptr<acceptor> listen_tcp(const executor& on, const std::string& address, std::uint16_t port);

// `host` is a name or an IP address. Tries its addresses in turn. Throws system_error, or async::timed_out
// when there is no connection within `limit`.
task<std::unique_ptr<byte_stream>> connect_tcp(std::string host, std::uint16_t port,
                                               std::chrono::nanoseconds limit);

// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(std::string_view address);

}  // namespace tandem::net
