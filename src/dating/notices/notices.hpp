// What people are to be told: written in the transaction that makes it true, sent by the process of the bots.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/part.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/pg.hpp"
#include "platform/telegram/sender.hpp"

namespace tandem::dating {

struct notice {
  std::int64_t id = 0;
  user_id who;
  std::string kind;           // match, liked, photo_shown, photo_refused, warned, nudge, stale, win_back …
  std::int64_t about_id = 0;  // a person, match or photo, as the kind says
  instant made_at;
};

class notices {
 public:
  virtual ~notices() = default;
  // Due at once, or at `at`. The courier of this process is woken when `in` commits.
  virtual task<> add(pg::transaction& in, user_id who, std::string_view kind, std::int64_t about_id,
                     std::optional<instant> at = std::nullopt) = 0;
  // Takes back those that have not been sent yet.
  virtual task<> withdraw(pg::session& in, user_id who, std::string_view kind, std::int64_t about_id) = 0;
};

// Notices and what sends them.
class notice_board : public notices {
 public:
  // Called after each commit with a new notice.
  virtual void on_news(std::function<void()> told) = 0;
};
std::unique_ptr<notice_board> make_notices(const clock& time);

// What became of a notice.
enum class told : std::uint8_t {
  sent,
  pointless,  // does not hold any more, or the person cannot be reached: dropped
  later,      // the server does not take it now: again after a pause, given up after sixteen tries (an hour)
  nothing_taken  // from anybody: a revoked token, a flood, no connection. Again after a pause, never given up
};
// Draws the notice for the person and sends it; a throw is `later`.
using tell = std::function<task<told>(const notice& what)>;

struct courier_parts {
  executor on;
  pg::pool& db;
  const clock& time;
  notice_board& news;
  dating::tell tell;
};
// Sends what is due, each chat's in the order of writing, some at once. A notice that was on the wire at a
// kill may come again; otherwise it comes once. One process at a time: run it under the bot's lead.
// poll: behind the wake-ups, what was put off.
std::unique_ptr<async::part> make_notice_courier(courier_parts with,
                                                 std::chrono::milliseconds poll = std::chrono::seconds(1));

}  // namespace tandem::dating
