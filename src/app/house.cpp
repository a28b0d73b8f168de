#include "app/house.hpp"

#include <fmt/format.h>

#include <charconv>

#include "accounts/dialogs.hpp"
#include "accounts/users.hpp"
#include "app/database.hpp"
#include "app/dating_parts.hpp"
#include "app/engines.hpp"
#include "app/lane_watch.hpp"
#include "app/leads.hpp"
#include "app/led_part.hpp"
#include "app/model_parts.hpp"
#include "app/own_bots.hpp"
#include "app/reader_accounts_part.hpp"
#include "app/reading_parts.hpp"
#include "app/repeated.hpp"
#include "app/resources.hpp"
#include "app/sandbox_town.hpp"
#include "app/shares.hpp"
#include "app/source_parts.hpp"
#include "app/stores.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "base/text/hex.hpp"
#include "hunt/bot/alerts.hpp"
#include "hunt/bot/operator_desk.hpp"
#include "hunt/bot/periodic.hpp"
#include "hunt/bot/routes.hpp"
#include "hunt/bots/bots.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/readers/readers.hpp"
#include "hunt/reports/reports.hpp"
#include "hunt/sources/source_reader.hpp"
#include "hunt/vacancies/post_judge.hpp"
#include "platform/bots/installation.hpp"
#include "platform/bots/registry.hpp"
#include "platform/errors/errors.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/lead/lead.hpp"
#include "platform/locale/locale.hpp"
#include "platform/log/log.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/queue/queue.hpp"
#include "platform/tasks/tasks.hpp"
#include "platform/telegram/bot_set.hpp"
#include "platform/web/web.hpp"
#include "sandbox/sandbox.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view real_telegram = "https://api.telegram.org";
constexpr std::string_view real_pages = "https://t.me";
constexpr auto errors_kept = std::chrono::days(30);

hunt::reading_pace pace_of(const settings& all, mode what) {
  hunt::reading_pace pace;
  if (what == mode::sandbox) {  // our own pages: nobody is bothered, and a post shall arrive within a second
    pace.min_gap = 200ms;
    pace.max_gap = 400ms;
    pace.requests_per_second = 1000;
    pace.parallel = 16;
    pace.reread_gap = 5s;
    pace.failure_gap = 500ms;
    pace.max_failure_gap = 5s;
    pace.lost_gap = 2s;
    pace.feed_min_gap = 1s;
    pace.feed_max_gap = 2s;
  } else {
    pace.min_gap = std::chrono::seconds(all.read_gap_min_s);
    pace.max_gap = std::chrono::seconds(all.read_gap_max_s);
    pace.requests_per_second = static_cast<double>(all.read_requests_per_second);
  }
  return pace;
}

// Not ready until everything has been started, and again once the stop has begun.
class whole_start final : public async::part {
 public:
  std::string_view name() const override { return "start"; }
  task<> start() override {
    done_ = true;
    co_return;
  }
  task<> stop() override {
    done_ = false;
    co_return;
  }
  async::health state() const override { return {done_, done_ ? "" : "parts are being started or stopped"}; }

 private:
  bool done_ = false;
};

// The senders alone, of the bots that are registered, for a process that delivers or gives notice while the
// bots run in another.
class sender_set {
 public:
  sender_set(executor on, http::client& transport, std::string root, telegram::send_limits limits)
      : on_(on), transport_(transport), root_(std::move(root)), limits_(limits) {}

  // A sender for each of these, and none for others or with another token.
  task<> keep(const std::vector<bots::registered_bot>& wanted) {
    std::map<std::int64_t, one> gone;
    gone.swap(senders_);
    for (const auto& bot : wanted) {
      if (auto known = gone.extract(bot.id); known && known.mapped().token == bot.token) {
        senders_.insert(std::move(known));
        continue;
      } else if (known) {
        gone.insert(std::move(known));
      }
      telegram::sender_options options{root_, bot.token, limits_};
      senders_[bot.id] = {bot.token, telegram::make_sender(on_, transport_, std::move(options))};
    }
    for (auto& [id, old] : gone) co_await old.out->stop();
  }
  telegram::sender* find(std::int64_t bot_id) const {
    const auto found = senders_.find(bot_id);
    return found == senders_.end() ? nullptr : found->second.out.get();
  }
  task<> stop() {
    for (auto& [id, each] : senders_) co_await each.out->stop();
  }

 private:
  executor on_;
  http::client& transport_;
  std::string root_;
  telegram::send_limits limits_;
  struct one {
    std::string token;
    std::unique_ptr<telegram::sender> out;
  };
  std::map<std::int64_t, one> senders_;
};

