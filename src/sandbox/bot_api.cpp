#include "sandbox/bot_api.hpp"

#include <limits>

#include "async/within.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/file_kinds.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t max_batch_bytes = 4 << 20;
constexpr std::size_t max_fetched_photo = 5 << 20, max_fetched_file = 20 << 20;

// The prefix and the first letter as the real server makes them of its internal texts.
std::string described(int code, std::string_view text) {
  std::string out;
  switch (code) {
    case 400: out = "Bad Request"; break;
    case 401: return "Unauthorized";
    case 403: out = "Forbidden"; break;
    case 404: out = "Not Found"; break;
    case 409: out = "Conflict"; break;
    case 429: out = "Too Many Requests"; break;
    default: out = "Internal Server Error"; break;
  }
  if (text.empty()) return out;
  out += ": ";
  const std::size_t at = out.size();
  out += text;
  // MESSAGE_ID_INVALID and the like stay as they are.
  const char second = text.size() > 1 ? text[1] : 'a';
  if (second != '_' && !(second >= 'A' && second <= 'Z')) out[at] = lower(out[at]);
  return out;
}

std::string error_json(int code, std::string_view description, int retry_after = 0) {
  std::string out;
  {
    fields f(out);
    f.flag("ok", false).number("error_code", code).text("description", description);
    if (retry_after > 0) f.raw("parameters", "{\"retry_after\":" + std::to_string(retry_after) + "}");
  }
  return out;
}

http::response reply(int status, std::string body, int retry_after = 0) {
  auto out = http::response::json(status, std::move(body));
  if (retry_after > 0) out.headers.add("Retry-After", std::to_string(retry_after));
  return out;
}

http::response bad_gateway() {
  return http::response::html(
      502,
      "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
      "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n"
      "</body>\r\n</html>\r\n");
}

// Begins an answer and breaks it off.
http::response broken_off(std::string body) {
  auto out = http::response::json(200, "");
  body.resize(body.size() / 2);
  out.stream = [body = std::move(body)](http::stream_writer& to) -> task<> {
    co_await to.write(body);
    throw std::runtime_error("the fault \"cut\"");
  };
  return out;
}

std::chrono::nanoseconds duration_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 3600.0) * 1e9));
}

bool is_token(std::string_view token) {
  const auto colon = token.find(':');
  return token.size() <= 80 && colon != std::string_view::npos && colon > 0 && token.front() != '0' &&
         std::ranges::all_of(token.substr(0, colon), is_digit);
}

constexpr const char* other_poller =
    "terminated by other getUpdates request; make sure that only one bot instance is running";
constexpr const char* hook_is_set =
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

}  // namespace

bot_api::finished bot_api::refused(bot& me, const api_error& why) {
  ++me.refused[why.code];
  return {why.code, error_json(why.code, described(why.code, why.text), why.retry_after), why.retry_after};
}

void bot_api::record(bot& me, const arguments& in, std::string_view method, journal_line& line,
                     std::string_view fault) {
  line.bot_id = me.id;
  text::append_json(line.begin("method"), method);
  if (in.has("chat_id")) {
    const auto id = in.integer("chat_id");
    if (id != 0)
      line.raw("chat_id", std::to_string(id));
    else
      text::append_json(line.begin("chat_id"), in.text("chat_id"));
  }
  line.raw("params", in.as_json());
  if (!fault.empty()) text::append_json(line.begin("fault"), fault);
  ++me.accepted;
  world_.commit(line);
}

bot_api::finished bot_api::run(const api_method& method, api_call& call, std::string_view fault) {
  auto done = method.run(call);
  if (!done) return refused(call.me, done.error());
  record(call.me, call.in, method.name, call.line, fault);
  finished out;
  {
    fields f(out.json);
    f.flag("ok", true).raw("result", done->result).text_if("description", done->description);
  }
  return out;
}

void bot_api::tell_panel(const bot& me, std::string_view method, const arguments& in, const finished& answer,
                         std::int64_t began_us) {
  if (!world_.live.wanted()) return;
  std::string event;
  fields(event)
      .number("bot", me.id)
      .text("method", method)
      .raw("params", in.as_json())
      .number("status", answer.status)
      .raw("answer", answer.json)
      .number("at_us", began_us)
      .number("took_us", world_.machine_us() - began_us);
  world_.publish_panel("call", std::move(event));
}

