#include "hunt/sources/source_reader.hpp"

#include <ctime>
#include <map>

#include "async/part_for_test.hpp"
#include "async/scope.hpp"
#include "hunt/way_for_test.hpp"
#include "platform/http/server.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using http::request;
using http::response;

// Plays https://t.me/s/NAME: pages of twenty posts, in the structure of the real ones.
class played_channels {
 public:
  struct channel {
    std::map<std::int64_t, std::string> posts;
    bool preview = true;
    int status = 200;  // anything else is answered without a page
    std::string retry_after;
    bool hangs = false;
    std::vector<std::string> asked;  // the queries, as they came
  };

  played_channels(const executor& on, const clock& time) : time_(time) {
    routes_.add("GET", "/s/{name}", [this](request what) { return answer(std::move(what)); });
    routes_.add("GET", "/feed", [this](request what) { return answer_feed(std::move(what)); });
    http::listener_options quick;
    server_ = http::make_server(on, "channels", quick, routes_, 100ms);
  }
  channel& operator[](const std::string& name) { return channels_[name]; }
  http::server& server() { return *server_; }
  std::string root() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  std::string user_agent;
  std::string feed, feed_tag;              // what /feed answers
  std::vector<std::string> asked_of_feed;  // "newest", or the If-None-Match that came

 private:
  task<response> answer_feed(request what) {
    const std::string tag(what.headers.value_or("If-None-Match", ""));
    asked_of_feed.push_back(tag.empty() ? "newest" : tag);
    if (feed.empty()) co_return response::text(500, "no");
    if (!tag.empty() && tag == feed_tag) co_return response::text(304, "");
    auto out = response::text(200, feed);
    out.headers.add("ETag", feed_tag);
    co_return out;
  }

  task<response> answer(request what) {
    auto& from = channels_[std::string(what.path_value("name"))];
    const auto after = what.query_value("after"), before = what.query_value("before");
    from.asked.push_back(after    ? "after " + std::string(*after)
                         : before ? "before " + std::string(*before)
                                  : "newest");
    user_agent = what.headers.value_or("User-Agent", "");
    if (from.hangs) {
      response slow;
      slow.stream = [](http::stream_writer& out) -> task<> {
        co_await out.write("<html>");
        co_await async::sleep_for(1h);
      };
      co_return slow;
    }
    if (from.status != 200) {
      auto refused = response::text(from.status, "no");
      if (!from.retry_after.empty()) refused.headers.add("Retry-After", from.retry_after);
      co_return refused;
    }
    if (!from.preview) {
      auto away = response::text(302, "");
      away.headers.add("Location", "/" + std::string(what.path_value("name")));
      co_return away;
    }
    auto first = from.posts.begin(), last = from.posts.end();
    if (after) {
      first = from.posts.upper_bound(std::stoll(std::string(*after)));
      last = std::distance(first, from.posts.end()) > 20 ? std::next(first, 20) : from.posts.end();
    } else {
      if (before) last = from.posts.lower_bound(std::stoll(std::string(*before)));
      first = std::distance(from.posts.begin(), last) > 20 ? std::prev(last, 20) : from.posts.begin();
    }
    co_return response::html(200, page(what.path_value("name"), from, first, last));
  }

  std::string page(std::string_view name, const channel& from,
                   std::map<std::int64_t, std::string>::iterator first,
                   std::map<std::int64_t, std::string>::iterator last) const {
    std::string out = R"(<html><head>)";
    if (last != from.posts.end()) {
      out += R"(<link rel="next" href="/s/x?after=)" + std::to_string(std::prev(last)->first) + R"(">)";
    }
    out += R"(</head><body><div class="tgme_channel_info_header_title">The channel</div>
              <section class="tgme_channel_history js-message_history">)";
    if (first == last) out += R"(<div class="tme_no_messages_found">No posts found</div>)";
    const auto seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time_.now() - 3s));
    char moment[40];
    std::strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%S+00:00", std::gmtime(&seconds));
    for (; first != last; ++first) {
      out += R"(<div class="tgme_widget_message js-widget_message" data-post=")";
      out.append(name).append("/").append(std::to_string(first->first)).append(R"(">)");
      out += R"(<div class="tgme_widget_message_text js-message_text">)" + first->second + "</div>";
      out += R"(<a class="tgme_widget_message_date" href="x"><time datetime=")" + std::string(moment);
      out += R"("></time></a></div>)";
    }
    return out + "</section></body></html>";
  }

  const clock& time_;
  std::map<std::string, channel> channels_;
  http::router routes_;
  std::unique_ptr<http::server> server_;
};

