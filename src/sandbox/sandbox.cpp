#include "sandbox/sandbox.hpp"

#include "sandbox/bot_api.hpp"
#include "sandbox/control.hpp"
#include "sandbox/loopback.hpp"
#include "sandbox/preview.hpp"
#include "sandbox/webhooks.hpp"

namespace tandem::sandbox {
namespace {

class house final : public sandbox {
 public:
  house(executor on, sandbox_options options, shifted_clock& time, http::client& web,
        async::scope::sink failures)
      : options_(std::move(options)),
        world_(on, options_.folder, options_.compact_above, machine_, time),
        stages_(world_),
        scope_(on, std::move(failures)),
        api_(world_, faults_, web),
        hooks_(world_, api_, faults_, web, scope_),
        control_(on, world_, faults_, stages_, options_.starter_folder),
        pages_(world_, faults_) {
    world_.faults_json = [this] { return faults_.json(); };
  }

  std::string_view name() const override { return "sandbox"; }

  task<> start() override {
    if (running_) co_return;
    running_ = true;
    api_.start();
    control_.start();
    for (const auto& [id, one] : world_.bots()) hooks_.watch(*one);
    world_.bot_added = [this](bot& one) { hooks_.watch(one); };
  }

  task<> stop() override {
    if (!running_) co_return;
    running_ = false;
    world_.bot_added = [](bot&) {};
    api_.stop();
    control_.stop();
    co_await scope_.stop();
  }

  async::health state() const override {
    return {running_, running_ ? std::to_string(world_.bots().size()) + " bots, " +
                                     std::to_string(world_.people().size()) + " people"
                               : ""};
  }

  void mount(http::router& on, std::string_view listener_address) override {
    if (!is_loopback(listener_address)) {
      throw not_loopback("the sandbox serves 127.0.0.1 or ::1 only, not " + std::string(listener_address));
    }
    // Files up to 50 MB come in one body; a long poll waits up to 50 s, a fault up to an hour.
    const http::route_limits limits{.body = 64 << 20, .handling = std::chrono::hours(2)};
    for (const char* method : {"GET", "POST"}) {
      on.add(
          method, "/bot{token}/{method...}",
          [this](http::request what) { return api_.answer(std::move(what)); }, limits);
      on.add(
          method, "/bot{token}", [this](http::request what) { return api_.answer(std::move(what)); }, limits);
    }
    on.add(
        "GET", "/file/bot{token}/{path...}",
        [this](http::request what) { return api_.file(std::move(what)); }, limits);
    on.add(
        "GET", "/s/{name}", [this](http::request what) { return pages_.channel(std::move(what)); }, limits);
    on.add(
        "GET", "/{name}/{id}", [this](http::request what) { return pages_.post(std::move(what)); }, limits);
    control_.mount(on);
    if (options_.web_folder.empty()) return;
    on.add_static("/sandbox", options_.web_folder);
    // The address that a start prints.
    on.add("GET", "/", [](http::request) -> task<http::response> {
      http::response page;
      page.status = 302;
      page.headers.add("Location", "/sandbox/");
      co_return page;
    });
  }

 private:
  sandbox_options options_;
  system_clock machine_;
  world world_;
  fault_table faults_;
  class stages stages_;
  async::scope scope_;
  bot_api api_;
  webhooks hooks_;
  control control_;
  preview_pages pages_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<sandbox> make_sandbox(executor on, sandbox_options options, shifted_clock& time,
                                      http::client& web, async::scope::sink failures) {
  return std::make_unique<house>(std::move(on), std::move(options), time, web, std::move(failures));
}

}  // namespace tandem::sandbox
