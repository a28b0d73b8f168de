#include "hunt/reader_accounts/sharing.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

const instant now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

account reader(std::int64_t id, account_state state = account_state::active) {
  account out;
  out.id = account_id(id);
  out.state = state;
  return out;
}

account_source channel(std::int64_t id, std::int64_t read_by = 0) {
  account_source out;
  out.what.id = source_id(id);
  out.read_by = account_id(read_by);
  return out;
}

account_source& with(account_source& what, std::int64_t who, membership state, instant at = now) {
  what.seats.push_back({account_id(who), 1, state, "", at});
  return what;
}

// "1>2 3>0": source 1 goes to account 2, source 3 to nobody.
std::string moves(const std::vector<account>& accounts, const std::vector<account_source>& sources) {
  std::string out;
  for (const auto& one : share_out(accounts, sources, {}, now)) {
    if (!out.empty()) out += ' ';
    out += std::to_string(one.what.value) + ">" + std::to_string(one.who.value);
  }
  return out;
}

std::string joins(const std::vector<account>& accounts, const std::vector<account_source>& sources,
                  const join_pace& pace = {}) {
  std::string out;
  for (const auto& one : joins_due(accounts, sources, pace, now)) {
    if (!out.empty()) out += ' ';
    out += std::to_string(one.who.value) + "+" + std::to_string(one.what.value);
  }
  return out;
}

TEST(Sharing, NewSourcesGoToTheAccountThatReadsTheFewest) {
  EXPECT_EQ(moves({reader(1), reader(2)}, {channel(1, 1), channel(2, 1), channel(3), channel(4), channel(5)}),
            "3>2 4>2 5>1");
}

TEST(Sharing, WhatIsReadStaysWhereItIs) {
  EXPECT_EQ(moves({reader(1), reader(2)}, {channel(1, 1), channel(2, 1), channel(3, 1)}), "");
}

TEST(Sharing, SourcesOfALimitedAccountMoveToTheOthers) {
  auto limited = reader(1, account_state::limited);
  limited.limited_until = now + 1h;
  EXPECT_EQ(moves({limited, reader(2), reader(3)}, {channel(1, 1), channel(2, 1), channel(3, 2)}), "1>3 2>2");
}

TEST(Sharing, AnAccountWhoseLimitHasPassedReadsAgain) {
  auto rested = reader(1, account_state::limited);
  rested.limited_until = now - 1s;
  EXPECT_EQ(moves({rested}, {channel(1, 1)}), "");
}

TEST(Sharing, WithoutAnyAccountNobodyReads) {
  EXPECT_EQ(moves({reader(1, account_state::banned)}, {channel(1, 1), channel(2)}), "1>0");
}

TEST(Sharing, AMemberIsPreferredWhateverItReadsAlready) {
  auto moved = channel(3, 9);
  with(moved, 1, membership::joined);
  EXPECT_EQ(moves({reader(1), reader(2)}, {channel(1, 1), channel(2, 1), moved}), "3>1");
}

TEST(Sharing, AChatThatRefusedAnAccountIsTriedByAnotherAndLaterByTheSame) {
  auto refused = channel(1, 1);
  with(refused, 1, membership::refused, now - 1h);
  EXPECT_EQ(moves({reader(1), reader(2)}, {refused}), "1>2");
  EXPECT_EQ(moves({reader(1)}, {refused}), "1>0");
  auto long_ago = channel(1, 0);
  with(long_ago, 1, membership::refused, now - 25h);
  EXPECT_EQ(moves({reader(1)}, {long_ago}), "1>1");
}

TEST(Sharing, APausedSourceIsNobodysTurn) {
  auto paused = channel(1);
  paused.what.state = source_state::paused;
  EXPECT_EQ(moves({reader(1)}, {paused}), "");
}

TEST(Joining, PrivateChatsComeFirstAsNothingIsReadOfThemBefore) {
  auto hidden = channel(2, 1);
  hidden.link = "https://t.me/+abcdefgh";
  EXPECT_EQ(joins({reader(1)}, {channel(1, 1), hidden}), "1+2");
}

TEST(Joining, AnAccountJoinsNoMoreThanItsShareOfADay) {
  auto busy = reader(1);
  busy.joins_today = 5;
  EXPECT_EQ(joins({busy}, {channel(1, 1)}), "");
  EXPECT_EQ(joins_left(busy, {}, now), 0);
  busy.joins_today = 3;
  EXPECT_EQ(joins_left(busy, {}, now), 2);
  EXPECT_EQ(joins({busy}, {channel(1, 1)}), "1+1");
}

TEST(Joining, TwoJoinsAreApart) {
  auto one = reader(1);
  one.last_join = now - 10min;
  EXPECT_EQ(joins({one}, {channel(1, 1)}), "");
  one.last_join = now - 30min;
  EXPECT_EQ(joins({one}, {channel(1, 1)}), "1+1");
}

TEST(Joining, AFloodWaitHoldsOnlyItsOwnAccount) {
  auto held = reader(1);
  held.joins_held_until = now + 1min;
  EXPECT_EQ(joins({held, reader(2)}, {channel(1, 1), channel(2, 2)}), "2+2");
  EXPECT_EQ(joins_left(held, {}, now), 0);
}

TEST(Joining, WhatIsJoinedOrWaitsForApprovalIsLeftAlone) {
  auto joined = channel(1, 1), pending = channel(2, 1), known = channel(3, 1);
  with(joined, 1, membership::joined);
  with(pending, 1, membership::pending);
  with(known, 1, membership::known);
  EXPECT_EQ(joins({reader(1)}, {joined, pending, known}), "1+3");
  EXPECT_EQ(joins_waiting(std::vector{joined, pending, known}), 1);
}

TEST(InviteLinks, AreReadInEveryUsualSpelling) {
  for (const auto* written : {"https://t.me/+AbC_dEf-1234567", " t.me/joinchat/AbC_dEf-1234567\n",
                              "tg://join?invite=AbC_dEf-1234567"}) {
    EXPECT_EQ(parse_invite_link(written), "https://t.me/+AbC_dEf-1234567") << written;
  }
  for (const auto* written : {"https://t.me/jobs", "t.me/+short", "https://t.me/+with/slash1", ""}) {
    EXPECT_FALSE(parse_invite_link(written)) << written;
  }
}

}  // namespace
}  // namespace tandem::hunt
