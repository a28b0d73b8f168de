#include "platform/queue/amqp_queue.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/queue/amqp_feed.hpp"
#include "platform/queue/amqp_queue_sql.hpp"
#include "platform/queue/amqp_relay.hpp"
#include "platform/queue/hints.hpp"
#include "platform/queue/table_queue.hpp"

namespace tandem::queue {

namespace asio = boost::asio;

namespace {

class consumers final : public table_queue {
 public:
  consumers(executor on, pg::pool& db, const clock& time, metrics::registry& figures, queue_options options,
            amqp_options broker)
      : table_queue(db, time),
        on_(on),
        figures_(figures),
        options_(std::move(options)),
        broker_(std::move(broker)),
        news_(std::make_shared<async::event>(on)),
        hints_(on, db, options_),
        stale_(figures.counter("tandem_amqp_stale_total",
                               "Copies that RabbitMQ has delivered of what was dealt with already.")) {}

  task<> consume(consumer_options options, batch_handler handler) override {
    const auto lane = options.lane;
    auto& shared = feeds_[lane];
    if (!shared.feed) {
      // Enough for each worker to have a batch, and one more to be there when it has done.
      const auto prefetch = options.batch * (options.parallel + 1);
      shared.feed = std::make_shared<amqp_feed>(on_, broker_, lane, prefetch, figures_,
                                                [wake = wake_, lane] { wake->ring(lane); });
    }
    ++shared.users;
    std::exception_ptr stopped;
    try {
      co_await tandem::queue::consume(on_, *this, wake_, options_, std::move(options), std::move(handler));
    } catch (...) {
      stopped = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (auto& mine = feeds_[lane]; --mine.users == 0) {
      const auto feed = std::exchange(mine.feed, nullptr);
      co_await feed->stop();
    }
    if (stopped) std::rethrow_exception(stopped);
  }

  task<> stop() override { co_await hints_.stop(); }

  std::unique_ptr<async::part> make_relay() {
    hints_.listen([news = news_](std::string_view) { news->ring(); });
    return make_amqp_relay(on_, db_, time_, figures_, broker_, options_.poll, news_);
  }

  // The first lane that has no connection.
  async::health state() const {
    for (const auto& [lane, shared] : feeds_) {
      if (!shared.feed || shared.feed->state().connected) continue;
      const auto& link = shared.feed->state();
      return {false, "lane " + lane + ": no connection to " + link.where + ": " + link.trouble};
    }
    return {true, {}};
  }

 private:
  struct shared_feed {
    std::shared_ptr<amqp_feed> feed;
    int users = 0;
  };

  task<std::vector<claimed>> claim(const consumer_options& options, std::int64_t lease) override {
    const auto feed = feeds_[options.lane].feed;
    std::vector<claimed> out;
    while (out.empty()) {
      auto picked = feed->pick(lease, options.batch);
      if (picked.empty()) co_return out;
      std::exception_ptr failure;
      try {
        co_await take(*feed, options, lease, picked, out);
      } catch (...) {
        failure = std::current_exception();
      }
      if (failure) {
        feed->put_back(lease, std::move(picked));
        std::rethrow_exception(failure);
      }
    }
    std::ranges::sort(out, {}, [](const claimed& each) { return each.what.id; });
    co_return out;
  }

  task<> take(amqp_feed& feed, const consumer_options& options, std::int64_t lease,
              std::vector<amqp_feed::delivery>& picked, std::vector<claimed>& out) {
    std::vector<std::int64_t> ids, numbers, again;
    for (const auto& each : picked) {
      ids.push_back(each.what.what.id);
      numbers.push_back(each.what.number);
      again.push_back(each.again ? 1 : 0);
    }
    const std::chrono::microseconds lasts = options.lease;
    const auto rows = co_await db_(sql::amqp_queue::take, ids, numbers, again, options.lane, lease, lasts);
    std::map<std::pair<std::int64_t, std::int64_t>, int> handed;  // copy → the row of the answer
    bool set_free = false;
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      if (row.get<bool>(2)) {
        handed[{row.get<std::int64_t>(0), row.get<std::int64_t>(1)}] = at;
      } else {
        set_free = true;
      }
    }
    for (auto& each : picked) {
      const auto found = handed.find({each.what.what.id, each.what.number});
      if (found == handed.end()) {
        feed.settle(lease, each.what.what.id, each.what.number);
        continue;
      }
      const auto row = rows[found->second];
      const auto failures = row.get<int>(3);
      each.what.what.attempt = failures + 1;
      out.push_back({std::move(each.what.what), row.get<int>(4) - 1 - failures});
    }
    stale_.add(static_cast<double>(picked.size() - static_cast<std::size_t>(rows.size())));
    if (set_free) news_->ring();
  }

