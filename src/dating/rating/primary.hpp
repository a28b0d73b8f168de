// Level 1 of the rating: what the profiles alone say, before anybody has reacted. It is the prior of level 2,
// not a bonus: completeness and the number of photos hardly foretell likes, so nothing is given for them
// unless this installation's own judgements say so (docs/rating.md).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tandem::dating {

enum class sex : std::uint8_t { female, male };

// What level 1 sees of a person. Absent values are neutral.
struct primary_profile {
  std::optional<sex> is;
  std::optional<double> age;             // years
  std::vector<std::uint16_t> interests;  // sorted; numbers of a vocabulary, the commonest first
  std::optional<int> photos;
  std::optional<int> about_length;  // characters
};

inline constexpr std::size_t learned_interests = 48;  // of the vocabulary; rarer ones only count as shared
inline constexpr std::size_t primary_dimensions = 8 + learned_interests;
using primary_features = std::array<float, primary_dimensions>;

primary_features features_of(const primary_profile& viewer, const primary_profile& candidate);

struct primary_sample {
  primary_features x;
  bool liked = false;
};

// A logistic model of "the viewer likes the candidate", in log-odds around the usual rate. Starts without an
// opinion and is fitted to the installation's own judgements.
class primary_model {
 public:
  double log_odds(const primary_features& x) const;
  // Ridge logistic regression by Newton's method over the samples; `strength` of the pull towards zero, in
  // samples. Weights are bounded, so that a fit to few people cannot run away.
  static primary_model fit(std::span<const primary_sample> samples, double strength = 300);

  // What a stored model is made of.
  std::span<const double> weights() const { return weights_; }
  double centre() const { return centre_; }
  // Weights beyond the bound of fit() are cut to it; absent ones are 0.
  static primary_model restore(std::span<const double> weights, double centre);

 private:
  std::array<double, primary_dimensions> weights_{};
  double centre_ = 0;  // mean log-odds of what it was fitted to: the usual candidate gets 0
};

}  // namespace tandem::dating
