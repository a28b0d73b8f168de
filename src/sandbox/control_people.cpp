#include <random>

#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/control.hpp"

namespace tandem::sandbox {

namespace {

constexpr std::array<std::string_view, 8> colors = {"#e17076", "#eda86c", "#a695e7", "#7bc862",
                                                    "#6ec9cb", "#65aadd", "#ee7aae", "#3390ec"};
constexpr std::int64_t first_person_id = 5001;
constexpr std::int64_t first_bot_id = 7'000'000'001;

bool is_username(std::string_view name) {
  return name.size() >= 3 && name.size() <= 32 && is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; });
}

std::string without_at(std::string name) {
  if (name.starts_with('@')) name.erase(0, 1);
  return name;
}

std::string new_secret() {
  static std::random_device chance;
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  std::string out = "AA";
  while (out.size() < 35) out += letters[chance() % letters.size()];
  return out;
}

}  // namespace

std::expected<person*, problem> control::person_of(const object& in, std::string_view name) {
  person* found = world_.find_person(number_in(in, name));
  if (!found || found->gone)
    return missing("there is no person with this id in \"" + std::string(name) + "\"");
  return found;
}

std::expected<person*, problem> control::person_in_path(const http::request& what) {
  const boost::json::value id(what.path_value("id"));
  object in;
  in["id"] = id;
  return person_of(in, "id");
}

std::expected<bot*, problem> control::bot_in_path(const http::request& what) {
  object in;
  in["bot"] = what.path_value("bot");
  bot* found = world_.find_bot(number_in(in, "bot"));
  if (!found || found->revoked) return missing("there is no bot with this id");
  return found;
}

control_answer control::list_people(const http::request&) {
  std::string out = R"({"people":[)";
  bool first = true;
  for (const auto& [id, one] : world_.people()) {
    if (one.gone) continue;
    if (!first) out += ',';
    first = false;
    world_.person_json(out, one);
  }
  return control_reply{out + "]}"};
}

control_answer control::add_people(const object& in) {
  std::vector<const object*> wanted;
  const auto* many = in.if_contains("people");
  if (many) {
    if (!many->is_array()) return wrong("\"people\" must be a list");
    for (const auto& item : many->get_array()) {
      if (!item.is_object()) return wrong("a person must be an object");
      wanted.push_back(&item.get_object());
    }
  } else {
    wanted.push_back(&in);
  }
  // All are checked before one is made.
  std::int64_t next =
      std::max(first_person_id, world_.people().empty() ? 0 : world_.people().rbegin()->first + 1);
  std::vector<person> made;
  std::set<std::string> names;
  for (const object* from : wanted) {
    if (auto known =
            only(*from, "first_name last_name username language_code is_premium phone_number color id");
        !known) {
      return std::unexpected(known.error());
    }
    person one;
    one.id = number_in(*from, "id", 0);
    if (one.id < 0 || one.id >= 1LL << 40) return wrong("\"id\" must be a positive number below 2^40");
    if (one.id == 0) one.id = next++;
    next = std::max(next, one.id + 1);
    one.first_name = text_in(*from, "first_name");
    one.last_name = text_in(*from, "last_name");
    one.username = without_at(text_in(*from, "username"));
    one.language_code = text_in(*from, "language_code", "ru");
    one.premium = flag_in(*from, "is_premium");
    one.phone_number =
        text_in(*from, "phone_number", "+7900" + std::to_string(1'000'000 + one.id % 9'000'000));
    one.color = text_in(*from, "color", colors[static_cast<std::size_t>(one.id) % colors.size()]);
    if (one.first_name.empty() || code_points(one.first_name) > 64)
      return wrong("\"first_name\" must have 1 to 64 letters");
    if (world_.find_person(one.id) || world_.find_bot(one.id)) return conflict("the id is taken");
    if (!one.username.empty()) {
      if (!is_username(one.username))
        return wrong("\"username\" must have 3 to 32 Latin letters, digits or underscores");
      if (world_.name_is_taken(one.username) || !names.insert(lower(one.username)).second) {
        return conflict("the username is taken");
      }
    }
    made.push_back(std::move(one));
  }
  journal_line line("people");
  std::string out = many ? R"({"people":[)" : "";
  for (auto& one : made) {
    const person& kept = world_.put_person(std::move(one), line);
    if (out.ends_with('}')) out += ',';
    world_.person_json(out, kept);
  }
  if (made.empty()) return control_reply{out + "]}"};
  world_.commit(line);
  return control_reply{many ? out + "]}" : out, 201};
}

