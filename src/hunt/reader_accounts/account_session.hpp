#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "hunt/reader_accounts/accounts.hpp"
#include "hunt/reader_accounts/chat_feed.hpp"
#include "platform/tdlib/authorization.hpp"
#include "platform/tdlib/client.hpp"

namespace tandem::hunt {

// Chat ids of channels and supergroups, from and to the number in https://t.me/c/NUMBER/MESSAGE; 0: of
// another kind.
std::int64_t supergroup_of(std::int64_t chat_id);
std::int64_t chat_of_supergroup(std::int64_t supergroup_id);

// What Telegram rations, each by itself: looking names up much more than reading.
enum class ration : std::uint8_t { reading, searching, local };

struct session_pace {
  std::chrono::milliseconds reading_gap{1'000};     // between two requests of an account that go to Telegram
  std::chrono::milliseconds searching_gap{20'000};  // between two names that are looked up
  std::chrono::seconds limited_after{300};  // asked to wait so long for reading, an account counts as limited
};

// How a session is: opening, usable, or over and why.
enum class session_state : std::uint8_t {
  opening,
  ready,
  not_opened,  // the session's files could not be used; try again later
  logged_out,
  banned,
  closed  // by us
};

// What a session tells, on the event loop. None of it may throw.
struct session_listener {
  std::function<void()> changed;                                   // state()
  std::function<void(tdlib::message)> arrived;                     // also of chats that nobody reads
  std::function<void(std::int64_t chat, std::int64_t id)> edited;  // server ids
  std::function<void(std::int64_t chat, std::vector<std::int64_t> ids)> deleted;
  std::function<void(std::int64_t chat, std::int64_t id)> newest;  // the chat's newest message
  std::function<void()> unsure;                                    // messages may have been missed until now
  std::function<void(std::int64_t chat, bool member)> membership;
  std::function<void(std::chrono::seconds wait, std::string_view said)> flooded;
};

// One account at work: opens its session, asks at the pace that Telegram wants, and knows whom it has met.
class account_session {
 public:
  account_session(executor on, tdlib::hub& telegram, tdlib::session_parameters with, session_pace pace,
                  session_listener tells);

  session_state state() const { return state_; }
  const std::string& detail() const { return detail_; }  // of a state: what Telegram said
  const people_and_chats& met() const { return met_; }
  bool is_member(std::int64_t chat_id) const { return members_.contains(chat_id); }

  // Waits for its turn; after a flood wait it asks again, unless that is so long that the account counts as
  // limited: then the refusal is returned. async::timed_out without an answer.
  task<tdlib::answer> ask(tdlib::json::object request, ration from);
  // Once, at once, and a flood wait is the answer.
  task<tdlib::answer> ask_once(tdlib::json::object request);

  task<> close();
  // Ends the session at Telegram too; its files are worthless afterwards.
  task<> log_out();

 private:
  struct gate {
    std::chrono::steady_clock::time_point free_at, held_until;
  };
  void hear(const tdlib::json::object& update);
  void hear_authorization(const tdlib::json::object& state);
  void hear_chat(const tdlib::json::object& chat);
  void hear_supergroup(const tdlib::json::object& group);
  void become(session_state next, std::string detail);
  task<> send(tdlib::json::object request);
  void note(const tdlib::failure& refused);

  executor on_;
  session_pace pace_;
  session_listener tells_;
  tdlib::authorization door_;
  std::map<ration, gate> gates_;
  people_and_chats met_;
  std::set<std::int64_t> members_;
  session_state state_ = session_state::opening;
  std::string detail_, unauthorized_;
  bool closing_ = false, deactivated_ = false;
  async::scope work_;
  std::unique_ptr<tdlib::client> link_;
};

}  // namespace tandem::hunt
