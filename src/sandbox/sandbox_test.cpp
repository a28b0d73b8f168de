#include "sandbox/town_for_test.hpp"

namespace tandem::sandbox {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

using Sandbox = Town;

TEST_F(Sandbox, RefusesAListenerThatOthersCanReach) {
  http::router other;
  EXPECT_THROW(sandbox_->mount(other, "0.0.0.0"), not_loopback);
  EXPECT_THROW(sandbox_->mount(other, "192.168.0.1"), not_loopback);
  EXPECT_NO_THROW(sandbox_->mount(other, "::1"));
}

TEST_F(Sandbox, RefusesPagesAndNamesFromElsewhere) {
  auto foreign = request("GET", "/sandbox/v1/people");
  foreign.headers.add("Origin", "https://evil.example");
  EXPECT_EQ(answer(foreign).status, 403);
  auto renamed = request("GET", "/sandbox/v1/people");
  renamed.headers.add("Host", "rebound.example:8080");
  EXPECT_EQ(answer(renamed).status, 403);
  auto own = request("GET", "/sandbox/v1/people");
  own.headers.add("Host", "localhost:8080");
  own.headers.add("Origin", "http://127.0.0.1:8080");
  EXPECT_EQ(answer(own).status, 200);
}

TEST_F(Sandbox, MistakesAreNamed) {
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/people", {{"first_name", "A"}, {"shoe", 1}})).status, 400);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/people", {{"first_name", "B"}, {"id", 5}})).status, 409);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/bots", {{"username", "no_automaton"}})).status, 400);
  EXPECT_EQ(answer(request("GET", "/sandbox/v1/people/77")).status, 404);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}})).status, 400);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/faults", {{"kind", "meteor"}})).status, 400);
  EXPECT_EQ(answer(request("PUT", "/sandbox/v1/clock", {{"now", "soon"}})).status, 400);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/posts", {{"channel", "none"}, {"text", "x"}})).status, 404);
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/people", json::array())).status, 400);
}

