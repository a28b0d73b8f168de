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

// preview: a public channel's page; archive: an export of Telegram Desktop; bot: a chat that one of our bots
// is a member of; operators: what the operator pasted or forwarded; feed: RSS or Atom; account: a chat that
// only a member reads (reader_accounts/).
enum class source_kind : std::uint8_t { preview, archive, bot, operators, feed, account };
std::string_view name_of(source_kind kind);  // "export" for archive, "operator" for operators

// no_preview: the channel has no preview page (any more); failing: several reads in a row had no usable
// answer. Both are still asked for, seldom, and become active by themselves. pending: a chat that a bot was
// added to, until the operator confirms it. taken_down: nothing of it is kept, and nothing read, for ever.
enum class source_state : std::uint8_t { active, paused, no_preview, failing, pending, taken_down };
std::string_view name_of(source_state state);
// Paused, pending and taken down: nothing is read or taken in.
bool is_resting(source_state state);

struct source {
  source_id id;
  source_kind kind = source_kind::preview;
  std::string name;     // the channel's username, lower case; of a feed its address without the scheme
  std::string title;    // as its page shows it; empty before the first read
  std::string address;  // of a feed
  std::optional<std::int64_t> chat_id;  // of a bot's chat, as the Bot API has it
  std::string rules;                    // src/hunt/rules; empty: every post passes
  source_state state = source_state::active;
  std::int64_t last_message_id = 0;  // everything up to here has been seen
  std::chrono::milliseconds read_gap{0};
  instant next_read_at;
  int failures = 0;  // in a row
  std::string last_error;
  std::optional<instant> last_read_at;  // to a few seconds
  std::optional<instant> last_post_at;
  instant added_at;
  std::string etag, last_modified;      // of a feed's last answer
  std::optional<instant> silent_since;  // the operator was told that it is silent (source_health.hpp)

  // As people are shown it: "@jobs", "example.org/feed.xml".
  std::string shown_name() const;
};

enum class source_error : std::uint8_t { bad_name, already_there, unknown, bad_rules, taken_down };
struct source_refusal {
  source_error why;
  std::optional<rule_error> mistake;  // of bad_rules: what is wrong, and where
  std::string detail;                 // the same in a line: "line 2, column 5: there is no word in this"
};

struct take_down_report {
  std::int64_t vacancies = 0, posts = 0;  // withdrawn, erased
  std::int64_t moved = 0;                 // vacancies that live on in another channel
};

struct new_source {
  std::string name;  // in any usual spelling (parse_source), or the address of a feed
  std::string rules;
  bool even_if_taken_down = false;
};

// A chat that one of our bots is a member of.
struct met_chat {
  std::int64_t chat_id = 0;
  std::string username;  // "" for a private one
  std::string title;
};

// What a set of rules does to a stored post.
struct tried_post {
  std::string url;
  std::string text;
  bool passes = false;
  std::string rule;  // the rule that decided, as it was written
};

// A stored post that still has its text, for trying rules on many of them.
struct stored_post {
  post_id id;
  source_id source;
  std::string source_name, url, text;
};

// Where Hunt's posts come from. A change is seen by the readers of all processes within a second.
class sources {
 public:
  virtual ~sources() = default;
  // A channel by its preview page, or a feed. already_there: also when it is read in another way.
  virtual task<std::expected<source_id, source_refusal>> add(std::string_view name,
                                                             std::string_view rules) = 0;
  // All of them or none: none when one is refused for another reason than already_there. One answer for each.
  virtual task<std::vector<std::expected<source_id, source_refusal>>> add_all(
      std::vector<new_source> these) = 0;
  virtual task<std::vector<source>> list() = 0;
  // By name or address; of several with this name the one that is read.
  virtual task<std::optional<source>> find(std::string_view name) = 0;
  virtual task<std::optional<source>> find(source_id which) = 0;
  virtual task<std::optional<source>> find_chat(std::int64_t chat_id) = 0;
  // The source that an export is taken into: the one of this name, else a new one of the kind archive. Names
  // are 1 to 64 letters, digits, "_", "-" and ".".
  virtual task<std::expected<source, source_refusal>> for_archive(std::string_view name) = 0;
  // The one source of what the operator pastes and forwards.
  virtual task<source> operators_own() = 0;
  // A bot has come into a chat: a pending source, or the one that is there. `second`: it is new, or was left.
  virtual task<std::pair<source, bool>> meet_chat(met_chat what) = 0;
  // A group has become a supergroup and has another id from now on, and other message ids.
  virtual task<> chat_moved(std::int64_t from, std::int64_t to) = 0;
  // The bot is no member any more: a source that was read is failing from now on; the source if it was.
  virtual task<std::optional<source>> chat_left(std::int64_t chat_id) = 0;
  // Pending becomes active; a preview of the same channel rests then, as the bot sees more, and sooner.
  virtual task<std::expected<void, source_refusal>> confirm(source_id which) = 0;
  // For a pending one that is not wanted it is the same as a pause.
  virtual task<std::expected<void, source_refusal>> set_paused(source_id which, bool paused) = 0;
  virtual task<std::expected<void, source_refusal>> set_rules(source_id which, std::string_view rules) = 0;
  // What `rules` would do to the newest `limit` stored posts of the source, without changing anything.
  virtual task<std::expected<std::vector<tried_post>, source_refusal>> try_rules(source_id which,
                                                                                 std::string_view rules,
                                                                                 int limit) = 0;
  // Stored posts with a text, seen since then, in the order of their ids behind `after`. No source: of all.
  virtual task<std::vector<stored_post>> stored(std::optional<source_id> which, instant since, post_id after,
                                                int limit) = 0;
  // Takes a source down: it is never read again, its posts' texts are erased, its vacancies withdrawn, but
  // for those that stand in another channel, too: they become that channel's. Safe to repeat; a take-down
  // that was killed is ended by erase_texts (posts/retention.hpp).
  virtual task<std::expected<take_down_report, source_refusal>> take_down(source_id which) = 0;
};

std::unique_ptr<sources> make_sources(pg::pool& database, const clock& time);

}  // namespace tandem::hunt
