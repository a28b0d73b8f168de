#include "sandbox/api_calls.hpp"
#include "sandbox/arguments.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/control.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

void control::settings_changed() { world_.live.publish("settings", world_.settings_json()); }

// ---- everything at once

namespace {

std::int64_t unread_of(const chat& in, std::int64_t person) {
  const auto read = in.read.find(person);
  std::int64_t count = 0;
  for (auto one = in.messages.upper_bound(read == in.read.end() ? 0 : read->second);
       one != in.messages.end() && count < 1000; ++one) {
    if (one->second.from != person) ++count;
  }
  return count;
}

std::string_view status_of(membership one) {
  return one == membership::blocked ? "blocked" : one == membership::started ? "started" : "new";
}

}  // namespace

control_answer control::state(const http::request& what) {
  const auto asked = query_number(what, "person");
  const person* who = asked == 0 ? nullptr : world_.find_person(asked);
  if (asked != 0 && (!who || who->gone)) return missing("there is no person with this id");
  world_.live.expect_reader();
  control_reply out;
  write_state(out.json, what, who);
  return out;
}

void control::write_state(std::string& out, const http::request& what, const person* who) {
  fields f(out);
  f.number("event", static_cast<std::int64_t>(world_.live.last())).number("now", world_.now_unix());
  const auto inner = [](const control_answer& list, std::string_view name) {
    // {"people":[…]} → […]
    return list->json.substr(name.size() + 4, list->json.size() - name.size() - 5);
  };
  f.raw("people", inner(list_people(what), "people")).raw("bots", inner(list_bots(what), "bots"));
  f.raw("channels", inner(list_channels(what), "channels")).raw("groups", inner(list_groups(what), "groups"));
  const std::string settings = world_.settings_json();
  f.members(std::string_view(settings).substr(1, settings.size() - 2));
  if (!who) return;

  auto& chats = f.begin("chats");
  chats += '[';
  bool first = true;
  const auto add = [&](const chat& one, auto more) {
    if (!first) chats += ',';
    first = false;
    fields g(chats);
    g.text("chat", one.key());
    more(g);
    g.number("unread", unread_of(one, who->id));
    if (!one.messages.empty()) world_.view_json(g.begin("last"), one, one.messages.rbegin()->second);
    g.raw_if("keyboard", one.keyboard).raw_if("pinned", world_.pinned_json(one));
  };
  for (const auto& [id, robot] : world_.bots()) {
    if (robot->revoked) continue;
    add(world_.private_chat(*robot, who->id), [&](fields& g) {
      g.number("bot", robot->id).text("status", status_of(world_.member_of(*robot, who->id)));
    });
  }
  for (const auto& [id, one] : world_.public_chats()) {
    if (one->type == chat_type::channel) {
      add(*one, [&](fields& g) { g.text("channel", one->username); });
    } else if (one->people.contains(who->id)) {
      add(*one, [&](fields& g) { g.number("group", one->id); });
    }
  }
  chats += ']';
}

// ---- faults

control_answer control::list_faults(const http::request&) {
  return control_reply{"{\"faults\":" + faults_.json() + "}"};
}

