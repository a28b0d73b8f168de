#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "async/part.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/sources/reading_plan.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/http/client.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

struct reader_options {
  std::string root = "https://t.me";  // pages are {root}/s/NAME
  reading_pace pace;
  std::string user_agent = "Tandem (reads public channel pages and feeds)";
  std::chrono::milliseconds answer_limit{20'000};  // a whole page within this
  std::chrono::milliseconds refresh_gap{2'000};    // changed sources are looked for, beside the hint
  std::chrono::milliseconds note_gap{10'000};      // how reading goes is written down
  std::chrono::milliseconds hold_gap{60'000};      // after 429 without Retry-After; at least
  int failing_after = 5;                           // failures in a row make a source "failing"
  std::uint64_t seed = 0x7461'6e64;                // of the jitter
};

// A source has lost its preview, fails, or has come back: for the operator. `detail` says what was answered.
struct source_change {
  std::string name;  // as people are shown it
  source_state state = source_state::active;
  std::string detail;
};

struct reader_parts {
  executor on;
  pg::pool& database;
  http::client& web;
  intake& way_in;
  const clock& time;
  metrics::registry& figures;
  std::function<void(const source_change&)> changed;  // may be empty
};

// Reads the preview pages and feeds of all active sources, politely (reading_plan), and hands what they show
// to the intake. Sources that are added, paused or given other rules are noticed within a second or two. Two
// readers of one installation lose and double nothing, but ask twice as often: run it under a lead.
class source_reader : public async::part {
 public:
  // What the part does by itself between start() and stop(), by hand: looks for changed sources, and reads
  // every page that is due now, also those that come due by what a page shows; the number of requests.
  virtual task<> refresh() = 0;
  virtual task<int> read_due_now() = 0;
  // Writes down how reading went since the last time.
  virtual task<> note_progress() = 0;
};

std::unique_ptr<source_reader> make_source_reader(reader_parts with, reader_options options);

}  // namespace tandem::hunt
