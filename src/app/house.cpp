#include "app/house.hpp"

#include <fmt/format.h>

#include <charconv>

#include "accounts/dialogs.hpp"
#include "accounts/users.hpp"
#include "app/database.hpp"
#include "app/engines.hpp"
#include "app/lane_watch.hpp"
#include "app/led_part.hpp"
#include "app/resources.hpp"
#include "app/sandbox_town.hpp"
#include "async/scope.hpp"
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
#include "hunt/verdicts/local_classifier.hpp"
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

telegram::send_limits limits_of(const settings& all) {
  if (all.bot_rate == 0) return telegram::send_limits::none();
  telegram::send_limits limits;
  limits.per_second = static_cast<int>(all.bot_rate);
  limits.broadcasts_per_second = static_cast<int>(all.broadcast_rate);
  if (all.paid_broadcast) {
    limits.paid_per_second = static_cast<int>(all.paid_broadcast_rate);
    limits.paid_cap = all.paid_broadcast_daily_cap;
  }
  return limits;
}

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

// The senders alone, for a process that delivers while the bots run in another.
class sender_set {
 public:
  sender_set(executor on, http::client& transport, std::string root, telegram::send_limits limits)
      : on_(on), transport_(transport), root_(std::move(root)), limits_(limits) {}

  void keep(const std::vector<bots::registered_bot>& wanted) {
    for (const auto& bot : wanted) {
      if (senders_.contains(bot.id)) continue;
      telegram::sender_options options{root_, bot.token, limits_};
      senders_[bot.id] = telegram::make_sender(on_, transport_, std::move(options));
    }
  }
  telegram::sender* find(std::int64_t bot_id) const {
    const auto found = senders_.find(bot_id);
    return found == senders_.end() ? nullptr : found->second.get();
  }
  task<> stop() {
    for (auto& [id, sender] : senders_) co_await sender->stop();
  }

