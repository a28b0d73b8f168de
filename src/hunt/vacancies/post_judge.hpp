#pragma once
#include <memory>

#include "async/part.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/verdicts/classifier.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

struct judge_settings {
  int batch = 100;   // posts per claim
  int parallel = 2;  // claims at once: one is judged while another is stored
};

struct judge_parts {
  executor on;
  pg::pool& database;
  queue::queue& lanes;
  classifier& judge;
  const clock& time;
  metrics::registry& figures;
  post_observer* observer = nullptr;
};

// Takes posts from the lane "judge", asks the classifier, keeps its verdicts, and turns vacancies into rows
// of hunt.vacancies and messages in the lane "deliver", in one transaction with the acknowledgement: whatever
// is killed, a post is judged and published once. An edited post that was a vacancy is revised or withdrawn;
// one that has become a vacancy is published then. What an operator withdrew is never brought back by an
// edit.
//
// Times: tandem_post_seen_seconds (posted until seen) and tandem_post_judged_seconds (seen until judged), and
// a log line per vacancy.
std::unique_ptr<async::part> make_post_judge(judge_parts with, judge_settings settings = {});

}  // namespace tandem::hunt
