#pragma once
#include <chrono>
#include <memory>

#include "async/part.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/verdicts/classifier.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::hunt {

class model_judge;

struct judge_settings {
  int batch = 100;   // posts per claim
  int parallel = 2;  // claims at once: one is judged while another is stored
  // With a language model. Each claim is then one post, and as many are at work as the model takes at once.
  int model_parallel = 4;
  std::chrono::milliseconds model_timeout{20'000};
  std::chrono::milliseconds patience{
      30'000};  // a post waits so long for the model, then the local judge decides
  std::chrono::milliseconds again_after{
      60'000};                         // until such a post is judged again, and between further tries
  std::chrono::hours again_until{24};  // after this nobody reads the vacancy any more
  bool keep_labels = false;            // the model's verdicts are kept for the local judge to learn from
};

struct judge_parts {
  executor on;
  pg::pool& database;
  queue::queue& lanes;
  classifier& judge;
  const clock& time;
  metrics::registry& figures;
  post_observer* observer = nullptr;
  model_judge* model = nullptr;  // decides before `judge`, which then stands in for it
};

// Takes posts from the lane "judge", asks the classifier, keeps its verdicts, and turns vacancies into rows
// of hunt.vacancies and messages in the lane "deliver", in one transaction with the acknowledgement: whatever
// is killed, a post is judged and published once. An edited post that was a vacancy is revised or withdrawn;
// one that has become a vacancy is published then. What an operator withdrew is never brought back by an
// edit.
//
// With a language model a post waits in the lane while the model does not answer; when its patience is over
// the local judge decides, the vacancy is published, and the post is judged again later (lane "rejudge"). A
// verdict that then differs corrects what was published: withdraws, files under other categories, publishes.
// What people decided stands.
//
// Times: tandem_post_seen_seconds (posted until seen) and tandem_post_judged_seconds (seen until judged), and
// a log line per vacancy.
std::unique_ptr<async::part> make_post_judge(judge_parts with, judge_settings settings = {});

}  // namespace tandem::hunt
