#include "platform/queue/consumer.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>
#include <set>

#include "async/scope.hpp"
#include "async/within.hpp"

namespace tandem::queue {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// So often may a process die over a message before the message is taken for the cause. High, since a process
// may also be killed for other reasons while a harmless one is in its hands.
constexpr int most_unfinished = 50;

milliseconds backoff(int attempt) {
  constexpr milliseconds most = 10min;
  return attempt > 10 ? most : std::min(most, milliseconds(1s) * (1 << (attempt - 1)));
}

// Leases of different processes must differ, also across restarts.
std::int64_t fresh_lease() {
  static std::mt19937_64 random{std::random_device{}()};
  return static_cast<std::int64_t>(random() >> 1);
}

class claim_acknowledger final : public acknowledger {
 public:
  claim_acknowledger(claims& engine, std::int64_t lease) : engine_(engine), lease_(lease) {}

  task<> done(pg::transaction& in, std::span<const std::int64_t> ids) override {
    co_await engine_.done(in, lease_, ids);
    settle(in, {ids.begin(), ids.end()});
  }
  task<> later(pg::transaction& in, std::int64_t id, instant due_at) override {
    co_await engine_.later(in, lease_, id, due_at);
    settle(in, {id});
  }
  bool settled(std::int64_t id) const { return settled_->contains(id); }

 private:
  // Only the commit makes it true.
  void settle(pg::transaction& in, std::vector<std::int64_t> ids) {
    in.after_commit([settled = settled_, ids = std::move(ids)] { settled->insert(ids.begin(), ids.end()); });
  }

  claims& engine_;
  std::int64_t lease_;
  std::shared_ptr<std::set<std::int64_t>> settled_ = std::make_shared<std::set<std::int64_t>>();
};

class lane_worker {
 public:
  lane_worker(const executor& on, claims& engine, bells& wake, const queue_options& with,
              const consumer_options& options, const batch_handler& handler)
      : engine_(engine), wake_(wake), with_(with), options_(options), handler_(handler), me_(on) {
    wake_.of(options_.lane).push_back(&me_);
  }
  ~lane_worker() { wake_.of(options_.lane).remove(&me_); }
  lane_worker(const lane_worker&) = delete;

  task<> run() {
    for (bool troubled = false;;) {
      std::string trouble;
      bool found = false;
      try {
        found = co_await one_batch();
      } catch (const std::exception& failure) {
        trouble = failure.what();
      }
      // Asked for here and not in a function: once cancelled, every other await throws.
      const auto asked = co_await asio::this_coro::cancellation_state;
      if (asked.cancelled() != asio::cancellation_type::none) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_return co_await leave();
      }
      if (!trouble.empty()) {
        if (!troubled) tell(trouble);  // once, not with every try while the database is away
        co_await async::sleep_for(with_.poll);
      }
      troubled = !trouble.empty();
      if (!troubled && !found) {
        me_.idle = true;
        co_await me_.bell.wait_for(with_.poll);
        me_.idle = false;
      }
    }
  }

 private:
  task<bool> one_batch() {
    // Left from the last time, when the database went away in the middle: free at once, not when the claim
    // runs out.
    if (!held_.empty()) co_await engine_.give_back(lease_, held_);
    held_.clear();
    lease_ = fresh_lease();
    auto found = co_await engine_.claim(options_, lease_);
    if (found.empty()) co_return false;
    if (static_cast<int>(found.size()) >= options_.batch) wake_.ring(options_.lane);
    std::vector<message> batch;
    for (auto& [what, unfinished] : found) {
      if (unfinished > most_unfinished) {
        co_await engine_.bury(lease_, what.id, "the process died every time that it was handled");
      } else {
        held_.push_back(what.id);
        batch.push_back(std::move(what));
      }
    }
    if (!batch.empty()) co_await handle(batch);
    held_.clear();
    co_return true;
  }

  // The error of the handler; empty when it returned.
  task<std::optional<std::string>> call(std::span<const message> batch, claim_acknowledger& ack) {
    std::exception_ptr failure;
    try {
      co_await handler_(batch, ack);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) co_return std::nullopt;
    const auto asked = co_await asio::this_coro::cancellation_state;
    if (asked.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
    co_return async::text_of(failure);
  }

  task<> handle(const std::vector<message>& batch) {
    claim_acknowledger ack(engine_, lease_);
    const auto failure = co_await call(batch, ack);
    const bool alone = batch.size() == 1 || !failure;
    std::set<std::string, std::less<>> blocked;  // keys whose earlier message failed: the later ones wait
    for (const auto& each : batch) {
      if (ack.settled(each.id)) continue;
      if (blocked.contains(each.key)) {
        const std::vector<std::int64_t> id = {each.id};
        co_await engine_.give_back(lease_, id);
        continue;
      }
      auto reason = failure;
      if (!alone) {
        if (!co_await engine_.extend(options_, lease_, each.id)) continue;
        reason = co_await call(std::span(&each, 1), ack);
        if (ack.settled(each.id)) continue;
      }
      if (!each.key.empty()) blocked.insert(each.key);
      co_await give_up(each, reason.value_or("the handler returned without acknowledging it"));
    }
  }

  task<> give_up(const message& what, const std::string& reason) {
    tell(what.kind + ": " + reason);
    if (what.attempt >= options_.attempts) {
      co_await engine_.bury(lease_, what.id, reason);
    } else {
      co_await engine_.failed(lease_, what.id, backoff(what.attempt));
    }
  }

  // Stopped in an orderly way: what is in our hands is free at once for whoever comes after us.
  task<> leave() {
    if (held_.empty()) co_return;
    try {
      co_await async::within(2s, engine_.give_back(lease_, held_));
    } catch (const std::exception& failure) {
      tell(failure.what());  // it comes back when the claim runs out
    }
  }

  void tell(std::string_view what) const {
    if (with_.told) with_.told(options_.lane, what);
  }

  claims& engine_;
  bells& wake_;
  const queue_options& with_;
  const consumer_options& options_;
  const batch_handler& handler_;
  bells::worker me_;
  std::int64_t lease_ = 0;
  std::vector<std::int64_t> held_;
};

}  // namespace

std::list<bells::worker*>& bells::of(std::string_view lane) {
  const auto found = lanes_.find(lane);
  return found != lanes_.end() ? found->second : lanes_[std::string(lane)];
}

void bells::ring(std::string_view lane) {
  auto& workers = of(lane);
  const auto idle = std::ranges::find_if(workers, &worker::idle);
  if (idle != workers.end()) {
    (*idle)->idle = false;
    (*idle)->bell.ring();
    return;
  }
  for (auto* worker : workers) worker->bell.ring();
}

void bells::ring_all() {
  for (auto& [lane, workers] : lanes_) ring(lane);
}

task<> consume(executor on, claims& engine, std::shared_ptr<bells> wake, queue_options with,
               consumer_options options, batch_handler handler) {
  std::list<lane_worker> workers;
  for (int count = 0; count < options.parallel; ++count) {
    workers.emplace_back(on, engine, *wake, with, options, handler);
  }
  async::scope crew(on, [&](std::string_view, const std::exception_ptr& failure) {
    if (with.told) with.told(options.lane, async::text_of(failure));
  });
  for (auto& worker : workers) crew.spawn("worker of " + options.lane, worker.run());
  std::exception_ptr stopped;
  try {
    co_await crew.join();
  } catch (...) {
    stopped = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await crew.stop();
  if (stopped) std::rethrow_exception(stopped);
}

}  // namespace tandem::queue
