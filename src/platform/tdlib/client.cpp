#include "platform/tdlib/client.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <thread>
#include <unordered_map>

#include "async/event.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"
#include "platform/tdlib/message.hpp"

namespace tandem::tdlib {
namespace {

constexpr double receive_seconds = 1.0;  // a stop wakes it sooner
constexpr int no_client = 0;             // a request to it is answered with an error: that is how it is woken
const std::chrono::seconds close_limit{20};

struct question {
  explicit question(const executor& on) : answered(on) {}
  async::event answered;
  std::optional<json::object> said;
};

struct line {
  explicit line(const executor& on) : closing(on) {}
  int id = 0;
  std::function<void(const json::object&)> heard;
  std::unordered_map<std::int64_t, std::shared_ptr<question>> open;
  std::int64_t last_question = 0;
  bool closed = false;
  async::event closing;
};

// Shared with the receiving thread's posts, which may outlive the hub.
struct switchboard {
  std::unordered_map<int, std::shared_ptr<line>> lines;
  log::logger log{"tdlib"};

  void deliver(const json::object& record) {
    const auto* id = record.if_contains("@client_id");
    const auto found = id && id->is_int64() ? lines.find(static_cast<int>(id->as_int64())) : lines.end();
    if (found == lines.end()) return;
    const auto to = found->second;  // it may be destroyed by what it hears
    if (const auto* extra = record.if_contains("@extra"); extra && extra->is_int64()) {
      const auto asked = to->open.find(extra->as_int64());
      if (asked == to->open.end()) return;  // nobody waits any more
      asked->second->said = record;
      asked->second->answered.ring();
      return;
    }
    if (type_of(record) == "updateAuthorizationState" &&
        type_of(record.at("authorization_state").as_object()) == "authorizationStateClosed") {
      to->closed = true;
      to->closing.ring();
    }
    if (to->heard) to->heard(record);
  }
};

class td_client final : public client {
 public:
  td_client(executor on, const library& from, std::shared_ptr<switchboard> board,
            std::function<void(const json::object&)> heard)
      : on_(std::move(on)), from_(from), board_(std::move(board)), line_(std::make_shared<line>(on_)) {
    line_->id = from_.create_client();
    line_->heard = std::move(heard);
    board_->lines.emplace(line_->id, line_);
    from_.send(line_->id,
               R"({"@type":"getOption","name":"version"})");  // nothing comes before a first request
  }
  ~td_client() override {
    line_->heard = nullptr;
    board_->lines.erase(line_->id);
  }

  task<answer> ask(json::object request, std::chrono::milliseconds limit) override {
    if (line_->closed) co_return std::unexpected(failure{500, "the connection is closed"});
    const auto to = line_;
    const auto number = ++to->last_question;
    const auto asked = std::make_shared<question>(on_);
    to->open.emplace(number, asked);
    struct forget {
      line& in;
      std::int64_t number;
      ~forget() { in.open.erase(number); }
    } const forgotten{*to, number};
    request["@extra"] = number;
    from_.send(to->id, json::serialize(request));
    const bool answered = co_await asked->answered.wait_for(limit);
    if (!answered) throw async::timed_out("TDLib did not answer " + std::string(type_of(request)));
    auto& said = *asked->said;
    if (type_of(said) != "error") co_return std::move(said);
    co_return std::unexpected(
        failure{static_cast<int>(said.at("code").as_int64()), std::string(said.at("message").as_string())});
  }

  task<> close() override {
    if (line_->closed) co_return;
    const auto to = line_;
    from_.send(to->id, R"({"@type":"close"})");
    while (!to->closed) {
      const bool rang = co_await to->closing.wait_for(close_limit);
      if (!rang) throw async::timed_out("TDLib did not close");
    }
  }

  bool is_closed() const override { return line_->closed; }

 private:
  executor on_;
  const library& from_;
  std::shared_ptr<switchboard> board_;
  std::shared_ptr<line> line_;
};

class td_hub final : public hub {
 public:
  td_hub(executor on, const library& from)
      : on_(std::move(on)),
        from_(from),
        board_(std::make_shared<switchboard>()),
        receiver_([this](const std::stop_token& stop) { receive(stop); }) {}
  ~td_hub() override { end(); }

  std::unique_ptr<client> make_client(std::function<void(const json::object&)> heard) override {
    return std::make_unique<td_client>(on_, from_, board_, std::move(heard));
  }

  task<> stop() override {
    end();
    co_return;
  }

 private:
  void end() {
    if (!receiver_.joinable()) return;
    receiver_.request_stop();
    from_.send(no_client, R"({"@type":"close"})");
    receiver_.join();
  }

  // Parses here, so that the event loop gets what it can use.
  void receive(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const char* text = from_.receive(receive_seconds);
      if (!text) continue;
      boost::system::error_code broken;
      auto record = json::parse(text, broken);
      if (broken || !record.is_object()) {
        board_->log.error("TDLib said what is no JSON object");
        continue;
      }
      boost::asio::post(on_,
                        [board = board_, said = std::move(record.as_object())] { board->deliver(said); });
    }
  }

  executor on_;
  const library& from_;
  std::shared_ptr<switchboard> board_;
  std::jthread receiver_;
};

}  // namespace

std::chrono::seconds retry_after(const failure& refused) {
  const std::string_view said = refused.message;
  for (const std::string_view before : {"retry after ", "FLOOD_WAIT_", "FLOOD_PREMIUM_WAIT_"}) {
    const auto at = said.find(before);
    if (at == std::string_view::npos) continue;
    std::int64_t seconds = 0;
    const auto digits = said.substr(at + before.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, 7 * 86'400));
  }
  return std::chrono::seconds(0);
}

std::unique_ptr<hub> make_hub(executor on, const library& from) {
  return std::make_unique<td_hub>(std::move(on), from);
}

}  // namespace tandem::tdlib
