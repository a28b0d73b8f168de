#include "platform/telegram/send_plan.hpp"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <random>
#include <set>

namespace tandem::telegram {

using namespace std::chrono_literals;
using tick = send_plan::tick;
using nanoseconds = std::chrono::nanoseconds;

namespace {

// At most `limit` places in any `span`: each taken place comes free at a known moment.
class window {
 public:
  // A place that frees itself at the tick; what take() gave is what move() wants back.
  void take(tick free_at) { taken_.insert(free_at); }
  // The call was answered: its place comes free earlier than feared.
  void move(tick feared, tick free_at) {
    const auto found = taken_.find(feared);
    if (found == taken_.end() || free_at >= feared) return;
    taken_.erase(found);
    taken_.insert(free_at);
  }
  // When `places` are free together; `now` or earlier means at once. More than `limit` counts as all of it.
  tick free_for(int places, int limit, tick now) {
    taken_.erase(taken_.begin(), taken_.upper_bound(now));
    if (limit <= 0) return now;
    const auto needed = static_cast<std::ptrdiff_t>(taken_.size()) + std::min(places, limit) - limit;
    return needed <= 0 ? now : *std::next(taken_.begin(), needed - 1);
  }
  bool idle(tick now) const { return taken_.empty() || *taken_.rbegin() <= now; }

 private:
  std::multiset<tick> taken_;
};

constexpr auto second = std::chrono::seconds(1);
constexpr auto minute = std::chrono::minutes(1);
constexpr int flooded_chats_that_mean_the_bot = 3;
constexpr int failures_that_mean_the_server = 2;

}  // namespace

struct send_plan::state {
  struct entry {
    std::int64_t chat = 0;
    telegram::urgency how = urgency::reply;
    int messages = 0;
    int failures = 0;
    bool started = false;
    bool paid = false;
    tick begun{};
    tick line_before{};  // the chat's `full_at` before this call was counted
  };
  struct line {
    // By urgency. A chat seldom has more than one or two, and the room for them stays.
    std::array<std::vector<ticket>, 2> waiting;
    ticket running = 0;
    tick full_at{};  // when the whole burst is there again
    tick closed_until{};
    window group;
    std::uint64_t place = 0;  // of its latest stand in a ring or among the held ones; older ones are void
  };
  struct stand {
    std::int64_t chat;
    std::uint64_t place;
  };

  explicit state(send_limits limits_, std::uint64_t seed) : limits(limits_), random(seed) {}

  send_limits limits;
  std::minstd_rand random;
  boost::unordered_flat_map<ticket, entry> entries;
  boost::unordered_flat_map<std::int64_t, line> lines;
  std::array<std::deque<stand>, 2> rings;  // chats that may go, in turn, by the urgency of their next message
  std::multimap<tick, stand> held;         // chats that wait for a moment
  window bot, broadcasts, paid;
  std::int64_t paid_left = 0;
  std::size_t in_flight = 0;
  ticket last_ticket = 0;
  std::uint64_t last_place = 0;
  tick bot_closed_until{};
  std::set<std::int64_t> flooded_chats;  // since the last accepted call
  int server_failures = 0;               // since then, calls in parallel counting once
  tick last_server_failure{};
  std::optional<tick> wake;
  std::size_t lines_at_sweep = 1'000;

  bool in_trouble() const { return server_failures >= failures_that_mean_the_server; }

  void stand_in_line(std::int64_t chat, line& of) {
    if (of.running != 0) return;
    for (const auto how : {0, 1}) {
      if (of.waiting[how].empty()) continue;
      of.place = ++last_place;
      rings[how].push_back({chat, of.place});
      return;
    }
  }

  // When the chat itself lets this message go.
  tick chat_ready(line& of, const entry& next, tick now) {
    auto ready = std::max(now, of.closed_until);
    if (limits.chat_gap > 0ms) {
      const int burst = std::max(1, limits.chat_burst);
      ready = std::max(ready, of.full_at - limits.chat_gap * (burst - std::min(next.messages, burst)));
    }
    if (next.chat < 0 && limits.group_per_minute > 0) {
      ready = std::max(ready, of.group.free_for(next.messages, limits.group_per_minute, now));
    }
    return ready;
  }

  void wake_at(tick when) {
    if (!wake || when < *wake) wake = when;
  }

  // Whether the bot has places for it; otherwise when it will. A mailing may go as a paid one.
  bool bot_has_place(entry& next, tick now) {
    auto free = bot.free_for(next.messages, limits.per_second, now);
    if (next.how == urgency::broadcast) {
      free = std::max(free, broadcasts.free_for(next.messages, limits.broadcasts_per_second, now));
      if (free > now && limits.paid_per_second > 0 && paid_left >= next.messages) {
        free = std::min(free, paid.free_for(next.messages, limits.paid_per_second, now));
        next.paid = free <= now;
      }
    }
    if (free <= now) return true;
    wake_at(free);
    return false;
  }

