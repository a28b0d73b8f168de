#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The objects of the Telegram Bot API 10.x that we use, under the names of its documentation
// (core.telegram.org/bots/api). An absent string is "", an absent list is empty, everything else optional is
// std::optional. Dates are Unix seconds, identifiers fit 52 bits, offsets in entities are UTF-16 code units.
// Unknown fields are ignored when read.
namespace tandem::telegram {

// An optional that lives on the heap: for what few objects have, so that the others stay small and cheap to
// move.
template <class T>
class boxed {
 public:
  boxed() = default;
  boxed(T value) : held_(std::make_unique<T>(std::move(value))) {}
  boxed(const boxed& other) : held_(other.held_ ? std::make_unique<T>(*other.held_) : nullptr) {}
  boxed(boxed&&) noexcept = default;
  boxed& operator=(boxed other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }

  T& emplace() { return *(held_ = std::make_unique<T>()); }
  void reset() { held_.reset(); }
  bool has_value() const { return held_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *held_; }
  const T& operator*() const { return *held_; }
  T* operator->() { return held_.get(); }
  const T* operator->() const { return held_.get(); }

 private:
  std::unique_ptr<T> held_;
};

struct user {
  std::int64_t id = 0;
  bool is_bot = false;
  std::string first_name, last_name, username, language_code;
  bool is_premium = false;
};

struct chat {
  std::int64_t id = 0;
  std::string type;  // private, group, supergroup, channel
  std::string title, username, first_name, last_name;
  bool is_forum = false;

  bool is_private() const { return type == "private"; }
};

struct message_entity {
  std::string type;  // bold, url, text_link, hashtag, bot_command …
  std::int64_t offset = 0, length = 0;
  std::string url;
  boxed<telegram::user> user;
  std::string language, custom_emoji_id;
};

struct photo_size {
  std::string file_id, file_unique_id;
  std::int64_t width = 0, height = 0;
  std::optional<std::int64_t> file_size;
};

struct document {
  std::string file_id, file_unique_id, file_name, mime_type;
  std::optional<std::int64_t> file_size;
};

struct video {
  std::string file_id, file_unique_id;
  std::int64_t width = 0, height = 0, duration = 0;
  std::string file_name, mime_type;
  std::optional<std::int64_t> file_size;
};

// A GIF or a silent video. The message's `document` is set beside it.
struct animation {
  std::string file_id, file_unique_id;
  std::int64_t width = 0, height = 0, duration = 0;
  std::string file_name, mime_type;
  std::optional<std::int64_t> file_size;
};

struct audio {
  std::string file_id, file_unique_id;
  std::int64_t duration = 0;
  std::string performer, title, file_name, mime_type;
  std::optional<std::int64_t> file_size;
};

struct voice {
  std::string file_id, file_unique_id;
  std::int64_t duration = 0;  // seconds
  std::string mime_type;
  std::optional<std::int64_t> file_size;
};

// A round video of up to a minute. It has no caption.
struct video_note {
  std::string file_id, file_unique_id;
  std::int64_t length = 0, duration = 0;  // diameter in pixels; seconds
  std::optional<std::int64_t> file_size;
};

// It has no caption.
struct sticker {
  std::string file_id, file_unique_id, type;
  std::int64_t width = 0, height = 0;
  bool is_animated = false, is_video = false;
  std::string emoji, set_name;
  std::optional<std::int64_t> file_size;
};

struct file {
  std::string file_id, file_unique_id;
  std::optional<std::int64_t> file_size;
  std::string file_path;  // for bot_api::download; valid for at least an hour
};

struct contact {
  std::string phone_number, first_name, last_name;
  std::optional<std::int64_t> user_id;  // compare it with the sender's: anybody's card can be shared
};

struct location {
  double latitude = 0, longitude = 0;
  std::optional<double> horizontal_accuracy;
  std::optional<std::int64_t> live_period;  // seconds; there: it moves, by edited messages
};

struct message_origin {
  std::string type;  // user, hidden_user, chat, channel
  std::int64_t date = 0;
  std::optional<user> sender_user;
  std::string sender_user_name;
  std::optional<telegram::chat> sender_chat, chat;
  std::optional<std::int64_t> message_id;
};

struct web_app_info {
  std::string url;
};

struct copy_text_button {
  std::string text;  // 1 to 256 characters
};

// Exactly one action besides the text: url, callback_data (1 to 64 bytes), web_app (private chats only),
// copy_text, switch_inline_query or pay. `style` is danger, success or primary.
struct inline_button {
  std::string text, url, callback_data;
  std::optional<web_app_info> web_app;
  std::optional<copy_text_button> copy_text;
  std::optional<std::string> switch_inline_query;
  bool pay = false;
  std::string style;
};

struct inline_keyboard_markup {
  std::vector<std::vector<inline_button>> inline_keyboard;
};

// At most one of the actions; a button without any sends its text.
struct keyboard_button {
  std::string text;
  bool request_contact = false, request_location = false;
  std::optional<web_app_info> web_app;
};

struct reply_keyboard_markup {
  std::vector<std::vector<keyboard_button>> keyboard;
  bool is_persistent = false, resize_keyboard = false, one_time_keyboard = false;
  std::string input_field_placeholder;
};

struct reply_keyboard_remove {
  bool remove_keyboard = true;
};

struct force_reply {
  bool force_reply = true;
  std::string input_field_placeholder;
};

using reply_markup = std::variant<std::monostate, inline_keyboard_markup, reply_keyboard_markup,
                                  reply_keyboard_remove, force_reply>;

struct link_preview_options {
  bool is_disabled = false;
  std::string url;
  bool prefer_small_media = false, prefer_large_media = false, show_above_text = false;
};

struct successful_payment {
  std::string currency;
  std::int64_t total_amount = 0;  // minor units
  std::string invoice_payload;
  std::optional<std::int64_t> subscription_expiration_date;
  bool is_recurring = false, is_first_recurring = false;
  std::string telegram_payment_charge_id, provider_payment_charge_id;
};

struct message {
  std::int64_t message_id = 0, date = 0;
  telegram::chat chat;
  std::optional<user> from;
  boxed<telegram::chat> sender_chat;
  std::optional<std::int64_t> message_thread_id, edit_date;
  boxed<message_origin> forward_origin;
  boxed<message> reply_to_message;
  std::string media_group_id, author_signature;
  std::string text;
  std::vector<message_entity> entities;
  std::string caption;
  std::vector<message_entity> caption_entities;
  std::vector<photo_size> photo;  // small to large
  boxed<telegram::video> video;
  boxed<telegram::animation> animation;
  boxed<telegram::audio> audio;
  boxed<telegram::voice> voice;
  boxed<telegram::video_note> video_note;
  boxed<telegram::sticker> sticker;
  boxed<telegram::document> document;
  boxed<telegram::contact> contact;
  boxed<telegram::location> location;
  boxed<message> pinned_message;  // a line in the chat that it was pinned; a bot also hears of its own pins
  boxed<telegram::successful_payment> successful_payment;
  std::vector<user> new_chat_members;
  boxed<user> left_chat_member;
  std::optional<std::int64_t> migrate_to_chat_id, migrate_from_chat_id;
  boxed<inline_keyboard_markup> reply_markup;

