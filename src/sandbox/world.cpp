#include "sandbox/world.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/text/hex.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/file_kinds.hpp"

namespace tandem::sandbox {
namespace {

// What a bot gets only when it asks for it.
bool must_be_asked_for(std::string_view kind) {
  return kind == "chat_member" || kind == "message_reaction" || kind == "message_reaction_count";
}

std::string made_folder(const std::string& folder) {
  std::filesystem::create_directories(folder + "/files");
  return folder + "/journal.jsonl";
}

}  // namespace

std::string stored_file::path() const {
  const auto dot = name.rfind('.');
  std::string ending = dot == std::string::npos || name.size() - dot > 8 ? "" : name.substr(dot);
  for (const char c : ending.substr(ending.empty() ? 0 : 1)) {
    if (!is_alnum(c)) ending.clear();
  }
  const auto& as = *file_kind_named(kind);
  if (as.as == content::photo) {
    ending = mime == "image/png" ? ".png" : mime == "image/webp" ? ".webp" : as.ending;
  } else if (ending.empty()) {
    ending = as.ending;
  }
  return std::string(as.folder) + "/file_" + std::to_string(number) + ending;
}

std::string& journal_line::item(std::string_view list) {
  for (auto& [name, items] : lists_) {
    if (name != list) continue;
    items += ',';
    return items;
  }
  return lists_.emplace_back(list, "").second;
}

world::world(executor on, std::string folder, std::uint64_t compact_above, const clock& machine,
             shifted_clock& product)
    : live(on),
      journal(made_folder(folder)),
      appended(on),
      on_(std::move(on)),
      folder_(std::move(folder)),
      machine_(machine),
      product_(product) {
  journal.replay([this](std::string_view line) { replay(line); });
  for (const auto& [id, one] : bots_) drop_expired(*one);
  if (journal.size() > compact_above) compact();
}

world::~world() = default;

// ---- who and where

bot* world::find_bot(std::int64_t id) {
  const auto found = bots_.find(id);
  return found == bots_.end() ? nullptr : found->second.get();
}

bot* world::bot_by_token(std::string_view token) {
  const auto found = tokens_.find(std::string(token));
  return found == tokens_.end() || found->second->revoked ? nullptr : found->second;
}

bot* world::bot_by_name(std::string_view username) {
  const auto found = names_.find(lower(username));
  return found == names_.end() ? nullptr : find_bot(found->second);
}

person* world::find_person(std::int64_t id) {
  const auto found = people_.find(id);
  return found == people_.end() ? nullptr : &found->second;
}

chat* world::find_public(std::int64_t chat_id) {
  const auto found = public_chats_.find(chat_id);
  return found == public_chats_.end() ? nullptr : found->second.get();
}

chat* world::chat_by_name(std::string_view username) {
  const auto found = names_.find(lower(username));
  return found == names_.end() ? nullptr : find_public(found->second);
}

chat* world::chat_by_key(std::string_view key) {
  const auto number = [](std::string_view digits) -> std::int64_t {
    std::int64_t value = 0;
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    if (digits.empty() || digits.size() > 18) return 0;
    for (const char c : digits) {
      if (!is_digit(c)) return 0;
      value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
  };
  const auto colon = key.find(':');
  if (colon == std::string_view::npos) return find_public(number(key));
  bot* of = find_bot(number(key.substr(0, colon)));
  const person* who = find_person(number(key.substr(colon + 1)));
  return of && who ? &private_chat(*of, who->id) : nullptr;
}

chat& world::private_chat(bot& of, std::int64_t person_id) {
  auto& slot = of.chats[person_id];
  if (!slot) {
    slot = std::make_unique<chat>();
    slot->id = person_id;
    slot->bot = of.id;
  }
  return *slot;
}

membership world::member_of(const bot& of, std::int64_t person_id) const {
  const auto found = of.members.find(person_id);
  return found == of.members.end() ? membership::fresh : found->second;
}

bool world::name_is_taken(std::string_view username) const { return names_.contains(lower(username)); }

// ---- changes

person& world::put_person(person one, journal_line& line) {
  auto& slot = people_[one.id];
  if (!slot.username.empty()) names_.erase(lower(slot.username));
  slot = std::move(one);
  if (!slot.username.empty() && !slot.gone) names_[lower(slot.username)] = slot.id;
  person_json(line.item("people"), slot);
  if (live.wanted()) {
    std::string json;
    if (slot.gone)
      fields(json).number("id", slot.id);
    else
      person_json(json, slot);
    live.publish(slot.gone ? "person_removed" : "person", std::move(json));
  }
  return slot;
}

bot& world::add_bot(std::int64_t id, std::string token, std::string username, std::string title,
                    journal_line& line) {
  auto& slot = bots_[id];
  const bool is_new = !slot;
  if (is_new) {
    slot = std::make_unique<bot>(on_);
    slot->id = id;
    // Real update ids do not begin at 1 either; a client must not count on it.
    slot->last_update_id = 100'000'000 + id % 1'000'000 * 100;
  } else {
    tokens_.erase(slot->token);
    names_.erase(lower(slot->username));
  }
  slot->token = std::move(token);
  slot->username = std::move(username);
  slot->names[""] = std::move(title);
  slot->revoked = false;
  tokens_[slot->token] = slot.get();
  names_[lower(slot->username)] = id;
  bot_changed(*slot, line);
  if (is_new) bot_added(*slot);
  return *slot;
}

void world::bot_changed(bot& one, journal_line& line) {
  bot_record(line.item("bots"), one);
  line.to_wake_.push_back(&one);
  if (!live.wanted()) return;
  std::string json;
  if (one.revoked)
    fields(json).number("id", one.id);
  else
    bot_json(json, one, "");
  live.publish(one.revoked ? "bot_removed" : "bot", std::move(json));
}

chat& world::add_chat(chat one, journal_line& line) {
  if (one.id == 0) {
    one.id = public_chats_.empty() ? -1001000000001 : public_chats_.rbegin()->first - 1;
  }
  auto& slot = public_chats_[one.id];
  slot = std::make_unique<chat>(std::move(one));
  if (!slot->username.empty()) names_[lower(slot->username)] = slot->id;
  chat_changed(*slot, line);
  return *slot;
}

void world::chat_changed(chat& one, journal_line& line) {
  chat_record(line.item("chats"), one, false);
  if (!live.wanted()) return;
  std::string json;
  public_chat_json(json, one);
  live.publish(one.type == chat_type::channel ? "channel" : "group", std::move(json));
}

void world::remove_chat(chat& one, journal_line& line) {
  chat_record(line.item("chats"), one, true);
  std::string json;
  fields(json).text("username", one.username).number("chat_id", one.id);
  live.publish("channel_removed", std::move(json));
  names_.erase(lower(one.username));
  public_chats_.erase(one.id);
}

std::string world::record_member(const bot& of, std::int64_t person_id, membership now, journal_line& line) {
  const std::string_view status = now == membership::blocked   ? "blocked"
                                  : now == membership::started ? "started"
                                                               : "new";
  std::string json;
  fields(json).number("person", person_id).number("bot", of.id).text("status", status);
  line.item("members") += json;
  return json;
}

void world::set_member(bot& of, std::int64_t person_id, membership now, journal_line& line) {
  of.members[person_id] = now;
  auto json = record_member(of, person_id, now, line);
  live.publish("membership", std::move(json), live::audience::one_person, person_id);
}

message& world::add_message(chat& in, message one, journal_line& line, std::int64_t viewer) {
  bot* owner = in.is_private() ? find_bot(in.bot) : nullptr;
  one.id = owner ? ++owner->last_message_id : ++in.last_id;
  in.last_id = one.id;
  if (!one.keyboard.empty()) {
    in.keyboard = one.keyboard.starts_with(R"({"remove_keyboard")") ? "" : one.keyboard;
  }
  message& kept = in.messages[one.id] = std::move(one);
  record_message(in, kept, line, viewer);
  if (live.wanted()) publish_chat("message", in, view_text(in, kept));
  return kept;
}

void world::message_changed(chat& in, message& one, journal_line& line, std::int64_t viewer) {
  record_message(in, one, line, viewer);
  if (live.wanted()) publish_chat("edited", in, view_text(in, one));
}

void world::record_message(const chat& in, const message& one, journal_line& line, std::int64_t viewer) {
  line.concerns(in);
  message_json(line.item("messages"), in, one, viewer == 0 ? in.bot : viewer);
  if (!one.keyboard.empty()) {
    fields(line.item("keyboards")).number("message_id", one.id).raw("keyboard", one.keyboard);
  }
}

std::size_t world::remove_messages(chat& in, std::span<const std::int64_t> ids, journal_line& line) {
  std::vector<std::int64_t> gone;
  for (const std::int64_t id : ids) {
    if (in.messages.erase(id) > 0) gone.push_back(id);
  }
  if (gone.empty()) return 0;
  line.concerns(in);
  if (std::ranges::any_of(gone,
                          [&](auto id) { return std::ranges::find(in.pinned, id) != in.pinned.end(); })) {
    auto left = in.pinned;
    std::erase_if(left, [&](auto id) { return std::ranges::find(gone, id) != gone.end(); });
    set_pinned(in, std::move(left), line);
  }
  for (const std::int64_t id : gone) line.item("deleted") += std::to_string(id);
  std::string json;
  {
    fields f(json);
    f.text("chat", in.key());
    auto& list = f.begin("message_ids");
    append_json_list(list, gone, [&](std::int64_t id) { list += std::to_string(id); });
  }
  publish_chat("deleted", in, std::move(json));
  return gone.size();
}

void world::set_pinned(chat& in, std::vector<std::int64_t> ids, journal_line& line) {
  in.pinned = std::move(ids);
  line.concerns(in);
  auto& list = line.begin("pinned");
  append_json_list(list, in.pinned, [&](std::int64_t id) { list += std::to_string(id); });
  if (!live.wanted()) return;
  std::string json;
  fields(json).text("chat", in.key()).raw_if("pinned", pinned_json(in));
  publish_chat("pinned", in, std::move(json));
}

stored_file& world::add_file(std::string_view bytes, stored_file as) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string unique(file_kind_named(as.kind)->unique_prefix);
  unique += text::hex_of(std::as_bytes(std::span(digest).first(10)));
  if (const auto known = files_.find(unique); known != files_.end()) return known->second;

  const std::string path = folder_ + "/files/" + unique;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot be written");
  stored_file one = std::move(as);
  one.unique = unique;
  one.number = static_cast<std::int64_t>(files_.size()) + 1;
  one.size = static_cast<std::int64_t>(bytes.size());
  journal_line line("file");
  record_file(one, line);
  commit(line);
  file_paths_[one.path()] = unique;
  return files_.emplace(unique, std::move(one)).first->second;
}

void world::record_file(const stored_file& one, journal_line& line) {
  fields(line.item("files"))
      .text("unique", one.unique)
      .number("number", one.number)
      .text("kind", one.kind)
      .text("name", one.name)
      .text("mime", one.mime)
      .number("size", one.size)
      .number("width", one.width)
      .number("height", one.height)
      .number_if("duration", one.duration)
      .text_if("emoji", one.emoji)
      .text_if("performer", one.performer)
      .text_if("title", one.title);
}

void world::mark_read(chat& in, std::int64_t person_id, std::int64_t upto, journal_line& line) {
  auto& read = in.read[person_id];
  read = std::max(read, upto);
  std::string json;
  fields(json).number("person", person_id).text("chat", in.key()).number("message_id", read);
  line.raw("read", json);
  live.publish("read", std::move(json), live::audience::one_person, person_id);
}

// ---- updates

void world::push_update(bot& to, std::string_view kind, std::string_view payload, std::int64_t order_key,
                        std::chrono::seconds lives, journal_line& line, chat* in, message* about) {
  if (to.revoked) return;
  const auto& wanted = to.allowed_updates;
  if (wanted.empty() ? must_be_asked_for(kind) : std::ranges::find(wanted, kind) == wanted.end()) return;
  const std::int64_t id = to.last_update_id + 1;
  std::string json;
  fields(json).number("update_id", id).raw(kind, payload);
  if (about && about->update_id == 0) about->update_id = id;
  if (live.wanted()) {
    std::string event;
    fields(event).number("bot", to.id).raw("update", json).number("at_us", machine_us());
    publish_panel("update", std::move(event));
  }
  line.to_wake_.push_back(&to);
  enqueue(to, id, std::string(kind), std::move(json), order_key, now() + lives, about ? in->key() : "",
          about ? about->id : 0);
  record_update(to.id, to.updates.back(), line);
}

void world::record_update(std::int64_t bot_id, const pending_update& one, journal_line& line) {
  fields f(line.item("updates"));
  f.number("bot", bot_id).number("order_key", one.order_key);
  f.number("expires_us", one.expires_at.time_since_epoch().count()).text("kind", one.kind);
  if (one.message_id != 0) f.text("chat", one.chat_key).number("message_id", one.message_id);
  f.raw("update", one.json);
}

void world::enqueue(bot& to, std::int64_t id, std::string kind, std::string json, std::int64_t order_key,
                    instant expires_at, std::string chat_key, std::int64_t message_id) {
  to.last_update_id = std::max(to.last_update_id, id);
  to.updates.push_back(
      {id, std::move(kind), std::move(json), expires_at, order_key, std::move(chat_key), message_id});
}

void world::forget_update(const pending_update& one, std::map<std::string, std::vector<std::int64_t>>& seen) {
  if (one.message_id == 0) return;
  chat* in = chat_by_key(one.chat_key);
  if (!in) return;
  const auto found = in->messages.find(one.message_id);
  if (found == in->messages.end() || found->second.seen) return;
  found->second.seen = true;
  seen[one.chat_key].push_back(one.message_id);
}

void world::publish_seen(const std::map<std::string, std::vector<std::int64_t>>& seen) {
  if (!live.wanted()) return;
  for (const auto& [key, ids] : seen) {
    std::string json;
    {
      fields f(json);
      f.text("chat", key);
      auto& list = f.begin("message_ids");
      append_json_list(list, ids, [&](std::int64_t id) { list += std::to_string(id); });
    }
    if (const chat* in = chat_by_key(key)) publish_chat("seen", *in, std::move(json));
  }
}

void world::confirm_below(bot& of, std::int64_t below, journal_line& line) {
  std::map<std::string, std::vector<std::int64_t>> seen;
  bool any = false;
  while (!of.updates.empty() && of.updates.front().id < below) {
    forget_update(of.updates.front(), seen);
    of.updates.pop_front();
    any = true;
  }
  if (!any) return;
  line.bot_id = of.id;
  std::string json;
  fields(json).number("bot", of.id).number("below", below);
  line.raw("confirmed", json);
  publish_seen(seen);
}

void world::confirm_one(bot& of, std::int64_t update_id, journal_line& line) {
  const auto found = std::ranges::find(of.updates, update_id, &pending_update::id);
  if (found == of.updates.end()) return;
  std::map<std::string, std::vector<std::int64_t>> seen;
  forget_update(*found, seen);
  of.updates.erase(found);
  line.bot_id = of.id;
  std::string json;
  fields(json).number("bot", of.id).number("id", update_id);
  line.raw("confirmed", json);
  publish_seen(seen);
}

void world::drop_updates(bot& of, journal_line& line) {
  if (!of.updates.empty()) confirm_below(of, of.updates.back().id + 1, line);
}

void world::drop_expired(bot& of) {
  const instant at = now();
  std::erase_if(of.updates, [&](const pending_update& one) { return one.expires_at <= at; });
}

// ---- callback queries

void world::record_query(const callback_query& one, journal_line& line) {
  fields(line.begin("query"))
      .text("id", one.id)
      .number("bot", one.bot)
      .number("person", one.person)
      .text("chat", one.chat_key)
      .number("message_id", one.message_id)
      .number("expires_us", one.expires_at.time_since_epoch().count());
}

callback_query& world::add_query(callback_query one, journal_line& line) {
  record_query(one, line);
  query_order_.push_back(one.id);
  // Old ones go, so that a long run does not keep them all; 10,000 is far more than 150 s of presses.
  while (query_order_.size() > 10'000) {
    queries_.erase(query_order_.front());
    query_order_.pop_front();
  }
  return queries_[one.id] = std::move(one);
}

callback_query* world::find_query(std::string_view id) {
  const auto found = queries_.find(std::string(id));
  return found == queries_.end() || found->second.expires_at <= now() ? nullptr : &found->second;
}

void world::close_query(const callback_query& one, journal_line& line) {
  text::append_json(line.begin("answered"), one.id);
  const std::string id = one.id;
  queries_.erase(id);
}

// ---- settings

void world::set_limits(const limit_settings& now, journal_line& line) {
  limits_ = now;
  fields(line.begin("limits"))
      .flag("enabled", now.enabled)
      .number("bot_per_second", now.bot_per_second)
      .number("paid_per_second", now.paid_per_second)
      .number("chat_per_second", now.chat_per_second)
      .number("chat_burst", now.chat_burst)
      .number("group_per_minute", now.group_per_minute);
}

void world::set_clock(std::chrono::microseconds offset, journal_line& line) {
  product_.set_offset(offset);
  line.raw("clock_us", std::to_string(offset.count()));
}

void world::mark_seeded(journal_line& line) {
  seeded_ = true;
  line.raw("seeded", "true");
}

void world::commit(journal_line& line) {
  std::string text;
  text.reserve(256 + line.members_.size());
  text += R"({"seq":)";
  text += std::to_string(journal.next_seq());
  text += R"(,"at_us":)";
  text += std::to_string(machine_us());
  text += R"(,"kind":")";
  text += line.kind_;
  text += '"';
  if (line.bot_id != 0) {
    text += R"(,"bot":)";
    text += std::to_string(line.bot_id);
  }
  if (!line.chat_key.empty()) {
    text += R"(,"chat":")";
    text += line.chat_key;
    text += '"';
  }
  text += line.members_;
  for (const auto& [name, items] : line.lists_) {
    text += ",\"";
    text += name;
    text += "\":[";
    text += items;
    text += ']';
  }
  text += "}\n";
  journal.append(text);
  for (bot* one : line.to_wake_) {
    one->work.ring();
    if (one->waiting) one->waiting->ring();
  }
  appended.ring();
}

