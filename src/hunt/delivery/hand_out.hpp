#pragma once
#include <vector>

#include "hunt/delivery/delivery.hpp"
#include "hunt/readers/words.hpp"

namespace tandem::hunt {

// Who gets a vacancy, how and when: a row of hunt.deliveries for everybody who chose its category and whose
// filter lets it pass, as a card or for a list, now or at the hour that they want.
class hand_out {
 public:
  explicit hand_out(const delivery_settings& settings) : settings_(settings) {}
  // The bots that have cards to send now. Handing out twice does nothing the second time.
  task<std::vector<std::int64_t>> operator()(pg::session& in, std::vector<vacancy_id> which, instant now);

 private:
  task<> some(pg::session& in, const std::vector<vacancy_id>& which, instant now,
              std::vector<std::int64_t>& bots);

  const delivery_settings& settings_;
  text::stemmer stems_;
  compiled_words words_;
};

}  // namespace tandem::hunt
