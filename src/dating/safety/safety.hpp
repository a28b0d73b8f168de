#pragma once
#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "dating/ids.hpp"
#include "dating/safety/text_signs.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"

// Blocks, complaints, the operator's queue and its actions. Owns dating.blocks, complaints, actions, openers,
// complaint_cards.
namespace tandem::dating {

class notices;
class photos;
class profiles;

using complaint_id = strong_id<struct complaint_tag>;

// In the order of the menu; the names lie in the database and in the texts (safety.reason.NAME).
enum class complaint_reason : std::uint8_t { minor, scam, spam, insult, nudity, fake, other, rule };
std::string_view name_of(complaint_reason what);
std::optional<complaint_reason> complaint_reason_of(std::string_view name);

// How much one may do on a day (UTC), by dating.profiles.trust (0, 1, 2).
struct daily_limits {
  std::array<int, 3> new_talks{5, 20, 60};
  std::array<int, 3> messages{60, 400, 2'000};
};

// What is known of somebody who complains.
struct reporter_facts {
  std::chrono::microseconds age{};  // since consent
  int upheld = 0, dismissed = 0;    // own earlier complaints
  double completeness = 0;          // of the own profile, 0..1
  int trust = 0;                    // of dating.profiles
  bool shadow = false;
  int hidden_lately = 0;  // profiles that the own complaints have hidden within a day
};
// How much a complaint counts, 0..1. The share of upheld complaints, smoothed by one of each kind, times what
// a new or empty account lacks; after duolicious, which counts only reporters older than 30 days.
double weight_of(const reporter_facts& reporter);
// Whether a complaint of "minor" hides the profile before anybody has looked: a few times a day by trust, so
// that one account cannot empty a town; not for who is shadow-banned or was wrong more often than right.
bool hides_at_once(const reporter_facts& reporter);
// The order of the queue: what the reason is worth times the weight, plus the other open complaints. "minor"
// comes before everything else.
double priority_of(complaint_reason reason, double weight, double weight_of_others);

struct complaint_request {
  user_id by, about;
  std::optional<match_id> talk;  // made in a talk: opens its content to the operator
  complaint_reason reason = complaint_reason::other;
};
enum class complaint_answer : std::uint8_t {
  taken,    // blocked both ways with it; of "minor" the person is hidden, if hides_at_once()
  again,    // there is an open one about this person already: its reason is replaced
  unknown,  // the two have never met in a deck, a like or a match: callback data made up
};

enum class operator_action : std::uint8_t { warn, hide_photo, shadow, ban, dismiss };
std::string_view name_of(operator_action what);
std::optional<operator_action> operator_action_of(std::string_view name);

// Somebody complained about, as the operator's card shows them: all open complaints together.
struct complaint_case {
  user_id about;
  std::string name;
  int age = 0;
  std::string about_text;
  std::string state;  // of the profile: active, hidden, stale, banned
  bool shadow = false;
  bool held = false;  // hidden until an operator decides
  instant since;
  struct one {
    complaint_id id;
    complaint_reason reason = complaint_reason::other;
    std::string rule;  // the sign that a rule has found; "" for a person's complaint
    double weight = 0;
    instant made_at;
    bool in_talk = false;  // made in a talk whose content is still kept
  };
  std::vector<one> open;                // the most urgent first; empty: decided
  int upheld = 0, dismissed = 0;        // earlier complaints about them
  std::vector<photo_id> photos;         // shown to others, in order
  std::optional<operator_action> last;  // the newest action that is not undone
  double priority = 0;
  std::string digest;  // changes whenever the card has to be shown anew
};

// A talk that an operator may read: see talks::read().
struct opened_talk {
  match_id talk;
  user_id about;
};

class safety {
 public:
  virtual ~safety() = default;

  // Both ways; a match of the two is closed, decks and likes lose the other by their own queries. Safe to
  // repeat.
  virtual task<> block(pg::transaction& in, user_id by, user_id about) = 0;
  // Takes back one's own block (the match stays closed). False if there is none.
  virtual task<bool> unblock(pg::transaction& in, user_id by, user_id about) = 0;
  virtual task<bool> blocked(pg::session& in, user_id one, user_id other) = 0;
  struct blocked_person {
    user_id who;
    std::string name;
  };
  virtual task<std::vector<blocked_person>> blocks_of(pg::session& in, user_id by, int limit) = 0;

