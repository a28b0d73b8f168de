#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::seal {

// What was sealed cannot be opened: another key, another purpose, or bytes that were changed.
struct cannot_open : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Seals secrets before they go into the database, with a key that lies outside of it: XChaCha20-Poly1305
// (libsodium crypto_aead_xchacha20poly1305_ietf). A sealed value is version, key id, nonce, ciphertext; the
// purpose is bound in, so that a value cannot be moved from one column to another.
class vault {
 public:
  virtual ~vault() = default;
  virtual std::vector<std::byte> close(std::string_view secret, std::string_view purpose) const = 0;
  virtual std::string open(const std::vector<std::byte>& sealed, std::string_view purpose) const = 0;
  // A hash of the key: tells whether a database and a key file belong together, and nothing else.
  virtual std::string fingerprint() const = 0;
  // A key of one's own for another use (signed links, say), derived from the master key (crypto_kdf).
  virtual std::vector<std::byte> derive(std::string_view use) const = 0;
};

// Opens the key file, or makes it (mode 0600, its folder 0700) when `may_create`. Throws std::runtime_error
// that says what to do: the file is absent, is not a key, or can be read by others.
std::unique_ptr<vault> open_vault(const std::filesystem::path& key_file, bool may_create);

}  // namespace tandem::seal
