#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "async/offload.hpp"
#include "base/text/hex.hpp"
#include "platform/blob/blob.hpp"

namespace tandem::blob {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

void write_durably(const fs::path& path, std::span<const std::byte> bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail(path);
  while (!bytes.empty()) {
    const auto written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      close(file);
      fail(path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  const bool synced = fsync(file) == 0;
  if (close(file) != 0 || !synced) fail(path);
}

void sync_folder(const fs::path& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail(folder);
  const bool synced = fsync(file) == 0;
  close(file);
  if (!synced) fail(folder);
}

instant time_of(const struct stat& about) {
  return instant(std::chrono::seconds(about.st_mtim.tv_sec)) +
         std::chrono::microseconds(about.st_mtim.tv_nsec / 1000);
}

class folder_store final : public store {
 public:
  folder_store(fs::path folder, const link_signer& links) : folder_(std::move(folder)), links_(links) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
    fs::create_directories(folder_);
  }

  task<blob_id> put(std::vector<std::byte> bytes) override {
    std::function<blob_id()> work = [this, &bytes] {
      auto id = id_of(bytes);
      const auto path = path_of(id);
      const bool new_folder = fs::create_directory(path.parent_path());
      if (fs::exists(path)) {
        fs::last_write_time(path,
                            fs::file_time_type::clock::now());  // young again: the clean-up must not take it
        return id;
      }
      const auto draft = path.parent_path() / fmt_draft(id);
      write_durably(draft, bytes);
      fs::rename(draft, path);
      sync_folder(path.parent_path());
      if (new_folder) sync_folder(folder_);
      return id;
    };
    co_return co_await disk_.run(std::move(work));
  }

  task<std::optional<std::vector<std::byte>>> get(blob_id id) override {
    if (!is_blob_id(id)) co_return std::nullopt;
    std::function<std::optional<std::vector<std::byte>>()> work = [this, &id] { return read(path_of(id)); };
    co_return co_await disk_.run(std::move(work));
  }

  task<bool> remove(blob_id id) override {
    if (!is_blob_id(id)) co_return false;
    std::function<bool()> work = [this, &id] { return fs::remove(path_of(id)); };
    co_return co_await disk_.run(std::move(work));
  }

  task<std::vector<blob_entry>> list(blob_id after, std::size_t limit) override {
    std::function<std::vector<blob_entry>()> work = [this, &after, limit] { return entries(after, limit); };
    co_return co_await disk_.run(std::move(work));
  }

  std::string link(const blob_id& id, instant until) const override { return links_.sign(id, until); }

 private:
  // 256 folders: a folder with a million files is slow to list.
  fs::path path_of(const blob_id& id) const { return folder_ / id.substr(0, 2) / id; }

  std::string fmt_draft(const blob_id& id) {
    return id + "." + std::to_string(getpid()) + "-" + std::to_string(++drafts_) + ".part";
  }

  static std::optional<std::vector<std::byte>> read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) {
      if (!fs::exists(path)) return {};
      fail(path);
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(in.tellg()));
    in.seekg(0);
    if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
      fail(path);
    return bytes;
  }

  std::vector<blob_entry> entries(const blob_id& after, std::size_t limit) const {
    std::vector<fs::path> folders;
    for (const auto& each : fs::directory_iterator(folder_)) {
      if (each.is_directory() && each.path().filename().string() >= after.substr(0, 2))
        folders.push_back(each.path());
    }
    std::ranges::sort(folders);
    std::vector<blob_entry> out;
    for (const auto& folder : folders) {
      std::vector<blob_id> ids;
      for (const auto& each : fs::directory_iterator(folder)) {
        auto id = each.path().filename().string();
        if (is_blob_id(id) && id > after) ids.push_back(std::move(id));
      }
      std::ranges::sort(ids);
      for (auto& id : ids) {
        struct stat about{};
        if (stat((folder / id).c_str(), &about) != 0) continue;  // removed meanwhile
        if (out.size() == limit) return out;
        out.push_back({std::move(id), static_cast<std::uint64_t>(about.st_size), time_of(about)});
      }
    }
    return out;
  }

  fs::path folder_;
  link_signer links_;
  std::atomic<std::uint64_t> drafts_ = 0;
  async::thread_pool disk_{2};
};

}  // namespace

blob_id id_of(std::span<const std::byte> bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return text::hex_of(std::as_bytes(std::span(digest)));
}

bool is_blob_id(std::string_view text) {
  return text.size() == 2 * crypto_hash_sha256_BYTES &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

link_signer::link_signer(std::vector<std::byte> key, std::string prefix)
    : key_(std::move(key)), prefix_(std::move(prefix)) {
  if (key_.size() != crypto_auth_KEYBYTES) throw std::invalid_argument("a key for links has 32 bytes");
}

link_signer::~link_signer() { sodium_memzero(key_.data(), key_.size()); }

std::string link_signer::sign(const blob_id& id, instant until) const {
  const auto seconds =
      std::to_string(std::chrono::floor<std::chrono::seconds>(until).time_since_epoch().count());
  const auto signed_text = id + "\n" + seconds;
  unsigned char signature[crypto_auth_BYTES];
  crypto_auth(signature, reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(),
              reinterpret_cast<const unsigned char*>(key_.data()));
  return prefix_ + "/" + id + "?until=" + seconds +
         "&signature=" + text::hex_of(std::as_bytes(std::span(signature)));
}

std::expected<blob_id, link_error> link_signer::check(std::string_view id, std::string_view until,
                                                      std::string_view signature, instant now) const {
  unsigned char given[crypto_auth_BYTES];
  std::size_t size = 0;
  if (!is_blob_id(id) || signature.size() != 2 * sizeof given ||
      sodium_hex2bin(given, sizeof given, signature.data(), signature.size(), nullptr, &size, nullptr) != 0 ||
      size != sizeof given) {
    return std::unexpected(link_error::forged);
  }
  const auto signed_text = std::string(id) + "\n" + std::string(until);
  if (crypto_auth_verify(given, reinterpret_cast<const unsigned char*>(signed_text.data()),
                         signed_text.size(), reinterpret_cast<const unsigned char*>(key_.data())) != 0) {
    return std::unexpected(link_error::forged);
  }
  // What we signed is a number.
  if (instant(std::chrono::seconds(std::stoll(std::string(until)))) <= now)
    return std::unexpected(link_error::expired);
  return std::string(id);
}

std::unique_ptr<store> make_folder_store(fs::path folder, const link_signer& links) {
  return std::make_unique<folder_store>(std::move(folder), links);
}

}  // namespace tandem::blob
