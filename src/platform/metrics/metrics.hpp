#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::metrics {

using labels = std::map<std::string, std::string>;

// What the registry hands out is light, may be copied and is valid as long as the registry. Keep it: looking
// a series up again costs a search.

// Only grows.
class counter {
 public:
  void add(double by = 1) const;
  double value() const;

 private:
  friend class registry;
  void* series_ = nullptr;
};

// Goes up and down.
class gauge {
 public:
  void set(double to) const;
  void add(double by) const;
  double value() const;

 private:
  friend class registry;
  void* series_ = nullptr;
};

// How values spread. Times are in seconds, as Prometheus has it.
class histogram {
 public:
  void observe(double value) const;
  void observe(std::chrono::nanoseconds time) const { observe(std::chrono::duration<double>(time).count()); }
  std::uint64_t count() const;
  // The value below which the share `q` (0.99) of all lies, estimated within its bucket; the bound of the
  // last bucket for what lies above it; 0 when nothing was observed.
  double quantile(double q) const;

 private:
  friend class registry;
  void* series_ = nullptr;
  const std::vector<double>* bounds_ = nullptr;
};

// 1 ms to 60 s, finer around a second: for the times of this product.
const std::vector<double>& time_buckets();

// One histogram series, for doctor.
struct summary {
  std::string name;
  metrics::labels labels;
  std::uint64_t count = 0;
  double p50 = 0, p99 = 0;
};

// The metrics of a process. A name has one kind, one help text and (histograms) one set of buckets: another
// one for the same name is a std::logic_error. Names as Prometheus wants them: tandem_posts_total,
// tandem_delivery_seconds.
class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  metrics::counter counter(std::string_view name, std::string_view help, const labels& with = {});
  metrics::gauge gauge(std::string_view name, std::string_view help, const labels& with = {});
  metrics::histogram histogram(std::string_view name, std::string_view help, const labels& with = {},
                               const std::vector<double>& buckets = time_buckets());
  // Text exposition format 0.0.4.
  std::string render() const;
  std::vector<summary> summaries() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Observes the time from its birth to its death.
class timer {
 public:
  explicit timer(metrics::histogram into) : into_(into), begun_(std::chrono::steady_clock::now()) {}
  ~timer() { into_.observe(std::chrono::steady_clock::now() - begun_); }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

 private:
  metrics::histogram into_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace tandem::metrics
