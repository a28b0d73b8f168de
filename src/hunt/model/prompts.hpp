#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "hunt/ids.hpp"
#include "hunt/model/prompt.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// The versions of what the language model is asked: draft → live → retired; one is live.
struct prompt_version {
  int version = 0;
  std::string state;
  bool shipped = false;  // came with the program
  instant added_at;
  std::optional<instant> published_at;
  std::int64_t tried = 0, right = 0;  // posts, over all models
  std::int64_t cost_micros = 0;
};

struct labelled_text {
  post_id post;
  std::string text;
  post_kind kind = post_kind::none;
  std::vector<category> categories;
};

struct prompt_score {
  std::int64_t posts = 0, kind_right = 0, right = 0, cost_micros = 0;
};

enum class publish_error : std::uint8_t {
  unknown,       // there is no such version
  live,          // it is live already
  untried,       // it was never tried with this model
  not_compared,  // it and the live one were tried on no post in common, or on fewer than twenty
  worse,         // it was right on fewer of them
};

inline constexpr int fewest_compared = 20;

// The program's own prompt becomes the live one in an empty installation. A newer one of an upgrade becomes
// live only where an older shipped one was; over an operator's own it stays a draft.
task<> keep_shipped_prompt(pg::pool& in, std::string body, instant now);

task<std::vector<prompt_version>> list_prompts(pg::session& in);
// Nothing if there is no such version; without a version: the live one.
task<std::optional<std::string>> prompt_body(pg::session& in, std::optional<int> version);
// A draft; the body has to parse.
task<int> add_prompt(pg::session& in, std::string body, instant now);
task<std::expected<void, publish_error>> publish_prompt(pg::pool& in, int version, std::string model,
                                                        bool force, instant now);

// Labelled posts that this version has not been tried on with this model.
task<std::vector<labelled_text>> posts_to_try(pg::session& in, int version, std::string model, int limit);
// Right: the kind, and for work that the first category is one of the label's (or both name none).
task<bool> note_trial(pg::session& in, int version, std::string model, const labelled_text& post,
                      const verdict& said, std::int64_t cost_micros, instant now);
task<prompt_score> score_of(pg::session& in, int version, std::string model);

}  // namespace tandem::hunt
