#pragma once
#include <memory>
#include <vector>

#include "hunt/categories.hpp"

namespace tandem::cache {
class cache;
}

namespace tandem::hunt {

// The figures of the last 24 hours that the welcome and the choosing screen show with every tap. Counting
// reads all of a day's vacancies, so it is done once in a few seconds for everybody, in all processes
// together; new vacancies may show that much later.
class day_figures {
 public:
  virtual ~day_figures() = default;
  // `in` counts when it has to be counted: whoever is in a transaction gives that, and waits for no other
  // connection.
  virtual task<day_counts> counts(pg::session& in) = 0;
  virtual task<std::vector<category_count>> by_category(pg::session& in) = 0;
};

std::unique_ptr<day_figures> make_day_figures(cache::cache& kept, const clock& time);

}  // namespace tandem::hunt