  void begin(ticket id, entry& call, line& of, tick now) {
    call.started = true;
    call.begun = now;
    call.line_before = of.full_at;
    of.running = id;
    ++in_flight;
    of.full_at = std::max(of.full_at, now) + limits.chat_gap * call.messages;
    const auto feared = now + limits.arrival_slack;
    for (int place = 0; place < call.messages; ++place) {
      if (call.paid) {
        paid.take(feared + second);
      } else {
        if (limits.per_second > 0) bot.take(feared + second);
        if (call.how == urgency::broadcast && limits.broadcasts_per_second > 0)
          broadcasts.take(feared + second);
      }
      if (call.chat < 0 && limits.group_per_minute > 0) of.group.take(feared + minute);
    }
    if (call.paid) paid_left -= call.messages;
  }

  // Gives the places in the windows their final moments. True if the call was under way.
  bool end(ticket id, tick now) {
    const auto found = entries.find(id);
    if (found == entries.end() || !found->second.started) return false;
    auto& call = found->second;
    auto& of = lines[call.chat];
    const auto counted = std::min(now, call.begun + limits.arrival_slack);
    const auto feared = call.begun + limits.arrival_slack;
    for (int place = 0; place < call.messages; ++place) {
      if (call.paid) {
        paid.move(feared + second, counted + second);
      } else {
        bot.move(feared + second, counted + second);
        if (call.how == urgency::broadcast) broadcasts.move(feared + second, counted + second);
      }
      of.group.move(feared + minute, counted + minute);
    }
    of.full_at = std::max(call.line_before, counted) + limits.chat_gap * call.messages;
    of.running = 0;
    call.started = call.paid = false;
    --in_flight;
    return true;
  }

  nanoseconds jitter(nanoseconds most) {
    return nanoseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random));
  }
  // Doubling, and up to a quarter more so that calls do not come back together.
  nanoseconds backoff(int failures) {
    const nanoseconds pause = limits.backoff * std::min(30, 1 << std::min(failures - 1, 5));
    return pause + jitter(pause / 4);
  }

  void requeue(ticket id, nanoseconds pause, tick now) {
    auto& call = entries[id];
    auto& of = lines[call.chat];
    of.closed_until = std::max(of.closed_until, now + pause);
    auto& waiting = of.waiting[static_cast<int>(call.how)];
    waiting.insert(waiting.begin(), id);
    stand_in_line(call.chat, of);
  }

  // Forgets chats that have nothing left to remember, now and then.
  void sweep(tick now) {
    if (lines.size() < lines_at_sweep) return;
    boost::unordered::erase_if(lines, [&](const auto& item) {
      const auto& of = item.second;
      return of.running == 0 && of.waiting[0].empty() && of.waiting[1].empty() && of.full_at <= now &&
             of.closed_until <= now && of.group.idle(now);
    });
    lines_at_sweep = std::max<std::size_t>(1'000, lines.size() * 2);
  }
};

send_plan::send_plan(send_limits limits, std::uint64_t jitter_seed)
    : state_(std::make_unique<state>(limits, jitter_seed)) {
  state_->paid_left = limits.paid_cap;
}
send_plan::~send_plan() = default;

void send_plan::set_limits(send_limits limits) {
  state_->limits = limits;
  state_->paid_left = limits.paid_cap;
}
const send_limits& send_plan::limits() const { return state_->limits; }

send_plan::ticket send_plan::add(std::int64_t chat, urgency how, int messages) {
  auto& self = *state_;
  const auto id = ++self.last_ticket;
  auto& call = self.entries[id];
  call.chat = chat;
  call.how = how;
  call.messages = messages;
  auto& of = self.lines[chat];
  const bool alone = of.waiting[0].empty() && of.waiting[1].empty();
  const bool overtakes = how == urgency::reply && of.waiting[0].empty();
  of.waiting[static_cast<int>(how)].push_back(id);
  if (alone || overtakes) self.stand_in_line(chat, of);
  return id;
}

