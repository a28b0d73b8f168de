#include "platform/telegram/types.hpp"

#include <array>
#include <bit>
#include <boost/describe.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>

#include "platform/telegram/dispatcher.hpp"
#include "platform/telegram/json_cursor.hpp"
#include "platform/telegram/json_text.hpp"
#include "platform/telegram/multipart.hpp"

namespace tandem::telegram {

BOOST_DESCRIBE_STRUCT(user, (), (id, is_bot, first_name, last_name, username, language_code, is_premium))
BOOST_DESCRIBE_STRUCT(chat, (), (id, type, title, username, first_name, last_name, is_forum))
BOOST_DESCRIBE_STRUCT(message_entity, (), (type, offset, length, url, user, language, custom_emoji_id))
BOOST_DESCRIBE_STRUCT(photo_size, (), (file_id, file_unique_id, width, height, file_size))
BOOST_DESCRIBE_STRUCT(document, (), (file_id, file_unique_id, file_name, mime_type, file_size))
BOOST_DESCRIBE_STRUCT(video, (),
                      (file_id, file_unique_id, width, height, duration, file_name, mime_type, file_size))
BOOST_DESCRIBE_STRUCT(animation, (),
                      (file_id, file_unique_id, width, height, duration, file_name, mime_type, file_size))
BOOST_DESCRIBE_STRUCT(audio, (),
                      (file_id, file_unique_id, duration, performer, title, file_name, mime_type, file_size))
BOOST_DESCRIBE_STRUCT(voice, (), (file_id, file_unique_id, duration, mime_type, file_size))
BOOST_DESCRIBE_STRUCT(video_note, (), (file_id, file_unique_id, length, duration, file_size))
BOOST_DESCRIBE_STRUCT(sticker, (),
                      (file_id, file_unique_id, type, width, height, is_animated, is_video, emoji, set_name,
                       file_size))
BOOST_DESCRIBE_STRUCT(file, (), (file_id, file_unique_id, file_size, file_path))
BOOST_DESCRIBE_STRUCT(contact, (), (phone_number, first_name, last_name, user_id))
BOOST_DESCRIBE_STRUCT(location, (), (latitude, longitude, horizontal_accuracy, live_period))
BOOST_DESCRIBE_STRUCT(message_origin, (),
                      (type, date, sender_user, sender_user_name, sender_chat, chat, message_id))
BOOST_DESCRIBE_STRUCT(web_app_info, (), (url))
BOOST_DESCRIBE_STRUCT(copy_text_button, (), (text))
BOOST_DESCRIBE_STRUCT(inline_button, (),
                      (text, url, callback_data, web_app, copy_text, switch_inline_query, pay, style))
BOOST_DESCRIBE_STRUCT(inline_keyboard_markup, (), (inline_keyboard))
BOOST_DESCRIBE_STRUCT(keyboard_button, (), (text, request_contact, request_location, web_app))
BOOST_DESCRIBE_STRUCT(reply_keyboard_markup, (),
                      (keyboard, is_persistent, resize_keyboard, one_time_keyboard, input_field_placeholder))
BOOST_DESCRIBE_STRUCT(reply_keyboard_remove, (), (remove_keyboard))
BOOST_DESCRIBE_STRUCT(force_reply, (), (force_reply, input_field_placeholder))
BOOST_DESCRIBE_STRUCT(link_preview_options, (),
                      (is_disabled, url, prefer_small_media, prefer_large_media, show_above_text))
BOOST_DESCRIBE_STRUCT(successful_payment, (),
                      (currency, total_amount, invoice_payload, subscription_expiration_date, is_recurring,
                       is_first_recurring, telegram_payment_charge_id, provider_payment_charge_id))
BOOST_DESCRIBE_STRUCT(message, (),
                      (message_id, date, chat, from, sender_chat, message_thread_id, edit_date,
                       forward_origin, reply_to_message, media_group_id, author_signature, text, entities,
                       caption, caption_entities, photo, video, animation, audio, voice, video_note, sticker,
                       document, contact, location, pinned_message, successful_payment, new_chat_members,
                       left_chat_member, migrate_to_chat_id, migrate_from_chat_id, reply_markup))
BOOST_DESCRIBE_STRUCT(message_id, (), (message_id))
BOOST_DESCRIBE_STRUCT(callback_query, (), (id, from, message, inline_message_id, chat_instance, data))
BOOST_DESCRIBE_STRUCT(chat_member, (), (status, user))
BOOST_DESCRIBE_STRUCT(chat_member_updated, (), (chat, from, date, old_chat_member, new_chat_member))
BOOST_DESCRIBE_STRUCT(chat_join_request, (), (chat, from, user_chat_id, date, bio))
BOOST_DESCRIBE_STRUCT(inline_query, (), (id, from, query, offset, chat_type))
BOOST_DESCRIBE_STRUCT(pre_checkout_query, (), (id, from, currency, total_amount, invoice_payload))
BOOST_DESCRIBE_STRUCT(webhook_info, (),
                      (url, has_custom_certificate, pending_update_count, last_error_date, last_error_message,
                       max_connections))
BOOST_DESCRIBE_STRUCT(bot_command, (), (command, description))
BOOST_DESCRIBE_STRUCT(chat_full_info, (),
                      (id, type, title, username, first_name, last_name, bio, description, invite_link,
                       linked_chat_id))

namespace {

namespace json = boost::json;

template <class T>
concept described = boost::describe::has_describe_members<T>::value;

// What has no meaning without it; everything else may be missing.
constexpr bool is_required(std::string_view name) {
  return name == "id" || name == "message_id" || name == "update_id" || name == "file_id";
}
// The Bot API leaves false out, but for these.
constexpr bool is_always_written(std::string_view name) {
  return name == "is_bot" || name == "has_custom_certificate";
}

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public>;

// Names are found by a tag of their length and three letters, which is nearly always unique; then they are
// compared.
constexpr std::uint32_t tag_of(std::string_view name) {
  const auto letter = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]));
  };
  if (name.empty()) return 0;
  return static_cast<std::uint32_t>(name.size() & 0xff) | letter(0) << 8 | letter(name.size() / 2) << 16 |
         letter(name.size() - 1) << 24;
}