class built_house final : public house {
 public:
  built_house(executor on, const settings& all, std::vector<role> roles)
      : on_(on),
        all_(all),
        roles_(std::move(roles)),
        folder_(all),
        log_("app"),
        background_(on, [this](std::string_view task, const std::exception_ptr& failure) {
          log_.error("background work failed", failure, {{"task", task}});
        }) {}

  task<> start() override {
    std::filesystem::create_directories(folder_.root);
    texts_ = locale::texts::load(share_folder() / "locales");
    http_ = make_client();
    if (needs_database()) {
      co_await open_database();
    } else {
      mode_ = mode::sandbox;
    }
    co_await open_inner_listener();
    if (needs_database()) co_await start_product();
    co_await life_.start(started_);
  }

  task<> stop() override {
    co_await life_.stop();
    co_await background_.stop();
    if (notices_) co_await notices_->stop();
    if (deliveries_) co_await deliveries_->stop();
    if (lanes_) co_await lanes_->stop();
    if (db_) co_await db_->close();
  }

  std::string address() const override { return fmt::format("http://127.0.0.1:{}/", inner_->port()); }

 private:
  bool has(role one) const { return std::ranges::find(roles_, one) != roles_.end(); }
  bool needs_database() const { return roles_.size() > 1 || !has(role::sandbox); }
  bool is_sandbox() const { return mode_ == mode::sandbox; }
  // Without a main bot this is a house of Dating alone: nothing of Hunt is read, judged, sent or planned.
  bool hunts() const { return main_bot_ != 0; }
  bool sandbox_is_here() const { return has(role::sandbox) && is_sandbox() && all_.telegram_api.empty(); }

  std::unique_ptr<http::client> make_client() const {
    http::client_options options;
    options.proxy = all_.telegram_proxy;
    options.connections_per_host = 256;
    return options.proxy.empty() ? http::make_plain_client(on_, std::move(options))
                                 : http::make_curl_client(on_, std::move(options));
  }

  std::string telegram_root() const {
    if (!all_.telegram_api.empty()) return all_.telegram_api;
    return is_sandbox() ? fmt::format("http://127.0.0.1:{}", inner_->port()) : std::string(real_telegram);
  }
  std::string pages_root() const {
    if (!all_.channel_pages.empty()) return all_.channel_pages;
    return is_sandbox() ? telegram_root() : std::string(real_pages);
  }

  task<> open_database() {
    db_ = co_await database::open(on_, all_, cluster_use::own);
    const auto report = co_await pg::migrate(db_->pool(), share_folder() / "migrations");
    for (const auto& file : report.applied) log_.info("migrated", {{"file", file}});
    // A fresh database gets a fresh key; one that has been used needs the key that it was used with.
    const auto known = co_await bots::find_installation(db_->pool());
    secrets_ = seal::open_vault(folder_.key(), !known);
    mode_ = co_await claim_installation(db_->pool(), all_, *secrets_);
    errors_ = errors::make_error_keeper(on_, db_->pool(), log::errors());
    co_await life_.start(*errors_);
    queue_ = make_queue(on_, all_, db_->pool(), time_, figures_);
    lanes_ = queue_.lanes.get();
    stores_ = make_stores(on_, all_, db_->pool(), *secrets_, time_, figures_, public_routes_);
    co_await life_.start(*stores_);
    if (queue_.link) co_await life_.start(*queue_.link);
    const bool alone = roles_.size() == all_roles().size() && all_.database.empty();
    leads_ = std::make_unique<leads>(on_, db_->pool(), alone);
    if (alone) co_await lanes_->recover();
  }

  // Metrics and health; the sandbox's page, emulator and control contract where this is a sandbox. On
  // loopback only.
  task<> open_inner_listener() {
    http::listener_options options;
    options.port = static_cast<std::uint16_t>(all_.port);
    web::add_metrics(inner_routes_, figures_);
    web::add_health(inner_routes_, [this] {
      std::vector<const async::part*> parts(life_.running().begin(), life_.running().end());
      if (std::ranges::find(parts, &started_) == parts.end()) parts.push_back(&started_);
      return parts;
    });
    inner_routes_.add("PUT", "/log", [](http::request what) { return change_log_level(std::move(what)); });
    if (sandbox_is_here()) {
      sandbox::sandbox_options town;
      town.folder = folder_.sandbox();
      town.web_folder = share_folder() / "web";
      town.starter_folder = share_folder() / "starter";
      sandbox_ = sandbox::make_sandbox(on_, std::move(town), time_, *http_,
                                       [this](std::string_view task, const std::exception_ptr& failure) {
                                         log_.error("the sandbox failed", failure, {{"task", task}});
                                       });
      sandbox_->mount(inner_routes_, options.address);
    }
    inner_ = http::make_server(on_, "inner listener", options, inner_routes_);
    co_await life_.start(*inner_);
    if (sandbox_) co_await life_.start(*sandbox_);
  }

