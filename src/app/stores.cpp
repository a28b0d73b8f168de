#include "app/stores.hpp"

#include <fmt/format.h>

#include "app/database.hpp"
#include "async/crew.hpp"
#include "async/within.hpp"
#include "platform/http/client.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto show_every = 5s;
constexpr auto look_at_bucket_every = 60s;

std::unique_ptr<http::client> client_for(executor on, const s3::bucket_options& to) {
  http::client_options options;
  options.ca_file = to.at.ca_file;
  return http::make_plain_client(on, std::move(options));
}

// Shows a count that only grows as a counter.
class shown_count {
 public:
  shown_count(metrics::registry& in, std::string_view name, std::string_view help,
              const metrics::labels& with)
      : counter_(in.counter(name, help, with)) {}
  void show(std::uint64_t now) {
    counter_.add(static_cast<double>(now - before_));
    before_ = now;
  }

 private:
  metrics::counter counter_;
  std::uint64_t before_ = 0;
};

class cache_figures {
 public:
  explicit cache_figures(metrics::registry& in)
      : process_(in, reads, reads_help, {{"from", "process"}}),
        redis_(in, reads, reads_help, {{"from", "redis"}}),
        database_(in, reads, reads_help, {{"from", "database"}}),
        outdated_(in, "tandem_cache_outdated_total", "Values of Redis that were older than a change.", {}),
        failures_(in, "tandem_cache_redis_failures_total", "Questions that Redis did not answer, or refused.",
                  {}),
        evicted_(in, "tandem_cache_evicted_total", "Values that had to make room.", {}),
        entries_(in.gauge("tandem_cache_entries", "Values in this process.")),
        bytes_(in.gauge("tandem_cache_bytes", "Bytes of these values.")) {}

  void show(const cache::cache_counts& now) {
    process_.show(now.hits + now.shared_fills);
    redis_.show(now.second_hits);
    database_.show(now.fills);
    outdated_.show(now.second_outdated);
    failures_.show(now.second_failures);
    evicted_.show(now.evicted);
    entries_.set(static_cast<double>(now.entries));
    bytes_.set(static_cast<double>(now.bytes));
  }

 private:
  static constexpr std::string_view reads = "tandem_cache_reads_total";
  static constexpr std::string_view reads_help = "Values that were asked for, by where they came from.";
  shown_count process_, redis_, database_, outdated_, failures_, evicted_;
  metrics::gauge entries_, bytes_;
};

void serve_blobs(http::router& to, blob::store& from, const blob::link_signer& links, const clock& time) {
  to.add("GET", "/blobs/{id}", [&from, &links, &time](http::request what) -> task<http::response> {
    const auto id = links.check(what.path_value("id"), what.query_value("until").value_or(""),
                                what.query_value("signature").value_or(""), time.now());
    if (!id) co_return http::response::text(403, "");
    const auto bytes = co_await from.get(*id);
    if (!bytes) co_return http::response::text(404, "");
    http::response out;
    // People's files: nothing that a browser would run, and nothing that others may keep.
    out.headers.add("Content-Type", "application/octet-stream");
    out.headers.add("X-Content-Type-Options", "nosniff");
    out.headers.add("Cache-Control", "private, max-age=3600");
    out.body.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    co_return out;
  });
}

class built_stores final : public stores {
 public:
  built_stores(executor on, const settings& all, pg::pool& db, const seal::vault& secrets, const clock& time,
               metrics::registry& figures, http::router& public_to)
      : log_("stores"),
        shown_(figures),
        redis_connected_(figures.gauge("tandem_redis_connected", "1 while Redis is connected.")),
        bucket_reachable_(figures.gauge("tandem_bucket_reachable", "1 when S3 answered the last look.")),
        work_(on, log::failures_to(log_)) {
    if (auto to = redis_of(all)) {
      redis_ = redis::make_client(on, std::move(*to));
      cache_ = cache::make_redis_cache(on, db, *redis_);
    } else {
      cache_ = cache::make_pg_cache(on, db);
    }
    if (auto to = bucket_of(all)) {
      http_ = client_for(on, *to);
      bucket_ = s3::make_bucket(*http_, time, std::move(*to));
      blobs_ = blob::make_s3_store(*bucket_, time);
    } else {
      links_.emplace(secrets.derive("blob links"), "/blobs");
      blobs_ = blob::make_folder_store(data_folder(all).blobs(), *links_);
      serve_blobs(public_to, *blobs_, *links_, time);
    }
  }

  cache::cache& kept() override { return *cache_; }
  blob::store& blobs() override { return *blobs_; }

