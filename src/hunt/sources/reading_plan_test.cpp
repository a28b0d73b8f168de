#include "hunt/sources/reading_plan.hpp"

#include <random>

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using kind = page_request::kind;

const instant start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);

reading_pace quick() {
  reading_pace pace;
  pace.min_gap = 1s;
  pace.max_gap = 16s;
  pace.jitter = 0;
  pace.requests_per_second = 1000;
  pace.reread_gap = 1h;
  pace.failure_gap = 2s;
  pace.max_failure_gap = 60s;
  pace.lost_gap = 100s;
  return pace;
}

source channel(std::int64_t id, std::int64_t seen_up_to, bool read_before = true) {
  source out;
  out.id = source_id(id);
  out.name = "jobs" + std::to_string(id);
  out.last_message_id = seen_up_to;
  out.next_read_at = start;
  out.read_gap = 4s;
  if (read_before) out.last_read_at = start;
  return out;
}

preview_page page(std::int64_t from, std::int64_t to) {
  preview_page out;
  out.first_id = from;
  out.last_id = to;
  for (auto id = from; id <= to; ++id) {
    channel_post post;
    post.message_id = id;
    out.posts.push_back(post);
  }
  return out;
}

preview_page no_posts() {
  preview_page out;
  out.nothing_found = true;
  return out;
}

// A channel of posts 1 … newest whose pages hold 20, as t.me is believed to answer.
preview_page answer_of(const page_request& ask, std::int64_t newest, std::int64_t missing_below = 0) {
  std::int64_t from = std::max<std::int64_t>(1, newest - 19), to = newest;
  if (ask.what == kind::after) {
    from = ask.message_id + 1;
    to = std::min(newest, from + 19);
  }
  if (ask.what == kind::before || ask.what == kind::edits) {
    to = std::min(newest, ask.message_id - 1);
    from = std::max<std::int64_t>(1, to - 19);
  }
  from = std::max(from, missing_below + 1);
  if (from > to) return no_posts();
  auto out = page(from, to);
  if (to < newest) out.after = to;
  if (from > 1) out.before = from;
  return out;
}

TEST(ReadingPlan, TheFirstReadTakesOnlyTheNewestPage) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 0, false), start);
  const auto ask = plan.next(start);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->path(), "/s/jobs1");
  const auto shown = answer_of(*ask, 500);
  const auto use = plan.use_of(*ask, shown);
  EXPECT_TRUE(use.store && use.first_read);
  EXPECT_EQ(use.seen_up_to, 500);
  plan.stored(*ask, shown, use, start);
  EXPECT_FALSE(plan.next(start)) << "older posts are not walked to";
  EXPECT_EQ(plan.next(start + 16s)->path(), "/s/jobs1?after=500");
}

TEST(ReadingPlan, ABusySourceIsNotAskedAgain) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 10), start);
  EXPECT_TRUE(plan.next(start));
  EXPECT_FALSE(plan.next(start + 1h));
  EXPECT_FALSE(plan.wake_at());
}

TEST(ReadingPlan, ABurstIsReadPageByPageWithoutWaiting) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  std::vector<bool> seen(201);
  int requests = 0;
  while (const auto ask = plan.next(start + std::chrono::milliseconds(requests))) {
    ASSERT_LT(++requests, 20);
    const auto shown = answer_of(*ask, 200);
    const auto use = plan.use_of(*ask, shown);
    if (use.store) {
      for (const auto& post : shown.posts) seen[static_cast<std::size_t>(post.message_id)] = true;
    }
    plan.stored(*ask, shown, use, start + std::chrono::milliseconds(requests));
  }
  for (std::size_t id = 101; id <= 200; ++id) EXPECT_TRUE(seen[id]) << id;
}

// Nobody has documented that ?after=ID gives the posts next to ID: if it gave the newest ones, nothing may be
// lost.
TEST(ReadingPlan, AServerThatAnswersWithTheNewestPostsIsWalkedBackwards) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  std::vector<bool> seen(201);
  std::int64_t mark = 100;
  int requests = 0;
  for (auto now = start; now < start + 60s; now += 1ms) {
    const auto ask = plan.next(now);
    if (!ask) continue;
    ASSERT_LT(++requests, 100);
    const auto shown = ask->what == kind::before ? answer_of(*ask, 200) : page(181, 200);
    const auto use = plan.use_of(*ask, shown);
    if (use.store) {
      for (const auto& post : shown.posts) seen[static_cast<std::size_t>(post.message_id)] = true;
    }
    for (auto id = mark + 1; id <= use.seen_up_to; ++id) {
      EXPECT_TRUE(seen[static_cast<std::size_t>(id)]) << "the mark passed " << id << " before it was stored";
    }
    mark = std::max(mark, use.seen_up_to);
    plan.stored(*ask, shown, use, now);
  }
  EXPECT_EQ(mark, 200);
}

