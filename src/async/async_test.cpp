#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

#include "async/event.hpp"
#include "async/keyed_order.hpp"
#include "async/loop.hpp"
#include "async/offload.hpp"
#include "async/part.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"

using namespace tandem;
using namespace tandem::async;
using namespace std::chrono_literals;

namespace {

task<int> forty_two() { co_return 42; }
task<> fail() {
  co_await yield();
  throw std::runtime_error("boom");
}
task<> forever(bool& cancelled, const executor& on) {
  event never(on);
  try {
    co_await never.wait();
  } catch (const boost::system::system_error&) {
    cancelled = true;
    throw;
  }
}

struct failures {
  std::vector<std::string> seen;
  scope::sink sink() {
    return [this](std::string_view name, const std::exception_ptr& failure) {
      seen.push_back(std::string(name) + ": " + text_of(failure));
    };
  }
};

}  // namespace

TEST(Within, TheResultComesBack) {
  loop io;
  EXPECT_EQ(io.run(within(10s, forty_two())), 42);
}

TEST(Within, AnErrorIsTheWorksOwnAndComesAtOnce) {
  loop io;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THROW(io.run(within(10s, fail())), std::runtime_error);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST(Within, WorkThatTakesTooLongIsCancelledAndTimedOut) {
  loop io;
  bool cancelled = false;
  EXPECT_THROW(io.run(within(1ms, forever(cancelled, io.on()))), timed_out);
  EXPECT_TRUE(cancelled);
}

TEST(Scope, AFailureIsToldAndTheOthersGoOn) {
  loop io;
  failures told;
  bool done = false;
  auto finish = [&]() -> task<> {
    co_await yield();
    co_await yield();
    done = true;
  };
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    work.spawn("bad", fail());
    work.spawn("good", finish());
    co_await work.join();
  };
  io.run(main());
  EXPECT_TRUE(done);
  EXPECT_EQ(told.seen, std::vector<std::string>{"bad: boom"});
}

TEST(Scope, StopCancelsAndWaitsAndIsSafeToRepeat) {
  loop io;
  failures told;
  bool cancelled = false;
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    work.spawn("endless", forever(cancelled, io.on()));
    co_await yield();
    co_await work.stop();
    co_await work.stop();
    EXPECT_EQ(work.size(), 0u);
  };
  io.run(main());
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(told.seen.empty());
}

TEST(Event, ARingWithNobodyWaitingIsKept) {
  loop io;
  event bell(io.on());
  bell.ring();
  bell.ring();
  EXPECT_TRUE(io.run(bell.wait_for(1h)));
  EXPECT_FALSE(io.run(bell.wait_for(1ms)));
}

TEST(KeyedOrder, OneKeyRunsInOrderAndKeysRunSideBySide) {
  loop io;
  failures told;
  std::vector<std::string> log;
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    keyed_order order(work, 8);
    auto job = [&](std::string name, int yields) {
      return [&log, name, yields]() -> task<> {
        log.push_back("+" + name);
        for (int i = 0; i < yields; ++i) co_await yield();
        log.push_back("-" + name);
      };
    };
    order.submit(1, job("a1", 5));
    order.submit(1, job("a2", 0));
    order.submit(2, job("b1", 1));
    order.submit(1, [] { return fail(); });
    order.submit(1, job("a3", 0));
    co_await order.drain();
  };
  io.run(main());
  const std::vector<std::string> expected = {"+a1", "+b1", "-b1", "-a1", "+a2", "-a2", "+a3", "-a3"};
  EXPECT_EQ(log, expected);
  EXPECT_EQ(told.seen.size(), 1u);
}

TEST(KeyedOrder, NeverRunsMoreThanAllowedAtOnce) {
  loop io;
  failures told;
  int running = 0, most = 0;
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    keyed_order order(work, 3);
    for (int key = 0; key < 20; ++key) {
      order.submit(key, [&]() -> task<> {
        most = std::max(most, ++running);
        co_await yield();
        --running;
      });
    }
    co_await order.drain();
  };
  io.run(main());
  EXPECT_EQ(most, 3);
}

TEST(KeyedOrder, JobsThatNeverWaitDoNotNest) {
  loop io;
  failures told;
  int done = 0;
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    keyed_order order(work, 1);
    event begin(io.on());
    order.submit(-1, [&]() -> task<> { co_await begin.wait(); });
    for (int key = 0; key < 50'000; ++key) {
      order.submit(key, [&]() -> task<> {
        ++done;
        co_return;
      });
    }
    begin.ring();
    co_await order.drain();
  };
  io.run(main());
  EXPECT_EQ(done, 50'000);
}

TEST(ThreadPool, TheResultAndTheErrorComeBackToTheLoop) {
  loop io;
  thread_pool pool(2);
  EXPECT_EQ(io.run(pool.run([] { return 7; })), 7);
  EXPECT_THROW(io.run(pool.run([]() -> int { throw std::runtime_error("no"); })), std::runtime_error);
}

namespace {
struct probe final : part {
  probe(std::string name, std::vector<std::string>& log, bool broken = false)
      : name_(std::move(name)), log_(log), broken_(broken) {}
  std::string_view name() const override { return name_; }
  task<> start() override {
    log_.push_back("start " + name_);
    if (broken_) throw std::runtime_error("cannot start");
    co_return;
  }
  task<> stop() override {
    log_.push_back("stop " + name_);
    co_return;
  }
  health state() const override { return {true, {}}; }
  std::string name_;
  std::vector<std::string>& log_;
  bool broken_;
};
}  // namespace

TEST(LifeCycle, StopsInReverseOrderAlsoAfterAFailedStart) {
  loop io;
  std::vector<std::string> log;
  probe a("a", log), b("b", log), c("c", log, true);
  life_cycle life;
  io.run(life.start(a));
  io.run(life.start(b));
  EXPECT_THROW(io.run(life.start(c)), std::runtime_error);
  io.run(life.stop());
  io.run(life.stop());
  const std::vector<std::string> expected = {"start a", "start b", "start c", "stop c", "stop b", "stop a"};
  EXPECT_EQ(log, expected);
}

TEST(Scope, OneTaskCanBeCancelledAloneAndAlsoWhenItHasEnded) {
  loop io;
  failures told;
  bool first = false, second = false;
  auto main = [&]() -> task<> {
    scope work(io.on(), told.sink());
    const auto cancel_first = work.spawn_cancellable("first", forever(first, io.on()));
    work.spawn("second", forever(second, io.on()));
    co_await yield();
    cancel_first();
    while (work.size() > 1) co_await yield();
    EXPECT_FALSE(second);
    cancel_first();
    co_await work.stop();
  };
  io.run(main());
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
}
