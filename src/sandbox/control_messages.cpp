#include "async/within.hpp"
#include "sandbox/arguments.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/control.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {
constexpr auto one_day = std::chrono::hours(24);
constexpr auto query_life = std::chrono::seconds(150);
}  // namespace

struct control::waiter {
  explicit waiter(const executor& on) : answered(on) {}
  async::event answered;
  std::string json;
};

// "bot" for the private chat with it, or "chat_id" of a group.
std::expected<chat*, problem> control::chat_of(const object& in, const person& who) {
  if (in.contains("bot")) {
    bot* of = world_.find_bot(number_in(in, "bot"));
    if (!of || of->revoked) return missing("there is no bot with this id in \"bot\"");
    return &world_.private_chat(*of, who.id);
  }
  chat* found = world_.find_public(number_in(in, "chat_id"));
  if (!found || found->type != chat_type::supergroup)
    return missing("name a \"bot\", or the \"chat_id\" of a group");
  if (!found->people.contains(who.id)) return conflict("the person is not in this group");
  return found;
}

namespace {

// In groups bots are in privacy mode: they see commands, replies to themselves and mentions of themselves.
bool is_for(const bot& one, const chat& in, const message& it) {
  const auto to = in.messages.find(it.reply_to);
  if (to != in.messages.end() && to->second.from == one.id) return true;
  const std::string text = lower(it.text.text);
  const std::string name = "@" + lower(one.username);
  if (text.starts_with('/')) {
    const auto word = text.substr(0, text.find_first_of(" \n"));
    return word.find('@') == std::string::npos || word.ends_with(name);
  }
  return text.find(name) != std::string::npos;
}

}  // namespace

void control::tell_bots(chat& to, bot* of, message& kept, journal_line& line) {
  if (of) {
    world_.push_update(*of, "message", world_.message_text(to, kept, of->id), to.id, one_day, line, &to,
                       &kept);
    return;
  }
  for (const std::int64_t id : to.bots) {
    bot* member = world_.find_bot(id);
    if (!member || !is_for(*member, to, kept)) continue;
    world_.push_update(*member, "message", world_.message_text(to, kept, id), to.id, one_day, line, &to,
                       &kept);
  }
}

control_answer control::send_message(const object& in) {
  if (auto known =
          only(in,
               "person bot chat_id text entities start photo photos document voice video_note sticker "
               "video location contact forward caption file_name mime_type duration emoji reply_to");
      !known) {
    return std::unexpected(known.error());
  }
  auto who = person_of(in);
  if (!who) return std::unexpected(who.error());
  auto where = chat_of(in, **who);
  if (!where) return std::unexpected(where.error());
  chat& to = **where;
  bot* of = to.is_private() ? world_.find_bot(to.bot) : nullptr;
  if (in.contains("start") && !of) return wrong("only a bot can be started");
  const std::int64_t reply_to = number_in(in, "reply_to");
  if (reply_to != 0 && !to.messages.contains(reply_to)) return missing("there is no message to reply to");

  auto contents = read_contents(in, **who);
  if (!contents) return std::unexpected(contents.error());

  journal_line line("message");
  if (of) {
    const membership before = world_.member_of(*of, (*who)->id);
    if (before == membership::blocked) {
      if (!in.contains("start"))
        return conflict("the person has blocked this bot; send \"start\" to unblock it");
      world_.set_member(*of, (*who)->id, membership::started, line);
      tell_my_chat_member(*of, to, **who, "kicked", "member", line);
    } else if (before == membership::fresh) {
      world_.set_member(*of, (*who)->id, membership::started, line);
    }
  }
  std::vector<std::int64_t> ids;
  for (message& one : *contents) {
    one.from = (*who)->id;
    one.written_by_person = true;
    one.reply_to = reply_to;
    one.date = world_.now_unix();
    message& kept = world_.add_message(to, std::move(one), line, to.bot);
    ids.push_back(kept.id);
    tell_bots(to, of, kept, line);
  }
  world_.commit(line);
  if (!in.contains("photos")) return control_reply{world_.view_text(to, to.messages.at(ids.front())), 201};
  control_reply out{R"({"views":)", 201};
  append_json_list(out.json, ids,
                   [&](std::int64_t id) { world_.view_json(out.json, to, to.messages.at(id)); });
  out.json += '}';
  return out;
}

