#pragma once
#include <span>
#include <string_view>

#include "conversation/turn.hpp"
#include "hunt/bot/routes.hpp"

// Inside of the tables: one update of one person.
namespace tandem::hunt::bot {

using conversation::reply;

// What a row sees, and who the person is to Hunt.
struct turn : conversation::turn {
  const parts& with;
  operator_desk& desk;
  reader subscriber;

  view to() const { return with.for_reader(person.language, person.time_zone); }
  reading_right right() const { return {subscriber.right_until}; }
};

using row = conversation::row<turn>;

conversation::tables<turn> tables_of(const parts& with, operator_desk& desk);
// Blocked, unblocked, thrown out of a group.
telegram::route membership(const parts& with);

// The commands in a language, for setMyCommands.
std::vector<telegram::bot_command> commands_in(const parts& with, std::string_view language, bool main_bot);

// Rows that every bot of Hunt has: the vacancy's card, privacy, deletion.
std::span<const row> card_rows();
std::span<const row> operator_rows();
// The main bot's alone: filters, the reply, hidden authors, settings.
std::span<const row> filter_rows();

// Actions that several tables share.
task<reply> show_menu(turn& now);
task<reply> show_settings(turn& now);
task<reply> show_privacy(turn& now);
task<reply> ask_to_delete(turn& now);
task<reply> delete_me(turn& now);
task<reply> claim(turn& now, std::string_view code);

}  // namespace tandem::hunt::bot
