// One update of one person: met, acted on and noted in one transaction, answered after the commit. So an
// update that comes twice, after a kill, does nothing more than once. A product derives its turn, and hangs
// tables of rows over it into a bot's routes.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/dialogs.hpp"
#include "accounts/users.hpp"
#include "conversation/living_messages.hpp"
#include "conversation/screen.hpp"
#include "conversation/view.hpp"
#include "platform/locale/locale.hpp"
#include "platform/pg/pg.hpp"
#include "platform/telegram/dispatcher.hpp"

namespace tandem::conversation {

// What every product's bots stand on; everything outlives them. A product's parts derive from it.
struct stage {
  pg::pool& db;
  const clock& time;
  const locale::texts& texts;
  accounts::users& people;
  accounts::dialogs& dialogs;
  accounts::operators& operators;
  outlet senders;
  std::string_view product;  // whose texts are spoken: "hunt"
  // What the other products do before an account is erased, in its transaction. May be empty.
  std::function<task<>(pg::transaction&, const accounts::user&)> before_erasure = {};

  view for_person(std::string language, std::string zone) const {
    return {texts, product, std::move(language), std::move(zone), time.now()};
  }
};

// What a row sees: the person has been met in this very transaction.
struct turn {
  const telegram::incoming& in;
  pg::transaction& db;
  accounts::user person;

  std::string subject = {};    // for the journal: an id or a slug
  std::string waits_for = {};  // what the bot waits to be typed from now on, "" for nothing
  bool erased = false;         // the person is gone: nothing more is noted about them
  // What the journal keeps: the row's own, unless a typed word stands for another row.
  std::string_view did = {}, on_screen = {};
};

// What is said once the transaction is committed.
struct reply {
  std::optional<screen> show = {};  // in place of the pressed message, else as a new one
  bool apart = false;               // as a new one, also after a press
  bool remove_pressed = false;      // the pressed message goes away
  std::vector<screen> also = {};    // more new messages, behind `show`
  std::string note = {};            // on the pressed button
  bool alert = false;               // the note as a window that has to be closed
  std::optional<telegram::input_file> file = {};
  std::string caption = {};
  std::function<void()> then = {};  // begins what follows, in the background
  std::optional<telegram::commands_of> commands = {};
  // The last of all, in the order of the chat: what else is done with the bot.
  std::function<task<>(telegram::incoming&)> after = {};
};

template <class Turn>
using action = task<reply> (*)(Turn&);

// A row of a table. `key` is the command, the prefix, the state, the content ("photo") or the update's kind
// ("callback_query"). `did` and `screen` are what the journal keeps; an empty `did` is not noted.
template <class Turn>
struct row {
  telegram::route::by match;
  std::string_view key;
  std::string_view did, screen;
  action<Turn> act;
  bool in_groups = false;
};

bool is_private(const telegram::incoming& in);
// The chat of the update, or the person's own.
std::int64_t chat_of(const telegram::incoming& in);

namespace inside {

task<accounts::user> meet(const stage& on, pg::transaction& tx, const telegram::incoming& in);
// Has noted where the question stands that is waited for, when it is sent.
void follow_question(const stage& on, const turn& now, reply& answer);
// Notes what was done and what is waited for, and commits.
task<> close(const stage& on, turn& now);
// Whom it may concern, the answer, the apology for a last try that has failed.
task<> act(const stage& on, living_messages& menus, telegram::incoming& in, bool in_groups,
           std::function<task<reply>()> take_turn);
telegram::update_kind kind_of(telegram::route::by match, std::string_view key);

}  // namespace inside

// Reads what each turn of the product needs.
template <class Turn>
using opening = std::function<task<Turn>(turn met)>;

// Answers instead of the rows of a table, or nothing: then they act. Who may press what is told here.
template <class Turn>
using guard = task<std::optional<reply>> (*)(Turn&);

// One row's answer, or the guard's; what the journal keeps is the row's if it has acted.
template <class Turn>
task<reply> act_on(Turn& now, const row<Turn>& what, guard<Turn> before) {
  std::optional<reply> answer;
  if (before) answer = co_await before(now);
  if (answer) co_return *std::move(answer);
  now.did = what.did;
  now.on_screen = what.screen;
  co_return co_await what.act(now);
}

// Makes routes of the tables of one bot; they share its living messages.
template <class Turn>
class tables {
 public:
  // `on` and `background` outlive the routes.
  tables(const stage& on, async::scope& background, opening<Turn> open)
      : shared_(std::make_shared<const shared>(on, std::make_shared<living_messages>(on.senders, background),
                                               std::move(open))) {}

  std::vector<telegram::route> routes(std::span<const row<Turn>> rows, guard<Turn> before = nullptr) const {
    std::vector<telegram::route> out;
    for (const auto& one : rows) {
      auto handle = [of = shared_, one, before](telegram::incoming& in) {
        return inside::act(of->on, *of->menus, in, one.in_groups,
                           [&of, &one, before, &in] { return take(*of, one, before, in); });
      };
      out.push_back(
          {one.match, std::string(one.key), inside::kind_of(one.match, one.key), std::move(handle)});
    }
    return out;
  }

 private:
  struct shared {
    shared(const stage& on_, std::shared_ptr<living_messages> menus_, opening<Turn> open_)
        : on(on_), menus(std::move(menus_)), open(std::move(open_)) {}
    const stage& on;
    std::shared_ptr<living_messages> menus;
    opening<Turn> open;
  };

  static task<reply> take(const shared& of, const row<Turn>& what, guard<Turn> before,
                          const telegram::incoming& in) {
    const auto tx = co_await of.on.db.begin();
    auto person = co_await inside::meet(of.on, *tx, in);
    turn met{in, *tx, std::move(person)};
    Turn now = co_await of.open(std::move(met));
    auto answer = co_await act_on(now, what, before);
    inside::follow_question(of.on, now, answer);
    co_await inside::close(of.on, now);
    co_return answer;
  }

  std::shared_ptr<const shared> shared_;
};

// What a person's text is for, by accounts::dialogs: the first word of what is waited for ("words 3" waits
// for words; the rest is for who takes them). For routes::state_of.
task<std::string> state_of(const stage& on, const telegram::incoming& in);
// The same where a message may be for somebody else: one that replies to anything but the question itself is
// for none.
task<std::string> state_unless_for_others(const stage& on, const telegram::incoming& in);

// The person blocked the bot or came back. In the transaction that notes it.
struct membership_change {
  pg::transaction& db;
  const accounts::user& person;
  std::int64_t bot_id = 0;
  bool gone = false;
};
// The row for it; a group that the bot was thrown out of is no operator's chat any more. `also` may be empty.
telegram::route membership(const stage& on, std::function<task<>(const membership_change&)> also);

// What a bot says of itself in a language of ours.
struct introduction {
  std::vector<telegram::bot_command> commands;
  std::string name, description, short_description;
};
// Gives a bot its commands, name and texts in every language of Telegram that has one of ours; what is right
// already is left alone (Telegram limits how often a name changes).
task<> introduce(telegram::bot_api& to, std::function<introduction(std::string_view language)> in_language);

}  // namespace tandem::conversation
