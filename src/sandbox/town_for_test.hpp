#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "sandbox/sandbox.hpp"

namespace tandem::sandbox {

// Answers webhooks without a network: what a test says, in turn; 200 when it says nothing.
class scripted_client final : public http::client {
 public:
  explicit scripted_client(const executor& on) : sent(on) {}
  task<http::response> send(http::fetch what) override {
    fetches.push_back(std::move(what));
    sent.ring();
    http::response answer = http::response::text(200, "");
    if (!answers.empty()) {
      answer = std::move(answers.front());
      answers.pop_front();
    }
    if (answer.status == 0) throw http::no_answer("refused", false, false);
    co_return answer;
  }
  std::deque<http::response> answers;
  std::vector<http::fetch> fetches;
  async::event sent;
};

// A sandbox in a folder of its own, spoken to without a socket.
class Town : public testing::Test {
 protected:
  Town()
      : web_(loop_.on()),
        scope_(loop_.on(), [](auto, auto failure) { ADD_FAILURE() << async::text_of(failure); }) {
    char name[] = "/var/tmp/tandem-sandbox-test-XXXXXX";
    folder_ = mkdtemp(name);
    open();
    ask("POST", "/sandbox/v1/bots", {{"username", "design_bot"}, {"title", "Design"}, {"token", token_}});
    ask("POST", "/sandbox/v1/people", {{"first_name", "Anna"}, {"username", "anna"}, {"id", 5}});
  }
  ~Town() override {
    loop_.run(scope_.stop());
    loop_.run(sandbox_->stop());
    sandbox_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    routes_ = std::make_unique<http::router>();
    sandbox_options options;
    options.folder = folder_;
    options.starter_folder = TANDEM_SOURCE_DIR "/src/sandbox/starter";
    options.compact_above = compact_above_;
    sandbox_ = make_sandbox(loop_.on(), options, clock_, web_,
                            [](auto, auto failure) { ADD_FAILURE() << async::text_of(failure); });
    sandbox_->mount(*routes_, "127.0.0.1");
    loop_.run(sandbox_->start());
  }
  // As after kill -9: nothing is stopped in an orderly way, the journal is all that is left. `torn` is what
  // the kill left behind it.
  void reopen(std::string_view torn = "") {
    loop_.run(sandbox_->stop());
    sandbox_.reset();
    std::ofstream(folder_ + "/journal.jsonl", std::ios::app) << torn;
    clock_.set_offset({});
    open();
  }

  static http::request request(std::string method, std::string target, boost::json::value body = nullptr) {
    http::request out;
    out.method = std::move(method);
    out.target = target;
    const auto query = target.find('?');
    out.path = target.substr(0, query);
    if (query != std::string::npos) {
      std::string_view rest = std::string_view(target).substr(query + 1);
      while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        const auto equals = pair.find('=');
        out.query.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    if (!body.is_null()) {
      out.headers.add("Content-Type", "application/json");
      out.body = boost::json::serialize(body);
    }
    return out;
  }
  http::response answer(http::request what) { return loop_.run(routes_->answer(std::move(what))); }
  boost::json::value ask(std::string method, std::string path, boost::json::value body = nullptr) {
    const auto got = answer(request(std::move(method), std::move(path), std::move(body)));
    return boost::json::parse(got.body);
  }
  // The result of a call, or its error's description.
  boost::json::value call(std::string_view method, boost::json::value body = boost::json::object()) {
    const auto got = ask("POST", "/bot" + std::string(token_) + "/" + std::string(method), std::move(body));
    return got.at("ok").as_bool() ? got.at("result") : got.at("description");
  }
  // How people write to the bot.
  boost::json::value say(std::string_view text, std::int64_t person = 5) {
    return ask("POST", "/sandbox/v1/messages", {{"person", person}, {"bot", bot_}, {"text", text}});
  }
  void start(std::int64_t person = 5) {
    ask("POST", "/sandbox/v1/messages", {{"person", person}, {"bot", bot_}, {"start", ""}});
  }
  void limits(bool on) { ask("PUT", "/sandbox/v1/limits", {{"enabled", on}}); }
  boost::json::array updates(boost::json::object with = {}) { return call("getUpdates", with).as_array(); }
  // Waits until a webhook has been called so often.
  void sent(std::size_t times) {
    while (web_.fetches.size() < times) loop_.run(async::within(std::chrono::seconds(5), web_.sent.wait()));
  }
  std::string record(const std::string& query = "") {
    struct collected final : http::stream_writer {
      task<> write(std::string_view bytes) override {
        text += bytes;
        co_return;
      }
      std::string text;
    } into;
    auto got = answer(request("GET", "/sandbox/v1/record" + query));
    loop_.run(got.stream(into));
    return into.text;
  }

  static constexpr std::string_view token_ = "7000000001:AAtest";
  static constexpr std::int64_t bot_ = 7000000001;
  async::loop loop_;
  scripted_client web_;
  async::scope scope_;
  std::uint64_t compact_above_ = 1 << 30;
  std::string folder_;
  system_clock machine_;
  shifted_clock clock_{machine_};
  std::unique_ptr<http::router> routes_;
  std::unique_ptr<sandbox> sandbox_;
};

}  // namespace tandem::sandbox
