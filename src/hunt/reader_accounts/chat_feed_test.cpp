#include "hunt/reader_accounts/chat_feed.hpp"

#include <gtest/gtest.h>

#include <ranges>
#include <set>

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

const instant noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

tdlib::message message(std::int64_t id, std::int64_t album = 0, std::string text = "") {
  tdlib::message out;
  out.chat_id = -1001;
  out.id = id;
  out.album_id = album;
  out.content = tdlib::content_kind::text;
  out.text = std::move(text);
  return out;
}

// A feed and the chat behind it.
struct ChatFeed : testing::Test {
  std::map<std::int64_t, tdlib::message> chat;
  instant now = noon;
  std::optional<chat_feed> feed;
  int asked = 0;
  std::vector<std::int64_t> stored;  // first ids, in the order in which they were taken; only what is new
  std::set<std::int64_t> known;
  std::int64_t left_out_below = 0;  // as the last batch has it

  void begin(std::int64_t mark, feed_pace pace = {}) {
    feed.emplace(mark, pace);
    for (std::int64_t id = 1; id <= mark; ++id) known.insert(id);
  }
  void write(std::int64_t from, std::int64_t to, std::int64_t album = 0) {
    for (auto id = from; id <= to; ++id) chat[id] = message(id, album);
  }
  void come(std::int64_t from, std::int64_t to, std::int64_t album = 0) {
    write(from, to, album);
    for (auto id = from; id <= to; ++id) feed->arrived(chat[id], now);
  }
  // "5-7@4>7": posts, the mark that they may move to.
  std::string take_one() {
    const auto* batch = feed->next(now);
    if (!batch) return "";
    std::string out;
    left_out_below = batch->left_out_below;
    for (const auto& post : batch->posts) {
      if (!out.empty()) out += ' ';
      out += std::to_string(post.front().id);
      if (post.size() > 1) out += "-" + std::to_string(post.back().id);
      const auto first = post.front().id;
      if (first > batch->store_above && known.insert(first).second) stored.push_back(first);
    }
    out += ">" + std::to_string(batch->seen_up_to);
    feed->taken();
    return out;
  }
  // As much history as is wanted, `at_once` messages a page.
  void read_history(std::size_t at_once = 100) {
    while (const auto wanted = feed->wanted(now)) {
      ++asked;
      std::vector<tdlib::message> page;
      std::vector<std::int64_t> ids;
      for (const auto& [id, one] : chat | std::views::reverse) {
        if ((wanted->from == 0 || id < wanted->from) && page.size() < at_once) {
          page.push_back(one);
          ids.push_back(id);
        }
      }
      feed->history(*wanted, std::move(page), ids);
      while (!take_one().empty()) {
      }
    }
  }
};

TEST_F(ChatFeed, TheFirstReadTakesTheNewestAndNoMore) {
  begin(0);
  write(1, 500);
  read_history(20);
  EXPECT_EQ(stored.size(), 60u);  // the first fifty, in pages of twenty
  EXPECT_EQ(feed->mark(), 500);
}

TEST_F(ChatFeed, LiveMessagesAreHandedOnAtOnce) {
  begin(4);
  write(1, 4);
  read_history();
  come(5, 5);
  EXPECT_EQ(take_one(), "5>5");
  come(6, 7);
  EXPECT_EQ(take_one(), "6 7>7");
  EXPECT_EQ(take_one(), "");
  EXPECT_EQ(asked, 1);
}

TEST_F(ChatFeed, AfterADowntimeEverythingMissedIsReadOnce) {
  begin(100);
  write(1, 457);
  read_history();
  EXPECT_EQ(feed->mark(), 457);
  EXPECT_EQ(stored.size(), 357u);
  read_history();
  EXPECT_EQ(stored.size(), 357u);
}

TEST_F(ChatFeed, PagesMayBeShorterThanAskedFor) {
  begin(10);
  write(1, 30);
  read_history(3);
  EXPECT_EQ(stored.size(), 20u);
  EXPECT_EQ(feed->mark(), 30);
}

TEST_F(ChatFeed, HowManyWereMissedCountsNotInHowManyPagesTheyCome) {
  feed_pace pace;
  pace.most_messages = 300;
  begin(10, pace);
  write(1, 300);
  read_history(1);
  EXPECT_EQ(stored.size(), 290u);
  EXPECT_EQ(left_out_below, 0);
  write(301, 700);
  feed->doubt();
  read_history(7);
  EXPECT_EQ(feed->mark(), 700);
  EXPECT_EQ(left_out_below, 700 - 43 * 7 + 1);
}

TEST_F(ChatFeed, WhileTheHistoryIsWalkedTheMarkStandsStillButNothingWaits) {
  begin(10);
  write(1, 30);
  const auto wanted = feed->wanted(now);
  ASSERT_TRUE(wanted);
  come(31, 31);
  EXPECT_EQ(take_one(), "31>10");
  EXPECT_EQ(feed->mark(), 10);  // killed now, everything from 11 on is read again
}

TEST_F(ChatFeed, AHoleBetweenIdsIsLookedInto) {
  begin(10);
  write(1, 10);
  read_history();
  write(11, 12);  // these never came
  come(13, 13);
  EXPECT_EQ(take_one(), "13>10");
  read_history();
  EXPECT_EQ(stored, (std::vector<std::int64_t>{13, 11, 12}));
  EXPECT_EQ(feed->mark(), 13);
}

TEST_F(ChatFeed, AMessageThatWasOnlyHintedAtIsFetchedAfterAWhile) {
  begin(10);
  write(1, 10);
  read_history();
  write(11, 11);
  feed->newest_is(11, now);
  EXPECT_FALSE(feed->wanted(now));
  EXPECT_EQ(feed->wake_at(), now + 2s);
  now += 2s;
  read_history();
  EXPECT_EQ(feed->mark(), 11);
}

