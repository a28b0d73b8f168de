#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbox/ascii.hpp"
#include "sandbox/control.hpp"
#include "sandbox/image_size.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr auto one_day = std::chrono::hours(24);

bool is_channel_name(std::string_view name) {
  return name.size() >= 4 && name.size() <= 32 && is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; });
}

std::string without_at(std::string name) {
  if (name.starts_with('@')) name.erase(0, 1);
  return name;
}

}  // namespace

std::expected<chat*, problem> control::channel_named(std::string_view username) {
  if (username.starts_with('@')) username.remove_prefix(1);
  chat* found = world_.chat_by_name(username);
  if (!found || found->type != chat_type::channel)
    return missing("there is no channel @" + std::string(username));
  return found;
}

std::expected<void, problem> control::bots_of(const object& in, std::set<std::int64_t>& into) {
  const auto* given = in.if_contains("bots");
  if (!given) return {};
  if (!given->is_array()) return wrong("\"bots\" must be a list of bot ids");
  into.clear();
  for (const auto& item : given->get_array()) {
    if (!item.is_int64() || !world_.find_bot(item.get_int64()))
      return missing("there is no bot with an id in \"bots\"");
    into.insert(item.get_int64());
  }
  return {};
}

control_answer control::list_channels(const http::request&) {
  std::string out = R"({"channels":[)";
  bool first = true;
  for (const auto& [id, one] : world_.public_chats()) {
    if (one->type != chat_type::channel) continue;
    if (!first) out += ',';
    first = false;
    world_.public_chat_json(out, *one);
  }
  return control_reply{out + "]}"};
}

control_answer control::add_channel(const object& in) {
  if (auto known = only(in, "username title description preview subscribers bots"); !known) {
    return std::unexpected(known.error());
  }
  chat one;
  one.type = chat_type::channel;
  one.username = without_at(text_in(in, "username"));
  one.title = text_in(in, "title");
  one.description = text_in(in, "description");
  one.preview = flag_in(in, "preview", true);
  one.subscribers = number_in(in, "subscribers", 100);
  if (!is_channel_name(one.username))
    return wrong("\"username\" must have 4 to 32 Latin letters, digits or underscores");
  if (one.title.empty() || code_points(one.title) > 128) return wrong("\"title\" must have 1 to 128 letters");
  if (world_.name_is_taken(one.username)) return conflict("the username is taken");
  if (auto read = bots_of(in, one.bots); !read) return std::unexpected(read.error());
  journal_line line("channel");
  control_reply out{"", 201};
  chat& made = world_.add_chat(std::move(one), line);
  if (const auto* owner = somebody()) tell_who_came_and_went(made, {}, *owner, "administrator", line);
  world_.public_chat_json(out.json, made);
  world_.commit(line);
  return out;
}

// A channel has no members of its own here: in its owner's place stands the first person that there is.
const person* control::somebody() const {
  for (const auto& [id, one] : world_.people()) {
    if (!one.gone) return &one;
  }
  return nullptr;
}

control_answer control::change_channel(const http::request& what, const object& in) {
  auto found = channel_named(what.path_value("name"));
  if (!found) return std::unexpected(found.error());
  if (auto known = only(in, "title description preview subscribers bots"); !known)
    return std::unexpected(known.error());
  chat& one = **found;
  const std::string title = text_in(in, "title", one.title);
  if (title.empty() || code_points(title) > 128) return wrong("\"title\" must have 1 to 128 letters");
  std::set<std::int64_t> bots = one.bots;
  if (auto read = bots_of(in, bots); !read) return std::unexpected(read.error());
  one.title = title;
  std::swap(one.bots, bots);
  one.description = text_in(in, "description", one.description);
  one.preview = flag_in(in, "preview", one.preview);
  one.subscribers = number_in(in, "subscribers", one.subscribers);
  journal_line line("channel");
  if (const auto* owner = somebody()) tell_who_came_and_went(one, bots, *owner, "administrator", line);
  world_.chat_changed(one, line);
  world_.commit(line);
  control_reply out;
  world_.public_chat_json(out.json, one);
  return out;
}