control_answer control::get_person(const http::request& what) {
  auto who = person_in_path(what);
  if (!who) return std::unexpected(who.error());
  control_reply out;
  world_.person_json(out.json, **who);
  return out;
}

control_answer control::change_person(const http::request& what, const object& in) {
  auto who = person_in_path(what);
  if (!who) return std::unexpected(who.error());
  if (auto known = only(in, "first_name last_name username language_code is_premium phone_number color");
      !known) {
    return std::unexpected(known.error());
  }
  person one = **who;
  one.first_name = text_in(in, "first_name", one.first_name);
  one.last_name = text_in(in, "last_name", one.last_name);
  one.language_code = text_in(in, "language_code", one.language_code);
  one.phone_number = text_in(in, "phone_number", one.phone_number);
  one.color = text_in(in, "color", one.color);
  one.premium = flag_in(in, "is_premium", one.premium);
  if (one.first_name.empty() || code_points(one.first_name) > 64)
    return wrong("\"first_name\" must have 1 to 64 letters");
  const std::string name = without_at(text_in(in, "username", one.username));
  if (lower(name) != lower(one.username) && !name.empty()) {
    if (!is_username(name))
      return wrong("\"username\" must have 3 to 32 Latin letters, digits or underscores");
    if (world_.name_is_taken(name)) return conflict("the username is taken");
  }
  one.username = name;
  journal_line line("people");
  control_reply out;
  world_.person_json(out.json, world_.put_person(std::move(one), line));
  world_.commit(line);
  return out;
}

control_answer control::remove_person(const http::request& what) {
  auto who = person_in_path(what);
  if (!who) return std::unexpected(who.error());
  person one = **who;
  one.gone = true;
  journal_line line("people");
  world_.put_person(std::move(one), line);
  world_.commit(line);
  return control_reply{"{}"};
}

// A ChatMemberUpdated for the bot itself.
void control::tell_my_chat_member(bot& to, chat& in, const person& by, std::string_view before,
                                  std::string_view after, journal_line& line) {
  const auto member = [&](std::string_view status) {
    std::string out;
    bot_member_json(out, world_, in, to, status);
    return out;
  };
  std::string payload;
  {
    fields f(payload);
    world_.chat_json(f.begin("chat"), in);
    world_.user_json(f.begin("from"), by);
    f.number("date", world_.now_unix())
        .raw("old_chat_member", member(before))
        .raw("new_chat_member", member(after));
  }
  world_.push_update(to, "my_chat_member", payload, in.id, std::chrono::hours(24), line);
}

void control::tell_who_came_and_went(chat& in, const std::set<std::int64_t>& before, const person& by,
                                     std::string_view now, journal_line& line) {
  for (const std::int64_t id : in.bots) {
    if (!before.contains(id)) tell_my_chat_member(*world_.find_bot(id), in, by, "left", now, line);
  }
  for (const std::int64_t id : before) {
    if (in.bots.contains(id)) continue;
    if (auto* gone = world_.find_bot(id)) tell_my_chat_member(*gone, in, by, now, "kicked", line);
  }
}

control_answer control::set_blocked(const http::request& what, const object& in) {
  auto who = person_in_path(what);
  if (!who) return std::unexpected(who.error());
  auto of = bot_in_path(what);
  if (!of) return std::unexpected(of.error());
  if (auto known = only(in, "blocked"); !known) return std::unexpected(known.error());
  if (!in.contains("blocked")) return wrong("\"blocked\" must be true or false");
  const bool blocked = flag_in(in, "blocked");
  const membership before = world_.member_of(**of, (*who)->id);
  membership now = before;
  if (blocked)
    now = membership::blocked;
  else if (before == membership::blocked)
    now = membership::started;
  if (now != before) {
    journal_line line("member");
    line.bot_id = (*of)->id;
    world_.set_member(**of, (*who)->id, now, line);
    chat& in_chat = world_.private_chat(**of, (*who)->id);
    tell_my_chat_member(**of, in_chat, **who, blocked ? "member" : "kicked", blocked ? "kicked" : "member",
                        line);
    world_.commit(line);
  }
  control_reply out;
  fields(out.json).text("status", now == membership::blocked   ? "blocked"
                                  : now == membership::started ? "started"
                                                               : "new");
  return out;
}