  static task<http::response> change_log_level(http::request what) {
    const auto level = log::level_of(what.query_value("level").value_or(""));
    if (!level)
      co_return http::json_error(400, "bad_level", "level is one of trace, debug, info, warn, error");
    log::set_level(what.query_value("room").value_or(""), *level);
    co_return http::response::json(200, "{}");
  }

  task<> start_product() {
    auto& db = db_->pool();
    registry_ = bots::make_registry(*secrets_, time_);
    sources_ = hunt::make_sources(db, time_);
    if (is_sandbox()) {
      sandbox_town town{on_, *http_, telegram_root(), db, *registry_, *sources_, machine_time_};
      if (has(role::bots)) co_await furnish_sandbox(town);
      follower_ = make_sandbox_follower(town);
    } else {
      co_await keep_own_bots(db, *registry_, all_, has(role::bots));
    }
    if (!leads_->alone()) {
      const auto set_of = [this](speaker who) {
        return std::make_unique<sender_set>(on_, *http_, telegram_root(), limits_of(all_, who));
      };
      notices_ = set_of(speaker::notices);
      if (has(role::delivery)) deliveries_ = set_of(speaker::deliveries);
    }
    co_await know_bots();
    if (main_bot_ == 0 && dating_bot_ == 0) {
      throw std::runtime_error("there is no bot yet: start a process with the role bots first");
    }
    co_await build_hunt();
    if (dating_bot_ != 0) build_dating_house();

    if (!leads_->alone()) {
      others_ = make_repeated(on_, "app", "what the others change", is_sandbox() ? 1s : 5s,
                              [this] { return follow_others(); });
      co_await life_.start(*others_);
    }
    if (has(role::relay)) {
      lane_watch_ = make_lane_watch(on_, *lanes_, time_, figures_);
      co_await life_.start(*lane_watch_);
      if (queue_.relay) co_await start_relay();
    }
    if (judge_) {
      co_await judges_->start(life_);
      co_await life_.start(*judge_);
    }
    if (has(role::bots)) co_await start_bots();
    if (has(role::delivery) && hunts()) co_await start_delivery();
    if (has(role::reader) && hunts()) {
      co_await start_reader();
      co_await start_reader_accounts();
    }
    if (follower_ && has(role::reader)) co_await life_.start(*follower_);
    if (has(role::matching) && dating_) co_await start_matching();
    if (has(role::rating) && dating_) co_await start_rating();
    if (has(role::scheduler)) co_await start_scheduler();
    if (has(role::api) && all_.public_port != 0) co_await open_public_listener();
  }

  task<> start_relay() {
    const auto office = co_await leads_->run_for("relay", life_);
    led_.push_back(make_led_part(on_, office.who, std::move(queue_.relay)));
    co_await life_.start(*led_.back());
  }

  // The bots as they are registered now; remembers what the other rooms ask of them.
  task<std::vector<bots::registered_bot>> know_bots() {
    auto known = co_await registry_->list(db_->pool());
    for (const auto& bot : known) {
      if (bot.role == hunt_role) main_bot_ = bot.id;
      if (bot.role == dating_role) dating_bot_ = bot.id;
      usernames_[bot.id] = bot.username;
    }
    const auto assigned = co_await hunt::assigned_bots(db_->pool());
    category_of_.clear();
    for (const auto& one : assigned) category_of_[one.bot_id] = one.category;
    if (notices_) co_await notices_->keep(known);
    if (deliveries_) co_await deliveries_->keep(known);
    co_return known;
  }

  // What other processes change: bots that come and go, categories.
  task<> follow_others() {
    co_await know_bots();
    co_await hunt::bot::refresh_categories(*bot_parts_);
  }