control_answer control::remove_channel(const http::request& what) {
  auto found = channel_named(what.path_value("name"));
  if (!found) return std::unexpected(found.error());
  journal_line line("channel");
  world_.remove_chat(**found, line);
  world_.commit(line);
  return control_reply{"{}"};
}

// ---- groups

control_answer control::list_groups(const http::request&) {
  std::string out = R"({"groups":[)";
  bool first = true;
  for (const auto& [id, one] : world_.public_chats()) {
    if (one->type != chat_type::supergroup) continue;
    if (!first) out += ',';
    first = false;
    world_.public_chat_json(out, *one);
  }
  return control_reply{out + "]}"};
}

control_answer control::add_group(const object& in) {
  if (auto known = only(in, "title people bots username"); !known) return std::unexpected(known.error());
  chat one;
  one.type = chat_type::supergroup;
  one.title = text_in(in, "title");
  one.username = without_at(text_in(in, "username"));
  if (one.title.empty() || code_points(one.title) > 128) return wrong("\"title\" must have 1 to 128 letters");
  if (!one.username.empty() && (!is_channel_name(one.username) || world_.name_is_taken(one.username))) {
    return conflict("the username is taken or has wrong letters");
  }
  const auto* people = in.if_contains("people");
  if (!people || !people->is_array() || people->get_array().empty())
    return wrong("\"people\" must name who is in the group");
  for (const auto& item : people->get_array()) {
    if (!item.is_int64() || !world_.find_person(item.get_int64()))
      return missing("there is no person with an id in \"people\"");
    one.people.insert(item.get_int64());
  }
  if (auto read = bots_of(in, one.bots); !read) return std::unexpected(read.error());
  journal_line line("group");
  chat& made = world_.add_chat(std::move(one), line);
  tell_who_came_and_went(made, {}, *world_.find_person(*made.people.begin()), "member", line);
  world_.commit(line);
  control_reply out{"", 201};
  world_.public_chat_json(out.json, made);
  return out;
}

control_answer control::change_group(const http::request& what, const object& in) {
  object key;
  key["chat_id"] = what.path_value("chat_id");
  chat* found = world_.find_public(number_in(key, "chat_id"));
  if (!found || found->type != chat_type::supergroup) return missing("there is no group with this chat_id");
  if (auto known = only(in, "title people bots"); !known) return std::unexpected(known.error());
  std::set<std::int64_t> bots = found->bots, people = found->people;
  if (auto read = bots_of(in, bots); !read) return std::unexpected(read.error());
  if (const auto* given = in.if_contains("people")) {
    people.clear();
    if (!given->is_array()) return wrong("\"people\" must be a list of ids");
    for (const auto& item : given->get_array()) {
      if (!item.is_int64() || !world_.find_person(item.get_int64()))
        return missing("there is no person with an id in \"people\"");
      people.insert(item.get_int64());
    }
  }
  if (people.empty()) return wrong("a group needs at least one person");
  journal_line line("group");
  std::swap(found->bots, bots);
  found->people = std::move(people);
  tell_who_came_and_went(*found, bots, *world_.find_person(*found->people.begin()), "member", line);
  found->title = text_in(in, "title", found->title);
  world_.chat_changed(*found, line);
  world_.commit(line);
  control_reply out;
  world_.public_chat_json(out.json, *found);
  return out;
}

// ---- posts

namespace {

std::expected<formatted, problem> post_text(const json::object& in) {
  const std::string format = text_in(in, "format", "plain"), given = text_in(in, "text");
  formatted out;
  if (format == "plain") {
    out.text = given;
  } else if (format == "html" || format == "markdown") {
    auto parsed = parse_entities(given, format == "html" ? markup::html : markup::markdown_v2);
    if (!parsed) return wrong("\"text\": " + parsed.error());
    out = std::move(*parsed);
  } else {
    return wrong("\"format\" must be plain, html or markdown");
  }
  settle(out);
  if (code_points(out.text) > 4096) return wrong("\"text\" is longer than 4096 letters");
  return out;
}

}  // namespace

