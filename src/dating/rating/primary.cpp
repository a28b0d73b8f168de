#include "dating/rating/primary.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem::dating {
namespace {

constexpr double usual_age = 28, bound = 1.5;
constexpr int newton_steps = 8;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

std::size_t shared(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b) {
  std::size_t both = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i < *j)
      ++i;
    else if (*j < *i)
      ++j;
    else
      ++both, ++i, ++j;
  }
  return both;
}

// Solves A x = b for a symmetric positive definite A (rows of a lower triangle) in place: Cholesky.
template <std::size_t N>
std::array<double, N> solve(std::array<std::array<double, N>, N>& a, std::array<double, N> b) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / a[j][j];
    }
  }
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = N; i-- > 0;) {
    for (std::size_t k = i + 1; k < N; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

}  // namespace

primary_features features_of(const primary_profile& viewer, const primary_profile& candidate) {
  primary_features x{};
  const bool male = candidate.is == sex::male;
  if (candidate.is) x[0] = male ? 0.5F : -0.5F;
  if (candidate.age)
    x[male ? 1 : 2] = static_cast<float>(std::clamp((*candidate.age - usual_age) / 5, -3.0, 3.0));
  if (viewer.age && candidate.age) {
    const double older = male ? 2 : -2;  // couples: he is about two years older
    x[3] = static_cast<float>(-std::min(std::abs(*candidate.age - *viewer.age - older) / 5, 3.0));
  }
  if (!candidate.interests.empty()) {
    x[4] = static_cast<float>(std::min(static_cast<double>(candidate.interests.size()), 16.0) / 8 - 1);
    if (!viewer.interests.empty()) {
      const auto product = static_cast<double>(viewer.interests.size() * candidate.interests.size());
      x[5] = static_cast<float>(
          static_cast<double>(shared(viewer.interests, candidate.interests)) / std::sqrt(product) - 0.5);
    }
    for (const auto one : candidate.interests)
      if (one < learned_interests) x[8 + one] = 1;
  }
  if (candidate.photos) x[6] = static_cast<float>(std::log1p(std::clamp(*candidate.photos, 0, 6)) - 1);
  if (candidate.about_length)
    x[7] = static_cast<float>(std::log1p(std::clamp(*candidate.about_length, 0, 1000)) / 4 - 1);
  return x;
}

double primary_model::log_odds(const primary_features& x) const {
  double sum = -centre_;
  for (std::size_t i = 0; i < primary_dimensions; ++i) sum += weights_[i] * static_cast<double>(x[i]);
  return sum;
}

primary_model primary_model::restore(std::span<const double> weights, double centre) {
  primary_model model;
  for (std::size_t i = 0; i < std::min(weights.size(), primary_dimensions); ++i)
    model.weights_[i] = std::clamp(weights[i], -bound, bound);
  model.centre_ = centre;
  return model;
}

primary_model primary_model::fit(std::span<const primary_sample> samples, double strength) {
  primary_model model;
  if (samples.empty()) return model;
  constexpr std::size_t n = primary_dimensions + 1;  // and a constant, which the caller's usual rate replaces
  std::array<double, n> w{};
  for (int step = 0; step < newton_steps; ++step) {
    std::array<std::array<double, n>, n> hessian{};
    std::array<double, n> gradient{};
    for (const auto& sample : samples) {
      std::array<double, n> x{};
      std::array<std::size_t, n> used{};
      std::size_t uses = 0;
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = i + 1 == n ? 1 : static_cast<double>(sample.x[i]);
        if (x[i] != 0) used[uses++] = i;
      }
      double z = 0;
      for (std::size_t u = 0; u < uses; ++u) z += w[used[u]] * x[used[u]];
      const double p = logistic(z), error = (sample.liked ? 1 : 0) - p, slope = p * (1 - p);
      for (std::size_t u = 0; u < uses; ++u) {
        gradient[used[u]] += error * x[used[u]];
        for (std::size_t v = 0; v <= u; ++v) hessian[used[u]][used[v]] += slope * x[used[u]] * x[used[v]];
      }
    }
    for (std::size_t i = 0; i + 1 < n; ++i) {
      gradient[i] -= strength * w[i];
      hessian[i][i] += strength;
    }
    hessian[n - 1][n - 1] += 1e-6;
    const auto move = solve(hessian, gradient);
    double largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      w[i] += move[i];
      largest = std::max(largest, std::abs(move[i]));
    }
    if (largest < 1e-6) break;
  }
  for (std::size_t i = 0; i < primary_dimensions; ++i) model.weights_[i] = std::clamp(w[i], -bound, bound);
  double total = 0;
  for (const auto& sample : samples) total += model.log_odds(sample.x);
  model.centre_ = total / static_cast<double>(samples.size());
  return model;
}

}  // namespace tandem::dating