TEST_F(Sandbox, DeepLinksCarryTheirPayload) {
  ask("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}, {"start", "ref_7"}});
  EXPECT_EQ(updates().at(0).at("message").at("text"), "/start ref_7");
  EXPECT_EQ(answer(request("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}, {"start", "a b"}}))
                .status,
            400);
}

TEST_F(Sandbox, ABlockedBotHearsNothingUntilItIsStartedAgain) {
  start();
  ask("PUT", "/sandbox/v1/people/5/bots/7000000001", {{"blocked", true}});
  EXPECT_EQ(
      answer(request("POST", "/sandbox/v1/messages", {{"person", 5}, {"bot", bot_}, {"text", "x"}})).status,
      409);
  start();
  EXPECT_EQ(call("sendMessage", {{"chat_id", 5}, {"text", "back"}}).at("text"), "back");
}

TEST_F(Sandbox, ReplyKeyboardsSayTheirTextOrWhatTheyAskFor) {
  start();
  call("sendMessage",
       {{"chat_id", 5},
        {"text", "x"},
        {"reply_markup", json::parse(R"({"keyboard":[["Menu",{"text":"Me","request_contact":true}]]})")}});
  const auto press = [&](const char* text) {
    return ask("POST", "/sandbox/v1/presses", {{"person", 5}, {"bot", bot_}, {"text", text}});
  };
  EXPECT_EQ(press("Menu").at("view").at("message").at("text"), "Menu");
  EXPECT_EQ(press("Me").at("view").at("message").at("contact").at("user_id"), 5);
  EXPECT_TRUE(press("Nothing").as_object().contains("error"));
  call("sendMessage", {{"chat_id", 5}, {"text", "x"}, {"reply_markup", {{"remove_keyboard", true}}}});
  EXPECT_TRUE(press("Menu").as_object().contains("error"));
}

TEST_F(Sandbox, APressMayWaitForItsAnswer) {
  start();
  limits(false);
  const auto id = call("sendMessage",
                       {{"chat_id", 5},
                        {"text", "x"},
                        {"reply_markup", {{"inline_keyboard", {{{{"text", "a"}, {"callback_data", "d"}}}}}}}})
                      .at("message_id");
  std::string body;
  auto press = [](http::router& routes, http::request what, std::string& into) -> task<> {
    auto got = co_await routes.answer(std::move(what));
    into = got.body;
  };
  scope_.spawn(
      "press",
      press(
          *routes_,
          request(
              "POST", "/sandbox/v1/presses",
              {{"person", 5}, {"bot", bot_}, {"message_id", id}, {"row", 0}, {"column", 0}, {"wait_s", 50}}),
          body));
  loop_.run(async::yield());
  const auto query = updates().at(1).at("callback_query").at("id");
  call("answerCallbackQuery", {{"callback_query_id", query}, {"text", "toast"}});
  loop_.run(async::within(5s, scope_.join()));
  EXPECT_EQ(json::parse(body).at("answer").at("text"), "toast");
}

// ---- after a kill

TEST_F(Sandbox, EverythingAcknowledgedSurvivesAKill) {
  start();
  limits(false);
  ask("POST", "/sandbox/v1/channels", {{"username", "jobs"}, {"title", "Jobs"}, {"bots", json::array{bot_}}});
  ask("POST", "/sandbox/v1/posts",
      {{"channel", "jobs"}, {"text", "<b>Post</b> #tag"}, {"format", "html"}, {"forward_from", "Somebody"}});
  call("setMyCommands", {{"commands", {{{"command", "go"}, {"description", "Go"}}}}});
  call("setMyDescription", {{"description", "what it does"}, {"language_code", "en"}});
  call("sendMessage", {{"chat_id", 5},
                       {"text", "<a href=\"http://a.b\">l</a> <i>i</i> 😀"},
                       {"parse_mode", "HTML"},
                       {"reply_markup", {{"inline_keyboard", {{{{"text", "a"}, {"callback_data", "d"}}}}}}}});
  call("sendMessage", {{"chat_id", 5},
                       {"text", "second"},
                       {"reply_parameters", {{"message_id", 2}}},
                       {"protect_content", true}});
  call("sendLocation", {{"chat_id", 5}, {"latitude", 1.5}, {"longitude", 2}});
  call("sendMessage", {{"chat_id", 5},
                       {"text", "third"},
                       {"reply_markup", json::parse(R"({"keyboard":[["Menu"]],"resize_keyboard":true})")}});
  call("editMessageText", {{"chat_id", 5}, {"message_id", 3}, {"text", "changed"}});
  call("deleteMessage", {{"chat_id", 5}, {"message_id", 4}});
  ask("POST", "/sandbox/v1/messages",
      {{"person", 5}, {"bot", bot_}, {"document", "aGVsbG8="}, {"file_name", "a.txt"}});
  ask("POST", "/sandbox/v1/reads", {{"person", 5}, {"chat", "7000000001:5"}, {"message_id", 3}});
  const auto press =
      ask("POST", "/sandbox/v1/presses", {{"person", 5}, {"bot", bot_}, {"message_id", 2}, {"text", "a"}});
  ask("PUT", "/sandbox/v1/clock", {{"advance_s", 60}});
  updates({{"offset", updates().at(1).at("update_id")}});

  const auto shown = [&] {
    auto state = ask("GET", "/sandbox/v1/state?person=5");
    auto& all = state.as_object();
    for (const auto* moving : {"event", "now", "clock"}) all.erase(moving);
    for (auto& one : all["bots"].as_array()) {
      for (const auto* counted : {"accepted", "refused"}) one.as_object().erase(counted);
    }
    return json::serialize(state) + json::serialize(ask("GET", "/sandbox/v1/messages?chat=7000000001:5")) +
           json::serialize(ask("GET", "/sandbox/v1/posts?channel=jobs")) +
           json::serialize(json::value(updates())) + json::serialize(call("getMyCommands")) +
           json::serialize(call("getMyDescription", {{"language_code", "en"}}));
  };
  const std::string before = shown();
  reopen("{\"seq\":999,\"kind\":\"mess");
  EXPECT_EQ(shown(), before);
  // The same of a journal that was written anew, and of what is written behind it.
  const auto size = std::filesystem::file_size(folder_ + "/journal.jsonl");
  compact_above_ = 1;
  reopen();
  EXPECT_LT(std::filesystem::file_size(folder_ + "/journal.jsonl"), size);
  EXPECT_EQ(shown(), before);
  compact_above_ = 1 << 30;
  reopen();
  EXPECT_EQ(shown(), before);
  EXPECT_GE(ask("GET", "/sandbox/v1/clock").at("offset_s").as_int64(), 60);
  EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", press.at("query_id")}}), true);
  // Numbers go on where they were.
  EXPECT_EQ(call("sendMessage", {{"chat_id", 5}, {"text", "next"}}).at("message_id"), 7);
}

TEST_F(Sandbox, TheSameIsShownAfterEveryFurtherKill) {
  start();
  call("sendMessage", {{"chat_id", 5},
                       {"text", "x"},
                       {"reply_markup", {{"inline_keyboard", {{{{"text", "a"}, {"url", "http://a.b"}}}}}}}});
  const auto before = json::serialize(ask("GET", "/sandbox/v1/messages?chat=7000000001:5"));
  for (int i = 0; i < 3; ++i) {
    reopen();
    EXPECT_EQ(json::serialize(ask("GET", "/sandbox/v1/messages?chat=7000000001:5")), before);
  }
}

// ---- record

TEST_F(Sandbox, TheRecordNamesEveryAcceptedCallAndNoOther) {
  start();
  limits(false);
  call("sendMessage", {{"chat_id", 5}, {"text", "one"}});
  call("sendMessage", {{"chat_id", 999}, {"text", "nobody"}});
  call("sendMessage", {{"chat_id", 5}, {"text", "two"}});
  std::vector<std::string> texts;
  std::int64_t last = 0;
  std::string lines = record();
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = lines.find('\n', at);
    const auto line = json::parse(std::string_view(lines).substr(at, end - at));
    at = end + 1;
    EXPECT_EQ(line.at("kind"), "call");
    EXPECT_GT(line.at("seq").as_int64(), last);
    last = line.at("seq").as_int64();
    if (line.at("method") == "sendMessage")
      texts.emplace_back(line.at("messages").at(0).at("text").as_string());
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(record("?after=" + std::to_string(last)), "");
  EXPECT_NE(record("?all=1").find("\"kind\":\"message\""), std::string::npos);
  const auto counted = ask("GET", "/sandbox/v1/bots/7000000001").at("refused");
  EXPECT_EQ(counted.at("400"), 1);
}

// ---- pages

TEST_F(Sandbox, PagesShowPostsInTelegramsStructure) {
  ask("POST", "/sandbox/v1/channels",
      {{"username", "jobs"}, {"title", "Jobs & more"}, {"subscribers", 12345}});
  for (int i = 1; i <= 45; ++i)
    ask("POST", "/sandbox/v1/posts",
        {{"channel", "jobs"}, {"text", "Post " + std::to_string(i) + " <script>"}});
  ask("PATCH", "/sandbox/v1/posts/jobs/45", {{"text", "Post 45 again"}});
  const auto page = [&](std::string query) { return answer(request("GET", "/s/jobs" + query)).body; };
  const auto ids = [](const std::string& html) {
    std::vector<int> out;
    const std::string mark = "data-post=\"jobs/";
    for (auto at = html.find(mark); at != std::string::npos; at = html.find(mark, at + 1))
      out.push_back(std::stoi(html.substr(at + mark.size())));
    return out;
  };
  const auto newest = page("");
  EXPECT_EQ(ids(newest).front(), 26);
  EXPECT_EQ(ids(newest).back(), 45);
  EXPECT_NE(newest.find("data-before=\"26\""), std::string::npos);
  EXPECT_NE(newest.find("<link rel=\"prev\" href=\"/s/jobs?before=26\">"), std::string::npos);
  EXPECT_EQ(newest.find("data-after"), std::string::npos);
  EXPECT_NE(newest.find("edited"), std::string::npos);
  EXPECT_NE(newest.find("Jobs &amp; more"), std::string::npos);
  EXPECT_NE(newest.find("12.34K"), std::string::npos);
  EXPECT_EQ(newest.find("<script>"), std::string::npos);
  EXPECT_EQ(ids(page("?before=26")).back(), 25);
  EXPECT_EQ(ids(page("?after=40")).front(), 41);
  EXPECT_EQ(ids(page("?after=10")).size(), 20U);
  EXPECT_NE(page("?after=45").find("tme_no_messages_found"), std::string::npos);
  EXPECT_NE(page("?before=1").find("tme_no_messages_found"), std::string::npos);
  EXPECT_NE(answer(request("GET", "/jobs/45?embed=1")).body.find("Post 45 again"), std::string::npos);
  EXPECT_NE(answer(request("GET", "/jobs/99?embed=1")).body.find("Post not found"), std::string::npos);
}

TEST_F(Sandbox, AChannelWithoutPreviewRedirects) {
  ask("POST", "/sandbox/v1/channels", {{"username", "jobs"}, {"title", "Jobs"}, {"preview", false}});
  for (const auto* name : {"/s/jobs", "/s/nobody"}) {
    const auto got = answer(request("GET", name));
    EXPECT_EQ(got.status, 302);
    EXPECT_EQ(got.headers.value_or("Location", ""), std::string(name).substr(2));
  }
  ask("PATCH", "/sandbox/v1/channels/jobs", {{"preview", true}});
  EXPECT_EQ(answer(request("GET", "/s/jobs")).status, 200);
}

TEST_F(Sandbox, PagesGoWrongOnRequest) {
  ask("POST", "/sandbox/v1/channels", {{"username", "jobs"}, {"title", "Jobs"}});
  ask("POST", "/sandbox/v1/faults", {{"kind", "429"}, {"page", "jobs"}, {"retry_after", 30}, {"count", 1}});
  const auto got = answer(request("GET", "/s/jobs"));
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.headers.value_or("Retry-After", ""), "30");
  EXPECT_EQ(answer(request("GET", "/s/jobs")).status, 200);
}

TEST_F(Sandbox, TheStarterChannelsAreMadeOnce) {
  EXPECT_GT(ask("POST", "/sandbox/v1/starter", json::object()).at("posts").as_int64(), 40);
  EXPECT_EQ(ask("POST", "/sandbox/v1/starter", json::object()).at("posts"), 0);
  reopen();
  EXPECT_EQ(ask("POST", "/sandbox/v1/starter", json::object()).at("posts"), 0);
  const auto channels = ask("GET", "/sandbox/v1/channels").at("channels").as_array();
  EXPECT_EQ(channels.size(), 6U);
  for (const auto& one : channels) EXPECT_GT(one.at("last_post_id").as_int64(), 0);
}

TEST_F(Sandbox, RegisteringABotTwiceIsHarmless) {
  const auto registered = [this](const char* token, const char* username) {
    json::value body{{"token", token}, {"username", username}};
    return answer(request("POST", "/sandbox/v1/bots", std::move(body))).status;
  };
  EXPECT_EQ(registered("7000000009:AA", "@main_bot"), 201);
  EXPECT_EQ(registered("7000000009:AA", "main_bot"), 200);
  EXPECT_EQ(registered("7000000010:AA", "main_bot"), 409);
  EXPECT_EQ(registered("no token", "third_bot"), 400);
  EXPECT_EQ(ask("GET", "/bot7000000009:AA/getMe").at("result").at("username"), "main_bot");
  ask("DELETE", "/sandbox/v1/bots/7000000009");
  EXPECT_EQ(ask("GET", "/bot7000000009:AA/getMe").at("error_code"), 401);
  EXPECT_EQ(registered("7000000009:AA", "main_bot"), 201) << "it comes back after it was removed";
  EXPECT_EQ(ask("GET", "/bot7000000009:AA/getMe").at("result").at("username"), "main_bot");
}

TEST_F(Sandbox, ABotIsToldThatItBecameAnAdminOfAChannelAndThatItIsNoneAnyMore) {
  ask("POST", "/sandbox/v1/channels",
      {{"username", "closed"}, {"title", "Closed"}, {"bots", json::array{bot_}}});
  ask("PATCH", "/sandbox/v1/channels/closed", {{"title", "Still closed"}});
  ask("PATCH", "/sandbox/v1/channels/closed", {{"bots", json::array()}});
  std::vector<std::string> heard;
  for (const auto& one : updates()) {
    if (const auto* change = one.as_object().if_contains("my_chat_member"))
      heard.emplace_back(change->at("new_chat_member").at("status").as_string());
  }
  EXPECT_EQ(heard, (std::vector<std::string>{"administrator", "kicked"}));
}

TEST_F(Sandbox, InGroupsBotsSeeWhatIsMeantForThem) {
  const auto group =
      ask("POST", "/sandbox/v1/groups", {{"title", "Staff"}, {"people", {5}}, {"bots", json::array{bot_}}})
          .at("chat_id")
          .as_int64();
  const auto say_there = [&](const char* text) {
    ask("POST", "/sandbox/v1/messages", {{"person", 5}, {"chat_id", group}, {"text", text}});
  };
  for (const auto* text : {"just talking", "/go", "/go@design_bot", "/go@other_bot", "ask @design_bot"})
    say_there(text);
  std::vector<std::string> heard;
  for (const auto& one : updates()) {
    if (const auto* message = one.as_object().if_contains("message"))
      heard.emplace_back(message->at("text").as_string());
  }
  EXPECT_EQ(heard, (std::vector<std::string>{"/go", "/go@design_bot", "ask @design_bot"}));
  EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", "x"}}).at("chat").at("type"), "supergroup");
  ask("PATCH", "/sandbox/v1/groups/" + std::to_string(group), {{"bots", json::array()}});
  EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", "x"}}),
            "Forbidden: bot is not a member of the supergroup chat");
}

// ---- live

TEST_F(Sandbox, EventsGoOnWhereTheyStopped) {
  struct collected final : http::stream_writer {
    explicit collected(const executor& on) : news(on) {}
    task<> write(std::string_view bytes) override {
      text += bytes;
      news.ring();
      co_return;
    }
    std::string text;
    async::event news;
  };
  start();
  const auto seen = ask("GET", "/sandbox/v1/state?person=5").at("event").as_int64();
  say("while nobody listened");
  ask("POST", "/sandbox/v1/people", {{"first_name", "Bob"}, {"id", 6}});
  start(6);  // not for Anna
  collected into(loop_.on());
  auto got = answer(request("GET", "/sandbox/v1/events?person=5&panel=0&after=" + std::to_string(seen)));
  EXPECT_EQ(got.headers.value_or("Content-Type", ""), "text/event-stream");
  scope_.spawn("events", got.stream(into));
  while (into.text.find("event: person\n") == std::string::npos)
    loop_.run(async::within(5s, into.news.wait()));
  EXPECT_NE(into.text.find("while nobody listened"), std::string::npos);
  EXPECT_EQ(into.text.find("\"chat\":\"7000000001:6\""), std::string::npos);
  EXPECT_EQ(into.text.find("event: update"), std::string::npos);
  into.text.clear();
  ask("POST", "/sandbox/v1/stages", {{"channel", "jobs"}, {"post_id", 7}, {"stage", "seen"}});
  call("sendMessage", {{"chat_id", 5}, {"text", "now"}});
  while (into.text.find("event: message") == std::string::npos)
    loop_.run(async::within(5s, into.news.wait()));
  EXPECT_EQ(into.text.find("event: stage"), std::string::npos);
  EXPECT_EQ(
      json::serialize(ask("GET", "/sandbox/v1/stages?channel=jobs&post_id=7").at("stages").at(0).at("stage")),
      "\"seen\"");

  collected late(loop_.on());
  auto lost = answer(request("GET", "/sandbox/v1/events?after=999"));
  scope_.spawn("late", lost.stream(late));
  while (late.text.find("event: reset") == std::string::npos) loop_.run(async::within(5s, late.news.wait()));
  loop_.run(scope_.stop());
}

}  // namespace
}  // namespace tandem::sandbox
