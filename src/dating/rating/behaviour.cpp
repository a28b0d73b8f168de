#include "dating/rating/behaviour.hpp"

#include <cmath>

namespace tandem::dating {

void tally::add(bool liked, double memory, std::optional<instant> at) {
  double kept = memory;
  if (at && last && *at > *last) {
    const auto halves =
        std::chrono::duration<double>(*at - *last) / std::chrono::duration<double>(behaviour_half_life);
    kept *= std::exp2(-halves);
  }
  good = good * kept + (liked ? 1 : 0);
  count = count * kept + 1;
  if (at && (!last || *at > *last)) last = at;
}

}  // namespace tandem::dating
