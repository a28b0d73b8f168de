#include "platform/telegram/dispatcher.hpp"

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/within.hpp"

using namespace tandem;
using namespace tandem::telegram;
using namespace std::chrono_literals;

namespace {

// The server's side of a bot: a line of updates that getUpdates gives out from the offset on, and every other
// call.
struct fake_bot final : bot_api {
  explicit fake_bot(const executor& on) : arrived(on), asked(on) {}

  task<answer<std::string>> call(std::string_view method, std::string params, call_options) override {
    if (method != "getUpdates") {
      calls.push_back(std::string(method) + " " + params);
      co_return std::string("true");
    }
    polls.push_back(params);
    asked.ring();
    if (!failures.empty()) {
      auto error = failures.front();
      failures.erase(failures.begin());
      co_return std::unexpected(error);
    }
    const auto at = params.find("\"offset\":");
    const auto offset = at == std::string::npos ? 0 : std::stoll(params.substr(at + 9));
    const bool waits = params.find("\"timeout\":0") == std::string::npos;
    for (;;) {
      std::string out;
      for (const auto& [id, text] : updates) {
        if (id >= offset) out += (out.empty() ? "" : ",") + text;
      }
      if (!out.empty() || !waits) co_return "[" + out + "]";
      co_await arrived.wait();
    }
  }
  task<answer<std::string>> download(std::string) override { co_return std::string(); }

  void add(std::int64_t id, std::string content) {
    updates[id] = "{\"update_id\":" + std::to_string(id) + "," + content + "}";
    arrived.ring();
  }
  void text(std::int64_t id, std::int64_t chat, const std::string& text) {
    add(id, "\"message\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":" + std::to_string(chat) +
                ",\"type\":\"private\"},\"from\":{\"id\":" + std::to_string(chat) + "},\"text\":\"" + text +
                "\"}");
  }
  void press(std::int64_t id, std::int64_t chat, const std::string& data) {
    add(id, "\"callback_query\":{\"id\":\"q" + std::to_string(id) +
                "\",\"from\":{\"id\":" + std::to_string(chat) + "},\"data\":\"" + data +
                "\",\"message\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":" + std::to_string(chat) +
                ",\"type\":\"private\"}}}");
  }