control_answer control::add_fault(const object& in) {
  if (auto known = only(in, "kind bot chat method count rate retry_after seconds page"); !known) {
    return std::unexpected(known.error());
  }
  fault one;
  one.kind = text_in(in, "kind");
  one.page = text_in(in, "page");
  if (!fault_table::is_kind(one.kind, !one.page.empty())) {
    return wrong(
        one.page.empty()
            ? "\"kind\" must be 429, 502, 500, 401, 403, 409, hang, slow, cut, late_502, duplicate or shuffle"
            : "\"kind\" of a page's fault must be 429, 502, hang or slow");
  }
  one.bot = number_in(in, "bot");
  one.chat = number_in(in, "chat");
  one.method = lower(text_in(in, "method"));
  if (!one.method.empty() && !find_method(one.method))
    return wrong("\"method\" is no method of the emulator");
  one.count = number_in(in, "count");
  one.rate = scalar_number(in.if_contains("rate")).value_or(1);
  one.seconds = scalar_number(in.if_contains("seconds")).value_or(60);
  one.retry_after = static_cast<int>(std::clamp<std::int64_t>(number_in(in, "retry_after", 1), 1, 86'400));
  if (one.count < 0 || !(one.rate >= 0 && one.rate <= 1) || !(one.seconds >= 0 && one.seconds <= 3600)) {
    return wrong("\"count\" must not be negative, \"rate\" lies in 0–1, \"seconds\" in 0–3600");
  }
  control_reply out{fault_table::json_of(faults_.add(std::move(one))), 201};
  settings_changed();
  return out;
}

control_answer control::end_fault(const http::request& what) {
  object key;
  key["id"] = what.path_value("id");
  if (!faults_.remove(number_in(key, "id"))) return missing("there is no fault with this id");
  settings_changed();
  return control_reply{"{}"};
}

control_answer control::end_faults(const http::request&) {
  faults_.clear();
  settings_changed();
  return control_reply{"{}"};
}

// ---- limits, clock

control_answer control::get_limits(const http::request&) {
  const auto& now = world_.limits();
  control_reply out;
  fields(out.json)
      .flag("enabled", now.enabled)
      .number("bot_per_second", now.bot_per_second)
      .number("paid_per_second", now.paid_per_second)
      .number("chat_per_second", now.chat_per_second)
      .number("chat_burst", now.chat_burst)
      .number("group_per_minute", now.group_per_minute);
  return out;
}

control_answer control::set_limits(const object& in) {
  if (auto known =
          only(in, "enabled bot_per_second paid_per_second chat_per_second chat_burst group_per_minute");
      !known) {
    return std::unexpected(known.error());
  }
  limit_settings now = world_.limits();
  now.enabled = flag_in(in, "enabled", now.enabled);
  bool valid = true;
  const auto read = [&](std::string_view name, int& into) {
    const auto given = number_in(in, name, into);
    valid = valid && given >= 1 && given <= 1'000'000;
    if (valid) into = static_cast<int>(given);
  };
  read("bot_per_second", now.bot_per_second);
  read("paid_per_second", now.paid_per_second);
  read("chat_per_second", now.chat_per_second);
  read("chat_burst", now.chat_burst);
  read("group_per_minute", now.group_per_minute);
  if (!valid) return wrong("limits are whole numbers from 1 to 1000000; \"enabled\": false turns them off");
  journal_line line("limits");
  world_.set_limits(now, line);
  world_.commit(line);
  settings_changed();
  return get_limits({});
}

control_answer control::get_clock(const http::request&) {
  control_reply out;
  fields(out.json)
      .number("offset_s",
              std::chrono::duration_cast<std::chrono::seconds>(world_.product_clock().offset()).count())
      .number("now", world_.now_unix());
  return out;
}

control_answer control::set_clock(const object& in) {
  if (auto known = only(in, "offset_s advance_s now"); !known) return std::unexpected(known.error());
  if (in.size() != 1) return wrong("give one of: offset_s, advance_s, now");
  using std::chrono::microseconds;
  const auto seconds = scalar_number(&in.begin()->value());
  constexpr double century = 100.0 * 365 * 86'400;
  if (!seconds) return wrong("the time must be a number of seconds");
  const microseconds given(static_cast<std::int64_t>(std::clamp(*seconds, -century, century) * 1e6));
  microseconds offset = given;
  if (in.contains("advance_s")) offset = world_.product_clock().offset() + given;
  if (in.contains("now")) offset = given - world_.machine_now().time_since_epoch();
  if (std::abs(static_cast<double>(offset.count())) > century * 1e6)
    return wrong("the clock moves by at most 100 years");
  journal_line line("clock");
  world_.set_clock(offset, line);
  world_.commit(line);
  settings_changed();
  // A webhook's update may have become too old.
  for (const auto& [id, one] : world_.bots()) one->work.ring();
  return get_clock({});
}

control_answer control::list_methods(const http::request&) {
  control_reply out;
  out.json = R"({"methods":)";
  append_json_list(out.json, api_methods(), [&](const api_method& one) {
    fields f(out.json);
    f.text("name", one.name);
    auto& list = f.begin("parameters");
    list += '[';
    std::string_view rest = one.parameters;
    bool first = true;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      if (end > 0) {
        if (!first) list += ',';
        first = false;
        text::append_json(list, rest.substr(0, end));
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    list += ']';
  });
  out.json += '}';
  return out;
}

// ---- stages

control_answer control::add_stages(const object& in) {
  std::vector<const object*> wanted;
  if (const auto* many = in.if_contains("stages")) {
    if (!many->is_array()) return wrong("\"stages\" must be a list");
    for (const auto& item : many->get_array()) {
      if (!item.is_object()) return wrong("a stage must be an object");
      wanted.push_back(&item.get_object());
    }
  } else {
    wanted.push_back(&in);
  }
  for (const object* from : wanted) {
    if (auto known = only(*from, "channel post_id stage at_us detail"); !known)
      return std::unexpected(known.error());
    post_stage one;
    one.channel = text_in(*from, "channel");
    one.post_id = number_in(*from, "post_id");
    one.stage = text_in(*from, "stage");
    one.at = instant(std::chrono::microseconds(number_in(*from, "at_us", world_.machine_us())));
    if (one.channel.empty() || one.post_id <= 0) return wrong("a stage needs \"channel\" and \"post_id\"");
    if (!stages::is_stage(one.stage)) return wrong("\"stage\" is none that docs/sandbox.md lists");
    if (const auto* detail = from->if_contains("detail")) {
      if (!detail->is_object()) return wrong("\"detail\" must be an object");
      one.detail_json = json::serialize(*detail);
    }
    stages_.post_moved(one);
  }
  return control_reply{"{}"};
}

control_answer control::get_stages(const http::request& what) {
  return control_reply{
      "{\"stages\":" + stages_.of(what.query_value("channel").value_or(""), query_number(what, "post_id")) +
      "}"};
}

// ---- streams

task<http::response> control::record(http::request what) {
  const bool all = query_number(what, "all") != 0, follow = query_number(what, "follow") != 0;
  const auto limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, query_number(what, "limit")));
  const auto after = static_cast<std::uint64_t>(std::max<std::int64_t>(0, query_number(what, "after")));
  http::response out;
  out.headers.add("Content-Type", "application/x-ndjson");
  out.headers.add("Cache-Control", "no-store");
  out.stream = [this, all, follow, limit, after](http::stream_writer& to) -> task<> {
    std::uint64_t at = after, given = 0;
    for (;;) {
      const std::string lines = world_.journal.read(at, 256 << 10);
      if (lines.empty()) {
        if (!follow || stopping_) co_return;
        co_await world_.appended.wait_for(std::chrono::seconds(1));
        continue;
      }
      std::string chosen;
      std::string_view rest = lines;
      while (!rest.empty() && (limit == 0 || given < limit)) {
        const auto end = rest.find('\n') + 1;
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end);
        // The kind stands right behind the number and the time.
        if (!all && line.substr(0, 80).find(R"("kind":"call")") == std::string_view::npos) continue;
        chosen += line;
        ++given;
      }
      co_await to.write(chosen);
      if (limit > 0 && given >= limit) co_return;
    }
  };
  co_return out;
}

