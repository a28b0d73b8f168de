#include "platform/queue/amqp_relay.hpp"

#include <map>
#include <random>

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/queue/amqp_queue_sql.hpp"

namespace tandem::queue {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto depth_every = 5s;               // how often the depth of a lane is asked for its own sake
constexpr auto full_pause = 50ms;              // until a full lane is asked again
constexpr auto refused_pause = 1s;             // what RabbitMQ could not keep is given to it again after this
constexpr std::size_t most_backlog = 4 << 20;  // bytes that may wait for the socket

std::int64_t fresh_number() {
  static std::mt19937_64 random{std::random_device{}()};
  return static_cast<std::int64_t>(random() >> 1);
}

class amqp_relay final : public async::part {
 public:
  amqp_relay(executor on, pg::pool& db, const clock& time, metrics::registry& figures,
             const amqp_options& broker, std::chrono::milliseconds poll, std::shared_ptr<async::event> news)
      : on_(on),
        db_(db),
        time_(time),
        figures_(figures),
        broker_(broker),
        poll_(poll),
        news_(std::move(news)),
        confirmed_(on),
        published_(figures.counter("tandem_amqp_published_total", "Messages given to RabbitMQ.")),
        refused_(figures.counter("tandem_amqp_refused_total",
                                 "Messages that RabbitMQ could not keep; they are given to it again.")),
        connects_(
            figures.counter("tandem_amqp_relay_connects_total", "Connections that the relay has made.")),
        unconfirmed_(
            figures.gauge("tandem_amqp_unconfirmed", "Messages that RabbitMQ has not confirmed yet.")),
        connected_(figures.gauge("tandem_amqp_relay_connected", "1 while the relay has a connection.")),
        blocked_(figures.gauge("tandem_amqp_blocked", "1 while RabbitMQ takes no messages (memory, disk).")),
        confirming_(
            figures.histogram("tandem_amqp_confirm_seconds", "From a publication to its confirmation.")) {}

  std::string_view name() const override { return "relay to RabbitMQ"; }

  task<> start() override {
    if (work_) co_return;
    work_ = std::make_unique<async::scope>(on_, [this](std::string_view, const std::exception_ptr& failure) {
      failure_ = async::text_of(failure);
      if (broker_.told) broker_.told("the relay has failed: " + failure_);
    });
    auto options = link_of(broker_, "relay");
    options.changed = [this, told = options.changed](const amqp::link_state& now) {
      connected_.set(now.connected ? 1 : 0);
      blocked_.set(now.blocked ? 1 : 0);
      news_->ring();  // a relay that was blocked goes on
      told(now);
    };
    work_->spawn("relay", amqp::keep_connected(on_, std::move(options), state_,
                                               [this](amqp::connection& link) { return session(link); }));
  }

  task<> stop() override {
    if (!work_) co_return;
    co_await work_->stop();
    work_.reset();
    connected_.set(0);
    unconfirmed_.set(0);
  }

  async::health state() const override {
    if (!work_) return {false, "does not run"};
    if (!failure_.empty()) return {false, failure_};
    if (!state_.connected) return {false, "no connection to " + state_.where + ": " + state_.trouble};
    if (state_.blocked) return {false, state_.where + " takes no messages: " + *state_.blocked};
    if (!database_.empty()) return {false, database_};
    return {true, state_.server + " at " + state_.where};
  }

 private:
  struct sent {
    std::int64_t id = 0, number = 0;
    steady::time_point at;
  };
  // How much a lane's queues may still take before their depth is asked again.
  struct lane_room {
    std::int64_t room = 0;
    steady::time_point ask_at;  // not before; for its own sake not later than depth_every after the last time
    steady::time_point asked;
  };

  task<> session(amqp::connection& link) {
    connects_.add();
    unconfirmed_numbers_.clear();
    failed_.clear();
    lanes_.clear();
    std::string why;
    amqp::channel_events events;
    events.on_confirm = [this](const amqp::confirmed& what) { on_confirm(what); };
    events.on_return = [this](const amqp::returned& what) { on_return(what); };
    events.on_end = [this, &why](std::string_view reason) {
      why = reason;
      unconfirmed_numbers_.clear();  // nobody will confirm them any more
      news_->ring();
      confirmed_.ring();
    };
    const auto channel = co_await link.open_channel(std::move(events));
    co_await channel->ask_confirms();
    for (bool begun = false; why.empty();) {
      bool more = false, full = false;
      try {
        if (!begun) co_await db_(sql::amqp_queue::uncarry_all);
        begun = true;
        co_await free_failed();
        if (!link.blocked()) co_await round(link, *channel, more, full);
        database_.clear();
      } catch (const pg::error& failure) {
        database_ = failure.what();
        more = false;
      }
      unconfirmed_.set(static_cast<double>(unconfirmed_numbers_.size()));
      if (!more && why.empty()) co_await news_->wait_for(full ? std::min(poll_, full_pause) : poll_);
    }
    throw amqp::broken(why);
  }

