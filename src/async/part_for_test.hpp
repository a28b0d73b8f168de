#pragma once
#include <gtest/gtest.h>

#include <functional>

#include "async/loop.hpp"
#include "async/part.hpp"

namespace tandem::async {

// The rule of async::part for what is led. `works` gives the part something to do, waits until it is done,
// and fails the test otherwise; it is told which start this is, from 1.
inline void expect_to_work_after_each_start(loop& io, part& of, const std::function<void(int start)>& works) {
  io.run(of.stop());
  EXPECT_FALSE(of.state().ready) << of.name() << " does not run yet";
  for (int start = 1; start <= 3 && !testing::Test::HasFailure(); ++start) {
    SCOPED_TRACE(std::string(of.name()) + ", start " + std::to_string(start));
    io.run(of.start());
    io.run(of.start());
    works(start);
    EXPECT_TRUE(of.state().ready) << of.state().detail;
    io.run(of.stop());
    io.run(of.stop());
    EXPECT_FALSE(of.state().ready) << "it was stopped";
  }
}

}  // namespace tandem::async