  // Whether the one has had to do with the other: in a deck, a like or a match. Whoever has not cannot name
  // them in a press.
  virtual task<bool> met(pg::session& in, user_id who, user_id other) = 0;
  virtual task<complaint_answer> complain(pg::transaction& in, complaint_request what) = 0;
  // A rule has found something: at most one open complaint per person comes of it.
  virtual task<> complain_by_rule(pg::transaction& in, user_id about, sign found,
                                  std::optional<match_id> talk) = 0;
  // A member says that they are 18 on that day only: hidden until an operator decides, whatever one has
  // decided before. If they erase themselves meanwhile, the day is what profiles::begin() remembers.
  virtual task<> hold_too_young(pg::transaction& in, user_id who, std::chrono::year_month_day adult_on) = 0;
  // Signs of the text; what is suspicious goes to the queue. For about-texts, letters, own interests.
  virtual task<text_verdict> judge_text(pg::transaction& in, user_id writer, std::string_view text,
                                        text_place where) = 0;
  // The same for signs that are found already; `talk`: where they were written.
  virtual task<> report(pg::transaction& in, user_id writer, const text_verdict& verdict,
                        std::optional<match_id> talk) = 0;
  // Remembers the opener; false if the person has sent the same to three others within 30 days. Only a keyed
  // hash is kept.
  virtual task<bool> allow_opener(pg::session& in, user_id from, match_id talk, std::string_view text,
                                  std::string_view to_name) = 0;

  // The operator's queue: people with open complaints; those who are hidden until then, then the most urgent.
  virtual task<std::vector<user_id>> queue(pg::session& in, int limit) = 0;
  virtual task<std::int64_t> open_count(pg::session& in) = 0;
  virtual task<std::optional<complaint_case>> find(pg::session& in, user_id about) = 0;
  // Closes all open complaints about the person with this action, does what it means, audits it. `subject`:
  // the photo of hide_photo. False if there is nobody, nothing open, or no such photo.
  virtual task<bool> act(pg::transaction& in, user_id by, user_id about, operator_action how,
                         std::optional<photo_id> photo) = 0;
  // The same without a complaint, from the moderation of photos (bot/photo_desk): open complaints are closed
  // with it, and undo() takes it back as any other. `subject`: for the audit. False if there is nobody.
  virtual task<bool> sanction(pg::transaction& in, user_id by, user_id about, operator_action how,
                              std::string_view subject) = 0;
  // Takes back the newest action: the person, the photo and the complaints are as before. False if there is
  // nothing to take back.
  virtual task<bool> undo(pg::transaction& in, user_id by, user_id about) = 0;
  // The talk in which one of the two has made this complaint; writes the reading down. Nothing for a
  // complaint that is closed, was made elsewhere or by a rule: there is no other way to its content.
  virtual task<std::optional<opened_talk>> open_talk(pg::transaction& in, user_id by,
                                                     complaint_id through) = 0;

  // One at a time posts and edits the cards, in whatever process; false: somebody does. Until the end of
  // `in`.
  virtual task<bool> lock_desk(pg::transaction& in) = 0;
  // The messages that show a case in the operator's chats.
  struct card {
    std::int64_t bot_id = 0, chat_id = 0;
    user_id about;
    std::int64_t message_id = 0;
    std::string shown;  // the digest that it shows
  };
  virtual task<std::vector<card>> cards(pg::session& in) = 0;
  virtual task<> keep_card(pg::session& in, card shown) = 0;
  virtual task<> forget_card(pg::session& in, std::int64_t bot_id, std::int64_t chat_id, user_id about) = 0;

  // Clean-up: openers older than 30 days, `most` at once. How many.
  virtual task<std::int64_t> forget_openers(pg::session& in, int most) = 0;
};

struct safety_parts {
  const clock& time;
  const seal::vault& keys;  // for the hashes of openers
  profiles& people;         // banned, held, shadowed, released
  photos& pictures;         // hidden with an action, their shapes banned with a person
  notices& news;            // "warned"
};
std::unique_ptr<safety> make_safety(safety_parts with);

}  // namespace tandem::dating
