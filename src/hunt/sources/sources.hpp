#pragma once
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "hunt/ids.hpp"
#include "hunt/rules/rules.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// no_preview: the channel has no preview page (any more); failing: several reads in a row had no usable
// answer. Both are still asked for, seldom, and become active by themselves.
enum class source_state : std::uint8_t { active, paused, no_preview, failing };
std::string_view name_of(source_state state);

struct source {
  source_id id;
  std::string name;   // the channel's username, lower case
  std::string title;  // as its page shows it; empty before the first read
  std::string rules;  // src/hunt/rules; empty: every post passes
  source_state state = source_state::active;
  std::int64_t last_message_id = 0;  // everything up to here has been seen
  std::chrono::milliseconds read_gap{0};
  instant next_read_at;
  int failures = 0;  // in a row
  std::string last_error;
  std::optional<instant> last_read_at;  // to a few seconds
  std::optional<instant> last_post_at;
  instant added_at;
};

enum class source_error : std::uint8_t { bad_name, already_there, unknown, bad_rules };
struct source_refusal {
  source_error why;
  std::optional<rule_error> mistake;  // of bad_rules: what is wrong, and where
  std::string detail;                 // the same in a line: "line 2, column 5: there is no word in this"
};

// What a set of rules does to a stored post.
struct tried_post {
  std::string url;
  std::string text;
  bool passes = false;
  std::string rule;  // the rule that decided, as it was written
};

// The channels that Hunt reads. A change is seen by the readers of all processes within a second.
class sources {
 public:
  virtual ~sources() = default;
  // The name in any usual spelling (parse_source_name).
  virtual task<std::expected<source_id, source_refusal>> add(std::string_view name,
                                                             std::string_view rules) = 0;
  virtual task<std::vector<source>> list() = 0;
  virtual task<std::optional<source>> find(std::string_view name) = 0;
  virtual task<std::expected<void, source_refusal>> set_paused(source_id which, bool paused) = 0;
  virtual task<std::expected<void, source_refusal>> set_rules(source_id which, std::string_view rules) = 0;
  // What `rules` would do to the newest `limit` stored posts of the source, without changing anything.
  virtual task<std::expected<std::vector<tried_post>, source_refusal>> try_rules(source_id which,
                                                                                 std::string_view rules,
                                                                                 int limit) = 0;
};

std::unique_ptr<sources> make_sources(pg::pool& database, const clock& time);

}  // namespace tandem::hunt
