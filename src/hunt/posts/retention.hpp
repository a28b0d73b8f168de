#pragma once
#include <chrono>
#include <cstdint>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// How long things are kept.
struct retention {
  // Texts of posts, from when they were seen.
  std::chrono::days refused{7};    // what became no vacancy, repeats too, with contact, author and verdicts
  std::chrono::days accepted{60};  // what became one; the card's own title and essence stay
  // Who got a vacancy, in which list, and why, from when it was judged.
  std::chrono::days deliveries{90};
};

// Erases what is due, in bounded batches; the number of posts. Hash, fingerprint and ids stay, so that an
// edit and a repeat are still told. Also ends take-downs that were killed.
task<std::int64_t> erase_texts(pg::pool& database, retention keep, instant now);

// Deletes deliveries, lists and the verdicts that explain them, in bounded batches; the number of deliveries.
// What somebody saved, responded to, or has complained about without having heard the outcome stays with
// them.
task<std::int64_t> forget_deliveries(pg::pool& database, retention keep, instant now);

}  // namespace tandem::hunt