std::optional<send_plan::start> send_plan::next(tick now) {
  auto& self = *state_;
  self.wake.reset();
  while (!self.held.empty() && self.held.begin()->first <= now) {
    const auto [chat, place] = self.held.begin()->second;
    self.held.erase(self.held.begin());
    const auto found = self.lines.find(chat);
    if (found != self.lines.end() && found->second.place == place) self.stand_in_line(chat, found->second);
  }
  if (!self.held.empty()) self.wake_at(self.held.begin()->first);
  if (self.bot_closed_until > now) {
    self.wake = self.bot_closed_until;
    return std::nullopt;
  }
  const auto most = self.in_trouble() ? 1u : static_cast<std::size_t>(std::max(1, self.limits.in_flight));
  if (self.in_flight >= most) return std::nullopt;

  for (const int how : {0, 1}) {
    auto& ring = self.rings[how];
    while (!ring.empty()) {
      const auto [chat, place] = ring.front();
      const auto found = self.lines.find(chat);
      if (found == self.lines.end() || found->second.place != place || found->second.running != 0 ||
          found->second.waiting[how].empty()) {
        ring.pop_front();
        continue;
      }
      auto& of = found->second;
      const auto id = of.waiting[how].front();
      auto& call = self.entries[id];
      if (const auto ready = self.chat_ready(of, call, now); ready > now) {
        ring.pop_front();
        of.place = ++self.last_place;
        self.held.emplace(ready, state::stand{chat, of.place});
        self.wake_at(ready);
        continue;
      }
      if (!self.bot_has_place(call, now)) {
        // A reply that waits for places must not be starved by mailings that need fewer.
        if (how == 0) return std::nullopt;
        break;
      }
      ring.pop_front();
      of.waiting[how].erase(of.waiting[how].begin());
      self.begin(id, call, of, now);
      return start{id, call.paid};
    }
  }
  return std::nullopt;
}

std::optional<send_plan::tick> send_plan::wake() const { return state_->wake; }

void send_plan::accepted(ticket id, tick now) {
  state_->flooded_chats.clear();
  state_->server_failures = 0;
  drop(id, now);
}

void send_plan::flooded(ticket id, tick now, std::chrono::seconds retry_after) {
  auto& self = *state_;
  if (!self.end(id, now)) return;
  // Never sooner than told, and a little later, so that all who wait do not come at once.
  const nanoseconds least = self.limits.backoff;
  const auto pause = std::max<nanoseconds>(retry_after, least) + least / 20 + self.jitter(least / 2);
  const auto chat = self.entries[id].chat;
  self.server_failures = 0;  // it answers
  self.flooded_chats.insert(chat);
  if (self.flooded_chats.size() >= flooded_chats_that_mean_the_bot) {
    self.bot_closed_until = std::max(self.bot_closed_until, now + pause);
    self.flooded_chats.clear();
  }
  self.requeue(id, pause, now);
}

void send_plan::failed(ticket id, tick now) {
  auto& self = *state_;
  const auto begun = self.entries.contains(id) ? self.entries[id].begun : tick{};
  if (!self.end(id, now)) return;
  if (begun >= self.last_server_failure) {
    ++self.server_failures;
    self.last_server_failure = now;
  }
  if (self.in_trouble()) {
    // One call at a time tries whether the server is back.
    const auto pause = self.backoff(self.server_failures - failures_that_mean_the_server + 1);
    self.bot_closed_until = std::max(self.bot_closed_until, now + pause);
  }
  self.requeue(id, self.backoff(++self.entries[id].failures), now);
}

void send_plan::drop(ticket id, tick now) {
  auto& self = *state_;
  const bool was_under_way = self.end(id, now);
  const auto found = self.entries.find(id);
  if (found == self.entries.end()) return;
  auto& of = self.lines[found->second.chat];
  if (!was_under_way) std::erase(of.waiting[static_cast<int>(found->second.how)], id);
  self.stand_in_line(found->second.chat, of);
  self.entries.erase(found);
  self.sweep(now);
}

void send_plan::migrated(ticket id, std::int64_t to, tick now) {
  auto& self = *state_;
  if (!self.end(id, now)) return;
  const auto from = self.entries[id].chat;
  const auto waiting = std::exchange(self.lines[from].waiting, {});
  for (const auto& line : waiting) {
    for (const auto other : line) {
      self.entries[other].chat = to;
      self.lines[to].waiting[static_cast<int>(self.entries[other].how)].push_back(other);
    }
  }
  self.entries[id].chat = to;
  self.requeue(id, 0ns, now);
}

std::size_t send_plan::waiting() const { return state_->entries.size() - state_->in_flight; }
std::size_t send_plan::in_flight() const { return state_->in_flight; }
bool send_plan::paused(tick now) const { return state_->bot_closed_until > now; }

std::chrono::nanoseconds send_plan::pause_of(std::int64_t chat, tick now) const {
  auto until = state_->bot_closed_until;
  if (const auto found = state_->lines.find(chat); found != state_->lines.end()) {
    until = std::max(until, found->second.closed_until);
  }
  return std::max<nanoseconds>(0ns, until - now);
}

}  // namespace tandem::telegram
