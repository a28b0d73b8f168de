#include "app/lane_watch.hpp"

#include <set>

#include "async/crew.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

class lane_watch final : public async::part {
 public:
  lane_watch(executor on, queue::queue& lanes, const clock& time, metrics::registry& figures,
             std::chrono::milliseconds look_every)
      : lanes_(lanes),
        time_(time),
        figures_(figures),
        look_every_(look_every),
        work_(on, log::failures_to(log::logger("queue"))) {}

  std::string_view name() const override { return "queue watch"; }
  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    work_.keep("watch lanes", [this] { return watch(); });
  }
  task<> stop() override { return work_.stop(); }
  async::health state() const override { return work_.state(); }

 private:
  task<> watch() {
    co_await look();
    co_await async::sleep_for(look_every_);
  }

  task<> look() {
    auto states = co_await lanes_.lanes();
    std::set<std::string> empty;
    empty.swap(shown_);
    for (const auto& lane : states) {
      shown_.insert(lane.lane);
      empty.erase(lane.lane);
    }
    for (const auto& name : empty) {  // the queue does not speak of lanes without messages
      queue::lane_state nothing;
      nothing.lane = name;
      states.push_back(std::move(nothing));
      shown_.insert(name);
    }
    for (const auto& lane : states) {
      const metrics::labels which{{"lane", lane.lane}};
      const auto age = lane.oldest_waiting ? time_.now() - *lane.oldest_waiting : 0us;
      figures_.gauge("tandem_queue_waiting", "Messages that could be taken now.", which)
          .set(static_cast<double>(lane.waiting));
      figures_.gauge("tandem_queue_delayed", "Messages that wait for their time.", which)
          .set(static_cast<double>(lane.delayed));
      figures_.gauge("tandem_queue_dead", "Dead letters.", which).set(static_cast<double>(lane.dead));
      figures_
          .gauge("tandem_queue_oldest_seconds", "How long the oldest of those that could be taken waits.",
                 which)
          .set(std::chrono::duration<double>(age).count());
    }
  }

  queue::queue& lanes_;
  const clock& time_;
  metrics::registry& figures_;
  std::chrono::milliseconds look_every_;
  std::set<std::string> shown_;  // lanes that have figures
  async::crew work_;
};

}  // namespace

std::unique_ptr<async::part> make_lane_watch(executor on, queue::queue& lanes, const clock& time,
                                             metrics::registry& figures,
                                             std::chrono::milliseconds look_every) {
  return std::make_unique<lane_watch>(on, lanes, time, figures, look_every);
}

}  // namespace tandem::app
