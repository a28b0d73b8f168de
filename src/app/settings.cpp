#include "app/settings.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "platform/amqp/address.hpp"
#include "platform/http/server.hpp"
#include "platform/redis/redis.hpp"
#include "platform/s3/s3.hpp"

#include "app/dating_parts.hpp"
#include "app/reading_parts.hpp"
#include "app/shares.hpp"

namespace tandem::app {

std::filesystem::path default_data_folder() {
  if (::geteuid() == 0) return "/var/lib/tandem";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/tmp") / ".local/share/tandem";
}

namespace {

// An amount of money, kept in millionths.
setting money(std::string name, std::int64_t& target, std::string sentence) {
  setting out;
  out.name = std::move(name);
  out.sentence = std::move(sentence);
  out.example = "0.15";
  out.parse = [&target](std::string_view text) -> std::expected<void, std::string> {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1e6))
      return std::unexpected("an amount from 0 to 1000000, such as 0.15");
    target = std::llround(value * 1e6);
    return {};
  };
  out.print = [&target] { return fmt::format("{}", static_cast<double>(target) / 1e6); };
  return out;
}

}  // namespace

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
      setting::secret_text("queue", queue,
                           "RabbitMQ by URL, several of one cluster separated by commas; amqps:// takes "
                           "?cacertfile=. Empty: the "
                           "queue is in the database alone.",
                           "amqps://tandem:password@mq.example.org/tandem?cacertfile=/etc/ssl/mq.pem"),
      setting::secret_text("cache", cache,
                           "Redis by URL, where all processes share what they have cached; rediss:// takes "
                           "?cacertfile=. Empty: each "
                           "process caches for itself.",
                           "rediss://tandem:password@redis.example.org/0"),
      setting::text(
          "blob", blob,
          "A bucket of S3 for files, s3://host[:port]/bucket[/prefix] with ?region=, &style=path|host, "
          "&tls=yes|no, &cacertfile=. Empty: files are in the data folder.",
          "s3://s3.eu-central-1.amazonaws.com/tandem-photos?region=eu-central-1"),
      setting::secret_text("blob_key", blob_key, "The access key id for blob.", "AKIAIOSFODNN7EXAMPLE"),
      setting::secret_text("blob_secret", blob_secret, "The secret that belongs to blob_key.",
                           "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      setting::secret_text(
          "main_bot_token", main_bot_token,
          "The token of Hunt's main bot from BotFather. Empty: there is no Hunt. Without it and "
          "dating_bot_token this installation is a sandbox.",
          "123456789:AAF…"),
      setting::text("telegram_api", telegram_api,
                    "Where the Bot API is. Empty: the sandbox, or api.telegram.org when there is a token.",
                    "http://127.0.0.1:8081"),
      setting::secret_text("telegram_proxy", telegram_proxy, "A proxy for everything that goes to Telegram.",
                           "socks5h://user:password@127.0.0.1:1080"),
      setting::text("webhook_url", webhook_url,
                    "Telegram calls us here instead of being asked (needs public_port). Empty: long polling.",
                    "https://bots.example.org/telegram"),
      setting::number(
          "bot_rate", bot_rate, 0, 1000,
          "Messages a second that one bot sends at most. 0: no limits at all, for tests only: Telegram "
          "punishes it."),
      setting::number("broadcast_rate", broadcast_rate, 1, 1000,
                      "How many of these may be mailings; the rest is kept for answers to people."),
      setting::number(
          "answer_rate", answer_rate, 1, 1000,
          "Only with `database`, where the parts may run in several processes that do not see each "
          "other's messages: how many of bot_rate are for the bots' answers. Two are for notices, the "
          "rest is for deliveries."),
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
      setting::text(
          "tdlib", tdlib,
          "Telegram's library for reader accounts. Empty: libtdjson.so in share/tandem or beside the "
          "program.",
          "/usr/local/lib/libtdjson.so"),
      setting::number("telegram_api_id", telegram_api_id, 0, 2'147'483'647,
                      "For reader accounts: your own api_id from my.telegram.org. 0: there are none."),
      setting::secret_text("telegram_api_hash", telegram_api_hash,
                           "For reader accounts: the api_hash that belongs to telegram_api_id.",
                           "0123456789abcdef0123456789abcdef"),
      setting::number("reader_joins_per_day", reader_joins_per_day, 0, 50,
                      "Chats that one reader account joins a day, at most: who joins many is banned."),
      setting::number("reader_join_gap_s", reader_join_gap_s, 0, 86'400,
                      "Seconds between two joins of one reader account, at least."),
      setting::number(
          "reader_request_gap_ms", reader_request_gap_ms, 0, 60'000,
          "Milliseconds between two requests of one reader account; names are looked up twenty times "
          "slower."),
      setting::number(
          "reader_poll_s", reader_poll_s, 1, 3600,
          "A public chat that a reader account has not joined yet is read every so many seconds."),
      setting::number("oldest_delivered_h", oldest_delivered_h, 1, 720,
                      "Posts that are older when they are first seen are kept, but not delivered (hours)."),
      setting::number(
          "fresh_minutes", fresh_minutes, 1, 1440,
          "A vacancy that comes later than this after its publication, after a downtime say, goes "
          "into a list instead of coming as a card."),
      setting::list(
          "currency_worth", currency_worth,
          "What a unit of a currency is worth, all in the same measure: readers' minimum budgets are "
          "compared over currencies with it. Empty: only sums of one currency are compared.",
          "RUB 1, USD 90, EUR 98"),
      setting::number("daily_line_at_h", daily_line_at_h, 0, 23,
                      "The hour, UTC, at which the operator's chats get the figures of the day."),
      setting::number("repeat_window_days", repeat_window_days, 1, 90,
                      "The same text, or nearly the same, within so many days is one vacancy."),
      setting::number("retain_refused_days", retain_refused_days, 1, 3650,
                      "Texts of posts that became no vacancy are erased after so many days."),
      setting::number("retain_accepted_days", retain_accepted_days, 1, 3650,
                      "Texts of posts that became vacancies are erased after so many days."),
      setting::number("retain_deliveries_days", retain_deliveries_days, 7, 3650,
                      "What a person got, and why, is deleted after so many days, but for what they saved or "
                      "responded to."),
      setting::flag("deliver_in_each_category", deliver_in_each_category,
                    "Whether a vacancy of several categories comes in each of them instead of once."),
      setting::number("trial_hours", trial_hours, 1, 24 * 90, "The free trial, in hours."),
      setting::number("journal_days", journal_days, 1, 3650,
                      "The journal of people's actions is kept so many days."),
      setting::number(
          "warn_readers_per_bot", warn_readers_per_bot, 1, 1'000'000,
          "A warning comes when a bot has more readers: 30 messages a second are 1,800 a minute."),
      setting::text(
          "model_url", model_url,
          "A language model that judges posts, by the OpenAI-compatible address of its server (OpenAI, "
          "llama.cpp, Ollama, vLLM). Empty: the local judge alone.",
          "https://api.openai.com/v1"),
      setting::secret_text("model_key", model_key, "The key for model_url, if it asks for one.", "sk-…"),
      setting::text("model_name", model_name, "The model, as its server calls it.", "gpt-4o-mini"),
      setting::choice("model_limit_name", model_limit_name, {"max_tokens", "max_completion_tokens"},
                      "How the server calls the limit of an answer; reasoning models take the second only."),
      setting::number("model_timeout", model_timeout, 1, 300,
                      "A request to the model may take so many seconds."),
      setting::number("model_parallel", model_parallel, 1, 64, "Requests to the model at once, per process."),
      setting::number(
          "model_patience", model_patience, 1, 3600,
          "So many seconds a post waits for the model; then the local judge decides, and the model judges "
          "it again later."),
      money("model_price_in", model_price_in,
            "What a million tokens of questions cost; 0 for a server of your own."),
      money("model_price_out", model_price_out, "What a million tokens of answers cost."),
      money("model_daily_cap", model_daily_cap,
            "What the model may cost a day, in the currency of the prices; then the local judge goes on "
            "alone. Needed "
            "where prices are set."),
      setting::flag(
          "learn_from_posts", learn_from_posts,
          "Whether the local judge learns from posts at night. Read docs/operator.md first: Telegram's terms "
          "have a word to say."),
      setting::secret_text("dating_bot_token", dating_bot_token,
                           "The token of Dating's bot from BotFather. Empty: there is no Dating (a sandbox "
                           "has it anyway).",
                           "123456789:AAF…"),
      setting::choice("photos_approve", photos_approve, {"by_mode", "operator", "automatic"},
                      "Who looks at newcomers' photos before others see them: the operator in their chat, or "
                      "nobody (automatic). by_mode: nobody in a sandbox, the operator elsewhere."),
      setting::number("dating_likes_a_day", dating_likes_a_day, 0, 100'000,
                      "Likes that a person gives a day, at most. 0: no limit."),
      setting::number("dating_premium_likes_a_day", dating_premium_likes_a_day, 0, 100'000,
                      "The same with premium. 0: no limit."),
      setting::number("dating_letters_a_day", dating_letters_a_day, 0, 10'000,
                      "Likes with a letter a day, at most. 0: no limit."),
      setting::number("dating_premium_letters_a_day", dating_premium_letters_a_day, 0, 10'000,
                      "The same with premium. 0: no limit."),
      setting::number(
          "dating_undos_a_day", dating_undos_a_day, 0, 10'000,
          "How often a person takes the last one back a day; with premium as often as they like."),
      setting::number("dating_showings_a_day", dating_showings_a_day, 1, 1'000'000,
                      "How often a person is shown to others a day, at most: attention is spread."),
      setting::list("dating_talks_a_day", dating_talks_a_day,
                    "New talks that a person begins a day: a newcomer, one whose photo was approved, one who "
                    "has been here for long.",
                    "5, 20, 60"),
      setting::list("dating_messages_a_day", dating_messages_a_day, "Messages a day, of the same three.",
                    "60, 400, 2000"),
      setting::number("dating_invite_days", dating_invite_days, 1, 365,
                      "Days of premium for both sides of an invitation."),
      setting::number("dating_invites_a_month", dating_invites_a_month, 0, 10'000,
                      "Invitations that a person is rewarded for in thirty days, at most."),
      setting::flag("dating_engine", dating_engine,
                    "Whether a process of the role matching writes decks. Without it they are found by "
                    "queries."),
      setting::flag("dating_learn", dating_learn,
                    "Whether the rating's coefficients are fitted anew every night."),
      setting::text("operator_name", operator_name,
                    "Who runs this installation: named in /privacy and /help.", "Ivan Petrov, Moscow"),
      setting::text("operator_contact", operator_contact,
                    "How people reach the operator: named in /privacy and /help.", "@example_support"),
      setting::text("operator_time_zone", operator_time_zone,
                    "The operator's zone: its midnight begins the day of model_daily_cap.",
                    "Asia/Yekaterinburg"),
      setting::choice("log_level", log_level, {"info", "trace", "debug", "warn", "error"}, "What is logged."),
      setting::choice("log_format", log_format, {"auto", "json", "human"},
                      "How it is logged; auto: for people on a terminal, JSON elsewhere."),
  };
}

