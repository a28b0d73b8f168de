#include "hunt/bot/turn.hpp"

namespace tandem::hunt::bot {
namespace {

task<turn> open_turn(const parts& with, operator_desk& desk, conversation::turn met) {
  auto subscriber = co_await with.subscribers.keep(met.db, met.person);
  co_return turn{std::move(met), with, desk, std::move(subscriber)};
}

task<> follow_membership(const parts& with, const conversation::membership_change& what) {
  if (what.gone) {
    co_await with.subscribers.blocked(what.db, what.person.id, what.bot_id);
    co_return;
  }
  co_await with.subscribers.keep(what.db, what.person);
  co_await with.subscribers.unblocked(what.db, what.person.id, what.bot_id);
}

}  // namespace

conversation::tables<turn> tables_of(const parts& with, operator_desk& desk) {
  return {with, desk.background(),
          [&with, &desk](conversation::turn met) { return open_turn(with, desk, std::move(met)); }};
}

telegram::route membership(const parts& with) {
  return conversation::membership(
      with, [&with](const conversation::membership_change& what) { return follow_membership(with, what); });
}

}  // namespace tandem::hunt::bot
