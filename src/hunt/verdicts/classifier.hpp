// The port of the judges: is a post a vacancy, what work does it need, is it a fraud?
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/verdicts/categories.hpp"

namespace tandem::hunt {

enum class post_kind : std::uint8_t {
  vacancy,  // somebody offers work
  cv,       // somebody offers own services or looks for work
  none,     // everything else: promotion, spam, talk, news; job-shaped fraud too, then with `scam`
};

constexpr std::string_view name(post_kind kind) {
  switch (kind) {
    case post_kind::vacancy: return "vacancy";
    case post_kind::cv: return "cv";
    case post_kind::none: break;
  }
  return "none";
}

struct category_score {
  category which{};
  float confidence = 0;  // 0…1
};

struct verdict {
  post_kind kind = post_kind::none;
  float confidence = 0;                    // of `kind`, 0…1
  bool scam = false;                       // looks like a job and is a fraud
  std::vector<category_score> categories;  // most confident first; empty if none fits or kind is none
  std::string reason;  // for the operator: the signals that spoke, e.g. "hire sections conditions"
  std::string model;   // which engine and version judged, e.g. "local 6f1c09ab"
};

class classifier {
 public:
  virtual ~classifier() = default;
  // The verdict on one post; never throws on account of the text. Not for use by two threads at once.
  virtual verdict judge(std::string_view text) = 0;
};

}  // namespace tandem::hunt
