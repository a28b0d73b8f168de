#pragma once
#include <chrono>
#include <cstdint>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// How long the texts of posts are kept, from when they were seen.
struct retention {
  std::chrono::days refused{7};    // what became no vacancy, repeats too, with contact and author
  std::chrono::days accepted{60};  // what became one; the card's own title and essence stay
};

// Erases what is due, in bounded batches; the number of posts. Hash, fingerprint and ids stay, so that an
// edit and a repeat are still told. Also ends take-downs that were killed.
task<std::int64_t> erase_texts(pg::pool& database, retention keep, instant now);

}  // namespace tandem::hunt
