#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hunt/bot/living_messages.hpp"
#include "hunt/bot/routes.hpp"

// Inside of the tables: one update of one person.
namespace tandem::hunt::bot {

// What a row sees: the person has been met in this very transaction.
struct turn {
  const parts& with;
  operator_desk& desk;
  const telegram::incoming& in;
  pg::transaction& db;
  accounts::user person;
  reader subscriber;

  std::string subject = {};    // for the journal: an id or a slug
  std::string waits_for = {};  // what the bot waits to be typed from now on, "" for nothing
  bool erased = false;         // the person is gone: nothing more is noted about them

  view to() const { return with.for_reader(person.language, person.time_zone); }
  reading_right right() const { return {subscriber.right_until}; }
};

// What is said once the transaction is committed.
struct reply {
  std::optional<screen> show = {};  // in place of the pressed message, else as a new one
  std::string note = {};            // on the pressed button
  bool alert = false;               // the note as a window that has to be closed
  std::optional<telegram::input_file> file = {};
  std::string caption = {};
  std::function<void()> then = {};  // begins what follows
  std::optional<telegram::commands_of> commands = {};
};

using action = task<reply> (*)(turn&);

// A row of a table. `did` and `screen` are what the journal keeps; an empty `did` is not noted.
struct row {
  telegram::route::by match;
  std::string_view key;
  std::string_view did, screen;
  action act;
  bool in_groups = false;
};

// One table of several; a bot's tables share its living messages.
std::vector<telegram::route> to_routes(const parts& with, operator_desk& desk,
                                       const std::shared_ptr<living_messages>& menus,
                                       std::span<const row> rows);
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
