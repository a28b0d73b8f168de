#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "hunt/delivery/cards.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

// What the operator decides about a vacancy that readers have reported.
enum class decision {
  right_category,  // it is right as it is
  recategorised,   // it belongs to another category
  not_vacancy,     // it should never have been published
  withdrawn,       // taken away from everybody, for whatever reason
  author_banned,   // and nothing of its author comes any more
};
std::string_view name_of(decision what);
std::optional<decision> decision_of(std::string_view name);

// All reports of one vacancy: what the operator's card shows.
struct reported_vacancy {
  vacancy_card card;
  struct count {
    std::string reason;
    std::int64_t readers = 0;
  };
  std::vector<count> open;                // reasons that wait for a decision, the most frequent first
  std::optional<decision> last_decision;  // of the reports that are closed
  std::string digest;                     // changes whenever the card has to be shown anew
};

// The one message per operator's chat that shows a reported vacancy.
struct report_message {
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;
  std::string shown;  // the digest that it shows
};

// Whom to tell what became of a report, in the bot where the person got the vacancy.
struct report_outcome {
  std::int64_t bot_id = 0, chat_id = 0;
  std::string language;
  std::string title;
  decision what;
};

// The operator's queue. Decisions are safe to repeat.
class reports {
 public:
  virtual ~reports() = default;

  // Nothing if there is no such vacancy.
  virtual task<std::optional<reported_vacancy>> find(pg::session& in, vacancy_id what) = 0;
  // Vacancies with reports that wait for a decision, the oldest first.
  virtual task<std::vector<vacancy_id>> open(pg::session& in, int limit) = 0;

  // Closes the open reports of the vacancy with this decision and does what it means: a label for the
  // classifier, the vacancy (of a banned author: all of theirs) withdrawn for those who wait, the author
  // banned. `to` is the category of `recategorised`: those who chose it and have not got the vacancy get it
  // now. False if there is no such vacancy, or no such category.
  virtual task<bool> decide(pg::transaction& in, vacancy_id what, decision how,
                            std::optional<category_id> to) = 0;

  // Takes back a decision that withdrew it (not_vacancy, withdrawn, author_banned): what went with it comes
  // back, to those who had it and those who waited, and the reports wait again. False if there is nothing to
  // take back.
  virtual task<bool> undo(pg::transaction& in, vacancy_id what) = 0;

  virtual task<std::vector<report_message>> messages(pg::session& in, vacancy_id what) = 0;
  virtual task<> keep_message(pg::session& in, vacancy_id what, report_message shown) = 0;

  // Reporters who have not heard the outcome yet; each is given once.
  virtual task<std::vector<report_outcome>> take_untold(pg::session& in, int limit) = 0;
};

// `lanes`: where a vacancy that got another category is published again ("deliver").
std::unique_ptr<reports> make_reports(const clock& time, queue::queue& lanes);

}  // namespace tandem::hunt