  task<> done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) override {
    co_await table_queue::done(in, lease, ids);
    settle_after(in, lease, {ids.begin(), ids.end()});
  }

  task<> later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) override {
    co_await table_queue::later(in, lease, id, due_at);
    settle_after(in, lease, {id});
  }

  task<> give_back(std::int64_t lease, std::vector<std::int64_t> ids) override {
    co_await table_queue::give_back(lease, ids);
    for (const auto id : ids) settle(lease, id);
    news_now({});
  }

  task<> failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) override {
    co_await table_queue::failed(lease, id, retry_in);
    settle(lease, id);
  }

  task<> bury(std::int64_t lease, std::int64_t id, std::string error) override {
    co_await table_queue::bury(lease, id, std::move(error));
    settle(lease, id);
  }

  task<bool> extend(const consumer_options& options, std::int64_t lease, std::int64_t id) override {
    const bool kept = co_await table_queue::extend(options, lease, id);
    if (!kept) settle(lease, id);
    co_return kept;
  }

  // Acknowledged to RabbitMQ after the commit: what gets lost in between is delivered again and found dealt
  // with.
  void settle_after(pg::transaction& in, std::int64_t lease, std::vector<std::int64_t> ids) {
    for (auto& [lane, shared] : feeds_) {
      if (!shared.feed) continue;
      in.after_commit([feed = shared.feed, lease, ids] {
        for (const auto id : ids) feed->settle(lease, id);
      });
    }
  }
  void settle(std::int64_t lease, std::int64_t id) {
    for (auto& [lane, shared] : feeds_) {
      if (shared.feed) shared.feed->settle(lease, id);
    }
  }

  void news_after(pg::transaction& in, std::set<std::string> lanes) override {
    hints_.tell_after(in, std::move(lanes), [news = news_](std::string_view) { news->ring(); });
  }
  void news_now(std::string lane) override {
    news_->ring();
    hints_.tell(lane.empty() ? "all" : std::move(lane));
  }

  executor on_;
  metrics::registry& figures_;
  queue_options options_;
  amqp_options broker_;
  std::shared_ptr<async::event> news_;  // for the relay in this process
  std::shared_ptr<bells> wake_ = std::make_shared<bells>();
  hints hints_;
  std::map<std::string, shared_feed> feeds_;
  metrics::counter stale_;
};

class consumer_link final : public async::part {
 public:
  explicit consumer_link(const consumers& of) : of_(of) {}
  std::string_view name() const override { return "RabbitMQ"; }
  task<> start() override { co_return; }
  task<> stop() override { co_return; }
  async::health state() const override { return of_.state(); }

 private:
  const consumers& of_;
};

}  // namespace

amqp_queue make_amqp_queue(executor on, pg::pool& db, const clock& time, metrics::registry& figures,
                           queue_options options, amqp_options broker) {
  auto lanes = std::make_unique<consumers>(on, db, time, figures, std::move(options), std::move(broker));
  amqp_queue out;
  out.link = std::make_unique<consumer_link>(*lanes);
  out.relay = lanes->make_relay();
  out.lanes = std::move(lanes);
  return out;
}

task<amqp_look> look_at_amqp(executor on, pg::pool& db, const amqp_options& broker,
                             std::vector<std::string> lanes) {
  amqp_look out;
  std::unique_ptr<amqp::connection> link;
  std::string trouble;
  for (const auto& to : broker.addresses) {
    out.where = to.name();
    try {
      link = co_await amqp::connect(on, to, broker.link.connect_limit);
      break;
    } catch (const amqp::broken& failure) {
      trouble += (trouble.empty() ? "" : "; ") + out.where + ": " + failure.what();
    }
  }
  if (!link) throw amqp::broken(trouble);
  out.server = link->server();
  std::exception_ptr failure;
  try {
    for (const auto& lane : lanes) {
      for (const auto& name : queues_of(broker, lane)) {
        amqp_depth depth{name, std::nullopt};
        try {  // a queue that is not there breaks the channel: each has its own
          const auto channel = co_await link->open_channel({});
          depth.ready = co_await channel->declare_queue(name, {}, true);
        } catch (const amqp::broken&) {
          if (!link->alive()) throw;
        }
        out.queues.push_back(std::move(depth));
      }
    }
    const auto row = co_await db(sql::amqp_queue::carried);
    out.carried = row.front().get<std::int64_t>(0);
    out.oldest_carried = row.front().get<std::optional<instant>>(1);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await link->close();
  if (failure) std::rethrow_exception(failure);
  co_return out;
}

}  // namespace tandem::queue