  task<> build_hunt() {
    auto& db = db_->pool();
    people_ = accounts::make_users(time_);
    dialogs_ = accounts::make_dialogs(time_);
    operators_ = accounts::make_operators(time_);
    hunt::reader_settings reading;
    reading.trial = std::chrono::hours(all_.trial_hours);
    reading.warn_readers_per_bot = static_cast<int>(all_.warn_readers_per_bot);
    readers_ = hunt::make_readers(time_, main_bot_, reading);
    cards_ = hunt::make_cards(time_);
    filters_ = hunt::make_filters(time_);
    reports_ = hunt::make_reports(time_, *lanes_);
    day_figures_ = hunt::make_day_figures(stores_->kept(), time_);
    bot_parts_ = std::make_unique<hunt::bot::parts>(parts_over(db));
    co_await hunt::bot::refresh_categories(*bot_parts_);
    desk_ = std::make_unique<hunt::bot::operator_desk>(*bot_parts_, background_);
    alert_parts_ = std::make_unique<hunt::bot::parts>(alert_parts_over(db));
    alerts_ = std::make_unique<hunt::bot::alerts>(*alert_parts_);
    bot_sources_ = make_source_parts(all_, *bot_parts_, *lanes_, follower_.get(), background_);

    if (has(role::classifier) && hunts()) {
      judges_ = make_judges(on_, all_, db, time_, figures_, [this](std::string alert, std::string reason) {
        background_.spawn("tell of the model", tell_of_model(std::move(alert), std::move(reason)));
      });
      hunt::judge_parts judge{on_,   db,       *lanes_,         judges_->local(),
                              time_, figures_, follower_.get(), judges_->model()};
      judge_ = hunt::make_post_judge(judge, judge_settings_of(all_));
    }
  }

  // A product speaks through its own bots alone.
  conversation::stage stage_over(pg::pool& db, std::string_view product) {
    const bool of_dating = product == "dating";
    conversation::outlet senders = [this, of_dating](std::int64_t bot_id) {
      return of_dating == (bot_id == dating_bot_) ? sender_of(bot_id) : nullptr;
    };
    return {db, time_, *texts_, *people_, *dialogs_, *operators_, std::move(senders), product, {}};
  }

  void build_dating_house() {
    dating_town with{on_,
                     all_,
                     is_sandbox(),
                     *secrets_,
                     stores_->blobs(),
                     *lanes_,
                     figures_,
                     background_,
                     stage_over(db_->pool(), "dating"),
                     dating_bot_,
                     [this] { return username_of(dating_bot_); }};
    dating_ = build_dating(std::move(with));
    bot_parts_->before_erasure = [this](pg::transaction& in, const accounts::user& who) {
      return dating_->erase(in, who);
    };
  }

  task<> start_matching() {
    matching_ = dating_->matching();
    co_await life_.start(*matching_);
  }

  // A scheduler of its own, so that a process can have this work alone.
  task<> start_rating() {
    const auto office = co_await leads_->run_for("rating", life_);
    auto options = scheduling();
    options.name = "rating";
    rating_jobs_ = tasks::make_scheduler(on_, db_->pool(), office.who, time_, std::move(options));
    dating_->add_jobs(*rating_jobs_, office.db);
    co_await life_.start(*rating_jobs_);
  }

  static tasks::scheduler_options scheduling() {
    tasks::scheduler_options options;
    options.told = [log = log::logger("tasks")](std::string_view job, std::string_view error) {
      log.error("a job failed", {{"job", job}, {"error", error}});
    };
    return options;
  }

  hunt::bot::parts parts_over(pg::pool& db) {
    return {stage_over(db, "hunt"),
            *readers_,
            *cards_,
            *filters_,
            *reports_,
            [this](std::int64_t bot_id) { return username_of(bot_id); },
            main_bot_,
            {all_.operator_name, all_.operator_contact, static_cast<int>(all_.journal_days),
             static_cast<int>(all_.retain_refused_days), static_cast<int>(all_.retain_accepted_days),
             static_cast<int>(all_.retain_deliveries_days), all_.learn_from_posts},
            static_cast<int>(all_.trial_hours / 24),
            {},
            *day_figures_};
  }

  // What an operator must hear comes to their chats of every product.
  hunt::bot::parts alert_parts_over(pg::pool& db) {
    auto out = parts_over(db);
    out.senders = [this](std::int64_t bot_id) { return sender_of(bot_id); };
    return out;
  }

  task<> refresh_categories() {
    co_await hunt::bot::refresh_categories(*bot_parts_);
    co_await hunt::bot::refresh_categories(*job_parts_);
  }

  telegram::sender* sender_of(std::int64_t bot_id) const {
    if (bots_) {
      if (const auto bot = bots_->find(bot_id)) return bot->out;
    }
    return notices_ ? notices_->find(bot_id) : nullptr;
  }

  std::string username_of(std::int64_t bot_id) const {
    if (bots_) {
      if (const auto bot = bots_->find(bot_id)) return bot->me.username;
    }
    const auto known = usernames_.find(bot_id);
    return known == usernames_.end() ? std::string() : known->second;
  }