TEST(ReadingPlan, DeletedPostsDoNotStopTheMark) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  std::int64_t mark = 100;
  for (auto now = start; now < start + 30s; now += 1ms) {
    const auto ask = plan.next(now);
    if (!ask) continue;
    const auto shown = answer_of(*ask, 130, 115);  // 101 … 115 were deleted
    const auto use = plan.use_of(*ask, shown);
    mark = std::max(mark, use.seen_up_to);
    plan.stored(*ask, shown, use, now);
  }
  EXPECT_EQ(mark, 130);
}

TEST(ReadingPlan, AChannelThatWasEmptyIsReadFromItsFirstPost) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 0), start);
  std::vector<bool> seen(101);
  for (auto now = start; now < start + 30s; now += 1ms) {
    const auto ask = plan.next(now);
    if (!ask) continue;
    const auto shown = answer_of(*ask, 100);
    const auto use = plan.use_of(*ask, shown);
    if (use.store) {
      for (const auto& post : shown.posts) seen[static_cast<std::size_t>(post.message_id)] = true;
    }
    plan.stored(*ask, shown, use, now);
  }
  for (std::size_t id = 1; id <= 100; ++id) EXPECT_TRUE(seen[id]) << id;
}

TEST(ReadingPlan, TheGapShrinksWithPostsAndGrowsWithSilence) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  auto now = start;
  std::int64_t newest = 100;
  const auto turn = [&] {
    now = plan.wake_at().value();
    const auto ask = plan.next(now).value();
    const auto shown = answer_of(ask, newest);
    const auto use = plan.use_of(ask, shown);
    plan.stored(ask, shown, use, now);
    return plan.pace_of(source_id(1))->gap;
  };
  EXPECT_EQ(turn(), 5s);
  EXPECT_EQ(turn(), 6250ms);
  ++newest;
  EXPECT_EQ(turn(), 3125ms);
  for (int i = 0; i < 5; ++i, ++newest) turn();
  EXPECT_EQ(turn(), 1s) << "not below the smallest gap";
  for (int i = 0; i < 30; ++i) turn();
  EXPECT_EQ(turn(), 16s) << "nor above the largest";
}

TEST(ReadingPlan, TheNewestPageIsReadNowAndThenForEdits) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  int newest_pages = 0;
  for (auto now = start; now < start + 3h; now += 1s) {
    const auto ask = plan.next(now);
    if (!ask) continue;
    newest_pages += ask->what == kind::newest;
    const auto shown = answer_of(*ask, 100);
    plan.stored(*ask, shown, plan.use_of(*ask, shown), now);
  }
  EXPECT_EQ(newest_pages, 3);
}

TEST(ReadingPlan, AllSourcesTogetherStayBelowTheRate) {
  auto pace = quick();
  pace.requests_per_second = 2;
  pace.parallel = 100;
  reading_plan plan(pace, 1);
  for (std::int64_t id = 1; id <= 50; ++id) plan.put(channel(id, 100), start);
  int sent = 0;
  for (auto now = start; now < start + 10s; now += 10ms) sent += plan.next(now).has_value();
  EXPECT_EQ(sent, 20);
}

TEST(ReadingPlan, NotMoreThanTheAllowedRequestsAreUnderWay) {
  auto pace = quick();
  pace.parallel = 3;
  reading_plan plan(pace, 1);
  for (std::int64_t id = 1; id <= 10; ++id) plan.put(channel(id, 100), start);
  std::vector<page_request> under_way;
  for (auto now = start; now < start + 1s; now += 10ms) {
    if (auto ask = plan.next(now)) under_way.push_back(*ask);
  }
  ASSERT_EQ(under_way.size(), 3u);
  plan.failed(under_way.front(), start + 1s);
  EXPECT_TRUE(plan.next(start + 1s));
  EXPECT_FALSE(plan.next(start + 2s));
}

