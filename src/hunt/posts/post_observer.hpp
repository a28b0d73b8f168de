#pragma once
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "hunt/ids.hpp"

namespace tandem::hunt {

struct verdict;

// One step of a post on its way. What it points to lives as long as the call.
struct post_event {
  enum class kind : std::uint8_t {
    seen,       // for the first time; detail: its text
    edited,     // an edit was noticed; detail: its text
    dropped,    // detail: the rule as it was written, or "no_text", "old", "banned_author"
    repeat,     // original: the post that was there first
    passed,     // on its way to the judge; detail: the rule that let it pass, empty without rules
    judged,     // judgement
    published,  // vacancy
    withdrawn,  // vacancy, because of an edit
  };
  kind what = kind::seen;
  post_id post;
  source_id source;
  std::string_view source_name;
  std::int64_t message_id = 0;
  instant posted_at;  // by the channel
  instant at;         // of this step
  std::string_view detail;
  post_id original;
  vacancy_id vacancy;
  const verdict* judgement = nullptr;
};

// Told after the commit of each step, on the event loop: the sandbox's panel shows a post's way with it.
class post_observer {
 public:
  virtual ~post_observer() = default;
  virtual void noticed(const post_event& event) = 0;
};

}  // namespace tandem::hunt