  std::map<std::int64_t, std::string> updates;
  std::vector<std::string> polls, calls;
  std::vector<api_error> failures;
  async::event arrived, asked;
};

api_error failing(int code, std::string description) {
  api_error out;
  out.code = code;
  out.description = std::move(description);
  out.why = classify(code, out.description);
  return out;
}

user the_bot() {
  user out;
  out.id = 7;
  out.is_bot = true;
  out.username = "Some_Bot";
  return out;
}

// As pg::unavailable is.
struct away : std::runtime_error, async::passing {
  away() : std::runtime_error("the database is away") {}
};
constexpr async::pauses no_pauses{0ms, 0ms, 0ms, 0ms};

struct bundle {
  async::loop io;
  std::vector<std::string> failed, told, log;
  async::scope work{io.on(), [this](std::string_view, const std::exception_ptr& error) {
                      failed.push_back(async::text_of(error));
                    }};
  fake_bot bot{io.on()};
  async::event handled{io.on()};
  std::unique_ptr<update_log> kept = make_memory_update_log();
  fixed_clock time{instant(std::chrono::hours(500'000))};
  routes table;
  std::unique_ptr<dispatcher> to;
  std::optional<poll_end> end;

  dispatcher_report report() {
    return [this](std::string_view what, std::string_view detail) {
      told.push_back(std::string(what) + ": " + std::string(detail));
    };
  }
  handler writes(std::string name) {
    return [this, name](incoming& in) -> task<> {
      log.push_back(name + " " + in.argument);
      handled.ring();
      co_return;
    };
  }
  dispatcher& make() {
    dispatcher_options options;
    options.slow = options.pause = 1ms;
    options.between = no_pauses;
    to = std::make_unique<dispatcher>(work, bot, the_bot(), std::move(table), options, report());
    return *to;
  }
  void handle(std::string_view json) {
    auto one = read_update(json);
    ASSERT_TRUE(one) << one.error().text();
    io.run(to->handle(std::move(*one)));
  }
  // Runs the poll until `enough` says so, then stops it as a process would.
  void poll_until(std::function<bool()> enough) {
    auto run = [this]() -> task<> { end = co_await poll_updates(bot, 7, *to, *kept, time, report()); };
    auto main = [&]() -> task<> {
      work.spawn("poll", run());
      while (!enough() && !end) co_await async::yield();
      co_await work.stop();
    };
    io.run(async::within(20s, main()));
  }
};

const std::string chat5 = R"("message_id":1,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5})";
std::string text_update(int id, const std::string& text) {
  return "{\"update_id\":" + std::to_string(id) + ",\"message\":{" + chat5 + ",\"text\":\"" + text + "\"}}";
}
std::string press_update(int id, const std::string& data) {
  return "{\"update_id\":" + std::to_string(id) + R"(,"callback_query":{"id":"q","from":{"id":5},"data":")" +
         data + "\"}}";
}

}  // namespace

TEST(Dispatcher, TheTableDecidesWhoHandlesWhat) {
  bundle test;
  test.table.add({on_kind(update_kind::message, test.writes("any message")), on_text(test.writes("any text")),
                  on_text_in("city", test.writes("city")), on_command("start", test.writes("start")),
                  on_callback("save:", test.writes("save")),
                  on_callback("save:all:", test.writes("save all")),
                  on_callback("", test.writes("any press"))});
  std::string state;
  test.table.state_of = [&](const incoming&) -> task<std::string> { co_return state; };
  test.make();
  test.handle(text_update(1, "/start abc def"));
  test.handle(text_update(2, "/START@some_bot x"));
  test.handle(text_update(3, "/start@other_bot x"));
  test.handle(text_update(4, "hello"));
  state = "city";
  test.handle(text_update(5, "Moscow"));
  test.handle(text_update(6, "/start"));
  test.handle(R"({"update_id":7,"message":{)" + chat5 + R"(,"location":{"latitude":1,"longitude":2}}})");
  test.handle(press_update(8, "save:17"));
  test.handle(press_update(9, "save:all:9"));
  test.handle(press_update(10, "made up"));
  EXPECT_EQ(test.log,
            (std::vector<std::string>{"start abc def", "start x", "any text ", "any text ", "city ", "start ",
                                      "any message ", "save 17", "save all 9", "any press made up"}));
}

TEST(Dispatcher, AMessageGoesToTheRowOfItsContent) {
  bundle test;
  test.table.add({on_kind(update_kind::message, test.writes("any message")),
                  on_content(message_content::photo, test.writes("photo")),
                  on_content(message_content::location,
                             [&](incoming& in) -> task<> {
                               test.log.push_back("place for " + in.state);
                               co_return;
                             }),
                  on_text_in("city", test.writes("city"))});
  test.table.state_of = [](const incoming&) -> task<std::string> { co_return "city"; };
  test.make();
  const auto message = [](int id, const std::string& content) {
    return "{\"update_id\":" + std::to_string(id) + ",\"message\":{" + chat5 + "," + content + "}}";
  };
  test.handle(message(1, R"("photo":[{"file_id":"f","width":1,"height":1}],"caption":"me")"));
  test.handle(message(2, R"("location":{"latitude":1,"longitude":2})"));
  test.handle(message(3, R"("dice":{"emoji":"x","value":1})"));
  test.handle(message(4, R"("text":"Omsk")"));
  EXPECT_EQ(test.log, (std::vector<std::string>{"photo ", "place for city", "any message ", "city "}));
}

TEST(Dispatcher, TheLineThatTheBotPinnedSomethingIsNobodys) {
  bundle test;
  test.table.add({on_kind(update_kind::message, test.writes("any message"))});
  test.make();
  const auto pin = [](int id, int from) {
    return "{\"update_id\":" + std::to_string(id) +
           R"(,"message":{"message_id":2,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":)" +
           std::to_string(from) + R"(},"pinned_message":{"message_id":1,"date":1,"chat":{"id":5}}}})";
  };
  test.handle(pin(1, 7));
  test.handle(pin(2, 5));
  EXPECT_EQ(test.log, (std::vector<std::string>{"any message "}));
}

TEST(Dispatcher, TheKindsOfTheTableAreWhatTheServerIsAskedFor) {
  routes table;
  const handler nothing = [](incoming&) -> task<> { co_return; };
  table.add({on_command("a", nothing), on_text(nothing), on_callback("x", nothing),
             on_kind(update_kind::my_chat_member, nothing)});
  EXPECT_EQ(table.wanted_kinds(), (std::vector<update_kind>{update_kind::message, update_kind::callback_query,
                                                            update_kind::my_chat_member}));
}

TEST(Dispatcher, MiddlewareGoesAroundHandlersAndMayHoldThemBack) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  test.table.around.push_back([&](incoming& in, const next_step& next) -> task<> {
    test.log.push_back("outer in");
    if (in.text() != "stop") co_await next();
    test.log.push_back("outer out");
  });
  test.table.around.push_back([&](incoming&, const next_step& next) -> task<> {
    test.log.push_back("inner in");
    co_await next();
  });
  test.make();
  test.handle(text_update(1, "go"));
  test.handle(text_update(2, "stop"));
  EXPECT_EQ(test.log, (std::vector<std::string>{"outer in", "inner in", "text ", "outer out", "outer in",
                                                "outer out"}));
}

