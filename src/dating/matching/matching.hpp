// The matching engine: active profiles in memory, in columns, so that choosing the next ten for a viewer is a
// scan over a few cache lines. PostgreSQL stays the truth; this is rebuilt from it at start and kept fresh by
// events. docs/decisions/0016-matching-in-memory.md tells of its memory and how it is split over processes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/strong_id.hpp"
#include "dating/rating/primary.hpp"

namespace tandem::dating {

struct coordinates {
  double latitude = 0, longitude = 0;  // degrees
};

enum class seeking : std::uint8_t { female, male, anyone };

struct age_range {
  std::uint8_t from = 18, to = 99;  // years, both included
  bool holds(std::uint8_t age) const { return from <= age && age <= to; }
};

// What the engine needs of a person: whom they are shown to and who is shown to them.
struct matching_profile {
  user_id who;
  sex is = sex::female;
  seeking seeks = seeking::anyone;
  std::uint8_t age = 18;
  age_range wanted;
  coordinates at;
  std::int32_t city = 0;  // of the list of places; 0: only known by coordinates
  float rating = 0;       // the candidate's own part of the order; larger is shown earlier
  // How far away somebody may be to be shown this person; 0: their own city alone.
  std::uint16_t reach_km = any_distance;

  static constexpr std::uint16_t any_distance = 0xFFFF;
};

struct deck_wish {
  double radius_km = 50;  // from the viewer, or …
  bool own_city = true;   // … anywhere in the viewer's own city
  std::size_t limit = 10;
  std::optional<age_range> ages = std::nullopt;  // instead of those that the viewer wants
  int doubled = 0;  // candidates' reaches count so many times double, up to 500 km; 4 and more: 500 km
};

struct candidate {
  user_id who;
  float rating = 0;
};

struct engine_memory {
  std::size_t profiles = 0, profile_bytes = 0;              // all columns and indexes
  std::size_t viewers = 0, judgements = 0, seen_bytes = 0;  // the seen-sets that are loaded
};

// Not safe for threads: it lives on the loop. Profiles and viewers that it does not know are refused by
// returning false or nothing.
class matching {
 public:
  matching();
  ~matching();

  // Adds or replaces. A viewer keeps their seen-set.
  void put(const matching_profile& profile);
  // Many at once, as at the start: faster than one by one, and without slack.
  void load(std::span<const matching_profile> profiles);
  // Hidden, paused, deleted: shown to nobody. What others have seen of them is kept for their return.
  bool remove(user_id who);
  bool rate(user_id who, float rating);
  std::optional<matching_profile> find(user_id who) const;

  // A viewer's judgements are read from the database on first use, once.
  bool knows_seen(user_id viewer) const;
  void load_seen(user_id viewer, std::span<const user_id> judged);
  // To bound the memory, and where a judgement was taken back: read again on next use.
  void forget_seen(user_id viewer);
  void saw(user_id viewer, user_id judged);

  // The best-rated that fit on both sides, not seen yet, best first; equal ratings in the order of their
  // entry. Nothing for a viewer who is unknown.
  std::vector<candidate> next(user_id viewer, const deck_wish& wish) const;

  engine_memory memory() const;

 private:
  struct columns;
  std::unique_ptr<columns> its_;
};

}  // namespace tandem::dating
