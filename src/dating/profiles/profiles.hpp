// People of Dating: what they say of themselves, whom they look for, whether others see them.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "dating/matching/matching.hpp"
#include "platform/pg/pg.hpp"
#include "platform/places/places.hpp"

namespace tandem::dating {

using calendar_day = std::chrono::year_month_day;

// The document that people agree to (dating.consent.* in locales/). A change of what it allows is a new
// version: everybody is asked again before anything else.
inline constexpr int consent_version = 1;

inline constexpr int youngest = 18, oldest = 99;                    // years
inline constexpr std::size_t shortest_name = 2, longest_name = 40;  // code points
inline constexpr std::size_t longest_about = 600, longest_interest = 24;
inline constexpr std::size_t most_interests = 10;
inline constexpr int least_radius = 1, largest_radius = 500;  // km

// draft: registration is not finished; hidden: by the person, or held by safety (`hold` says why); stale: by
// the clean-up of those who were silent.
enum class profile_state : std::uint8_t { draft, active, hidden, stale, banned };
std::string_view name_of(profile_state what);

// What a profile says, in the order in which registration asks. `preview` comes last: is all of it right?
enum class field : std::uint8_t {
  name,
  age,
  sex,
  seeks,
  place,
  about,
  interests,
  photos,
  preferences,
  preview
};
inline constexpr int asked_fields = 9;  // without the preview: "3 of 9"
std::string_view name_of(field what);
std::optional<field> field_of(std::string_view name);
bool may_skip(field what);  // about, interests, photos, preferences

struct profile {
  user_id who;
  profile_state state = profile_state::draft;
  std::optional<field> step;  // what registration asks now; nothing once it is complete
  int consented_to = 0;       // version of the document
  std::string name;
  std::optional<calendar_day> born_on;  // of an age alone: half a year from both ends
  std::optional<dating::sex> sex;
  std::optional<seeking> seeks;
  std::optional<coordinates> at;  // rounded to 0.01 degrees
  std::int64_t place_id = 0;      // of the gazetteer; the nearest town of a shared location
  std::string about;
  std::vector<std::string> interests;  // slugs of the list (interests.hpp); own words as "+words"
  age_range wanted;
  int radius_km = 50;
  bool own_city = false;  // the own town only, however near others are
  int trust = 0;          // 0 new, 1 photos once approved, 2 long here without a word against them
  bool shadow = false;
  std::string held;  // why safety has banned or hidden it; "" for what the person did
  instant created_at, active_at;
  bool has_photo = false;  // one that others may see

