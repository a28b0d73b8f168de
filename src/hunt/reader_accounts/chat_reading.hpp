#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "hunt/posts/intake.hpp"
#include "hunt/reader_accounts/account_session.hpp"
#include "hunt/reader_accounts/chat_feed.hpp"
#include "platform/metrics/metrics.hpp"

namespace tandem::hunt {

struct reading_times {
  std::chrono::milliseconds polled{120'000};    // a chat that is read without having been joined
  std::chrono::milliseconds looked{1'800'000};  // a joined one, in which nothing should be missing
  std::chrono::milliseconds failed{30'000};     // after something went wrong
};

// More was written in a source while nobody read it than is fetched: the messages between these two ids are
// left out.
struct source_gap {
  std::string name;
  std::int64_t after = 0, before = 0;
};

struct reading_parts {
  executor on;
  account_book& book;
  intake& way_in;
  const clock& time;
  std::function<void(const source_gap&)> left_out;  // may be empty
};

// One source read by one account: finds the chat, then keeps what comes of it going into the intake.
class chat_reading {
 public:
  chat_reading(reading_parts with, reading_times times, const feed_pace& feed, account_session& by,
               account_source what, seat place);

  // Until it is cancelled. Nothing that Telegram or the database refuses ends it.
  task<> follow();

  // What the session tells of this chat.
  void arrived(tdlib::message what);
  void edited(std::int64_t id);
  void deleted(const std::vector<std::int64_t>& ids);
  void newest_is(std::int64_t id);
  void unsure();

  // The source or the seat has changed.
  void update(account_source what, const seat& place);
  const account_source& what() const { return what_; }
  const seat& place() const { return place_; }
  std::int64_t chat_id() const { return found_ ? place_.chat_id : 0; }  // 0: not found yet
  int messages = 0;   // that came; whoever counts them halves it
  bool open = false;  // the chat is kept open

  // Telegram does not let this account read it: noted, and told by place().
  task<> refuse(std::string_view why);

 private:
  task<> find();
  task<bool> find_by_name();
  task<> step();
  task<> take(const feed_batch& batch);
  task<> walk(const history_request& wanted);
  task<> take_edits();
  task<post_messages> message_or_album(std::int64_t id);
  task<> compare(const chat_feed::stretch& with);
  task<> note(std::string_view error);
  bool reads() const { return place_.state == membership::joined || place_.state == membership::known; }

  reading_parts with_;
  reading_times times_;
  account_session& by_;
  account_source what_;
  seat place_;
  chat_feed feed_;
  async::event bell_;
  std::set<std::int64_t> edits_, deletions_;
  std::chrono::steady_clock::time_point look_at_;
  std::string noted_ = "?";  // the error that the database has
  bool found_ = false;
};

}  // namespace tandem::hunt
