#include <unordered_map>

#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"

namespace tandem::sandbox {
namespace {

// Options of sending that mean nothing here (notifications, threads, effects …) are taken and have no effect.
#define TANDEM_SEND                                                                                    \
  " chat_id business_connection_id message_thread_id direct_messages_topic_id disable_notification "   \
  "protect_content allow_paid_broadcast message_effect_id suggested_post_parameters reply_parameters " \
  "reply_markup"
#define TANDEM_CAPTION " caption parse_mode caption_entities show_caption_above_media"

constexpr api_method methods[] = {
    {"getMe", get_me, ""},
    {"logOut", nothing_to_do, ""},
    {"close", nothing_to_do, ""},
    {"getUpdates", nullptr, "offset limit timeout allowed_updates"},  // waits: bot_api.cpp
    {"setWebhook", set_webhook,
     "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token"},
    {"deleteWebhook", delete_webhook, "drop_pending_updates"},
    {"getWebhookInfo", get_webhook_info, ""},
    {"sendMessage", send_message, "text parse_mode entities link_preview_options" TANDEM_SEND},
    {"sendPhoto", send_photo, "photo has_spoiler" TANDEM_CAPTION TANDEM_SEND},
    {"sendDocument", send_document,
     "document thumbnail caption parse_mode caption_entities disable_content_type_detection" TANDEM_SEND},
    {"sendVideo", send_video,
     "video duration width height thumbnail cover start_timestamp has_spoiler "
     "supports_streaming" TANDEM_CAPTION TANDEM_SEND},
    {"sendAnimation", send_animation,
     "animation duration width height thumbnail has_spoiler" TANDEM_CAPTION TANDEM_SEND},
    {"sendAudio", send_audio,
     "audio caption parse_mode caption_entities duration performer title thumbnail" TANDEM_SEND},
    {"sendVoice", send_voice, "voice caption parse_mode caption_entities duration" TANDEM_SEND},
    {"sendVideoNote", send_video_note, "video_note duration length thumbnail" TANDEM_SEND},
    {"sendSticker", send_sticker, "sticker emoji" TANDEM_SEND},
    {"sendMediaGroup", send_media_group,
     "media chat_id business_connection_id message_thread_id direct_messages_topic_id disable_notification "
     "protect_content allow_paid_broadcast message_effect_id reply_parameters"},
    {"sendLocation", send_location,
     "latitude longitude horizontal_accuracy live_period heading proximity_alert_radius" TANDEM_SEND},
    {"sendContact", send_contact, "phone_number first_name last_name vcard" TANDEM_SEND},
    {"sendChatAction", send_chat_action, "chat_id action business_connection_id message_thread_id"},
    {"forwardMessage", forward_message,
     "chat_id from_chat_id message_id message_thread_id direct_messages_topic_id video_start_timestamp "
     "disable_notification protect_content message_effect_id suggested_post_parameters"},
    {"forwardMessages", forward_messages,
     "chat_id from_chat_id message_ids message_thread_id direct_messages_topic_id disable_notification "
     "protect_content"},
    {"copyMessage", copy_message,
     "chat_id from_chat_id message_id message_thread_id direct_messages_topic_id video_start_timestamp "
     "caption "
     "parse_mode caption_entities show_caption_above_media disable_notification protect_content "
     "allow_paid_broadcast "
     "message_effect_id suggested_post_parameters reply_parameters reply_markup"},
    {"copyMessages", copy_messages,
     "chat_id from_chat_id message_ids message_thread_id direct_messages_topic_id disable_notification "
     "protect_content remove_caption"},
    {"editMessageText", edit_message_text,
     "chat_id message_id inline_message_id business_connection_id text parse_mode entities "
     "link_preview_options "
     "reply_markup"},
    {"editMessageCaption", edit_message_caption,
     "chat_id message_id inline_message_id business_connection_id reply_markup" TANDEM_CAPTION},
    {"editMessageMedia", edit_message_media,
     "chat_id message_id inline_message_id business_connection_id media reply_markup"},
    {"editMessageReplyMarkup", edit_message_reply_markup,
     "chat_id message_id inline_message_id business_connection_id reply_markup"},
    {"pinChatMessage", pin_message, "chat_id message_id disable_notification business_connection_id"},
    {"unpinChatMessage", unpin_message, "chat_id message_id business_connection_id"},
    {"unpinAllChatMessages", unpin_all_messages, "chat_id"},
    {"deleteMessage", delete_message, "chat_id message_id"},
    {"deleteMessages", delete_messages, "chat_id message_ids"},
    {"answerCallbackQuery", answer_callback_query, "callback_query_id text show_alert url cache_time"},
    {"setMessageReaction", set_message_reaction, "chat_id message_id reaction is_big"},
    {"getFile", get_file, "file_id"},
    {"getChat", get_chat, "chat_id"},
    {"getChatMember", get_chat_member, "chat_id user_id"},
    {"getChatMemberCount", get_chat_member_count, "chat_id"},
    {"getChatAdministrators", get_chat_administrators, "chat_id"},
    {"getUserProfilePhotos", get_user_profile_photos, "user_id offset limit"},
    {"leaveChat", leave_chat, "chat_id"},
    {"setMyCommands", set_my_commands, "commands scope language_code"},
    {"getMyCommands", get_my_commands, "scope language_code"},
    {"deleteMyCommands", delete_my_commands, "scope language_code"},
    {"setMyName", set_my_name, "name language_code"},
    {"getMyName", get_my_name, "language_code"},
    {"setMyDescription", set_my_description, "description language_code"},
    {"getMyDescription", get_my_description, "language_code"},
    {"setMyShortDescription", set_my_short_description, "short_description language_code"},
    {"getMyShortDescription", get_my_short_description, "language_code"},
    {"setChatMenuButton", set_chat_menu_button, "chat_id menu_button"},
    {"getChatMenuButton", get_chat_menu_button, "chat_id"},
};

#undef TANDEM_SEND
#undef TANDEM_CAPTION

}  // namespace

std::span<const api_method> api_methods() { return methods; }

const api_method* find_method(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string, const api_method*> out;
    for (const auto& one : methods) out[lower(one.name)] = &one;
    return out;
  }();
  const auto found = by_name.find(lower(name));
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace tandem::sandbox
