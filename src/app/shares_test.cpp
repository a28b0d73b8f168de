#include "app/shares.hpp"

#include <gtest/gtest.h>

namespace tandem::app {
namespace {

using telegram::send_limits;

// Everybody who may speak for a bot at the same time in an installation of several processes.
std::vector<send_limits> speakers(const settings& all) {
  std::vector<send_limits> out{limits_of(all, speaker::answers), limits_of(all, speaker::deliveries)};
  for (int i = 0; i < most_that_give_notices; ++i) out.push_back(limits_of(all, speaker::notices));
  return out;
}

TEST(Shares, TheSumOfAllProcessesIsNeverAboveWhatOneMaySend) {
  for (const auto [rate, answers] : {std::pair{29, 8}, {30, 1}, {29, 25}, {1000, 8}}) {
    settings all;
    all.bot_rate = rate;
    all.answer_rate = answers;
    all.broadcast_rate = rate;
    const auto whole = limits_of(all, speaker::all);
    int messages = 0, to_a_group = 0, burst = 0;
    double to_a_chat = 0;
    for (const auto& one : speakers(all)) {
      EXPECT_GE(one.per_second, 1);
      EXPECT_LE(one.broadcasts_per_second, one.per_second);
      messages += one.per_second;
      to_a_group += one.group_per_minute;
      to_a_chat += 1.0 / std::chrono::duration<double>(one.chat_gap).count();
      burst += one.chat_burst;
    }
    EXPECT_EQ(messages, whole.per_second);
    EXPECT_LE(to_a_group, whole.group_per_minute);
    EXPECT_LE(to_a_chat, 1.0 / std::chrono::duration<double>(whole.chat_gap).count() + 1e-9);
    EXPECT_LE(burst, 5) << "a short burst; Telegram names no figure, and takes back what is too much by 429";
  }
}

TEST(Shares, OnlyWhoDeliversPaysForMailings) {
  settings all;
  all.paid_broadcast = true;
  all.paid_broadcast_daily_cap = 500;
  EXPECT_EQ(limits_of(all, speaker::deliveries).paid_cap, 500);
  EXPECT_EQ(limits_of(all, speaker::answers).paid_cap, 0);
  EXPECT_EQ(limits_of(all, speaker::notices).paid_cap, 0);
}

TEST(Shares, WithoutALimitNobodyIsLimited) {
  settings all;
  all.bot_rate = 0;
  EXPECT_EQ(limits_of(all, speaker::deliveries), send_limits::none());
}

TEST(Shares, AShareThatLeavesNothingForDeliveriesIsAMistakeWhereItCounts) {
  settings all;
  all.answer_rate = 28;
  EXPECT_TRUE(check_together(all).empty()) << "one process shares nothing";
  all.database = "postgres://localhost/tandem";
  EXPECT_EQ(check_together(all).size(), 1U);
}

}  // namespace
}  // namespace tandem::app
