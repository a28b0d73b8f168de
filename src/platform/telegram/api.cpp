#include "platform/telegram/api.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>

#include "platform/telegram/json_text.hpp"

namespace tandem::telegram {

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct known_text {
  int code;
  std::string_view part;  // lower case
  refusal why;
};

// The stable parts of the server's texts; the first match wins.
constexpr known_text known_texts[] = {
    {400, "message is not modified", refusal::not_modified},
    {400, "chat not found", refusal::chat_not_found},
    {400, "user not found", refusal::chat_not_found},
    {400, "peer_id_invalid", refusal::chat_not_found},
    {400, "message to edit not found", refusal::message_gone},
    {400, "message to delete not found", refusal::message_gone},
    {400, "message to copy not found", refusal::message_gone},
    {400, "message to forward not found", refusal::message_gone},
    {400, "message to be replied not found", refusal::message_gone},
    {400, "message to pin not found", refusal::message_gone},
    {400, "message to unpin not found", refusal::message_gone},
    {400, "message can't be edited", refusal::message_gone},
    {400, "message can't be deleted", refusal::message_gone},
    {400, "message_id_invalid", refusal::message_gone},
    {400, "file is too big", refusal::file_too_big},
    {400, "wrong file_id", refusal::wrong_file},
    {400, "wrong file identifier", refusal::wrong_file},
    {400, "wrong remote file", refusal::wrong_file},
    {400, "file reference", refusal::wrong_file},
    {400, "file_reference", refusal::wrong_file},
    {400, "query is too old", refusal::too_old_query},
    {400, "query_id_invalid", refusal::too_old_query},
    {400, "can't parse entities", refusal::entities},
    {400, "is too long", refusal::too_long},
    {403, "user is deactivated", refusal::deactivated},
};

api_error error_of(int http_status, const boost::json::object& body) {
  api_error error;
  error.code = http_status;
  if (const auto* code = body.if_contains("error_code"); code && code->is_int64()) {
    error.code = static_cast<int>(code->get_int64());
  }
  if (const auto* text = body.if_contains("description"); text && text->is_string()) {
    error.description = text->get_string();
  }
  if (const auto* more = body.if_contains("parameters"); more && more->is_object()) {
    if (const auto* after = more->get_object().if_contains("retry_after"); after && after->is_int64()) {
      error.retry_after = std::chrono::seconds(after->get_int64());
    }
    if (const auto* chat = more->get_object().if_contains("migrate_to_chat_id"); chat && chat->is_int64()) {
      error.migrate_to_chat_id = chat->get_int64();
    }
  }
  error.why = classify(error.code, error.description);
  return error;
}

api_error unreadable(std::string detail) {
  api_error error;
  error.description = "unexpected result: " + std::move(detail);
  return error;
}

// Not inlined, so that the objects of its way stay out of the frame of the coroutine that calls it.
template <class T>
[[gnu::noinline]] answer<T> object_of(answer<std::string> raw) {
  if (!raw) return std::unexpected(std::move(raw.error()));
  answer<T> out(std::in_place);
  if (const auto error = read_json(*raw, *out)) out = std::unexpected(unreadable(error->text()));
  return out;
}

// The server writes the id first; the rest of the message that was sent is not looked at.
template <>
answer<message_id> object_of<message_id>(answer<std::string> raw) {
  if (!raw) return std::unexpected(std::move(raw.error()));
  constexpr std::string_view first = R"({"message_id":)";
  if (raw->starts_with(first)) {
    message_id out;
    const char* const end = raw->data() + raw->size();
    const auto [rest, error] = std::from_chars(raw->data() + first.size(), end, out.message_id);
    if (error == std::errc() && rest < end && (*rest == ',' || *rest == '}')) return out;
  }
  answer<message_id> out(std::in_place);
  if (const auto error = read_json(*raw, *out)) out = std::unexpected(unreadable(error->text()));
  return out;
}

// The typed calls are plain functions that put the parameters together; what waits is one of these two, whose
// frame is small.
template <class T>
task<answer<T>> read_result(task<answer<std::string>> call) {
  co_return object_of<T>(co_await std::move(call));
}

// For calls whose result is true, or an object that nobody looks at.
task<answer<bool>> read_done(task<answer<std::string>> call, refusal also_done = refusal::other) {
  auto raw = co_await std::move(call);
  if (raw || (also_done != refusal::other && raw.error().why == also_done)) co_return true;
  co_return std::unexpected(std::move(raw.error()));
}

// The message that was edited, or its ids alone when there was nothing to change.
task<answer<message>> read_edited(task<answer<std::string>> call, std::int64_t chat_id,
                                  std::int64_t message_id) {
  auto raw = co_await std::move(call);
  if (raw || raw.error().why != refusal::not_modified) co_return object_of<message>(std::move(raw));
  message same;
  same.message_id = message_id;
  same.chat.id = chat_id;
  co_return same;
}

void add_markup(json_object& params, const reply_markup& markup) {
  const auto add = [&]<class T>(const T& keyboard) {
    if constexpr (!std::is_same_v<T, std::monostate>) params.raw("reply_markup", to_json(keyboard));
  };
  std::visit(add, markup);
}

void add_options(json_object& params, const send_options& options) {
  if (options.disable_notification) params.flag("disable_notification", true);
  if (options.protect_content) params.flag("protect_content", true);
  if (options.message_thread_id) params.number("message_thread_id", *options.message_thread_id);
  if (options.reply_to) {
    json_object reference;
    reference.number("message_id", *options.reply_to).flag("allow_sending_without_reply", true);
    params.raw("reply_parameters", std::move(reference).done());
  }
}

void add_mode(json_object& params, parse_mode mode) {
  if (mode == parse_mode::html) params.text("parse_mode", "HTML");
}

// A text and how it is formatted: by its entities, or by the parse mode.
void add_text(json_object& params, std::string_view name, std::string_view text, parse_mode mode,
              const std::vector<message_entity>& entities) {
  params.text(name, text);
  if (entities.empty()) {
    add_mode(params, mode);
  } else {
    params.raw(name == "caption" ? "caption_entities" : "entities", to_json(entities));
  }
}

struct file_method {
  file_kind kind;
  std::string_view method, field;
};
constexpr file_method file_methods[] = {
    {file_kind::voice, "sendVoice", "voice"},
    {file_kind::video_note, "sendVideoNote", "video_note"},
    {file_kind::sticker, "sendSticker", "sticker"},
    {file_kind::video, "sendVideo", "video"},
    {file_kind::animation, "sendAnimation", "animation"},
    {file_kind::audio, "sendAudio", "audio"},
};

std::string decimal(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

call_options sending(std::int64_t chat_id, const send_options& options, int messages = 1) {
  call_options out;
  out.chat_id = chat_id;
  out.urgency = options.urgency;
  out.repeat = options.repeat;
  out.messages = messages;
  return out;
}

call_options editing(std::int64_t chat_id, urgency how) {
  call_options out;
  out.chat_id = chat_id;
  out.urgency = how;
  out.messages = 1;
  return out;
}

// Puts a file into the parameters: by its id or link, or as an upload that they name.
std::string attach(input_file&& what, std::string field, call_options& options) {
  if (what.bytes.empty()) return std::move(what.id_or_url);
  upload file;
  file.field = field;
  file.file_name = what.file_name.empty() ? field : std::move(what.file_name);
  file.content_type = std::move(what.content_type);
  file.bytes = std::move(what.bytes);
  options.files.push_back(std::move(file));
  options.limit = std::chrono::minutes(2);  // bytes take their time
  return "attach://" + field;
}

std::string kinds_json(const std::vector<update_kind>& kinds) {
  std::string out = "[";
  for (const auto kind : kinds) {
    if (out.size() > 1) out += ',';
    text::append_json(out, name_of(kind));
  }
  return out + "]";
}

std::string named(std::string_view name, std::string_view value, std::string_view language_code) {
  json_object params;
  params.text(name, value);
  if (!language_code.empty()) params.text("language_code", language_code);
  return std::move(params).done();
}

std::string language_of(std::string_view language_code) {
  json_object params;
  if (!language_code.empty()) params.text("language_code", language_code);
  return std::move(params).done();
}

// The one text that an object holds.
answer<std::string> read_text(std::string_view field, const answer<std::string>& raw) {
  if (!raw) return std::unexpected(raw.error());
  boost::system::error_code failed;
  const auto read = boost::json::parse(*raw, failed);
  if (failed || !read.is_object()) return std::unexpected(unreadable("expected an object"));
  const auto* text = read.get_object().if_contains(field);
  if (!text || !text->is_string())
    return std::unexpected(unreadable(std::string(field) + ": expected a text"));
  return std::string(text->get_string());
}

}  // namespace

std::string_view name_of(refusal why) {
  switch (why) {
    case refusal::blocked: return "blocked";
    case refusal::deactivated: return "deactivated";
    case refusal::chat_not_found: return "chat_not_found";
    case refusal::not_modified: return "not_modified";
    case refusal::message_gone: return "message_gone";
    case refusal::file_too_big: return "file_too_big";
    case refusal::wrong_file: return "wrong_file";
    case refusal::too_old_query: return "too_old_query";
    case refusal::entities: return "entities";
    case refusal::too_long: return "too_long";
    case refusal::flood: return "flood";
    case refusal::unauthorized: return "unauthorized";
    case refusal::conflict: return "conflict";
    case refusal::server: return "server";
    case refusal::uncertain: return "uncertain";
    case refusal::unreachable: return "unreachable";
    case refusal::stopped: return "stopped";
    case refusal::other: break;
  }
  return "other";
}

refusal classify(int code, std::string_view description) {
  std::string text(description);
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  for (const auto& known : known_texts) {
    if (known.code == code && contains(text, known.part)) return known.why;
  }
  if (code == 401) return refusal::unauthorized;
  if (code == 404 && text == "not found")
    return refusal::unauthorized;            // the cloud's word for a nonsense token
  if (code == 403) return refusal::blocked;  // kicked, not a member, never started: the same to us
  if (code == 409) return refusal::conflict;
  if (code == 429) return refusal::flood;
  if (code >= 500) return refusal::server;
  return refusal::other;
}

answer<std::string> read_envelope(int http_status, std::string body) {
  // Nearly every answer looks so: the result is cut out unread. After another list or object than the
  // result's there is no second closing bracket, since the only field that may follow is a text.
  constexpr std::string_view good = "{\"ok\":true,\"result\":";
  if (http_status == 200 && body.starts_with(good)) {
    const auto result = std::string_view(body).substr(good.size());
    if (result == "true}") return std::string("true");
    if (result.ends_with("}}") || result.ends_with("]}")) {
      body.pop_back();
      body.erase(0, good.size());
      return body;
    }
  }
  boost::system::error_code broken;
  const auto document = boost::json::parse(boost::json::string_view(body.data(), body.size()), broken);
  if (broken || !document.is_object()) {
    api_error error;
    error.code = http_status;
    error.description = "no JSON in an answer with status " + std::to_string(http_status);
    // A page of the front end instead of the server's answer; with 200 it is not the Bot API that answers.
    error.why = http_status < 400 ? refusal::server : classify(http_status, error.description);
    return std::unexpected(std::move(error));
  }
  const auto& fields = document.get_object();
  const auto* ok = fields.if_contains("ok");
  const auto* result = fields.if_contains("result");
  if (ok && ok->is_bool() && ok->get_bool() && result) return boost::json::serialize(*result);
  return std::unexpected(error_of(http_status, fields));
}

task<answer<user>> bot_api::get_me() {
  call_options options;
  options.patience = std::chrono::milliseconds(0);
  return read_result<user>(call("getMe", "{}", std::move(options)));
}

task<answer<std::string>> bot_api::get_updates(updates_wanted wanted) {
  json_object params;
  if (wanted.offset) params.number("offset", *wanted.offset);
  params.number("limit", wanted.limit).number("timeout", wanted.timeout.count());
  if (!wanted.allowed_updates.empty()) params.raw("allowed_updates", kinds_json(wanted.allowed_updates));
  call_options options;
  options.limit = wanted.timeout + std::chrono::seconds(10);
  options.patience = std::chrono::milliseconds(0);
  options.answered_at_once = false;
  return call("getUpdates", std::move(params).done(), std::move(options));
}

task<answer<bool>> bot_api::set_webhook(webhook target) {
  json_object params;
  params.text("url", target.url).number("max_connections", target.max_connections);
  if (!target.secret_token.empty()) params.text("secret_token", target.secret_token);
  params.raw("allowed_updates", kinds_json(target.allowed_updates));
  if (target.drop_pending_updates) params.flag("drop_pending_updates", true);
  call_options options;
  return read_done(call("setWebhook", std::move(params).done(), std::move(options)));
}

task<answer<bool>> bot_api::delete_webhook(bool drop_pending_updates) {
  json_object params;
  params.flag("drop_pending_updates", drop_pending_updates);
  call_options options;
  return read_done(call("deleteWebhook", std::move(params).done(), std::move(options)));
}

task<answer<webhook_info>> bot_api::get_webhook_info() {
  call_options options;
  return read_result<webhook_info>(call("getWebhookInfo", "{}", std::move(options)));
}

task<answer<message_id>> bot_api::send_message(text_message what) {
  json_object params;
  add_text(params, "text", what.text, what.parse_mode, what.entities);
  if (what.link_preview) params.raw("link_preview_options", to_json(*what.link_preview));
  add_options(params, what.options);
  add_markup(params, what.markup);
  auto options = sending(what.chat_id, what.options);
  return read_result<message_id>(call("sendMessage", std::move(params).done(), std::move(options)));
}

task<answer<message>> bot_api::send_photo(photo_message what) {
  auto options = sending(what.chat_id, what.options);
  json_object params;
  params.text("photo", attach(std::move(what.photo), "file0", options));
  if (!what.caption.empty()) {
    params.text("caption", what.caption);
    add_mode(params, what.parse_mode);
  }
  add_options(params, what.options);
  add_markup(params, what.markup);
  return read_result<message>(call("sendPhoto", std::move(params).done(), std::move(options)));
}

task<answer<message>> bot_api::send_document(document_message what) {
  auto options = sending(what.chat_id, what.options);
  json_object params;
  params.text("document", attach(std::move(what.document), "file0", options));
  if (!what.caption.empty()) {
    params.text("caption", what.caption);
    add_mode(params, what.parse_mode);
  }
  add_options(params, what.options);
  add_markup(params, what.markup);
  return read_result<message>(call("sendDocument", std::move(params).done(), std::move(options)));
}

task<answer<message>> bot_api::send_file(file_message what) {
  const auto& how = file_methods[static_cast<std::size_t>(what.kind)];
  auto options = sending(what.chat_id, what.options);
  json_object params;
  params.text(how.field, attach(std::move(what.file), "file0", options));
  if (!what.caption.empty()) {
    params.text("caption", what.caption);
    add_mode(params, what.parse_mode);
  }
  add_options(params, what.options);
  add_markup(params, what.markup);
  return read_result<message>(call(how.method, std::move(params).done(), std::move(options)));
}

task<answer<message>> bot_api::send_location(location_message what) {
  json_object params;
  params.raw("latitude", decimal(what.latitude)).raw("longitude", decimal(what.longitude));
  add_options(params, what.options);
  add_markup(params, what.markup);
  auto options = sending(what.chat_id, what.options);
  return read_result<message>(call("sendLocation", std::move(params).done(), std::move(options)));
}

task<answer<std::vector<message>>> bot_api::send_media_group(album_message what) {
  auto options = sending(what.chat_id, what.options, static_cast<int>(what.media.size()));
  std::string media = "[";
  for (auto& item : what.media) {
    json_object one;
    one.text("type", item.type);
    one.text("media", attach(std::move(item.media), "file" + std::to_string(options.files.size()), options));
    if (!item.caption.empty()) {
      one.text("caption", item.caption);
      add_mode(one, what.parse_mode);
    }
    if (media.size() > 1) media += ',';
    media += std::move(one).done();
  }
  json_object params;
  params.raw("media", media + "]");
  add_options(params, what.options);
  using list = std::vector<message>;
  return read_result<list>(call("sendMediaGroup", std::move(params).done(), std::move(options)));
}

task<answer<message_id>> bot_api::copy_message(message_copy what) {
  json_object params;
  params.number("from_chat_id", what.from_chat_id).number("message_id", what.message_id);
  if (what.caption) {
    add_text(params, "caption", *what.caption, parse_mode::none, what.caption_entities);
  }
  add_options(params, what.options);
  add_markup(params, what.markup);
  auto options = sending(what.chat_id, what.options);
  return read_result<message_id>(call("copyMessage", std::move(params).done(), std::move(options)));
}

task<answer<bool>> bot_api::edit_message_text(text_edit what) {
  json_object params;
  params.number("message_id", what.message_id);
  add_text(params, "text", what.text, what.parse_mode, what.entities);
  if (what.link_preview) params.raw("link_preview_options", to_json(*what.link_preview));
  if (what.markup) params.raw("reply_markup", to_json(*what.markup));
  auto options = editing(what.chat_id, what.urgency);
  return read_done(call("editMessageText", std::move(params).done(), std::move(options)),
                   refusal::not_modified);
}

task<answer<bool>> bot_api::edit_message_caption(caption_edit what) {
  json_object params;
  params.number("message_id", what.message_id);
  add_text(params, "caption", what.caption, what.parse_mode, what.entities);
  if (what.markup) params.raw("reply_markup", to_json(*what.markup));
  auto options = editing(what.chat_id, what.urgency);
  return read_done(call("editMessageCaption", std::move(params).done(), std::move(options)),
                   refusal::not_modified);
}

task<answer<message>> bot_api::edit_message_media(media_edit what) {
  auto options = editing(what.chat_id, what.urgency);
  json_object media;
  media.text("type", what.type).text("media", attach(std::move(what.media), "file0", options));
  if (!what.caption.empty()) {
    media.text("caption", what.caption);
    add_mode(media, what.parse_mode);
  }
  json_object params;
  params.number("message_id", what.message_id).raw("media", std::move(media).done());
  if (what.markup) params.raw("reply_markup", to_json(*what.markup));
  return read_edited(call("editMessageMedia", std::move(params).done(), std::move(options)), what.chat_id,
                     what.message_id);
}

task<answer<bool>> bot_api::edit_message_reply_markup(markup_edit what) {
  json_object params;
  params.number("message_id", what.message_id);
  if (what.markup) params.raw("reply_markup", to_json(*what.markup));
  auto options = editing(what.chat_id, what.urgency);
  return read_done(call("editMessageReplyMarkup", std::move(params).done(), std::move(options)),
                   refusal::not_modified);
}

task<answer<bool>> bot_api::delete_message(std::int64_t chat_id, std::int64_t message_id) {
  json_object params;
  params.number("message_id", message_id);
  call_options options;
  options.chat_id = chat_id;
  return read_done(call("deleteMessage", std::move(params).done(), std::move(options)),
                   refusal::message_gone);
}

task<answer<bool>> bot_api::delete_messages(std::int64_t chat_id, std::vector<std::int64_t> message_ids) {
  std::string ids = "[";
  for (const auto id : message_ids) {
    if (ids.size() > 1) ids += ',';
    append_number(ids, id);
  }
  json_object params;
  params.raw("message_ids", ids + "]");
  call_options options;
  options.chat_id = chat_id;
  return read_done(call("deleteMessages", std::move(params).done(), std::move(options)),
                   refusal::message_gone);
}

task<answer<bool>> bot_api::pin_message(std::int64_t chat_id, std::int64_t message_id) {
  json_object params;
  params.number("message_id", message_id).flag("disable_notification", true);
  call_options options;
  options.chat_id = chat_id;
  return read_done(call("pinChatMessage", std::move(params).done(), std::move(options)));
}

task<answer<bool>> bot_api::unpin_message(std::int64_t chat_id, std::int64_t message_id) {
  json_object params;
  params.number("message_id", message_id);
  call_options options;
  options.chat_id = chat_id;
  return read_done(call("unpinChatMessage", std::move(params).done(), std::move(options)),
                   refusal::message_gone);
}

task<answer<bool>> bot_api::answer_callback_query(callback_answer what) {
  json_object params;
  params.text("callback_query_id", what.callback_query_id);
  if (!what.text.empty()) params.text("text", what.text);
  if (what.show_alert) params.flag("show_alert", true);
  if (!what.url.empty()) params.text("url", what.url);
  call_options options;
  options.patience = std::chrono::seconds(20);  // nobody looks at the button for longer
  return read_done(call("answerCallbackQuery", std::move(params).done(), std::move(options)),
                   refusal::too_old_query);
}

task<answer<bool>> bot_api::send_chat_action(std::int64_t chat_id, std::string action) {
  json_object params;
  params.text("action", action);
  call_options options;
  options.chat_id = chat_id;
  options.patience = std::chrono::milliseconds(0);  // it shows for five seconds: late is never
  return read_done(call("sendChatAction", std::move(params).done(), std::move(options)));
}

task<answer<bool>> bot_api::set_my_commands(commands_of what) {
  json_object scope;
  scope.text("type", what.scope);
  if (what.chat_id) scope.number("chat_id", *what.chat_id);
  json_object params;
  params.raw("commands", to_json(what.commands)).raw("scope", std::move(scope).done());
  if (!what.language_code.empty()) params.text("language_code", what.language_code);
  call_options options;
  return read_done(call("setMyCommands", std::move(params).done(), std::move(options)));
}

task<answer<bool>> bot_api::set_my_name(std::string name, std::string language_code) {
  call_options options;
  return read_done(call("setMyName", named("name", name, language_code), std::move(options)));
}

task<answer<bool>> bot_api::set_my_description(std::string description, std::string language_code) {
  call_options options;
  auto params = named("description", description, language_code);
  return read_done(call("setMyDescription", std::move(params), std::move(options)));
}

task<answer<bool>> bot_api::set_my_short_description(std::string short_description,
                                                     std::string language_code) {
  call_options options;
  auto params = named("short_description", short_description, language_code);
  return read_done(call("setMyShortDescription", std::move(params), std::move(options)));
}

task<answer<std::string>> bot_api::get_my_name(std::string language_code) {
  call_options options;
  auto params = language_of(language_code);
  co_return read_text("name", co_await call("getMyName", std::move(params), std::move(options)));
}

task<answer<std::string>> bot_api::get_my_description(std::string language_code) {
  call_options options;
  auto params = language_of(language_code);
  co_return read_text("description",
                      co_await call("getMyDescription", std::move(params), std::move(options)));
}

task<answer<std::string>> bot_api::get_my_short_description(std::string language_code) {
  call_options options;
  auto params = language_of(language_code);
  co_return read_text("short_description",
                      co_await call("getMyShortDescription", std::move(params), std::move(options)));
}

task<answer<chat_full_info>> bot_api::get_chat(std::int64_t chat_id) {
  call_options options;
  options.chat_id = chat_id;
  return read_result<chat_full_info>(call("getChat", "{}", std::move(options)));
}

task<answer<file>> bot_api::get_file(std::string file_id) {
  json_object params;
  params.text("file_id", file_id);
  call_options options;
  return read_result<file>(call("getFile", std::move(params).done(), std::move(options)));
}

}  // namespace tandem::telegram
