#pragma once
// Inside of platform/net only: TLS takes the socket out of a TCP stream.
#include <boost/asio/ip/tcp.hpp>

#include "platform/net/stream.hpp"

namespace tandem::net {

class tcp_stream final : public byte_stream {
 public:
  explicit tcp_stream(boost::asio::ip::tcp::socket socket);
  task<std::size_t> read_some(std::span<char> into) override;
  std::size_t write_now(std::string_view bytes) override;
  task<> write_all(std::string_view first, std::string_view second) override;
  task<> end_writing() override;
  void close() noexcept override;
  bool usable() noexcept override;
  const std::string& peer() const override { return peer_; }
  bool encrypted() const override { return false; }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::string peer_;
};

}  // namespace tandem::net
