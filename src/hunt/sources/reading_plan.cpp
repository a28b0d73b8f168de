#include "hunt/sources/reading_plan.hpp"

#include <random>
#include <set>

namespace tandem::hunt {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// A page holds about 20 messages, and an album is one block of up to ten of them: with fewer blocks than
// this, a page cannot have left anything out.
constexpr std::size_t full_page_blocks = 3;
constexpr std::size_t nearly_full_page_posts = 15;
// Walking back over more than this is not catching up any more.
constexpr int most_pages_back = 200;
// The same for a look at edits; a request that failed counts too.
constexpr int most_pages_looked = 10;

// Older pages that are looked at once more for edits, one after each page of news: down to the message
// `down_to`, and to the first page of which every post is older than `since`.
struct look_back {
  std::int64_t cursor = 0;  // what stands before this is next; 0: nothing to look at
  std::int64_t down_to = 0;
  instant since = instant::min();
  int pages = 0;

  // `page` has been looked at.
  void go_on(const preview_page& page) {
    const bool further = !page.posts.empty() && page.first_id < cursor && page.first_id > down_to &&
                         page.posts.back().posted_at >= since && ++pages < most_pages_looked;
    cursor = further ? page.first_id : 0;
  }
};

struct channel {
  std::string name;
  std::string feed;  // its address
  std::int64_t seen_up_to = 0;
  bool read_before = false;
  milliseconds gap{0};
  instant due;
  instant reread_due;
  int failures = 0;
  bool busy = false;
  bool paused = false;
  // Where the newest page began when it was looked at last. By the next look, posts that were edited since
  // then may have left it.
  std::int64_t looked_down_to = 0;
  look_back look;
  bool look_next = false;
  // Walking back: everything below `hole_top` is asked for, page by page, down to seen_up_to.
  std::int64_t hole_top = 0, hole_cursor = 0;
  int pages_back = 0;
};

std::size_t blocks_of(const preview_page& page) {
  return page.posts.size() + static_cast<std::size_t>(page.unreadable);
}

}  // namespace

std::string page_request::path() const {
  if (!feed.empty()) return feed;
  std::string out = "/s/" + name;
  if (what != kind::newest)
    out += (what == kind::after ? "?after=" : "?before=") + std::to_string(message_id);
  return out;
}

struct reading_plan::state {
  reading_pace pace;
  std::minstd_rand dice;
  std::unordered_map<source_id, channel> channels;
  std::set<std::pair<instant, source_id>> line;  // those that are not busy
  instant slot;                                  // the next request may be sent then
  int under_way = 0;

  void enqueue(source_id id, channel& who) { line.emplace(who.due, id); }

  milliseconds bounded(const channel& who, milliseconds gap) const {
    return who.feed.empty() ? std::clamp(gap, pace.min_gap, pace.max_gap)
                            : std::clamp(gap, pace.feed_min_gap, pace.feed_max_gap);
  }

  microseconds with_jitter(microseconds gap) {
    std::uniform_real_distribution<double> share(1 - pace.jitter, 1 + pace.jitter);
    return microseconds(static_cast<std::int64_t>(static_cast<double>(gap.count()) * share(dice)));
  }

  // How far with_jitter() goes.
  microseconds longest(microseconds gap) const {
    return microseconds(static_cast<std::int64_t>(static_cast<double>(gap.count()) * (1 + pace.jitter)));
  }

  // The answer to a request of this source is dealt with; null if the source is gone or paused by now.
  channel* answered(source_id id) {
    --under_way;
    const auto found = channels.find(id);
    if (found == channels.end()) return nullptr;
    found->second.busy = false;
    if (found->second.paused) {
      channels.erase(found);
      return nullptr;
    }
    return &found->second;
  }
};

reading_plan::reading_plan(const reading_pace& pace, std::uint64_t seed)
    : state_(new state{
          pace, std::minstd_rand(static_cast<std::minstd_rand::result_type>(seed)), {}, {}, {}, 0}) {}
reading_plan::~reading_plan() = default;