// ---- files

std::string world::file_id(std::int64_t bot_id, const stored_file& one) {
  return std::string(file_kind_named(one.kind)->id_prefix) + std::to_string(bot_id) + "-" + one.unique;
}

stored_file* world::file_by_id(std::int64_t bot_id, std::string_view file_id) {
  const auto dash = file_id.rfind('-');
  if (dash == std::string_view::npos) return nullptr;
  stored_file* found = find_file(file_id.substr(dash + 1));
  return found && world::file_id(bot_id, *found) == file_id ? found : nullptr;
}

stored_file* world::file_by_path(std::string_view path) {
  const auto found = file_paths_.find(std::string(path));
  return found == file_paths_.end() ? nullptr : find_file(found->second);
}

stored_file* world::find_file(std::string_view unique) {
  const auto found = files_.find(std::string(unique));
  return found == files_.end() ? nullptr : &found->second;
}

std::string world::read_file(const stored_file& one) const {
  std::ifstream file(folder_ + "/files/" + one.unique, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(one.size), '\0');
  if (!file.read(bytes.data(), one.size)) throw std::runtime_error("file " + one.unique + " cannot be read");
  return bytes;
}

// ---- time, live

std::int64_t world::now_unix() const {
  return std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
}
std::int64_t world::machine_us() const { return machine_.now().time_since_epoch().count(); }

void world::publish_chat(std::string_view name, const chat& in, std::string json) {
  live.publish(name, std::move(json),
               in.is_private() ? live::audience::one_person : live::audience::everybody,
               in.is_private() ? in.id : 0);
}

void world::publish_panel(std::string_view name, std::string json) {
  live.publish(name, std::move(json), live::audience::panel);
}

}  // namespace tandem::sandbox
