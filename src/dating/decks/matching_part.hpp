#pragma once
#include <chrono>
#include <cstddef>
#include <memory>

#include "async/offload.hpp"
#include "async/part.hpp"
#include "dating/decks/decks.hpp"
#include "platform/metrics/metrics.hpp"

namespace tandem::dating {

struct matching_settings {
  deck_settings decks;
  std::chrono::milliseconds poll{500};       // how often changes of profiles are looked for
  std::chrono::minutes ratings_every{60};    // all ratings are read anew
  std::size_t most_judgements = 20'000'000;  // in memory, of the viewers who came last (4 bytes each)
  int page = 20'000;                         // ids whose people are read by one statement
  int parallel = 4;                          // decks filled at once
};

struct matching_parts {
  executor on;
  pg::pool& db;
  queue::queue& lanes;
  const clock& time;
  ratings& rated;
  async::thread_pool& threads;  // for building the columns
  metrics::registry& figures;
};

// The role matching: keeps the engine (dating/matching) as the database is, and writes dating.decks for
// viewers whose decks run low, and for whoever has just become active. It is built from the database at
// start, and follows dating.changes from a snapshot taken before that, so that nothing is missed. Whatever it
// has in mind, what it writes has passed the hard filters of the database.
std::unique_ptr<async::part> make_matching_part(matching_parts with, matching_settings settings = {});

}  // namespace tandem::dating
