#include "hunt/vacancies/post_judge.hpp"

#include "async/scope.hpp"
#include "base/text/fold.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/vacancies/digest.hpp"
#include "hunt/vacancies/vacancies_sql.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::vacancies;

const log::logger log_{"hunt.judge"};

// A post on its way through the judge.
struct judged_post {
  post_id id;
  std::int64_t revision = 1;
  std::string source_name;
  source_id source;
  std::int64_t message_id = 0;
  verdict judgement;
  digest card;  // of a vacancy
  instant posted_at, seen_at;
  // What the transaction finds and does.
  vacancy_id vacancy;
  bool still_waiting = false, live = false, withdrawn_by_edit = false;
  bool published = false, withdrawn = false;
  bool is_vacancy() const { return judgement.kind == post_kind::vacancy; }
};

using judged_posts = std::vector<judged_post>;

std::string joined(const std::vector<category_score>& scores, bool names) {
  std::string out;
  for (const auto& score : scores) {
    if (!out.empty()) out += ',';
    out += names ? std::string(slug(score.which)) : std::to_string(score.confidence);
  }
  return out;
}

class post_judge final : public async::part {
 public:
  post_judge(judge_parts with, judge_settings settings)
      : with_(with),
        settings_(settings),
        scope_(with.on,
               [](std::string_view task, std::exception_ptr why) {
                 log_.error("the judge has stopped", why, {{"task", task}});
               }),
        seen_after_(with.figures.histogram("tandem_post_seen_seconds",
                                           "From the post in its channel until we saw it")),
        judged_after_(with.figures.histogram("tandem_post_judged_seconds",
                                             "From our seeing a post until its verdict")) {}

  std::string_view name() const override { return "post judge"; }

  task<> start() override {
    if (!std::exchange(running_, true)) scope_.spawn("judge", consume());
    co_return;
  }

  task<> stop() override {
    running_ = false;
    co_await scope_.stop();
  }

  async::health state() const override {
    async::health out;
    out.ready = running_ && scope_.size() > 0;
    return out;
  }

 private:
  task<> consume() {
    queue::consumer_options options;
    options.lane = judge_lane;
    options.batch = settings_.batch;
    options.parallel = settings_.parallel;
    queue::batch_handler handler = [this](std::span<const queue::message> batch, queue::acknowledger& ack) {
      return judge(batch, ack);
    };
    co_await with_.lanes.consume(std::move(options), std::move(handler));
  }