TEST(Dispatcher, ACallbackIsAnsweredOnceAlsoWhenNobodyHandlesIt) {
  bundle test;
  test.table.add({on_callback("quiet", test.writes("quiet")),
                  on_callback("loud",
                              [](incoming& in) -> task<> {
                                const std::string note = "Saved";
                                co_await in.answer_callback(note, true);
                                co_await in.answer_callback(note, true);
                              }),
                  on_callback("broken", [](incoming&) -> task<> {
                    throw std::runtime_error("no database");
                    co_return;
                  })});
  test.make();
  test.handle(press_update(1, "quiet"));
  test.handle(press_update(2, "loud"));
  test.handle(press_update(3, "broken"));
  test.handle(press_update(4, "unknown"));
  const std::string plain = R"(answerCallbackQuery {"callback_query_id":"q"})";
  const std::string loud =
      R"(answerCallbackQuery {"callback_query_id":"q","text":"Saved","show_alert":true})";
  EXPECT_EQ(test.bot.calls, (std::vector<std::string>{plain, loud, plain, plain}));
}

TEST(Dispatcher, AHandlerThatFailsRunsOnceMoreAndThenItsUpdateIsSkipped) {
  bundle test;
  int tries = 0;
  test.table.add({on_text([&](incoming& in) -> task<> {
    ++tries;
    if (in.text() == "always") throw std::runtime_error("broken");
    if (tries == 1) throw std::runtime_error("once");
    co_return;
  })});
  test.make();
  test.handle(text_update(1, "once"));
  EXPECT_EQ(tries, 2);
  test.handle(text_update(2, "always"));
  EXPECT_EQ(tries, 4);
  EXPECT_EQ(test.told, (std::vector<std::string>{
                           "a handler failed: message 1: once", "a handler failed: message 2: broken",
                           "a handler failed twice: its update is skipped: message 2: broken"}));
}

TEST(Dispatcher, WhatFailsForWhatPassesIsHandledOnceItHasPassed) {
  bundle test;
  int tries = 0;
  test.table.add({on_text([&](incoming& in) -> task<> {
    EXPECT_EQ(in.attempt, 1);
    if (++tries < 6) throw away();
    co_return;
  })});
  test.make();
  test.handle(text_update(1, "a post of a group"));
  EXPECT_EQ(tries, 6);
  EXPECT_EQ(test.told,
            std::vector<std::string>{"a handler waits for what will pass: message 1: the database is away"});
}

TEST(Dispatcher, AnUpdateThatWaitsForWhatNeverPassesForItAloneIsSkipped) {
  bundle test;
  int tries = 0;
  test.table.add({on_text([&](incoming& in) -> task<> {
    if (in.text() != "slow query") co_return;
    ++tries;
    // Somebody else's update is handled at each try: the database is there.
    auto other = read_update(R"({"update_id":)" + std::to_string(100 + tries) +
                             R"(,"message":{"message_id":1,"date":1,"chat":{"id":6},"text":"hi"}})");
    co_await test.to->handle(std::move(*other));
    throw away();
  })});
  test.make();
  test.handle(text_update(1, "slow query"));
  EXPECT_EQ(tries, 21) << "twenty tries beside others, and the second attempt that every failure has";
  EXPECT_EQ(test.told.back(),
            "a handler failed twice: its update is skipped: message 1: the database is away");
}

TEST(Dispatcher, ADuplicateIsHandledOnce) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.to->remember({1});
  test.handle(text_update(1, "handled before the restart"));
  test.handle(text_update(2, "a"));
  test.handle(text_update(2, "a"));
  EXPECT_EQ(test.log.size(), 1u);
  EXPECT_EQ(test.to->take_handled(), std::vector<std::int64_t>{2});
}

TEST(Dispatcher, AnUpdateThatCannotBeReadIsToldAndSkipped) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.handle(R"({"update_id":1,"message":{"chat":5}})");
  test.handle(R"({"update_id":2,"brand_new_kind":{}})");
  EXPECT_TRUE(test.log.empty());
  EXPECT_EQ(test.told,
            std::vector<std::string>{"an update was skipped: 1: message.chat: expected an object"});
}

