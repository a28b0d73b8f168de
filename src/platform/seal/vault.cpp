#include "platform/seal/vault.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <system_error>

#include "base/text/hex.hpp"

namespace tandem::seal {
namespace {

constexpr std::byte version{1};
constexpr std::size_t key_id_bytes = 4, key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
                      nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
                      tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES,
                      head_bytes = 1 + key_id_bytes + nonce_bytes;

const unsigned char* raw(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class key_vault final : public vault {
 public:
  explicit key_vault(std::vector<std::byte> key) : key_(std::move(key)), id_(derive("key id")) {
    id_.resize(key_id_bytes);
  }
  ~key_vault() override { sodium_memzero(key_.data(), key_.size()); }

  std::vector<std::byte> close(std::string_view secret, std::string_view purpose) const override {
    std::vector<std::byte> out(head_bytes + secret.size() + tag_bytes);
    out[0] = version;
    std::memcpy(&out[1], id_.data(), key_id_bytes);
    auto* nonce = &out[1 + key_id_bytes];
    randombytes_buf(nonce, nonce_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw(&out[head_bytes]), nullptr, raw(secret), secret.size(),
                                               raw(purpose), purpose.size(), nullptr, raw(nonce),
                                               raw(key_.data()));
    return out;
  }

  std::string open(const std::vector<std::byte>& sealed, std::string_view purpose) const override {
    if (sealed.size() < head_bytes + tag_bytes || sealed[0] != version)
      throw cannot_open("this is no sealed value");
    if (std::memcmp(&sealed[1], id_.data(), key_id_bytes) != 0) {
      throw cannot_open(
          "this was sealed with another key: put back the key file that belongs to this database");
    }
    std::string out(sealed.size() - head_bytes - tag_bytes, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                                                   nullptr, raw(&sealed[head_bytes]),
                                                   sealed.size() - head_bytes, raw(purpose), purpose.size(),
                                                   raw(&sealed[1 + key_id_bytes]), raw(key_.data())) != 0) {
      throw cannot_open("a sealed value was changed, or belongs to another place");
    }
    return out;
  }

  std::string fingerprint() const override {
    const auto print = derive("fingerprint");
    return text::hex_of(std::span(print).first(8));
  }

  std::vector<std::byte> derive(std::string_view use) const override {
    std::vector<std::byte> out(key_bytes);
    crypto_generichash(raw(out.data()), out.size(), raw(use), use.size(), raw(key_.data()), key_.size());
    return out;
  }

 private:
  std::vector<std::byte> key_;
  std::vector<std::byte> id_;
};

void write_key(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  ::chmod(file.parent_path().c_str(), 0700);
  std::vector<std::byte> key(key_bytes);
  randombytes_buf(key.data(), key.size());
  const auto text = text::hex_of(key) + "\n";
  // Written whole and then named: a crash leaves no half a key.
  const auto draft = file.string() + ".new";
  const int out = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) throw std::system_error(errno, std::generic_category(), draft);
  const bool whole =
      ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(out) == 0;
  ::close(out);
  if (!whole) throw std::runtime_error(draft + ": cannot be written; is the disk full?");
  std::filesystem::rename(draft, file);
}

}  // namespace

std::unique_ptr<vault> open_vault(const std::filesystem::path& file, bool may_create) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  if (!std::filesystem::exists(file)) {
    if (!may_create) {
      throw std::runtime_error(file.string() +
                               " is missing: without it the secrets in the database cannot be read. "
                               "Put it back from a backup.");
    }
    write_key(file);
  }
  struct stat about{};
  if (::stat(file.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
    throw std::runtime_error(file.string() + " can be read by others: chmod 600 it");
  }
  std::ifstream in(file);
  std::string text;
  in >> text;
  std::vector<std::byte> key(key_bytes);
  std::size_t size = 0;
  if (sodium_hex2bin(raw(key.data()), key.size(), text.data(), text.size(), nullptr, &size, nullptr) != 0 ||
      size != key_bytes || text.size() != key_bytes * 2) {
    throw std::runtime_error(file.string() +
                             " is no key: it holds 64 hexadecimal digits. Put it back from a backup.");
  }
  sodium_memzero(text.data(), text.size());
  return std::make_unique<key_vault>(std::move(key));
}

}  // namespace tandem::seal
