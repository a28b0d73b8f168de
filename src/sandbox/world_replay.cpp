// The way back from the journal's lines to the state of memory.
#include <boost/json.hpp>

#include "sandbox/ascii.hpp"
#include "sandbox/file_kinds.hpp"
#include "sandbox/world.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

std::string_view text_of(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

std::int64_t number_of(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_int64() ? found->get_int64() : 0;
}

bool flag_of(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

const json::array& list_of(const json::object& from, std::string_view name) {
  static const json::array none;
  const auto* found = from.if_contains(name);
  return found && found->is_array() ? found->get_array() : none;
}

const json::object* object_of(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found ? found->if_object() : nullptr;
}

localized texts_of(const json::object& from, std::string_view name) {
  localized out;
  if (const auto* found = object_of(from, name)) {
    for (const auto& [language, text] : *found) out[language] = std::string(text.as_string());
  }
  return out;
}

std::vector<entity> entities_of(const json::array& list) {
  std::vector<entity> out;
  for (const auto& item : list) {
    const auto& from = item.as_object();
    entity one;
    const auto kind = text_of(from, "type");
    for (int i = 0; i <= static_cast<int>(entity_kind::date_time); ++i) {
      if (name_of(static_cast<entity_kind>(i)) == kind) one.kind = static_cast<entity_kind>(i);
    }
    one.offset = static_cast<int>(number_of(from, "offset"));
    one.length = static_cast<int>(number_of(from, "length"));
    for (const auto name : {"url", "language", "custom_emoji_id", "date_time_format"}) {
      if (from.contains(name)) one.argument = text_of(from, name);
    }
    one.number = number_of(from, "unix_time");
    if (const auto* who = object_of(from, "user")) one.number = number_of(*who, "id");
    out.push_back(std::move(one));
  }
  return out;
}

instant at_us(std::int64_t microseconds) { return instant(std::chrono::microseconds(microseconds)); }

}  // namespace

message world::read_message(const json::object& from) const {
  message one;
  for (const auto& item : from) {
    const std::string_view name = item.key();
    const json::value& value = item.value();
    if (name == "message_id")
      one.id = value.as_int64();
    else if (name == "date")
      one.date = value.as_int64();
    else if (name == "edit_date")
      one.edit_date = value.as_int64();
    else if (name == "from")
      one.from = number_of(value.as_object(), "id");
    else if (name == "chat" || name == "sender_chat")
      continue;
    else if (name == "text" || name == "caption")
      one.text.text = std::string(value.as_string());
    else if (name == "entities" || name == "caption_entities")
      one.text.entities = entities_of(value.as_array());
    else if (name == "has_protected_content")
      one.is_protected = true;
    else if (name == "reply_to_message")
      one.reply_to = number_of(value.as_object(), "message_id");
    else if (name == "reply_markup")
      one.markup = json::serialize(value);
    else if (name == "photo") {
      one.kind = content::photo;
      one.file = text_of(value.as_array().back().as_object(), "file_unique_id");
    } else if (const auto* kind = file_kind_named(name)) {
      // An animation's document stands beside it.
      if (one.kind == content::animation) continue;
      one.kind = kind->as;
      one.file = text_of(value.as_object(), "file_unique_id");
    } else {
      const bool is_pin = name == "pinned_message";
      const bool is_content = is_pin || name == "location" || name == "contact";
      std::string& kept = is_content ? one.body : one.extra;
      if (is_content) one.kind = is_pin ? content::service : content::other;
      if (!kept.empty()) kept += ',';
      kept += '"';
      kept += name;
      kept += "\":";
      kept += json::serialize(value);
    }
  }
  one.written_by_person = people_.contains(one.from);
  return one;
}

void world::apply_person(const json::object& from) {
  person one;
  one.id = number_of(from, "id");
  one.first_name = text_of(from, "first_name");
  one.last_name = text_of(from, "last_name");
  one.username = text_of(from, "username");
  one.language_code = text_of(from, "language_code");
  one.phone_number = text_of(from, "phone_number");
  one.color = text_of(from, "color");
  one.premium = flag_of(from, "is_premium");
  one.gone = flag_of(from, "gone");
  journal_line unused("");
  put_person(std::move(one), unused);
}

void world::apply_bot(const json::object& from) {
  journal_line unused("");
  const auto names = texts_of(from, "names");
  const auto id = number_of(from, "id");
  bot& one = add_bot(id, std::string(text_of(from, "token")), std::string(text_of(from, "username")),
                     names.contains("") ? names.at("") : "", unused);
  one.paid_broadcast = flag_of(from, "paid_broadcast");
  one.revoked = flag_of(from, "revoked");
  one.names = names;
  one.names.try_emplace("");
  one.descriptions = texts_of(from, "descriptions");
  one.short_descriptions = texts_of(from, "short_descriptions");
  one.commands.clear();
  for (const auto& item : list_of(from, "commands")) {
    const auto& entry = item.as_object();
    one.commands[{std::string(text_of(entry, "scope")), std::string(text_of(entry, "language"))}] =
        json::serialize(entry.at("list"));
  }
  one.menu_buttons.clear();
  for (const auto& item : list_of(from, "menu_buttons")) {
    const auto& entry = item.as_object();
    one.menu_buttons[number_of(entry, "person")] = json::serialize(entry.at("button"));
  }
  one.allowed_updates.clear();
  for (const auto& kind : list_of(from, "allowed_updates"))
    one.allowed_updates.emplace_back(kind.as_string());
  if (const auto* hook = object_of(from, "hook")) {
    one.hook.url = text_of(*hook, "url");
    one.hook.secret = text_of(*hook, "secret");
    one.hook.ip_address = text_of(*hook, "ip_address");
    one.hook.max_connections = static_cast<int>(number_of(*hook, "max_connections"));
  }
}

void world::apply_chat(const json::object& from) {
  const auto id = number_of(from, "id");
  if (flag_of(from, "gone")) {
    if (const chat* old = find_public(id)) {
      names_.erase(lower(old->username));
      public_chats_.erase(id);
    }
    return;
  }
  auto& slot = public_chats_[id];
  if (!slot) slot = std::make_unique<chat>();
  slot->id = id;
  slot->type = text_of(from, "type") == "channel" ? chat_type::channel : chat_type::supergroup;
  slot->title = text_of(from, "title");
  slot->username = text_of(from, "username");
  slot->description = text_of(from, "description");
  slot->preview = flag_of(from, "preview");
  slot->subscribers = number_of(from, "subscribers");
  slot->bots.clear();
  slot->people.clear();
  for (const auto& one : list_of(from, "bots")) slot->bots.insert(one.as_int64());
  for (const auto& one : list_of(from, "people")) slot->people.insert(one.as_int64());
  if (!slot->username.empty()) names_[lower(slot->username)] = id;
}

void world::replay_messages(const json::object& line) {
  chat* in = chat_by_key(text_of(line, "chat"));
  if (!in) return;
  bot* owner = in->is_private() ? find_bot(in->bot) : nullptr;
  for (const auto& item : list_of(line, "messages")) {
    message one = read_message(item.as_object());
    in->last_id = std::max(in->last_id, one.id);
    if (owner) owner->last_message_id = std::max(owner->last_message_id, one.id);
    message& slot = in->messages[one.id];
    one.seen = slot.seen;
    one.update_id = slot.update_id;
    one.keyboard = slot.keyboard;
    slot = std::move(one);
  }
  for (const auto& item : list_of(line, "keyboards")) {
    const auto& entry = item.as_object();
    const std::string keyboard = json::serialize(entry.at("keyboard"));
    in->keyboard = keyboard.starts_with(R"({"remove_keyboard")") ? "" : keyboard;
    const auto found = in->messages.find(number_of(entry, "message_id"));
    if (found != in->messages.end()) found->second.keyboard = keyboard;
  }
  for (const auto& id : list_of(line, "deleted")) in->messages.erase(id.as_int64());
  if (line.contains("pinned")) {
    in->pinned.clear();
    for (const auto& id : list_of(line, "pinned")) in->pinned.push_back(id.as_int64());
  }
  if (text_of(line, "kind") == "compacted") {
    in->last_id = number_of(line, "last_id");
    const auto* shown = line.if_contains("shown_keyboard");
    in->keyboard = shown ? json::serialize(*shown) : "";
    for (const auto& id : list_of(line, "seen")) in->messages[id.as_int64()].seen = true;
    for (const auto& item : list_of(line, "reads")) {
      const auto& read = item.as_object();
      in->read[number_of(read, "person")] = number_of(read, "message_id");
    }
  }
  if (text_of(line, "kind") == "delete_chat") in->keyboard.clear();
}

void world::replay(std::string_view text) {
  unsigned char buffer[16 << 10];
  json::monotonic_resource memory(buffer);
  json::value parsed;
  try {
    parsed = json::parse(text, &memory);
  } catch (const boost::system::system_error&) {
    throw std::runtime_error("line " + std::to_string(journal.last_seq()) + " or one before it in " +
                             folder_ + "/journal.jsonl is damaged: move the folder away to begin anew");
  }
  const auto& line = parsed.as_object();
  for (const auto& one : list_of(line, "people")) apply_person(one.as_object());
  for (const auto& one : list_of(line, "bots")) apply_bot(one.as_object());
  for (const auto& item : list_of(line, "counters")) {
    const auto& from = item.as_object();
    bot* of = find_bot(number_of(from, "bot"));
    of->last_message_id = number_of(from, "message_id");
    of->last_update_id = number_of(from, "update_id");
  }
  for (const auto& one : list_of(line, "chats")) apply_chat(one.as_object());
  for (const auto& item : list_of(line, "files")) {
    const auto& from = item.as_object();
    stored_file one{.unique = std::string(text_of(from, "unique")),
                    .number = number_of(from, "number"),
                    .kind = std::string(text_of(from, "kind")),
                    .name = std::string(text_of(from, "name")),
                    .mime = std::string(text_of(from, "mime")),
                    .size = number_of(from, "size"),
                    .width = static_cast<int>(number_of(from, "width")),
                    .height = static_cast<int>(number_of(from, "height")),
                    .duration = number_of(from, "duration"),
                    .emoji = std::string(text_of(from, "emoji")),
                    .performer = std::string(text_of(from, "performer")),
                    .title = std::string(text_of(from, "title"))};
    file_paths_[one.path()] = one.unique;
    files_.insert_or_assign(one.unique, std::move(one));
  }
  for (const auto& item : list_of(line, "members")) {
    const auto& from = item.as_object();
    const auto status = text_of(from, "status");
    if (bot* of = find_bot(number_of(from, "bot"))) {
      of->members[number_of(from, "person")] = status == "blocked"   ? membership::blocked
                                               : status == "started" ? membership::started
                                                                     : membership::fresh;
    }
  }
  if (line.contains("chat")) replay_messages(line);
  for (const auto& item : list_of(line, "updates")) {
    const auto& from = item.as_object();
    bot* to = find_bot(number_of(from, "bot"));
    if (!to) continue;
    const auto& update = from.at("update").as_object();
    const auto id = number_of(update, "update_id");
    enqueue(*to, id, std::string(text_of(from, "kind")), json::serialize(update),
            number_of(from, "order_key"), at_us(number_of(from, "expires_us")),
            std::string(text_of(from, "chat")), number_of(from, "message_id"));
    if (chat* in = chat_by_key(text_of(from, "chat"))) {
      const auto found = in->messages.find(number_of(from, "message_id"));
      if (found != in->messages.end()) found->second.update_id = id;
    }
  }
  if (const auto* done = object_of(line, "confirmed")) {
    if (bot* of = find_bot(number_of(*done, "bot"))) {
      journal_line unused("");
      if (done->contains("below"))
        confirm_below(*of, number_of(*done, "below"), unused);
      else
        confirm_one(*of, number_of(*done, "id"), unused);
    }
  }
  if (const auto* from = object_of(line, "query")) {
    callback_query one{.id = std::string(text_of(*from, "id")),
                       .bot = number_of(*from, "bot"),
                       .person = number_of(*from, "person"),
                       .chat_key = std::string(text_of(*from, "chat")),
                       .message_id = number_of(*from, "message_id"),
                       .expires_at = at_us(number_of(*from, "expires_us"))};
    journal_line unused("");
    add_query(std::move(one), unused);
  }
  if (const auto id = text_of(line, "answered"); !id.empty()) queries_.erase(std::string(id));
  if (const auto* read = object_of(line, "read")) {
    if (chat* in = chat_by_key(text_of(*read, "chat"))) {
      in->read[number_of(*read, "person")] = number_of(*read, "message_id");
    }
  }
  if (const auto* from = object_of(line, "limits")) {
    limits_.enabled = flag_of(*from, "enabled");
    limits_.bot_per_second = static_cast<int>(number_of(*from, "bot_per_second"));
    limits_.paid_per_second = static_cast<int>(number_of(*from, "paid_per_second"));
    limits_.chat_per_second = static_cast<int>(number_of(*from, "chat_per_second"));
    limits_.chat_burst = static_cast<int>(number_of(*from, "chat_burst"));
    limits_.group_per_minute = static_cast<int>(number_of(*from, "group_per_minute"));
  }
  if (line.contains("clock_us")) product_.set_offset(std::chrono::microseconds(number_of(line, "clock_us")));
  if (flag_of(line, "seeded")) seeded_ = true;
}

}  // namespace tandem::sandbox
