#include "dating/jobs/jobs.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "dating/decks/decks.hpp"
#include "dating/jobs/jobs_sql.hpp"

namespace tandem::dating {
namespace {

namespace statements = sql::jobs;
using namespace std::chrono_literals;

constexpr int batch = 500, large_batch = 20'000;
constexpr int most_batches = 200;  // of one run: the next one goes on
constexpr std::chrono::days days_kept{90}, decks_kept{3}, drafts_kept{30}, trusted_after{30};
// The small hours where most of the people are.
constexpr std::chrono::minutes refit_at{60}, rerate_at{75}, forget_at{120}, sweep_at{150};

// Does the work of one transaction until nothing is left: `once` says how many it was about.
task<std::int64_t> repeat(pg::pool& db, std::function<task<std::int64_t>(pg::transaction&)> once) {
  std::int64_t total = 0;
  for (int round = 0; round < most_batches; ++round) {
    const auto tx = co_await db.begin();
    const auto some = co_await once(*tx);
    co_await tx->commit();
    total += some;
    if (some < batch) break;
  }
  co_return total;
}

task<std::int64_t> tell_all(const job_parts& with, pg::transaction& in, std::vector<user_id> people,
                            std::string_view kind) {
  for (const auto who : people) co_await with.news.add(in, who, kind, 0);
  co_return static_cast<std::int64_t>(people.size());
}

// ---- what is forgotten: a batch at once, so that no statement takes longer as tables grow

task<std::int64_t> forget_letters(const job_parts& with, int most) {
  return with.hearts.forget_letters(with.db, most);
}
task<std::int64_t> forget_content(const job_parts& with, int most) {
  return with.conversations.forget_content(with.db, most);
}
task<std::int64_t> forget_openers(const job_parts& with, int most) {
  return with.rules.forget_openers(with.db, most);
}
task<std::int64_t> forget_drafts(const job_parts& with, int most) {
  return with.members.forget_expired(with.db, with.time.now() - drafts_kept, most);
}
task<std::int64_t> forget_changes(const job_parts& with, int most) {
  return with.deck.forget_changes(with.db, most);
}
task<std::int64_t> forget_days(const job_parts& with, int most) {
  const auto oldest =
      fmt::format("{:%F}", std::chrono::floor<std::chrono::days>(with.time.now() - days_kept));
  const auto gone = co_await with.db(statements::forget_days, oldest, most);
  co_return gone.affected();
}
task<std::int64_t> forget_samples(const job_parts& with, int most) {
  return forget_old_evidence(with.db, most);
}

template <auto once, int most = large_batch>
task<std::int64_t> in_batches(const job_parts& with) {
  std::int64_t total = 0;
  for (int round = 0; round < most_batches; ++round) {
    const auto some = co_await once(with, most);
    total += some;
    if (some < most) break;
  }
  co_return total;
}

task<std::int64_t> forget_decks(const job_parts& with) {
  std::int64_t total = 0;
  for (std::optional<std::int64_t> after = 0; after;) {
    const auto rows = co_await with.db(statements::forget_decks, *after, with.time.now() - decks_kept, batch);
    after = rows.front().get<std::optional<std::int64_t>>(0);
    total += rows.front().get<std::int64_t>(1);
  }
  co_return total;
}

using work = task<std::int64_t> (*)(const job_parts&);

struct step {
  std::string_view what;
  work all;
};
constexpr step words[] = {{"letters", in_batches<forget_letters>},
                          {"content of talks", in_batches<forget_content>}};
constexpr step the_rest[] = {{"openers", in_batches<forget_openers>},
                             {"drafts and the like", in_batches<forget_drafts, batch>},
                             {"changes", in_batches<forget_changes>},
                             {"days", in_batches<forget_days>},
                             {"decks", forget_decks},
                             {"samples of showings", in_batches<forget_samples>}};

// A step that fails keeps none behind it from its work.
task<std::vector<forgotten>> forget(const job_parts& with, std::span<const step> steps) {
  std::vector<forgotten> report;
  for (const auto& one : steps) {
    auto& done = report.emplace_back(std::string(one.what));
    try {
      done.rows = co_await one.all(with);
    } catch (const pg::error& error) {
      done.failure = error.what();
    }
  }
  co_return report;
}

void tell_forgotten(tasks::run_log& log, const std::vector<forgotten>& report) {
  std::string failures;
  for (const auto& one : report) {
    if (one.rows > 0) log.line(fmt::format("{}: {}", one.what, one.rows));
    if (!one.failure.empty()) failures += fmt::format("{}: {}; ", one.what, one.failure);
  }
  if (!failures.empty()) throw std::runtime_error(failures);
}

}  // namespace

task<std::int64_t> ask_silent_people(const job_parts& with) {
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with](pg::transaction& in) -> task<std::int64_t> {
    auto people = co_await with.members.ask_silent(in, with.time.now() - silent_before_asked, batch);
    co_return co_await tell_all(with, in, std::move(people), "stale");
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::int64_t> put_away_silent_people(const job_parts& with) {
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with](pg::transaction& in) -> task<std::int64_t> {
    const auto people =
        co_await with.members.put_away_silent(in, with.time.now() - asked_before_hidden, batch);
    co_return static_cast<std::int64_t>(people.size());
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::int64_t> call_people_back(const job_parts& with) {
  // Away since: asked after 30 days and hidden after seven more, and then another 30.
  const auto away = silent_before_asked + asked_before_hidden + away_before_called;
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with, away](pg::transaction& in) -> task<std::int64_t> {
    auto people = co_await with.members.call_back(in, with.time.now() - away, batch);
    co_return co_await tell_all(with, in, std::move(people), "win_back");
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::int64_t> nudge_silent_matches(const job_parts& with) {
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with](pg::transaction& in) -> task<std::int64_t> {
    const auto now = with.time.now();
    const auto rows = co_await in(statements::nudge, now, now - match_silent_after, batch);
    for (int i = 0; i < rows.size(); ++i) {
      for (const int side : {1, 2}) {
        const auto who = rows[i].get<std::optional<user_id>>(side);
        if (who) co_await with.news.add(in, *who, "nudge", rows[i].get<std::int64_t>(0));
      }
    }
    co_return rows.size();
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::int64_t> give_up_silent_matches(const job_parts& with) {
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with](pg::transaction& in) -> task<std::int64_t> {
    const auto rows = co_await in(statements::give_up, with.time.now() - match_silent_after, batch);
    co_return rows.affected();
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::int64_t> reward_invitations(const job_parts& with) {
  std::function<task<std::int64_t>(pg::transaction&)> once =
      [&with](pg::transaction& in) -> task<std::int64_t> {
    const auto rewards = co_await with.more.reward_due(in, batch);
    for (const auto& one : rewards) {
      co_await with.news.add(in, one.invited, "rewarded", one.by.value);
      if (one.both) co_await with.news.add(in, one.by, "rewarded", one.invited.value);
    }
    co_return static_cast<std::int64_t>(rewards.size());
  };
  co_return co_await repeat(with.db, std::move(once));
}

task<std::vector<forgotten>> forget_words(const job_parts& with) { return forget(with, words); }
task<std::vector<forgotten>> forget_what_is_over(const job_parts& with) { return forget(with, the_rest); }

task<refit_report> learn_coefficients(const job_parts& with) {
  refit_report report;
  if (!with.learn) {
    report.what = refit_report::end::held;
    co_return report;
  }
  const auto tx = co_await with.db.begin();
  report = co_await with.learned.refit(*tx, false);
  co_await tx->commit();
  co_return report;
}

void add_dating_jobs(tasks::scheduler& to, job_parts with) {
  const auto parts = std::make_shared<const job_parts>(with);
  const auto add = [&to](std::string name, tasks::schedule when, std::function<task<>(tasks::run_log&)> run) {
    tasks::job job;
    job.name = "dating." + std::move(name);
    job.when = when;
    job.run = std::move(run);
    to.add(std::move(job));
  };
  const auto each = [&](std::string name, std::chrono::seconds period, work what) {
    add(std::move(name), tasks::every{period}, [parts, what](tasks::run_log& log) -> task<> {
      if (const auto done = co_await what(*parts)) log.line(fmt::format("{}", done));
    });
  };
  each("ask_silent", 1h, ask_silent_people);
  each("put_away_silent", 1h, put_away_silent_people);
  each("call_back", 1h, call_people_back);
  each("nudge_matches", 10min, nudge_silent_matches);
  each("give_up_matches", 1h, give_up_silent_matches);
  each("reward_invitations", 1min, reward_invitations);

  const auto tell = [](tasks::run_log& log, const rerating_report& done) {
    if (done.looked_at > 0)
      log.line(fmt::format("{} looked at, {} written, {} changed meanwhile", done.looked_at, done.written,
                           done.overtaken));
  };
  add("rerate", tasks::every{30s}, [parts, tell](tasks::run_log& log) -> task<> {
    tell(log, co_await rerate_dirty(parts->db, parts->time, parts->learned));
  });
  add("rerate_everybody", tasks::daily{rerate_at}, [parts, tell](tasks::run_log& log) -> task<> {
    tell(log, co_await rerate_all(parts->db, parts->time, parts->learned));
  });
  add("learn", tasks::daily{refit_at}, [parts](tasks::run_log& log) -> task<> {
    const auto report = co_await learn_coefficients(*parts);
    log.line(fmt::format("{}: version {} after {} showings; log loss of the latest {}: {:.4f}, before {:.4f}",
                         name_of(report.what), report.version, report.showings, report.held_out, report.after,
                         report.before));
  });
  add("forget_words", tasks::every{1h},
      [parts](tasks::run_log& log) -> task<> { tell_forgotten(log, co_await forget_words(*parts)); });
  add("forget", tasks::daily{forget_at},
      [parts](tasks::run_log& log) -> task<> { tell_forgotten(log, co_await forget_what_is_over(*parts)); });
  add("trust", tasks::every{1h}, [parts](tasks::run_log&) -> task<> {
    co_await parts->members.trust_long_standing(parts->db, parts->time.now() - trusted_after);
  });
  add("remove_photos", tasks::every{10min},
      [parts](tasks::run_log&) -> task<> { co_await parts->pictures.remove_dead(parts->db); });
  add("sweep_photos", tasks::daily{sweep_at}, [parts](tasks::run_log& log) -> task<> {
    // Nobody else keeps anything in the store: who begins to, is asked here.
    std::vector<photos::in_use> others;
    const auto removed = co_await parts->pictures.sweep_orphans(parts->db, std::move(others));
    if (removed > 0) log.line(fmt::format("{} files that no photo refers to", removed));
  });
}

}  // namespace tandem::dating
