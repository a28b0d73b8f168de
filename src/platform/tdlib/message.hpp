#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::tdlib {

// Message ids of TDLib are those of Telegram's servers (the ones in https://t.me/name/105) times 2^20; ids of
// messages that only this client knows lie in between.
inline constexpr std::int64_t id_step = 1 << 20;
inline constexpr std::int64_t to_local_id(std::int64_t server_id) { return server_id * id_step; }
inline constexpr std::int64_t to_server_id(std::int64_t local_id) { return local_id / id_step; }

enum class content_kind : std::uint8_t {
  text,
  photo,
  video,
  voice,
  document,
  sticker,
  poll,
  location,
  other,   // something that people send, without a text that could be read
  service  // somebody came, something was pinned: no message of a person
};

struct link {
  std::string url, text;
  friend bool operator==(const link&, const link&) = default;
};

// Where a forwarded message comes from: one of these.
struct forward {
  std::int64_t user_id = 0, chat_id = 0;
  std::int64_t message_id = 0;  // on the server, of a channel's post
  std::string name;             // of a person who hides behind it
};

// A message as far as a reader needs it.
struct message {
  std::int64_t chat_id = 0;
  std::int64_t id = 0;        // on the server
  std::int64_t album_id = 0;  // messages of one album share it; 0: none
  std::int64_t date = 0;      // Unix time, seconds
  bool outgoing = false;
  bool edited = false;
  std::int64_t sender_user = 0, sender_chat = 0;
  std::string signature;
  std::optional<forward> from;
  content_kind content = content_kind::other;
  std::string text;                   // or caption; of a poll the question and its options, each on a line
  std::vector<link> links;            // in the order of the text, those of buttons last
  std::vector<std::string> hashtags;  // without "#"
};

// Reads a record of type "message"; nothing if it is none, or one that is not on the server.
std::optional<message> read_message(const boost::json::object& record);

// A number of either kind of the schema: 105 or "105". 0 without one.
std::int64_t number(const boost::json::object& in, std::string_view name);
std::string_view text(const boost::json::object& in, std::string_view name);  // "" without one
const boost::json::object* object(const boost::json::object& in, std::string_view name);
std::string_view type_of(const boost::json::object& record);

}  // namespace tandem::tdlib
