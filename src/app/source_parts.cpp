#include "app/source_parts.hpp"

#include "hunt/bot/source_desk.hpp"
#include "hunt/posts/retention.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

class made_source_parts final : public source_parts {
 public:
  made_source_parts(const settings& all, const hunt::bot::parts& with, queue::queue& lanes,
                    hunt::post_observer* observer, async::scope& background)
      : db_(with.db),
        time_(with.time),
        sources_(hunt::make_sources(with.db, with.time)),
        way_in_(hunt::make_intake(with.db, lanes, with.time, observer, intake_settings_of(all))),
        desk_(with, *sources_, *way_in_, background) {
    keep_.refused = std::chrono::days(all.retain_refused_days);
    keep_.accepted = std::chrono::days(all.retain_accepted_days);
    keep_.deliveries = std::chrono::days(all.retain_deliveries_days);
  }

  void attach(telegram::routes& to) override { desk_.attach(to); }

  void add_jobs(tasks::scheduler& to) override {
    tasks::job health;
    health.name = "hunt.watch_sources";
    health.when = tasks::every{10min};
    health.run = [this](tasks::run_log& log) { return watch(log); };
    to.add(std::move(health));
    tasks::job retention;
    retention.name = "hunt.erase_texts";
    retention.when = tasks::every{1h};
    retention.run = [this](tasks::run_log& log) { return erase(log); };
    to.add(std::move(retention));
    tasks::job answers;
    answers.name = "hunt.answer_brought_posts";
    answers.when = tasks::every{60s};
    answers.run = [this](tasks::run_log&) { return desk_.catch_up(); };
    to.add(std::move(answers));
  }

 private:
  task<> watch(tasks::run_log& log) {
    co_await hunt::count_source_days(db_, time_.now());
    const auto silent = co_await hunt::note_silence(db_, time_.now());
    for (const auto& one : silent) {
      log.line(one.name + " is silent");
      co_await desk_.tell_silent(one);
    }
  }
  task<> erase(tasks::run_log& log) {
    const auto erased = co_await hunt::erase_texts(db_, keep_, time_.now());
    if (erased > 0) log.line(std::to_string(erased) + " texts erased");
    const auto forgotten = co_await hunt::forget_deliveries(db_, keep_, time_.now());
    if (forgotten > 0) log.line(std::to_string(forgotten) + " deliveries forgotten");
  }

  pg::pool& db_;
  const clock& time_;
  hunt::retention keep_;
  std::unique_ptr<hunt::sources> sources_;
  std::unique_ptr<hunt::intake> way_in_;
  hunt::bot::source_desk desk_;
};

}  // namespace

hunt::intake_settings intake_settings_of(const settings& all) {
  hunt::intake_settings out;
  const bool real = all.is_real() && !all.channel_pages.empty();
  if (real) out.post_root = all.channel_pages;
  out.repeat_window = std::chrono::hours(24 * all.repeat_window_days);
  return out;
}

std::unique_ptr<source_parts> make_source_parts(const settings& all, const hunt::bot::parts& with,
                                                queue::queue& lanes, hunt::post_observer* observer,
                                                async::scope& background) {
  return std::make_unique<made_source_parts>(all, with, lanes, observer, background);
}

}  // namespace tandem::app