  bool agreed() const { return consented_to >= consent_version; }
  bool may_be_shown() const { return state == profile_state::active && !shadow; }
};

// Whole years on that day; of 29 February the birthday of other years is 1 March.
int age_on(calendar_day born, calendar_day today);
// The day that it is somewhere: by the clock in UTC. A day too early or late decides nothing for long.
calendar_day day_of(instant when);

// Why an answer is refused. The name is the key of the hint (dating.hint.NAME).
enum class wrong_answer : std::uint8_t {
  empty,
  too_short,
  too_long,
  link,       // an address, @name or phone number
  forbidden,  // paid meetings, money, an age under 18: what safety's signs refuse besides
  no_letters,
  not_understood,  // no date, age, range
  too_young,       // a range below 18; of the person: see read_age::adult_on and refuse_underage()
  absurd_age,      // over 99, or not born yet
  unknown_place,
  far_away,  // farther than 500 km from any town, or not on Earth
  too_many,
  no_profile,  // no consent, or erased meanwhile
};
std::string_view name_of(wrong_answer what);
using answered = std::expected<void, wrong_answer>;

// ---- reading what people type; pure

// Without control and invisible characters, spaces and line breaks joined (at most one empty line in a row,
// where `lines`), trimmed.
std::string cleaned(std::string_view typed, bool lines);
std::expected<std::string, wrong_answer> read_name(std::string_view typed);
std::expected<std::string, wrong_answer> read_about(std::string_view typed);
// "+words": an interest that is not in the list, as it is stored.
std::expected<std::string, wrong_answer> read_interest(std::string_view typed);
// "27", "14.03.1999", "14/3/1999", "1999-03-14"; `adult_on`, of somebody too young: the day on which they are
// 18 at the earliest.
struct read_age {
  calendar_day born_on;
  std::optional<calendar_day> adult_on;
};
std::expected<read_age, wrong_answer> read_birth(std::string_view typed, calendar_day today);
// "25-31", "25 31", "from 25 to 31"; swapped where they stand the wrong way round.
std::expected<age_range, wrong_answer> read_ages(std::string_view typed);
std::expected<int, wrong_answer> read_radius(std::string_view typed);  // "30", "30 km"

// ---- how full a profile is

struct completeness {
  int percent = 0;
  std::optional<field> next;  // what would help most; nothing at 100
};
completeness completeness_of(const profile& of, int photos);

// ---- the end

struct erasure {
  std::string proof;  // keyed hash of the person and the moment: stored, and shown to the person
  std::int64_t rows = 0;
};

// Statements run in the session given. Setters are refused with no_profile where there is none; they clean
// and check what they get, whoever calls. What others see changes with the commit: triggers tell the engine,
// `profile_parts::changed` the ratings.
class profiles {
 public:
  virtual ~profiles() = default;

  virtual task<std::optional<profile>> find(pg::session& in, user_id who) = 0;
  // The same for somebody who is here now: keeps active_at, to the hour. One statement; it writes once an
  // hour at most.
  virtual task<std::optional<profile>> visit(pg::session& in, user_id who) = 0;
  // Of those given, in no order; who has none is left out.
  virtual task<std::vector<profile>> find_all(pg::session& in, std::vector<user_id> who) = 0;

  // ---- registration
  enum class refusal : std::uint8_t { underage, barred };
  // The person agrees to the document: makes a draft, or notes the new version in the profile that is there.
  // underage: not before the day that they named; barred: was banned or held, and has erased themselves.
  virtual task<std::expected<profile, refusal>> begin(pg::session& in, user_id who,
                                                      std::int64_t telegram_id) = 0;
  // The day until which an underage person is not asked again; nothing for everybody else.
  virtual task<std::optional<calendar_day>> underage_until(pg::session& in, std::int64_t telegram_id) = 0;
  // Erases all that was said so far and remembers the day alone, under a keyed hash: no erasure ends it.
  virtual task<> refuse_underage(pg::session& in, user_id who, std::int64_t telegram_id,
                                 calendar_day until) = 0;
  virtual task<> ask(pg::session& in, user_id who, std::optional<field> step) = 0;
  // Registration is complete: others may see it. Refused with the first field that is missing.
  virtual task<std::expected<void, field>> publish(pg::session& in, user_id who) = 0;
  // Cancel before the end: nothing is kept. False where there is no draft.
  virtual task<bool> abandon(pg::session& in, user_id who) = 0;

  // ---- fields
  virtual task<answered> set_name(pg::session& in, user_id who, std::string_view typed) = 0;
  virtual task<answered> set_born_on(pg::session& in, user_id who,
                                     calendar_day born) = 0;  // 18 to 99 years ago
  virtual task<answered> set_sex(pg::session& in, user_id who, sex what) = 0;
  virtual task<answered> set_seeks(pg::session& in, user_id who, seeking whom) = 0;
  // A shared location: rounded; the nearest town comes back.
  virtual task<std::expected<const places::place*, wrong_answer>> set_location(pg::session& in, user_id who,
                                                                               coordinates at) = 0;
  virtual task<std::expected<const places::place*, wrong_answer>> set_town(pg::session& in, user_id who,
                                                                           std::int64_t place_id) = 0;
  virtual task<answered> set_about(pg::session& in, user_id who, std::string_view typed) = 0;  // "" clears it
  // A slug of the list or "+words"; adding what is there and taking what is not there change nothing.
  virtual task<answered> set_interest(pg::session& in, user_id who, std::string_view interest, bool has) = 0;
  virtual task<answered> set_wanted_ages(pg::session& in, user_id who, age_range ages) = 0;
  virtual task<answered> set_radius(pg::session& in, user_id who, int km) = 0;  // and not the own town alone
  virtual task<answered> set_own_city(pg::session& in, user_id who) = 0;

