#include "conversation/screen.hpp"

#include "platform/log/log.hpp"

namespace tandem::conversation {
namespace {

// The bytes of a picture; nothing where they cannot be had.
task<std::optional<telegram::input_file>> bytes_of(const picture& what) {
  if (!what.load) co_return std::nullopt;
  try {
    co_return co_await what.load();
  } catch (const std::exception& error) {
    log::logger("conversation").error("a picture is missing", {{"error", error.what()}});
    co_return std::nullopt;
  }
}

// Runs `with` on the known file; on the bytes where there is none or the server does not take it. What is
// uploaded is remembered. Nothing: there is no picture to send.
template <class With>
task<std::optional<telegram::answer<telegram::message>>> with_picture(const picture& what, With with) {
  if (!what.file_id.empty()) {
    telegram::input_file known;
    known.id_or_url = what.file_id;
    auto sent = co_await with(std::move(known));
    if (sent || sent.error().why != telegram::refusal::wrong_file) co_return std::move(sent);
  }
  auto bytes = co_await bytes_of(what);
  if (!bytes) co_return std::nullopt;
  auto sent = co_await with(std::move(*bytes));
  if (sent && what.uploaded) {
    std::string file_id(sent->photo_id());
    if (!file_id.empty()) co_await what.uploaded(std::move(file_id));
  }
  co_return std::move(sent);
}

telegram::answer<telegram::message_id> id_of(const telegram::answer<telegram::message>& sent) {
  if (!sent) return std::unexpected(sent.error());
  return telegram::message_id{sent->message_id};
}

// A picture that cannot be had leaves the text alone.
task<telegram::answer<telegram::message_id>> send_new(telegram::bot_api& by, const screen& what,
                                                      std::int64_t chat_id, telegram::urgency urgency) {
  auto as_text = to_message(what, chat_id, urgency);
  if (what.picture) {
    const auto send_it = [&](telegram::input_file photo) {
      telegram::photo_message message;
      message.chat_id = chat_id;
      message.photo = std::move(photo);
      message.caption = what.html;
      message.markup = as_text.markup;
      message.options.urgency = urgency;
      return by.send_photo(std::move(message));
    };
    const auto sent = co_await with_picture(*what.picture, send_it);
    if (sent) co_return id_of(*sent);
  }
  co_return co_await by.send_message(std::move(as_text));
}

}  // namespace

telegram::text_message to_message(const screen& what, std::int64_t chat_id, telegram::urgency urgency) {
  telegram::text_message out;
  out.chat_id = chat_id;
  out.text = what.html;
  out.link_preview = telegram::link_preview_options{.is_disabled = true};
  if (!std::holds_alternative<std::monostate>(what.typing)) {
    out.markup = what.typing;
  } else if (!what.keyboard.inline_keyboard.empty()) {
    out.markup = what.keyboard;
  }
  out.options.urgency = urgency;
  return out;
}

telegram::text_edit to_edit(const screen& what, std::int64_t chat_id, std::int64_t message_id,
                            telegram::urgency urgency) {
  telegram::text_edit out;
  out.chat_id = chat_id;
  out.message_id = message_id;
  out.text = what.html;
  out.link_preview = telegram::link_preview_options{.is_disabled = true};
  if (!what.keyboard.inline_keyboard.empty()) out.markup = what.keyboard;
  out.urgency = urgency;
  return out;
}

task<telegram::answer<telegram::message_id>> send(telegram::bot_api& by, screen what, std::int64_t chat_id,
                                                  telegram::urgency urgency) {
  const auto out = co_await send_new(by, what, chat_id, urgency);
  if (out && what.sent) co_await what.sent(out->message_id);
  co_return out;
}

task<telegram::answer<telegram::message_id>> replace(telegram::bot_api& by, screen what, std::int64_t chat_id,
                                                     std::int64_t message_id, bool has_photo) {
  const telegram::message_id same{message_id};
  if (what.picture) {
    const auto edit_it = [&](telegram::input_file photo) {
      telegram::media_edit edit;
      edit.chat_id = chat_id;
      edit.message_id = message_id;
      edit.media = std::move(photo);
      edit.caption = what.html;
      if (!what.keyboard.inline_keyboard.empty()) edit.markup = what.keyboard;
      return by.edit_message_media(std::move(edit));
    };
    const auto edited = co_await with_picture(*what.picture, edit_it);
    if (edited && *edited) co_return same;
    if (edited && edited->error().why != telegram::refusal::message_gone) co_return id_of(*edited);
    if (!edited) what.picture.reset();
  }
  if (!what.picture && !has_photo) {
    auto edit = to_edit(what, chat_id, message_id, telegram::urgency::reply);
    const auto edited = co_await by.edit_message_text(std::move(edit));
    if (edited) co_return same;
    if (edited.error().why != telegram::refusal::message_gone) co_return std::unexpected(edited.error());
  }
  if (has_photo) co_await by.delete_message(chat_id, message_id);
  co_return co_await send(by, std::move(what), chat_id);
}

}  // namespace tandem::conversation
