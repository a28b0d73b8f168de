#include "app/settings.hpp"

#include <unistd.h>

#include <cstdlib>

#include "platform/amqp/address.hpp"

namespace tandem::app {

std::filesystem::path default_data_folder() {
  if (::geteuid() == 0) return "/var/lib/tandem";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/tmp") / ".local/share/tandem";
}

std::vector<setting> settings::describe() {
  return {
      setting::text("data", data,
                    "The folder of everything that must not be lost: the private database, keys, files.",
                    "/var/lib/tandem"),
      setting::number(
          "port", port, 0, 65535,
          "The inner listener, on 127.0.0.1 only: metrics, health and, in a sandbox, its page. 0: any "
          "free port."),
      setting::number("public_port", public_port, 0, 65535,
                      "The public listener (webhooks). 0: there is none."),
      setting::text(
          "public_address", public_address,
          "Where the public listener listens. An address that others can reach needs certificate_file and "
          "key_file, or trusted_proxies.",
          "0.0.0.0"),
      setting::text("certificate_file", certificate_file,
                    "TLS certificate chain (PEM) of the public listener; read again when it changes.",
                    "/etc/letsencrypt/live/example.org/fullchain.pem"),
      setting::text("key_file", key_file, "The private key (PEM) that belongs to certificate_file.",
                    "/etc/letsencrypt/live/example.org/privkey.pem"),
      setting::list("trusted_proxies", trusted_proxies,
                    "Addresses or networks of reverse proxies whose X-Forwarded-For is believed.",
                    "127.0.0.1, 10.0.0.0/8"),
      setting::secret_text("database", database,
                           "PostgreSQL by URL. Empty: a private PostgreSQL cluster in the data folder.",
                           "postgres://tandem:password@db.example.org/tandem"),
      setting::secret_text(
          "database_session", database_session,
          "A second URL that does not go through a pooler, for LISTEN. Empty: the same as database.",
          "postgres://tandem:password@db.example.org:5432/tandem"),
      setting::flag("database_prepared", database_prepared,
                    "Whether statements are prepared; false behind a pooler in transaction mode."),
      setting::number("database_connections", database_connections, 2, 200,
                      "Connections to the database, at most."),
      setting::secret_text(
          "queue", queue,
          "RabbitMQ by URL, several of one cluster separated by commas; amqps:// takes ?cacertfile=. Empty: the "
          "queue is in the database alone.",
          "amqps://tandem:password@mq.example.org/tandem?cacertfile=/etc/ssl/mq.pem"),
      setting::secret_text("main_bot_token", main_bot_token,
                           "The main bot's token from BotFather. Empty: this installation is a sandbox.",
                           "123456789:AAF…"),
      setting::text("telegram_api", telegram_api,
                    "Where the Bot API is. Empty: the sandbox, or api.telegram.org when there is a token.",
                    "http://127.0.0.1:8081"),
      setting::text("telegram_proxy", telegram_proxy, "A proxy for everything that goes to Telegram.",
                    "socks5h://127.0.0.1:1080"),
      setting::text("webhook_url", webhook_url,
                    "Telegram calls us here instead of being asked (needs public_port). Empty: long polling.",
                    "https://bots.example.org/telegram"),
      setting::number(
          "bot_rate", bot_rate, 0, 1000,
          "Messages a second that one bot sends at most. 0: no limits at all, for tests only: Telegram "
          "punishes it."),
      setting::number("broadcast_rate", broadcast_rate, 1, 1000,
                      "How many of these may be mailings; the rest is kept for answers to people."),
      setting::flag("paid_broadcast", paid_broadcast,
                    "Whether mailings may use allow_paid_broadcast, which costs Telegram Stars."),
      setting::number("paid_broadcast_rate", paid_broadcast_rate, 30, 1000,
                      "Messages a second of one bot while paid_broadcast is on."),
      setting::number("paid_broadcast_daily_cap", paid_broadcast_daily_cap, 0, 100'000'000,
                      "Paid messages a day and bot, at most. 0: none, whatever paid_broadcast says."),
      setting::text(
          "channel_pages", channel_pages,
          "Where public channel pages are read. Empty: the sandbox, or https://t.me when there is a token.",
          "https://t.me"),
      setting::number("read_requests_per_second", read_requests_per_second, 1, 1000,
                      "Channel pages read a second, over all sources, at most."),
      setting::number("read_gap_min_s", read_gap_min_s, 1, 3600,
                      "A busy channel is read every so many seconds, at the soonest."),
      setting::number("read_gap_max_s", read_gap_max_s, 1, 86'400,
                      "A silent channel is read every so many seconds, at the latest."),
      setting::number("oldest_delivered_h", oldest_delivered_h, 1, 720,
                      "Posts that are older when they are first seen are kept, but not delivered (hours)."),
      setting::number("repeat_window_days", repeat_window_days, 1, 90,
                      "The same text within so many days is one vacancy."),
      setting::flag("deliver_in_each_category", deliver_in_each_category,
                    "Whether a vacancy of several categories comes in each of them instead of once."),
      setting::number("trial_hours", trial_hours, 1, 24 * 90, "The free trial, in hours."),
      setting::number("journal_days", journal_days, 1, 3650,
                      "The journal of people's actions is kept so many days."),
      setting::number(
          "warn_readers_per_bot", warn_readers_per_bot, 1, 1'000'000,
          "A warning comes when a bot has more readers: 30 messages a second are 1,800 a minute."),
      setting::text("operator_name", operator_name,
                    "Who runs this installation: named in /privacy and /help.", "Ivan Petrov, Moscow"),
      setting::text("operator_contact", operator_contact,
                    "How people reach the operator: named in /privacy and /help.", "@example_support"),
      setting::choice("log_level", log_level, {"info", "trace", "debug", "warn", "error"}, "What is logged."),
      setting::choice("log_format", log_format, {"auto", "json", "human"},
                      "How it is logged; auto: for people on a terminal, JSON elsewhere."),
  };
}

setting_mistakes check_together(const settings& all) {
  setting_mistakes mistakes;
  const auto loopback = [](const std::string& address) {
    return address == "localhost" || address == "::1" || address.starts_with("127.");
  };
  if (all.certificate_file.empty() != all.key_file.empty()) {
    mistakes.push_back("certificate_file and key_file belong together: set both or none");
  }
  if (all.public_port != 0 && !loopback(all.public_address) && all.certificate_file.empty() &&
      all.trusted_proxies.empty()) {
    mistakes.push_back("public_address = " + all.public_address +
                       ": others can reach it; set certificate_file and key_file, or trusted_proxies");
  }
  if (!all.webhook_url.empty() && all.public_port == 0) {
    mistakes.push_back(
        "webhook_url is set, but public_port is 0: set the port that Telegram's calls arrive at");
  }
  if (!all.webhook_url.empty() && !all.webhook_url.starts_with("https://") && !all.main_bot_token.empty() &&
      all.telegram_api.empty()) {
    mistakes.push_back("webhook_url = " + all.webhook_url + ": Telegram calls https:// addresses only");
  }
  if (!all.queue.empty()) {
    if (const auto broker = amqp::parse_addresses(all.queue); !broker)
      mistakes.push_back("queue: " + broker.error());
  }
  if (all.bot_rate != 0 && all.broadcast_rate > all.bot_rate) {
    mistakes.push_back("broadcast_rate is more than bot_rate: it is a part of it");
  }
  if (all.read_gap_min_s > all.read_gap_max_s) {
    mistakes.push_back("read_gap_min_s is more than read_gap_max_s: exchange them");
  }
  if (all.paid_broadcast && all.paid_broadcast_daily_cap == 0) {
    mistakes.push_back(
        "paid_broadcast is on, but paid_broadcast_daily_cap is 0: say how many paid messages a day");
  }
  return mistakes;
}

std::expected<settings, setting_mistakes> load_settings(std::string config_file) {
  auto environment = environment_settings();
  if (const auto named = environment.extract("TANDEM_CONFIG"); named && config_file.empty()) {
    config_file = named.mapped();
  }
  settings all;
  all.data = default_data_folder();
  if (config_file.empty()) {
    const auto data = environment.find("TANDEM_DATA");
    const auto beside =
        std::filesystem::path(data == environment.end() ? all.data : data->second) / "tandem.toml";
    std::error_code ignored;
    if (std::filesystem::exists(beside, ignored)) config_file = beside;
  }
  setting_mistakes mistakes;
  std::map<std::string, std::string> file;
  if (!config_file.empty()) {
    auto read = read_settings_file(config_file);
    if (read) {
      file = std::move(*read);
    } else {
      mistakes = std::move(read.error());
    }
  }
  auto described = all.describe();
  for (auto& mistake : apply_settings(described, file, environment)) mistakes.push_back(std::move(mistake));
  for (auto& mistake : check_together(all)) mistakes.push_back(std::move(mistake));
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return all;
}

}  // namespace tandem::app
