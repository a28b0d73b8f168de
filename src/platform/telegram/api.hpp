#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "platform/telegram/types.hpp"

// Calls to the Telegram Bot API. Refused calls are values; only a broken program throws.
namespace tandem::telegram {

// What to do about a refusal. The server's texts are matched on their stable part.
enum class refusal {
  other,           // permanent for this call
  blocked,         // 403: the person blocked the bot, never started it, or the bot was removed from the chat
  deactivated,     // 403: the account is deleted
  chat_not_found,  // the bot has never seen this chat
  not_modified,    // an edit that changes nothing: treat as success
  message_gone,    // the message to edit, delete, copy or answer is not there, or can't be edited or deleted
  file_too_big,    // getFile: more than a bot may download (20 MB)
  wrong_file,      // the file_id is another bot's, or has expired: upload the bytes
  too_old_query,   // a callback answered too late
  entities,        // the formatting is not understood: send as plain text
  too_long,        // text or caption over the limit
  flood,           // 429, after all patience was used up
  unauthorized,    // 401: the token is revoked
  conflict,        // 409: another poller, or a webhook is set
  server,          // 5xx, a non-JSON answer: tried again until the patience ended
  uncertain,       // no answer: it is unknown whether the call was carried out
  unreachable,     // no connection: certainly not carried out
  stopped,         // the sender was stopped before the call was made
};
std::string_view name_of(refusal why);
// Nothing of this bot goes through for now: that says nothing about the call, and another try counts for
// none. A token is given anew, a flood and a broken line end.
constexpr bool takes_nothing(refusal why) {
  return why == refusal::flood || why == refusal::unreachable || why == refusal::unauthorized;
}

struct api_error {
  int code = 0;  // error_code of the server; 0 when there was no answer
  std::string description;
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::int64_t> migrate_to_chat_id;
  refusal why = refusal::other;

