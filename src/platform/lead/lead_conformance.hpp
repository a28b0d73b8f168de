#pragma once
// What every engine of the lead must do. An engine's test gives a bench with:
//   async::loop io;  candidate& subject();  task<bool> may_write(candidate&): whether check() passes in a
//   transaction
#include <gtest/gtest.h>

#include "async/loop.hpp"
#include "platform/lead/lead.hpp"

namespace tandem::lead {

template <class Bench>
struct LeadConformance : testing::Test {
  Bench bench;
};

TYPED_TEST_SUITE_P(LeadConformance);

TYPED_TEST_P(LeadConformance, NobodyLeadsBeforeTheStartOrAfterTheStop) {
  auto& one = this->bench.subject();
  auto& io = this->bench.io;
  EXPECT_EQ(one.epoch(), std::nullopt);
  EXPECT_FALSE(io.run(this->bench.may_write(one)));
  io.run(one.start());
  io.run(one.start());
  EXPECT_TRUE(one.epoch().has_value());
  EXPECT_TRUE(one.state().ready);
  EXPECT_TRUE(io.run(this->bench.may_write(one)));
  io.run(one.stop());
  io.run(one.stop());
  EXPECT_EQ(one.epoch(), std::nullopt);
  EXPECT_FALSE(io.run(this->bench.may_write(one)));
}

TYPED_TEST_P(LeadConformance, KeepingTheLeadKeepsTheEpoch) {
  auto& one = this->bench.subject();
  auto& io = this->bench.io;
  io.run(one.start());
  const auto epoch = one.epoch();
  io.run(one.renew());
  EXPECT_EQ(one.epoch(), epoch);
  io.run(one.stop());
}

REGISTER_TYPED_TEST_SUITE_P(LeadConformance, NobodyLeadsBeforeTheStartOrAfterTheStop,
                            KeepingTheLeadKeepsTheEpoch);

}  // namespace tandem::lead
