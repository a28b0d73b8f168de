#include "app/sandbox_town.hpp"

#include <boost/json.hpp>
#include <deque>

#include "app/dating_parts.hpp"
#include "async/crew.hpp"
#include "async/event.hpp"
#include "async/within.hpp"
#include "hunt/bots/bots.hpp"
#include "hunt/categories.hpp"
#include "hunt/verdicts/classifier.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::int64_t main_bot_number = 7'000'000'001;  // the category bots follow it
constexpr std::int64_t dating_bot_number = 7'000'000'900;
constexpr std::string_view token_tail = ":sandbox-token-that-is-no-secret-at-all";
constexpr auto look_for_channels_every = 1s;
constexpr auto tell_stages_every = 30ms;     // stages are told in bundles
constexpr std::size_t stages_kept = 20'000;  // while the sandbox does not answer
constexpr std::size_t vacancies_kept = 5'000;

task<json::value> ask(sandbox_town& with, std::string method, std::string path, json::value body) {
  http::fetch what;
  what.method = std::move(method);
  what.url = with.root + "/sandbox/v1" + path;
  if (!body.is_null()) {
    what.body = json::serialize(body);
    what.headers.add("Content-Type", "application/json");
  }
  const auto answer = co_await with.client.send(std::move(what));
  if (answer.status >= 300) {
    throw std::runtime_error("the sandbox refused " + path + ": " + answer.body);
  }
  co_return answer.body.empty() ? json::value() : json::parse(answer.body);
}

task<> register_bot(sandbox_town& with, std::string username, std::string token) {
  json::value body{{"username", username}, {"token", token}};
  co_await ask(with, "POST", "/bots", std::move(body));
}

task<> follow_channels(sandbox_town& with) {
  const auto listed = co_await ask(with, "GET", "/channels", nullptr);
  for (const auto& channel : listed.at("channels").as_array()) {
    const std::string name(channel.at("username").as_string());
    const auto known = co_await with.sources.find(name);
    if (known) continue;
    co_await with.sources.add(name, "");
  }
}

class follower final : public sandbox_follower {
 public:
  explicit follower(sandbox_town with)
      : with_(std::move(with)),
        log_("sandbox.follower"),
        work_(with_.on, log::failures_to(log_)),
        bell_(with_.on) {}

