// The client and the queue's engine on the real RabbitMQ.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "engines/rabbit_server.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/queue/amqp_lane.hpp"
#include "platform/queue/lazy_transaction_for_test.hpp"
#include "platform/queue/queue_conformance.hpp"

using namespace tandem;
using namespace tandem::queue;
using namespace std::chrono_literals;

namespace {

constexpr instant start_of_time{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

amqp::rabbit_server& server() { return amqp::rabbit_server::of_this_program(); }

amqp_options quick_broker() {
  amqp_options options;
  options.addresses = {server().address()};
  options.partitions = 2;
  options.link.first_pause = 20ms;
  options.link.longest_pause = 200ms;
  return options;
}

// A process of an installation: its own pool and connections.
struct process {
  process(async::loop& io, const pg::test_database& database, const tandem::clock& time,
          queue_options options, amqp_options broker)
      : io(io),
        pool(pg::make_pool(io.on(), database.options(6))),
        queue(make_amqp_queue(io.on(), *pool, time, figures, std::move(options), std::move(broker))) {}
  ~process() {
    io.run(queue.relay->stop());
    io.run(queue.lanes->stop());
    io.run(pool->close());
  }

  async::loop& io;
  metrics::registry figures;
  std::unique_ptr<pg::pool> pool;
  amqp_queue queue;
};

struct amqp_bench {
  async::loop io;
  pg::test_database database{TANDEM_SOURCE_DIR "/migrations"};
  fixed_clock time{start_of_time};
  std::vector<std::string> told, link_told;
  process all{io, database, time, quick(), talking()};

  explicit amqp_bench() { io.run(all.queue.relay->start()); }
  tandem::queue::queue& subject() { return *all.queue.lanes; }
  std::unique_ptr<pg::transaction> begin() { return std::make_unique<lazy_transaction>(*all.pool); }
  void expire_leases() {
    async::loop other;
    const auto pool = pg::make_pool(other.on(), database.options(1));
    other.run(pool->script("UPDATE platform.messages SET leased_until = now() - interval '1 second'"));
    other.run(pool->close());
  }

  queue_options quick() {
    queue_options options;
    options.poll = 3ms;
    options.told = [this](std::string_view lane, std::string_view what) {
      told.push_back(std::string(lane) + ": " + std::string(what));
    };
    return options;
  }
  amqp_options talking() {
    auto options = quick_broker();
    options.told = [this](std::string_view what) { link_told.emplace_back(what); };
    return options;
  }
};

}  // namespace

namespace tandem::queue {
INSTANTIATE_TYPED_TEST_SUITE_P(RabbitMq, QueueConformance, amqp_bench);
}  // namespace tandem::queue

namespace {

struct RabbitClient : testing::Test {
  async::loop io;

  // What connecting there says, empty when it succeeds.
  std::string connect_to(amqp::endpoint to) {
    auto once = [&]() -> task<std::string> {
      std::string said;
      try {
        const auto link = co_await amqp::connect(io.on(), to, 5s);
        co_await link->close();
      } catch (const amqp::broken& failure) {
        said = failure.what();
      }
      co_return said;
    };
    return io.run(once());
  }
};

// The engine in one or more processes over one database, on the machine's clock.
struct RabbitQueue : testing::Test {
  async::loop io;
  pg::test_database database{TANDEM_SOURCE_DIR "/migrations"};
  system_clock time;
  std::vector<std::string> told;
  std::vector<std::unique_ptr<process>> processes;
  async::scope work{io.on(), [](std::string_view name, const std::exception_ptr& failure) {
                      ADD_FAILURE() << name << ": " << async::text_of(failure);
                    }};
  std::map<std::string, int> done;  // by body: how often its effect was committed
  async::event changed{io.on()};

  amqp_options broker() {
    auto options = quick_broker();
    options.told = [this](std::string_view what) { told.emplace_back(what); };
    return options;
  }
  process& add(amqp_options with) {
    queue_options options;
    options.poll = 20ms;
    processes.push_back(std::make_unique<process>(io, database, time, options, std::move(with)));
    return *processes.back();
  }
  process& add() { return add(broker()); }

  void run(task<> test) {
    std::exception_ptr failure;
    try {
      io.run(async::within(std::getenv("TANDEM_FAULTS") ? 2h : 3min, std::move(test)));
    } catch (...) {
      failure = std::current_exception();
    }
    io.run(work.stop());
    processes.clear();
    if (failure) std::rethrow_exception(failure);
  }