control_answer control::edit_message(const object& in) {
  if (auto known = only(in, "person bot chat_id message_id text"); !known)
    return std::unexpected(known.error());
  auto who = person_of(in);
  if (!who) return std::unexpected(who.error());
  auto where = chat_of(in, **who);
  if (!where) return std::unexpected(where.error());
  chat& to = **where;
  const auto found = to.messages.find(number_in(in, "message_id"));
  if (found == to.messages.end()) return missing("there is no such message");
  message& one = found->second;
  if (one.from != (*who)->id) return conflict("only an own message can be edited");
  const auto* file = file_kind_of(one.kind);
  if (one.kind != content::text && (!file || !file->captioned))
    return conflict("only a text or a caption can be edited");
  formatted text;
  text.text = text_in(in, "text");
  settle(text);
  if (text.text.empty() && one.kind == content::text) return wrong("\"text\" is empty");
  journal_line line("edit");
  one.text = std::move(text);
  one.edit_date = world_.now_unix();
  world_.message_changed(to, one, line, to.bot);
  std::vector<bot*> readers;
  if (to.is_private()) readers.push_back(world_.find_bot(to.bot));
  for (const std::int64_t id : to.bots) {
    bot* member = world_.find_bot(id);
    if (member && is_for(*member, to, one)) readers.push_back(member);
  }
  for (bot* reader : readers) {
    if (to.is_private() && world_.member_of(*reader, (*who)->id) == membership::blocked) continue;
    world_.push_update(*reader, "edited_message", world_.message_text(to, one, reader->id), to.id, one_day,
                       line, &to, &one);
  }
  world_.commit(line);
  return control_reply{world_.view_text(to, one)};
}

control_answer control::delete_message(const http::request& what) {
  chat* in = world_.chat_by_key(what.query_value("chat").value_or(""));
  if (!in) return missing("there is no chat with this key in \"chat\"");
  const std::int64_t id = query_number(what, "message_id");
  if (!in->messages.contains(id)) return missing("there is no such message");
  journal_line line("delete");
  world_.remove_messages(*in, std::span(&id, 1), line);
  world_.commit(line);
  return control_reply{"{}"};
}

control_answer control::list_messages(const http::request& what) {
  const chat* in = world_.chat_by_key(what.query_value("chat").value_or(""));
  if (!in) return missing("there is no chat with this key in \"chat\"");
  const auto before = query_number(what, "before");
  const auto limit = std::clamp<std::int64_t>(query_number(what, "limit", 50), 1, 500);
  auto end = before > 0 ? in->messages.lower_bound(before) : in->messages.end();
  auto begin = end;
  for (std::int64_t i = 0; i < limit && begin != in->messages.begin(); ++i) --begin;
  std::string out = R"({"views":[)";
  for (auto one = begin; one != end; ++one) {
    if (one != begin) out += ',';
    world_.view_json(out, *in, one->second);
  }
  return control_reply{out + "]}"};
}

control_answer control::mark_read(const object& in) {
  if (auto known = only(in, "person chat message_id"); !known) return std::unexpected(known.error());
  auto who = person_of(in);
  if (!who) return std::unexpected(who.error());
  chat* where = world_.chat_by_key(text_in(in, "chat"));
  if (!where) return missing("there is no chat with this key in \"chat\"");
  const auto known = where->read.find((*who)->id);
  const auto upto = number_in(in, "message_id");
  if (known == where->read.end() || known->second < upto) {
    journal_line line("read");
    world_.mark_read(*where, (*who)->id, upto, line);
    world_.commit(line);
  }
  return control_reply{"{}"};
}

// ---- presses

