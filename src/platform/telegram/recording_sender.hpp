#pragma once
#include <boost/json/parse.hpp>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.hpp"
#include "platform/telegram/sender.hpp"

namespace tandem::telegram {

// Stands in for a sender in tests: remembers every call and answers as a server would that accepts
// everything. A refusal put into `refusals` is given to the next call that sends or edits a message.
class recording_sender final : public sender {
 public:
  struct made {
    std::string method;
    boost::json::object params;
    call_options options;

    std::string text(std::string_view name) const {
      const auto* found = params.if_contains(name);
      return found && found->is_string() ? std::string(found->get_string()) : std::string();
    }
  };

  std::vector<made> calls;
  std::deque<refusal> refusals;
  std::chrono::seconds flood_wait{1};     // what a refusal for a flood names
  std::deque<refusal> refused_deletions;  // the same for calls that delete messages
  async::event* hold_edits = nullptr;     // set: an edit waits for it to ring before it is answered
  async::event* hold_sends = nullptr;     // the same for what is sent

  // Calls of that method, and forgets nothing.
  std::vector<made> of(std::string_view method) const {
    std::vector<made> out;
    for (const auto& one : calls) {
      if (one.method == method) out.push_back(one);
    }
    return out;
  }

  task<answer<std::string>> call(std::string_view method, std::string params, call_options options) override {
    const auto chat_id = options.chat_id;
    calls.push_back({std::string(method), boost::json::parse(params).as_object(), std::move(options)});
    const bool writes =
        method.starts_with("send") || method.starts_with("edit") || method.starts_with("copy");
    if (hold_edits && method.starts_with("edit")) co_await hold_edits->wait();
    if (hold_sends && method.starts_with("send")) co_await hold_sends->wait();
    auto* refused = writes ? &refusals : method.starts_with("delete") ? &refused_deletions : nullptr;
    if (refused && !refused->empty()) {
      api_error error;
      error.code = 400;
      error.why = refused->front();
      error.description = name_of(error.why);
      if (error.why == refusal::flood) error.retry_after = flood_wait;
      refused->pop_front();
      co_return std::unexpected(std::move(error));
    }
    if (method.starts_with("getMy")) co_return R"({"name":"","description":"","short_description":""})";
    if (!writes) co_return "true";
    // What is edited keeps its number; a picture gets an id for sending it again.
    const auto* edited = calls.back().params.if_contains("message_id");
    const bool keeps_id = method.starts_with("edit") && edited && edited->is_int64();
    ++last_message_id_;
    const auto id = keeps_id ? edited->get_int64() : last_message_id_;
    std::string photo;
    if (method == "sendPhoto" || method == "editMessageMedia") {
      photo = R"(,"photo":[{"file_id":"photo-)" + std::to_string(++last_photo_) +
              R"(","file_unique_id":"u","width":800,"height":600}])";
    }
    co_return R"({"message_id":)" + std::to_string(id) + R"(,"date":1,"chat":{"id":)" +
        std::to_string(chat_id) + R"(,"type":"private"})" + photo + "}";
  }
  task<answer<std::string>> download(std::string) override { co_return std::string(); }

  void set_limits(send_limits limits) override { limits_ = limits; }
  const send_limits& limits() const override { return limits_; }
  sender_counts counts() const override { return {}; }
  task<> stop() override { co_return; }

 private:
  send_limits limits_;
  std::int64_t last_message_id_ = 0, last_photo_ = 0;
};

}  // namespace tandem::telegram
