#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "async/task.hpp"
#include "hunt/posts/channel_post.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

struct intake_settings {
  std::string post_root = "https://t.me";  // a post's address is {post_root}/NAME/ID
  std::chrono::hours oldest_delivered{6};  // posts older when they are first seen are kept, but not delivered
  std::chrono::hours repeat_window{24 * 7};  // the same text within it is one vacancy
};

// Posts of one page, ascending by message id.
struct page_of_posts {
  std::span<const channel_post> posts;
  std::int64_t store_above = 0;  // unknown posts up to here are not wanted; known ones are compared
  std::int64_t seen_up_to = 0;   // the source's mark once this page is stored
  std::string_view title;        // the channel's; empty: unknown
};

struct intake_outcome {
  int added =
      0;  // seen for the first time: dropped + repeats + passed (edits of seen ones are counted there too)
  int edited = 0;
  int dropped = 0, repeats = 0, passed = 0;
};

// The way in: a page's posts through the source's rules, the ban list and the repeats into the database, and
// those that pass into the lane "judge", all in one transaction with the source's mark. Taking the same page
// twice does nothing the second time; an edit is a new revision that is filtered and judged again.
class intake {
 public:
  virtual ~intake() = default;
  virtual task<intake_outcome> take(const source& from, page_of_posts page) = 0;
};

// `observer` may be null.
std::unique_ptr<intake> make_intake(pg::pool& database, queue::queue& lanes, const clock& time,
                                    post_observer* observer, intake_settings settings);

}  // namespace tandem::hunt