  static task<> publish(process& from, std::string body, std::string key = {}) {
    std::vector<publication> one;
    one.push_back({"lane", "thing_happened.v1", std::move(body), std::move(key)});
    const auto in = co_await from.pool->begin();
    co_await from.queue.lanes->publish(*in, one);
    co_await in->commit();
  }
  task<> accept(process& in_process, std::span<const message> batch, acknowledger& ack) {
    std::vector<std::int64_t> ids;
    for (const auto& each : batch) ids.push_back(each.id);
    const auto in = co_await in_process.pool->begin();
    co_await ack.done(*in, ids);
    co_await in->commit();
    for (const auto& each : batch) ++done[each.body];
    changed.ring();
  }
  batch_handler accepting(process& in_process) {
    return [this, &in_process](std::span<const message> batch, acknowledger& ack) {
      return accept(in_process, batch, ack);
    };
  }
  static consumer_options of_lane() {
    consumer_options options;
    options.lane = "lane";
    options.batch = 10;
    return options;
  }
  void consume(process& in_process) {
    work.spawn("consume", in_process.queue.lanes->consume(of_lane(), accepting(in_process)));
  }
  task<> until_done(std::size_t count) {
    while (done.size() < count) co_await changed.wait();
  }
  static task<> until_relay_is(const process& of, bool ready) {
    while (of.queue.relay->state().ready != ready) co_await async::yield();
  }
  static task<lane_state> lane(process& of) {
    for (auto& each : co_await of.queue.lanes->lanes()) {
      if (each.lane == "lane") co_return each;
    }
    co_return lane_state{};
  }
  static double figure(process& of, std::string_view name) {
    double sum = 0;
    const auto text = of.figures.render();
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      const std::string_view line(text.data() + at, end - at);
      if (line.starts_with(name)) sum += std::stod(std::string(line.substr(line.rfind(' ') + 1)));
      at = end + 1;
    }
    return sum;
  }
};

}  // namespace

TEST_F(RabbitClient, AWrongPasswordAndAnUnreachableServerAreSaid) {
  auto wrong = server().address();
  wrong.password = "guessed";
  EXPECT_NE(connect_to(wrong).find("403 ACCESS_REFUSED"), std::string::npos);
  auto nowhere = server().address();
  nowhere.port = 1;
  EXPECT_EQ(connect_to(nowhere), "Connection refused");
  auto no_vhost = server().address();
  no_vhost.vhost = "nowhere";
  EXPECT_NE(connect_to(no_vhost).find("530 NOT_ALLOWED"), std::string::npos);
}

TEST_F(RabbitClient, TlsNeedsACertificateThatCanBeChecked) {
  EXPECT_EQ(connect_to(server().tls_address()), "");
  auto unknown = server().tls_address();
  unknown.ca_file.clear();
  EXPECT_NE(connect_to(unknown).find("certificate verify failed"), std::string::npos);
  auto no_file = server().tls_address();
  no_file.ca_file = "/nowhere/ca.pem";
  EXPECT_NE(connect_to(no_file).find("cannot use the certificates /nowhere/ca.pem"), std::string::npos);
  auto other_name = server().tls_address();
  other_name.host = "127.0.0.2";
  EXPECT_NE(connect_to(other_name), "");
}

