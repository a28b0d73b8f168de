#include "dating/rating/behaviour.hpp"

#include <cmath>

namespace tandem::dating {

namespace {

double left_after(std::chrono::microseconds passed) {
  const auto halves =
      std::chrono::duration<double>(passed) / std::chrono::duration<double>(behaviour_half_life);
  return passed.count() > 0 ? std::exp2(-halves) : 1;
}

}  // namespace

tally tally::faded(instant now) const {
  const double left = last ? left_after(now - *last) : 1;
  return {good * left, count * left, last};
}

void tally::add(bool liked, double memory, std::optional<instant> at) {
  const double kept = memory * (at && last ? left_after(*at - *last) : 1);
  good = good * kept + (liked ? 1 : 0);
  count = count * kept + 1;
  if (at && (!last || *at > *last)) last = at;
}

}  // namespace tandem::dating