control_answer control::delete_chat(const http::request& what) {
  auto who = person_in_path(what);
  if (!who) return std::unexpected(who.error());
  auto of = bot_in_path(what);
  if (!of) return std::unexpected(of.error());
  chat& in = world_.private_chat(**of, (*who)->id);
  std::vector<std::int64_t> ids;
  for (const auto& [id, one] : in.messages) ids.push_back(id);
  journal_line line("delete_chat");
  world_.remove_messages(in, ids, line);
  in.keyboard.clear();
  if (query_number(what, "block") != 0 && world_.member_of(**of, (*who)->id) == membership::started) {
    world_.set_member(**of, (*who)->id, membership::blocked, line);
    tell_my_chat_member(**of, in, **who, "member", "kicked", line);
  }
  world_.commit(line);
  return control_reply{"{}"};
}

// ---- bots

control_answer control::list_bots(const http::request& what) {
  const person* who = world_.find_person(query_number(what, "person"));
  std::string out = R"({"bots":[)";
  bool first = true;
  for (const auto& [id, one] : world_.bots()) {
    if (one->revoked) continue;
    if (!first) out += ',';
    first = false;
    world_.bot_json(out, *one, who ? who->language_code : "");
  }
  return control_reply{out + "]}"};
}

std::expected<bot*, problem> control::register_bot(std::string token, std::string username, std::string title,
                                                   std::optional<bool> paid_broadcast) {
  username = without_at(std::move(username));
  bot* known = token.empty() ? nullptr : world_.bot_by_token(token);
  if (known && username.empty()) username = known->username;
  if (!is_username(username) || !lower(username).ends_with("bot")) {
    return wrong("\"username\" must have 5 to 32 Latin letters, digits or underscores and end in \"bot\"");
  }
  if (title.empty()) title = known ? known->title() : username;
  if (code_points(title) > 64) return wrong("\"title\" must have at most 64 letters");
  const bot* same_name = world_.bot_by_name(username);
  std::int64_t id = 0;
  if (!token.empty()) {
    const std::string digits = token.substr(0, token.find(':'));
    const bool valid =
        token.size() <= 80 && digits.size() < token.size() && !digits.empty() && digits.size() <= 15 &&
        digits.front() != '0' && std::ranges::all_of(digits, is_digit) &&
        std::ranges::all_of(
            token.substr(digits.size() + 1), [](char c) { return is_alnum(c) || c == '_' || c == '-'; }) &&
        digits.size() + 1 < token.size();
    if (!valid) return wrong("\"token\" must look like 7000000001:AAbb…");
    id = std::stoll(digits);
  } else {
    id = std::max(first_bot_id, world_.bots().empty() ? 0 : world_.bots().rbegin()->first + 1);
    token = std::to_string(id) + ":" + new_secret();
  }
  if (world_.find_person(id)) return conflict("a person has this id");
  if (world_.name_is_taken(username) && (!same_name || same_name->id != id))
    return conflict("the username is taken");
  bot* old = world_.find_bot(id);
  const bool same = old && old->token == token && !old->revoked && old->username == username &&
                    old->title() == title && (!paid_broadcast || *paid_broadcast == old->paid_broadcast);
  if (same) return old;
  journal_line line("bot");
  bot& made = world_.add_bot(id, std::move(token), std::move(username), std::move(title), line);
  if (paid_broadcast && made.paid_broadcast != *paid_broadcast) {
    made.paid_broadcast = *paid_broadcast;
    world_.bot_changed(made, line);
  }
  world_.commit(line);
  return &made;
}

control_answer control::add_bot(const object& in) {
  if (auto known = only(in, "username title token paid_broadcast"); !known)
    return std::unexpected(known.error());
  const std::string token = text_in(in, "token");
  const bool known = !token.empty() && world_.bot_by_token(token);
  std::optional<bool> paid;
  if (in.contains("paid_broadcast")) paid = flag_in(in, "paid_broadcast");
  auto made = register_bot(token, text_in(in, "username"), text_in(in, "title"), paid);
  if (!made) return std::unexpected(made.error());
  control_reply out{"", known ? 200 : 201};
  world_.bot_json(out.json, **made, "");
  return out;
}

control_answer control::get_bot(const http::request& what) {
  auto of = bot_in_path(what);
  if (!of) return std::unexpected(of.error());
  const person* who = world_.find_person(query_number(what, "person"));
  control_reply out;
  world_.bot_json(out.json, **of, who ? who->language_code : "");
  return out;
}

control_answer control::remove_bot(const http::request& what) {
  auto of = bot_in_path(what);
  if (!of) return std::unexpected(of.error());
  journal_line line("bot");
  (*of)->revoked = true;
  (*of)->hook.url.clear();
  ++(*of)->hook.epoch;
  world_.drop_updates(**of, line);
  world_.bot_changed(**of, line);
  world_.commit(line);
  return control_reply{"{}"};
}

}  // namespace tandem::sandbox
