// model.txt: the version of a trained model and the thresholds chosen for it, as lines "name value".
#pragma once
#include <array>
#include <expected>
#include <string>
#include <string_view>

#include "hunt/verdicts/categories.hpp"

namespace tandem::hunt {

struct model_settings {
  std::string version = "0";
  float vacancy = 0.6F;    // a vacancy needs at least this much where somebody is asked to do the work
  float bare = 0.85F;      // … and where nobody is: "Фотограф, Казань" may be either side
  float scam = 0.5F;       // of what is none: share of job-shaped fraud from which on `scam` is set
  float strongest = 0.3F;  // the first category needs this much
  std::array<float, category_slugs.size()> further{};  // any further one needs this much

  static std::expected<model_settings, std::string> parse(std::string_view file);
  std::string print() const;
};

}  // namespace tandem::hunt