  // ---- whether others see them
  virtual task<bool> hide(pg::session& in, user_id who) = 0;  // active → hidden
  // hidden, stale → active; not what safety holds.
  virtual task<bool> show(pg::session& in, user_id who) = 0;
  // The bot may not write to the person any more (blocked, account gone): active → stale.
  virtual task<> put_away(pg::session& in, user_id who) = 0;
  // Of safety; `why` is a complaint's reason or a rule's name. The trace of an action is safety's own.
  virtual task<> ban(pg::session& in, user_id who, std::string_view why) = 0;
  virtual task<> hold(pg::session& in, user_id who,
                      std::string_view why) = 0;  // active → hidden, until release
  // Undoes ban and hold: the state before, so that who was hidden is not shown.
  virtual task<> release(pg::session& in, user_id who) = 0;
  virtual task<> set_shadow(pg::session& in, user_id who, bool on) = 0;
  // The first photo was approved, or the last approval taken back: trust 0 ↔ 1 (photos' note_approval).
  virtual task<> approved(pg::session& in, user_id who, bool first) = 0;

  // ---- background; each in one statement, bounded by `limit`
  // Trust 1 → 2 of those who are here since `before` and about whom no complaint is open or was upheld.
  virtual task<std::int64_t> trust_long_standing(pg::session& in, instant before) = 0;
  // Active ones who are silent since `before` and have not been asked: marks and gives them.
  virtual task<std::vector<user_id>> ask_silent(pg::session& in, instant before, int limit) = 0;
  // Asked before that moment and still silent: stale.
  virtual task<std::vector<user_id>> put_away_silent(pg::session& in, instant asked_before, int limit) = 0;
  // Stale and away since `before`, never called back: marks and gives them, once in the life of a profile.
  virtual task<std::vector<user_id>> call_back(pg::session& in, instant before, int limit) = 0;
  // Drafts that nobody has gone on with since `before`, underage rows whose day has come, hashes of barred
  // people that are a year old, `most` of each at once; how many.
  virtual task<std::int64_t> forget_expired(pg::session& in, instant drafts_before, int most) = 0;

  // ---- the person's rights
  // All that Dating keeps about the person, as JSON: without what others said of them, and without the
  // content of messages.
  virtual task<std::string> export_data(pg::session& in, user_id who, std::int64_t telegram_id) = 0;
  // Deletes the profile and all rows that hang on it, and notes the proof. photos and talks are asked first
  // (bot/deletion): their erasing reaches beyond the database. Whom safety has banned or holds is kept out
  // under a keyed hash: see begin(). Nothing where there is no profile.
  virtual task<std::optional<erasure>> erase(pg::session& in, user_id who, std::int64_t telegram_id) = 0;
  // When what this proof stands for was erased.
  virtual task<std::optional<instant>> proven(pg::session& in, std::string_view proof) = 0;
};

// All of them outlive it.
struct profile_parts {
  const clock& time;
  const places::gazetteer& towns;
  std::vector<std::byte>
      key;  // 32 bytes, vault::derive("dating erasures"): proofs, and hashes of barred people
  // What level 1 of the rating reads has changed; may be empty.
  std::function<task<>(pg::session& in, user_id who)> changed;
};
std::unique_ptr<profiles> make_profiles(profile_parts with);

}  // namespace tandem::dating
