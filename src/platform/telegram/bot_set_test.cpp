#include "platform/telegram/bot_set.hpp"

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/part_for_test.hpp"
#include "async/within.hpp"
#include "platform/telegram/transport_double.hpp"

using namespace tandem;
using namespace tandem::telegram;
using namespace std::chrono_literals;

namespace {

// A Bot API for many bots: each has one text waiting; a poll for more waits for ever.
struct many_bots {
  explicit many_bots(const executor& on) : never(on) {}

  task<http::response> operator()(const http::fetch& what) {
    const auto bot = what.url.substr(what.url.rfind("/bot") + 4);
    const auto id = bot.substr(0, bot.find(':'));
    const auto method = scripted_transport::method_of(what);
    if (revoked.contains(id)) co_return refused(401, "Unauthorized");
    if (method == "getMe")
      co_return good("{\"id\":" + id + ",\"is_bot\":true,\"username\":\"bot" + id + "\"}");
    if (method == "getUpdates") {
      if (what.body.find("\"offset\":2") != std::string::npos) co_await never.wait();
      co_return good(
          R"([{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"hi"}}])");
    }
    co_return good(R"({"message_id":3,"date":1,"chat":{"id":5}})");
  }
  async::event never;
  std::set<std::string> revoked;
};

// Every load is the first one.
struct forgetful_log final : update_log {
  task<update_progress> load(std::int64_t) override {
    ++loads;
    if (broken) throw std::runtime_error("no such table");
    co_return update_progress();
  }
  task<> save(std::int64_t, const update_progress&) override { co_return; }
  bool broken = false;
  int loads = 0;
};

struct bundle {
  bundle() : api(io.on()), transport([this](const http::fetch& what) { return api(what); }) {
    options.api_root = "http://bots.test";
    options.stagger = 0ms;
    options.dispatch.pause = 1ms;
    options.dispatch.between = {0ms, 0ms, 0ms, 0ms};
    parts.source = [this]() -> task<std::vector<wanted_bot>> {
      if (source_fails) throw std::runtime_error("no database");
      co_return wanted;
    };
    parts.table = [this](const live_bot& bot) {
      routes table;
      table.add({on_text([this, purpose = bot.purpose](incoming& in) -> task<> {
        log.push_back(purpose + " " + std::string(in.text()));
        co_return;
      })});
      return table;
    };
    parts.changed = [this](const live_bot& bot, std::string_view) {
      states.push_back(std::to_string(bot.id) + " " + std::string(name_of(bot.condition)));
    };
    parts.report = [this](std::string_view what, std::string_view) { told.emplace_back(what); };
  }
  void want(int id, std::string purpose) {
    wanted_bot bot;
    bot.token = std::to_string(id) + ":secret";
    bot.purpose = std::move(purpose);
    wanted.push_back(std::move(bot));
  }
  void until(std::function<bool()> enough) {
    auto wait = [&]() -> task<> {
      while (!enough()) co_await async::yield();
    };
    io.run(async::within(20s, wait()));
  }
  bot_set& make() {
    set = make_bot_set(io.on(), transport, *kept, time, options, parts);
    return *set;
  }
  ~bundle() { io.run(set->stop()); }

  async::loop io;
  many_bots api;
  scripted_transport transport;
  std::unique_ptr<update_log> kept = make_memory_update_log();
  system_clock time;
  bot_set_options options;
  bot_set_parts parts;
  std::vector<wanted_bot> wanted;
  std::vector<std::string> log, states, told;
  bool source_fails = false;
  std::unique_ptr<bot_set> set;
};

}  // namespace

TEST(BotSet, AHundredBotsRunInOneProcess) {
  bundle test;
  for (int id = 1; id <= 100; ++id) test.want(id, "bot");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return test.log.size() == 100; });
  EXPECT_TRUE(set.state().ready);
  EXPECT_EQ(set.state().detail, "100 bots run, 0 start, 0 are refused by Telegram");
}

TEST(BotSet, BotsComeAndGoWithoutARestart) {
  bundle test;
  test.want(1, "one");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return test.log.size() == 1; });
  ASSERT_TRUE(set.find(1));
  EXPECT_EQ(set.find(1)->me.username, "bot1");
  test.want(2, "two");
  test.io.run(set.refresh());
  test.until([&] { return test.log.size() == 2; });
  test.wanted.erase(test.wanted.begin());
  test.io.run(set.refresh());
  EXPECT_FALSE(set.find(1));
  EXPECT_TRUE(set.find(2));
  EXPECT_EQ(test.log, (std::vector<std::string>{"one hi", "two hi"}));
}