struct SourceReader : testing::Test, way {
  played_channels web{db.io.on(), time};
  std::unique_ptr<http::client> client = http::make_plain_client(db.io.on(), {});
  std::vector<source_change> changes;
  reader_options options;
  std::unique_ptr<source_reader> reader;

  SourceReader() {
    run(web.server().start());
    options.root = web.root();
    options.pace.min_gap = 1s;
    options.pace.max_gap = 4s;
    options.pace.jitter = 0;
    options.pace.requests_per_second = 0;
    options.pace.reread_gap = 60s;
    options.pace.failure_gap = 2s;
    options.pace.lost_gap = 100s;
    options.answer_limit = 300ms;
    restart();
  }
  ~SourceReader() override {
    run(reader->stop());
    run(web.server().stop());
  }

  // As after a kill: nothing is stopped in order, nothing is remembered but what the database has.
  void restart() {
    reader_parts with{db.io.on(), *db.pool, *client, *way_in, time, figures, {}};
    with.changed = [this](const source_change& change) { changes.push_back(change); };
    reader = make_source_reader(std::move(with), options);
  }
  int read() {
    run(reader->refresh());
    return run(reader->read_due_now());
  }
  // Lets the sources come due.
  int read_later(std::chrono::microseconds by = 5s) {
    time.advance(by);
    return read();
  }
  void write(const std::string& channel, std::int64_t from, std::int64_t to) {
    for (auto id = from; id <= to; ++id) web[channel].posts[id] = "нужен код номер " + std::to_string(id);
  }
  std::string stored() {
    return ask("SELECT concat_ws(' ', count(*), min(message_id), max(message_id)) FROM hunt.posts");
  }
};

TEST_F(SourceReader, TheFirstReadTakesTheNewestPageAndTheTitle) {
  write("jobs", 1, 50);
  add("jobs");
  read();
  EXPECT_EQ(stored(), "20 31 50");
  EXPECT_EQ(ask("SELECT concat_ws('|', title, last_message_id, state) FROM hunt.sources"),
            "The channel|50|active");
  EXPECT_EQ(web.user_agent, options.user_agent);
}

TEST_F(SourceReader, NewPostsAreAskedForBehindTheLastOne) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  write("jobs", 4, 5);
  read_later();
  EXPECT_EQ(stored(), "5 1 5");
  EXPECT_EQ(web["jobs"].asked, (std::vector<std::string>{"newest", "after 3"}));
  EXPECT_EQ(steps.count(post_event::kind::passed), 5);
}

TEST_F(SourceReader, ABurstOfAHundredPostsLeavesNoGap) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  write("jobs", 4, 103);
  read_later();
  EXPECT_EQ(stored(), "103 1 103");
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources"), "103");
}

TEST_F(SourceReader, ARestartInTheMiddleOfABurstLeavesNoGapAndNothingTwice) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  write("jobs", 4, 103);
  // The third page is refused: what was read so far is stored, and the process is gone.
  time.advance(5s);
  run(reader->refresh());
  async::scope half(db.io.on(), [](std::string_view, std::exception_ptr) {});
  const auto until_two_pages = [&]() -> task<> {
    while (web["jobs"].asked.size() < 3) co_await async::yield();
    web["jobs"].status = 500;
  };
  half.spawn("refuse", until_two_pages());
  run(reader->read_due_now());
  run(half.join());
  const auto first_half = std::stoi(ask("SELECT count(*) FROM hunt.posts"));
  EXPECT_LT(first_half, 103);
  restart();
  web["jobs"].status = 200;
  read_later();
  EXPECT_EQ(stored(), "103 1 103");
  EXPECT_EQ(ask("SELECT count(*) FROM platform.messages WHERE lane = 'judge'"), "103");
}

