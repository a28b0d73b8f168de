#pragma once
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/arguments.hpp"
#include "sandbox/rate_limits.hpp"
#include "sandbox/world.hpp"

// The methods of the Bot API, each a plain function: arguments and world in, result or error out. What waits
// (long polling, faults, files from the web) is in bot_api.cpp.
namespace tandem::sandbox {

struct api_error {
  int code = 400;
  std::string text;  // without "Bad Request: "
  int retry_after = 0;
};

struct api_success {
  std::string result = "true";  // JSON
  std::string_view description = {};
};

using outcome = std::expected<api_success, api_error>;
template <class T>
using or_error = std::expected<T, api_error>;

inline std::unexpected<api_error> bad_request(std::string text) {
  return std::unexpected(api_error{400, std::move(text)});
}
inline std::unexpected<api_error> forbidden(std::string text) {
  return std::unexpected(api_error{403, std::move(text)});
}

// A file that was fetched because the call named its address.
struct fetched_file {
  std::string bytes;
  std::string type;
  std::string error;  // "" when it is there
};

struct api_call {
  tandem::sandbox::world& world;
  bot& me;
  arguments& in;
  journal_line& line;
  rate_limits& rates;
  std::map<std::string, fetched_file> fetched;  // by address
};

struct api_method {
  std::string_view name;
  outcome (*run)(api_call&);
  std::string_view parameters;  // all that it reads, separated by spaces
};

std::span<const api_method> api_methods();
// By its name in any letter case, nullptr if there is none.
const api_method* find_method(std::string_view name);

// ---- what many methods need (api_input.cpp)

or_error<chat*> chat_of(api_call& call, std::string_view parameter = "chat_id");
or_error<void> may_write(api_call& call, const chat& to);
or_error<void> within_limits(api_call& call, const chat& to, int messages);
// The text of `name` with parse_mode and entities from the same call or from an item of `media`.
or_error<formatted> text_of(api_call& call, std::string_view text, std::string_view parse_mode,
                            const boost::json::value* entities);

struct reply_markup {
  std::string inline_keyboard;  // JSON
  std::string keyboard;         // ReplyKeyboardMarkup, ReplyKeyboardRemove or ForceReply, JSON
};
or_error<reply_markup> markup_of(api_call& call, bool inline_only = false);
or_error<std::int64_t> reply_of(api_call& call, const chat& in);

// ---- the methods, by file

// api_send.cpp
outcome send_message(api_call& call);
outcome send_photo(api_call& call);
outcome send_document(api_call& call);
outcome send_video(api_call& call);
outcome send_animation(api_call& call);
outcome send_audio(api_call& call);
outcome send_voice(api_call& call);
outcome send_video_note(api_call& call);
outcome send_sticker(api_call& call);
outcome send_media_group(api_call& call);
outcome send_location(api_call& call);
outcome send_contact(api_call& call);
outcome send_chat_action(api_call& call);
outcome forward_message(api_call& call);
outcome forward_messages(api_call& call);
outcome copy_message(api_call& call);
outcome copy_messages(api_call& call);
// Where a file comes from, and what is said of it (duration, width …): the call's parameters, or an item of
// `media`.
using said_of_file = std::function<std::string(std::string_view name)>;
// `given`: a file_id, an address, or attach://name. Sets the message's kind and file; true when the file is a
// new one.
or_error<bool> attach(api_call& call, message& to, std::string_view kind, std::string_view given,
                      const said_of_file& said);
// The members of the envelope that belong to the content: what is left of them without it.
std::string extra_without_content(const message& from);

// api_edit.cpp
outcome edit_message_text(api_call& call);
outcome edit_message_caption(api_call& call);
outcome edit_message_media(api_call& call);
outcome edit_message_reply_markup(api_call& call);
outcome delete_message(api_call& call);
outcome delete_messages(api_call& call);
outcome pin_message(api_call& call);
outcome unpin_message(api_call& call);
outcome unpin_all_messages(api_call& call);
outcome answer_callback_query(api_call& call);
outcome set_message_reaction(api_call& call);

// api_chat.cpp
outcome get_me(api_call& call);
outcome nothing_to_do(api_call& call);
outcome get_chat(api_call& call);
outcome get_chat_member(api_call& call);
outcome get_chat_member_count(api_call& call);
outcome get_chat_administrators(api_call& call);
outcome get_user_profile_photos(api_call& call);
outcome leave_chat(api_call& call);
outcome get_file(api_call& call);
// ChatMember of a bot in a channel or group.
void bot_member_json(std::string& out, const world& all, const chat& in, const bot& one,
                     std::string_view status);

// api_profile.cpp
outcome set_my_commands(api_call& call);
outcome get_my_commands(api_call& call);
outcome delete_my_commands(api_call& call);
outcome set_my_name(api_call& call);
outcome get_my_name(api_call& call);
outcome set_my_description(api_call& call);
outcome get_my_description(api_call& call);
outcome set_my_short_description(api_call& call);
outcome get_my_short_description(api_call& call);
outcome set_chat_menu_button(api_call& call);
outcome get_chat_menu_button(api_call& call);

// api_updates.cpp
outcome set_webhook(api_call& call);
outcome delete_webhook(api_call& call);
outcome get_webhook_info(api_call& call);
// Reads allowed_updates, if given, into the bot; true when that changed it.
bool take_allowed_updates(api_call& call);

}  // namespace tandem::sandbox
