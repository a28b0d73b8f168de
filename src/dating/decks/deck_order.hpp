#pragma once
#include <optional>
#include <vector>

#include "base/strong_id.hpp"
#include "dating/decks/decks.hpp"

// What the order of a deck is made of, without the database.
namespace tandem::dating {

// The farthest that each ring goes, in km, up to a radius; the own town belongs to the first. Who lives in a
// nearer ring comes before everybody farther away.
std::vector<double> rings_within(double radius_km);
int ring_of(double km, bool same_town);

struct deck_candidate {
  user_id who;
  double km = 0;
  bool same_town = false;
  bool likes_viewer = false;
  bool boosted = false;
  double showings = 0;        // that their rating comes from
  double like = 0, back = 0;  // chances of docs/rating.md
  double match = 0;           // and both together
  std::optional<int> ready;   // the place in the deck that lies ready
};

// What a newcomer's chance counts for more, the less is known of them: a step of the upper confidence bound,
// 0.15 for who was never shown, 0.05 after thirty showings. So they reach decks, and are not stuck there.
double benefit_of_doubt(double showings);

// What lies ready stays in front. Then ring by ring the best first; of those who like the viewer already
// every third place at most, so that they come early and not all at once.
std::vector<deck_candidate> in_order(std::vector<deck_candidate> all, std::size_t size);

}  // namespace tandem::dating