TEST_F(SourceReader, AnEmptyChannelThatIsFilledAtOnceIsReadWhole) {
  web["jobs"];
  add("jobs");
  read();
  restart();
  write("jobs", 1, 70);
  read_later();
  EXPECT_EQ(stored(), "70 1 70");
}

TEST_F(SourceReader, PostsThatWereDeletedAreNoGap) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  write("jobs", 40, 60);
  read_later();
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources"), "60");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts"), "24");
}

TEST_F(SourceReader, AnEditIsNoticedWhenTheNewestPageIsReadAgain) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  web["jobs"].posts[2] = "уже не нужен";
  read_later();
  EXPECT_EQ(steps.count(post_event::kind::edited), 0) << "the pages behind the last post do not show it";
  read_later(61s);
  EXPECT_EQ(steps.last(post_event::kind::edited).detail, "уже не нужен");
  EXPECT_EQ(ask("SELECT revision FROM hunt.posts WHERE message_id = 2"), "2");
}

TEST_F(SourceReader, ALostPreviewIsReportedOnceAndHealsByItself) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  web["jobs"].preview = false;
  read_later();
  read_later(101s);
  run(reader->note_progress());
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].name, "@jobs");
  EXPECT_EQ(changes[0].state, source_state::no_preview);
  EXPECT_EQ(ask("SELECT concat_ws('|', state, last_error) FROM hunt.sources"),
            "no_preview|answered 302: no preview page");
  web["jobs"].preview = true;
  write("jobs", 4, 4);
  read_later(101s);
  EXPECT_EQ(changes.back().state, source_state::active);
  EXPECT_EQ(stored(), "4 1 4");
}

TEST_F(SourceReader, APageThatIsNoPreviewIsALostPreviewToo) {
  write("jobs", 1, 3);
  add("jobs");
  web["jobs"].status = 404;
  read();
  EXPECT_EQ(changes.at(0).state, source_state::no_preview);
}

TEST_F(SourceReader, ErrorsBackOffAndMakeASourceFailing) {
  write("jobs", 1, 3);
  add("jobs");
  web["jobs"].status = 500;
  for (int i = 0; i < 5; ++i) read_later(1h);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].state, source_state::failing);
  EXPECT_EQ(changes[0].detail, "answered 500");
  EXPECT_EQ(read_later(31s), 0) << "it waits 32 seconds by now";
  web["jobs"].status = 200;
  EXPECT_EQ(read_later(2s), 1);
  EXPECT_EQ(stored(), "3 1 3");
  EXPECT_EQ(changes.back().state, source_state::active);
}

TEST_F(SourceReader, TooManyRequestsStopTheOtherSourcesToo) {
  write("jobs", 1, 3);
  write("more", 1, 3);
  add("jobs");
  add("more");
  read();
  web["jobs"].status = web["more"].status = 429;
  web["jobs"].retry_after = web["more"].retry_after = "90";
  const auto requests = read_later(5s);
  EXPECT_LE(requests, 2);
  web["jobs"].status = web["more"].status = 200;
  EXPECT_EQ(read_later(89s), 0);
  EXPECT_EQ(read_later(1s), 2);
}

TEST_F(SourceReader, ASlowBodyIsGivenUpAndAskedForLater) {
  write("jobs", 1, 3);
  add("jobs");
  web["jobs"].hangs = true;
  EXPECT_EQ(read(), 1);
  EXPECT_EQ(stored(), "0");
  web["jobs"].hangs = false;
  EXPECT_EQ(read_later(), 1);
  EXPECT_EQ(stored(), "3 1 3");
}

