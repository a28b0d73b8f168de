#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/settings/settings.hpp"

namespace tandem::http {
struct listener_options;
}

namespace tandem::app {

// Everything that an operator can set. describe() says what each is for; `tandem config print` shows it.
struct settings {
  std::string file;  // that they were read from; empty: there was none
  std::string data;
  std::int64_t port = 8080;
  std::int64_t public_port = 0;
  std::string public_address = "127.0.0.1";
  std::string certificate_file, key_file;
  std::vector<std::string> trusted_proxies;

  std::string database, database_session;
  bool database_prepared = true;
  std::int64_t database_connections = 16;

  std::string queue;                        // empty: in the database; else RabbitMQ
  std::string cache;                        // empty: in each process; else Redis beside it
  std::string blob, blob_key, blob_secret;  // empty: in the data folder; else S3

  std::string main_bot_token;
  std::string telegram_api;  // empty: the sandbox, or https://api.telegram.org when there is a token
  std::string telegram_proxy;
  std::string webhook_url;
  std::int64_t bot_rate = 29, broadcast_rate = 27, answer_rate = 8;
  bool paid_broadcast = false;
  std::int64_t paid_broadcast_rate = 1000, paid_broadcast_daily_cap = 0;

  std::string channel_pages;  // empty: the sandbox, or https://t.me
  std::int64_t read_requests_per_second = 2, read_gap_min_s = 20, read_gap_max_s = 600;
  std::int64_t oldest_delivered_h = 24, fresh_minutes = 60, repeat_window_days = 14, retain_refused_days = 7,
               retain_accepted_days = 60, retain_deliveries_days = 90;
  std::vector<std::string> currency_worth;
  std::int64_t daily_line_at_h = 6;
  std::string tdlib;  // empty: in share/tandem, or beside the program
  std::int64_t telegram_api_id = 0;
  std::string telegram_api_hash;
  std::int64_t reader_joins_per_day = 5, reader_join_gap_s = 1'800;
  std::int64_t reader_request_gap_ms = 1'000, reader_poll_s = 120;
  bool deliver_in_each_category = false;
  std::int64_t trial_hours = 48, journal_days = 90;
  std::int64_t warn_readers_per_bot = 1000;

  std::string model_url, model_key, model_name;  // no model_url: the local judge alone
  std::string model_limit_name = "max_tokens";
  std::int64_t model_timeout = 20, model_parallel = 4, model_patience = 30;
  std::int64_t model_price_in = 0, model_price_out = 0;  // millionths of the currency, per million tokens
  std::int64_t model_daily_cap = 0;                      // millionths of the currency
  bool learn_from_posts = false;

  std::string dating_bot_token;
  std::string photos_approve = "by_mode";
  std::int64_t dating_likes_a_day = 100, dating_premium_likes_a_day = 0;  // 0: no limit
  std::int64_t dating_letters_a_day = 3, dating_premium_letters_a_day = 20;
  std::int64_t dating_undos_a_day = 1;
  std::int64_t dating_showings_a_day = 200;
  std::vector<std::string> dating_talks_a_day{"5", "20", "60"};
  std::vector<std::string> dating_messages_a_day{"60", "400", "2000"};
  std::int64_t dating_invite_days = 3, dating_invites_a_month = 10;
  bool dating_engine = true, dating_learn = true;

  std::string operator_name, operator_contact;
  std::string operator_time_zone = "Europe/Moscow";

  std::string log_level = "info", log_format = "auto";

  std::vector<setting> describe();

  // Whether there is a token of any product; else this installation is a sandbox.
  bool is_real() const { return !main_bot_token.empty() || !dating_bot_token.empty(); }
};

// The settings of this process: TANDEM_ variables over the file over the defaults. The file is `config_file`,
// else TANDEM_CONFIG, else tandem.toml in the data folder if it is there. All mistakes at once.
std::expected<settings, setting_mistakes> load_settings(
    std::string config_file, std::map<std::string, std::string> environment = environment_settings());

// $TANDEM_DATA, else /var/lib/tandem as root, else ~/.local/share/tandem.
std::filesystem::path default_data_folder();

// How the public listener is to be opened; port 0 if there is none.
http::listener_options public_listener_of(const settings& all);

// What contradicts: settings that are fine alone and wrong together.
setting_mistakes check_together(const settings& all);

}  // namespace tandem::app
