// The trained model before a decision: what local_classifier.hpp makes verdicts of, and what thresholds are
// chosen on.
#pragma once
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/verdicts/classifier.hpp"
#include "hunt/verdicts/line_model.hpp"
#include "hunt/verdicts/model_settings.hpp"

namespace tandem::hunt {

struct post_scores {
  float vacancy = 0, cv = 0, none = 0;  // together 1
  float scam = 0;                       // the part of `none` that is job-shaped fraud
  std::vector<label_score> categories;  // independent of each other, most probable first
  std::string signals;                  // see post_features
  bool asks = false;                    // see post_features
  std::size_t words = 0;
};

class local_model {
 public:
  static std::expected<std::unique_ptr<local_model>, std::string> open(const std::filesystem::path& folder);
  ~local_model();

  post_scores score(std::string_view text);
  const model_settings& settings() const;

 private:
  struct state;
  explicit local_model(std::unique_ptr<state> ready);
  std::unique_ptr<state> state_;
};

// The verdict (without reason and model) that these thresholds give.
verdict decide(const post_scores& scores, const model_settings& settings);

}  // namespace tandem::hunt
