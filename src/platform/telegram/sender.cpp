#include "platform/telegram/sender.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <charconv>
#include <random>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/telegram/json_text.hpp"
#include "platform/telegram/multipart.hpp"

namespace tandem::telegram {

namespace {

using namespace std::chrono_literals;
using ticks = std::chrono::steady_clock;

// What a try of a call led to.
enum class next_move { done, flooded, failed, migrated };

api_error failure(refusal why, std::string description) {
  api_error error;
  error.why = why;
  error.description = std::move(description);
  return error;
}

std::chrono::seconds seconds_in(std::string_view text) {
  std::int64_t number = 1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::chrono::seconds(std::clamp<std::int64_t>(number, 1, 3'600));
}

// A call's parameters with the chat in front.
std::string with_chat(std::string_view params, std::int64_t chat_id, bool paid) {
  std::string out;
  out.reserve(params.size() + 64);
  out += '{';
  if (chat_id != 0) {
    out += "\"chat_id\":";
    append_number(out, chat_id);
    out += ',';
  }
  if (paid) out += "\"allow_paid_broadcast\":true,";
  out += params.substr(1);
  if (out.ends_with(",}")) out.erase(out.size() - 2, 1);  // there were no parameters
  return out;
}

class http_sender final : public sender {
 public:
  http_sender(executor on, http::client& transport, sender_options options, sender_events events)
      : state_(std::make_shared<state>(on, transport, std::move(options), std::move(events))),
        work_(on, [](std::string_view, const std::exception_ptr& error) { std::rethrow_exception(error); }) {
    auto keep = state_;
    work_.spawn("telegram sender", pace(std::move(keep)));
  }
  ~http_sender() override { state_->stopping = true; }

  task<answer<std::string>> call(std::string_view method, std::string params, call_options options) override {
    // The state is held by the call itself: a sender may go while its last call ends.
    if (options.messages == 0)
      return call_freely(state_, std::string(method), std::move(params), std::move(options));
    return call_in_turn(state_, std::string(method), std::move(params), std::move(options));
  }

  task<answer<std::string>> download(std::string file_path) override {
    return fetch_file(state_, std::move(file_path));
  }

  void set_limits(send_limits limits) override {
    state_->plan.set_limits(limits);
    pump(*state_, ticks::now());
  }
  const send_limits& limits() const override { return state_->plan.limits(); }
  sender_counts counts() const override {
    auto out = state_->counts;
    out.waiting = state_->plan.waiting();
    out.in_flight = state_->plan.in_flight();
    return out;
  }

  task<> stop() override {
    const auto self = state_;
    self->stopping = true;
    for (auto& [id, waiting] : self->waiters) waiting->ring();
    while (self->calls > 0) co_await self->ended.wait();
    co_await work_.stop();
  }

 private:
  struct waiter {
    std::optional<async::event> bell;  // made when it comes to waiting, which it mostly does not
    void ring() {
      if (bell) bell->ring();
    }
    std::optional<send_plan::start> go;
    std::optional<api_error> give_up;
    std::int64_t chat = 0;
    std::chrono::milliseconds patience{};
  };

  struct state {
    state(const executor& on_, http::client& transport_, sender_options options_, sender_events events_)
        : on(on_),
          transport(transport_),
          base(options_.api_root + "/bot" + options_.token + "/"),
          file_base(options_.api_root + "/file/bot" + options_.token + "/"),
          events(std::move(events_)),
          plan(options_.limits, std::random_device{}()),
          changed(on_),
          ended(on_) {}

    executor on;
    http::client& transport;
    std::string base, file_base;
    sender_events events;
    send_plan plan;
    sender_counts counts;
    boost::unordered_flat_map<send_plan::ticket, waiter*> waiters;
    boost::unordered_flat_map<std::int64_t, std::int64_t> moved;  // chats that became supergroups
    std::optional<ticks::time_point> next_wake;
    async::event changed, ended;
    std::size_t calls = 0;
    bool stopping = false;
  };
  using shared = std::shared_ptr<state>;

  // A call that began and has not ended: what stop() waits for.
  struct presence {
    explicit presence(state& of_) : of(of_) { ++of.calls; }
    ~presence() {
      if (--of.calls == 0) of.ended.ring();
    }
    presence(const presence&) = delete;
    state& of;
  };

  // A call's stand in the plan; leaves it also when the call is cancelled.
  struct turn {
    turn(state& of_, const call_options& options) : of(of_) {
      waiting.chat = options.chat_id;
      waiting.patience = options.patience;
      id = of.plan.add(options.chat_id, options.urgency, options.messages);
      of.waiters.emplace(id, &waiting);
    }
    ~turn() {
      of.waiters.erase(id);
      const auto now = ticks::now();
      of.plan.drop(id, now);
      pump(of, now);
    }
    turn(const turn&) = delete;
    state& of;
    waiter waiting;
    send_plan::ticket id = 0;
  };

  // Starts what may start now, and sees to it that the pace() wakes up for the next.
  static void pump(state& of, ticks::time_point now) {
    while (const auto start = of.plan.next(now)) {
      auto& waiting = *of.waiters.at(start->id);
      waiting.go = start;
      waiting.ring();
    }
    const auto wake = of.plan.wake();
    if (wake == of.next_wake) return;
    of.next_wake = wake;
    if (wake) of.changed.ring();
  }

  static task<> pace(shared self) {
    for (;;) {
      const auto wake = self->next_wake.value_or(ticks::now() + 1h);
      co_await self->changed.wait_for(wake - ticks::now());
      if (self->next_wake && *self->next_wake <= ticks::now()) {
        self->next_wake.reset();
        pump(*self, ticks::now());
      }
    }
  }

  static task<answer<std::string>> call_in_turn(shared self, std::string method, std::string params,
                                                call_options options) {
    if (self->stopping) co_return std::unexpected(failure(refusal::stopped, "the sender is stopped"));
    const presence here(*self);
    if (const auto to = self->moved.find(options.chat_id); to != self->moved.end())
      options.chat_id = to->second;
    const auto begun = ticks::now();
    if (const auto pause = self->plan.pause_of(options.chat_id, begun); pause > options.patience) {
      co_return std::unexpected(flooded_for(std::chrono::ceil<std::chrono::seconds>(pause)));
    }
    turn mine(*self, options);
    auto& waiting = mine.waiting;
    pump(*self, begun);
    std::optional<ticks::time_point> first_try;
    for (;;) {
      if (!waiting.go && !waiting.bell) waiting.bell.emplace(self->on);
      while (!waiting.go && !waiting.give_up && !self->stopping) co_await waiting.bell->wait();
      if (waiting.give_up) co_return std::unexpected(std::move(*waiting.give_up));
      if (!waiting.go) co_return std::unexpected(failure(refusal::stopped, "the sender is stopped"));
      const bool paid = std::exchange(waiting.go, std::nullopt)->paid;
      if (!first_try) first_try = ticks::now();
      auto got = co_await exchange(*self, method, params, options, waiting.chat, paid);
      const auto now = ticks::now();
      if (got) {
        ++self->counts.accepted;
        self->counts.paid += paid;
        self->plan.accepted(mine.id, now);
        co_return got;
      }
      const auto& error = got.error();
      const auto patience = *first_try + options.patience - now;
      const auto move = judge(error, options.repeat, patience);
      if (move == next_move::flooded) {
        const auto retry_after = error.retry_after.value_or(1s);
        ++self->counts.flooded;
        self->plan.flooded(mine.id, now, retry_after);
        give_up_impatient(*self, waiting.chat, retry_after);
        if (retry_after > patience) co_return got;
      } else if (move == next_move::failed) {
        ++self->counts.retried;
        self->plan.failed(mine.id, now);
      } else if (move == next_move::migrated) {
        migrate(*self, mine.id, waiting.chat, *error.migrate_to_chat_id, now);
      } else {
        if (is_outage(error)) {
          self->plan.failed(mine.id, now);
        } else {
          self->plan.accepted(mine.id, now);
        }
        refused(*self, waiting.chat, error);
        co_return got;
      }
      pump(*self, now);
    }
  }

  // What is no message has no turn: it goes at once, and waits by itself when the server says so.
  static task<answer<std::string>> call_freely(shared self, std::string method, std::string params,
                                               call_options options) {
    if (self->stopping) co_return std::unexpected(failure(refusal::stopped, "the sender is stopped"));
    const presence here(*self);
    if (const auto to = self->moved.find(options.chat_id); to != self->moved.end())
      options.chat_id = to->second;
    const auto patient_until = ticks::now() + options.patience;
    for (int tries = 1;; ++tries) {
      auto got = co_await exchange(*self, method, params, options, options.chat_id, false);
      if (got) {
        ++self->counts.accepted;
        co_return got;
      }
      const auto& error = got.error();
      const auto patience = patient_until - ticks::now();
      std::chrono::nanoseconds pause =
          self->plan.limits().backoff * std::min(30, 1 << std::min(tries - 1, 5));
      switch (judge(error, options.repeat, patience)) {
        case next_move::migrated:
          options.chat_id = *error.migrate_to_chat_id;
          pause = 0ns;
          break;
        case next_move::flooded:
          ++self->counts.flooded;
          pause = error.retry_after.value_or(1s);
          break;
        case next_move::failed: ++self->counts.retried; break;
        case next_move::done: refused(*self, options.chat_id, error); co_return got;
      }
      if (pause > patience || self->stopping) co_return got;
      if (pause > 0ns) co_await async::sleep_for(pause);
    }
  }

  static http::fetch request_of(const state& of, const std::string& method, const std::string& params,
                                const call_options& options, std::int64_t chat_id, bool paid) {
    http::fetch what;
    what.method = "POST";
    what.url.reserve(of.base.size() + method.size());
    what.url.append(of.base).append(method);
    what.limit = options.limit;
    what.body = with_chat(params, chat_id, paid);
    if (options.files.empty()) {
      what.pipeline = options.answered_at_once;
      what.headers.add("Content-Type", "application/json");
      return what;
    }
    // A boundary that nobody can put into a text beforehand.
    std::random_device random;
    const auto boundary = fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
    what.body = multipart_body(what.body, options.files, boundary);
    what.headers.add("Content-Type", "multipart/form-data; boundary=" + boundary);
    return what;
  }

  // One HTTP exchange. `chat_id` may differ from the options' one after a migration.
  static task<answer<std::string>> exchange(state& of, const std::string& method, const std::string& params,
                                            const call_options& options, std::int64_t chat_id, bool paid) {
    auto what = request_of(of, method, params, options, chat_id, paid);
    try {
      auto got = co_await of.transport.send(std::move(what));
      auto result = read_envelope(got.status, std::move(got.body));
      if (!result && result.error().why == refusal::flood && !result.error().retry_after) {
        result.error().retry_after = seconds_in(got.headers.value_or("Retry-After", "1"));
      }
      co_return result;
    } catch (const http::no_answer& none) {
      // The text may hold the URL, and with it the token.
      co_return std::unexpected(
          none.sent
              ? failure(refusal::uncertain, none.timed_out ? "no answer in time" : "the connection was lost")
              : failure(refusal::unreachable, "no connection to the Bot API"));
    }
  }

  static bool is_outage(const api_error& error) {
    return error.why == refusal::server || error.why == refusal::uncertain ||
           error.why == refusal::unreachable;
  }

  static next_move judge(const api_error& error, repeat how, std::chrono::nanoseconds patience) {
    if (error.migrate_to_chat_id) return next_move::migrated;
    if (error.why == refusal::flood) return patience > 0ns ? next_move::flooded : next_move::done;
    const bool certain = error.why == refusal::unreachable;
    const bool repeatable = is_outage(error) && (certain || how == repeat::at_least_once);
    return repeatable && patience > 0ns ? next_move::failed : next_move::done;
  }

  static api_error flooded_for(std::chrono::seconds pause) {
    auto error = failure(refusal::flood, fmt::format("paused for {} s by the server", pause.count()));
    error.code = 429;
    error.retry_after = pause;
    return error;
  }

  // Calls that wait for the same chat and do not want to wait for so long.
  static void give_up_impatient(state& of, std::int64_t chat, std::chrono::seconds pause) {
    for (auto& [id, waiting] : of.waiters) {
      if (waiting->chat != chat || pause <= waiting->patience || waiting->go) continue;
      waiting->give_up = flooded_for(pause);
      waiting->ring();
    }
  }

  static void migrate(state& of, send_plan::ticket id, std::int64_t from, std::int64_t to,
                      ticks::time_point now) {
    of.plan.migrated(id, to, now);
    for (auto& [other, waiting] : of.waiters) {
      if (waiting->chat == from) waiting->chat = to;
    }
    if (of.moved.size() > 10'000) of.moved.clear();  // the server tells it again
    of.moved[from] = to;
    if (of.events.chat_migrated) of.events.chat_migrated(from, to);
  }

  static void refused(state& of, std::int64_t chat, const api_error& error) {
    ++of.counts.refused;
    if (chat != 0 && error.chat_is_closed() && of.events.chat_closed) of.events.chat_closed(chat, error.why);
  }

  static task<answer<std::string>> fetch_file(shared self, std::string file_path) {
    const presence here(*self);
    http::fetch what;
    what.url = self->file_base + file_path;
    what.limit = 2min;
    what.max_body = 20u << 20;  // the cloud serves no more
    try {
      auto got = co_await self->transport.send(std::move(what));
      if (got.status == 200) co_return std::move(got.body);
      auto refused = read_envelope(got.status, std::move(got.body));
      if (refused)
        co_return std::unexpected(
            failure(refusal::server, "a file with status " + std::to_string(got.status)));
      co_return refused;
    } catch (const http::no_answer& none) {
      co_return std::unexpected(
          failure(none.sent ? refusal::uncertain : refusal::unreachable, "the file did not come"));
    }
  }

  shared state_;
  async::scope work_;
};

}  // namespace

std::unique_ptr<sender> make_sender(executor on, http::client& transport, sender_options options,
                                    sender_events events) {
  return std::make_unique<http_sender>(std::move(on), transport, std::move(options), std::move(events));
}

}  // namespace tandem::telegram
