#include "platform/telegram/bot_set.hpp"

#include <charconv>
#include <map>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "async/within.hpp"

namespace tandem::telegram {

using namespace std::chrono_literals;

namespace {

// One bot of the set, from its token to its last update.
struct unit {
  unit(const executor& on, wanted_bot wanted_, bot_set_parts& parts_, const async::pauses& between)
      : wanted(std::move(wanted_)),
        work(
            on,
            [&parts = parts_](std::string_view task, const std::exception_ptr& error) {
              const auto about = std::string(task) + ": " + async::text_of(error);
              if (parts.report) parts.report("a bot's work failed", about);
            },
            between) {
    work.begin();
  }

  wanted_bot wanted;
  live_bot shown;
  std::chrono::milliseconds first_pause{0};
  std::unique_ptr<sender> out;
  std::unique_ptr<telegram::dispatcher> in;
  async::crew work;  // after what it uses: it is gone first
};
using shared_unit = std::shared_ptr<unit>;

class updating_bot_set final : public bot_set {
 public:
  updating_bot_set(executor on, http::client& transport, update_log& log, const clock& time,
                   bot_set_options options, bot_set_parts parts)
      : on_(on),
        transport_(transport),
        log_(log),
        time_(time),
        options_(std::move(options)),
        parts_(std::move(parts)),
        work_(
            on,
            [this](std::string_view, const std::exception_ptr& error) {
              tell("the list of bots cannot be followed", async::text_of(error));
            },
            options_.dispatch.between) {}

  std::string_view name() const override { return "telegram bots"; }

  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    co_await refresh();
    work_.keep("the list of bots", [this] { return refresh_later(); });
  }

  task<> stop() override {
    co_await work_.stop();
    while (!units_.empty()) co_await remove(units_.begin()->first);
    source_answered_ = false;
  }

  async::health state() const override {
    std::size_t running = 0, waiting = 0;
    for (const auto& [id, one] : units_) {
      auto now = one->work.state();
      if (!now.ready) return now;
      running += one->shown.condition == bot_condition::running;
      waiting += one->shown.condition == bot_condition::starting;
    }
    const auto refused = units_.size() - running - waiting;
    auto out = work_.state(std::to_string(running) + " bots run, " + std::to_string(waiting) + " start, " +
                           std::to_string(refused) + " are refused by Telegram");
    out.ready = out.ready && source_answered_;
    return out;
  }

  task<> refresh() override {
    std::vector<wanted_bot> wanted;
    try {
      wanted = co_await parts_.source();
    } catch (const std::exception& error) {
      // Those that run go on.
      tell("the list of bots could not be read", error.what());
      co_return;
    }
    source_answered_ = true;
    std::map<std::int64_t, wanted_bot> by_id;
    for (auto& one : wanted) {
      if (const auto id = bot_id_of(one.token)) {
        by_id.insert_or_assign(*id, std::move(one));
      } else {
        tell("a token is no bot token", "purpose: " + one.purpose);
      }
    }
    std::vector<std::int64_t> gone;
    for (const auto& [id, one] : units_) {
      const auto found = by_id.find(id);
      const bool stays = found != by_id.end() && found->second.token == one->wanted.token &&
                         found->second.purpose == one->wanted.purpose;
      if (!stays) gone.push_back(id);
    }
    for (const auto id : gone) co_await remove(id);
    int begun = 0;
    for (auto& [id, one] : by_id) {
      if (const auto found = units_.find(id); found != units_.end()) {
        found->second->wanted.limits = one.limits;
        if (found->second->out->limits() != one.limits) found->second->out->set_limits(one.limits);
      } else {
        add(id, std::move(one), begun++);
      }
    }
  }

  std::vector<live_bot> bots() const override {
    std::vector<live_bot> out;
    for (const auto& [id, one] : units_) out.push_back(one->shown);
    return out;
  }

  std::optional<live_bot> find(std::int64_t bot_id) const override {
    const auto found = units_.find(bot_id);
    if (found == units_.end() || !found->second->in) return std::nullopt;
    return found->second->shown;
  }

  task<webhook_verdict> accept(std::int64_t bot_id, std::string_view secret_header,
                               std::string body) override {
    const auto found = units_.find(bot_id);
    if (found == units_.end() || !found->second->in) co_return webhook_verdict::not_understood;
    const auto one = found->second;  // it may be taken out meanwhile
    const auto verdict = co_await accept_webhook(secret_header, options_.webhook_secret, std::move(body),
                                                 bot_id, *one->in, log_, time_);
    co_return verdict;
  }

 private:
  void tell(std::string_view what, std::string_view detail) const {
    if (parts_.report) parts_.report(what, detail);
  }

  task<> refresh_later() {
    co_await async::sleep_for(options_.refresh);
    co_await refresh();
  }

