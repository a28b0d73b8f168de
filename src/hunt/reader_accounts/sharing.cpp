#include "hunt/reader_accounts/sharing.hpp"

#include <algorithm>
#include <map>

namespace tandem::hunt {
namespace {

bool is_read(const account_source& one) {
  return one.what.state == source_state::active || one.what.state == source_state::failing;
}

// Refused a short time ago.
bool is_refused(const account_source& what, account_id who, const join_pace& pace, instant now) {
  const auto* place = what.seat_of(who);
  return place && place->state == membership::refused && now - place->changed_at < pace.refused_for;
}

// The same, also of a public chat that can be read without.
bool is_join_refused(const account_source& what, account_id who, const join_pace& pace, instant now) {
  const auto* place = what.seat_of(who);
  return place && !place->detail.empty() && now - place->changed_at < pace.refused_for;
}

bool wants_to_join(const account_source& one) {
  if (!is_read(one) || one.read_by == account_id()) return false;
  const auto* place = one.seat_of(one.read_by);
  return !place || (place->state != membership::joined && place->state != membership::pending);
}

}  // namespace

bool can_read(const account& one, instant now) {
  if (one.state == account_state::limited) return one.limited_until && *one.limited_until <= now;
  return one.state == account_state::active;
}

int joins_left(const account& one, const join_pace& pace, instant now) {
  if (!can_read(one, now) || (one.joins_held_until && *one.joins_held_until > now)) return 0;
  return std::max(0, pace.per_day - one.joins_today);
}

std::vector<new_reader> share_out(std::span<const account> accounts, std::span<const account_source> sources,
                                  const join_pace& pace, instant now) {
  std::map<account_id, int> load;  // of those that can read
  for (const auto& one : accounts) {
    if (can_read(one, now)) load[one.id] = 0;
  }
  const auto may_read = [&](const account_source& what, account_id who) {
    return load.contains(who) && !is_refused(what, who, pace, now);
  };
  for (const auto& one : sources) {
    if (is_read(one) && may_read(one, one.read_by)) ++load[one.read_by];
  }
  std::vector<new_reader> out;
  for (const auto& one : sources) {
    if (!is_read(one) || may_read(one, one.read_by)) continue;
    account_id best;
    bool best_joined = false;
    for (const auto& [who, sources_of_it] : load) {
      if (!may_read(one, who)) continue;
      const auto* place = one.seat_of(who);
      const bool joined = place && place->state == membership::joined;
      if (best == account_id() || (joined && !best_joined) ||
          (joined == best_joined && sources_of_it < load[best])) {
        best = who, best_joined = joined;
      }
    }
    if (best != account_id()) ++load[best];
    if (best != one.read_by) out.push_back({one.what.id, best});
  }
  return out;
}

std::vector<next_join> joins_due(std::span<const account> accounts, std::span<const account_source> sources,
                                 const join_pace& pace, instant now) {
  std::vector<next_join> out;
  for (const auto& one : accounts) {
    if (joins_left(one, pace, now) == 0) continue;
    if (one.last_join && now - *one.last_join < pace.gap) continue;
    const account_source* next = nullptr;
    for (const auto& what : sources) {
      if (what.read_by != one.id || !wants_to_join(what) || is_join_refused(what, one.id, pace, now))
        continue;
      if (!next || (next->link.empty() && !what.link.empty())) next = &what;
    }
    if (next) out.push_back({next->what.id, one.id});
  }
  return out;
}

int joins_waiting(std::span<const account_source> sources) {
  return static_cast<int>(std::ranges::count_if(sources, wants_to_join));
}

}  // namespace tandem::hunt
