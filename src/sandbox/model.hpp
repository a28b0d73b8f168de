#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/event.hpp"
#include "base/clock.hpp"
#include "sandbox/entities.hpp"

// What the emulator keeps in memory. Times called *_at are of the product's clock (which may be shifted).
namespace tandem::sandbox {

struct person {
  std::int64_t id = 0;
  std::string first_name, last_name, username, language_code, phone_number, color;
  bool premium = false;
  bool gone = false;  // the account was deleted
};

struct stored_file {
  std::string unique;  // file_unique_id: the same for all bots, made of the content
  std::int64_t number = 0;
  std::string kind;  // as its file_kind is called: "photo", "voice" …
  std::string name, mime;
  std::int64_t size = 0;
  int width = 0, height = 0;     // pixels; of a video note both are its diameter
  std::int64_t duration = 0;     // seconds; of what plays
  std::string emoji;             // of a sticker
  std::string performer, title;  // of an audio

  std::string path() const;  // file_path of the Bot API: "photos/file_3.jpg"
};

enum class content {
  text,
  photo,
  video,
  animation,
  audio,
  document,
  voice,
  video_note,
  sticker,
  other,    // location, contact
  service,  // a line about the chat: that a message was pinned
};

struct message {
  std::int64_t id = 0;
  std::int64_t date = 0, edit_date = 0;  // Unix seconds
  std::int64_t from = 0;                 // a person or a bot; 0: the channel itself
  content kind = content::text;
  formatted text;        // text or caption
  std::string file;      // unique of its photo, voice …
  std::string body;      // location, contact, pinned_message: finished members
  std::string extra;     // finished members of the envelope: forward_origin, media_group_id …
  std::string markup;    // inline keyboard, JSON
  std::string keyboard;  // reply keyboard that came with it, JSON (the Bot API never shows it)
  std::int64_t reply_to = 0;
  std::int64_t update_id = 0;  // of the update in which a bot gets it
  bool written_by_person = false;
  bool seen = false;  // a bot has taken that update
  bool is_protected = false;
};

enum class chat_type { private_chat, supergroup, channel };

struct chat {
  chat_type type = chat_type::private_chat;
  std::int64_t id = 0;   // of a private chat: the person's
  std::int64_t bot = 0;  // private chats only
  std::string title, username, description;
  bool preview = true;  // channels: /s/NAME
  std::int64_t subscribers = 0;
  std::set<std::int64_t> bots;    // channels: administrators; groups: members
  std::set<std::int64_t> people;  // groups
  std::map<std::int64_t, message> messages;
  std::int64_t last_id = 0;          // channels and groups count by themselves, private chats by the bot
  std::string keyboard;              // the reply keyboard that is shown, JSON
  std::vector<std::int64_t> pinned;  // the last one is on top
  std::unordered_map<std::int64_t, std::int64_t> read;  // by person: everything up to this id

  bool is_private() const { return type == chat_type::private_chat; }
  // "<bot>:<person>" or "<chat id>".
  std::string key() const {
    return is_private() ? std::to_string(bot) + ":" + std::to_string(id) : std::to_string(id);
  }
};

struct pending_update {
  std::int64_t id = 0;
  std::string kind;
  std::string json;  // the whole Update
  instant expires_at{};
  std::int64_t order_key = 0;  // updates of one chat go to a webhook one after another
  std::string chat_key;        // of the message in it, if it has one
  std::int64_t message_id = 0;
};

struct webhook {
  std::string url, secret, ip_address;
  int max_connections = 40;
  std::string last_error;
  std::int64_t last_error_at = 0;  // Unix seconds
  std::uint64_t epoch = 0;         // grows when it is set or deleted
};

enum class membership { fresh, started, blocked };

// Texts by language code ("" for all others).
using localized = std::map<std::string, std::string>;

struct bot {
  explicit bot(const executor& on) : work(on) {}

  std::int64_t id = 0;
  std::string token, username;
  bool paid_broadcast = false;
  bool revoked = false;
  localized names, descriptions, short_descriptions;
  std::map<std::pair<std::string, std::string>, std::string>
      commands;                                      // (scope as JSON, language) → JSON list
  std::map<std::int64_t, std::string> menu_buttons;  // by person, 0: default; JSON

  std::int64_t last_message_id = 0;
  std::int64_t last_update_id = 0;
  std::deque<pending_update> updates;
  std::vector<std::string> allowed_updates;  // empty: all but the three that must be asked for
  tandem::sandbox::webhook hook;
  std::unordered_map<std::int64_t, membership> members;
  std::unordered_map<std::int64_t, std::unique_ptr<chat>> chats;  // private ones, by person

  async::event work;  // an update has come, or the webhook has changed: for the webhook's delivery
  std::shared_ptr<async::event> waiting;  // the same for the getUpdates that waits, if one does
  std::vector<std::string>
      last_taken;  // the updates of the last getUpdates: the fault "duplicate" gives them again
  std::uint64_t accepted = 0;
  std::map<int, std::uint64_t> refused;

  const std::string& title() const { return names.at(""); }
};

struct callback_query {
  std::string id;
  std::int64_t bot = 0, person = 0;
  std::string chat_key;
  std::int64_t message_id = 0;
  instant expires_at{};
};

}  // namespace tandem::sandbox
