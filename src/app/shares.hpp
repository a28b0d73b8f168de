#pragma once
#include "app/settings.hpp"
#include "platform/telegram/send_plan.hpp"

namespace tandem::app {

// Who speaks for a bot. One process alone has one sender for all, in which answers overtake mailings. Where
// the parts run in several processes nobody sees what the others send, so each has a fixed share of the bot's
// rate, and no sum of them is above it.
enum class speaker {
  all,         // the only process
  answers,     // the process that has the bots
  notices,     // a process that tells operators and readers something: the scheduler's, the reader's
  deliveries,  // the process that delivers
};

// At most so many processes give notices at the same time: the scheduler's leader and the reader's.
constexpr int most_that_give_notices = 2;

telegram::send_limits limits_of(const settings& all, speaker who);

}  // namespace tandem::app