template <class T>
struct member_table {
  static constexpr std::size_t size = boost::mp11::mp_size<members_of<T>>::value;
  static_assert(size <= 64);
  std::array<std::string_view, size> names{};
  std::array<std::uint32_t, size> tags{};
  std::uint64_t required = 0;  // a bit for each that must be there

  constexpr member_table() {
    std::size_t index = 0;
    boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
      using type = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
      names[index] = member.name;
      tags[index] = tag_of(member.name);
      const bool plain = std::is_same_v<type, std::int64_t> || std::is_same_v<type, std::string>;
      if (plain && is_required(member.name)) required |= std::uint64_t(1) << index;
      ++index;
    });
  }
};
template <class T>
constexpr member_table<T> members;

// The size of the table for a name that it does not have.
template <class T>
std::size_t index_of(std::string_view name) {
  const auto& table = members<T>;
  const auto tag = tag_of(name);
  std::size_t index = 0;
  while (index < table.size && (table.tags[index] != tag || table.names[index] != name)) ++index;
  return index;
}

// Reads JSON into objects. False: the error says what was wrong, its path is put together on the way out.
struct reader {
  json_cursor in;
  json_error error{};

  bool fail(std::string reason) {
    error.reason = in.broken() ? "is no JSON" : std::move(reason);
    return false;
  }
  bool at(std::string_view step) {
    const bool joined = error.path.empty() || error.path.front() == '[';
    error.path = std::string(step) + (joined ? "" : ".") + error.path;
    return false;
  }

