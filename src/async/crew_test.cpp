#include "async/crew.hpp"

#include <gtest/gtest.h>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/within.hpp"

using namespace tandem;
using namespace tandem::async;
using namespace std::chrono_literals;

namespace {

struct away : std::runtime_error, passing {
  using std::runtime_error::runtime_error;
};

struct Crew : testing::Test {
  loop io;
  std::vector<std::string> heard;
  crew people{io.on(),
              [this](std::string_view task, const std::exception_ptr& failure) {
                heard.push_back(std::string(task) + ": " + text_of(failure));
              },
              pauses{0ms, 0ms, 0ms, 0ms}};
  event bell{io.on()};
  int rounds = 0;

  void until(const std::function<bool()>& enough) {
    auto wait = [&]() -> task<> {
      while (!enough()) co_await yield();
    };
    io.run(within(20s, wait()));
  }
  ~Crew() override { io.run(people.stop()); }
};

}  // namespace

TEST_F(Crew, ALoopThatFailsIsToldShownAndBegunAgain) {
  bool broken = true;
  people.begin();
  people.keep("count", [&]() -> task<> {
    ++rounds;
    if (broken) throw std::runtime_error("boom");
    co_await bell.wait();
  });
  until([&] { return rounds > 3; });
  EXPECT_FALSE(people.state().ready);
  EXPECT_EQ(people.state().detail, "count: boom");
  EXPECT_EQ(heard, std::vector<std::string>{"count: boom"}) << "once, however often it fails";
  broken = false;
  bell.ring();
  const int before = rounds;
  until([&] { return rounds > before + 1; });  // one round has ended well
  EXPECT_TRUE(people.state("all is well").ready);
  EXPECT_EQ(people.state("all is well").detail, "all is well");
}

TEST_F(Crew, WhatFailsInAnotherWayIsToldAnewAndTheOthersGoOn) {
  std::vector<std::string> faults{"one", "one", "two"};
  people.begin();
  people.keep("faulty", [&]() -> task<> {
    if (faults.empty()) co_await bell.wait();
    const auto fault = faults.front();
    faults.erase(faults.begin());
    throw std::runtime_error(fault);
  });
  people.keep("sound", [&]() -> task<> {
    ++rounds;
    co_await yield();
  });
  until([&] { return faults.empty() && rounds > 10; });
  EXPECT_EQ(heard, (std::vector<std::string>{"faulty: one", "faulty: two"}));
}

TEST_F(Crew, ItTakesWorkAgainAfterAStop) {
  people.keep("dropped", [&]() -> task<> { co_return; });
  EXPECT_EQ(people.size(), 0u);
  for (int start = 1; start <= 3; ++start) {
    people.begin();
    people.begin();
    people.keep("count", [&]() -> task<> {
      ++rounds;
      co_await bell.wait();
    });
    until([&] { return rounds == start; });
    EXPECT_TRUE(people.state().ready);
    io.run(people.stop());
    EXPECT_FALSE(people.state().ready);
    EXPECT_EQ(people.size(), 0u);
  }
  EXPECT_TRUE(heard.empty());
}

TEST_F(Crew, ARoundThatTurnsItsCancellationIntoAnotherErrorEndsAllTheSame) {
  people.begin();
  people.keep("stubborn", [&]() -> task<> {
    ++rounds;
    bool failed = false;
    try {
      co_await bell.wait();
    } catch (...) {
      failed = true;
    }
    if (failed) throw away("the connection was lost");
  });
  until([&] { return rounds == 1; });
  io.run(people.stop());
  EXPECT_EQ(rounds, 1);
  EXPECT_TRUE(heard.empty());
}

TEST_F(Crew, ARoundThatLeavesUncancellableEndsWithTheStopToo) {
  people.begin();
  people.keep("orderly", [&]() -> task<> {
    ++rounds;
    std::exception_ptr stopped;
    try {
      co_await bell.wait();
    } catch (...) {
      stopped = std::current_exception();
    }
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await yield();  // writes down where it was
    if (stopped) std::rethrow_exception(stopped);
  });
  until([&] { return rounds == 1; });
  bell.ring();
  until([&] { return rounds == 2; });
  io.run(within(20s, people.stop()));
  EXPECT_EQ(rounds, 2);
}

TEST(Insist, WhatPassesIsDoneAgainAndWhatDoesNotIsThrown) {
  loop io;
  int tries = 0, told = 0;
  const auto tell = [&](const std::exception_ptr&) { ++told; };
  std::function<task<>()> work = [&]() -> task<> {
    if (++tries < 4) throw away("away");
    co_return;
  };
  io.run(insist(work, tell, pauses{0ms, 0ms, 0ms, 0ms}));
  EXPECT_EQ(tries, 4);
  EXPECT_EQ(told, 1);
  work = [&]() -> task<> {
    ++tries;
    throw std::runtime_error("broken");
    co_return;
  };
  EXPECT_THROW(io.run(insist(work, tell)), std::runtime_error);
  EXPECT_EQ(tries, 5);
}

TEST(Pauses, TheyGrowUpToTheirLimit) {
  const pauses usual;
  EXPECT_EQ(usual.after(1, true), 100ms);
  EXPECT_EQ(usual.after(3, true), 400ms);
  EXPECT_EQ(usual.after(1'000'000, true), 2s);
  EXPECT_EQ(usual.after(2, false), 2s);
  EXPECT_EQ(usual.after(50, false), 60s);
}
