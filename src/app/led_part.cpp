#include "app/led_part.hpp"

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 200ms;

class led_part final : public async::part {
 public:
  led_part(executor on, lead::candidate& who, std::unique_ptr<async::part> inner)
      : who_(who),
        inner_(std::move(inner)),
        log_("lead"),
        work_(on, [this](std::string_view, const std::exception_ptr& failure) {
          failure_ = async::text_of(failure);
          log_.error("a part that is led has failed", failure, {{"part", inner_->name()}});
        }) {}

  std::string_view name() const override { return inner_->name(); }

  task<> start() override {
    if (started_) co_return;
    started_ = true;
    co_await follow();
    work_.spawn("follow the lead", watch());
  }

  task<> stop() override {
    started_ = false;
    co_await work_.stop();
    co_await inner_->stop();
    leads_ = false;
  }

  async::health state() const override {
    if (!failure_.empty()) return {false, failure_};
    if (!leads_) return {started_, "another process does this; this one is a spare"};
    return inner_->state();
  }

 private:
  task<> follow() {
    const bool leads = who_.epoch().has_value();
    if (leads == leads_) co_return;
    if (leads) {
      co_await inner_->start();
      log_.info("leads", {{"part", inner_->name()}});
    } else {
      log_.warn("does not lead any more", {{"part", inner_->name()}});
      std::exception_ptr failure;
      try {
        co_await inner_->stop();
      } catch (const pg::unavailable&) {
        failure = std::current_exception();
      }
      // What it had left to write is not its to write any more.
      if (failure)
        log_.warn("a part stopped with something unwritten",
                  {{"part", inner_->name()}, {"error", async::text_of(failure)}});
    }
    leads_ = leads;
  }

  task<> watch() {
    for (;;) {
      co_await async::sleep_for(look_every);
      co_await follow();
    }
  }

  lead::candidate& who_;
  std::unique_ptr<async::part> inner_;
  log::logger log_;
  async::scope work_;
  std::string failure_;
  bool started_ = false, leads_ = false;
};

}  // namespace

std::unique_ptr<async::part> make_led_part(executor on, lead::candidate& who,
                                           std::unique_ptr<async::part> inner) {
  return std::make_unique<led_part>(on, who, std::move(inner));
}

}  // namespace tandem::app
