// Which handler answers what, and what all of them share.
#include "sandbox/control.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {
constexpr http::route_limits body_limits{.body = 80 << 20, .handling = std::chrono::seconds(90)};

http::response foreign() {
  return as_response(
      std::unexpected(problem{403, "the sandbox answers to pages and programs of this machine only"}));
}
}  // namespace

void control::mount(http::router& on) {
  using by_path = control_answer (control::*)(const http::request&);
  using by_body = control_answer (control::*)(const object&);
  using by_both = control_answer (control::*)(const http::request&, const object&);
  using waits = task<http::response> (control::*)(http::request);

  const std::string root = "/sandbox/v1";
  const auto add = [&](std::string method, const std::string& path, http::handler answer) {
    on.add(std::move(method), root + path, std::move(answer), body_limits);
  };
  const auto plain = [&](const char* method, const char* path, by_path run) {
    add(method, path, [this, run](http::request what) -> task<http::response> {
      if (!is_from_this_machine(what)) co_return foreign();
      co_return as_response((this->*run)(what));
    });
  };
  // {} for an empty body; nothing when it is no JSON object.
  const auto body_of = [](const http::request& what) -> std::optional<json::value> {
    if (what.body.empty()) return json::value(json::object());
    boost::system::error_code error;
    json::value parsed = json::parse(what.body, error);
    if (error || !parsed.is_object()) return {};
    return parsed;
  };
  const auto body = [&](const char* method, const char* path, by_body run) {
    add(method, path, [this, run, body_of](http::request what) -> task<http::response> {
      if (!is_from_this_machine(what)) co_return foreign();
      const auto in = body_of(what);
      if (!in) co_return as_response(wrong("the body must be a JSON object"));
      co_return as_response((this->*run)(in->get_object()));
    });
  };
  const auto both = [&](const char* method, const char* path, by_both run) {
    add(method, path, [this, run, body_of](http::request what) -> task<http::response> {
      if (!is_from_this_machine(what)) co_return foreign();
      const auto in = body_of(what);
      if (!in) co_return as_response(wrong("the body must be a JSON object"));
      co_return as_response((this->*run)(what, in->get_object()));
    });
  };
  const auto waiting = [&](const char* method, const char* path, waits run) {
    add(method, path, [this, run](http::request what) -> task<http::response> {
      if (!is_from_this_machine(what)) co_return foreign();
      co_return co_await (this->*run)(std::move(what));
    });
  };

  plain("GET", "/people", &control::list_people);
  body("POST", "/people", &control::add_people);
  plain("GET", "/people/{id}", &control::get_person);
  both("PATCH", "/people/{id}", &control::change_person);
  plain("DELETE", "/people/{id}", &control::remove_person);
  both("PUT", "/people/{id}/bots/{bot}", &control::set_blocked);
  plain("DELETE", "/people/{id}/bots/{bot}", &control::delete_chat);

  plain("GET", "/bots", &control::list_bots);
  body("POST", "/bots", &control::add_bot);
  plain("GET", "/bots/{bot}", &control::get_bot);
  plain("DELETE", "/bots/{bot}", &control::remove_bot);

  body("POST", "/messages", &control::send_message);
  body("PATCH", "/messages", &control::edit_message);
  plain("DELETE", "/messages", &control::delete_message);
  plain("GET", "/messages", &control::list_messages);
  body("POST", "/reads", &control::mark_read);
  waiting("POST", "/presses", &control::press);

  plain("GET", "/channels", &control::list_channels);
  body("POST", "/channels", &control::add_channel);
  both("PATCH", "/channels/{name}", &control::change_channel);
  plain("DELETE", "/channels/{name}", &control::remove_channel);
  plain("GET", "/groups", &control::list_groups);
  body("POST", "/groups", &control::add_group);
  both("PATCH", "/groups/{chat_id}", &control::change_group);
  body("POST", "/posts", &control::add_posts);
  plain("GET", "/posts", &control::list_posts);
  both("PATCH", "/posts/{name}/{post_id}", &control::change_post);
  plain("DELETE", "/posts/{name}/{post_id}", &control::remove_post);
  body("POST", "/starter", &control::start_posts);

  plain("GET", "/state", &control::state);
  plain("GET", "/faults", &control::list_faults);
  body("POST", "/faults", &control::add_fault);
  plain("DELETE", "/faults", &control::end_faults);
  plain("DELETE", "/faults/{id}", &control::end_fault);
  plain("GET", "/limits", &control::get_limits);
  body("PUT", "/limits", &control::set_limits);
  plain("GET", "/clock", &control::get_clock);
  body("PUT", "/clock", &control::set_clock);
  plain("GET", "/methods", &control::list_methods);
  body("POST", "/stages", &control::add_stages);
  plain("GET", "/stages", &control::get_stages);
  waiting("GET", "/record", &control::record);
  waiting("GET", "/events", &control::events);
  waiting("GET", "/files/{unique}", &control::file);
}

}  // namespace tandem::sandbox