TEST_F(SourceReader, HostilePagesAreRefusedAndTheNextOneIsRead) {
  add("jobs");
  std::string deep;
  for (int i = 0; i < 40'000; ++i) deep += "<b>";
  web["jobs"].posts[1] = deep;
  read();
  EXPECT_EQ(stored(), "0");
  web["jobs"].posts[1] = "нужен код";
  read_later();
  EXPECT_EQ(stored(), "1 1 1");
}

TEST_F(SourceReader, SourcesThatComeAndGoAreNoticedWithoutARestart) {
  write("jobs", 1, 3);
  write("more", 1, 3);
  const auto jobs = add("jobs");
  read();
  add("more");
  read_later();
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE state = 'waiting'"), "3") << "the same texts: repeats";
  run(channels->set_paused(jobs.id, true));
  write("jobs", 4, 6);
  read_later();
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources WHERE name = 'jobs'"), "3");
  run(channels->set_paused(jobs.id, false));
  run(channels->set_rules(jobs.id, "+ повар"));
  read_later();
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources WHERE name = 'jobs'"), "6");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE reason = '+ повар'"), "3") << "by the new rules";
}

TEST_F(SourceReader, ARestartKeepsThePace) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  run(reader->note_progress());
  restart();
  EXPECT_EQ(read(), 0) << "it was read a moment ago";
  EXPECT_EQ(read_later(), 1);
}

TEST_F(SourceReader, AnEditBeforeARestartIsSeenThoughThePageIsFullOfNewPosts) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  run(reader->note_progress());
  web["jobs"].posts[2] = "ищем сварщика";
  write("jobs", 4, 40);
  restart();
  for (int i = 0; i < 4; ++i) read_later();
  EXPECT_EQ(ask("SELECT text FROM hunt.posts WHERE message_id = 2"), "ищем сварщика");
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources WHERE name = 'jobs'"), "40");
}

TEST_F(SourceReader, AnEditIsSeenThoughManyPostsCameBeforeTheNextLook) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  web["jobs"].posts[2] = "ищем сварщика";
  write("jobs", 4, 40);
  for (int i = 0; i < 4; ++i) read_later();
  EXPECT_EQ(ask("SELECT text FROM hunt.posts WHERE message_id = 2"), "нужен код номер 2")
      << "not looked at yet";
  read_later(60s);
  EXPECT_EQ(ask("SELECT text FROM hunt.posts WHERE message_id = 2"), "ищем сварщика");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE revision > 1"), "1");
}

TEST_F(SourceReader, ADeletionIsSeenBetweenThePagesOfALook) {
  write("jobs", 1, 3);
  add("jobs");
  read();
  write("jobs", 4, 40);
  for (int i = 0; i < 4; ++i) read_later();
  web["jobs"].posts.erase(20);  // the newest page begins with 21
  for (int i = 0; i < 2; ++i) read_later(60s);
  EXPECT_EQ(ask("SELECT string_agg(message_id::text, ' ') FROM hunt.posts WHERE reason = 'deleted'"), "20");
}

TEST_F(SourceReader, ManySourcesAreReadSideBySide) {
  for (int i = 0; i < 30; ++i) {
    const auto name = "jobs" + std::to_string(i);
    web[name].posts[1] = "нужен код " + std::to_string(i);
    add(name);
  }
  EXPECT_EQ(read(), 30);
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts"), "30");
}

TEST_F(SourceReader, ThePartReadsByItselfAndHearsOfANewSource) {
  write("jobs", 1, 3);
  options.refresh_gap = 20s;  // so that it must be the hint
  restart();
  run(reader->start());
  run(reader->start());
  run(steps.until(post_event::kind::seen, 0));
  add("jobs");
  run(steps.until(post_event::kind::seen, 3));
  EXPECT_TRUE(reader->state().ready);
  run(reader->stop());
  run(reader->stop());
  EXPECT_FALSE(reader->state().ready);
}

