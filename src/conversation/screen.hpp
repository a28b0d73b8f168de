// A message as a person sees it, and how it comes to be sent or put in the place of another.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "platform/telegram/api.hpp"

namespace tandem::conversation {

// A photo on a screen. It is uploaded once to each bot, and sent by its file_id from then on.
struct picture {
  std::string file_id;  // of the bot that sends it; "": not uploaded yet
  // The bytes, asked for while there is no file_id and when the server does not take it any more. May be
  // empty.
  std::function<task<telegram::input_file>()> load;
  // Where the file_id of an upload is remembered. May be empty.
  std::function<task<>(std::string file_id)> uploaded;
};

struct screen {
  std::string html;  // with a picture its caption, at most 1024 code points
  telegram::inline_keyboard_markup keyboard;
  std::optional<conversation::picture> picture = {};
  // The keyboard where people type, given or taken away, instead of `keyboard`. Telegram cannot edit one into
  // a message: such a screen always comes as a new one.
  telegram::reply_markup typing = {};
  // Told the message that shows it, where that is a new one. May be empty.
  std::function<task<>(std::int64_t message_id)> sent = {};
};

// The message that shows a screen without a picture; links in it get no preview.
telegram::text_message to_message(const screen& what, std::int64_t chat_id, telegram::urgency urgency);
telegram::text_edit to_edit(const screen& what, std::int64_t chat_id, std::int64_t message_id,
                            telegram::urgency urgency);

// As a new message. A picture that cannot be had (its bytes are gone) leaves the text alone, and a line in
// the log.
task<telegram::answer<telegram::message_id>> send(telegram::bot_api& by, screen what, std::int64_t chat_id,
                                                  telegram::urgency urgency = telegram::urgency::reply);
// In the place of a message, which has a photo or not. Telegram makes no text of a photo: there the old one
// is deleted and a new one sent, as for a message that is gone.
task<telegram::answer<telegram::message_id>> replace(telegram::bot_api& by, screen what, std::int64_t chat_id,
                                                     std::int64_t message_id, bool has_photo);

}  // namespace tandem::conversation
