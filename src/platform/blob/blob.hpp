#pragma once
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"

namespace tandem::s3 {
class bucket;
}

namespace tandem::blob {

// A blob's name is the SHA-256 of its bytes, 64 hexadecimal digits: the same bytes are kept once.
using blob_id = std::string;

struct blob_entry {
  blob_id id;
  std::uint64_t bytes = 0;
  instant stored_at;  // an orphan that is young may belong to a change that has not committed yet
};

// Keeps bytes that are never changed: photos, exports. Conformance: blob_conformance.hpp.
class store {
 public:
  virtual ~store() = default;
  // Durable when it returns.
  virtual task<blob_id> put(std::vector<std::byte> bytes) = 0;
  virtual task<std::optional<std::vector<std::byte>>> get(blob_id id) = 0;
  // False if there was none.
  virtual task<bool> remove(blob_id id) = 0;
  // In the order of their ids, those behind `after`: for the clean-up of what nobody refers to any more.
  virtual task<std::vector<blob_entry>> list(blob_id after, std::size_t limit) = 0;
  // An address under which the blob can be fetched without further rights until then.
  virtual std::string link(const blob_id& id, instant until) const = 0;
};

// The name of these bytes, known before they are put.
blob_id id_of(std::span<const std::byte> bytes);
// True for what a put may return: ids come from links and from the database, too.
bool is_blob_id(std::string_view text);

enum class link_error { forged, expired };

// Links that we serve ourselves: PREFIX/ID?until=SECONDS&signature=HEX (HMAC-SHA-512-256 over id and time).
class link_signer {
 public:
  // `key`: 32 bytes (vault::derive("blob links")); `prefix`: where they are served, "/blobs" or an absolute
  // address.
  link_signer(std::vector<std::byte> key, std::string prefix);
  ~link_signer();
  std::string sign(const blob_id& id, instant until) const;
  // The id, for a request's path below the prefix and its two parameters.
  std::expected<blob_id, link_error> check(std::string_view id, std::string_view until,
                                           std::string_view signature, instant now) const;

 private:
  std::vector<std::byte> key_;
  std::string prefix_;
};

// Files in a folder of ours, made when absent. Files are written aside, synced and renamed.
std::unique_ptr<store> make_folder_store(std::filesystem::path folder, const link_signer& links);

// Objects of a bucket of S3; `under` outlives it. A blob's key is its id, so that what comes back is checked
// against it: throws damaged when it differs. Links are presigned, seven days at most, and need no server of
// ours.
std::unique_ptr<store> make_s3_store(s3::bucket& under, const clock& time);

// What the store gave is not what was put into it.
struct damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tandem::blob
