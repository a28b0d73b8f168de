#include "platform/tasks/tasks.hpp"

#include <map>
#include <set>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/lead/lead.hpp"
#include "platform/pg/pg.hpp"
#include "platform/tasks/tasks_sql.hpp"

namespace tandem::tasks {

namespace {

constexpr std::array<std::string_view, 4> outcome_names = {"running", "succeeded", "failed", "lost"};

outcome outcome_of(std::string_view name) {
  const auto found = std::ranges::find(outcome_names, name);
  if (found == outcome_names.end()) throw std::invalid_argument("no outcome of a run: " + std::string(name));
  return static_cast<outcome>(found - outcome_names.begin());
}

class kept_log final : public run_log {
 public:
  void line(std::string text) override {
    constexpr std::size_t most = 200;
    if (lines.size() == most) lines.erase(lines.begin());
    lines.push_back(std::move(text));
  }
  std::vector<std::string> lines;
};

class pg_scheduler final : public scheduler {
 public:
  pg_scheduler(executor on, pg::pool& db, lead::candidate& lead, const clock& time, scheduler_options options)
      : on_(on),
        db_(db),
        lead_(lead),
        time_(time),
        options_(std::move(options)),
        wake_(on),
        work_(on, [this](std::string_view job, const std::exception_ptr& failure) {
          tell(job, async::text_of(failure));
        }) {}

  std::string_view name() const override { return options_.name; }

  void add(job what) override {
    auto name = what.name;
    jobs_.insert_or_assign(std::move(name), std::move(what));
  }

  task<> start() override {
    if (work_.runs()) co_return;
    for (const auto& [name, job] : jobs_) {
      const auto first = next_time(job.when, time_.now());
      co_await db_(sql::tasks::known, name, first);
    }
    work_.begin();
    if (options_.poll.count() > 0) work_.keep("scheduler", [this] { return look(); });
  }

  task<> stop() override {
    co_await work_.stop();
    led_.reset();
  }

  async::health state() const override {
    return work_.state(running_.empty() ? "" : std::to_string(running_.size()) + " jobs run");
  }

  task<> run_due() override {
    const auto due = co_await take_due();
    async::scope all(on_, [this](std::string_view job, const std::exception_ptr& failure) {
      tell(job, async::text_of(failure));
    });
    for (const auto& [name, by_hand] : due) all.spawn(name, run_one(name, by_hand));
    co_await all.join();
  }

  task<std::expected<run, run_error>> run_now(std::string name) override {
    if (!jobs_.contains(name)) co_return std::unexpected(run_error::unknown);
    if (running_.contains(name)) co_return std::unexpected(run_error::running);
    if (!lead_.epoch()) co_return std::unexpected(run_error::not_leading);
    co_await run_one(name, true);
    auto latest = co_await history(name, 1);
    co_return std::move(latest.at(0));
  }

  task<bool> ask(std::string name) override {
    const auto asked = co_await db_(sql::tasks::ask, name);
    wake_.ring();
    co_return asked.affected() == 1;
  }

  task<bool> pause(std::string name, bool paused) override {
    const auto changed = co_await db_(sql::tasks::pause, name, paused);
    co_return changed.affected() == 1;
  }

  task<std::vector<job_state>> jobs() override {
    const auto rows = co_await db_(sql::tasks::jobs);
    std::vector<job_state> out;
    for (int at = 0; at < rows.size(); ++at) {
      job_state next;
      next.name = rows[at].get<std::string>(0);
      next.paused = rows[at].get<bool>(1);
      next.next_run_at = rows[at].get<std::optional<instant>>(2);
      auto latest = co_await history(next.name, 1);
      if (!latest.empty()) next.last = std::move(latest[0]);
      out.push_back(std::move(next));
    }
    co_return out;
  }

  task<std::vector<run>> history(std::string name, int limit) override {
    const auto rows = co_await db_(sql::tasks::history, name, limit);
    std::vector<run> out;
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      out.push_back({row.get<std::int64_t>(0), row.get<std::string>(1), row.get<bool>(2), row.get<instant>(3),
                     row.get<std::optional<instant>>(4), outcome_of(row.get<std::string_view>(5)),
                     row.get<std::string>(6), row.get<std::vector<std::string>>(7)});
    }
    co_return out;
  }