TEST(Polling, ChatsRunSideBySideAndOneChatInOrder) {
  bundle test;
  int running = 0, most = 0;
  test.table.add({on_text([&](incoming& in) -> task<> {
    most = std::max(most, ++running);
    for (int i = 0; i < 4; ++i) co_await async::yield();
    --running;
    test.log.push_back(std::to_string(in.chat_id()) + std::string(in.text()));
  })});
  test.make();
  for (int i = 0; i < 4; ++i) {
    test.bot.text(2 * i + 1, 1, std::to_string(i));
    test.bot.text(2 * i + 2, 2, std::to_string(i));
  }
  test.poll_until([&] { return test.log.size() == 8 && test.bot.polls.size() > 1; });
  std::map<char, std::string> per_chat;
  for (const auto& entry : test.log) per_chat[entry[0]] += entry[1];
  EXPECT_EQ(per_chat, (std::map<char, std::string>{{'1', "0123"}, {'2', "0123"}}));
  EXPECT_EQ(most, 2);
}

TEST(Polling, TheOffsetMovesOnlyPastWhatIsHandledAndSaved) {
  struct noted_log final : update_log {
    task<update_progress> load(std::int64_t) override { co_return update_progress(); }
    task<> save(std::int64_t, const update_progress& progress) override {
      offsets.push_back(progress.next_offset);
      co_return;
    }
    std::vector<std::int64_t> offsets;
  };
  bundle test;
  test.kept = std::make_unique<noted_log>();
  auto& saved = static_cast<noted_log&>(*test.kept);
  async::event release(test.io.on());
  test.table.add({on_text([&](incoming& in) -> task<> {
    if (in.text() == "slow") co_await release.wait();
    test.log.push_back(std::string(in.text()));
  })});
  test.make();
  test.bot.text(10, 1, "quick");
  test.bot.text(11, 2, "slow");
  test.bot.text(12, 3, "quick too");
  bool released = false;
  test.poll_until([&] {
    // While one handler is slow, others are handled, and the offset stays in front of the slow one.
    if (!released && test.bot.polls.size() == 4) {
      EXPECT_EQ(test.log, (std::vector<std::string>{"quick", "quick too"}));
      EXPECT_NE(test.bot.polls.back().find("\"offset\":11,"), std::string::npos) << test.bot.polls.back();
      EXPECT_EQ(saved.offsets, std::vector<std::int64_t>{11});
      released = true;
      test.bot.text(13, 4, "a late one");
      release.ring();
    }
    return released && test.bot.polls.back().find("\"offset\":14,") != std::string::npos;
  });
  EXPECT_EQ(test.log.size(), 4u);
  EXPECT_FALSE(test.end);
}

TEST(Polling, WhileTheLogIsAwayNothingIsLostAndNothingIsConfirmed) {
  struct absent_log final : update_log {
    task<update_progress> load(std::int64_t) override {
      if (++loads < 4) throw away();
      co_return update_progress();
    }
    task<> save(std::int64_t, const update_progress& progress) override {
      EXPECT_EQ(polls->size(), confirmed + 1) << "it asks again only once the log has taken what was handled";
      if (++tries % 5 != 0) throw away();
      ++confirmed;
      saved.insert(saved.end(), progress.seen.begin(), progress.seen.end());
      co_return;
    }
    const std::vector<std::string>* polls = nullptr;
    std::size_t confirmed = 0;
    int loads = 0, tries = 0;
    std::vector<std::int64_t> saved;
  };
  bundle test;
  test.kept = std::make_unique<absent_log>();
  auto& log = static_cast<absent_log&>(*test.kept);
  log.polls = &test.bot.polls;
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.bot.text(10, 1, "a");
  bool second = false;
  test.poll_until([&] {
    if (!second && log.confirmed == 1) {
      second = true;
      test.bot.text(11, 1, "b");
    }
    return log.confirmed == 2 && test.bot.polls.size() == 3;
  });
  EXPECT_FALSE(test.end);
  EXPECT_TRUE(test.failed.empty());
  EXPECT_EQ(log.loads, 4);
  EXPECT_EQ(log.saved, (std::vector<std::int64_t>{10, 11}));
  EXPECT_EQ(test.log.size(), 2u) << "each was handled once";
  EXPECT_NE(test.bot.polls.back().find("\"offset\":12,"), std::string::npos) << test.bot.polls.back();
}

