#include "sandbox/webhooks.hpp"

#include <charconv>
#include <random>
#include <unordered_set>

namespace tandem::sandbox {

using namespace std::chrono;

namespace {
std::string_view reason_of(int status) {
  switch (status) {
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 410: return "Gone";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

// 1 s, 2 s, 4 s … and then a random time between one and two minutes.
milliseconds pause_after(int failures) {
  static std::mt19937 dice{1};
  const auto longest = std::uniform_int_distribution<int>(60'000, 120'000)(dice);
  return milliseconds(std::min<std::int64_t>(1000LL << std::min(failures, 20), longest));
}

int seconds_of(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp(value, 0, 3600);
}
}  // namespace

void webhooks::watch(bot& of) { scope_.spawn("webhook of " + of.username, serve(of)); }

task<> webhooks::serve(bot& of) {
  auto mine = std::make_shared<line_up>();
  for (;;) {
    nanoseconds next = hours(1);
    if (mine->epoch != of.hook.epoch) {
      mine = std::make_shared<line_up>();  // what is in flight to the old address ends by itself
      mine->epoch = of.hook.epoch;
    }
    if (!of.hook.url.empty()) {
      world_.drop_expired(of);
      struct due {
        std::int64_t id, key;
        std::string json;
      };
      std::vector<due> ready;
      std::unordered_set<std::int64_t> passed;  // chats whose first update waits
      const auto now = steady_clock::now();
      for (const auto& update : of.updates) {
        if (mine->in_flight + static_cast<int>(ready.size()) >= of.hook.max_connections) break;
        const lane& one = mine->lanes[update.order_key];
        if (!passed.insert(update.order_key).second || one.busy) continue;
        if (one.not_before > now) {
          next = std::min<nanoseconds>(next, one.not_before - now);
          continue;
        }
        ready.push_back({update.id, update.order_key, update.json});
      }
      if (ready.size() > 1 && faults_.strike_delivery(of.id, "shuffle")) std::ranges::reverse(ready);
      for (auto& one : ready) {
        mine->lanes[one.key].busy = true;
        ++mine->in_flight;
        scope_.spawn("webhook call", deliver(of, mine, one.id, one.key, std::move(one.json)));
      }
    }
    co_await of.work.wait_for(next);
  }
}

task<> webhooks::deliver(bot& to, std::shared_ptr<line_up> from, std::int64_t update_id, std::int64_t key,
                         std::string json) {
  http::fetch want;
  want.method = "POST";
  want.url = to.hook.url;
  want.headers.add("Content-Type", "application/json");
  if (!to.hook.secret.empty()) want.headers.add("X-Telegram-Bot-Api-Secret-Token", to.hook.secret);
  want.body = std::move(json);
  want.limit = seconds(60);
  std::string error;
  int retry_after = 0;
  std::string body;
  try {
    http::response got = co_await web_.send(std::move(want));
    if (got.status < 200 || got.status > 299) {
      error = "Wrong response from the webhook: " + std::to_string(got.status) + " " +
              std::string(reason_of(got.status));
      retry_after = seconds_of(got.headers.value_or("retry-after", "0"));
    }
    body = std::move(got.body);
  } catch (const http::no_answer& failure) {
    error = failure.timed_out ? "Read timeout expired"
            : failure.sent    ? "Connection reset by peer"
                              : "Connection refused";
  }
  --from->in_flight;
  lane& one = from->lanes[key];
  one.busy = false;
  to.work.ring();
  if (from->epoch != to.hook.epoch) co_return;  // it belongs to another address now
  if (!error.empty()) {
    const milliseconds pause =
        retry_after > 0 ? milliseconds(seconds(retry_after)) : pause_after(one.failures);
    ++one.failures;
    one.not_before = steady_clock::now() + pause;
    to.hook.last_error = std::move(error);
    to.hook.last_error_at = world_.now_unix();
    co_return;
  }
  from->lanes.erase(key);
  if (world_.live.wanted()) {
    std::string event;
    fields(event)
        .number("bot", to.id)
        .raw("update_ids", "[" + std::to_string(update_id) + "]")
        .text("by", "webhook")
        .number("at_us", world_.machine_us());
    world_.publish_panel("taken", std::move(event));
  }
  journal_line line("webhook");
  world_.confirm_one(to, update_id, line);
  world_.commit(line);
  if (!body.empty()) api_.carry_out(to, body);
}

}  // namespace tandem::sandbox