  bool read(bool& out) { return in.boolean(out) || fail("expected true or false"); }
  bool read(std::int64_t& out) { return in.integer(out) || fail("expected a whole number"); }
  bool read(double& out) { return in.number(out) || fail("expected a number"); }
  bool read(std::string& out) { return in.string(out) || fail("expected a string"); }
  template <class T>
  bool read(std::optional<T>& out) {
    return read(out.emplace());
  }
  template <class T>
  bool read(boxed<T>& out) {
    return read(out.emplace());
  }
  template <class T>
  bool read(std::vector<T>& out) {
    if (in.peek() != json_cursor::kind::array) return fail("expected a list");
    const bool good =
        in.array([&] { return read(out.emplace_back()) || at("[" + std::to_string(out.size() - 1) + "]"); });
    return good || !error.reason.empty() ? good : fail("is no JSON");
  }
  template <described T>
  bool read(T& out) {
    if (in.peek() != json_cursor::kind::object) return fail("expected an object");
    std::uint64_t present = 0;
    const bool good = in.object([&](std::string_view name) {
      const auto index = index_of<T>(name);
      if (in.peek() == json_cursor::kind::null || index == members<T>.size) return in.skip();
      present |= std::uint64_t(1) << index;
      return boost::mp11::mp_with_index<members<T>.size>(index, [&](auto at_index) {
        using member = boost::mp11::mp_at<members_of<T>, decltype(at_index)>;
        return read(out.*member::pointer) || at(member::name);
      });
    });
    if (!good) return error.reason.empty() ? fail("is no JSON") : false;
    const auto missing = members<T>.required & ~present;
    return missing == 0 || (fail("is missing") || at(members<T>.names[std::countr_zero(missing)]));
  }
};

template <class T>
bool is_absent(std::string_view name, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return !value && !is_always_written(name);
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else if constexpr (requires { value.empty(); }) {
    return value.empty() && !is_required(name);
  }
  return false;
}

struct writer {
  std::string& out;

  void write(bool value) { out += value ? "true" : "false"; }
  void write(std::int64_t value) { append_number(out, value); }
  void write(double value) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void write(const std::string& value) { text::append_json(out, value); }
  template <class T>
  void write(const std::optional<T>& value) {
    write(*value);
  }
  template <class T>
  void write(const boxed<T>& value) {
    write(*value);
  }
  template <class T>
  void write(const std::vector<T>& value) {
    out += '[';
    for (const auto& element : value) {
      if (&element != value.data()) out += ',';
      write(element);
    }
    out += ']';
  }
  template <described T>
  void write(const T& value) {
    out += '{';
    bool first = true;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          const auto& field = value.*member.pointer;
          if (is_absent(member.name, field)) return;
          if (!first) out += ',';
          first = false;
          out += '"';
          out += member.name;
          out += "\":";
          write(field);
        });
    out += '}';
  }
};

constexpr std::pair<update_kind, std::string_view> kinds[] = {
    {update_kind::message, "message"},
    {update_kind::edited_message, "edited_message"},
    {update_kind::channel_post, "channel_post"},
    {update_kind::edited_channel_post, "edited_channel_post"},
    {update_kind::callback_query, "callback_query"},
    {update_kind::inline_query, "inline_query"},
    {update_kind::my_chat_member, "my_chat_member"},
    {update_kind::chat_member, "chat_member"},
    {update_kind::chat_join_request, "chat_join_request"},
    {update_kind::pre_checkout_query, "pre_checkout_query"},
};

constexpr std::pair<message_content, std::string_view> contents[] = {
    {message_content::text, "text"},
    {message_content::photo, "photo"},
    {message_content::video, "video"},
    {message_content::animation, "animation"},
    {message_content::audio, "audio"},
    {message_content::voice, "voice"},
    {message_content::video_note, "video_note"},
    {message_content::sticker, "sticker"},
    {message_content::document, "document"},
    {message_content::contact, "contact"},
    {message_content::location, "location"},
    {message_content::other, "other"},
};