  // False for the InaccessibleMessage of a callback query: only chat and message_id are known.
  bool accessible() const { return date != 0; }
  // Of the largest size of its photo; "" if it has none.
  std::string_view photo_id() const {
    return photo.empty() ? std::string_view() : std::string_view(photo.back().file_id);
  }
};

// What a person has sent.
enum class message_content {
  text,
  photo,
  video,
  animation,
  audio,
  voice,
  video_note,
  sticker,
  document,
  contact,
  location,
  other,  // polls, dice, stories … and the lines about the chat itself (pins, members, payments)
};
message_content content_of(const message& what);
std::string_view name_of(message_content what);  // as the message's field is called; "other"

struct message_id {
  std::int64_t message_id = 0;
};

struct callback_query {
  std::string id;
  user from;
  boxed<telegram::message> message;  // look at accessible()
  std::string inline_message_id, chat_instance, data;
};

struct chat_member {
  std::string status;  // creator, administrator, member, restricted, left, kicked
  telegram::user user;
};

// In a private chat: "kicked" when the person blocked the bot, "member" when they came back.
struct chat_member_updated {
  telegram::chat chat;
  user from;
  std::int64_t date = 0;
  chat_member old_chat_member, new_chat_member;
};

struct chat_join_request {
  telegram::chat chat;
  user from;
  std::int64_t user_chat_id = 0, date = 0;
  std::string bio;
};

struct inline_query {
  std::string id;
  user from;
  std::string query, offset, chat_type;
};

// To be answered within 10 seconds.
struct pre_checkout_query {
  std::string id;
  user from;
  std::string currency;
  std::int64_t total_amount = 0;
  std::string invoice_payload;
};

enum class update_kind {
  unknown,  // one that we do not use or do not know: skipped and confirmed
  message,
  edited_message,
  channel_post,
  edited_channel_post,
  callback_query,
  inline_query,
  my_chat_member,
  chat_member,
  chat_join_request,
  pre_checkout_query,
};

std::string_view name_of(update_kind kind);         // as in the Bot API; "" for unknown
update_kind update_kind_of(std::string_view name);  // unknown for a name that we do not use

struct update {
  std::int64_t update_id = 0;
  update_kind kind = update_kind::unknown;
  boxed<telegram::message> message;  // of the four message kinds
  boxed<telegram::callback_query> callback_query;
  boxed<telegram::inline_query> inline_query;
  boxed<chat_member_updated> member;  // of my_chat_member and chat_member
  boxed<telegram::chat_join_request> chat_join_request;
  boxed<telegram::pre_checkout_query> pre_checkout_query;
  std::string refused;  // why the content could not be read ("message.chat.id: …"): the kind is then unknown

  const user* from() const;            // who did it; null for channel posts and unknown kinds
  const telegram::chat* chat() const;  // where; null for inline queries and the like
  // Updates of one key are handled in order: the chat, else the person, else 0.
  std::int64_t order_key() const;
};

struct webhook_info {
  std::string url;  // "" while polling
  bool has_custom_certificate = false;
  std::int64_t pending_update_count = 0;
  std::optional<std::int64_t> last_error_date;
  std::string last_error_message;
  std::optional<std::int64_t> max_connections;
};

struct bot_command {
  std::string command, description;  // 1 to 32 of a-z 0-9 _; 1 to 256 characters
};

struct chat_full_info {
  std::int64_t id = 0;
  std::string type, title, username, first_name, last_name, bio, description, invite_link;
  std::optional<std::int64_t> linked_chat_id;
};

// Why a JSON text is not what it should be, with the place: "message.entities[2].offset: expected a number".
struct json_error {
  std::string path, reason;
  std::string text() const { return path.empty() ? reason : path + ": " + reason; }
};

// Reads one object or a list of them; T is any object above or a std::vector of it (types.cpp lists them).
template <class T>
std::expected<T, json_error> from_json(std::string_view text);
// The same into an object that is there; nothing if it went well.
template <class T>
std::optional<json_error> read_json(std::string_view text, T& into);
// Writes an object as the Bot API does: what is absent is left out.
template <class T>
std::string to_json(const T& object);

}  // namespace tandem::telegram