TEST_F(SourceReader, APartThatIsStartedAgainGoesOnFromTheDatabase) {
  write("jobs", 1, 3);
  add("jobs");
  run(reader->start());
  run(steps.until(post_event::kind::seen, 3));
  run(reader->stop());
  write("jobs", 4, 5);
  time.advance(10s);
  run(reader->start());
  run(steps.until(post_event::kind::seen, 5));
  EXPECT_EQ(web["jobs"].asked.front(), "newest");
  EXPECT_EQ(stored(), "5 1 5");
}

TEST_F(SourceReader, ItWorksAfterEachStart) {
  add("jobs");
  async::expect_to_work_after_each_start(db.io, *reader, [this](int start) {
    write("jobs", start, start);
    time.advance(10s);
    run(steps.until(post_event::kind::seen, start));
  });
}

TEST_F(SourceReader, ADatabaseThatFailsLosesNothing) {
  write("jobs", 1, 3);
  add("jobs");
  run(reader->refresh());
  ask("ALTER TABLE hunt.posts RENAME TO hidden");
  run(reader->read_due_now());
  ask("ALTER TABLE hunt.hidden RENAME TO posts");
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources"), "0");
  read_later();
  EXPECT_EQ(stored(), "3 1 3");
}

struct FeedReader : SourceReader {
  FeedReader() {
    options.pace.feed_min_gap = 1s;
    options.pace.feed_max_gap = 4s;
    restart();
  }
  void write_feed(int items, std::string tag) {
    web.feed = "<rss><channel><title>Board</title>";
    for (int i = 1; i <= items; ++i) {
      const auto number = std::to_string(i);
      web.feed += "<item><guid>job-" + number + "</guid><title>нужен код номер " + number +
                  "</title><link>https://board.example/" + number + "</link></item>";
    }
    web.feed += "</channel></rss>";
    web.feed_tag = std::move(tag);
  }
};

TEST_F(FeedReader, ItemsAreTakenOnceAndAnUnchangedFeedIsNotSentAgain) {
  write_feed(2, "\"a\"");
  const auto one = add(web.root() + "/feed");
  EXPECT_EQ(one.kind, source_kind::feed);
  read();
  EXPECT_EQ(ask("SELECT string_agg(url, ' ' ORDER BY url) FROM hunt.posts"),
            "https://board.example/1 https://board.example/2");
  EXPECT_EQ(ask("SELECT title FROM hunt.sources"), "Board");
  read_later();
  write_feed(3, "\"b\"");
  read_later();
  EXPECT_EQ(web.asked_of_feed, (std::vector<std::string>{"newest", "\"a\"", "\"a\""}));
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts"), "3");
  EXPECT_EQ(steps.count(post_event::kind::passed), 3);
}

TEST_F(FeedReader, TheTagIsKnownAfterARestart) {
  write_feed(1, "\"a\"");
  add(web.root() + "/feed");
  read();
  run(reader->note_progress());
  restart();
  read_later();
  EXPECT_EQ(web.asked_of_feed.back(), "\"a\"");
}

TEST_F(FeedReader, AFeedThatEndsInTheMiddleKeepsWhatWasWholeAndIsAskedForAgain) {
  write_feed(3, "\"a\"");
  web.feed.resize(web.feed.find("номер 3"));
  add(web.root() + "/feed");
  read();
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts"), "2");
  write_feed(3, "\"a\"");
  read_later();
  EXPECT_EQ(web.asked_of_feed.back(), "newest");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts"), "3");
}

TEST_F(FeedReader, AFeedThatIsNoneIsFailingAfterAWhile) {
  web.feed = "<html></html>";
  add(web.root() + "/feed");
  for (int i = 0; i < options.failing_after; ++i) read_later(100s);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].state, source_state::failing);
  EXPECT_EQ(changes[0].detail, "this is no feed");
}

}  // namespace
}  // namespace tandem::hunt
