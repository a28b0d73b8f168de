#include "app/repeated.hpp"

#include "async/crew.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

class repeated final : public async::part {
 public:
  repeated(const executor& on, std::string_view room, std::string name, std::chrono::milliseconds pause,
           std::function<task<>()> work)
      : name_(std::move(name)),
        pause_(pause),
        work_(std::move(work)),
        running_(on, log::failures_to(log::logger(room))) {}
  std::string_view name() const override { return name_; }
  task<> start() override {
    if (running_.runs()) co_return;
    running_.begin();
    running_.keep(name_, [this] { return work_and_rest(); });
  }
  task<> stop() override { return running_.stop(); }
  async::health state() const override { return running_.state(); }

 private:
  task<> work_and_rest() {
    co_await work_();
    co_await async::sleep_for(pause_);
  }

  std::string name_;
  std::chrono::milliseconds pause_;
  std::function<task<>()> work_;
  async::crew running_;
};

}  // namespace

std::unique_ptr<async::part> make_repeated(const executor& on, std::string_view room, std::string name,
                                           std::chrono::milliseconds pause, std::function<task<>()> work) {
  return std::make_unique<repeated>(on, room, std::move(name), pause, std::move(work));
}

}  // namespace tandem::app