 private:
  struct due_job {
    std::string name;
    bool by_hand = false;
  };

  // Runs of the one that led before and is gone stay "running" for ever, so whoever takes over closes them.
  task<std::vector<due_job>> take_due() {
    std::vector<due_job> out;
    const auto epoch = lead_.epoch();
    if (!epoch) co_return out;
    std::vector<std::string> names;
    for (const auto& [name, job] : jobs_) names.push_back(name);
    if (led_ != epoch) {
      co_await db_(sql::tasks::lost, time_.now(), names);
      led_ = epoch;
    }
    const auto rows = co_await db_(sql::tasks::due, names, time_.now());
    for (int at = 0; at < rows.size(); ++at) {
      due_job next{rows[at].get<std::string>(0), rows[at].get<bool>(1)};
      if (!running_.contains(next.name)) out.push_back(std::move(next));
    }
    co_return out;
  }

  task<> look() {
    const auto due = co_await take_due();
    for (const auto& [name, by_hand] : due) work_.spawn(name, run_one(name, by_hand));
    co_await wake_.wait_for(options_.poll);
  }

  task<> run_one(std::string name, bool by_hand) {
    if (!running_.insert(name).second) co_return;
    struct leave {
      std::set<std::string>& running;
      const std::string& name;
      ~leave() { running.erase(name); }
    } const on_exit{running_, name};
    const auto& job = jobs_.at(name);
    const auto id = co_await begin(job, by_hand);
    kept_log log;
    std::exception_ptr failure;
    try {
      co_await async::within(job.limit, job.run(log));
    } catch (...) {
      failure = std::current_exception();
    }
    // Stopped by the end of the process: this throws, and the run is found as lost by the next leader.
    const auto result = failure ? outcome::failed : outcome::succeeded;
    const auto error = async::text_of(failure);
    co_await db_(sql::tasks::end_run, id, time_.now(), name_of(result), error, log.lines);
    co_await db_(sql::tasks::forget_old, name);
    if (failure) tell(name, error);
  }

  // The next time is written before the run and under the lead: a run that brings the process down is not
  // repeated at once, and two processes never run it for the same time.
  task<std::int64_t> begin(const job& what, bool by_hand) {
    const auto now = time_.now();
    const auto in = co_await db_.begin();
    co_await lead_.check(*in);
    const auto row = co_await (*in)(sql::tasks::begin_run, what.name, by_hand, now);
    const auto next = next_time(what.when, now);
    co_await (*in)(sql::tasks::plan, what.name, next);
    co_await in->commit();
    co_return row.front().get<std::int64_t>(0);
  }

  void tell(std::string_view job, std::string_view error) const {
    if (options_.told) options_.told(job, error);
  }

  executor on_;
  pg::pool& db_;
  lead::candidate& lead_;
  const clock& time_;
  scheduler_options options_;
  std::map<std::string, job> jobs_;
  std::set<std::string> running_;
  std::optional<std::int64_t> led_;  // the epoch whose left-over runs were closed
  async::event wake_;
  async::crew work_;
};

}  // namespace

std::string_view name_of(outcome what) { return outcome_names.at(static_cast<std::size_t>(what)); }

std::optional<instant> next_time(const schedule& when, instant now) {
  if (const auto* periodic = std::get_if<every>(&when)) return now + periodic->period;
  if (const auto* at = std::get_if<daily>(&when)) {
    const instant today = std::chrono::floor<std::chrono::days>(now) + at->at;
    return today > now ? today : today + std::chrono::days(1);
  }
  return {};
}

std::unique_ptr<scheduler> make_scheduler(executor on, pg::pool& db, lead::candidate& lead, const clock& time,
                                          scheduler_options options) {
  return std::make_unique<pg_scheduler>(on, db, lead, time, std::move(options));
}

}  // namespace tandem::tasks