  task<std::vector<telegram::wanted_bot>> wanted_bots() {
    const auto known = co_await know_bots();
    std::vector<telegram::wanted_bot> wanted;
    const auto limits = limits_of(all_, leads_->alone() ? speaker::all : speaker::answers);
    for (const auto& bot : known) {
      if (bot.role == "hunt.category" && !hunts()) continue;  // they rest until there is a main bot again
      wanted.push_back({bot.token, bot.role, limits});
    }
    co_return wanted;
  }

  telegram::routes table_of(const telegram::live_bot& bot) {
    if (bot.purpose == dating_role) return dating_->routes();
    auto out = bot.purpose == hunt_role ? hunt::bot::main_bot_routes(*bot_parts_, *desk_)
                                        : hunt::bot::category_bot_routes(*bot_parts_, *desk_);
    bot_sources_->attach(out);
    return out;
  }

  void bot_changed(const telegram::live_bot& bot, std::string_view detail) {
    log_.info("a bot changed",
              {{"bot", bot.id}, {"state", telegram::name_of(bot.condition)}, {"detail", detail}});
    std::string wrong(bot.condition == telegram::bot_condition::running ? "" : detail);
    background_.spawn("note a bot", note_bot(bot.id, bot.me, std::move(wrong)));
    if (bot.condition == telegram::bot_condition::running)
      background_.spawn("introduce a bot", introduce(bot.id));
    if (bot.condition == telegram::bot_condition::unauthorized) tell("bot_unauthorized", bot.id);
    if (bot.condition == telegram::bot_condition::conflict) tell("bot_conflict", bot.id);
  }

  void tell(std::string alert, std::int64_t bot_id) {
    background_.spawn("tell of a bot", tell_of_bot(std::move(alert), bot_id));
  }

  task<> tell_of_bot(std::string alert, std::int64_t bot_id) {
    const auto username = username_of(bot_id);
    locale::arguments with{{"bot", username.empty() ? std::to_string(bot_id) : "@" + username}};
    co_await alerts_->raise(std::move(alert), std::move(with), std::to_string(bot_id));
  }

  task<> tell_of_given_up(std::int64_t messages) {
    locale::arguments with{{"count", messages}};
    co_await alerts_->raise("messages_given_up", std::move(with));
  }

  task<> tell_of_model(std::string alert, std::string reason) {
    locale::arguments with{{"reason", reason}};
    co_await alerts_->raise(std::move(alert), std::move(with));
  }

  task<> learn(tasks::run_log& log) {
    hunt::learning_parts with{db_->pool(), time_, model_folders_of(all_), this_program()};
    const auto made = co_await hunt::learn(std::move(with));
    log.line(made ? made->version + " " + made->state + ", " + made->detail : made.error());
  }

  task<> watch_dead_letters() {
    const auto lanes = co_await lanes_->lanes();
    for (const auto& lane : lanes) {
      if (lane.dead == 0) continue;
      locale::arguments with{{"lane", lane.lane}, {"count", lane.dead}};
      co_await job_alerts_->raise("dead_letters", std::move(with), lane.lane, 6h);
    }
  }

  task<> note_bot(std::int64_t bot_id, telegram::user me, std::string wrong) {
    if (bot_id != 0) co_await registry_->introduce(db_->pool(), bot_id, me.username, me.first_name, wrong);
  }

  task<> introduce(std::int64_t bot_id) {
    auto* out = sender_of(bot_id);
    if (!out) co_return;
    if (bot_id == dating_bot_) {
      co_await dating_->introduce();
      co_return;
    }
    std::optional<hunt::category_id> category;
    if (const auto found = category_of_.find(bot_id); found != category_of_.end()) category = found->second;
    co_await hunt::bot::introduce(*bot_parts_, *out, category);
  }

  task<> start_bots() {
    const auto office = co_await leads_->run_for("bots", life_);
    update_log_ = bots::make_update_log(office.db);
    telegram::bot_set_options options;
    options.api_root = telegram_root();
    if (is_sandbox()) {
      options.refresh = 1s;
      options.stagger = 0ms;
    }
    options.webhook_url = all_.webhook_url;
    if (!all_.webhook_url.empty()) options.webhook_secret = webhook_secret();
    telegram::bot_set_parts parts;
    parts.source = [this] { return wanted_bots(); };
    parts.table = [this](const telegram::live_bot& bot) { return table_of(bot); };
    parts.changed = [this](const telegram::live_bot& bot, std::string_view detail) {
      bot_changed(bot, detail);
    };
    parts.chat_closed = [this](std::int64_t bot_id, std::int64_t chat_id, telegram::refusal) {
      background_.spawn("a person left", bot_id == dating_bot_
                                             ? dating_->chat_closed(chat_id)
                                             : hunt::bot::chat_closed(*bot_parts_, bot_id, chat_id));
    };
    parts.chat_migrated = [this](std::int64_t bot_id, std::int64_t from, std::int64_t to) {
      background_.spawn("a chat moved", hunt::bot::chat_migrated(*bot_parts_, bot_id, from, to));
    };
    parts.report = [log = log::logger("bots")](std::string_view what, std::string_view detail) {
      log.error(what, {{"detail", detail}});
    };
    auto set = telegram::make_bot_set(on_, *http_, *update_log_, time_, std::move(options), std::move(parts));
    bots_ = set.get();
    led_.push_back(make_led_part(on_, office.who, std::move(set)));
    co_await life_.start(*led_.back());
    if (!dating_) co_return;
    led_.push_back(make_led_part(on_, office.who, dating_->couriers(office.db)));
    co_await life_.start(*led_.back());
  }

