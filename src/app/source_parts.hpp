#pragma once
#include <memory>

#include "app/settings.hpp"
#include "async/scope.hpp"
#include "hunt/bot/parts.hpp"
#include "hunt/posts/intake.hpp"
#include "platform/tasks/tasks.hpp"
#include "platform/telegram/dispatcher.hpp"

// What belongs to the sources beside their reading: posts that the bots bring, and the periodic work.
namespace tandem::app {

hunt::intake_settings intake_settings_of(const settings& all);

class source_parts {
 public:
  virtual ~source_parts() = default;
  // Before a bot starts: its updates go by the source desk.
  virtual void attach(telegram::routes& to) = 0;
  // Before the scheduler starts: health of the sources, retention, answers to what the operator brought.
  virtual void add_jobs(tasks::scheduler& to) = 0;
};

// All arguments outlive it. `observer` may be null.
std::unique_ptr<source_parts> make_source_parts(const settings& all, const hunt::bot::parts& with,
                                                queue::queue& lanes, hunt::post_observer* observer,
                                                async::scope& background);

}  // namespace tandem::app
