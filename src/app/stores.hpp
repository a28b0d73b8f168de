#pragma once
#include <iosfwd>
#include <memory>
#include <optional>

#include "app/settings.hpp"
#include "async/part.hpp"
#include "platform/blob/blob.hpp"
#include "platform/cache/cache.hpp"
#include "platform/http/server.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/redis/redis.hpp"
#include "platform/s3/s3.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::app {

// The cache and the blob store as the settings `cache` and `blob` choose their engines. As a part it shows
// them in the metrics and looks at S3 now and then; a Redis or a bucket that does not answer is told in its
// state, and does not make the process unready: without Redis each process caches for itself, and without S3
// only files are missing.
class stores : public async::part {
 public:
  virtual cache::cache& kept() = 0;
  virtual blob::store& blobs() = 0;
};

// All arguments outlive it. `public_to`: where links to the folder store's blobs are served, below /blobs;
// nothing is added for S3, whose links lead to it.
std::unique_ptr<stores> make_stores(executor on, const settings& all, pg::pool& db,
                                    const seal::vault& secrets, const clock& time, metrics::registry& figures,
                                    http::router& public_to);

// What the settings name; nothing for the embedded engine. check_together() has read them before.
std::optional<redis::client_options> redis_of(const settings& all);
std::optional<s3::bucket_options> bucket_of(const settings& all);

// What doctor shows: a sentence, and whether it is good.
struct store_finding {
  bool good = false;
  std::string text;
};
task<std::vector<store_finding>> look_at_redis(executor on, redis::client_options to);
task<std::vector<store_finding>> look_at_bucket(executor on, s3::bucket_options to, const clock& time);

}  // namespace tandem::app