  // One batch of each lane that has something.
  task<> round(amqp::connection& link, amqp::channel& channel, bool& more, bool& full) {
    const auto rows = co_await db_(sql::amqp_queue::lanes_with_messages);
    for (int at = 0; at < rows.size(); ++at) {
      const auto lane = rows[at].get<std::string>(0);
      const auto room = co_await room_of(channel, lane);
      if (room <= 0) {
        full = true;
        continue;
      }
      const auto count = co_await carry(channel, lane, std::min<std::int64_t>(room, broker_.batch));
      lanes_[lane].room -= count;
      if (count > 0) more = true;
      if (co_await until_less_is_out(link)) more = true;
    }
  }

  task<std::int64_t> room_of(amqp::channel& channel, const std::string& lane) {
    const auto known = lanes_[lane];
    const auto now = steady::now();
    if ((known.room <= 0 && now >= known.ask_at) || now >= known.asked + depth_every) {
      // Declared and not only asked for: a queue that somebody has removed is there again.
      const auto depth = co_await declare_lane(channel, broker_, lane);
      lanes_[lane] = {broker_.window - depth, now + full_pause, now};
      figures_.gauge("tandem_amqp_ready", "Messages that wait in RabbitMQ.", {{"lane", lane}})
          .set(static_cast<double>(depth));
    }
    co_return lanes_[lane].room;
  }

  task<std::int64_t> carry(amqp::channel& channel, const std::string& lane, std::int64_t most) {
    const auto number = fresh_number();
    const std::chrono::microseconds lasts = broker_.carry_again;
    const auto rows = co_await db_(sql::amqp_queue::carry, lane, time_.now(), most, number, lasts);
    std::vector<carried> batch;
    batch.reserve(static_cast<std::size_t>(rows.size()));
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      message what{row.get<std::int64_t>(0), lane,
                   row.get<std::string>(1),  row.get<std::string>(3),
                   row.get<std::string>(2),  row.get<int>(4) + 1,
                   row.get<instant>(5)};
      batch.push_back({std::move(what), number});
    }
    std::ranges::sort(batch, {}, [](const carried& each) { return each.what.id; });
    const auto exchange = exchange_of(broker_);
    const auto now = steady::now();
    for (const auto& each : batch) {
      const auto place = channel.publish(exchange, queue_for(broker_, lane, each.what.key), to_content(each));
      unconfirmed_numbers_[place] = {each.what.id, number, now};
    }
    published_.add(static_cast<double>(batch.size()));
    co_return static_cast<std::int64_t>(batch.size());
  }

  // Publications wait neither in our memory nor in RabbitMQ's without bound. Whether it had to wait.
  task<bool> until_less_is_out(amqp::connection& link) {
    const auto most = static_cast<std::size_t>(2 * broker_.batch);
    bool waited = false;
    while (link.alive() && !link.blocked() &&
           (unconfirmed_numbers_.size() > most || link.backlog() > most_backlog)) {
      waited = true;
      co_await confirmed_.wait_for(poll_);
    }
    co_return waited;
  }

  void on_confirm(const amqp::confirmed& what) {
    const auto now = steady::now();
    auto at = what.multiple ? unconfirmed_numbers_.begin() : unconfirmed_numbers_.find(what.number);
    while (at != unconfirmed_numbers_.end() && at->first <= what.number) {
      confirming_.observe(now - at->second.at);
      if (!what.taken) failed_.push_back(at->second);
      at = unconfirmed_numbers_.erase(at);
    }
    confirmed_.ring();
    if (!failed_.empty()) news_->ring();
  }

  // There is no queue for it; its confirmation follows and says nothing of that.
  void on_return(const amqp::returned& what) {
    const auto read = to_carried(what.what);
    if (read) failed_.push_back({read->what.id, read->number, {}});
    lanes_.clear();  // declare everything again
    if (broker_.told) broker_.told("RabbitMQ has given a message back: " + what.reason);
  }

  task<> free_failed() {
    while (!failed_.empty()) {
      const auto number = failed_.back().number;
      std::vector<std::int64_t> ids;
      for (const auto& each : failed_) {
        if (each.number == number) ids.push_back(each.id);
      }
      const std::chrono::microseconds pause = refused_pause;
      co_await db_(sql::amqp_queue::uncarry, ids, number, pause);
      refused_.add(static_cast<double>(ids.size()));
      std::erase_if(failed_, [number](const sent& each) { return each.number == number; });
    }
  }

  executor on_;
  pg::pool& db_;
  const clock& time_;
  metrics::registry& figures_;
  const amqp_options& broker_;
  std::chrono::milliseconds poll_;
  std::shared_ptr<async::event> news_;
  async::event confirmed_;
  metrics::counter published_, refused_, connects_;
  metrics::gauge unconfirmed_, connected_, blocked_;
  metrics::histogram confirming_;
  amqp::link_state state_;
  std::string failure_, database_;
  std::map<std::uint64_t, sent> unconfirmed_numbers_;
  std::vector<sent> failed_;
  std::map<std::string, lane_room> lanes_;
  std::unique_ptr<async::scope> work_;
};

}  // namespace

std::unique_ptr<async::part> make_amqp_relay(executor on, pg::pool& db, const clock& time,
                                             metrics::registry& figures, const amqp_options& broker,
                                             std::chrono::milliseconds poll,
                                             std::shared_ptr<async::event> news) {
  return std::make_unique<amqp_relay>(on, db, time, figures, broker, poll, std::move(news));
}

}  // namespace tandem::queue