TEST_F(RabbitClient, ALargeMessageComesBackWholeAndOneWithoutAQueueIsReturned) {
  auto test = [&]() -> task<> {
    const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
    std::vector<amqp::delivered> got;
    std::vector<std::string> events;
    async::event news(io.on());
    amqp::channel_events with;
    with.on_delivery = [&](amqp::delivered&& what) {
      got.push_back(std::move(what));
      news.ring();
    };
    with.on_confirm = [&](const amqp::confirmed& what) {
      events.push_back("confirmed " + std::to_string(what.number));
      news.ring();
    };
    with.on_return = [&](const amqp::returned& what) {
      events.push_back("returned " + what.what.id + ": " + what.reason);
    };
    const auto channel = co_await link->open_channel(with);
    co_await channel->ask_confirms();
    co_await channel->declare_exchange("tandem.test", "direct");
    EXPECT_EQ(co_await channel->declare_queue("tandem.test.large", {}), 0u);
    co_await channel->bind("tandem.test.large", "tandem.test", "large");
    amqp::content what;
    what.id = "17";
    what.type = "x.v1";
    what.headers["n"] = std::int64_t{-3};
    for (int n = 0; n < 300'000; ++n) what.body += std::to_string(n);
    EXPECT_EQ(channel->publish("tandem.test", "nowhere", what), 1u);
    EXPECT_EQ(channel->publish("tandem.test", "large", what), 2u);
    while (events.size() < 3) co_await news.wait();
    EXPECT_EQ(events[0], "returned 17: 312 NO_ROUTE");
    co_await channel->consume("tandem.test.large");
    while (got.empty()) co_await news.wait();
    EXPECT_EQ(got[0].what.body, what.body);
    EXPECT_EQ(got[0].what.type, "x.v1");
    EXPECT_EQ(got[0].what.headers, what.headers);
    channel->acknowledge(got[0].tag);
    co_await channel->delete_queue("tandem.test.large");
    co_await link->close();
  };
  io.run(async::within(20s, test()));
}

TEST_F(RabbitQueue, TheRightsOfTheOperatorsPageAreEnoughAndReachNothingElse) {
  auto stranger = broker();
  stranger.addresses = {server().address("stranger")};
  auto& refused = add(std::move(stranger));
  auto test = [&]() -> task<> {
    // That `tandem` may do all it needs is shown by every other test here.
    const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
    std::string said;
    try {
      const auto channel = co_await link->open_channel({});
      co_await channel->declare_queue("somebody_elses", {});
    } catch (const amqp::broken& failure) {
      said = failure.what();
    }
    co_await link->close();
    EXPECT_NE(said.find("403 ACCESS_REFUSED"), std::string::npos) << said;
    co_await refused.queue.relay->start();
    co_await publish(refused, "never");
    while (refused.queue.relay->state().detail.find("403 ACCESS_REFUSED") == std::string::npos)
      co_await async::yield();
  };
  run(test());
}

TEST_F(RabbitQueue, OverTlsAndBehindAddressesThatCannotBeUsed) {
  auto with = broker();
  auto nowhere = server().tls_address();
  nowhere.port = 1;
  auto no_file = server().tls_address();
  no_file.ca_file = "/nowhere/ca.pem";
  with.addresses = {nowhere, no_file, server().tls_address()};
  auto& all = add(std::move(with));
  auto test = [&]() -> task<> {
    co_await all.queue.relay->start();
    consume(all);
    co_await publish(all, "encrypted");
    co_await until_done(1);
  };
  run(test());
}

// As if the relay had been killed between the publication and whatever it would have noted of it.
TEST_F(RabbitQueue, WhatIsPublishedTwiceIsDoneOnce) {
  auto& first = add();
  auto& second = add();
  auto test = [&]() -> task<> {
    for (int n = 0; n < 20; ++n) co_await publish(first, std::to_string(n), n % 2 ? "key" : "");
    co_await first.queue.relay->start();
    while (figure(first, "tandem_amqp_published_total") < 20) co_await async::yield();
    co_await second.queue.relay->start();  // it does not know what the first one has done
    // Which of the two gives the freed ones again is chance.
    while (figure(first, "tandem_amqp_published_total") + figure(second, "tandem_amqp_published_total") < 40)
      co_await async::yield();
    consume(second);
    while (figure(second, "tandem_amqp_delivered_total") < 40) co_await async::yield();
    while (figure(second, "tandem_amqp_stale_total") < 20) co_await async::yield();
    co_await until_done(20);
  };
  run(test());
  for (const auto& [body, times] : done) EXPECT_EQ(times, 1) << body;
}

TEST_F(RabbitQueue, ProcessesShareALaneAndAnotherTakesOverTheKeysOfOneThatStops) {
  auto& first = add();
  auto& second = add();
  std::map<process*, int> handled;
  std::vector<std::string> order;
  bool done_once = false;
  auto test = [&]() -> task<> {
    co_await first.queue.relay->start();
    const auto counting = [&](process& in) -> batch_handler {
      return [&, this](std::span<const message> batch, acknowledger& ack) -> task<> {
        handled[&in] += static_cast<int>(batch.size());
        for (const auto& each : batch) {
          if (!each.key.empty()) order.push_back(each.body);
        }
        co_await accept(in, batch, ack);
      };
    };
    auto options = of_lane();
    options.batch = 1;
    const auto stop_first = work.spawn_cancellable("first", [](auto work, bool& over) -> task<> {
      try {
        co_await std::move(work);
      } catch (...) {  // cancelled
      }
      over = true;
    }(first.queue.lanes->consume(options, counting(first)), done_once));
    while (!first.queue.link->state().ready) co_await async::yield();
    work.spawn("second", second.queue.lanes->consume(options, counting(second)));
    for (int n = 0; n < 60; ++n) co_await publish(first, "plain " + std::to_string(n));
    for (int n = 0; n < 20; ++n) co_await publish(first, std::to_string(n), "key");
    co_await until_done(80);
    EXPECT_GT(handled[&first], 0);
    EXPECT_GT(handled[&second], 0);
    stop_first();
    while (!done_once) co_await async::yield();
    for (int n = 20; n < 40; ++n) co_await publish(second, std::to_string(n), "key");
    co_await until_done(100);
  };
  run(test());
  ASSERT_EQ(order.size(), 40u);
  for (int n = 0; n < 40; ++n) EXPECT_EQ(order[n], std::to_string(n));
}

TEST_F(RabbitQueue, AQueueThatSomebodyRemovesIsThereAgainAndWhatWasInItComesAgain) {
  auto with = broker();
  with.carry_again = 300ms;
  auto& all = add(std::move(with));
  auto test = [&]() -> task<> {
    co_await all.queue.relay->start();
    co_await publish(all, "lost in RabbitMQ");
    while (figure(all, "tandem_amqp_published_total") < 1) co_await async::yield();
    while (figure(all, "tandem_amqp_confirm_seconds_count") < 1) co_await async::yield();
    {
      const auto link = co_await amqp::connect(io.on(), server().address(), 5s);
      const auto channel = co_await link->open_channel({});
      co_await channel->delete_queue("tandem.lane.lane");
      co_await link->close();
    }
    co_await publish(all, "after that");
    while (figure(all, "tandem_amqp_refused_total") < 1) co_await async::yield();
    consume(all);
    co_await until_done(2);
  };
  run(test());
  EXPECT_EQ(done, (std::map<std::string, int>{{"after that", 1}, {"lost in RabbitMQ", 1}}));
}

// RabbitMQ then closes the channel alone. It is paused for it, so that more is unconfirmed than the relay
// lets be; and once more when the relay has declared the exchange again before it has published so much.
TEST_F(RabbitQueue, AnExchangeThatSomebodyRemovesUnderLoadIsThereAgainAndTheRelayGoesOn) {
  auto with = broker();
  with.batch = 5;
  auto& all = add(std::move(with));
  std::size_t sent = 0;
  auto test = [&]() -> task<> {
    const auto remover = co_await amqp::connect(io.on(), server().address(), 5s);
    const auto channel = co_await remover->open_channel({});
    co_await all.queue.relay->start();
    while (figure(all, "tandem_amqp_relay_connects_total") < 2) {
      co_await publish(all, std::to_string(sent++));  // now the lane is declared, for five seconds
      while (figure(all, "tandem_amqp_confirm_seconds_count") < static_cast<double>(sent))
        co_await async::yield();
      co_await channel->delete_exchange("tandem.queue");
      server().pause();
      const auto before = figure(all, "tandem_amqp_published_total");
      for (int n = 0; n < 20; ++n) co_await publish(all, std::to_string(sent++));
      const auto until = std::chrono::steady_clock::now() + 1s;
      while (figure(all, "tandem_amqp_published_total") <= before + 10 &&
             std::chrono::steady_clock::now() < until)
        co_await async::yield();
      server().go_on();
      while (figure(all, "tandem_amqp_confirm_seconds_count") < static_cast<double>(sent))
        co_await async::yield();
    }
    co_await remover->close();
    consume(all);
    co_await until_done(sent);
  };
  run(test());
}

TEST_F(RabbitQueue, AMessageThatKillsItsProcessEveryTimeIsBuriedAndReplayedWhenAsked) {
  auto& all = add();
  bool called = false;
  auto test = [&]() -> task<> {
    co_await publish(all, "deadly");
    co_await all.pool->script("UPDATE platform.messages SET claims = 51");
    co_await all.queue.relay->start();
    work.spawn("consume", all.queue.lanes->consume(
                              of_lane(), [&](std::span<const message> batch, acknowledger& ack) -> task<> {
                                called = true;
                                co_await accept(all, batch, ack);
                              }));
    std::vector<dead_letter> dead;
    while (dead.empty()) dead = co_await all.queue.lanes->dead("lane", 1);
    EXPECT_EQ(dead[0].what.body, "deadly");
    EXPECT_FALSE(called);
    EXPECT_EQ(co_await all.queue.lanes->replay("lane", {}), 1);
    co_await until_done(1);
  };
  run(test());
}

TEST_F(RabbitQueue, MoreThanTheWindowWaitsInTheDatabaseAndComesInTheEnd) {
  auto with = broker();
  with.window = 20;
  with.batch = 10;
  auto& all = add(std::move(with));
  auto test = [&]() -> task<> {
    for (int n = 0; n < 200; ++n) co_await publish(all, std::to_string(n));
    co_await all.queue.relay->start();
    while (figure(all, "tandem_amqp_published_total") < 20) co_await async::yield();
    co_await async::sleep_for(300ms);  // time enough to give it all, were there no window
    EXPECT_LE(figure(all, "tandem_amqp_published_total"), 30);
    consume(all);
    co_await until_done(200);
  };
  run(test());
}

TEST_F(RabbitQueue, WhileRabbitMqIsShortOfMemoryTheRelayPausesAndSaysSo) {
  auto& all = add();
  const auto watermark = [](const char* share) { server().control({"set_vm_memory_high_watermark", share}); };
  auto test = [&]() -> task<> {
    co_await all.queue.relay->start();
    consume(all);
    co_await publish(all, "before");
    co_await until_done(1);
    watermark("0.000001");
    co_await publish(all, "noticed");  // RabbitMQ tells those who publish
    co_await until_relay_is(all, false);
    EXPECT_NE(all.queue.relay->state().detail.find("takes no messages: low on memory"), std::string::npos)
        << all.queue.relay->state().detail;
    EXPECT_EQ(figure(all, "tandem_amqp_blocked"), 1);
    const auto so_far = figure(all, "tandem_amqp_published_total");
    co_await publish(all, "kept here");
    co_await async::sleep_for(200ms);
    EXPECT_EQ(figure(all, "tandem_amqp_published_total"), so_far);
    watermark("0.4");
    co_await until_relay_is(all, true);
    co_await until_done(3);
  };
  run(test());
  for (const auto& [body, times] : done) EXPECT_EQ(times, 1) << body;
}

TEST_F(RabbitQueue, APausedServerIsNoticedByItsSilenceAndTheWorkGoesOnAfterwards) {
  auto with = broker();
  with.addresses[0].heartbeat = 1s;
  with.link.connect_limit = 500ms;
  auto& all = add(std::move(with));
  auto test = [&]() -> task<> {
    co_await all.queue.relay->start();
    consume(all);
    co_await publish(all, "before");
    co_await until_done(1);
    server().pause();
    co_await publish(all, "meanwhile");
    co_await until_relay_is(all, false);
    while (all.queue.link->state().ready) co_await async::yield();
    server().go_on();
    co_await until_done(2);
    co_await until_relay_is(all, true);
  };
  run(test());
  for (const auto& [body, times] : done) EXPECT_EQ(times, 1) << body;
  const bool silent = std::ranges::any_of(
      told, [](const std::string& what) { return what.find("silent for 2 s") != std::string::npos; });
  EXPECT_TRUE(silent);
}

// The server is killed while a handler works; the effect is committed while there is no server.
TEST_F(RabbitQueue, WhatWasDoneWhileTheServerWasDownIsNotDoneAgain) {
  auto& all = add();
  async::event held(io.on()), go_on(io.on());
  bool first = true;
  auto test = [&]() -> task<> {
    co_await all.queue.relay->start();
    work.spawn("consume", all.queue.lanes->consume(
                              of_lane(), [&](std::span<const message> batch, acknowledger& ack) -> task<> {
                                if (std::exchange(first, false)) {
                                  held.ring();
                                  co_await go_on.wait();
                                }
                                co_await accept(all, batch, ack);
                              }));
    co_await publish(all, "held");
    co_await held.wait();
    server().kill();
    co_await until_relay_is(all, false);
    go_on.ring();
    co_await until_done(1);
    co_await publish(all, "published without a server");
    const auto waiting = co_await lane(all);
    EXPECT_EQ(waiting.waiting, 1);
    server().start();
    co_await until_done(2);
    while (figure(all, "tandem_amqp_redelivered_total") < 1) co_await async::yield();
    while (figure(all, "tandem_amqp_stale_total") < 1) co_await async::yield();
  };
  run(test());
  EXPECT_EQ(done, (std::map<std::string, int>{{"held", 1}, {"published without a server", 1}}));
}

// TANDEM_FAULTS sets the number of faults (default few: it runs with ./test).
TEST_F(RabbitQueue, KillsPausesAndRestartsUnderLoadLoseNothingAndRepeatNoEffect) {
  constexpr pg::statement note_sent{"test.note_sent", "INSERT INTO sent VALUES ($1)", pg::cardinality::exec};
  constexpr pg::statement note_done{"test.note_done", "INSERT INTO done SELECT unnest($1::bigint[])",
                                    pg::cardinality::exec};
  constexpr pg::statement compare{"test.compare",
                                  "SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM done), "
                                  "(SELECT count(DISTINCT n) FROM done)",
                                  pg::cardinality::one};
  const char* wanted = std::getenv("TANDEM_FAULTS");
  const int faults = wanted ? std::atoi(wanted) : 2;
  auto with = broker();
  with.addresses[0].heartbeat = 1s;
  with.link.connect_limit = 1s;
  auto& publisher = add(with);
  std::vector<process*> consumers{&add(with), &add(with)};
  std::map<std::int64_t, std::int64_t> last_of_key;
  bool publishing = true;
  const auto publish_all = [&]() -> task<> {
    for (std::int64_t n = 0; publishing; ++n) {
      const auto in = co_await publisher.pool->begin();
      co_await (*in)(note_sent, n);
      std::vector<publication> one;
      one.push_back({"lane", "x.v1", std::to_string(n), n % 2 ? "" : std::to_string(n % 10)});
      co_await publisher.queue.lanes->publish(*in, one);
      co_await in->commit();
      if (n % 20 == 0) co_await async::sleep_for(5ms);
    }
  };
  std::int64_t sent = 0, all_done = 0, different = 0;
  double stale = 0;
  auto test = [&]() -> task<> {
    co_await publisher.pool->script("CREATE TABLE sent (n bigint); CREATE TABLE done (n bigint)");
    co_await publisher.queue.relay->start();
    for (auto* each : consumers) {
      auto options = of_lane();
      options.batch = 20;
      options.parallel = 2;
      work.spawn("consume",
                 each->queue.lanes->consume(
                     options, [&, each](std::span<const message> batch, acknowledger& ack) -> task<> {
                       std::vector<std::int64_t> ids, numbers;
                       for (const auto& one : batch) {
                         ids.push_back(one.id);
                         numbers.push_back(std::stoll(one.body));
                       }
                       const auto in = co_await each->pool->begin();
                       co_await (*in)(note_done, numbers);
                       co_await ack.done(*in, ids);
                       co_await in->commit();
                       for (const auto n : numbers) {
                         if (n % 2) continue;
                         EXPECT_LT(last_of_key[n % 10], n + 1) << "out of order";
                         last_of_key[n % 10] = n + 1;
                       }
                     }));
    }
    work.spawn("publish", publish_all());
    const auto until_more = [&](std::int64_t by) -> task<> {
      const auto rows = co_await (*publisher.pool)(compare);
      for (const auto enough = rows.front().get<std::int64_t>(1) + by;;) {
        const auto now = co_await (*publisher.pool)(compare);
        if (now.front().get<std::int64_t>(1) >= enough) break;
        co_await async::sleep_for(20ms);
      }
    };
    for (int fault = 0; fault < faults; ++fault) {
      co_await until_more(100 + 37 * (fault % 5));
      if (fault % 3 == 0) {
        server().pause();
        co_await async::sleep_for(3s);
        server().go_on();
      } else {
        fault % 3 == 1 ? server().kill() : server().stop();
        server().start();
      }
    }
    co_await until_more(100);
    publishing = false;
    for (;;) {
      const auto rows = co_await (*publisher.pool)(compare);
      sent = rows.front().get<std::int64_t>(0);
      all_done = rows.front().get<std::int64_t>(1);
      different = rows.front().get<std::int64_t>(2);
      if (different == sent) break;
      co_await async::sleep_for(20ms);
    }
    for (auto* each : consumers) stale += figure(*each, "tandem_amqp_stale_total");
  };
  run(test());
  fmt::print("{} faults, {} messages sent, {} effects, {:.0f} copies of what was done already\n", faults,
             sent, all_done, stale);
  EXPECT_GT(sent, 0);
  EXPECT_EQ(all_done, sent);
}
