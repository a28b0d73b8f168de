#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "hunt/posts/channel_post.hpp"
#include "platform/tdlib/message.hpp"

namespace tandem::hunt {

struct feed_pace {
  std::chrono::milliseconds album_silence{1'200};  // an album is whole when nothing of it came for so long
  std::chrono::milliseconds doubt{2'000};          // a message that was only hinted at is waited for so long
  int page = 100;                                  // messages of one request; Telegram's most
  int first_page = 50;                             // of a chat that is read for the first time
  std::size_t most_messages = 20'000;              // of one walk; TDLib's pages are as short as it likes
};

// Messages that are one post: an album's, or one alone; ascending.
using post_messages = std::vector<tdlib::message>;

// What the intake is to take, posts ascending.
struct feed_batch {
  std::vector<post_messages> posts;
  std::int64_t store_above = 0, seen_up_to = 0;
  bool from_history = false;
  // The messages above store_above and below this one are left out: more was missed than one walk reads. 0:
  // none are.
  std::int64_t left_out_below = 0;
};

struct history_request {
  std::int64_t from = 0;  // the id below which messages are wanted; 0: the newest
  int limit = 0;
};

// Of the machine below.
struct history_walk {
  std::int64_t below = 0, top = 0;
  std::size_t seen = 0;
  post_messages carried;  // an album that may go on in the next page
};
struct live_album {
  post_messages messages;
  instant due;
  bool waits = true;
};

// One chat's messages, from what TDLib tells into what the intake takes. A machine without I/O. Live messages
// are handed on at once; the mark, up to which everything has been seen, moves only over what is stored, and
// stands still while something may be missing: from the start, after a lost connection, when ids leave a
// hole, or when the chat is said to have a newer message than came. Then the history is walked backwards to
// the mark.
class chat_feed {
 public:
  explicit chat_feed(std::int64_t mark, const feed_pace& pace = {}) : pace_(pace), mark_(mark) {}

  // Something may be missing.
  void doubt() { look_ = true; }
  // The chat's newest message has this id; it should have come.
  void newest_is(std::int64_t id, instant now);
  void arrived(tdlib::message what, instant now);
  // As it stands now, whatever came of it before: an album may still wait.
  void edited(const post_messages& whole);
  // Deleted again before it was taken.
  void gone(std::int64_t id);

  // The history that is wanted now. Asked for again until one of the two answers below.
  std::optional<history_request> wanted(instant now);
  // Its answer, newest first; less than was asked for is usual, nothing is the end. `ids`: of all its
  // messages, also those that are no posts.
  void history(const history_request& asked, std::vector<tdlib::message> newest_first,
               std::span<const std::int64_t> ids);

  // What is to be taken now; the same again until taken().
  const feed_batch* next(instant now);
  void taken();

  std::optional<instant> wake_at() const;
  std::int64_t mark() const { return mark_; }
  bool is_walking() const { return look_ || walk_; }
  // The stretch of the last walk's first page, whose stored posts can be compared with it.
  struct stretch {
    std::int64_t from = 0, to = 0;
    std::vector<std::int64_t> ids;
  };
  std::optional<stretch> take_compared();

 private:
  std::vector<post_messages> as_posts(post_messages ascending);
  void collect_live(instant now);

  feed_pace pace_;
  std::int64_t mark_;
  std::int64_t highest_ = 0;  // of all that came
  bool look_ = true;
  std::optional<history_walk> walk_;
  std::optional<std::pair<std::int64_t, instant>> hint_;
  post_messages live_;
  std::map<std::int64_t, live_album> albums_;  // those of the last time: a message may come late
  std::optional<feed_batch> batch_, page_;
  std::optional<stretch> compared_;
};

// What the sender's and the origin's numbers mean.
struct people_and_chats {
  struct named {
    std::string name, username;  // without "@"
  };
  std::map<std::int64_t, named> users, chats;
};

// A post as every source gives it. Nothing if no person wrote it (service messages).
std::optional<channel_post> to_channel_post(const post_messages& messages, const people_and_chats& known,
                                            std::int64_t chat_id);

}  // namespace tandem::hunt