  std::string_view name() const override { return "sandbox follower"; }
  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    work_.keep("follow channels", [this] { return follow(); });
    work_.keep("tell stages", [this] { return tell(); });
  }
  task<> stop() override { return work_.stop(); }
  async::health state() const override { return work_.state(); }

  void noticed(const hunt::post_event& event) override {
    json::object detail;
    std::string_view stage;
    using kind = hunt::post_event::kind;
    switch (event.what) {
      case kind::seen:
        stage = "seen";
        detail["source"] = event.source_name;
        break;
      case kind::dropped:
        stage = "dropped";
        detail["rule"] = event.detail;
        break;
      case kind::repeat: stage = "repeat"; break;
      case kind::passed:
        stage = "passed";
        detail["rule"] = event.detail;
        put(event.source_name, event.message_id, stage, event.at, std::move(detail));
        detail = {};
        stage = "new";
        break;
      case kind::judged: {
        stage = "judged";
        if (!event.judgement) break;
        const auto& verdict = *event.judgement;
        detail["kind"] = hunt::name(verdict.kind);
        json::array categories;
        for (const auto& one : verdict.categories) categories.emplace_back(hunt::slug(one.which));
        detail["categories"] = std::move(categories);
        detail["confidence"] = verdict.confidence;
        detail["scam"] = verdict.scam;
        detail["engine"] = verdict.model;
        break;
      }
      case kind::published:
        if (posts_.size() > vacancies_kept) posts_.erase(posts_.begin());
        posts_[event.vacancy] = {std::string(event.source_name), event.message_id};
        return;
      case kind::edited:
      case kind::withdrawn: return;
    }
    put(event.source_name, event.message_id, stage, event.at, std::move(detail));
  }

  void handed(hunt::vacancy_id vacancy, instant at) override {
    if (const auto post = posts_.find(vacancy); post != posts_.end()) {
      put(post->second.channel, post->second.message_id, "queued", at, {});
    }
  }
  void delivered(hunt::vacancy_id vacancy, int readers, instant at) override {
    if (const auto post = posts_.find(vacancy); post != posts_.end()) {
      json::object detail{{"readers", readers}};
      put(post->second.channel, post->second.message_id, "sent", at, std::move(detail));
    }
  }

 private:
  struct post {
    std::string channel;
    std::int64_t message_id = 0;
  };

  void put(std::string_view channel, std::int64_t message_id, std::string_view stage, instant at,
           json::object detail) {
    if (stages_.size() >= stages_kept) stages_.pop_front();
    json::object one{{"channel", channel},
                     {"post_id", message_id},
                     {"stage", stage},
                     {"at_us", at.time_since_epoch().count()},
                     {"detail", std::move(detail)}};
    stages_.push_back(std::move(one));
    bell_.ring();
  }

  task<> follow() {
    try {
      co_await follow_channels(with_);
    } catch (const http::no_answer&) {  // it is asked again
    }
    co_await async::sleep_for(look_for_channels_every);
  }

  task<> tell() {
    co_await bell_.wait();
    co_await async::sleep_for(tell_stages_every);
    json::array bundle;
    while (!stages_.empty() && bundle.size() < 500) {
      bundle.emplace_back(std::move(stages_.front()));
      stages_.pop_front();
    }
    if (!stages_.empty()) bell_.ring();
    json::value body{{"stages", std::move(bundle)}};
    try {
      co_await ask(with_, "POST", "/stages", std::move(body));
    } catch (const std::runtime_error& error) {
      log_.debug("the sandbox does not take stages", {{"error", error.what()}});
    }
  }

  sandbox_town with_;
  log::logger log_;
  async::crew work_;
  async::event bell_;
  std::deque<json::object> stages_;
  std::map<hunt::vacancy_id, post> posts_;
};

}  // namespace

task<> furnish_sandbox(sandbox_town with) {
  auto known = co_await with.registry.list(with.db);
  const bool fresh = known.empty();
  if (fresh) {
    const auto tx = co_await with.db.begin();
    const auto categories = co_await hunt::load_categories(*tx);
    std::int64_t number = main_bot_number;
    const auto token = [](std::int64_t id) { return std::to_string(id) + std::string(token_tail); };
    co_await with.registry.add(*tx, token(number), "hunt.main", "");
    for (const auto& category : categories) {
      const auto bot = token(++number);
      co_await with.registry.add(*tx, bot, "hunt.category", "");
      co_await hunt::assign_bot(*tx, number, category.slug, with.time.now());
    }
    co_await tx->commit();
    known = co_await with.registry.list(with.db);
  }
  // Also in a sandbox that is older than Dating.
  if (std::ranges::find(known, dating_role, &bots::registered_bot::role) == known.end()) {
    const auto token = std::to_string(dating_bot_number) + std::string(token_tail);
    co_await with.registry.add(with.db, token, dating_role, "");
    known = co_await with.registry.list(with.db);
  }
  const auto assigned = co_await hunt::assigned_bots(with.db);
  for (const auto& bot : known) {
    std::string username = bot.role == dating_role ? "tandem_dating_bot" : "tandem_hunt_bot";
    for (const auto& one : assigned) {
      if (one.bot_id == bot.id) username = "tandem_" + one.slug + "_bot";
    }
    co_await register_bot(with, std::move(username), bot.token);
  }
  if (fresh) {
    co_await ask(with, "POST", "/starter", json::object());
    co_await follow_channels(with);
  }
}

std::unique_ptr<sandbox_follower> make_sandbox_follower(sandbox_town with) {
  return std::make_unique<follower>(std::move(with));
}

}  // namespace tandem::app
