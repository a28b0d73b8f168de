#include "platform/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <stdexcept>
#include <variant>

namespace tandem::metrics {

namespace {

template <class Series>
Series& as(void* series) {
  return *static_cast<Series*>(series);
}

prometheus::ClientMetric::Histogram read(void* series) {
  return as<prometheus::Histogram>(series).Collect().histogram;
}

}  // namespace

void counter::add(double by) const { as<prometheus::Counter>(series_).Increment(by); }
double counter::value() const { return as<prometheus::Counter>(series_).Value(); }
void gauge::set(double to) const { as<prometheus::Gauge>(series_).Set(to); }
void gauge::add(double by) const { as<prometheus::Gauge>(series_).Increment(by); }
double gauge::value() const { return as<prometheus::Gauge>(series_).Value(); }
void histogram::observe(double value) const { as<prometheus::Histogram>(series_).Observe(value); }
std::uint64_t histogram::count() const { return read(series_).sample_count; }

double histogram::quantile(double q) const {
  const auto now = read(series_);
  if (now.sample_count == 0) return 0;
  const double rank = q * static_cast<double>(now.sample_count);
  double below = 0, lower = 0;
  for (const auto& bucket : now.bucket) {
    const auto up_to = static_cast<double>(bucket.cumulative_count);
    if (up_to >= rank && up_to > below) {
      if (bucket.upper_bound > bounds_->back()) break;  // the one without an upper bound
      return lower + (bucket.upper_bound - lower) * (rank - below) / (up_to - below);
    }
    below = up_to;
    lower = bucket.upper_bound;
  }
  return bounds_->back();
}

const std::vector<double>& time_buckets() {
  static const std::vector<double> buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                              0.175, 0.25,   0.375, 0.5,  0.75,  1,    1.5,
                                              2,     3,      5,     10,   20,    30,   60};
  return buckets;
}

struct registry::state {
  template <class Series>
  using family = prometheus::Family<Series>;
  struct known {
    std::string help;
    std::variant<family<prometheus::Counter>*, family<prometheus::Gauge>*, family<prometheus::Histogram>*> of;
    std::vector<double> buckets;
    std::map<labels, metrics::histogram> histograms;
  };

  prometheus::Registry all;
  std::map<std::string, known, std::less<>> by_name;

  template <class Series, class Build>
  known& find(std::string_view name, std::string_view help, const std::vector<double>& buckets, Build build) {
    auto found = by_name.find(name);
    if (found == by_name.end()) {
      auto& made = build().Name(std::string(name)).Help(std::string(help)).Register(all);
      found = by_name.emplace(std::string(name), known{std::string(help), &made, buckets, {}}).first;
    }
    auto& it = found->second;
    if (!std::holds_alternative<family<Series>*>(it.of) || it.help != help || it.buckets != buckets) {
      throw std::logic_error("the metric " + std::string(name) + " is already something else");
    }
    return it;
  }
};

registry::registry() : state_(std::make_unique<state>()) {}
registry::~registry() = default;

metrics::counter registry::counter(std::string_view name, std::string_view help, const labels& with) {
  auto& known = state_->find<prometheus::Counter>(name, help, {}, [] { return prometheus::BuildCounter(); });
  metrics::counter out;
  out.series_ = &std::get<state::family<prometheus::Counter>*>(known.of)->Add(with);
  return out;
}

metrics::gauge registry::gauge(std::string_view name, std::string_view help, const labels& with) {
  auto& known = state_->find<prometheus::Gauge>(name, help, {}, [] { return prometheus::BuildGauge(); });
  metrics::gauge out;
  out.series_ = &std::get<state::family<prometheus::Gauge>*>(known.of)->Add(with);
  return out;
}

metrics::histogram registry::histogram(std::string_view name, std::string_view help, const labels& with,
                                       const std::vector<double>& buckets) {
  auto& known =
      state_->find<prometheus::Histogram>(name, help, buckets, [] { return prometheus::BuildHistogram(); });
  auto& out = known.histograms[with];
  if (out.series_ == nullptr) {
    out.series_ = &std::get<state::family<prometheus::Histogram>*>(known.of)->Add(with, buckets);
    out.bounds_ = &known.buckets;
  }
  return out;
}

std::string registry::render() const { return prometheus::TextSerializer().Serialize(state_->all.Collect()); }

std::vector<summary> registry::summaries() const {
  std::vector<summary> out;
  for (const auto& [name, known] : state_->by_name) {
    for (const auto& [with, series] : known.histograms) {
      out.push_back({name, with, series.count(), series.quantile(0.5), series.quantile(0.99)});
    }
  }
  return out;
}

}  // namespace tandem::metrics
