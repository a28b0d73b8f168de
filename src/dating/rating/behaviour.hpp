// Level 2 of the rating: what others' reactions say about a person, and what their own say about their taste.
#pragma once
#include <optional>

#include "base/clock.hpp"

namespace tandem::dating {

// Smoothed counts that forget: each new observation, and each half-life that passes, makes the older ones
// weigh less. `count` is what they weigh together, so that a newcomer's few are told from another's many.
struct tally {
  double good = 0;   // likes
  double count = 0;  // showings
  std::optional<instant> last;

  // `memory`: what the older observations keep of their weight at each new one, 0..1.
  void add(bool liked, double memory, std::optional<instant> at = std::nullopt);
  // What is left of it at that time.
  tally faded(instant now) const;
  // The mean of a Beta posterior whose prior has the mean `prior` and the weight of `weight` showings.
  double rate(double prior, double weight) const { return (good + weight * prior) / (count + weight); }
};

struct behaviour {
  tally received;  // likes per showing to others
  tally given;     // likes per profile that they were shown
};

// A half of what is known is forgotten after so long without anything new.
inline constexpr std::chrono::days behaviour_half_life{45};

}  // namespace tandem::dating
