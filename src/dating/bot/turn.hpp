#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "dating/bot/parts.hpp"

// Inside of the tables: one update of one person.
namespace tandem::dating::bot {

using conversation::reply;
using telegram::route;

// What a row sees, and who the person is to Dating.
struct turn : conversation::turn {
  const parts& with;
  std::optional<profile> me;    // read once; nothing: has not agreed to anything yet
  std::string invited_by = {};  // the code of the invitation that /start came with; see growth::came_by()

  view to() const { return with.for_person(person.language, person.time_zone); }
};

using row = conversation::row<turn>;

// Each table is its owner's; routes.cpp hangs it into the bot, once it is there, with whom it is for.
std::span<const row> open_rows();          // /start, help, privacy, terms: before registration    go:
std::span<const row> menu_rows();          // /menu, plan, invitations, statistics                 go:
std::span<const row> registration_rows();  //                                                      reg:
std::span<const row> profile_rows();       // the profile, settings, export, deletion              me:
std::span<const row> photo_rows();         //                                                      ph:
std::span<const row> deck_rows();          //                                                      deck:
std::span<const row> like_rows();          // who liked me, letters, matches                       like:
std::span<const row> talk_rows();          //                                                      talk:
std::span<const row> talk_edit_rows();     // edited messages, of whoever
std::span<const row> safety_rows();        // complaints, blocks                                   safe:
std::span<const row> photo_desk_rows();    // the operator's chats; check is_operators_chat()      op:photo:
std::span<const row> safety_desk_rows();   //                                                      op:case:

// A private message (text, photo, place, voice …) that no row of a table is for goes through these, in the
// order of routes.cpp, until one answers; nothing: it is not for this one. turn::in.state says what the
// person was asked for (the first word of accounts::dialogs), me->step what registration waits for.
using taker = task<std::optional<reply>> (*)(turn& now);
task<std::optional<reply>> take_registration(turn& now);  // while registration is not finished
task<std::optional<reply>> take_reply(turn& now);         // to anything but the question that waits
task<std::optional<reply>> take_photo(turn& now);         // while photos are asked for
task<std::optional<reply>> take_talk(turn& now);          // while a talk is current

// How a notice (dating::notice, by its kind) is said to the person; nothing: it does not hold any more.
// Runs on its own, after the commit.
using announce = task<std::optional<screen>> (*)(const parts& with, const notice& what, const view& to);
struct announcement {
  std::string_view kind;
  announce draw;
};
std::span<const announcement> like_announcements();
std::span<const announcement> photo_announcements();
std::span<const announcement> safety_announcements();
std::span<const announcement> talk_announcements();
std::span<const announcement> profile_announcements();
std::span<const announcement> menu_announcements();

// The message shows this person, and goes when they erase themselves (talks::appears): the pressed one from
// now on, and a new one when it is sent.
task<> follow(turn& now, screen& shows, user_id about);

// Actions that several tables share.
task<reply> show_menu(turn& now);
task<reply> show_deck(turn& now);     // the next person, or why there is none
task<reply> show_profile(turn& now);  // the own one, with its buttons
task<reply> show_matches(turn& now);  // and talks
task<reply> show_photos(turn& now);   // the own ones, with their states
// A photo, or a file, that answers the question for photos, in registration and after it; the rest happens in
// the background (photo_intake.hpp). Nothing for a text.
task<std::optional<reply>> take_sent_photo(turn& now);
task<reply> go_on_registering(turn& now);   // the consent, or the question that waits
task<reply> say_not_understood(turn& now);  // what there is to do here
// A plain message: the takers, in their order.
task<reply> take_message(turn& now);
// As if the button that carries this had been pressed, with the guard of its table.
task<reply> press_button(turn& now, std::string data);
// The same for a button of `shown` that the person has typed (typed_words.hpp); nothing: they have not.
task<std::optional<reply>> press_typed(turn& now, const screen& shown);

// Before the rows for people whose registration is finished: everybody else goes on with it, and who is
// banned hears why.
task<std::optional<reply>> members_only(turn& now);
// The same for photos, which registration asks for, too.
task<std::optional<reply>> photo_owners_only(turn& now);

// The commands in a language, for setMyCommands.
std::vector<telegram::bot_command> commands_in(const parts& with, std::string_view language);

}  // namespace tandem::dating::bot