http::listener_options public_listener_of(const settings& all) {
  http::listener_options out;
  out.address = all.public_address;
  out.port = static_cast<std::uint16_t>(all.public_port);
  out.certificate_file = all.certificate_file;
  out.key_file = all.key_file;
  out.trusted_proxies = all.trusted_proxies;
  return out;
}

setting_mistakes check_together(const settings& all) {
  setting_mistakes mistakes;
  if (const auto listener = public_listener_of(all); listener.port != 0) {
    if (const auto fine = http::check_listener(listener); !fine)
      mistakes.push_back("public_address, certificate_file, key_file, trusted_proxies: " + fine.error());
  }
  if (!all.webhook_url.empty() && all.public_port == 0) {
    mistakes.push_back(
        "webhook_url is set, but public_port is 0: set the port that Telegram's calls arrive at");
  }
  if (!all.webhook_url.empty() && !all.webhook_url.starts_with("https://") && all.is_real() &&
      all.telegram_api.empty()) {
    mistakes.push_back("webhook_url = " + all.webhook_url + ": Telegram calls https:// addresses only");
  }
  if (!all.queue.empty()) {
    if (const auto broker = amqp::parse_addresses(all.queue); !broker)
      mistakes.push_back("queue: " + broker.error());
  }
  if (!all.cache.empty()) {
    if (const auto at = redis::parse_address(all.cache); !at) mistakes.push_back("cache: " + at.error());
  }
  if (!all.blob.empty()) {
    if (const auto at = s3::parse_place(all.blob); !at) mistakes.push_back("blob: " + at.error());
  }
  if (!all.blob.empty() && (all.blob_key.empty() || all.blob_secret.empty())) {
    mistakes.push_back("blob is set, but not blob_key and blob_secret: set all three");
  }
  if (all.blob.empty() && !(all.blob_key.empty() && all.blob_secret.empty())) {
    mistakes.push_back("blob_key and blob_secret are set, but not blob: say which bucket they are for");
  }
  if (all.bot_rate != 0 && all.broadcast_rate > all.bot_rate) {
    mistakes.push_back("broadcast_rate is more than bot_rate: it is a part of it");
  }
  if (!all.database.empty() && all.bot_rate != 0 &&
      all.answer_rate + most_that_give_notices >= all.bot_rate) {
    mistakes.push_back("answer_rate leaves nothing of bot_rate for deliveries: take less, such as 8 of 29");
  }
  if (!all.dating_bot_token.empty() && all.dating_bot_token == all.main_bot_token) {
    mistakes.push_back("dating_bot_token is main_bot_token: each product has a bot of its own");
  }
  for (const auto& [name, numbers] : {std::pair("dating_talks_a_day", &all.dating_talks_a_day),
                                      std::pair("dating_messages_a_day", &all.dating_messages_a_day)}) {
    if (!read_by_trust(*numbers)) {
      mistakes.push_back(std::string(name) + ": write three numbers that do not fall, such as 5, 20, 60");
    }
  }
  if (const auto worth = read_worth(all.currency_worth); !worth) {
    mistakes.push_back("currency_worth = " + worth.error() +
                       ": write a currency and a number, such as USD 90");
  }
  if (all.retain_deliveries_days * 24 < all.oldest_delivered_h + 48) {
    mistakes.push_back(
        "retain_deliveries_days is shorter than oldest_delivered_h and two days: what was sent must be "
        "known for as long as it may be sent");
  }
  if (all.read_gap_min_s > all.read_gap_max_s) {
    mistakes.push_back("read_gap_min_s is more than read_gap_max_s: exchange them");
  }
  if ((all.telegram_api_id == 0) != all.telegram_api_hash.empty()) {
    mistakes.push_back("telegram_api_id and telegram_api_hash belong together: set both or none");
  }
  if (!all.model_url.empty()) {
    if (!all.model_url.starts_with("http://") && !all.model_url.starts_with("https://"))
      mistakes.push_back("model_url = " + all.model_url +
                         ": write an address such as https://api.openai.com/v1");
    if (all.model_name.empty())
      mistakes.push_back("model_url is set, but model_name is empty: say which model");
    const bool costs = all.model_price_in > 0 || all.model_price_out > 0;
    if (costs && all.model_daily_cap == 0)
      mistakes.push_back(
          "model_price_in or model_price_out is set, but model_daily_cap is 0: say what a day may cost");
    if (!costs && all.model_daily_cap > 0)
      mistakes.push_back(
          "model_daily_cap needs model_price_in and model_price_out: without them nothing is counted");
  }
  if (all.paid_broadcast && all.paid_broadcast_daily_cap == 0) {
    mistakes.push_back(
        "paid_broadcast is on, but paid_broadcast_daily_cap is 0: say how many paid messages a day");
  }
  return mistakes;
}

std::expected<settings, setting_mistakes> load_settings(std::string config_file,
                                                        std::map<std::string, std::string> environment) {
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
  settings_file file;
  if (!config_file.empty()) file = read_settings_file(config_file);
  all.file = std::move(config_file);
  auto mistakes = std::move(file.mistakes);
  auto described = all.describe();
  for (auto& mistake : apply_settings(described, file.values, environment))
    mistakes.push_back(std::move(mistake));
  for (auto& mistake : check_together(all)) mistakes.push_back(std::move(mistake));
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return all;
}

}  // namespace tandem::app