TEST(Polling, ARestartBeginsWhereTheLogEndsAndSkipsWhatWasHandled) {
  bundle test;
  update_progress before;
  before.next_offset = 20;
  before.seen = {21};
  before.last_update =
      std::chrono::floor<std::chrono::seconds>(test.time.now()).time_since_epoch().count() - 5;
  test.io.run(test.kept->save(7, before));
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.bot.text(20, 1, "a");
  test.bot.text(21, 1, "handled, but not confirmed");
  test.bot.text(22, 1, "b");
  test.poll_until([&] { return test.bot.polls.size() == 2; });
  EXPECT_NE(test.bot.polls[0].find("\"offset\":20,"), std::string::npos);
  EXPECT_NE(test.bot.polls[0].find("\"allowed_updates\":[\"message\"]"), std::string::npos);
  EXPECT_EQ(test.log.size(), 2u);
}

TEST(Polling, DuplicatesAreConfirmedToo) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.to->remember({1});
  test.bot.text(1, 1, "handled before");
  test.poll_until([&] { return test.bot.polls.size() == 2; });
  EXPECT_NE(test.bot.polls[1].find("\"offset\":2,"), std::string::npos);
  EXPECT_TRUE(test.log.empty());
}

TEST(Polling, AfterAWeekOfSilenceTheOldNumbersMeanNothing) {
  bundle test;
  update_progress before;
  before.next_offset = 2'000'000;
  before.last_update =
      std::chrono::floor<std::chrono::seconds>(test.time.now()).time_since_epoch().count() - 7 * 86'400;
  test.io.run(test.kept->save(7, before));
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.bot.text(15, 1, "a");
  test.poll_until([&] { return test.bot.polls.size() == 2; });
  EXPECT_EQ(test.bot.polls[0].find("offset"), std::string::npos);
  EXPECT_EQ(test.log.size(), 1u);
  EXPECT_NE(test.bot.polls[1].find("\"offset\":16,"), std::string::npos);
}

TEST(Polling, FailuresArePausedOverAndToldOnce) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  test.make();
  test.bot.failures = {failing(502, "no JSON"), failing(500, "restart"),
                       failing(409, "Conflict: terminated")};
  test.bot.text(1, 1, "a");
  test.poll_until([&] { return !test.log.empty(); });
  EXPECT_EQ(test.log.size(), 1u);
  EXPECT_EQ(test.told, std::vector<std::string>{"no updates for now: server no JSON"});
}

TEST(Polling, ARevokedTokenEndsIt) {
  bundle test;
  test.make();
  test.bot.failures = {failing(401, "Unauthorized")};
  test.poll_until([] { return false; });
  EXPECT_EQ(test.end, poll_end::unauthorized);
}

TEST(Polling, ConflictsInARowEndIt) {
  bundle test;
  test.make();
  const auto other = failing(409, "Conflict: terminated by other getUpdates request");
  test.bot.failures = {other, other, other};
  test.poll_until([] { return false; });
  EXPECT_EQ(test.end, poll_end::conflict);
}

TEST(Polling, AWebhookThatStandsInTheWayIsDeletedOnce) {
  bundle test;
  test.make();
  const auto active =
      failing(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook");
  test.bot.failures = {active, active, active, active};
  test.poll_until([] { return false; });
  EXPECT_EQ(test.end, poll_end::conflict);
  EXPECT_EQ(test.bot.calls, std::vector<std::string>{R"(deleteWebhook {"drop_pending_updates":false})"});
}

TEST(Webhook, TheSecretDecidesAndDuplicatesAreHarmless) {
  bundle test;
  test.table.add({on_text(test.writes("text"))});
  auto& to = test.make();
  const auto post = [&](std::string_view secret, std::string body) {
    return test.io.run(accept_webhook(secret, "s3cret", std::move(body), 7, to, *test.kept, test.time));
  };
  EXPECT_EQ(post("", text_update(1, "a")), webhook_verdict::not_ours);
  EXPECT_EQ(post("s3creT", text_update(1, "a")), webhook_verdict::not_ours);
  EXPECT_EQ(post("s3cret!", text_update(1, "a")), webhook_verdict::not_ours);
  EXPECT_EQ(post("s3cret", "{not json"), webhook_verdict::not_understood);
  EXPECT_TRUE(test.log.empty());
  EXPECT_EQ(post("s3cret", text_update(1, "a")), webhook_verdict::handled);
  EXPECT_EQ(post("s3cret", text_update(1, "a")), webhook_verdict::handled);
  EXPECT_EQ(test.log.size(), 1u);
  EXPECT_EQ(test.io.run(test.kept->load(7)).seen, std::vector<std::int64_t>{1});
}

TEST(Webhook, WithoutASecretNothingIsAccepted) {
  bundle test;
  auto& to = test.make();
  EXPECT_EQ(test.io.run(accept_webhook("", "", text_update(1, "a"), 7, to, *test.kept, test.time)),
            webhook_verdict::not_ours);
}
