#include "hunt/vacancies/post_judge.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "async/scope.hpp"
#include "base/text/fold.hpp"
#include "hunt/model/model_judge.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/vacancies/closed.hpp"
#include "hunt/vacancies/digest.hpp"
#include "hunt/vacancies/vacancies_sql.hpp"
#include "hunt/vacancies/vacancy_columns.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::vacancies;
using namespace std::chrono_literals;

const log::logger log_{"hunt.judge"};

// A post on its way through the judge.
struct judged_post {
  post_id id;
  std::int64_t revision = 1;
  std::string source_name;
  source_id source;
  std::int64_t message_id = 0;
  std::string text;
  verdict judgement;
  digest card;          // of a vacancy
  vacancy_facts facts;  // the same
  std::string contact_url;
  std::int64_t tokens_in = 0, tokens_out = 0, cost_micros = 0;
  bool by_model = false;
  instant posted_at, seen_at;
  // What the transaction finds and does.
  vacancy_id vacancy;
  bool still_waiting = false, live = false, withdrawn_by_edit = false;
  bool published = false, withdrawn = false;
  std::string old_categories;  // slugs in order, of a vacancy that is judged again
  bool closed = false;         // its author says so in an edit
  bool is_vacancy() const { return judgement.kind == post_kind::vacancy && !closed; }
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

std::string sorted_slugs(const std::vector<category_score>& scores) {
  std::vector<std::string_view> names;
  for (const auto& score : scores) names.push_back(slug(score.which));
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ","));
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
        judged_after_(
            with.figures.histogram("tandem_post_judged_seconds", "From our seeing a post until its verdict")),
        by_local_(judged_by("local")),
        by_model_(judged_by("model")) {}

  std::string_view name() const override { return "post judge"; }

  task<> start() override {
    if (std::exchange(running_, true)) co_return;
    scope_.spawn("judge", consume());
    if (with_.model) scope_.spawn("judge again", consume_again());
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
  metrics::counter judged_by(const char* engine) const {
    return with_.figures.counter("tandem_posts_judged_total", "Posts by the engine that judged them",
                                 {{"engine", engine}});
  }

  task<> consume() {
    queue::consumer_options options;
    options.lane = judge_lane;
    options.batch = with_.model ? 1 : settings_.batch;
    options.parallel = with_.model ? settings_.model_parallel : settings_.parallel;
    // A question and its repair, and the wait for free hands.
    if (with_.model) options.lease = 4 * settings_.model_timeout + 30s;
    queue::batch_handler handler = [this](std::span<const queue::message> batch, queue::acknowledger& ack) {
      return with_.model ? judge_with_model(batch.front(), ack) : judge(batch, ack);
    };
    co_await with_.lanes.consume(std::move(options), std::move(handler));
  }

  task<> consume_again() {
    queue::consumer_options options;
    options.lane = rejudge_lane;
    options.batch = 1;
    options.lease = 4 * settings_.model_timeout + 30s;
    queue::batch_handler handler = [this](std::span<const queue::message> batch, queue::acknowledger& ack) {
      return judge_again(batch.front(), ack);
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
    auto posts = co_await load(ids, "waiting");
    const auto now = with_.time.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      co_await store(tx, posts, now, false);
      co_await ack.done(tx, messages);
    };
    co_await with_.database.in_transaction(work);
    for (const auto& post : posts) tell(post, now, false);
  }

  // What the model made of a post, or what to do without it.
  struct decision {
    std::optional<instant> wait_until;
    bool again = false;  // the local judge stands in
  };

  task<> judge_with_model(const queue::message& message, queue::acknowledger& ack) {
    const std::vector<std::int64_t> messages{message.id};
    std::vector<std::int64_t> ids;
    const auto event = to_post_accepted(message);
    if (event) {
      ids.push_back(event->post.value);
    } else {
      log_.error("a message that is no post_accepted.v1", {{"kind", message.kind}});
    }
    auto posts = co_await load(ids, "waiting");
    decision what;
    if (!posts.empty()) what = co_await ask_model(posts.front(), message.published_at + settings_.patience);
    const auto now = with_.time.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      if (what.wait_until) {
        co_await ack.later(tx, message.id, *what.wait_until);
        co_return;
      }
      co_await store(tx, posts, now, false);
      if (what.again && posts.front().still_waiting) co_await publish_again(tx, posts.front(), now);
      co_await ack.done(tx, messages);
    };
    co_await with_.database.in_transaction(work);
    if (what.wait_until) co_return;
    for (const auto& post : posts) tell(post, now, false);
  }

  task<decision> ask_model(judged_post& post, instant deadline) {
    decision out;
    const auto begun = with_.time.now();
    std::optional<model_refusal> refusal = with_.model->closed();
    if (begun >= deadline) {
      out.again = true;  // it has waited long enough: for the model, or behind others
      co_return out;
    }
    if (!refusal) {
      model_question question;
      question.text = post.text;
      question.limit = std::max<std::chrono::milliseconds>(
          1s, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - begun));
      auto answer = co_await with_.model->judge(std::move(question));
      if (answer) {
        take(post, std::move(*answer));
        co_return out;
      }
      refusal = std::move(answer.error());
    }
    if (refusal->what == model_refusal::kind::this_post) co_return out;
    const auto next = std::max(refusal->again_at, with_.time.now() + 1s);
    // Where somebody has to do something first, waiting helps nobody.
    if (refusal->what == model_refusal::kind::later && with_.time.now() < deadline) {
      out.wait_until = std::min(next, deadline);
    } else {
      out.again = true;
    }
    co_return out;
  }

  static void take(judged_post& post, model_verdict from) {
    post.judgement = std::move(from.judgement);
    post.card = std::move(from.read.card);
    post.facts = std::move(from.read.facts);
    post.contact_url = std::move(from.read.contact_url);
    post.tokens_in = from.tokens_in;
    post.tokens_out = from.tokens_out;
    post.cost_micros = from.cost_micros;
    post.by_model = true;
  }

  task<> publish_again(pg::transaction& tx, const judged_post& post, instant now) {
    const post_accepted event{post.id, post.revision};
    const std::vector<queue::publication> one{hunt::judge_again(event, now + settings_.again_after)};
    co_await with_.lanes.publish(tx, one);
  }

  // A post that the local judge has judged in the model's place.
  task<> judge_again(const queue::message& message, queue::acknowledger& ack) {
    const std::vector<std::int64_t> messages{message.id};
    std::vector<std::int64_t> ids;
    const auto event = to_judge_again(message);
    if (event) ids.push_back(event->post.value);
    auto posts = co_await load(ids, "judged");
    // An edit since then has its own message.
    std::erase_if(posts, [&](const judged_post& post) {
      return post.revision != event->revision || post.seen_at + settings_.again_until < with_.time.now();
    });
    std::optional<instant> wait_until;
    if (!posts.empty()) {
      model_question question;
      question.text = posts.front().text;
      question.limit = settings_.model_timeout;
      question.again = true;
      auto refusal = with_.model->closed();
      if (!refusal) {
        auto answer = co_await with_.model->judge(std::move(question));
        if (answer) {
          take(posts.front(), std::move(*answer));
        } else {
          refusal = std::move(answer.error());
        }
      }
      if (refusal) {
        if (refusal->what != model_refusal::kind::this_post)
          wait_until = std::max(refusal->again_at, with_.time.now() + settings_.again_after);
        posts.clear();  // what the local judge said stands, for now or for good
      }
    }
    const auto now = with_.time.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      if (wait_until) {
        co_await ack.later(tx, message.id, *wait_until);
        co_return;
      }
      co_await store(tx, posts, now, true);
      co_await ack.done(tx, messages);
    };
    co_await with_.database.in_transaction(work);
    for (const auto& post : posts) tell(post, now, true);
  }

  // With the local judge's verdict, which stands until the model's takes its place.
  task<judged_posts> load(const std::vector<std::int64_t>& ids, std::string_view state) {
    judged_posts out;
    if (ids.empty()) co_return out;
    const auto rows = co_await with_.database(sql::posts_in_state, ids, state);
    out.resize(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      auto& post = out[static_cast<std::size_t>(i)];
      post.text = rows[i].get<std::string>(2);
      post.id = rows[i].get<post_id>(0);
      post.revision = rows[i].get<std::int64_t>(1);
      post.source_name = rows[i].get<std::string>(3);
      post.source = rows[i].get<source_id>(4);
      post.message_id = rows[i].get<std::int64_t>(5);
      post.seen_at = rows[i].get<instant>(6);
      post.judgement = with_.judge.judge(post.text);
      post.closed = post.revision > 1 && says_closed(post.text, stems_);
      if (!post.is_vacancy()) continue;
      post.card = digest_of(post.text, stems_);
      post.facts = facts_of(post.text, post.card.budget, stems_);
    }
    co_return out;
  }

  // `again`: posts that were judged already.
  task<> store(pg::transaction& tx, judged_posts& posts, instant now, bool again) {
    std::vector<std::int64_t> ids;
    std::unordered_map<post_id, judged_post*> by_id;
    for (auto& post : posts) {
      ids.push_back(post.id.value);
      by_id.emplace(post.id, &post);
      post.still_waiting = post.live = post.withdrawn_by_edit = post.published = post.withdrawn = false;
      post.vacancy = vacancy_id();
      post.old_categories.clear();
    }
    if (ids.empty()) co_return;
    const auto& lock = again ? sql::lock_judged : sql::lock_waiting;
    const auto waiting = co_await tx(lock, ids);
    ids.clear();
    bool edited = again;
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
    if (again) co_await find_categories(tx, posts);
    co_await store_vacancies(tx, posts, by_id, now);
    if (!again) co_await tx(sql::mark_judged, ids);
    std::vector<queue::publication> events;
    for (const auto& post : posts) {
      if (post.published) events.push_back(vacancy_published(post.vacancy));
    }
    if (!events.empty()) co_await with_.lanes.publish(tx, events);
  }

  task<> add_verdicts(pg::transaction& tx, const judged_posts& posts, instant now) {
    std::vector<std::int64_t> ids, revisions, scams, tokens_in, tokens_out, costs;
    std::vector<std::string> kinds, categories, confidences, engines;
    std::vector<double> sure;
    std::vector<std::int64_t> labelled, label_scams;
    std::vector<std::string> label_kinds, label_categories;
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
      tokens_in.push_back(post.tokens_in);
      tokens_out.push_back(post.tokens_out);
      costs.push_back(post.cost_micros);
      if (!post.by_model || !settings_.keep_labels) continue;
      labelled.push_back(post.id.value);
      label_kinds.push_back(kinds.back());
      label_categories.push_back(categories.back());
      label_scams.push_back(scams.back());
    }
    co_await tx(sql::add_verdicts, now, ids, revisions, kinds, categories, confidences, sure, scams, engines,
                tokens_in, tokens_out, costs);
    if (!labelled.empty())
      co_await tx(sql::label_by_model, now, labelled, label_kinds, label_categories, label_scams);
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

  static task<> find_categories(pg::transaction& tx, judged_posts& posts) {
    std::vector<std::int64_t> known;
    for (const auto& post : posts)
      if (post.vacancy != vacancy_id()) known.push_back(post.vacancy.value);
    if (known.empty()) co_return;
    const auto rows = co_await tx(sql::categories_of, known);
    for (int i = 0; i < rows.size(); ++i) {
      for (auto& post : posts)
        if (post.vacancy == rows[i].get<vacancy_id>(0)) post.old_categories = rows[i].get<std::string>(1);
    }
  }

  static task<> store_vacancies(pg::transaction& tx, judged_posts& posts,
                                const std::unordered_map<post_id, judged_post*>& by_id, instant now) {
    vacancy_columns fresh, revised;
    std::vector<instant> posted_at, seen_at;  // of the fresh ones
    std::vector<std::int64_t> known_before, gone, closed, refiled, named;
    std::vector<std::string> contacts;
    for (auto& post : posts) {
      if (!post.still_waiting) continue;
      const bool known = post.vacancy != vacancy_id();
      if (known) known_before.push_back(post.vacancy.value);
      if (!post.is_vacancy()) {
        post.withdrawn = known && post.live;
        if (post.withdrawn) (post.closed ? closed : gone).push_back(post.vacancy.value);
        continue;
      }
      if (!post.contact_url.empty()) {
        named.push_back(post.id.value);
        contacts.push_back(post.contact_url);
      }
      if (known) {
        // Brought back by an edit, or filed under other categories by another verdict: their readers get it
        // too.
        const bool moved =
            !post.old_categories.empty() && post.old_categories != sorted_slugs(post.judgement.categories);
        post.published = post.live ? moved : post.withdrawn_by_edit;
        if (moved) refiled.push_back(post.vacancy.value);
        revised.add(post.vacancy.value, post.card, post.facts, post.judgement.model);
      } else {
        post.published = true;
        fresh.add(post.id.value, post.card, post.facts, post.judgement.model);
        posted_at.push_back(post.posted_at);
        seen_at.push_back(post.seen_at);
      }
    }
    if (!known_before.empty()) co_await tx.along(sql::lock_vacancies, known_before);
    if (!named.empty()) co_await tx(sql::name_contacts, named, contacts);
    if (!gone.empty()) co_await tx(sql::withdraw, gone, false);
    if (!closed.empty()) co_await tx(sql::withdraw, closed, true);
    if (!revised.ids.empty()) {
      co_await revise_vacancies(tx, revised);
      co_await tx(sql::clear_categories, revised.ids);
    }
    if (!fresh.ids.empty()) {
      const auto rows =
          co_await tx(sql::add_vacancies, now, fresh.ids, fresh.titles, fresh.essences, fresh.budgets,
                      posted_at, seen_at, fresh.sums_from, fresh.sums_to, fresh.currencies, fresh.per,
                      fresh.deadlines, fresh.remote, fresh.cities, fresh.employments, fresh.engines);
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
    if (!refiled.empty()) co_await tx(sql::refile_due, refiled);
  }

  void tell(const judged_post& post, instant now, bool again) const {
    if (!post.still_waiting) return;
    (post.by_model ? by_model_ : by_local_).add();
    if (post.revision == 1 && !again) {
      seen_after_.observe(post.seen_at - post.posted_at);
      judged_after_.observe(now - post.seen_at);
    }
    if (post.published) {
      log_.info("vacancy published", {{"vacancy", post.vacancy},
                                      {"post", post.id},
                                      {"source", post.source_name},
                                      {"message", post.message_id},
                                      {"categories", joined(post.judgement.categories, true)},
                                      {"engine", post.judgement.model},
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
  metrics::counter by_local_, by_model_;
  text::stemmer stems_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<async::part> make_post_judge(judge_parts with, judge_settings settings) {
  return std::make_unique<post_judge>(with, settings);
}

}  // namespace tandem::hunt
