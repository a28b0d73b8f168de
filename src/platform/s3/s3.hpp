#pragma once
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "platform/http/client.hpp"
#include "platform/s3/answers.hpp"
#include "platform/s3/sigv4.hpp"

namespace tandem::s3 {

// Where objects are kept.
struct place {
  std::string host;
  std::uint16_t port = 0;  // 0: the scheme's own
  std::string bucket;
  std::string prefix;  // "" or "photos/": before every key
  std::string region = "us-east-1";
  bool host_style = false;  // https://bucket.host/key instead of https://host/bucket/key
  bool tls = true;
  std::string ca_file;  // more trusted roots for TLS, PEM: for the HTTP client

  std::string shown() const;  // "s3://host/bucket/prefix"
};

// s3://host[:port]/bucket[/prefix][?region=…&style=path|host&tls=yes|no&cacertfile=…]. What is wrong, as a
// sentence for the operator.
std::expected<place, std::string> parse_place(std::string_view url);

// The store has answered, and it is no: the status and S3's own words.
struct refused : std::runtime_error {
  refused(const std::string& what, int its_status) : std::runtime_error(what), status(its_status) {}
  int status;
};
// No answer worth having, after all retries.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct bucket_options {
  place at;
  std::string key_id, secret;
  std::size_t part_bytes = 8 << 20;    // of a multipart upload; S3 takes parts from 5 MiB
  std::size_t whole_up_to = 16 << 20;  // larger objects are uploaded in parts
  std::size_t most_bytes = 512 << 20;  // of an object that is read
  // What an object that is read may weigh, as far as its time goes: how much comes, the answer tells too
  // late.
  std::size_t usual_bytes = 1 << 20;
  // For one try of a small request; what is sent or read adds a second for each 256 KiB.
  std::chrono::milliseconds limit{10'000};
  http::retry_policy retries;
};

// A bucket of S3 or of what speaks its protocol: MinIO, Ceph, s3rver. Keys are without the prefix. Every
// request is tried again after 5xx, 429, time-outs and broken connections; throws refused or unavailable. The
// bucket must exist.
class bucket {
 public:
  virtual ~bucket() = default;
  // `hash`: sha256_hex of the bytes, signed with them, so that the store refuses what was changed on the way.
  // Large objects go up in parts; a failed upload in parts is ended in the store too.
  virtual task<> put(std::string key, std::vector<std::byte> bytes, std::string hash) = 0;
  virtual task<std::optional<std::vector<std::byte>>> get(std::string key) = 0;
  virtual task<bool> exists(std::string key) = 0;
  // S3 does not say whether there was one.
  virtual task<> remove(std::string key) = 0;
  // Those behind `after`, in the order of their keys' bytes; at most `limit`.
  virtual task<std::vector<object>> list(std::string after, std::size_t limit) = 0;
  // Works without further rights for `lasts` from `from`, seven days at most. `method`: GET or PUT.
  virtual std::string link(std::string_view method, std::string_view key, instant from,
                           std::chrono::seconds lasts) const = 0;
};

// `through` and `time` outlive it.
std::unique_ptr<bucket> make_bucket(http::client& through, const clock& time, bucket_options options);

}  // namespace tandem::s3