  void add(std::int64_t id, wanted_bot wanted, int begun_before) {
    auto one = std::make_shared<unit>(on_, std::move(wanted), parts_, options_.dispatch.between);
    sender_options out;
    out.api_root = options_.api_root;
    out.token = one->wanted.token;
    out.limits = one->wanted.limits;
    sender_events events;
    events.chat_closed = [this, id](std::int64_t chat, refusal why) {
      if (parts_.chat_closed) parts_.chat_closed(id, chat, why);
    };
    events.chat_migrated = [this, id](std::int64_t from, std::int64_t to) {
      if (parts_.chat_migrated) parts_.chat_migrated(id, from, to);
    };
    one->out = make_sender(on_, transport_, std::move(out), std::move(events));
    one->shown.id = id;
    one->shown.purpose = one->wanted.purpose;
    one->shown.out = one->out.get();
    units_.emplace(id, one);
    one->first_pause = options_.stagger * begun_before;
    auto& mine = *one;
    mine.work.keep("bot " + std::to_string(id), [this, &mine] { return run(mine); });
  }

  task<> remove(std::int64_t id) {
    const auto found = units_.find(id);
    if (found == units_.end()) co_return;
    const auto one = found->second;
    units_.erase(found);
    co_await one->work.stop();
    co_await one->out->stop();
  }

  void change(unit& one, bot_condition to, std::string_view detail) {
    one.shown.condition = to;
    if (parts_.changed) parts_.changed(one.shown, detail);
  }

  // A bot's life, until the stop; begun again when it fails.
  task<> run(unit& one) {
    co_await live(one);
    async::event never(on_);  // its token is unknown, or its updates come to the webhook
    co_await never.wait();
  }

  task<> live(unit& one) {
    const auto first = std::exchange(one.first_pause, 0ms);
    if (first > 0ms) co_await async::sleep_for(first);
    auto pause = options_.dispatch.pause;
    for (;;) {
      auto me = co_await one.out->get_me();
      if (me) {
        one.shown.me = std::move(*me);
        break;
      }
      if (me.error().why == refusal::unauthorized) {
        change(one, bot_condition::unauthorized,
               "Telegram does not know the token: " + me.error().description);
        co_return;
      }
      change(one, bot_condition::starting, "getMe: " + me.error().description);
      co_await async::sleep_for(pause);
      pause = std::min<std::chrono::milliseconds>(pause * 2, 30s);
    }
    if (!one.in) {
      auto table = parts_.table(one.shown);
      one.in = std::make_unique<dispatcher>(one.work.all(), *one.out, one.shown.me, std::move(table),
                                            options_.dispatch, parts_.report);
    }
    change(one, bot_condition::running, "@" + one.shown.me.username);
    if (options_.webhook_url.empty()) {
      co_await poll(one);
    } else {
      co_await ask_for_webhook(one);
    }
  }

  task<> poll(unit& one) {
    for (;;) {
      const auto end = co_await poll_updates(*one.out, one.shown.id, *one.in, log_, time_, parts_.report);
      if (end == poll_end::unauthorized) {
        change(one, bot_condition::unauthorized, "Telegram has revoked the token");
        co_return;
      }
      change(one, bot_condition::conflict, "another program takes this bot's updates");
      co_await async::sleep_for(options_.conflict_pause);
      change(one, bot_condition::running, "@" + one.shown.me.username);
    }
  }

  task<> ask_for_webhook(unit& one) {
    const auto progress = co_await log_.load(one.shown.id);
    one.in->remember(progress.seen);
    for (;;) {
      webhook target;
      target.url = options_.webhook_url + "/" + std::to_string(one.shown.id);
      target.secret_token = options_.webhook_secret;
      target.allowed_updates = one.in->kinds();
      const auto done = co_await one.out->set_webhook(std::move(target));
      if (done) co_return;
      tell("the webhook was not accepted", done.error().description);
      co_await async::sleep_for(options_.conflict_pause);
    }
  }

  executor on_;
  http::client& transport_;
  update_log& log_;
  const clock& time_;
  bot_set_options options_;
  bot_set_parts parts_;
  std::map<std::int64_t, shared_unit> units_;
  bool source_answered_ = false;
  async::crew work_;
};

}  // namespace

std::string_view name_of(bot_condition condition) {
  switch (condition) {
    case bot_condition::starting: return "starting";
    case bot_condition::running: return "running";
    case bot_condition::unauthorized: return "unauthorized";
    case bot_condition::conflict: break;
  }
  return "conflict";
}

std::optional<std::int64_t> bot_id_of(std::string_view token) {
  std::int64_t id = 0;
  const auto* end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, id);
  const bool good = error == std::errc() && id > 0 && rest != end && *rest == ':' && rest + 1 != end &&
                    token.size() <= 80 && token.find('/') == std::string_view::npos;
  return good ? std::optional(id) : std::nullopt;
}

std::unique_ptr<bot_set> make_bot_set(executor on, http::client& transport, update_log& log,
                                      const clock& time, bot_set_options options, bot_set_parts parts) {
  return std::make_unique<updating_bot_set>(std::move(on), transport, log, time, std::move(options),
                                            std::move(parts));
}

}  // namespace tandem::telegram