 private:
  executor on_;
  http::client& transport_;
  std::string root_;
  telegram::send_limits limits_;
  std::map<std::int64_t, std::unique_ptr<telegram::sender>> senders_;
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
    if (senders_) co_await senders_->stop();
    if (lanes_) co_await lanes_->stop();
    if (db_) co_await db_->close();
  }

  std::string address() const override { return fmt::format("http://127.0.0.1:{}/", inner_->port()); }

 private:
  bool has(role one) const { return std::ranges::find(roles_, one) != roles_.end(); }
  bool needs_database() const { return roles_.size() > 1 || !has(role::sandbox); }
  bool is_sandbox() const { return mode_ == mode::sandbox; }
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
    if (queue_.link) co_await life_.start(*queue_.link);
    const bool alone = roles_.size() == all_roles().size() && all_.database.empty();
    lead_ = alone ? lead::make_sole_candidate() : lead::make_pg_candidate(on_, db_->pool());
    co_await life_.start(*lead_);
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
      co_await registry_->add(db, all_.main_bot_token, "hunt.main", "");
    }
    co_await know_bots();
    if (main_bot_ == 0) {
      throw std::runtime_error("there is no main bot yet: start a process with the role bots first");
    }
    co_await build_hunt();

    if (has(role::relay)) {
      lane_watch_ = make_lane_watch(on_, *lanes_, time_, figures_);
      co_await life_.start(*lane_watch_);
      if (queue_.relay) co_await start_relay();
    }
    if (has(role::classifier)) co_await life_.start(*judge_);
    if (has(role::bots)) co_await start_bots();
    if (has(role::delivery)) co_await start_delivery();
    if (has(role::reader)) co_await start_reader();
    if (follower_ && has(role::reader)) co_await life_.start(*follower_);
    if (has(role::scheduler)) co_await start_scheduler();
    if (has(role::api) && all_.public_port != 0) co_await open_public_listener();
  }

  // Led under a name of its own: a process may hand over messages while another one has the bots.
  task<> start_relay() {
    lead::lease_options lease;
    lease.name = "relay";
    relay_lead_ = lead::make_pg_candidate(on_, db_->pool(), std::move(lease));
    co_await life_.start(*relay_lead_);
    led_.push_back(make_led_part(on_, *relay_lead_, std::move(queue_.relay)));
    co_await life_.start(*led_.back());
  }

  // The bots as they are registered now; remembers what the other rooms ask of them.
  task<std::vector<bots::registered_bot>> know_bots() {
    auto known = co_await registry_->list(db_->pool());
    for (const auto& bot : known) {
      if (bot.role == "hunt.main") main_bot_ = bot.id;
      usernames_[bot.id] = bot.username;
    }
    const auto assigned = co_await hunt::assigned_bots(db_->pool());
    category_of_.clear();
    for (const auto& one : assigned) category_of_[one.bot_id] = one.category;
    if (!has(role::bots)) {
      if (!senders_) senders_ = std::make_unique<sender_set>(on_, *http_, telegram_root(), limits_of(all_));
      senders_->keep(known);
    }
    co_return known;
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
    reports_ = hunt::make_reports(time_, *lanes_);
    hunt::bot::operator_details details{all_.operator_name, all_.operator_contact,
                                        static_cast<int>(all_.journal_days)};
    bot_parts_ = std::make_unique<hunt::bot::parts>(
        hunt::bot::parts{db,
                         time_,
                         *texts_,
                         *people_,
                         *dialogs_,
                         *operators_,
                         *readers_,
                         *cards_,
                         *reports_,
                         [this](std::int64_t bot_id) { return sender_of(bot_id); },
                         [this](std::int64_t bot_id) { return username_of(bot_id); },
                         main_bot_,
                         std::move(details),
                         static_cast<int>(all_.trial_hours / 24),
                         {}});
    co_await hunt::bot::refresh_categories(*bot_parts_);
    desk_ = std::make_unique<hunt::bot::operator_desk>(*bot_parts_, background_);
    alerts_ = std::make_unique<hunt::bot::alerts>(*bot_parts_);

    if (has(role::classifier)) {
      auto model = hunt::make_local_classifier(share_folder() / "hunt");
      if (!model) throw std::runtime_error(model.error());
      classifier_ = std::move(*model);
      hunt::judge_parts judge{on_, db, *lanes_, *classifier_, time_, figures_, follower_.get()};
      judge_ = hunt::make_post_judge(judge);
    }
  }

  telegram::sender* sender_of(std::int64_t bot_id) const {
    if (!bots_) return senders_ ? senders_->find(bot_id) : nullptr;
    const auto bot = bots_->find(bot_id);
    return bot ? bot->out : nullptr;
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
    for (const auto& bot : known) wanted.push_back({bot.token, bot.role, limits_of(all_)});
    co_return wanted;
  }

  telegram::routes table_of(const telegram::live_bot& bot) {
    return bot.purpose == "hunt.main" ? hunt::bot::main_bot_routes(*bot_parts_, *desk_)
                                      : hunt::bot::category_bot_routes(*bot_parts_, *desk_);
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

  task<> watch_dead_letters() {
    const auto lanes = co_await lanes_->lanes();
    for (const auto& lane : lanes) {
      if (lane.dead == 0) continue;
      locale::arguments with{{"lane", lane.lane}, {"count", lane.dead}};
      co_await alerts_->raise("dead_letters", std::move(with), lane.lane, 6h);
    }
  }

  task<> note_bot(std::int64_t bot_id, telegram::user me, std::string wrong) {
    if (bot_id != 0) co_await registry_->introduce(db_->pool(), bot_id, me.username, me.first_name, wrong);
  }

  task<> introduce(std::int64_t bot_id) {
    auto* out = sender_of(bot_id);
    if (!out) co_return;
    std::optional<hunt::category_id> category;
    if (const auto found = category_of_.find(bot_id); found != category_of_.end()) category = found->second;
    co_await hunt::bot::introduce(*bot_parts_, *out, category);
  }

  task<> start_bots() {
    update_log_ = bots::make_update_log(db_->pool());
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
      background_.spawn("a person left", hunt::bot::chat_closed(*bot_parts_, bot_id, chat_id));
    };
    parts.chat_migrated = [this](std::int64_t bot_id, std::int64_t from, std::int64_t to) {
      background_.spawn("a chat moved", hunt::bot::chat_migrated(*bot_parts_, bot_id, from, to));
    };
    parts.report = [log = log::logger("bots")](std::string_view what, std::string_view detail) {
      log.error(what, {{"detail", detail}});
    };
    auto set = telegram::make_bot_set(on_, *http_, *update_log_, time_, std::move(options), std::move(parts));
    bots_ = set.get();
    led_.push_back(make_led_part(on_, *lead_, std::move(set)));
    co_await life_.start(*led_.back());
  }

  // One secret for all bots: made of the key, so that nothing has to be configured or kept.
  std::string webhook_secret() const {
    const auto key = secrets_->derive("telegram webhook");
    std::string out;
    for (const auto byte : key) out += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return out;
  }

  task<> start_delivery() {
    posted_to_handed_ = figures_.histogram(
        "tandem_post_handed_seconds", "From a post's publication to the sender, the first of its readers.");
    posted_to_reader_ =
        figures_.histogram("tandem_post_reader_seconds", "From a post's publication to a reader's chat.");
    hunt::delivery_parts with{on_,
                              db_->pool(),
                              *lanes_,
                              time_,
                              [this](std::int64_t bot_id) { return sender_of(bot_id); },
                              hunt::bot::card_renderer(*bot_parts_),
                              {}};
    with.observer.handed = [this](hunt::vacancy_id vacancy, instant posted, instant at) {
      posted_to_handed_.observe(at - posted);
      log_.info("vacancy handed to the sender", {{"vacancy", vacancy}, {"posted_to_handed_ms", at - posted}});
      if (follower_) follower_->handed(vacancy, at);
    };
    with.observer.delivered = [this](hunt::vacancy_id vacancy, instant posted, int readers, instant at) {
      posted_to_reader_.observe(at - posted);
      log_.info("vacancy reached readers",
                {{"vacancy", vacancy}, {"readers", readers}, {"posted_to_last_of_them_ms", at - posted}});
      if (follower_) follower_->delivered(vacancy, readers, at);
    };
    hunt::delivery_settings settings;
    settings.in_each_category = all_.deliver_in_each_category;
    led_.push_back(make_led_part(on_, *lead_, hunt::make_delivery(std::move(with), settings)));
    co_await life_.start(*led_.back());
  }

  task<> start_reader() {
    hunt::intake_settings taking;
    taking.post_root = is_sandbox() ? std::string(real_pages) : pages_root();
    taking.oldest_delivered = std::chrono::hours(all_.oldest_delivered_h);
    taking.repeat_window = std::chrono::hours(24 * all_.repeat_window_days);
    intake_ = hunt::make_intake(db_->pool(), *lanes_, time_, follower_.get(), taking);
    hunt::reader_options options;
    options.root = pages_root();
    options.pace = pace_of(all_, mode_);
    if (is_sandbox()) options.refresh_gap = 500ms;
    hunt::reader_parts with{
        on_, db_->pool(), *http_, *intake_, time_, figures_, [this](const hunt::source_change& change) {
          source_changed(change);
        }};
    led_.push_back(make_led_part(on_, *lead_, hunt::make_source_reader(std::move(with), std::move(options))));
    co_await life_.start(*led_.back());
  }

  void source_changed(const hunt::source_change& change) {
    log_.warn("a source changed", {{"source", change.name}, {"state", hunt::name_of(change.state)}});
    if (change.state == hunt::source_state::active) return;
    background_.spawn("tell of a source", tell_of_source(change));
  }

  task<> tell_of_source(hunt::source_change change) {
    locale::arguments with{{"source", "@" + change.name}, {"reason", change.detail}};
    co_await alerts_->raise("source_lost", std::move(with), change.name);
  }

  task<> start_scheduler() {
    tasks::scheduler_options options;
    options.told = [log = log::logger("tasks")](std::string_view job, std::string_view error) {
      log.error("a job failed", {{"job", job}, {"error", error}});
    };
    jobs_ = tasks::make_scheduler(on_, db_->pool(), *lead_, time_, std::move(options));
    const auto each = [this](std::string name, std::chrono::seconds period, std::function<task<>()> work) {
      tasks::job job;
      job.name = std::move(name);
      job.when = tasks::every{period};
      job.run = [work = std::move(work)](tasks::run_log&) { return work(); };
      jobs_->add(std::move(job));
    };
    auto& hunting = *bot_parts_;
    each("hunt.refresh_categories", 60s, [&hunting] { return hunt::bot::refresh_categories(hunting); });
    each("hunt.remind_waiting_starts", 60s,
         [&hunting] { return drop(hunt::bot::remind_waiting_starts(hunting)); });
    each("hunt.tell_ended_trials", 60s, [&hunting] { return drop(hunt::bot::tell_ended_trials(hunting)); });
    each("hunt.share_out_bots", is_sandbox() ? 2s : 10s,
         [&hunting] { return drop(hunt::bot::share_out_new_bots(hunting)); });
    each("hunt.warn_crowded_bots", 3600s,
         [this] { return drop(hunt::bot::warn_crowded_bots(*bot_parts_, *alerts_)); });
    each("hunt.watch_the_minute", 30s,
         [this] { return drop(hunt::bot::watch_the_minute(*bot_parts_, *alerts_)); });
    each("queue.watch_dead_letters", 60s, [this] { return watch_dead_letters(); });
    each("hunt.operator_catch_up", 60s, [this] { return desk_->catch_up(); });
    each("accounts.forget_journal", 3600s,
         [&hunting] { return drop(hunt::bot::forget_old_journal(hunting)); });
    each("errors.forget", 3600s,
         [this] { return drop(errors::forget(db_->pool(), time_.now() - errors_kept)); });
    co_await life_.start(*jobs_);
  }

  template <class T>
  static task<> drop(task<T> counted) {
    co_await std::move(counted);
  }

  // Webhooks: POST /<bot id> below the path of webhook_url.
  task<> open_public_listener() {
    http::listener_options options;
    options.address = all_.public_address;
    options.port = static_cast<std::uint16_t>(all_.public_port);
    options.certificate_file = all_.certificate_file;
    options.key_file = all_.key_file;
    options.trusted_proxies = all_.trusted_proxies;
    if (const auto checked = http::check_listener(options); !checked)
      throw std::runtime_error(checked.error());
    const auto path = webhook_path();
    if (!path.empty()) {
      public_routes_.add("POST", path + "/{bot}",
                         [this](http::request what) { return take_webhook(std::move(what)); });
    }
    public_ = http::make_server(on_, "public listener", options, public_routes_);
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
  std::unique_ptr<lead::candidate> lead_, relay_lead_;
  std::unique_ptr<bots::registry> registry_;
  std::unique_ptr<telegram::update_log> update_log_;
  std::int64_t main_bot_ = 0;
  std::map<std::int64_t, std::string> usernames_;
  std::map<std::int64_t, hunt::category_id> category_of_;

  std::unique_ptr<hunt::sources> sources_;
  std::unique_ptr<hunt::intake> intake_;
  std::unique_ptr<hunt::classifier> classifier_;
  std::unique_ptr<async::part> judge_;
  std::unique_ptr<accounts::users> people_;
  std::unique_ptr<accounts::dialogs> dialogs_;
  std::unique_ptr<accounts::operators> operators_;
  std::unique_ptr<hunt::readers> readers_;
  std::unique_ptr<hunt::cards> cards_;
  std::unique_ptr<hunt::reports> reports_;
  std::unique_ptr<hunt::bot::parts> bot_parts_;
  std::unique_ptr<hunt::bot::operator_desk> desk_;
  std::unique_ptr<hunt::bot::alerts> alerts_;

  std::unique_ptr<async::part> lane_watch_;
  std::unique_ptr<tasks::scheduler> jobs_;
  std::unique_ptr<sender_set> senders_;
  telegram::bot_set* bots_ = nullptr;  // owned by its led part
  std::vector<std::unique_ptr<async::part>> led_;
};

}  // namespace

std::unique_ptr<house> build_house(executor on, const settings& all, std::vector<role> roles) {
  return std::make_unique<built_house>(on, all, std::move(roles));
}

}  // namespace tandem::app
