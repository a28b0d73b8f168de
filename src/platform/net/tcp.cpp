#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include "async/within.hpp"
#include "platform/net/tcp_stream.hpp"

namespace tandem::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class tcp_acceptor final : public acceptor {
 public:
  tcp_acceptor(const executor& on, const tcp::endpoint& at) : acceptor_(on) {
    acceptor_.open(at.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(at);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    port_ = acceptor_.local_endpoint().port();
  }
  task<std::unique_ptr<byte_stream>> accept() override {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    co_return std::make_unique<tcp_stream>(std::move(socket));
  }
  std::uint16_t port() const override { return port_; }
  void close() noexcept override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
};

// The address of a connection as text; an IPv4 address inside of an IPv6 one as the former.
std::string text_of(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

task<std::unique_ptr<byte_stream>> connect(std::string host, std::uint16_t port) {
  const auto on = co_await asio::this_coro::executor;
  std::vector<tcp::endpoint> endpoints;
  boost::system::error_code no_address;
  if (const auto address = asio::ip::make_address(host, no_address); !no_address) {
    endpoints.emplace_back(address, port);  // no thread for the resolver
  } else {
    tcp::resolver resolver(on);
    const auto service = std::to_string(port);
    const auto found = co_await resolver.async_resolve(host, service, asio::use_awaitable);
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  boost::system::error_code last = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    tcp::socket socket(on);
    const auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    if (!error) co_return std::make_unique<tcp_stream>(std::move(socket));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    last = error;
  }
  throw boost::system::system_error(last, "connect to " + host);
}

}  // namespace

tcp_stream::tcp_stream(tcp::socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  if (const auto remote = socket_.remote_endpoint(ignored); !ignored) peer_ = text_of(remote.address());
}

task<std::size_t> tcp_stream::read_some(std::span<char> into) {
  const asio::mutable_buffer buffer(into.data(), into.size());
  const auto [error, size] = co_await socket_.async_read_some(buffer, asio::as_tuple(asio::deferred));
  if (error == asio::error::eof) co_return 0;
  if (error) throw boost::system::system_error(error);
  co_return size;
}

std::size_t tcp_stream::write_now(std::string_view bytes) {
  boost::system::error_code error;
  const auto written = socket_.write_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) throw boost::system::system_error(error);
  return written;
}

task<> tcp_stream::write_all(std::string_view first, std::string_view second) {
  std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
  // A small message fits into the socket's buffer: no coroutine of Asio is needed then.
  boost::system::error_code error;
  const auto written =
      second.empty() ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
  if (error && error != asio::error::would_block) throw boost::system::system_error(error);
  if (written == first.size() + second.size()) co_return;
  if (written < first.size()) {
    buffers[0] += written;
  } else {
    buffers[1] += written - first.size();
    buffers[0] = {};
  }
  co_await asio::async_write(socket_, buffers, asio::use_awaitable);
}

task<> tcp_stream::end_writing() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  co_return;
}

void tcp_stream::close() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

bool tcp_stream::usable() noexcept {
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::unique_ptr<acceptor> listen_tcp(const executor& on, const std::string& address, std::uint16_t port) {
  const std::string ip = address == "localhost" ? "127.0.0.1" : address;
  return std::make_unique<tcp_acceptor>(on, tcp::endpoint(asio::ip::make_address(ip), port));
}

task<std::unique_ptr<byte_stream>> connect_tcp(std::string host, std::uint16_t port,
                                               std::chrono::nanoseconds limit) {
  auto work = connect(std::move(host), port);
  co_return co_await async::within(limit, std::move(work));
}

bool is_loopback(std::string_view address) {
  if (address == "localhost") return true;
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return false;
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6()).is_loopback();
  }
  return ip.is_loopback();
}

}  // namespace tandem::net
