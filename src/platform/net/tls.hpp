#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "platform/net/stream.hpp"

namespace tandem::net {

// The server's side of TLS (1.2 and 1.3) from PEM files.
class server_tls {
 public:
  virtual ~server_tls() = default;
  // Makes `plain`, fresh from accept(), an encrypted stream.
  virtual task<std::unique_ptr<byte_stream>> handshake(std::unique_ptr<byte_stream> plain) = 0;
  // Reads the files again if they have changed since the last look; connections that exist keep what they
  // have. True if new ones are in use from now on. Throws std::runtime_error if the new files cannot be used;
  // the old ones then stay in use until the files change again.
  virtual bool reload_if_changed() = 0;
};

// Throws std::runtime_error with the file's name if they cannot be read or do not belong together.
std::unique_ptr<server_tls> make_server_tls(std::string certificate_file, std::string key_file);

// The client's side: the certificate must be valid for the host, from a root of the system or of `ca_file`.
class client_tls {
 public:
  virtual ~client_tls() = default;
  virtual task<std::unique_ptr<byte_stream>> handshake(std::unique_ptr<byte_stream> plain,
                                                       std::string host) = 0;
};

std::unique_ptr<client_tls> make_client_tls(const std::string& ca_file = {});

}  // namespace tandem::net