  // One secret for all bots: made of the key, so that nothing has to be configured or kept.
  std::string webhook_secret() const { return text::hex_of(secrets_->derive("telegram webhook")); }

  task<> start_delivery() {
    posted_to_handed_ = figures_.histogram(
        "tandem_post_handed_seconds", "From a post's publication to the sender, the first of its readers.");
    posted_to_reader_ =
        figures_.histogram("tandem_post_reader_seconds", "From a post's publication to a reader's chat.");
    const auto office = co_await leads_->run_for("delivery", life_);
    hunt::delivery_parts with{
        on_,
        office.db,
        *lanes_,
        time_,
        [this](std::int64_t bot_id) { return deliveries_ ? deliveries_->find(bot_id) : sender_of(bot_id); },
        hunt::bot::card_renderer(*bot_parts_),
        {}};
    with.observer.handed = [this](hunt::vacancy_id vacancy, instant posted, instant at) {
      posted_to_handed_.observe(at - posted);
      log_.info("vacancy handed to the sender", {{"vacancy", vacancy}, {"posted_to_handed_ms", at - posted}});
      if (follower_) follower_->handed(vacancy, at);
    };
    with.observer.delivered = [this](hunt::vacancy_id vacancy, instant posted,
                                     std::span<const instant> readers) {
      for (const auto at : readers) posted_to_reader_.observe(at - posted);
      const auto last = std::ranges::max(readers);
      const auto count = static_cast<int>(readers.size());
      log_.info("vacancy reached readers",
                {{"vacancy", vacancy}, {"readers", count}, {"posted_to_last_of_them_ms", last - posted}});
      if (follower_) follower_->delivered(vacancy, count, last);
    };
    given_up_ = figures_.counter("tandem_messages_given_up_total",
                                 "Cards and lists that the server did not take until they were old.");
    with.observer.given_up = [this](std::int64_t messages) {
      given_up_.add(static_cast<double>(messages));
      background_.spawn("tell of what was given up", tell_of_given_up(messages));
    };
    hunt::follow_up_parts behind{on_,
                                 office.db,
                                 time_,
                                 with.senders,
                                 with.render,
                                 hunt::bot::list_renderer(*bot_parts_),
                                 with.observer.given_up};
    led_.push_back(
        make_led_part(on_, office.who, hunt::make_delivery(std::move(with), delivery_settings_of(all_))));
    co_await life_.start(*led_.back());
    led_.push_back(make_led_part(on_, office.who, hunt::make_follow_up(std::move(behind))));
    co_await life_.start(*led_.back());
  }

  task<> start_reader() {
    const auto office = co_await leads_->run_for("reader", life_);
    intake_ = hunt::make_intake(office.db, *lanes_, time_, follower_.get(), intake_settings_of(all_));
    hunt::reader_options options;
    options.root = pages_root();
    options.pace = pace_of(all_, mode_);
    if (is_sandbox()) options.refresh_gap = 500ms;
    hunt::reader_parts with{
        on_, office.db, *http_, *intake_, time_, figures_, [this](const hunt::source_change& change) {
          source_changed(change);
        }};
    led_.push_back(
        make_led_part(on_, office.who, hunt::make_source_reader(std::move(with), std::move(options))));
    co_await life_.start(*led_.back());
  }

  task<> start_reader_accounts() {
    const auto office = co_await leads_->run_for("reader", life_);
    reader_accounts_parts with{on_, office.db, *secrets_, *intake_, time_, figures_, follower_.get(), {}, {}};
    with.changed = [this](const hunt::account_change& change) {
      if (change.state != hunt::account_state::active)
        background_.spawn("tell of an account", tell_of_account(change));
    };
    with.left_out = [this](const hunt::source_gap& gap) {
      background_.spawn("tell of a source", tell_of_gap(gap));
    };
    led_.push_back(make_led_part(on_, office.who, make_reader_accounts_part(std::move(with), all_)));
    co_await life_.start(*led_.back());
  }

