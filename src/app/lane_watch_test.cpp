#include "app/lane_watch.hpp"

#include <gtest/gtest.h>

#include "async/event.hpp"
#include "async/loop.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

// Says what it is told to say of its lanes.
class said_queue final : public queue::queue {
 public:
  explicit said_queue(const executor& on) : asked_(on) {}
  std::vector<tandem::queue::lane_state> states;

  task<> publish(pg::transaction&, std::span<const tandem::queue::publication>) override { co_return; }
  task<> consume(tandem::queue::consumer_options, tandem::queue::batch_handler) override { co_return; }
  task<std::vector<tandem::queue::lane_state>> lanes() override {
    ++times_;
    asked_.ring();
    co_return states;
  }
  task<std::vector<tandem::queue::dead_letter>> dead(std::string_view, int) override {
    co_return std::vector<tandem::queue::dead_letter>();
  }
  task<std::int64_t> replay(std::string_view, std::span<const std::int64_t>) override { co_return 0; }
  task<> recover() override { co_return; }
  task<> stop() override { co_return; }

  // What was said until now is shown: it was asked twice more.
  task<> until_shown() {
    const int enough = times_ + 2;
    while (times_ < enough) {
      if (!co_await asked_.wait_for(20s)) throw std::runtime_error("nobody asks");
    }
  }

 private:
  async::event asked_;
  int times_ = 0;
};

TEST(LaneWatch, ALaneThatHasBecomeEmptyShowsZeros) {
  async::loop io;
  const fixed_clock time(instant{} + 1h);
  metrics::registry figures;
  said_queue lanes(io.on());
  const auto watch = make_lane_watch(io.on(), lanes, time, figures, 1ms);
  const auto shown = [&](std::string_view lane) {
    const metrics::labels which{{"lane", std::string(lane)}};
    return std::vector<double>{
        figures.gauge("tandem_queue_waiting", "Messages that could be taken now.", which).value(),
        figures.gauge("tandem_queue_delayed", "Messages that wait for their time.", which).value(),
        figures.gauge("tandem_queue_dead", "Dead letters.", which).value(),
        figures
            .gauge("tandem_queue_oldest_seconds", "How long the oldest of those that could be taken waits.",
                   which)
            .value()};
  };
  tandem::queue::lane_state judge{
      .lane = "judge", .waiting = 3, .delayed = 2, .dead = 1, .oldest_waiting = time.now() - 7s};
  tandem::queue::lane_state deliver{.lane = "deliver", .waiting = 5};
  lanes.states = {judge, deliver};
  io.run(watch->start());
  io.run(lanes.until_shown());
  EXPECT_EQ(shown("judge"), (std::vector<double>{3, 2, 1, 7}));
  lanes.states = {deliver};
  io.run(lanes.until_shown());
  EXPECT_EQ(shown("judge"), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(shown("deliver"), (std::vector<double>{5, 0, 0, 0}));
  lanes.states = {judge};
  io.run(lanes.until_shown());
  EXPECT_EQ(shown("judge"), (std::vector<double>{3, 2, 1, 7}));
  EXPECT_EQ(shown("deliver"), (std::vector<double>{0, 0, 0, 0}));
  io.run(watch->stop());
}

}  // namespace
}  // namespace tandem::app