TEST(ReadingPlan, FailuresBackOffAndAGoodAnswerForgetsThem) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  auto now = start;
  for (const auto wait : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    const auto ask = plan.next(now).value();
    plan.failed(ask, now);
    EXPECT_EQ(plan.pace_of(source_id(1))->due, now + wait);
    now += wait;
  }
  const auto ask = plan.next(now).value();
  const auto shown = answer_of(ask, 100);
  plan.stored(ask, shown, plan.use_of(ask, shown), now);
  EXPECT_EQ(plan.pace_of(source_id(1))->failures, 0);
  EXPECT_EQ(plan.pace_of(source_id(1))->due, now + 5s);
}

TEST(ReadingPlan, TooManyRequestsHoldEverySource) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  plan.put(channel(2, 100), start);
  const auto ask = plan.next(start).value();
  plan.hold_all(ask, start + 40s);
  EXPECT_FALSE(plan.next(start + 39s));
  EXPECT_TRUE(plan.next(start + 40s));
}

// A channel with a post each half second from `start` on, read until the end; when each post was read last.
struct busy_channel {
  std::vector<instant> read = std::vector<instant>(1000, instant::min());
  int looks = 0;  // pages that were read for edits alone

  static std::int64_t newest_at(instant now) { return 100 + (now - start) / 500ms; }
  static instant posted_at(std::int64_t id) { return start + (id - 100) * 500ms; }
  void go_on(reading_plan& plan, instant from, instant to) {
    for (auto now = from; now < to; now += 10ms) {
      const auto ask = plan.next(now);
      if (!ask) continue;
      looks += ask->what == kind::edits;
      auto shown = answer_of(*ask, newest_at(now));
      for (auto& post : shown.posts) post.posted_at = posted_at(post.message_id);
      const auto use = plan.use_of(*ask, shown);
      for (const auto& post : shown.posts) {
        if (use.store) read[static_cast<std::size_t>(post.message_id)] = now;
      }
      plan.stored(*ask, shown, use, now);
    }
  }
};

reading_pace with_looks() {
  auto pace = quick();
  pace.max_gap = 1s;
  pace.reread_gap = 20s;
  return pace;
}

TEST(ReadingPlan, AnEditIsSeenThoughItsPostHasLeftTheNewestPageByTheNextLook) {
  reading_plan plan(with_looks(), 1);
  plan.put(channel(1, 100), start);
  busy_channel jobs;
  jobs.go_on(plan, start, start + 70s);
  for (std::int64_t id = 101; id < 180; ++id) {
    // Twenty posts later it leaves the newest page.
    EXPECT_GE(jobs.read[static_cast<std::size_t>(id)], jobs.posted_at(id + 20)) << id;
  }
  EXPECT_LE(jobs.looks, 3 * 3) << "forty posts between looks, and the twenty before them";
}

TEST(ReadingPlan, AfterARestartEverythingSinceTheLastLookIsLookedAt) {
  auto one = channel(1, 100);
  busy_channel jobs;
  {
    reading_plan plan(with_looks(), 1);
    plan.put(one, start);
    jobs.go_on(plan, start, start + 19s);
  }
  EXPECT_LT(jobs.read[105], start + 5s);
  one.last_message_id = busy_channel::newest_at(start + 18s);
  one.last_read_at = start + 18s;
  reading_plan plan(with_looks(), 1);
  plan.put(one, start + 25s);
  jobs.go_on(plan, start + 25s, start + 30s);
  for (std::int64_t id = 81; id < 140; ++id)
    EXPECT_GE(jobs.read[static_cast<std::size_t>(id)], start + 25s) << id;
  EXPECT_EQ(jobs.read[150], start + 25s) << "the news do not wait for that";
}