  task<> tell_of_account(hunt::account_change change) {
    locale::arguments with{{"account", change.name},
                           {"state", std::string(hunt::name_of(change.state))},
                           {"reason", change.detail}};
    co_await alerts_->raise("account_lost", std::move(with), change.name);
  }

  void source_changed(const hunt::source_change& change) {
    log_.warn("a source changed", {{"source", change.name}, {"state", hunt::name_of(change.state)}});
    if (change.state == hunt::source_state::active) return;
    background_.spawn("tell of a source", tell_of_source(change));
  }

  task<> tell_of_source(hunt::source_change change) {
    locale::arguments with{{"source", change.name}, {"reason", change.detail}};
    co_await alerts_->raise("source_lost", std::move(with), change.name);
  }

  task<> tell_of_gap(hunt::source_gap gap) {
    locale::arguments with{
        {"source", gap.name}, {"after", std::to_string(gap.after)}, {"before", std::to_string(gap.before)}};
    co_await alerts_->raise("source_gap", std::move(with), gap.name);
  }

  using plan = std::function<void(std::string name, std::chrono::seconds period, std::function<task<>()>)>;

  task<> start_scheduler() {
    const auto office = co_await leads_->run_for("scheduler", life_);
    // Over the database itself: it asks for the lead by its own, and a spare makes its jobs known as well.
    jobs_ = tasks::make_scheduler(on_, db_->pool(), office.who, time_, scheduling());
    const plan each = [this](std::string name, std::chrono::seconds period, std::function<task<>()> work) {
      tasks::job job;
      job.name = std::move(name);
      job.when = tasks::every{period};
      job.run = [work = std::move(work)](tasks::run_log&) { return work(); };
      jobs_->add(std::move(job));
    };
    job_parts_ = std::make_unique<hunt::bot::parts>(parts_over(office.db));
    co_await hunt::bot::refresh_categories(*job_parts_);
    job_alert_parts_ = std::make_unique<hunt::bot::parts>(alert_parts_over(office.db));
    job_alerts_ = std::make_unique<hunt::bot::alerts>(*job_alert_parts_);
    job_desk_ = std::make_unique<hunt::bot::operator_desk>(*job_parts_, background_);
    job_sources_ = make_source_parts(all_, *job_parts_, *lanes_, follower_.get(), background_);
    auto& hunting = *job_parts_;
    if (hunts()) add_hunts_jobs(each);
    each("queue.watch_dead_letters", 60s, [this] { return watch_dead_letters(); });
    each("accounts.forget_journal", 3600s,
         [&hunting] { return drop(hunt::bot::forget_old_journal(hunting)); });
    each("errors.forget", 3600s,
         [this, &db = office.db] { return drop(errors::forget(db, time_.now() - errors_kept)); });
    co_await life_.start(*jobs_);
  }

  void add_hunts_jobs(const plan& each) {
    job_sources_->add_jobs(*jobs_);
    auto& hunting = *job_parts_;
    each("hunt.refresh_categories", 60s, [this] { return refresh_categories(); });
    each("hunt.remind_waiting_starts", 60s,
         [&hunting] { return drop(hunt::bot::remind_waiting_starts(hunting)); });
    each("hunt.tell_ended_trials", 60s, [&hunting] { return drop(hunt::bot::tell_ended_trials(hunting)); });
    each("hunt.share_out_bots", is_sandbox() ? 2s : 10s,
         [&hunting] { return drop(hunt::bot::share_out_new_bots(hunting)); });
    each("hunt.warn_crowded_bots", 3600s,
         [this] { return drop(hunt::bot::warn_crowded_bots(*job_parts_, *job_alerts_)); });
    each("hunt.watch_the_minute", 30s,
         [this] { return drop(hunt::bot::watch_the_minute(*job_parts_, *job_alerts_)); });
    each("hunt.operator_catch_up", 60s, [this] { return job_desk_->catch_up(); });
    tasks::job daily;
    daily.name = "hunt.tell_the_day";
    daily.when = tasks::daily{std::chrono::hours(all_.daily_line_at_h)};
    daily.run = [&hunting](tasks::run_log&) { return drop(hunt::bot::tell_the_day(hunting)); };
    jobs_->add(std::move(daily));
    if (all_.learn_from_posts) {
      tasks::job nightly;
      nightly.name = "hunt.learn";
      nightly.when =
          tasks::daily{std::chrono::minutes(90)};  // the small hours where most of the posts are written
      nightly.run = [this](tasks::run_log& log) { return learn(log); };
      jobs_->add(std::move(nightly));
    }
  }