std::expected<message*, problem> control::write_post(chat& in, const object& from, journal_line& line) {
  if (auto known = only(from, "channel text format photo author_signature forward_from date"); !known) {
    return std::unexpected(known.error());
  }
  auto text = post_text(from);
  if (!text) return std::unexpected(text.error());
  message one;
  one.text = std::move(*text);
  one.date = number_in(from, "date", world_.now_unix());
  if (one.date <= 0 || one.date > world_.now_unix() + 60)
    return wrong("\"date\" must be Unix seconds and not in the future");
  if (const std::string photo = text_in(from, "photo"); !photo.empty()) {
    auto bytes = base64_decoded(photo);
    if (!bytes) return std::unexpected(bytes.error());
    const auto image = image_info_of(*bytes);
    if (!image) return wrong("\"photo\" must be a JPEG, PNG, GIF or WebP");
    one.kind = content::photo;
    stored_file as;
    as.kind = "photo";
    as.mime = image->mime;
    as.width = image->width;
    as.height = image->height;
    one.file = world_.add_file(*bytes, std::move(as)).unique;
  } else if (one.text.text.empty()) {
    return wrong("\"text\" is empty");
  }
  if (const std::string signature = text_in(from, "author_signature"); !signature.empty()) {
    std::string quoted;
    text::append_json(quoted, signature);
    append_member(one.extra, "author_signature", quoted);
  }
  if (const std::string source = text_in(from, "forward_from"); !source.empty()) {
    std::string origin;
    const auto slash = source.find('/');
    chat* known = source.starts_with('@')
                      ? world_.chat_by_name(source.substr(1, slash == std::string::npos ? slash : slash - 1))
                      : nullptr;
    if (source.starts_with('@') && (!known || slash == std::string::npos))
      return missing("\"forward_from\" must be a name or \"@channel/ID\" of a known channel");
    {
      fields f(origin);
      f.text("type", known ? "channel" : "hidden_user").number("date", one.date);
      if (known) {
        object number;
        number["id"] = source.substr(slash + 1);
        world_.chat_json(f.begin("chat"), *known);
        f.number("message_id", number_in(number, "id"));
      } else {
        f.text("sender_user_name", source);
      }
    }
    append_member(one.extra, "forward_origin", origin);
  }
  message& kept = world_.add_message(in, std::move(one), line, in.bots.empty() ? 0 : *in.bots.begin());
  for (const std::int64_t id : in.bots) {
    bot* reader = world_.find_bot(id);
    if (reader)
      world_.push_update(*reader, "channel_post", world_.message_text(in, kept, id), in.id, one_day, line);
  }
  return &kept;
}

control_answer control::add_posts(const object& in) {
  std::vector<const object*> wanted;
  const auto* many = in.if_contains("posts");
  if (many) {
    if (!many->is_array()) return wrong("\"posts\" must be a list");
    for (const auto& item : many->get_array()) {
      if (!item.is_object()) return wrong("a post must be an object");
      wanted.push_back(&item.get_object());
    }
  } else {
    wanted.push_back(&in);
  }
  std::string out;
  for (const object* from : wanted) {
    auto where = channel_named(text_in(*from, "channel"));
    if (!where) return std::unexpected(where.error());
    chat& to = **where;
    journal_line line("post");
    auto kept = write_post(to, *from, line);
    if (!kept) return std::unexpected(kept.error());
    world_.commit(line);
    stages_.post_moved({to.username, (*kept)->id, "posted", world_.machine_now(), ""});
    if (!out.empty()) out += ',';
    fields f(out);
    f.text("channel", to.username).number("post_id", (*kept)->id).number("date", (*kept)->date);
    f.text("url", "https://t.me/" + to.username + "/" + std::to_string((*kept)->id));
    if (!many) world_.view_json(f.begin("view"), to, **kept);
  }
  return control_reply{many ? "{\"posts\":[" + out + "]}" : out, 201};
}

