#pragma once
#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/passing.hpp"
#include "async/scope.hpp"
#include "base/clock.hpp"
#include "platform/telegram/api.hpp"

namespace tandem::telegram {

// What a handler sees. It lives until the handler has ended.
struct incoming {
  bot_api& bot;
  const user& me;  // the bot itself
  const update& what;
  std::string command;    // of "/start@some_bot abc": "start"; "" if it is no command, or one for another bot
  std::string argument;   // what follows the command; for a callback, the data after the row's prefix
  std::string state;      // what the routes' state source said about this person, "" for none
  std::any session;       // free for middleware: what it looked up for the handlers (language, account)
  bool answered = false;  // the callback query was answered
  int attempt = 1;        // 2: the handler has failed once, and this is its last try

  const user* from() const { return what.from(); }
  std::int64_t chat_id() const { return what.chat() ? what.chat()->id : 0; }
  std::string_view text() const {
    return what.message ? std::string_view(what.message->text) : std::string_view();
  }
  // Answers the callback query, with a note ("" for none) or an alert. A query is answered once; later calls
  // do nothing. The dispatcher answers what the handler has not.
  task<> answer_callback(std::string note, bool alert);
};

using handler = std::function<task<>(incoming&)>;
using next_step = std::function<task<>()>;
// Runs around every handler; calls `next` or not.
using middleware = std::function<task<>(incoming&, const next_step& next)>;

// One row of the table: which updates, and who handles them. Rows are compared in this order: commands,
// callback prefixes (the longest wins), text in a state, a message's content, then rows of a kind in the
// order of adding. The lines in a chat that tell of the bot's own doing (a pin) are nobody's.
struct route {
  enum class by { command, callback_prefix, text_state, content, kind };
  by match;
  // Command without "/", prefix, content's name, or state; "" in text_state: any text that is no known
  // command.
  std::string key;
  update_kind kind = update_kind::unknown;  // of by::kind
  handler handle;
};

route on_command(std::string name, handler handle);
route on_callback(std::string prefix, handler handle);
route on_text_in(std::string state, handler handle);
route on_text(handler handle);  // any text message that no other row takes
// A message that holds this (a photo, a location …); `state` says what the person was asked for. Not edits.
route on_content(message_content what, handler handle);
route on_kind(update_kind kind, handler handle);

struct routes {
  std::vector<route> rows;
  std::vector<middleware> around;  // the first is the outermost
  // Which state a person's text is for; asked for private text messages that are no command. May be empty.
  std::function<task<std::string>(const incoming&)> state_of;

  void add(std::vector<route> more);
  // The kinds that any row wants: what getUpdates asks for.
  std::vector<update_kind> wanted_kinds() const;
};

// What a bot remembers of its updates over a restart.
struct update_progress {
  std::int64_t next_offset = 0;    // everything below is handled; 0: nothing known
  std::vector<std::int64_t> seen;  // handled, newest last: a duplicate of these is skipped
  std::int64_t last_update = 0;    // Unix seconds when one came last
};

class update_log {
 public:
  virtual ~update_log() = default;
  // With the last thousand or so of `seen`.
  virtual task<update_progress> load(std::int64_t bot_id) = 0;
  // Called after effects and before the server is told, once per batch. `seen` holds what is new since the
  // last save.
  virtual task<> save(std::int64_t bot_id, const update_progress& progress) = 0;
};

// Remembers while the process lives: for tests and benches.
std::unique_ptr<update_log> make_memory_update_log();

struct dispatcher_options {
  std::size_t max_parallel = 100;         // chats handled side by side: all of one poll
  std::size_t seen_window = 1'000;        // update ids that are remembered against duplicates
  std::chrono::milliseconds slow{1'000};  // polling goes on without the handlers that take longer
  std::chrono::milliseconds pause{500};   // after a poll that failed; doubled up to 60 times this
  async::pauses between;                  // between the tries of what failed for something that will pass
  // So often may others' updates be handled between two such tries of one before it is taken for broken.
  int alone = 20;
};

// What the operator should hear: told once per occurrence, with the update's kind and id, never with its
// text.
using dispatcher_report = std::function<void(std::string_view what, std::string_view detail)>;

// Takes one bot's updates through its table. Updates of one chat run in order, of different chats side by
// side. A handler that throws is told, run once more, then its update is skipped; one that fails for what
// will pass (the database is away) is run until it is handled. A callback query is always answered.
class dispatcher {
 public:
  dispatcher(async::scope& in, bot_api& bot, user me, routes table, dispatcher_options options,
             dispatcher_report report);
  ~dispatcher();

  // Queues it behind the earlier ones of its chat; `done` is called once when its effect is safe or it was
  // skipped. A duplicate calls it at once.
  void submit(update what, std::function<void()> done);
  // submit() and wait.
  task<> handle(update what);
  void remember(const std::vector<std::int64_t>& handled);  // from an update_log
  std::vector<std::int64_t> take_handled();                 // since the last call, for an update_log
  const std::vector<update_kind>& kinds() const;            // what to ask the server for
  const dispatcher_options& options() const;
  std::size_t pending() const;
  task<> drain();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// The raw result of getUpdates, one by one: an update that can't be read becomes one of unknown kind with
// `refused` set, as long as it has an id. An answer that is no list of objects is an error.
std::expected<std::vector<update>, json_error> read_updates(std::string_view json);
// One update, the body of a webhook.
std::expected<update, json_error> read_update(std::string_view json);

enum class poll_end {
  unauthorized,  // 401: the token is revoked
  conflict,      // 409 several times in a row: somebody else polls, or a webhook is set
};

// Long polling until it is cancelled or the server says that it makes no sense; a webhook that stands in the
// way is deleted once. The offset moves past an update only when its effect is safe and the log has been
// saved: what is asked for next confirms exactly that. One slow handler does not hold back the other chats.
task<poll_end> poll_updates(bot_api& bot, std::int64_t bot_id, dispatcher& to, update_log& log,
                            const clock& time, dispatcher_report report);

enum class webhook_verdict {
  handled = 200,   // done, or a duplicate, or a kind that we skip
  not_ours = 401,  // the secret is missing or wrong
  not_understood = 400,
};

// One request of the server to our webhook. Returns when the effect is safe and the log has been saved, so
// that the answer may be given; the secret is compared in constant time.
task<webhook_verdict> accept_webhook(std::string_view secret_header, std::string_view expected_secret,
                                     std::string body, std::int64_t bot_id, dispatcher& to, update_log& log,
                                     const clock& time);

}  // namespace tandem::telegram
