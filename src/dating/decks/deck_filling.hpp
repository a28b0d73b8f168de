#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dating/decks/deck_order.hpp"
#include "dating/matching/matching.hpp"

// How a deck is filled, whoever finds the people: the engine or an indexed query.
namespace tandem::dating {

// What a viewer asks for.
struct deck_wanted {
  user_id who;
  bool active = false;
  std::vector<std::string> sexes;  // that they seek
  coordinates at;
  std::int64_t place_id = 0;
  search_reach asked;
  bool has_judged = false;
};

// People who fit, the best-rated first: within so many km of the viewer, and in the viewer's own town.
using find_within = std::function<task<std::vector<user_id>>(double km)>;

inline constexpr int shortlist_size = 64;

class deck_filling {
 public:
  deck_filling(const clock& time, ratings& rated, deck_settings settings)
      : time_(time), rated_(rated), settings_(settings) {}

  // Nothing for who has no profile. Until the transaction ends, nobody else fills this deck.
  task<std::optional<deck_wanted>> begin(pg::transaction& in, user_id viewer);
  // Writes the deck of a stage out of what `find` gives, ring by ring, and of those who like the viewer; what
  // lies ready and still fits stays in front. How many are in it.
  task<std::size_t> fill(pg::transaction& in, const deck_wanted& what, int stage, find_within find);
  // The indexed query. `most`: how many people of the index are looked at.
  task<std::vector<user_id>> query(pg::session& in, const deck_wanted& what, int stage, double km, int limit,
                                   int most);

 private:
  task<std::vector<deck_candidate>> facts(pg::session& in, user_id viewer, int stage,
                                          const std::vector<user_id>& listed);
  std::int64_t today() const;

  const clock& time_;
  ratings& rated_;
  deck_settings settings_;
};

}  // namespace tandem::dating