void reading_plan::put(const source& what, instant now) {
  auto& s = *state_;
  auto [found, fresh] = s.channels.try_emplace(what.id);
  auto& who = found->second;
  who.paused = is_resting(what.state);
  if (fresh) {
    who.name = what.name;
    who.feed = what.address;
    who.seen_up_to = what.last_message_id;
    who.read_before = what.last_read_at.has_value();
    who.failures = what.failures;
    who.gap = s.bounded(who, what.read_gap);
    // A restart does not make anybody wait longer than it was meant to, nor hurry.
    who.due = std::clamp(what.next_read_at, now,
                         now + std::max({s.pace.max_gap, s.pace.feed_max_gap, s.pace.max_failure_gap}));
    who.reread_due = now;
    who.looked_down_to = who.seen_up_to + 1;
    if (who.seen_up_to != 0 && who.feed.empty()) {
      // When the newest page was looked at before the restart is not known: at the latest when it had been
      // due for one gap of reading. Posts have whole seconds.
      const auto last_look = what.last_read_at.value_or(now) - s.longest(s.pace.reread_gap + s.pace.max_gap) -
                             std::chrono::seconds(1);
      who.look = {.cursor = who.seen_up_to + 1, .down_to = 1, .since = last_look};
    }
    if (!who.paused) s.enqueue(what.id, who);
  } else if (!who.busy && who.paused) {
    s.line.erase({who.due, what.id});
    s.channels.erase(found);
    return;
  }
  if (who.paused && !who.busy) s.channels.erase(found);
}

std::optional<page_request> reading_plan::next(instant now) {
  auto& s = *state_;
  if (s.line.empty() || s.under_way >= s.pace.parallel || now < s.slot) return std::nullopt;
  const auto [due, id] = *s.line.begin();
  if (due > now) return std::nullopt;
  s.line.erase(s.line.begin());
  auto& who = s.channels.at(id);
  who.busy = true;
  ++s.under_way;
  if (const auto rate = s.pace.requests_per_second; rate > 0) {
    s.slot = std::max(s.slot, now) + microseconds(static_cast<std::int64_t>(1e6 / rate));
  }

  page_request ask{id, who.name};
  ask.feed = who.feed;
  if (!who.feed.empty()) return ask;
  if (who.look_next) {
    ask.what = page_request::kind::edits;
    ask.message_id = who.look.cursor;
  } else if (who.hole_top != 0) {
    ask.what = page_request::kind::before;
    ask.message_id = who.hole_cursor;
  } else if (who.seen_up_to != 0 && now < who.reread_due) {
    ask.what = page_request::kind::after;
    ask.message_id = who.seen_up_to;
  }
  return ask;
}

std::optional<instant> reading_plan::wake_at() const {
  const auto& s = *state_;
  if (s.line.empty() || s.under_way >= s.pace.parallel) return std::nullopt;
  return std::max(s.line.begin()->first, s.slot);
}

page_use reading_plan::use_of(const page_request& asked, const preview_page& page) const {
  const auto found = state_->channels.find(asked.source);
  if (found == state_->channels.end()) return {.store = false};
  const auto& who = found->second;
  page_use use{.store_above = who.seen_up_to, .seen_up_to = who.seen_up_to};
  if (!who.feed.empty()) {
    use.first_read = !who.read_before;
    return use;
  }
  if (asked.what == page_request::kind::edits) return use;
  if (!who.read_before) {
    use.first_read = true;
    use.seen_up_to = page.last_id;
    return use;
  }
  const bool reaches_the_mark = page.last_id == 0 || page.first_id <= who.seen_up_to + 1;
  if (asked.what == page_request::kind::before) {
    const bool no_further = page.first_id >= asked.message_id || who.pages_back + 1 >= most_pages_back;
    if (reaches_the_mark || page.nothing_found || no_further) use.seen_up_to = who.hole_top - 1;
    return use;
  }
  const bool may_leave_out = asked.what == page_request::kind::newest || blocks_of(page) >= full_page_blocks;
  if (!reaches_the_mark && may_leave_out) {
    use.store = false;
    return use;
  }
  use.seen_up_to = std::max(who.seen_up_to, page.last_id);
  return use;
}