control_answer control::change_post(const http::request& what, const object& in) {
  auto where = channel_named(what.path_value("name"));
  if (!where) return std::unexpected(where.error());
  if (auto known = only(in, "text format"); !known) return std::unexpected(known.error());
  object key;
  key["id"] = what.path_value("post_id");
  const auto found = (*where)->messages.find(number_in(key, "id"));
  if (found == (*where)->messages.end()) return missing("there is no such post");
  auto text = post_text(in);
  if (!text) return std::unexpected(text.error());
  if (text->text.empty() && found->second.kind == content::text) return wrong("\"text\" is empty");
  message& one = found->second;
  one.text = std::move(*text);
  one.edit_date = world_.now_unix();
  journal_line line("edit_post");
  world_.message_changed(**where, one, line, 0);
  for (const std::int64_t id : (*where)->bots) {
    bot* reader = world_.find_bot(id);
    if (!reader) continue;
    world_.push_update(*reader, "edited_channel_post", world_.message_text(**where, one, id), (*where)->id,
                       one_day, line);
  }
  world_.commit(line);
  return control_reply{world_.view_text(**where, one)};
}

control_answer control::remove_post(const http::request& what) {
  auto where = channel_named(what.path_value("name"));
  if (!where) return std::unexpected(where.error());
  object key;
  key["id"] = what.path_value("post_id");
  const std::int64_t id = number_in(key, "id");
  if (!(*where)->messages.contains(id)) return missing("there is no such post");
  journal_line line("delete_post");
  world_.remove_messages(**where, std::span(&id, 1), line);
  world_.commit(line);
  return control_reply{"{}"};
}

control_answer control::list_posts(const http::request& what) {
  auto where = channel_named(what.query_value("channel").value_or(""));
  if (!where) return std::unexpected(where.error());
  const auto limit = std::clamp<std::int64_t>(query_number(what, "limit", 50), 1, 500);
  std::string out = R"({"views":[)";
  std::int64_t given = 0;
  const auto& posts = (*where)->messages;
  for (auto one = posts.upper_bound(query_number(what, "after")); one != posts.end() && given < limit;
       ++one, ++given) {
    if (given > 0) out += ',';
    world_.view_json(out, **where, one->second);
  }
  return control_reply{out + "]}"};
}

// ---- starter channels

std::size_t control::seed_starter() {
  if (world_.seeded() || starter_folder_.empty()) return 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(starter_folder_)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::size_t posts = 0;
  for (const auto& path : files) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const json::value parsed = json::parse(text);
    const auto& from = parsed.as_object();
    if (world_.name_is_taken(from.at("username").as_string())) continue;
    chat channel;
    channel.type = chat_type::channel;
    channel.username = text_in(from, "username");
    channel.title = text_in(from, "title");
    channel.description = text_in(from, "description");
    channel.preview = flag_in(from, "preview", true);
    channel.subscribers = number_in(from, "subscribers", 100);
    journal_line line("channel");
    chat& made = world_.add_chat(std::move(channel), line);
    world_.commit(line);
    for (const auto& item : from.at("posts").as_array()) {
      object post = item.as_object();
      post["date"] = world_.now_unix() - number_in(post, "minutes_ago") * 60;
      post.erase("minutes_ago");
      journal_line post_line("post");
      auto kept = write_post(made, post, post_line);
      if (!kept) throw std::runtime_error(path.string() + ": " + kept.error().text);
      world_.commit(post_line);
      ++posts;
    }
  }
  journal_line line("seeded");
  world_.mark_seeded(line);
  world_.commit(line);
  return posts;
}

control_answer control::start_posts(const object& in) {
  if (auto known = only(in, ""); !known) return std::unexpected(known.error());
  const std::size_t posts = seed_starter();
  auto channels = list_channels({});
  control_reply out;
  out.json = channels->json;
  out.json.pop_back();
  out.json += ",\"posts\":" + std::to_string(posts) + "}";
  return out;
}

}  // namespace tandem::sandbox
