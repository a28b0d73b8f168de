#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/part.hpp"
#include "base/clock.hpp"

namespace tandem::pg {
class pool;
}
namespace tandem::lead {
class candidate;
}

namespace tandem::tasks {

// When a job runs.
struct every {
  std::chrono::seconds period;  // the first time one period after it was first known
};
struct daily {
  std::chrono::minutes at;  // of the day, UTC
};
struct on_demand {};  // only when asked to: a background task
using schedule = std::variant<every, daily, on_demand>;

// The first moment after `now`; nothing for on_demand.
std::optional<instant> next_time(const schedule& when, instant now);

// What a run writes down for whoever looks later; kept with the run (its last 200 lines).
class run_log {
 public:
  virtual ~run_log() = default;
  virtual void line(std::string text) = 0;
};

struct job {
  std::string name;
  schedule when;
  std::function<task<>(run_log&)> run;
  std::chrono::milliseconds limit = std::chrono::hours(1);
};

enum class outcome { running, succeeded, failed, lost };  // lost: its process ended in the middle
std::string_view name_of(outcome what);

struct run {
  std::int64_t id = 0;
  std::string name;
  bool by_hand = false;
  instant started_at;
  std::optional<instant> ended_at;
  outcome result = outcome::running;
  std::string error;
  std::vector<std::string> log;
};

struct job_state {
  std::string name;
  bool paused = false;
  std::optional<instant> next_run_at;
  std::optional<run> last;
};

enum class run_error {
  unknown,      // there is no such job
  running,      // it runs just now
  not_leading,  // another process runs the jobs; ask() reaches it
};

// Runs jobs at their times, in the leading process only, each at most once at a time; keeps their last
// hundred runs in the database. A time that was missed while nothing ran is made up for once.
class scheduler : public async::part {
 public:
  // Before start(). The job's handler must be safe to repeat.
  virtual void add(job what) = 0;
  // Runs all that is due by the clock and waits for it; what the part does by itself every second.
  virtual task<> run_due() = 0;
  // Runs it here and now, also when it is paused, and gives the run once it has ended.
  virtual task<std::expected<run, run_error>> run_now(std::string name) = 0;
  // Has the leading process run it as soon as it looks, within a second; false if nobody knows it.
  virtual task<bool> ask(std::string name) = 0;
  // A paused job is not run at its times; false if nobody knows it.
  virtual task<bool> pause(std::string name, bool paused) = 0;
  virtual task<std::vector<job_state>> jobs() = 0;
  // The latest first.
  virtual task<std::vector<run>> history(std::string name, int limit) = 0;
};

struct scheduler_options {
  std::string name = "scheduler";         // of the part: one for each in a process
  std::chrono::milliseconds poll{1'000};  // 0: nothing runs by itself, run_due() is called by hand
  // Told about every run that failed. May be empty.
  std::function<void(std::string_view job, std::string_view error)> told;
};

std::unique_ptr<scheduler> make_scheduler(executor on, pg::pool& db, lead::candidate& lead, const clock& time,
                                          scheduler_options options = {});

}  // namespace tandem::tasks