TEST_F(ChatFeed, AHintThatTheMessageFollowedIsForgotten) {
  begin(10);
  write(1, 10);
  read_history();
  feed->newest_is(11, now);
  come(11, 11);
  now += 2s;
  EXPECT_FALSE(feed->wanted(now));
}

TEST_F(ChatFeed, AnAlbumIsOnePostOnceNothingMoreOfItComes) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 11, 7);
  now += 500ms;
  come(12, 13, 7);
  EXPECT_EQ(take_one(), "");
  EXPECT_EQ(feed->wake_at(), now + 1200ms);
  now += 1200ms;
  EXPECT_EQ(take_one(), "11-13>13");
}

TEST_F(ChatFeed, TheMarkDoesNotPassAnAlbumThatWaits) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 12, 7);
  come(13, 13);
  EXPECT_EQ(take_one(), "13>10");
  now += 2s;
  EXPECT_EQ(take_one(), "11-12>13");
}

TEST_F(ChatFeed, ALateMessageOfAnAlbumMakesThePostWhole) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 11, 7);
  now += 2s;
  EXPECT_EQ(take_one(), "11>11");
  come(12, 12, 7);
  now += 2s;
  EXPECT_EQ(take_one(), "11-12>12");
  EXPECT_EQ(stored, std::vector<std::int64_t>{11});
}

TEST_F(ChatFeed, AnEditReachesAnAlbumThatStillWaits) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 12, 7);
  feed->edited({message(11, 7, "new"), message(12, 7)});
  now += 2s;
  const auto* batch = feed->next(now);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->posts.front().front().text, "new");
}

TEST_F(ChatFeed, AnAlbumThatTwoPagesOfTheHistoryShareIsOnePost) {
  begin(10);
  write(1, 11);
  write(12, 15, 7);
  write(16, 16);
  read_history(3);
  EXPECT_EQ(stored, (std::vector<std::int64_t>{16, 11, 12}));
  EXPECT_EQ(feed->mark(), 16);
}

TEST_F(ChatFeed, WhatIsDeletedBeforeItIsTakenIsNotTaken) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 12);
  feed->gone(11);
  EXPECT_EQ(take_one(), "12>12");
}

TEST_F(ChatFeed, ABatchThatWasNotStoredIsOfferedAgain) {
  begin(10);
  write(1, 10);
  read_history();
  come(11, 11);
  const auto* batch = feed->next(now);
  EXPECT_EQ(feed->next(now), batch);
  EXPECT_EQ(feed->mark(), 10);
}

TEST_F(ChatFeed, AnEmptyChatIsNoTrouble) {
  begin(0);
  read_history();
  EXPECT_FALSE(feed->is_walking());
  come(1, 1);
  EXPECT_EQ(take_one(), "1>1");
}

TEST_F(ChatFeed, TheStretchOfAPageCanBeComparedWithWhatIsStored) {
  begin(10);
  write(6, 12);
  chat.erase(9);
  read_history();
  const auto stretch = feed->take_compared();
  ASSERT_TRUE(stretch);
  EXPECT_EQ(stretch->from, 6);
  EXPECT_EQ(stretch->to, 12);
  EXPECT_FALSE(std::ranges::count(stretch->ids, 9));
  EXPECT_FALSE(feed->take_compared());
}

TEST(ChatPosts, AnAlbumHasTheCaptionOfWhicheverHasOne) {
  auto first = message(5, 7), second = message(6, 7, "Нужен дизайнер");
  first.content = second.content = tdlib::content_kind::photo;
  const auto post = to_channel_post({first, second}, {}, -1001);
  EXPECT_EQ(post->message_id, 5);
  EXPECT_EQ(post->text, "Нужен дизайнер");
  EXPECT_EQ(post->media, std::vector{media_kind::album});
}

TEST(ChatPosts, KnowWhoWroteThem) {
  people_and_chats known;
  known.users[7] = {"Anna B", "anna_b"};
  auto written = message(5, 0, "x");
  written.sender_user = 7;
  const auto post = to_channel_post({written}, known, -1001);
  EXPECT_EQ(post->author_id, 7);
  EXPECT_EQ(post->author_name, "Anna B");
  EXPECT_EQ(post->author_username, "anna_b");
}

TEST(ChatPosts, OfTheChannelItselfHaveNoAuthor) {
  auto written = message(5, 0, "x");
  written.sender_chat = -1001;
  EXPECT_EQ(to_channel_post({written}, {}, -1001)->author_id, 0);
}

TEST(ChatPosts, AForwardNamesItsOriginInsteadOfWhoForwarded) {
  people_and_chats known;
  known.chats[-1009] = {"Orders", "orders"};
  auto written = message(5, 0, "x");
  written.sender_user = 7;
  written.from = tdlib::forward{0, -1009, 31, ""};
  const auto post = to_channel_post({written}, known, -1001);
  EXPECT_EQ(post->forwarded_from, "Orders");
  EXPECT_EQ(post->forwarded_url, "https://t.me/orders/31");
  EXPECT_EQ(post->author_id, 0);
}

TEST(ChatPosts, ServiceMessagesAndOurOwnAreNone) {
  auto service = message(5);
  service.content = tdlib::content_kind::service;
  EXPECT_FALSE(to_channel_post({service}, {}, -1001));
  auto own = message(6, 0, "x");
  own.outgoing = true;
  EXPECT_FALSE(to_channel_post({own}, {}, -1001));
}

}  // namespace
}  // namespace tandem::hunt
