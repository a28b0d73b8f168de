#pragma once
#include <boost/json.hpp>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "platform/http/server.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/file_kinds.hpp"
#include "sandbox/stages.hpp"
#include "sandbox/world.hpp"

namespace tandem::sandbox {

// What a caller of the control contract got wrong.
struct problem {
  int status = 400;
  std::string text;
};

struct control_reply {
  std::string json;
  int status = 200;
};

using control_answer = std::expected<control_reply, problem>;

inline std::unexpected<problem> wrong(std::string text) {
  return std::unexpected(problem{400, std::move(text)});
}
inline std::unexpected<problem> missing(std::string text) {
  return std::unexpected(problem{404, std::move(text)});
}
inline std::unexpected<problem> conflict(std::string text) {
  return std::unexpected(problem{409, std::move(text)});
}

// The human side: /sandbox/v1/… as docs/sandbox.md describes it.
class control {
 public:
  control(executor on, world& all, fault_table& faults, stages& ways, std::string starter_folder);
  void mount(http::router& on);
  // Also what the composition root uses.
  std::expected<bot*, problem> register_bot(std::string token, std::string username, std::string title,
                                            std::optional<bool> paid_broadcast);
  // Throws when the starter files are broken. Returns the number of posts; 0 when it was done before.
  std::size_t seed_starter();
  void stop();
  void start() { stopping_ = false; }

 private:
  using object = boost::json::object;
  struct waiter;

  // control_people.cpp
  control_answer list_people(const http::request& what);
  control_answer add_people(const object& in);
  control_answer get_person(const http::request& what);
  control_answer change_person(const http::request& what, const object& in);
  control_answer remove_person(const http::request& what);
  control_answer set_blocked(const http::request& what, const object& in);
  control_answer delete_chat(const http::request& what);
  control_answer list_bots(const http::request& what);
  control_answer add_bot(const object& in);
  control_answer get_bot(const http::request& what);
  control_answer remove_bot(const http::request& what);
  // control_messages.cpp
  control_answer send_message(const object& in);
  void tell_bots(chat& to, bot* of, message& kept, journal_line& line);
  control_answer edit_message(const object& in);
  control_answer delete_message(const http::request& what);
  control_answer list_messages(const http::request& what);
  control_answer mark_read(const object& in);
  task<http::response> press(http::request what);
  control_answer press_now(const object& in, std::string& query_id);
  // control_content.cpp: one message, or several for an album
  std::expected<std::vector<message>, problem> read_contents(const object& in, const person& who);
  std::expected<void, problem> read_file(const object& in, const file_kind& kind, std::string_view base64,
                                         message& to);
  std::expected<void, problem> read_forward(const boost::json::value& given, const person& who, message& to);
  // control_channels.cpp
  control_answer list_channels(const http::request& what);
  control_answer add_channel(const object& in);
  control_answer change_channel(const http::request& what, const object& in);
  control_answer remove_channel(const http::request& what);
  control_answer list_groups(const http::request& what);
  control_answer add_group(const object& in);
  control_answer change_group(const http::request& what, const object& in);
  control_answer add_posts(const object& in);
  control_answer change_post(const http::request& what, const object& in);
  control_answer remove_post(const http::request& what);
  control_answer list_posts(const http::request& what);
  control_answer start_posts(const object& in);
  std::expected<message*, problem> write_post(chat& in, const object& from, journal_line& line);
  // control_settings.cpp
  control_answer state(const http::request& what);
  void write_state(std::string& out, const http::request& what, const person* who);
  control_answer list_faults(const http::request& what);
  control_answer add_fault(const object& in);
  control_answer end_fault(const http::request& what);
  control_answer end_faults(const http::request& what);
  control_answer get_limits(const http::request& what);
  control_answer set_limits(const object& in);
  control_answer get_clock(const http::request& what);
  control_answer set_clock(const object& in);
  control_answer list_methods(const http::request& what);
  control_answer add_stages(const object& in);
  control_answer get_stages(const http::request& what);
  task<http::response> record(http::request what);
  task<http::response> events(http::request what);
  task<http::response> file(http::request what);

  // Shared.
  std::expected<person*, problem> person_of(const object& in, std::string_view name = "person");
  std::expected<person*, problem> person_in_path(const http::request& what);
  std::expected<bot*, problem> bot_in_path(const http::request& what);
  std::expected<chat*, problem> channel_named(std::string_view username);
  std::expected<chat*, problem> chat_of(const object& in, const person& who);
  std::expected<void, problem> bots_of(const object& in, std::set<std::int64_t>& into);
  void tell_my_chat_member(bot& to, chat& in, const person& by, std::string_view before,
                           std::string_view after, journal_line& line);
  // Tells the bots that joined and left a channel or group; `now`: what those are that joined.
  void tell_who_came_and_went(chat& in, const std::set<std::int64_t>& before, const person& by,
                              std::string_view now, journal_line& line);
  const person* somebody() const;
  void settings_changed();

  executor on_;
  world& world_;
  fault_table& faults_;
  stages& stages_;
  std::string starter_folder_;
  std::unordered_map<std::string, std::shared_ptr<waiter>> waiters_;  // by query id
  std::uint64_t presses_ = 0;
  bool stopping_ = false;
};

// ---- reading bodies (control_input.cpp)

// Fails if there is a member that is not among the names (separated by spaces).
std::expected<void, problem> only(const boost::json::object& in, std::string_view names);
std::string text_in(const boost::json::object& in, std::string_view name, std::string_view otherwise = {});
std::int64_t number_in(const boost::json::object& in, std::string_view name, std::int64_t otherwise = 0);
bool flag_in(const boost::json::object& in, std::string_view name, bool otherwise = false);
std::int64_t query_number(const http::request& what, std::string_view name, std::int64_t otherwise = 0);
std::expected<std::string, problem> base64_decoded(std::string_view text);
http::response as_response(const control_answer& answer);

// False when a page from elsewhere asks through the user's browser, or under a foreign name.
bool is_from_this_machine(const http::request& what);

}  // namespace tandem::sandbox
