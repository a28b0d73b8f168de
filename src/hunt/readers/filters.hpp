#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "hunt/ids.hpp"
#include "hunt/readers/sums.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// What a person wants to read of a category, and when.
struct reading_filter {
  std::vector<std::string> words;        // one of these has to be there (words.hpp); none: everything
  std::vector<std::string> minus_words;  // none of these may
  std::optional<sum> budget_from;
  bool without_budget = true;  // what names no sum that can be compared comes too
  struct hours {
    int from = 0, to = 0;  // minutes of the day in the person's zone
    bool as_list = false;  // what waited comes as one list instead of cards
    friend bool operator==(const hours&, const hours&) = default;
  };
  std::optional<hours> quiet;
  std::optional<int> digest_at;  // once a day at that minute; nothing: at once
  friend bool operator==(const reading_filter&, const reading_filter&) = default;
};

// For which categories a filter or a reply is: one, or all that have none of their own.
inline const category_id every_category(0);

struct hidden_author {
  std::int64_t id = 0;
  std::string author_key, title;  // and one of their vacancies
  instant hidden_at;
};

// Filters, reply templates and hidden authors of a person. Filters work from the next vacancy on; what waits
// by the clock is timed anew.
class filters {
 public:
  virtual ~filters() = default;

  // The one of the category itself.
  virtual task<std::optional<reading_filter>> own(pg::session& in, user_id who, category_id scope) = 0;
  // The one that works: the category's own, else the one for all, else one that passes everything.
  virtual task<reading_filter> working(pg::session& in, user_id who, category_id scope) = 0;
  virtual task<> set(pg::transaction& in, user_id who, category_id scope, const reading_filter& what) = 0;
  // The category goes by the filter for all again.
  virtual task<> drop(pg::transaction& in, user_id who, category_id scope) = 0;
  // Categories with a filter of their own.
  virtual task<std::vector<category_id>> special(pg::session& in, user_id who) = 0;
  // After a change of the person's zone.
  virtual task<> time_anew(pg::session& in, user_id who) = 0;

  // The text that the respond button writes; "" for none. `working`: else the one for all.
  virtual task<std::string> reply(pg::session& in, user_id who, category_id scope, bool working) = 0;
  virtual task<> set_reply(pg::session& in, user_id who, category_id scope, std::string_view text) = 0;

  virtual task<std::vector<hidden_author>> hidden(pg::session& in, user_id who, int offset, int limit) = 0;
  virtual task<std::int64_t> hidden_count(pg::session& in, user_id who) = 0;
  // Shows the author again. False: it is not one of theirs.
  virtual task<bool> show_again(pg::session& in, user_id who, std::int64_t hidden_id) = 0;
};

std::unique_ptr<filters> make_filters(const clock& time);

// 0 … 1439, by a clock on the wall there.
int minute_of_day(std::string_view zone, instant now);

}  // namespace tandem::hunt