  // Nothing will reach this chat until the person comes back: stop writing to it.
  bool chat_is_closed() const {
    return why == refusal::blocked || why == refusal::deactivated || why == refusal::chat_not_found;
  }
};

template <class T>
using answer = std::expected<T, api_error>;

// The classification alone: from error_code and description.
refusal classify(int code, std::string_view description);
// Takes an HTTP answer apart: the raw JSON of "result", or the error; a body that is no JSON is
// refusal::server.
answer<std::string> read_envelope(int http_status, std::string body);

// Answers to a person overtake mailings.
enum class urgency { reply, broadcast };

// Telegram has no idempotency key. After a lost answer or a 5xx, at_least_once repeats the call (it may then
// arrive twice), at_most_once gives refusal::uncertain or refusal::server back.
enum class repeat { at_least_once, at_most_once };

// A file sent with a call; `field` is the parameter's name, or what an attach:// in the parameters names.
struct upload {
  std::string field, file_name, content_type, bytes;
};

struct call_options {
  std::int64_t chat_id =
      0;  // goes into the parameters as chat_id (so that it can follow a migration); 0: none
  telegram::urgency urgency = urgency::reply;
  int messages = 0;  // how many messages the call counts as; 0 is not limited (answerCallbackQuery, getMe …)
  telegram::repeat repeat = repeat::at_least_once;
  std::chrono::milliseconds limit{20'000};      // of one attempt
  std::chrono::milliseconds patience{120'000};  // after the first attempt, how long to go on trying
  std::vector<upload> files;                    // makes it multipart/form-data
  bool answered_at_once = true;                 // false: the server holds it on purpose (getUpdates)
};

// What most sending calls have in common.
struct send_options {
  telegram::urgency urgency = urgency::reply;
  telegram::repeat repeat = repeat::at_least_once;
  bool disable_notification = false, protect_content = false;
  std::optional<std::int64_t> message_thread_id;
  std::optional<std::int64_t> reply_to;  // a message id; sent without the reference if it is gone
};

enum class parse_mode { none, html };

// A photo or document: a file_id or URL that the server knows, or bytes to upload.
struct input_file {
  std::string id_or_url;
  std::string bytes, file_name, content_type;
};

struct text_message {
  std::int64_t chat_id = 0;
  std::string text;  // 1 to 4096 code points after parsing; see html.hpp for splitting
  telegram::parse_mode parse_mode = parse_mode::html;
  std::vector<message_entity> entities;  // given: these instead of the parse mode
  std::optional<link_preview_options> link_preview;
  telegram::reply_markup markup;
  send_options options;
};

struct photo_message {
  std::int64_t chat_id = 0;
  input_file photo;
  std::string caption;  // up to 1024 code points
  telegram::parse_mode parse_mode = parse_mode::html;
  telegram::reply_markup markup;
  send_options options;
};

struct document_message {
  std::int64_t chat_id = 0;
  input_file document;
  std::string caption;  // up to 1024 code points
  telegram::parse_mode parse_mode = parse_mode::html;
  telegram::reply_markup markup;
  send_options options;
};

// What has a method of its own and is sent by its file_id, or as bytes.
enum class file_kind { voice, video_note, sticker, video, animation, audio };

struct file_message {
  std::int64_t chat_id = 0;
  file_kind kind = file_kind::voice;
  input_file file;
  std::string caption;  // up to 1024 code points; a video note and a sticker have none
  telegram::parse_mode parse_mode = parse_mode::html;
  telegram::reply_markup markup;
  send_options options;
};

struct location_message {
  std::int64_t chat_id = 0;
  double latitude = 0, longitude = 0;
  telegram::reply_markup markup;
  send_options options;
};

struct album_item {
  std::string type = "photo";  // photo, video, document, audio; the last two only with their own kind
  input_file media;
  std::string caption;
};

struct album_message {
  std::int64_t chat_id = 0;
  std::vector<album_item> media;  // 2 to 10; counts as that many messages
  telegram::parse_mode parse_mode = parse_mode::html;
  send_options options;
};

struct text_edit {
  std::int64_t chat_id = 0, message_id = 0;
  std::string text;
  telegram::parse_mode parse_mode = parse_mode::html;
  std::vector<message_entity> entities;  // given: these instead of the parse mode
  std::optional<link_preview_options> link_preview;
  std::optional<inline_keyboard_markup> markup;  // absent: the keyboard goes away
  telegram::urgency urgency = urgency::reply;
};

struct caption_edit {
  std::int64_t chat_id = 0, message_id = 0;
  std::string caption;
  telegram::parse_mode parse_mode = parse_mode::html;
  std::vector<message_entity> entities;  // given: these instead of the parse mode
  std::optional<inline_keyboard_markup> markup;
  telegram::urgency urgency = urgency::reply;
};

// Another picture (or document …) in the place of a message's photo or text. A message with a photo never
// becomes a text again: that one is deleted and written anew.
struct media_edit {
  std::int64_t chat_id = 0, message_id = 0;
  std::string type = "photo";  // photo, video, animation, document, audio
  input_file media;
  std::string caption;  // up to 1024 code points
  telegram::parse_mode parse_mode = parse_mode::html;
  std::optional<inline_keyboard_markup> markup;  // absent: the keyboard goes away
  telegram::urgency urgency = urgency::reply;
};

struct markup_edit {
  std::int64_t chat_id = 0, message_id = 0;
  std::optional<inline_keyboard_markup> markup;
  telegram::urgency urgency = urgency::reply;
};

struct callback_answer {
  std::string callback_query_id;
  std::string text;  // up to 200 characters
  bool show_alert = false;
  std::string url;
};

// A copy has no link to the first message, its sender or the one from whom it was forwarded.
struct message_copy {
  std::int64_t chat_id = 0, from_chat_id = 0, message_id = 0;
  std::optional<std::string> caption;  // instead of its own; "" takes it away. Not of a text message
  std::vector<message_entity> caption_entities;  // of that caption, which is no HTML
  telegram::reply_markup markup;
  send_options options;
};

struct commands_of {
  std::vector<bot_command> commands;
  std::string language_code;            // "" for everybody without a list in their own language
  std::string scope = "default";        // default, all_private_chats, all_group_chats, chat
  std::optional<std::int64_t> chat_id;  // of scope "chat"
};

struct webhook {
  std::string url, secret_token;
  std::vector<update_kind> allowed_updates;
  int max_connections = 40;
  bool drop_pending_updates = false;
};

struct updates_wanted {
  std::optional<std::int64_t> offset;  // confirms everything below
  int limit = 100;
  std::chrono::seconds timeout{50};  // the server's own ceiling
  std::vector<update_kind> allowed_updates;
};

// One bot. The typed calls are written over call(), so a sender, a recording double in a test and a decorator
// need that alone.
class bot_api {
 public:
  virtual ~bot_api() = default;

  // `params` is a JSON object ("{}" for none) without chat_id. Gives the raw JSON of "result".
  virtual task<answer<std::string>> call(std::string_view method, std::string params,
                                         call_options options) = 0;
  // The bytes of a file_path that getFile gave; the link lives for an hour.
  virtual task<answer<std::string>> download(std::string file_path) = 0;

  task<answer<user>> get_me();
  // The raw updates: reading them is the dispatcher's work, so that one that is broken does not hide the
  // others.
  task<answer<std::string>> get_updates(updates_wanted wanted);
  task<answer<bool>> set_webhook(webhook target);
  task<answer<bool>> delete_webhook(bool drop_pending_updates);
  task<answer<webhook_info>> get_webhook_info();

  // Only the id is read of what comes back: the text is known, and nearly every call of a bot is this one.
  task<answer<message_id>> send_message(text_message what);
  task<answer<message>> send_photo(photo_message what);
  task<answer<message>> send_document(document_message what);
  // The file's id, for sending it again, is in what comes back: message::photo_id(), document, voice …
  task<answer<message>> send_file(file_message what);
  task<answer<message>> send_location(location_message what);
  task<answer<std::vector<message>>> send_media_group(album_message what);
  task<answer<message_id>> copy_message(message_copy what);
  // An edit that changes nothing is a success.
  task<answer<bool>> edit_message_text(text_edit what);
  task<answer<bool>> edit_message_caption(caption_edit what);
  // Gives the message back, so that the id of a picture that was uploaded is known; one that holds only its
  // ids when nothing was changed.
  task<answer<message>> edit_message_media(media_edit what);
  task<answer<bool>> edit_message_reply_markup(markup_edit what);
  // A message that is gone already is a success.
  task<answer<bool>> delete_message(std::int64_t chat_id, std::int64_t message_id);
  task<answer<bool>> delete_messages(std::int64_t chat_id,
                                     std::vector<std::int64_t> message_ids);  // at most 100
  // On top of the chat, silently. The bot gets an update about its own pin (message::pinned_message).
  task<answer<bool>> pin_message(std::int64_t chat_id, std::int64_t message_id);
  // One that is not pinned is a success.
  task<answer<bool>> unpin_message(std::int64_t chat_id, std::int64_t message_id);
  // A query that is too old is a success: nobody waits for it any more.
  task<answer<bool>> answer_callback_query(callback_answer what);
  task<answer<bool>> send_chat_action(std::int64_t chat_id, std::string action);

  task<answer<bool>> set_my_commands(commands_of what);
  task<answer<bool>> set_my_name(std::string name, std::string language_code);
  task<answer<bool>> set_my_description(std::string description, std::string language_code);
  task<answer<bool>> set_my_short_description(std::string short_description, std::string language_code);
  task<answer<std::string>> get_my_name(std::string language_code);
  task<answer<std::string>> get_my_description(std::string language_code);
  task<answer<std::string>> get_my_short_description(std::string language_code);
  task<answer<chat_full_info>> get_chat(std::int64_t chat_id);
  task<answer<file>> get_file(std::string file_id);
};

}  // namespace tandem::telegram
