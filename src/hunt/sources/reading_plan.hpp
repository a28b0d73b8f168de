#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "hunt/sources/preview_page.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::hunt {

// How politely channels are read. The defaults are for t.me, where 300 requests at one a second met no
// refusal; a source's gap shrinks to min_gap while it posts and grows to max_gap while it is silent.
struct reading_pace {
  std::chrono::milliseconds min_gap{20'000};
  std::chrono::milliseconds max_gap{300'000};
  double jitter = 0.15;                           // share of the gap, to both sides
  double requests_per_second = 1.0;               // at most, over all sources; 0: no limit
  int parallel = 4;                               // requests under way
  std::chrono::milliseconds reread_gap{600'000};  // from look to look at the newest page, for edits
  std::chrono::milliseconds failure_gap{30'000};  // after a failure; doubles up to max_failure_gap
  std::chrono::milliseconds max_failure_gap{3'600'000};
  std::chrono::milliseconds lost_gap{900'000};  // a channel without a preview is asked for it again
  // Of a feed instead of min_gap and max_gap: they change seldom, and their servers are small.
  std::chrono::milliseconds feed_min_gap{300'000};
  std::chrono::milliseconds feed_max_gap{3'600'000};
};

// What to ask for: the newest page, the page after or before a message, or one before a message that was read
// already and may have been edited; of a feed always the feed.
struct page_request {
  enum class kind : std::uint8_t { newest, after, before, edits };
  source_id source;
  std::string name;
  kind what = kind::newest;
  std::int64_t message_id = 0;
  std::string feed;          // its address
  std::string path() const;  // "/s/jobs?after=105"; of a feed its address
};

// What to do with the page that came: store its posts above `store_above` and compare the others for edits
// (or leave it alone), and how far the source has been seen without a gap once that is stored.
struct page_use {
  bool store = true;
  std::int64_t store_above = 0;
  std::int64_t seen_up_to = 0;
  bool first_read = false;
  bool news = false;  // of a feed: it had items that were new, so it is read sooner the next time
};

// Which page of which source is asked for when. A machine without I/O: moments and answers go in, requests
// come out. Nothing is missed after a restart or a burst: the source's mark moves up only over what is
// stored, and where a page may have left something out between the mark and its first post, pages are walked
// backwards first. An edit is noticed if its post was on the newest page when it was edited, however many
// posts have come since: each look at the newest page goes back to where the one before began.
class reading_plan {
 public:
  reading_plan(const reading_pace& pace, std::uint64_t seed);
  ~reading_plan();

  // A source that is new or has been changed; a paused one is dropped.
  void put(const source& what, instant now);
  // The next request that may be sent now; its source is busy until one of the three answers below.
  std::optional<page_request> next(instant now);
  // When next() may have something again; nothing while too many requests are under way or there is no
  // source.
  std::optional<instant> wake_at() const;

  page_use use_of(const page_request& asked, const preview_page& page) const;
  // The page has been dealt with as use_of() said.
  void stored(const page_request& asked, const preview_page& page, const page_use& use, instant now);
  void failed(const page_request& asked, instant now);
  void lost_preview(const page_request& asked, instant now);
  // Too many requests: nothing is asked for until then, whatever the source.
  void hold_all(const page_request& asked, instant until);

  struct pace_of_source {
    std::chrono::milliseconds gap;
    instant due;
    int failures = 0;
  };
  std::optional<pace_of_source> pace_of(source_id which) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::hunt