task<http::response> bot_api::answer(http::request what) {
  const std::int64_t began_us = world_.machine_us();
  const std::string token(what.path_value("token"));
  bot* me = world_.bot_by_token(token);
  if (!me) {
    co_return reply(
        401, error_json(401, is_token(token) ? "Unauthorized" : "Unauthorized: invalid token specified"));
  }
  arguments in;
  if (auto read = in.read(what); !read) {
    const finished out = refused(*me, {400, read.error(), 0});
    co_return reply(out.status, out.json);
  }
  std::string name(what.path_value("method"));
  while (name.ends_with('/')) name.pop_back();
  if (name.empty()) name = in.text("method");
  const api_method* method = find_method(name);
  if (!method) {
    const finished out = refused(*me, {404, "method not found", 0});
    co_return reply(404, out.json);
  }
  in.keep_only(method->parameters);

  std::optional<fault> struck;
  if (!faults_.empty()) struck = faults_.strike(me->id, in.integer("chat_id"), lower(method->name));
  std::string after;  // a fault that strikes when the call has been carried out
  if (struck) {
    const std::string& kind = struck->kind;
    if (kind == "hang" || kind == "slow") {
      const auto wait = duration_of(struck->seconds);
      co_await async::sleep_for(wait);
      if (kind == "hang") co_return broken_off("");
    } else if (kind == "cut" || kind == "late_502") {
      after = kind;
    } else if (kind == "502") {
      ++me->refused[502];
      co_return bad_gateway();
    } else {
      api_error why{400, "", 0};
      if (kind == "429")
        why = {429, "retry after " + std::to_string(struck->retry_after), struck->retry_after};
      if (kind == "500") why = {500, "restart", 0};
      if (kind == "401") why = {401, "", 0};
      if (kind == "403") why = {403, "bot was blocked by the user", 0};
      if (kind == "409") why = {409, other_poller, 0};
      const finished out = refused(*me, why);
      tell_panel(*me, method->name, in, out, began_us);
      co_return reply(out.status, out.json, out.retry_after);
    }
  }

  finished out;
  if (method->run) {
    journal_line line("call");
    api_call call{world_, *me, in, line, rates_, {}};
    co_await fetch_files(call);
    out = run(*method, call, after);
  } else {
    out = co_await get_updates(*me, in, after);
  }
  tell_panel(*me, method->name, in, out, began_us);
  if (after == "cut") co_return broken_off(std::move(out.json));
  if (after == "late_502") co_return bad_gateway();
  co_return reply(out.status, std::move(out.json), out.retry_after);
}

task<bot_api::finished> bot_api::get_updates(bot& me, arguments& in, std::string_view fault) {
  using namespace std::chrono;
  if (!me.hook.url.empty()) co_return refused(me, {409, hook_is_set, 0});
  if (me.waiting) me.waiting->ring();  // the older one gives way
  const auto mine = std::make_shared<async::event>(co_await boost::asio::this_coro::executor);
  me.waiting = mine;
  // However this ends, nobody waits any more.
  const auto leave = [&me](async::event* one) {
    if (me.waiting.get() == one) me.waiting.reset();
  };
  const std::unique_ptr<async::event, decltype(leave)> presence(mine.get(), leave);

  journal_line before("poll");
  bool changed = false;
  {
    journal_line unused("call");
    api_call call{world_, me, in, unused, rates_, {}};
    if (take_allowed_updates(call)) {
      world_.bot_changed(me, before);
      changed = true;
    }
  }
  world_.drop_expired(me);
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t offset = std::clamp(in.integer("offset"), -most, most);
  const std::size_t waiting = me.updates.size();
  if (offset > 0) world_.confirm_below(me, offset, before);
  if (offset < 0 && static_cast<std::size_t>(-offset) < waiting) {
    world_.confirm_below(me, me.updates[waiting - static_cast<std::size_t>(-offset)].id, before);
  }
  if (changed || me.updates.size() != waiting) world_.commit(before);

  std::vector<std::string> given;
  if (!faults_.empty() && !me.last_taken.empty() && faults_.strike_delivery(me.id, "duplicate"))
    given = me.last_taken;

  const auto deadline = steady_clock::now() + seconds(std::clamp<std::int64_t>(in.integer("timeout"), 0, 50));
  while (me.updates.empty() && given.empty() && !stopping_) {
    const auto left = deadline - steady_clock::now();
    if (left <= nanoseconds(0)) break;
    co_await mine->wait_for(left);
    if (me.waiting != mine) {
      co_return refused(me,
                        {409, me.hook.url.empty() ? other_poller : "terminated by setWebhook request", 0});
    }
    world_.drop_expired(me);
  }

  std::int64_t limit = in.integer("limit", 100);
  if (limit <= 0 || limit > 100) limit = 100;
  finished out;
  std::vector<std::string> taken;
  std::string ids;
  out.json = R"({"ok":true,"result":[)";
  bool first = true;
  const auto add = [&](const std::string& update) {
    if (!first) out.json += ',';
    first = false;
    out.json += update;
  };
  for (const auto& update : given) add(update);
  for (const auto& update : me.updates) {
    if (static_cast<std::int64_t>(taken.size()) == limit ||
        out.json.size() + update.json.size() > max_batch_bytes)
      break;
    add(update.json);
    ids += (ids.empty() ? "" : ",") + std::to_string(update.id);
    taken.push_back(update.json);
  }
  out.json += "]}";
  if (!taken.empty()) {
    if (world_.live.wanted()) {
      std::string event;
      fields(event)
          .number("bot", me.id)
          .raw("update_ids", "[" + ids + "]")
          .text("by", "poll")
          .number("at_us", world_.machine_us());
      world_.publish_panel("taken", std::move(event));
    }
    if (faults_.empty())
      me.last_taken.clear();
    else
      me.last_taken = std::move(taken);
  }
  journal_line line("call");
  if (!ids.empty()) line.raw("given", "[" + ids + "]");
  record(me, in, "getUpdates", line, fault);
  co_return out;
}