bool read_content(reader& from, update& to) {
  switch (to.kind) {
    case update_kind::callback_query: return from.read(to.callback_query);
    case update_kind::inline_query: return from.read(to.inline_query);
    case update_kind::my_chat_member:
    case update_kind::chat_member: return from.read(to.member);
    case update_kind::chat_join_request: return from.read(to.chat_join_request);
    case update_kind::pre_checkout_query: return from.read(to.pre_checkout_query);
    default: return from.read(to.message);
  }
}

// One update, `number` telling whether it has one. False: the text is no JSON, or no object.
bool read_one(reader& from, update& out, bool& numbered) {
  if (from.in.peek() != json_cursor::kind::object) return from.fail("expected an object");
  const bool good = from.in.object([&](std::string_view name) {
    if (name == "update_id") {
      const auto begin = from.in.here();
      if (from.in.integer(out.update_id)) return numbered = true;
      from.in.back_to(begin);
      return from.in.skip();
    }
    const bool first = out.kind == update_kind::unknown && out.refused.empty();
    const auto kind = first ? update_kind_of(name) : update_kind::unknown;
    if (kind == update_kind::unknown) return from.in.skip();
    const auto begin = from.in.here();
    out.kind = kind;
    if (read_content(from, out)) return true;
    if (from.in.broken()) return false;
    // What can't be read is told and skipped; the number is still worth having.
    from.at(name);
    const auto id = out.update_id;
    out = update();
    out.update_id = id;
    out.refused = std::exchange(from.error, {}).text();
    from.in.back_to(begin);
    return from.in.skip();
  });
  return good || from.fail("is no JSON");
}

}  // namespace

std::string_view name_of(update_kind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) return name;
  }
  return "";
}

update_kind update_kind_of(std::string_view name) {
  for (const auto& [kind, known] : kinds) {
    if (known == name) return kind;
  }
  return update_kind::unknown;
}

message_content content_of(const message& what) {
  if (!what.text.empty()) return message_content::text;
  if (!what.photo.empty()) return message_content::photo;
  if (what.video) return message_content::video;
  if (what.animation) return message_content::animation;
  if (what.audio) return message_content::audio;
  if (what.voice) return message_content::voice;
  if (what.video_note) return message_content::video_note;
  if (what.sticker) return message_content::sticker;
  if (what.document) return message_content::document;
  if (what.contact) return message_content::contact;
  if (what.location) return message_content::location;
  return message_content::other;
}

std::string_view name_of(message_content what) {
  for (const auto& [known, name] : contents) {
    if (known == what) return name;
  }
  return "other";
}

const user* update::from() const {
  if (message) return message->from ? &*message->from : nullptr;
  if (callback_query) return &callback_query->from;
  if (inline_query) return &inline_query->from;
  if (member) return &member->from;
  if (chat_join_request) return &chat_join_request->from;
  if (pre_checkout_query) return &pre_checkout_query->from;
  return nullptr;
}

const telegram::chat* update::chat() const {
  if (message) return &message->chat;
  if (callback_query) return callback_query->message ? &callback_query->message->chat : nullptr;
  if (member) return &member->chat;
  if (chat_join_request) return &chat_join_request->chat;
  return nullptr;
}

std::int64_t update::order_key() const {
  if (const auto* where = chat()) return where->id;
  if (const auto* who = from()) return who->id;
  return 0;
}

template <class T>
std::optional<json_error> read_json(std::string_view text, T& into) {
  reader from{json_cursor(text)};
  if (from.read(into) && (from.in.at_end() || from.fail("is no JSON"))) return std::nullopt;
  return std::move(from.error);
}

template <class T>
std::expected<T, json_error> from_json(std::string_view text) {
  std::expected<T, json_error> out(std::in_place);
  if (auto error = read_json(text, *out)) out = std::unexpected(std::move(*error));
  return out;
}