  task<> judge(std::span<const queue::message> batch, queue::acknowledger& ack) {
    std::vector<std::int64_t> messages, ids;
    for (const auto& message : batch) {
      const auto event = to_post_accepted(message);
      if (!event) log_.error("a message that is no post_accepted.v1", {{"kind", message.kind}});
      messages.push_back(message.id);
      if (event) ids.push_back(event->post.value);
    }
    // An edited post has two messages: whichever comes first finds the post as it stands now, the other finds
    // it judged. So the revision in the message decides nothing.
    auto posts = co_await load(ids);
    const auto now = with_.time.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      co_await store(tx, posts, now);
      co_await ack.done(tx, messages);
    };
    co_await with_.database.in_transaction(work);
    for (const auto& post : posts) tell(post, now);
  }

  task<judged_posts> load(const std::vector<std::int64_t>& ids) {
    judged_posts out;
    if (ids.empty()) co_return out;
    const auto rows = co_await with_.database(sql::waiting_posts, ids);
    out.resize(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      auto& post = out[static_cast<std::size_t>(i)];
      const auto text = rows[i].get<std::string_view>(2);
      post.id = rows[i].get<post_id>(0);
      post.revision = rows[i].get<std::int64_t>(1);
      post.source_name = rows[i].get<std::string>(3);
      post.source = rows[i].get<source_id>(4);
      post.message_id = rows[i].get<std::int64_t>(5);
      post.judgement = with_.judge.judge(text);
      if (post.is_vacancy()) post.card = digest_of(text, stems_);
    }
    co_return out;
  }

  task<> store(pg::transaction& tx, judged_posts& posts, instant now) {
    std::vector<std::int64_t> ids;
    std::unordered_map<post_id, judged_post*> by_id;
    for (auto& post : posts) {
      ids.push_back(post.id.value);
      by_id.emplace(post.id, &post);
      post.still_waiting = post.live = post.withdrawn_by_edit = post.published = post.withdrawn = false;
      post.vacancy = vacancy_id();
    }
    if (ids.empty()) co_return;
    const auto waiting = co_await tx(sql::lock_waiting, ids);
    ids.clear();
    bool edited = false;
    for (int i = 0; i < waiting.size(); ++i) {
      auto& post = *by_id.at(waiting[i].get<post_id>(0));
      // Edited since it was loaded: the message of that edit is still to come.
      if (post.revision != waiting[i].get<std::int64_t>(1)) continue;
      post.posted_at = waiting[i].get<instant>(2);
      post.seen_at = waiting[i].get<instant>(3);
      post.still_waiting = true;
      edited = edited || post.revision > 1;
      ids.push_back(post.id.value);
    }
    if (ids.empty()) co_return;
    co_await add_verdicts(tx, posts, now);
    if (edited) co_await find_vacancies(tx, ids, by_id);
    co_await store_vacancies(tx, posts, by_id, now);
    co_await tx(sql::mark_judged, ids);
    std::vector<queue::publication> events;
    for (const auto& post : posts) {
      if (post.published) events.push_back(vacancy_published(post.vacancy));
    }
    if (!events.empty()) co_await with_.lanes.publish(tx, events);
  }

  task<> add_verdicts(pg::transaction& tx, const judged_posts& posts, instant now) {
    std::vector<std::int64_t> ids, revisions, scams;
    std::vector<std::string> kinds, categories, confidences, engines;
    std::vector<double> sure;
    for (const auto& post : posts) {
      if (!post.still_waiting) continue;
      ids.push_back(post.id.value);
      revisions.push_back(post.revision);
      scams.push_back(post.judgement.scam);
      kinds.emplace_back(hunt::name(post.judgement.kind));
      categories.push_back(joined(post.judgement.categories, true));
      confidences.push_back(joined(post.judgement.categories, false));
      sure.push_back(post.judgement.confidence);
      engines.push_back(post.judgement.model);
    }
    co_await tx(sql::add_verdicts, now, ids, revisions, kinds, categories, confidences, sure, scams, engines);
  }

  static task<> find_vacancies(pg::transaction& tx, const std::vector<std::int64_t>& ids,
                               const std::unordered_map<post_id, judged_post*>& by_id) {
    const auto rows = co_await tx(sql::vacancies_of, ids);
    for (int i = 0; i < rows.size(); ++i) {
      auto& post = *by_id.at(rows[i].get<post_id>(0));
      post.vacancy = rows[i].get<vacancy_id>(1);
      post.live = rows[i].get<bool>(2);
      post.withdrawn_by_edit = rows[i].get<bool>(3);
    }
  }

  static task<> store_vacancies(pg::transaction& tx, judged_posts& posts,
                                const std::unordered_map<post_id, judged_post*>& by_id, instant now) {
    std::vector<std::int64_t> new_posts, revised, gone;
    std::vector<std::string> titles, essences, budgets, new_titles, new_essences, new_budgets;
    std::vector<instant> posted_at, seen_at;
    for (auto& post : posts) {
      if (!post.still_waiting) continue;
      const bool known = post.vacancy != vacancy_id();
      if (!post.is_vacancy()) {
        post.withdrawn = known && post.live;
        if (post.withdrawn) gone.push_back(post.vacancy.value);
      } else if (known) {
        post.published = !post.live && post.withdrawn_by_edit;
        revised.push_back(post.vacancy.value);
        titles.push_back(post.card.title);
        essences.push_back(post.card.essence);
        budgets.push_back(post.card.budget);
      } else {
        post.published = true;
        new_posts.push_back(post.id.value);
        new_titles.push_back(post.card.title);
        new_essences.push_back(post.card.essence);
        new_budgets.push_back(post.card.budget);
        posted_at.push_back(post.posted_at);
        seen_at.push_back(post.seen_at);
      }
    }
    if (!gone.empty()) co_await tx(sql::withdraw, gone);
    if (!revised.empty()) {
      co_await tx(sql::revise_vacancies, revised, titles, essences, budgets);
      co_await tx(sql::clear_categories, revised);
    }
    if (!new_posts.empty()) {
      const auto rows = co_await tx(sql::add_vacancies, now, new_posts, new_titles, new_essences, new_budgets,
                                    posted_at, seen_at);
      for (int i = 0; i < rows.size(); ++i)
        by_id.at(rows[i].get<post_id>(0))->vacancy = rows[i].get<vacancy_id>(1);
    }
    std::vector<std::int64_t> of;
    std::vector<std::string> slugs;
    std::vector<double> confidences;
    for (const auto& post : posts) {
      if (!post.still_waiting || !post.is_vacancy()) continue;
      for (const auto& score : post.judgement.categories) {
        of.push_back(post.vacancy.value);
        slugs.emplace_back(slug(score.which));
        confidences.push_back(score.confidence);
      }
    }
    if (!of.empty()) co_await tx(sql::add_categories, of, slugs, confidences);
  }

  void tell(const judged_post& post, instant now) const {
    if (!post.still_waiting) return;
    if (post.revision == 1) {
      seen_after_.observe(post.seen_at - post.posted_at);
      judged_after_.observe(now - post.seen_at);
    }
    if (post.published) {
      log_.info("vacancy published", {{"vacancy", post.vacancy},
                                      {"post", post.id},
                                      {"source", post.source_name},
                                      {"message", post.message_id},
                                      {"categories", joined(post.judgement.categories, true)},
                                      {"posted_to_seen_ms", post.seen_at - post.posted_at},
                                      {"seen_to_judged_ms", now - post.seen_at}});
    }
    if (!with_.observer) return;
    post_event event;
    event.what = post_event::kind::judged;
    event.post = post.id;
    event.source = post.source;
    event.source_name = post.source_name;
    event.message_id = post.message_id;
    event.posted_at = post.posted_at;
    event.at = now;
    event.judgement = &post.judgement;
    event.vacancy = post.vacancy;
    with_.observer->noticed(event);
    if (!post.published && !post.withdrawn) return;
    event.what = post.published ? post_event::kind::published : post_event::kind::withdrawn;
    with_.observer->noticed(event);
  }

  judge_parts with_;
  judge_settings settings_;
  async::scope scope_;
  metrics::histogram seen_after_, judged_after_;
  text::stemmer stems_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<async::part> make_post_judge(judge_parts with, judge_settings settings) {
  return std::make_unique<post_judge>(with, settings);
}

}  // namespace tandem::hunt
