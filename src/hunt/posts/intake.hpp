#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "hunt/posts/channel_post.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

struct intake_settings {
  std::string post_root = "https://t.me";     // a post's address is {post_root}/NAME/ID
  std::chrono::hours repeat_window{24 * 14};  // nearly the same text within it is one vacancy
  int back_fill_per_second = 100;  // posts of a back-fill go to the judge at this pace, behind what is live
};

// Posts of one page, ascending by message id.
struct page_of_posts {
  std::span<const channel_post> posts;
  std::int64_t store_above = 0;  // unknown posts up to here are not wanted; known ones are compared
  std::int64_t seen_up_to = 0;   // the source's mark once this page is stored
  std::string_view title;        // the channel's; empty: unknown
  // Posts of an export: the source's mark and state stay; in a source of another kind, known posts do too,
  // since the same post looks a little different there.
  bool back_fill = false;
  // Stored posts between these two that are not on the page have been deleted; 0: the page says nothing about
  // that.
  std::int64_t whole_from = 0, whole_to = 0;
};

// What became of one post of the page.
struct taken_post {
  post_id id;
  std::int64_t message_id = 0;
  std::string_view state;  // "dropped", "repeat", "waiting", "judged"
  post_id original;        // of a repeat
};

struct intake_outcome {
  int added =
      0;  // seen for the first time: dropped + repeats + passed (edits of seen ones are counted there too)
  int edited = 0;
  int dropped = 0, repeats = 0, passed = 0;
  std::vector<taken_post> posts;  // those that are new or were edited
};

// The way in: a page's posts through the source's rules, the ban list and the repeats into the database, and
// those that pass into the lane "judge", all in one transaction with the source's mark. Taking the same page
// twice does nothing the second time; an edit is a new revision that is filtered and judged again. However
// old a post is, it takes this way: its posted_at says what the delivery may do with it.
//
// Repeats: of posts with the same fingerprint, and of near repeats (hunt/repeats), that were posted within
// the window, the earliest is the original, also when it is seen later; it gets the contact of a repeat if it
// has none.
class intake {
 public:
  virtual ~intake() = default;
  // Nothing is taken from a source that has been taken down meanwhile.
  virtual task<intake_outcome> take(const source& from, page_of_posts page) = 0;
};

// `observer` may be null.
std::unique_ptr<intake> make_intake(pg::pool& database, queue::queue& lanes, const clock& time,
                                    post_observer* observer, intake_settings settings);

}  // namespace tandem::hunt