  std::string_view name() const override { return "stores"; }
  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    work_.keep("show", [this] { return show(); });
    if (bucket_) work_.keep("look at the bucket", [this] { return look(); });
  }
  task<> stop() override {
    co_await work_.stop();
    co_await cache_->stop();
    if (redis_) co_await redis_->stop();
  }
  async::health state() const override {
    std::string detail;
    if (redis_ && !redis_->state().connected) {
      detail = "Redis: " + redis_->state().problem + "; each process caches for itself";
    }
    if (!bucket_problem_.empty()) detail += (detail.empty() ? "" : ". ") + ("S3: " + bucket_problem_);
    return work_.state(std::move(detail));
  }

 private:
  task<> show() {
    shown_.show(cache_->counts());
    if (redis_) note_redis(redis_->state());
    co_await async::sleep_for(show_every);
  }

  void note_redis(const redis::client_state& now) {
    redis_connected_.set(now.connected ? 1 : 0);
    if (now.connected == redis_was_connected_ && !(redis_problem_.empty() && !now.connected)) return;
    redis_was_connected_ = now.connected;
    redis_problem_ = now.problem;
    if (now.connected) {
      log_.info("Redis is connected", {{"version", now.version}});
    } else {
      log_.warn("Redis is away, each process caches for itself", {{"problem", now.problem}});
    }
  }

  task<> look() {
    std::string problem;
    try {
      co_await bucket_->list({}, 1);
    } catch (const s3::refused& no) {
      problem = no.what();
    } catch (const s3::unavailable& none) {
      problem = none.what();
    }
    if (problem != bucket_problem_) {
      problem.empty() ? log_.info("the bucket answers again")
                      : log_.warn("the bucket", {{"problem", problem}});
    }
    bucket_problem_ = std::move(problem);
    bucket_reachable_.set(bucket_problem_.empty() ? 1 : 0);
    co_await async::sleep_for(look_at_bucket_every);
  }

  log::logger log_;
  cache_figures shown_;
  metrics::gauge redis_connected_, bucket_reachable_;
  std::unique_ptr<redis::client> redis_;
  std::unique_ptr<cache::cache> cache_;
  std::unique_ptr<http::client> http_;
  std::unique_ptr<s3::bucket> bucket_;
  std::optional<blob::link_signer> links_;
  std::unique_ptr<blob::store> blobs_;
  bool redis_was_connected_ = false;
  std::string redis_problem_, bucket_problem_;
  async::crew work_;
};

// The value of a line "name:value" in what INFO answers.
std::string_view line_of(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const auto end = std::min(info.find("\r\n", at), info.size());
    const auto line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
      return line.substr(name.size() + 1);
    at = end + 2;
  }
  return {};
}

double milliseconds_since(steady::time_point begun) {
  return std::chrono::duration<double, std::milli>(steady::now() - begun).count();
}

task<std::vector<store_finding>> ask_redis(redis::client& at, const std::string& where) {
  std::vector<store_finding> out;
  redis::batch ping, ask;
  ping.add({"PING"});
  ask.add({"INFO", "memory"});
  const auto begun = steady::now();
  co_await at.run(std::move(ping));
  out.push_back({true, fmt::format("Redis {} at {}, answers in {:.1f} ms", at.state().version, where,
                                   milliseconds_since(begun))});
  const auto answers = co_await at.run(std::move(ask));
  const auto& info = answers.front();
  if (info.is_error()) {
    out.push_back({true, "its memory is not shown: " + info.text});
    co_return out;
  }
  const auto most = line_of(info.text, "maxmemory_human"), policy = line_of(info.text, "maxmemory_policy");
  const bool unbounded = line_of(info.text, "maxmemory") == "0";
  out.push_back({true, fmt::format("{} in use of {}, {}", line_of(info.text, "used_memory_human"),
                                   unbounded ? "all that the machine has" : most, policy)});
  if (unbounded) out.push_back({false, "maxmemory is not set: set it, and maxmemory-policy allkeys-lru"});
  if (!unbounded && policy == "noeviction")
    out.push_back({false, "maxmemory-policy noeviction: a full Redis takes nothing new; set allkeys-lru"});
  co_return out;
}

}  // namespace

std::optional<redis::client_options> redis_of(const settings& all) {
  if (all.cache.empty()) return std::nullopt;
  auto at = redis::parse_address(all.cache);
  if (!at) throw std::runtime_error("cache: " + at.error());
  redis::client_options out;
  out.at = std::move(*at);
  return out;
}

std::optional<s3::bucket_options> bucket_of(const settings& all) {
  if (all.blob.empty()) return std::nullopt;
  auto at = s3::parse_place(all.blob);
  if (!at) throw std::runtime_error("blob: " + at.error());
  s3::bucket_options out;
  out.at = std::move(*at);
  out.key_id = all.blob_key;
  out.secret = all.blob_secret;
  return out;
}

std::unique_ptr<stores> make_stores(executor on, const settings& all, pg::pool& db,
                                    const seal::vault& secrets, const clock& time, metrics::registry& figures,
                                    http::router& public_to) {
  return std::make_unique<built_stores>(on, all, db, secrets, time, figures, public_to);
}

task<std::vector<store_finding>> look_at_redis(executor on, redis::client_options to) {
  const auto where = to.at.shown();
  const auto client = redis::make_client(on, std::move(to));
  std::vector<store_finding> out;
  try {
    const bool connected = co_await client->first_try();
    if (!connected) throw redis::unavailable(client->state().problem);
    out = co_await ask_redis(*client, where);
  } catch (const redis::unavailable& none) {
    out.push_back(
        {false, fmt::format("Redis at {}: {}; each process caches for itself", where, none.what())});
  }
  co_await client->stop();
  co_return out;
}

task<std::vector<store_finding>> look_at_bucket(executor on, s3::bucket_options to, const clock& time) {
  const auto where = to.at.shown();
  to.limit = 3s;
  to.retries.attempts = 1;
  const auto http = client_for(on, to);
  const auto bucket = s3::make_bucket(*http, time, std::move(to));
  std::vector<store_finding> out;
  const auto begun = steady::now();
  try {
    co_await bucket->list({}, 1);
    out.push_back({true, fmt::format("{} answers in {:.1f} ms", where, milliseconds_since(begun))});
  } catch (const s3::refused& no) {
    out.push_back({false, fmt::format("{}: {}", where, no.what())});
  } catch (const s3::unavailable& none) {
    out.push_back({false, fmt::format("{}: {}", where, none.what())});
  }
  co_return out;
}

}  // namespace tandem::app