namespace {
void note_address(std::map<std::string, fetched_file>& into, const std::string& given) {
  if (given.starts_with("http://") || given.starts_with("https://")) into.try_emplace(given);
}
}  // namespace

task<> bot_api::fetch_files(api_call& call) {
  for (const auto& kind : file_kinds()) note_address(call.fetched, call.in.text(kind.name));
  if (call.in.has("media")) {
    if (const auto* media = call.in.structure("media")) {
      const auto note = [&](const json::value& item) {
        if (item.is_object()) note_address(call.fetched, scalar_text(item.get_object().if_contains("media")));
      };
      if (media->is_array())
        std::ranges::for_each(media->get_array(), note);
      else
        note(*media);
    }
  }
  for (auto& [address, into] : call.fetched) {
    http::fetch want;
    want.url = address;
    want.limit = std::chrono::seconds(10);
    want.max_body = call.in.has("photo") ? max_fetched_photo : max_fetched_file;
    try {
      http::response got = co_await web_.send(std::move(want));
      if (got.status != 200) into.error = "failed to get HTTP URL content";
      into.type = got.headers.value_or("content-type", "");
      into.bytes = std::move(got.body);
    } catch (const http::no_answer&) {
      into.error = "failed to get HTTP URL content";
    } catch (const std::invalid_argument&) {
      into.error = "wrong HTTP URL specified";
    }
  }
}

void bot_api::carry_out(bot& me, std::string_view body) {
  boost::system::error_code error;
  json::value parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return;
  const std::int64_t began_us = world_.machine_us();
  const std::string name = scalar_text(parsed.get_object().if_contains("method"));
  const std::string small = lower(name);
  const api_method* method = find_method(name);
  if (!method || !method->run || small.starts_with("get") || small == "setwebhook" ||
      small == "deletewebhook" || small == "close" || small == "logout") {
    return;
  }
  arguments in;
  in.take(std::move(parsed.get_object()));
  in.keep_only(method->parameters);
  journal_line line("call");
  api_call call{world_, me, in, line, rates_, {}};
  const finished out = run(*method, call, "");
  tell_panel(me, method->name, in, out, began_us);
}

task<http::response> bot_api::file(http::request what) {
  const std::string token(what.path_value("token"));
  if (!world_.bot_by_token(token)) co_return reply(401, error_json(401, "Unauthorized"));
  const stored_file* found = world_.file_by_path(what.path_value("path"));
  if (!found) co_return reply(404, error_json(404, "Not Found"));
  http::response out;
  out.headers.add("Content-Type", "application/octet-stream");
  out.body = world_.read_file(*found);
  co_return out;
}

void bot_api::stop() {
  stopping_ = true;
  for (const auto& [id, one] : world_.bots()) {
    if (one->waiting) one->waiting->ring();
  }
}

}  // namespace tandem::sandbox