template <class T>
std::string to_json(const T& object) {
  std::string out;
  writer{out}.write(object);
  return out;
}

std::expected<update, json_error> read_update(std::string_view text) {
  update out;
  bool numbered = false;
  reader from{json_cursor(text)};
  if (!read_one(from, out, numbered) || !from.in.at_end())
    return std::unexpected(json_error{"", "is no JSON object"});
  if (!numbered) return std::unexpected(json_error{"update_id", "expected a whole number"});
  return out;
}

std::expected<std::vector<update>, json_error> read_updates(std::string_view text) {
  std::vector<update> out;
  bool some = false;
  reader from{json_cursor(text)};
  const bool good = from.in.array([&] {
    some = true;
    if (from.in.peek() != json_cursor::kind::object) return from.in.skip();
    update one;
    bool numbered = false;
    if (!read_one(from, one, numbered)) return false;
    // One without a number can be neither handled nor confirmed by itself: the next one's number confirms it.
    if (numbered) out.push_back(std::move(one));
    return true;
  });
  if (!good || !from.in.at_end()) return std::unexpected(json_error{"", "is no JSON list"});
  if (some && out.empty()) return std::unexpected(json_error{"update_id", "is missing in all updates"});
  return out;
}

std::string multipart_body(std::string_view params, const std::vector<upload>& files,
                           std::string_view boundary) {
  std::string out;
  const auto part = [&](std::string_view name, std::string_view more, std::string_view content) {
    out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"").append(name);
    out.append("\"").append(more).append("\r\n\r\n").append(content).append("\r\n");
  };
  const auto document = json::parse(json::string_view(params.data(), params.size()));
  for (const auto& [name, value] : document.as_object()) {
    const auto& text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    part(std::string_view(name.data(), name.size()), "", text);
  }
  for (const auto& file : files) {
    std::string name;
    for (const char letter : file.file_name)
      name += letter == '"' || letter == '\r' || letter == '\n' ? '_' : letter;
    const auto& type =
        file.content_type.empty() ? std::string("application/octet-stream") : file.content_type;
    part(file.field, "; filename=\"" + name + "\"\r\nContent-Type: " + type, file.bytes);
  }
  return out.append("--").append(boundary).append("--\r\n");
}

#define TANDEM_TELEGRAM_JSON_ONE(...)                                                       \
  template std::optional<json_error> read_json(std::string_view, __VA_ARGS__&);             \
  template std::expected<__VA_ARGS__, json_error> from_json<__VA_ARGS__>(std::string_view); \
  template std::string to_json(const __VA_ARGS__&);
#define TANDEM_TELEGRAM_JSON(type) \
  TANDEM_TELEGRAM_JSON_ONE(type)   \
  TANDEM_TELEGRAM_JSON_ONE(std::vector<type>)

TANDEM_TELEGRAM_JSON(user)
TANDEM_TELEGRAM_JSON(chat)
TANDEM_TELEGRAM_JSON(message_entity)
TANDEM_TELEGRAM_JSON(photo_size)
TANDEM_TELEGRAM_JSON(document)
TANDEM_TELEGRAM_JSON(file)
TANDEM_TELEGRAM_JSON(inline_keyboard_markup)
TANDEM_TELEGRAM_JSON(reply_keyboard_markup)
TANDEM_TELEGRAM_JSON(reply_keyboard_remove)
TANDEM_TELEGRAM_JSON(force_reply)
TANDEM_TELEGRAM_JSON(link_preview_options)
TANDEM_TELEGRAM_JSON(message)
TANDEM_TELEGRAM_JSON(message_id)
TANDEM_TELEGRAM_JSON(callback_query)
TANDEM_TELEGRAM_JSON(chat_member_updated)
TANDEM_TELEGRAM_JSON(webhook_info)
TANDEM_TELEGRAM_JSON(bot_command)
TANDEM_TELEGRAM_JSON(chat_full_info)

}  // namespace tandem::telegram
