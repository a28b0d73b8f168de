#include "platform/net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

#include "platform/net/tcp_stream.hpp"

namespace tandem::net {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

namespace {

class tls_stream final : public byte_stream {
 public:
  tls_stream(std::shared_ptr<ssl::context> context, tcp_stream& plain)
      : context_(std::move(context)), peer_(plain.peer()), stream_(std::move(plain.socket()), *context_) {}

  task<std::size_t> read_some(std::span<char> into) override {
    const asio::mutable_buffer buffer(into.data(), into.size());
    if (ended_) {
      const auto [failure, left] =
          co_await stream_.next_layer().async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
      if (failure && failure != asio::error::eof) throw boost::system::system_error(failure);
      co_return left;
    }
    const auto [error, size] = co_await stream_.async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
    // Many clients end without TLS's goodbye; HTTP knows by itself whether a message is whole.
    if (error == asio::error::eof || error == boost::asio::ssl::error::stream_truncated) co_return 0;
    if (error) throw boost::system::system_error(error);
    co_return size;
  }

  std::size_t write_now(std::string_view) override { return 0; }
  task<> write_all(std::string_view first, std::string_view second) override {
    if (second.empty()) {
      co_await asio::async_write(stream_, asio::buffer(first), asio::use_awaitable);
      co_return;
    }
    // Asio's TLS writes one buffer at a time, each as a record and a system call of its own.
    if (first.size() + second.size() <= joined_limit) {
      std::string joined;
      joined.reserve(first.size() + second.size());
      joined.append(first).append(second);
      co_await asio::async_write(stream_, asio::buffer(joined), asio::use_awaitable);
      co_return;
    }
    co_await asio::async_write(stream_, asio::buffer(first), asio::use_awaitable);
    co_await asio::async_write(stream_, asio::buffer(second), asio::use_awaitable);
  }

  task<> end_writing() override {
    // Sends close_notify and waits for the other side's; what it sends instead is an error of no interest.
    ended_ = true;
    [[maybe_unused]] const auto [ignored] =
        co_await stream_.async_shutdown(asio::as_tuple(asio::use_awaitable));
    boost::system::error_code also_ignored;
    stream_.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send, also_ignored);
  }

  void close() noexcept override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

  // After an answer has been read, nothing but the end of the connection can be waiting.
  bool usable() noexcept override {
    char byte = 0;
    return ::recv(stream_.next_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK) && ::SSL_pending(stream_.native_handle()) == 0;
  }

  const std::string& peer() const override { return peer_; }
  bool encrypted() const override { return true; }
  ssl::stream<asio::ip::tcp::socket>& stream() { return stream_; }

 private:
  static constexpr std::size_t joined_limit = 16 << 10;  // one TLS record
  std::shared_ptr<ssl::context> context_;
  std::string peer_;
  ssl::stream<asio::ip::tcp::socket> stream_;
  bool ended_ = false;  // what still comes cannot be decrypted any more
};

std::unique_ptr<tls_stream> over(const std::shared_ptr<ssl::context>& context,
                                 std::unique_ptr<byte_stream> plain) {
  auto* tcp = dynamic_cast<tcp_stream*>(plain.get());
  if (tcp == nullptr) throw std::logic_error("TLS goes over a TCP stream");
  return std::make_unique<tls_stream>(context, *tcp);
}

int choose_http11(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                  unsigned in_length, void*) {
  static constexpr unsigned char http11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, out_length, http11, sizeof http11 - 1, in, in_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// What tells one version of a file from the next.
struct file_version {
  std::int64_t seconds = 0, nanoseconds = 0, size = 0, inode = 0;
  bool operator==(const file_version&) const = default;
};

file_version version_of(const std::string& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size,
          static_cast<std::int64_t>(found.st_ino)};
}

class file_server_tls final : public server_tls {
 public:
  file_server_tls(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {
    note_versions();
    context_ = load();
  }

  task<std::unique_ptr<byte_stream>> handshake(std::unique_ptr<byte_stream> plain) override {
    auto stream = over(context_, std::move(plain));
    co_await stream->stream().async_handshake(ssl::stream_base::server, asio::use_awaitable);
    co_return stream;
  }

  bool reload_if_changed() override {
    if (version_of(certificate_file_) == certificate_version_ && version_of(key_file_) == key_version_)
      return false;
    note_versions();
    context_ = load();
    return true;
  }

 private:
  void note_versions() {
    certificate_version_ = version_of(certificate_file_);
    key_version_ = version_of(key_file_);
  }

  std::shared_ptr<ssl::context> load() const {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_options(context->native_handle(),
                          SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_http11, nullptr);
    boost::system::error_code error;
    context->use_certificate_chain_file(certificate_file_, error);
    if (error)
      throw std::runtime_error("cannot use the certificate " + certificate_file_ + ": " + error.message());
    context->use_private_key_file(key_file_, ssl::context::pem, error);
    if (error) throw std::runtime_error("cannot use the key " + key_file_ + ": " + error.message());
    if (::SSL_CTX_check_private_key(context->native_handle()) != 1) {
      ::ERR_clear_error();
      throw std::runtime_error("the key " + key_file_ + " is not of the certificate " + certificate_file_);
    }
    return context;
  }

  std::string certificate_file_, key_file_;
  file_version certificate_version_, key_version_;
  std::shared_ptr<ssl::context> context_;
};

class verifying_client_tls final : public client_tls {
 public:
  explicit verifying_client_tls(const std::string& ca_file)
      : context_(std::make_shared<ssl::context>(ssl::context::tls_client)) {
    ::SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_mode(context_->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context_->set_default_verify_paths();
    boost::system::error_code error;
    if (!ca_file.empty()) context_->load_verify_file(ca_file, error);
    if (error) throw std::runtime_error("cannot use the certificates " + ca_file + ": " + error.message());
    context_->set_verify_mode(ssl::verify_peer);
  }

  task<std::unique_ptr<byte_stream>> handshake(std::unique_ptr<byte_stream> plain,
                                               std::string host) override {
    auto stream = over(context_, std::move(plain));
    SSL* handle = stream->stream().native_handle();
    boost::system::error_code no_address;
    asio::ip::make_address(host, no_address);
    if (no_address)
      ::SSL_set_tlsext_host_name(handle, host.c_str());  // an address has no server name indication
    static constexpr unsigned char http11[] = "\x08http/1.1";
    ::SSL_set_alpn_protos(handle, http11, sizeof http11 - 1);
    stream->stream().set_verify_callback(ssl::host_name_verification(host));
    co_await stream->stream().async_handshake(ssl::stream_base::client, asio::use_awaitable);
    co_return stream;
  }

 private:
  std::shared_ptr<ssl::context> context_;
};

}  // namespace

std::unique_ptr<server_tls> make_server_tls(std::string certificate_file, std::string key_file) {
  return std::make_unique<file_server_tls>(std::move(certificate_file), std::move(key_file));
}

std::unique_ptr<client_tls> make_client_tls(const std::string& ca_file) {
  return std::make_unique<verifying_client_tls>(ca_file);
}

}  // namespace tandem::net
