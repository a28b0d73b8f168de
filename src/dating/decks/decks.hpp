// Whom a person is shown next. The next ones lie ready in dating.decks, written by the role matching; each is
// looked at again at the moment of showing. Where nobody has written any, they are found by an indexed query.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "dating/ids.hpp"
#include "dating/rating/primary.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::dating {

class ratings;

struct deck_settings {
  int showings_a_day = 200;  // of one person to others, so that attention is spread
  int size = 20;             // of a deck that is written
  int low = 3;               // so few left: more are asked for
  bool engine = true;        // a process of the role matching runs: it is asked for more (lane deck_low)
};

// How far the search was widened beyond what the person asked for. Each stage holds the ones before it.
//   0    as they asked
//   1…4  the radius doubled each time, at 4 500 km, for both sides; of who asked for the own town alone,
//        stage 1 is their radius as it is. The candidate's own town alone stays.
//   5, 6 and the viewer's ages, by 2 and by 5 years both ways. The candidate's ages are never widened.
struct search_reach {
  int radius_km = 50;
  bool own_city = false;  // only the own town
  int age_from = 18, age_to = 99;
  friend bool operator==(const search_reach&, const search_reach&) = default;
};
inline constexpr int last_stage = 6;
search_reach widened(const search_reach& asked, int stage);
// The next stage that differs from this one; nothing after the last.
std::optional<int> next_stage(const search_reach& asked, int stage);

struct card_photo {
  photo_id id;
  std::string file_id;  // for the bot that was asked about; "" before the first upload
};

// One person as a deck shows them to its viewer.
struct deck_card {
  user_id who;
  std::string name, about;
  sex is = sex::female;
  int age = 0;
  double km = 0;
  std::int64_t place_id = 0;
  bool same_town = false;
  instant active_at;                           // to the hour
  std::vector<std::string> interests, common;  // as stored; `common`: those that the viewer has, too
  std::vector<card_photo> photos;              // those that others may see, in their order
  bool wrote = false;                          // there is a letter with their like for the viewer
};

// Why nobody is shown, the first that holds.
struct empty_deck {
  enum class reason : std::uint8_t {
    hidden,    // the viewer is not shown to others either: hidden, stale, a draft, banned
    wider,     // nobody as asked, but some a little further: `offer` would show them
    all_seen,  // there were some, all judged
    narrow,    // nobody, and the viewer's ages are ten years or less apart
    nobody     // nobody near
  } why = reason::nobody;
  search_reach asked;
  int stage = 0;                      // that was searched
  std::optional<int> offer;           // a stage with somebody in it
  std::optional<search_reach> there;  // what that stage searches
};

using next_in_deck = std::variant<deck_card, empty_deck>;

struct deck_viewer {
  user_id who;
  std::int64_t bot_id = 0;  // whose file ids the photos come with
  int accepted = 0;         // the stage of widening that the viewer has agreed to
};

class decks {
 public:
  virtual ~decks() = default;
  // The next one who still fits: the same one again until they are judged. A showing is counted when it is
  // answered (likes::judge), so an update that comes twice counts nothing twice. A shadow-banned viewer sees
  // what everybody would see. One statement where a deck lies ready.
  virtual task<next_in_deck> next(pg::transaction& in, deck_viewer viewer) = 0;
  // This person as a card for this viewer, in the deck or not; nothing for whom the viewer may not open: who
  // is not active, is shadow-banned, or has blocked or been blocked.
  virtual task<std::optional<deck_card>> card(pg::session& in, deck_viewer viewer, user_id candidate) = 0;
  // The viewer asks for others than before (ages, radius, sex): what lies ready is thrown away.
  virtual task<> anew(pg::session& in, user_id viewer) = 0;
  // Clean-up: changes that every engine has learned long ago (a day), `most` at once. How many.
  virtual task<std::int64_t> forget_changes(pg::session& in, int most) = 0;
};

// All of them outlive it.
struct deck_parts {
  queue::queue& lanes;
  const clock& time;
  ratings& rated;
};
std::unique_ptr<decks> make_decks(deck_parts with, deck_settings settings = {});

}  // namespace tandem::dating