  template <class T>
  static task<> drop(task<T> counted) {
    co_await std::move(counted);
  }

  // Webhooks: POST /<bot id> below the path of webhook_url.
  task<> open_public_listener() {
    const auto path = webhook_path();
    if (!path.empty()) {
      public_routes_.add("POST", path + "/{bot}",
                         [this](http::request what) { return take_webhook(std::move(what)); });
    }
    public_ = http::make_server(on_, "public listener", public_listener_of(all_), public_routes_);
    co_await life_.start(*public_);
  }

  std::string webhook_path() const {
    const auto scheme = all_.webhook_url.find("://");
    if (scheme == std::string::npos) return {};
    const auto slash = all_.webhook_url.find('/', scheme + 3);
    std::string path = slash == std::string::npos ? "" : all_.webhook_url.substr(slash);
    while (path.ends_with('/')) path.pop_back();
    return path.empty() ? "/telegram" : path;
  }

  task<http::response> take_webhook(http::request what) {
    const std::string bot(what.path_value("bot"));
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(bot.data(), bot.data() + bot.size(), id);
    if (error != std::errc() || end != bot.data() + bot.size()) co_return http::response::text(404, "");
    const std::string secret(what.headers.value_or("X-Telegram-Bot-Api-Secret-Token", ""));
    const auto verdict = co_await bots_->accept(id, secret, std::move(what.body));
    co_return http::response::text(static_cast<int>(verdict), "");
  }

  executor on_;
  const settings& all_;
  std::vector<role> roles_;
  data_folder folder_;
  log::logger log_;
  system_clock machine_time_;
  shifted_clock time_{machine_time_};
  metrics::registry figures_;
  metrics::histogram posted_to_handed_, posted_to_reader_;
  metrics::counter given_up_;
  async::life_cycle life_;
  async::scope background_;
  whole_start started_;
  mode mode_ = mode::sandbox;

  std::unique_ptr<locale::texts> texts_;
  std::unique_ptr<http::client> http_;
  http::router inner_routes_, public_routes_;
  std::unique_ptr<http::server> inner_, public_;
  std::unique_ptr<sandbox::sandbox> sandbox_;
  std::unique_ptr<sandbox_follower> follower_;

  std::unique_ptr<database> db_;
  std::unique_ptr<seal::vault> secrets_;
  std::unique_ptr<async::part> errors_;
  queue_engine queue_;
  queue::queue* lanes_ = nullptr;  // of queue_
  std::unique_ptr<stores> stores_;
  std::unique_ptr<hunt::day_figures> day_figures_;
  std::unique_ptr<leads> leads_;
  std::unique_ptr<bots::registry> registry_;
  std::unique_ptr<telegram::update_log> update_log_;
  std::int64_t main_bot_ = 0, dating_bot_ = 0;  // 0: there is none
  std::map<std::int64_t, std::string> usernames_;
  std::map<std::int64_t, hunt::category_id> category_of_;

  std::unique_ptr<hunt::sources> sources_;
  std::unique_ptr<hunt::intake> intake_;
  std::unique_ptr<judge_set> judges_;
  std::unique_ptr<async::part> judge_;
  std::unique_ptr<accounts::users> people_;
  std::unique_ptr<accounts::dialogs> dialogs_;
  std::unique_ptr<accounts::operators> operators_;
  std::unique_ptr<hunt::readers> readers_;
  std::unique_ptr<hunt::cards> cards_;
  std::unique_ptr<hunt::filters> filters_;
  std::unique_ptr<hunt::reports> reports_;
  std::unique_ptr<hunt::bot::parts> bot_parts_, job_parts_;  // the scheduler's write under its lead
  std::unique_ptr<hunt::bot::operator_desk> desk_, job_desk_;
  std::unique_ptr<hunt::bot::alerts> alerts_, job_alerts_;
  std::unique_ptr<source_parts> bot_sources_, job_sources_;

  std::unique_ptr<hunt::bot::parts> alert_parts_, job_alert_parts_;
  std::unique_ptr<dating_house> dating_;  // null where there is no bot for it

  std::unique_ptr<async::part> lane_watch_, matching_, others_;
  std::unique_ptr<tasks::scheduler> jobs_, rating_jobs_;
  std::unique_ptr<sender_set> notices_,
      deliveries_;                     // null in the only process: there the bots' senders do it
  telegram::bot_set* bots_ = nullptr;  // owned by its led part
  std::vector<std::unique_ptr<async::part>> led_;
};

}  // namespace

std::unique_ptr<house> build_house(executor on, const settings& all, std::vector<role> roles) {
  return std::make_unique<built_house>(on, all, std::move(roles));
}

}  // namespace tandem::app
