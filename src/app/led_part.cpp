#include "app/led_part.hpp"

#include "async/crew.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 200ms;

class led_part final : public async::part {
 public:
  led_part(const executor& on, lead::candidate& who, std::unique_ptr<async::part> inner,
           async::pauses between)
      : who_(who), inner_(std::move(inner)), log_("lead"), work_(on, log::failures_to(log_), between) {}

  std::string_view name() const override { return inner_->name(); }

  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    co_await follow();
    work_.keep("follow the lead", [this] { return look(); });
  }

  task<> stop() override {
    co_await work_.stop();
    runs_ = begun_ = false;
    co_await inner_->stop();
  }

  async::health state() const override {
    auto mine = work_.state("another process does this; this one is a spare");
    return mine.ready && runs_ ? inner_->state() : mine;
  }

 private:
  task<> look() {
    co_await async::sleep_for(look_every);
    co_await follow();
  }

  task<> follow() {
    const bool leads = who_.epoch().has_value();
    if (leads == runs_) co_return;
    if (!leads) log_.warn("does not lead any more", {{"part", inner_->name()}});
    runs_ = false;
    co_await give_up();
    if (!leads) co_return;
    begun_ = true;
    co_await inner_->start();
    runs_ = true;
    log_.info("leads", {{"part", inner_->name()}});
  }

  // What ran, or was begun only in part.
  task<> give_up() {
    if (!begun_) co_return;
    std::exception_ptr failure;
    try {
      co_await inner_->stop();
    } catch (const async::passing&) {
      failure = std::current_exception();
    }
    begun_ = false;
    // What it had left to write is another's to write now; or its own, if it leads again before anybody else.
    if (failure) log_.warn("a part stopped with something unwritten", failure, {{"part", inner_->name()}});
  }

  lead::candidate& who_;
  std::unique_ptr<async::part> inner_;
  log::logger log_;
  async::crew work_;
  bool begun_ = false, runs_ = false;
};

}  // namespace

std::unique_ptr<async::part> make_led_part(executor on, lead::candidate& who,
                                           std::unique_ptr<async::part> inner, async::pauses between) {
  return std::make_unique<led_part>(on, who, std::move(inner), between);
}

}  // namespace tandem::app