control_answer control::press_now(const object& in, std::string& query_id) {
  if (auto known = only(in, "person bot chat_id message_id row column text data location wait_s"); !known) {
    return std::unexpected(known.error());
  }
  auto who = person_of(in);
  if (!who) return std::unexpected(who.error());
  auto where = chat_of(in, **who);
  if (!where) return std::unexpected(where.error());
  chat& to = **where;
  if (to.is_private() && world_.member_of(*world_.find_bot(to.bot), (*who)->id) == membership::blocked) {
    return conflict("the person has blocked this bot");
  }

  const std::string label = text_in(in, "text");
  if (!in.contains("message_id")) {
    // A button of the reply keyboard only says its text, or what it asks for.
    if (to.keyboard.empty()) return missing("no reply keyboard is shown in this chat");
    const json::value shown = json::parse(to.keyboard);
    const auto* rows = shown.as_object().if_contains("keyboard");
    if (!rows) return missing("no reply keyboard is shown in this chat");
    for (const auto& row : rows->as_array()) {
      for (const auto& item : row.as_array()) {
        const auto& button = item.as_object();
        if (text_in(button, "text") != label) continue;
        object as;
        as["person"] = (*who)->id;
        as[to.is_private() ? "bot" : "chat_id"] = to.is_private() ? to.bot : to.id;
        if (flag_in(button, "request_contact"))
          as["contact"] = "me";
        else if (flag_in(button, "request_location"))
          as["location"] = in.contains("location")
                               ? in.at("location")
                               : json::value({{"latitude", 55.7558}, {"longitude", 37.6173}});
        else
          as["text"] = label;
        auto sent = send_message(as);
        if (!sent) return sent;
        control_reply out{"", 201};
        fields(out.json).text("kind", "message").raw("view", sent->json);
        return out;
      }
    }
    return missing("the reply keyboard has no button with this text");
  }

  const auto found = to.messages.find(number_in(in, "message_id"));
  if (found == to.messages.end()) return missing("there is no such message");
  const message& one = found->second;
  std::string data;
  if (in.contains("data")) {
    data = text_in(in, "data");
  } else {
    if (one.markup.empty()) return missing("the message has no inline keyboard");
    const json::value shown = json::parse(one.markup);
    const auto& rows = shown.as_object().at("inline_keyboard").as_array();
    const object* pressed = nullptr;
    const auto row = number_in(in, "row", -1), column = number_in(in, "column", -1);
    for (std::size_t y = 0; y < rows.size(); ++y) {
      const auto& buttons = rows[y].as_array();
      for (std::size_t x = 0; x < buttons.size(); ++x) {
        const auto& button = buttons[x].as_object();
        const bool hit = label.empty()
                             ? static_cast<std::int64_t>(y) == row && static_cast<std::int64_t>(x) == column
                             : text_in(button, "text") == label;
        if (hit && !pressed) pressed = &button;
      }
    }
    if (!pressed) return missing("the message has no such button");
    control_reply out;
    if (pressed->contains("url")) {
      fields(out.json).text("kind", "url").text("url", text_in(*pressed, "url"));
      return out;
    }
    if (const auto* copied = pressed->if_contains("copy_text")) {
      fields(out.json).text("kind", "copy").text("text", text_in(copied->as_object(), "text"));
      return out;
    }
    if (const auto* app = pressed->if_contains("web_app")) {
      fields(out.json).text("kind", "web_app").text("url", text_in(app->as_object(), "url"));
      return out;
    }
    if (!pressed->contains("callback_data"))
      return conflict("buttons of this kind do nothing in the sandbox");
    data = text_in(*pressed, "callback_data");
  }

  bot* of = world_.find_bot(to.is_private() ? to.bot : one.from);
  if (!of || of->revoked) return conflict("no bot answers for this message");
  query_id = std::to_string(world_.machine_us()) + std::to_string(100 + ++presses_ % 900);
  std::string payload;
  {
    fields f(payload);
    f.text("id", query_id);
    world_.user_json(f.begin("from"), **who);
    f.raw("message", world_.message_text(to, one, of->id));
    f.text("chat_instance",
           std::to_string(static_cast<std::int64_t>(std::hash<std::string>{}(to.key()) >> 1)));
    f.text("data", data);
  }
  journal_line line("press");
  line.concerns(to);
  world_.add_query({query_id, of->id, (*who)->id, to.key(), one.id, world_.now() + query_life}, line);
  world_.push_update(*of, "callback_query", payload, to.id, query_life, line);
  world_.commit(line);
  control_reply out{"", 201};
  fields(out.json).text("kind", "callback").text("query_id", query_id).raw("answer", "null");
  return out;
}

task<http::response> control::press(http::request what) {
  boost::system::error_code error;
  json::value parsed = json::parse(what.body, error);
  if (error || !parsed.is_object()) co_return as_response(wrong("the body must be a JSON object"));
  const auto& in = parsed.get_object();
  std::string query_id;
  control_answer answer = press_now(in, query_id);
  const auto wait = std::clamp<std::int64_t>(number_in(in, "wait_s"), 0, 60);
  if (!answer || query_id.empty() || wait == 0) co_return as_response(answer);

  const auto mine = std::make_shared<waiter>(on_);
  waiters_[query_id] = mine;
  const auto leave = [this, query_id](waiter*) { waiters_.erase(query_id); };
  const std::unique_ptr<waiter, decltype(leave)> presence(mine.get(), leave);
  if (!stopping_) co_await mine->answered.wait_for(std::chrono::seconds(wait));
  answer->json.clear();
  fields(answer->json)
      .text("kind", "callback")
      .text("query_id", query_id)
      .raw("answer", mine->json.empty() ? "null" : mine->json);
  co_return as_response(answer);
}

control::control(executor on, world& all, fault_table& faults, stages& ways, std::string starter_folder)
    : on_(std::move(on)),
      world_(all),
      faults_(faults),
      stages_(ways),
      starter_folder_(std::move(starter_folder)) {
  world_.query_answered = [this](const std::string& id, const std::string& answer) {
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) return;
    found->second->json = answer;
    found->second->answered.ring();
  };
}

void control::stop() {
  stopping_ = true;
  for (const auto& [id, one] : waiters_) one->answered.ring();
}

}  // namespace tandem::sandbox
