#include "platform/tdlib/client.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"
#include "platform/tdlib/message.hpp"

namespace tandem::tdlib {
namespace {

using namespace std::chrono_literals;

// Answers as it is told to, on the receiving thread.
class played_library final : public library {
 public:
  const std::filesystem::path& file() const override { return file_; }
  std::string version() const override { return "played"; }
  int create_client() const override { return ++clients_; }
  void send(int client, const std::string& request) const override {
    const std::lock_guard lock(mutex_);
    auto asked = json::parse(request).as_object();
    const auto type = std::string(type_of(asked));
    json::object said{{"@client_id", client}};
    if (const auto* extra = asked.if_contains("@extra")) said["@extra"] = *extra;
    if (type == "mute") return;
    if (type == "close" && client != 0) {
      put(said, "ok");
      put(state(client, "authorizationStateClosing"));
      put(state(client, "authorizationStateClosed"));
    } else if (type == "refuse") {
      said["@type"] = "error", said["code"] = 429, said["message"] = "Too Many Requests: retry after 3";
      out_.push_back(json::serialize(said));
    } else if (type == "getOption") {
      put(state(client, "authorizationStateWaitTdlibParameters"));
    } else {
      put({{"@client_id", client}, {"@type", "updateBefore"}, {"of", type}});
      said["client"] = client;
      put(said, "result");
    }
    came_.notify_one();
  }
  const char* receive(double seconds) const override {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return !out_.empty(); });
    if (out_.empty()) return nullptr;
    last_ = std::move(out_.front());
    out_.pop_front();
    return last_.c_str();
  }
  std::string execute(const std::string&) const override { return "{}"; }
  void say(std::string text) const {
    const std::lock_guard lock(mutex_);
    out_.push_back(std::move(text));
    came_.notify_one();
  }

 private:
  static json::object state(int client, std::string_view what) {
    return {{"@client_id", client},
            {"@type", "updateAuthorizationState"},
            {"authorization_state", json::object{{"@type", what}}}};
  }
  void put(json::object record, std::string_view type = "") const {
    if (!type.empty()) record["@type"] = type;
    out_.push_back(json::serialize(record));
  }
  std::filesystem::path file_ = "played";
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  mutable std::deque<std::string> out_;
  mutable std::string last_;
  mutable int clients_ = 0;
};

struct Clients : testing::Test {
  async::loop io;
  played_library telegram;
  std::unique_ptr<hub> lines = make_hub(io.on(), telegram);
  std::vector<std::string> heard;
  std::unique_ptr<client> first = lines->make_client(
      [this](const json::object& update) { heard.push_back(std::string(type_of(update))); });

  ~Clients() override {
    io.run(first->close());
    io.run(lines->stop());
  }
  answer ask(client& whom, std::string_view type, std::chrono::milliseconds limit = 20s) {
    json::object request{{"@type", type}};
    return io.run(whom.ask(std::move(request), limit));
  }
};

TEST_F(Clients, AnswersGoToWhoAskedAndUpdatesBeforeThemAreToldFirst) {
  const auto said = ask(*first, "something");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->at("client"), 1);
  EXPECT_EQ(heard, (std::vector<std::string>{"updateAuthorizationState", "updateBefore"}));
}

TEST_F(Clients, SeveralLiveInOneProcess) {
  const auto second = lines->make_client([](const json::object&) {});
  EXPECT_EQ(ask(*second, "x")->at("client"), 2);
  EXPECT_EQ(ask(*first, "x")->at("client"), 1);
  io.run(second->close());
  EXPECT_TRUE(second->is_closed());
  EXPECT_EQ(ask(*first, "x")->at("client"), 1);
}

TEST_F(Clients, ARefusalIsAValue) {
  const auto said = ask(*first, "refuse");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, 429);
  EXPECT_EQ(retry_after(said.error()), 3s);
}

TEST_F(Clients, SilenceEndsAtTheLimit) {
  EXPECT_THROW(ask(*first, "mute", 20ms), async::timed_out);
  EXPECT_TRUE(ask(*first, "x"));  // and the next question is answered
}

TEST_F(Clients, AClosedClientRefuses) {
  io.run(first->close());
  io.run(first->close());
  EXPECT_FALSE(ask(*first, "x"));
}

TEST_F(Clients, WhatIsNoJsonIsPassedOver) {
  log::set_level("tdlib", log::level::off);
  telegram.say("{");
  telegram.say("[]");
  telegram.say(R"({"@type":"updateOfNobody","@client_id":77})");
  EXPECT_TRUE(ask(*first, "x"));
}

TEST(Library, AMissingOneSaysWhatToDo) {
  const std::vector<std::filesystem::path> places{"/nowhere/libtdjson.so"};
  const auto loaded = load_library(places);
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().contains("/nowhere/libtdjson.so")) << loaded.error();
  EXPECT_TRUE(loaded.error().contains("tdlib")) << loaded.error();
}

TEST(Library, AnotherLibraryIsNoneOfTelegram) {
  const std::vector<std::filesystem::path> places{"/usr/lib/x86_64-linux-gnu/libz.so.1"};
  const auto loaded = load_library(places);
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().contains("is no libtdjson")) << loaded.error();
}

}  // namespace
}  // namespace tandem::tdlib