// Bursts and silences, a reader that is killed and comes back seconds later with what the database knows, and
// posts that are edited while they are among the three newest.
TEST(ReadingPlan, NoEditIsMissedHoweverOftenTheReaderIsKilled) {
  struct post {
    instant at;
    int version = 0, stored = -1;
  };
  reading_pace pace;
  pace.min_gap = 200ms;
  pace.max_gap = 400ms;
  pace.requests_per_second = 1000;
  pace.reread_gap = 5s;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::minstd_rand dice(seed);
    const auto between = [&](std::chrono::milliseconds from, std::chrono::milliseconds to) {
      return std::chrono::milliseconds(
          std::uniform_int_distribution<std::int64_t>(from.count(), to.count())(dice));
    };
    std::vector<post> posts(1);  // by id; there is no post 0
    auto one = channel(1, 0, false);
    instant now = start, away_until = start;
    std::unique_ptr<reading_plan> plan;
    const auto read_page = [&](const page_request& ask) {
      auto shown = answer_of(ask, static_cast<std::int64_t>(posts.size()) - 1);
      for (auto& each : shown.posts)
        each.posted_at =
            std::chrono::floor<std::chrono::seconds>(posts.at(static_cast<std::size_t>(each.message_id)).at);
      const auto use = plan->use_of(ask, shown);
      for (const auto& each : shown.posts) {
        auto& it = posts[static_cast<std::size_t>(each.message_id)];
        if (use.store && (it.stored >= 0 || each.message_id > use.store_above)) it.stored = it.version;
      }
      one.last_message_id = std::max(one.last_message_id, use.seen_up_to);
      one.last_read_at = now;
      plan->stored(ask, shown, use, now);
    };
    const auto pass = [&](std::chrono::milliseconds time) {
      for (const auto end = now + time; now < end; now += 10ms) {
        if (now < away_until) continue;
        if (!plan) {
          plan = std::make_unique<reading_plan>(pace, seed);
          plan->put(one, now);
        }
        if (const auto ask = plan->next(now)) read_page(*ask);
      }
    };
    pass(3s);
    for (int life = 0; life < 60; ++life) {
      for (int n = 0; n < 5; ++n) {
        posts.push_back({now});
        if (dice() % 5 < 2)
          ++posts[posts.size() - 1 - std::min<std::size_t>(dice() % 3, posts.size() - 2)].version;
        pass(between(40ms, 300ms));
      }
      const auto fate = dice() % 8;
      if (fate < 2) {
        plan.reset();
        away_until = now + between(300ms, 6500ms);
      }
      pass(fate == 7 ? between(6s, 10s) : 300ms);
    }
    pass(60s);
    for (std::size_t id = 1; id < posts.size(); ++id)
      EXPECT_EQ(posts[id].stored, posts[id].version) << "post " << id << ", seed " << seed;
  }
}

TEST(ReadingPlan, APageOfEditsThatCannotBeReadDoesNotKeepTheNewsBack) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  int failures = 0;
  std::int64_t newest = 100, mark = 100;
  for (auto now = start; now < start + 2min; now += 100ms) {
    const auto ask = plan.next(now);
    if (!ask) continue;
    if (ask->what == kind::edits) {
      ++failures;
      plan.failed(*ask, now);
      continue;
    }
    auto shown = answer_of(*ask, ++newest);
    for (auto& post : shown.posts) post.posted_at = now;
    const auto use = plan.use_of(*ask, shown);
    mark = std::max(mark, use.seen_up_to);
    plan.stored(*ask, shown, use, now);
  }
  EXPECT_EQ(failures, 9) << "with the newest page ten; then it is given up";
  EXPECT_EQ(mark, newest);
  EXPECT_GT(newest, 130);
}

TEST(ReadingPlan, ALostPreviewIsAskedForSeldom) {
  reading_plan plan(quick(), 1);
  plan.put(channel(1, 100), start);
  plan.lost_preview(plan.next(start).value(), start);
  EXPECT_FALSE(plan.next(start + 99s));
  EXPECT_EQ(plan.next(start + 100s)->what, kind::newest);
}

TEST(ReadingPlan, APausedSourceIsLeftAloneAndComesBackWhereItWas) {
  reading_plan plan(quick(), 1);
  auto one = channel(1, 100);
  plan.put(one, start);
  const auto ask = plan.next(start).value();
  one.state = source_state::paused;
  plan.put(one, start);
  const auto shown = answer_of(ask, 100);
  plan.stored(ask, shown, plan.use_of(ask, shown), start);
  EXPECT_FALSE(plan.next(start + 1h));
  one.state = source_state::active;
  plan.put(one, start);
  EXPECT_TRUE(plan.next(start + 1h));
  one.state = source_state::paused;
  plan.put(one, start);  // while its request is under way …
  one.state = source_state::active;
  plan.put(one, start);  // … and back before the answer
  plan.failed(ask, start + 1h);
  EXPECT_TRUE(plan.pace_of(source_id(1)));
}

TEST(ReadingPlan, ARestartKeepsThePoliteGap) {
  reading_plan plan(quick(), 1);
  auto one = channel(1, 100);
  one.next_read_at = start + 7s;
  plan.put(one, start);
  EXPECT_FALSE(plan.next(start + 6s));
  EXPECT_EQ(plan.wake_at(), start + 7s);
}

}  // namespace
}  // namespace tandem::hunt
