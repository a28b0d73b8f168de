#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "async/task.hpp"

namespace tandem::pg {
class pool;
class transaction;
}  // namespace tandem::pg
namespace tandem::redis {
class client;
}

namespace tandem::cache {

struct cache_counts {
  std::uint64_t hits = 0, fills = 0, shared_fills = 0, spoiled_fills = 0, evicted = 0;
  std::size_t entries = 0, bytes = 0;
  // The second level: found, not there, there but older than a change, no answer or an error.
  std::uint64_t second_hits = 0, second_misses = 0, second_outdated = 0, second_failures = 0;
};

// Keeps values that are dear to make. Absent values are kept too. Conformance: cache_conformance.hpp.
class cache {
 public:
  using filler = std::function<task<std::optional<std::string>>()>;

  virtual ~cache() = default;
  // The kept value, or what `fill` gives, which is then kept for `ttl`. Several that ask for one key at once
  // share one fill, and its exception. A fill that began before an invalidation of its key is not kept, and
  // nobody who asked after the invalidation gets it. `fill` has to see what is committed when it is called: a
  // transaction is fine as long as it is READ COMMITTED.
  virtual task<std::optional<std::string>> get(std::string key, std::chrono::milliseconds ttl,
                                               filler fill) = 0;
  // The keys change with `in`: forgotten here as soon as it has committed, in all other processes shortly
  // after (a hint; within a second if it is lost).
  virtual task<> invalidate(pg::transaction& in, std::span<const std::string> keys) = 0;
  virtual cache_counts counts() const = 0;
  // Ends the cache's background work.
  virtual task<> stop() = 0;
};

struct cache_options {
  std::size_t entries = 10'000;  // the one that was not asked for longest goes first
  std::size_t bytes = 64 << 20;  // of all values and keys together
  // How often the database is asked for the invalidations of other processes. Nothing is served from the
  // cache when the last such look that succeeded began more than twice as long ago.
  std::chrono::milliseconds poll{500};
  std::size_t second_value_bytes = 256 << 10;  // larger values stay in this process
};

// In this process only, for tests and for what no other process changes.
std::unique_ptr<cache> make_local_cache(executor on, cache_options options = {});
// The same, told by the database what other processes changed. While the database does not answer, everything
// is asked for anew.
std::unique_ptr<cache> make_pg_cache(executor on, pg::pool& db, cache_options options = {});
// The same over a Redis that all processes share as a second level (docs/decisions/0014-*.md): a value
// carries the number of the transaction that it cannot be older than, and is refused when a later one has
// changed its key. So Redis is never told of a change, and nothing depends on its being there.
std::unique_ptr<cache> make_redis_cache(executor on, pg::pool& db, redis::client& second,
                                        cache_options options = {});

}  // namespace tandem::cache