void reading_plan::stored(const page_request& asked, const preview_page& page, const page_use& use,
                          instant now) {
  auto& s = *state_;
  auto* who = s.answered(asked.source);
  if (!who) return;
  if (asked.what == page_request::kind::edits) {
    who->look.go_on(page);
    who->look_next = false;
    who->failures = 0;
    who->due = now < who->reread_due ? now + s.with_jitter(who->gap) : now;
    s.enqueue(asked.source, *who);
    return;
  }
  const bool moved = use.store && (use.seen_up_to > who->seen_up_to || use.news);
  bool more = false;
  if (asked.what == page_request::kind::before) {
    if (use.seen_up_to == who->hole_top - 1) {
      who->hole_top = who->hole_cursor = 0;
      who->pages_back = 0;
    } else {
      who->hole_cursor = page.first_id;
      ++who->pages_back;
    }
    more = true;
  } else if (!use.store) {
    // Something may lie between the mark and this page. Forward first; backwards if that leaves something out
    // too.
    if (asked.what == page_request::kind::after || who->seen_up_to == 0) {
      who->hole_top = who->hole_cursor = page.first_id;
    }
    who->reread_due = now + s.pace.reread_gap;
    more = true;
  } else {
    if (asked.what == page_request::kind::newest) {
      who->reread_due = now + s.with_jitter(s.pace.reread_gap);
      if (who->look.cursor == 0 && page.last_id != 0) {
        if (!use.first_read) who->look = {.cursor = page.last_id + 1, .down_to = who->looked_down_to};
        who->looked_down_to = page.first_id;
      }
      if (page.first_id < who->look.cursor) who->look.go_on(page);
    }
    more = !use.first_read && moved && who->feed.empty() &&
           (page.after || page.posts.size() >= nearly_full_page_posts);
  }
  who->seen_up_to = std::max(who->seen_up_to, use.seen_up_to);
  who->read_before = true;
  who->failures = 0;
  who->gap = s.bounded(*who, moved ? who->gap / 2 : who->gap * 5 / 4);
  who->look_next = !more && who->look.cursor != 0;
  who->due = more || who->look_next ? now : now + s.with_jitter(who->gap);
  s.enqueue(asked.source, *who);
}

void reading_plan::failed(const page_request& asked, instant now) {
  auto& s = *state_;
  auto* who = s.answered(asked.source);
  if (!who) return;
  const auto doubled = s.pace.failure_gap * (std::int64_t{1} << std::min(who->failures, 20));
  ++who->failures;
  // The news come first; after that the look goes on.
  if (std::exchange(who->look_next, false) && ++who->look.pages >= most_pages_looked) who->look.cursor = 0;
  who->due = now + s.with_jitter(std::min<microseconds>(doubled, s.pace.max_failure_gap));
  s.enqueue(asked.source, *who);
}

void reading_plan::lost_preview(const page_request& asked, instant now) {
  auto& s = *state_;
  auto* who = s.answered(asked.source);
  if (!who) return;
  ++who->failures;
  who->look_next = false;
  who->due = now + s.with_jitter(s.pace.lost_gap);
  who->reread_due = who->due;  // asked for the newest page: that one tells a lost preview for certain
  s.enqueue(asked.source, *who);
}

void reading_plan::hold_all(const page_request& asked, instant until) {
  auto& s = *state_;
  s.slot = std::max(s.slot, until);
  auto* who = s.answered(asked.source);
  if (!who) return;
  ++who->failures;
  who->due = std::max(who->due, until);
  s.enqueue(asked.source, *who);
}

std::optional<reading_plan::pace_of_source> reading_plan::pace_of(source_id which) const {
  const auto found = state_->channels.find(which);
  if (found == state_->channels.end()) return std::nullopt;
  const auto& who = found->second;
  return pace_of_source{who.gap, who.due, who.failures};
}

}  // namespace tandem::hunt
