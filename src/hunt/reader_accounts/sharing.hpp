#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "hunt/reader_accounts/accounts.hpp"

// Which account reads what, and who joins what next. Decisions without I/O.
namespace tandem::hunt {

// How slowly accounts join: those that join many chats a day are limited by Telegram, or banned.
struct join_pace {
  int per_day = 5;                     // tries of one account within 24 hours
  std::chrono::seconds gap{1'800};     // between two of them
  std::chrono::hours refused_for{24};  // a chat that refused an account is not asked by it again before
};

// Active now: neither paused nor limited nor gone.
bool can_read(const account& one, instant now);
// How many joins are left to it today; 0 while Telegram has it wait.
int joins_left(const account& one, const join_pace& pace, instant now);

struct new_reader {
  source_id what;
  account_id who;  // 0: nobody can
};
// The sources whose reader changes. A source stays with its reader as long as that one can read it and has
// not been refused; else it goes to an account that is a member already, else to the one with the fewest
// sources.
std::vector<new_reader> share_out(std::span<const account> accounts, std::span<const account_source> sources,
                                  const join_pace& pace, instant now);

struct next_join {
  source_id what;
  account_id who;
};
// At most one for each account: the chats that cannot be read without joining first, then in the order in
// which they were added.
std::vector<next_join> joins_due(std::span<const account> accounts, std::span<const account_source> sources,
                                 const join_pace& pace, instant now);
// How many chats wait to be joined.
int joins_waiting(std::span<const account_source> sources);

}  // namespace tandem::hunt