TEST(BotSet, ARevokedTokenStopsThatBotOnlyAndAnotherTokenRevivesIt) {
  bundle test;
  test.api.revoked.insert("1");
  test.want(1, "one");
  test.want(2, "two");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return test.log.size() == 1; });
  EXPECT_FALSE(set.find(1));
  EXPECT_EQ(std::ranges::count(test.states, "1 unauthorized"), 1);
  test.api.revoked.clear();
  test.wanted[0].token = "1:another";
  test.io.run(set.refresh());
  test.until([&] { return test.log.size() == 2; });
  EXPECT_TRUE(set.find(1));
}

TEST(BotSet, LimitsChangeWhileABotRuns) {
  bundle test;
  test.want(1, "one");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return set.find(1).has_value(); });
  test.wanted[0].limits.broadcasts_per_second = 5;
  test.io.run(set.refresh());
  EXPECT_EQ(set.find(1)->out->limits().broadcasts_per_second, 5);
  EXPECT_EQ(std::ranges::count(test.states, "1 running"), 1);
}

TEST(BotSet, WhenTheListCannotBeReadTheBotsGoOn) {
  bundle test;
  test.want(1, "one");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return set.find(1).has_value(); });
  test.source_fails = true;
  test.io.run(set.refresh());
  EXPECT_TRUE(set.find(1));
  EXPECT_EQ(test.told, std::vector<std::string>{"the list of bots could not be read"});
}

TEST(BotSet, ATokenThatIsNoneIsToldAndLeftOut) {
  bundle test;
  test.want(1, "one");
  test.wanted[0].token = "nonsense";
  auto& set = test.make();
  test.io.run(set.start());
  EXPECT_TRUE(set.bots().empty());
  EXPECT_EQ(test.told, std::vector<std::string>{"a token is no bot token"});
}

TEST(BotSet, WebhookUpdatesReachTheBotThatTheyAreFor) {
  bundle test;
  test.options.webhook_url = "https://bots.example.org/telegram";
  test.options.webhook_secret = "s3cret";
  test.want(1, "one");
  test.want(2, "two");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return test.transport.bodies_of("setWebhook").size() == 2; });
  EXPECT_NE(test.transport.bodies_of("setWebhook")[0].find("https://bots.example.org/telegram/1\""),
            std::string::npos);
  const std::string update =
      R"({"update_id":9,"message":{"message_id":1,"date":1,"chat":{"id":5},"text":"hook"}})";
  EXPECT_EQ(test.io.run(set.accept(2, "s3cret", update)), webhook_verdict::handled);
  EXPECT_EQ(test.io.run(set.accept(2, "wrong", update)), webhook_verdict::not_ours);
  EXPECT_EQ(test.io.run(set.accept(3, "s3cret", update)), webhook_verdict::not_understood);
  EXPECT_EQ(test.log, std::vector<std::string>{"two hook"});
}

TEST(BotSet, ItsBotsRunAgainAfterEachStart) {
  bundle test;
  test.kept = std::make_unique<forgetful_log>();
  test.want(1, "one");
  async::expect_to_work_after_each_start(
      test.io, test.make(), [&](int start) { test.until([&] { return std::ssize(test.log) == start; }); });
}

TEST(BotSet, ABotWhoseWorkFailsIsShownAndBegunAgain) {
  bundle test;
  test.kept = std::make_unique<forgetful_log>();
  auto& log = static_cast<forgetful_log&>(*test.kept);
  log.broken = true;
  test.want(1, "one");
  auto& set = test.make();
  test.io.run(set.start());
  test.until([&] { return log.loads > 3; });
  EXPECT_FALSE(set.state().ready);
  EXPECT_EQ(set.state().detail, "bot 1: no such table");
  EXPECT_EQ(test.told, std::vector<std::string>{"a bot's work failed"});
  log.broken = false;
  test.until([&] { return test.log.size() == 1; });
  EXPECT_TRUE(set.find(1));
}

TEST(BotSet, StartAndStopMayBeCalledTwice) {
  bundle test;
  test.want(1, "one");
  auto& set = test.make();
  test.io.run(set.stop());
  test.io.run(set.start());
  test.io.run(set.start());
  test.io.run(set.stop());
  test.io.run(set.stop());
  EXPECT_TRUE(set.bots().empty());
}

TEST(Tokens, TheIdStandsBeforeTheColon) {
  EXPECT_EQ(bot_id_of("4242:abc"), 4242);
  for (const std::string_view bad :
       {"", "4242", "4242:", ":x", "0:x", "-5:x", "a:b", "1:a/b", "99999999999999999999:x"}) {
    EXPECT_FALSE(bot_id_of(bad)) << bad;
  }
}