task<http::response> control::events(http::request what) {
  live::wish wish;
  const auto last = what.headers.find("last-event-id");
  const json::value last_id(last.value_or(""));
  const auto continued = scalar_integer(&last_id);
  wish.after =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, continued.value_or(query_number(what, "after"))));
  wish.continued = continued.has_value() || what.query_value("after").has_value();
  wish.person = query_number(what, "person");
  wish.panel = query_number(what, "panel", 1) != 0;
  http::response out;
  out.headers.add("Content-Type", "text/event-stream");
  out.headers.add("Cache-Control", "no-store");
  out.headers.add("X-Accel-Buffering", "no");
  out.stream = [this, wish](http::stream_writer& to) -> task<> { co_await world_.live.serve(to, wish); };
  co_return out;
}

task<http::response> control::file(http::request what) {
  const stored_file* found = world_.find_file(what.path_value("unique"));
  if (!found) co_return as_response(missing("there is no such file"));
  http::response out;
  // Only what is surely a picture, a sound or a film is given as one: a document of a bot must not run as a
  // page of this origin.
  const std::string_view mime = found->mime;
  const bool picture = found->kind == "photo" || mime == "image/png" || mime == "image/jpeg" ||
                       mime == "image/webp" || mime.starts_with("audio/") || mime.starts_with("video/");
  out.headers.add("Content-Type", picture ? found->mime : "application/octet-stream");
  out.headers.add("X-Content-Type-Options", "nosniff");
  out.headers.add("Cache-Control", "private, max-age=31536000, immutable");
  if (!picture) out.headers.add("Content-Disposition", "attachment");
  out.body = world_.read_file(*found);
  co_return out;
}

}  // namespace tandem::sandbox
