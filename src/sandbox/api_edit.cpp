#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/file_kinds.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr const char* not_modified =
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content "
    "and reply markup of the message";

struct own_message {
  chat* in = nullptr;
  message* it = nullptr;
};

// The message that a bot wants to edit, and may.
or_error<own_message> own_message_of(api_call& call) {
  if (!call.in.text("inline_message_id").empty()) return bad_request("MESSAGE_ID_INVALID");
  auto in = chat_of(call);
  if (!in) return std::unexpected(std::move(in).error());
  const std::int64_t id = call.in.integer("message_id");
  if (id <= 0) return bad_request("message identifier is not specified");
  if (auto allowed = may_write(call, **in); !allowed) return std::unexpected(std::move(allowed).error());
  const auto found = (*in)->messages.find(id);
  if (found == (*in)->messages.end()) return bad_request("message to edit not found");
  const message& one = found->second;
  const bool own = one.from == call.me.id || ((*in)->type == chat_type::channel && one.from == 0);
  const bool may = own && one.keyboard.empty() && one.kind != content::service;
  if (!may) return bad_request("message can't be edited");
  return own_message{*in, &found->second};
}

outcome edited(api_call& call, const own_message& target) {
  target.it->edit_date = call.world.now_unix();
  call.world.message_changed(*target.in, *target.it, call.line, call.me.id);
  if (target.in->type == chat_type::channel) {
    for (const std::int64_t id : target.in->bots) {
      bot* other = id == call.me.id ? nullptr : call.world.find_bot(id);
      if (!other) continue;
      call.world.push_update(*other, "edited_channel_post",
                             call.world.message_text(*target.in, *target.it, id), target.in->id,
                             std::chrono::hours(24), call.line);
    }
  }
  return api_success{call.world.message_text(*target.in, *target.it, call.me.id)};
}

// Sets the text (or caption) and the keyboard; an edit that changes nothing is refused.
outcome change(api_call& call, const own_message& target, formatted text) {
  auto markup = markup_of(call, true);
  if (!markup) return std::unexpected(std::move(markup).error());
  message& one = *target.it;
  if (text.text == one.text.text && text.entities == one.text.entities &&
      markup->inline_keyboard == one.markup) {
    return bad_request(not_modified);
  }
  one.text = std::move(text);
  one.markup = std::move(markup->inline_keyboard);
  return edited(call, target);
}

}  // namespace

outcome edit_message_text(api_call& call) {
  const std::string given = call.in.text("text");
  if (given.empty()) return bad_request("message text is empty");
  auto text = text_of(call, given, call.in.text("parse_mode"), call.in.structure("entities"));
  if (!text) return std::unexpected(std::move(text).error());
  if (text->text.empty()) return bad_request("message text is empty");
  if (code_points(text->text) > 4096) return bad_request("message is too long");
  auto target = own_message_of(call);
  if (!target) return std::unexpected(std::move(target).error());
  if (target->it->kind != content::text) return bad_request("there is no text in the message to edit");
  return change(call, *target, std::move(*text));
}

outcome edit_message_caption(api_call& call) {
  auto text = text_of(call, call.in.text("caption"), call.in.text("parse_mode"),
                      call.in.structure("caption_entities"));
  if (!text) return std::unexpected(std::move(text).error());
  if (code_points(text->text) > 1024) return bad_request("message caption is too long");
  auto target = own_message_of(call);
  if (!target) return std::unexpected(std::move(target).error());
  const auto* file = file_kind_of(target->it->kind);
  if (!file || !file->captioned) return bad_request("there is no caption in the message to edit");
  return change(call, *target, std::move(*text));
}

outcome edit_message_media(api_call& call) {
  const auto* media = call.in.structure("media");
  if (!media || !media->is_object()) return bad_request("input media must be an Object");
  const auto& from = media->get_object();
  const auto value = [&](std::string_view name) { return scalar_text(from.if_contains(name)); };
  const std::string type = lower(value("type"));
  const auto* kind = file_kind_named(type);
  if (!kind || !kind->edited_in) return bad_request("unsupported media type specified");
  auto text = text_of(call, value("caption"), value("parse_mode"), from.if_contains("caption_entities"));
  if (!text) return std::unexpected(std::move(text).error());
  if (code_points(text->text) > 1024) return bad_request("message caption is too long");
  auto target = own_message_of(call);
  if (!target) return std::unexpected(std::move(target).error());
  auto markup = markup_of(call, true);
  if (!markup) return std::unexpected(std::move(markup).error());
  // A text may become a picture (never the other way); a voice, a sticker or a place stays what it is.
  const message& old = *target->it;
  const auto* before = file_kind_of(old.kind);
  if (old.kind != content::text && (!before || !before->edited_in)) {
    return bad_request("there is no media in the message to edit");
  }
  message changed = old;
  const auto done = attach(call, changed, type, value("media"), value);
  if (!done) return std::unexpected(done.error());
  changed.text = std::move(*text);
  changed.markup = std::move(markup->inline_keyboard);
  changed.extra = extra_without_content(old);
  if (scalar_flag(from.if_contains("show_caption_above_media")) && !changed.text.text.empty()) {
    append_member(changed.extra, "show_caption_above_media", "true");
  }
  if (scalar_flag(from.if_contains("has_spoiler"))) append_member(changed.extra, "has_media_spoiler", "true");
  const bool same_file = !*done && changed.file == old.file && changed.extra == old.extra;
  if (same_file && changed.text.text == old.text.text && changed.text.entities == old.text.entities &&
      changed.markup == old.markup) {
    return bad_request(not_modified);
  }
  *target->it = std::move(changed);
  return edited(call, *target);
}

outcome edit_message_reply_markup(api_call& call) {
  auto target = own_message_of(call);
  if (!target) return std::unexpected(std::move(target).error());
  return change(call, *target, target->it->text);
}

namespace {

// Bots may delete anything in a private chat and in a channel, for two days.
or_error<void> may_delete(api_call& call, const chat& in, const message& one) {
  constexpr std::int64_t two_days = 48 * 3600;
  const bool own = one.from == call.me.id || in.type != chat_type::supergroup;
  if (!own || call.world.now_unix() - one.date > two_days) return bad_request("message can't be deleted");
  return {};
}

}  // namespace

outcome delete_message(api_call& call) {
  auto in = chat_of(call);
  if (!in) return std::unexpected(std::move(in).error());
  const std::int64_t id = call.in.integer("message_id");
  if (id <= 0) return bad_request("message identifier is not specified");
  const auto found = (*in)->messages.find(id);
  if (found == (*in)->messages.end()) return bad_request("message to delete not found");
  if (auto allowed = may_write(call, **in); !allowed) return std::unexpected(std::move(allowed).error());
  if (auto allowed = may_delete(call, **in, found->second); !allowed)
    return std::unexpected(std::move(allowed).error());
  call.world.remove_messages(**in, std::span(&id, 1), call.line);
  return api_success{};
}

outcome delete_messages(api_call& call) {
  auto in = chat_of(call);
  if (!in) return std::unexpected(std::move(in).error());
  const auto* list = call.in.structure("message_ids");
  if (!list || !list->is_array() || list->get_array().empty()) {
    return bad_request("message identifiers are not specified");
  }
  if (list->get_array().size() > 100) return bad_request("too many message identifiers specified");
  if (auto allowed = may_write(call, **in); !allowed) return std::unexpected(std::move(allowed).error());
  std::vector<std::int64_t> ids;
  for (const auto& item : list->get_array()) {
    const auto id = scalar_integer(&item).value_or(0);
    if (id <= 0) return bad_request("invalid message identifier specified");
    const auto found = (*in)->messages.find(id);
    if (found != (*in)->messages.end() && may_delete(call, **in, found->second)) ids.push_back(id);
  }
  call.world.remove_messages(**in, ids, call.line);
  return api_success{};
}

namespace {

// The chat whose pins a bot wants to change, and may: private chats and channels that it is an administrator
// of.
or_error<chat*> pins_of(api_call& call) {
  auto in = chat_of(call);
  if (!in) return in;
  if (auto allowed = may_write(call, **in); !allowed) return std::unexpected(std::move(allowed).error());
  if ((*in)->type == chat_type::supergroup) {
    return bad_request("not enough rights to manage pinned messages in the chat");
  }
  return in;
}

}  // namespace

outcome pin_message(api_call& call) {
  auto found = pins_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  chat& in = **found;
  const std::int64_t id = call.in.integer("message_id");
  if (id <= 0) return bad_request("message identifier is not specified");
  const auto target = in.messages.find(id);
  if (target == in.messages.end()) return bad_request("message to pin not found");
  if (target->second.kind == content::service) return bad_request("message can't be pinned");
  auto ids = in.pinned;
  std::erase(ids, id);
  ids.push_back(id);
  if (ids == in.pinned) return api_success{};
  // A line in the chat tells of it, and the bot hears of that line as of a message.
  message line;
  line.kind = content::service;
  line.date = call.world.now_unix();
  line.from = in.type == chat_type::channel ? 0 : call.me.id;
  std::string pinned;
  call.world.message_json(pinned, in, target->second, call.me.id, true);
  append_member(line.body, "pinned_message", pinned);
  call.world.set_pinned(in, std::move(ids), call.line);
  message& told = call.world.add_message(in, std::move(line), call.line, call.me.id);
  const bool channel = in.type == chat_type::channel;
  for (const std::int64_t bot_id : channel ? in.bots : std::set<std::int64_t>{call.me.id}) {
    bot* reader = call.world.find_bot(bot_id);
    if (!reader) continue;
    call.world.push_update(*reader, channel ? "channel_post" : "message",
                           call.world.message_text(in, told, bot_id), in.id, std::chrono::hours(24),
                           call.line);
  }
  return api_success{};
}

outcome unpin_message(api_call& call) {
  auto found = pins_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  chat& in = **found;
  auto ids = in.pinned;
  if (call.in.has("message_id")) {
    const std::int64_t id = call.in.integer("message_id");
    if (!in.messages.contains(id)) return bad_request("message to unpin not found");
    std::erase(ids, id);
  } else if (!ids.empty()) {
    ids.pop_back();
  } else {
    return bad_request("message to unpin not found");
  }
  if (ids.size() != in.pinned.size()) call.world.set_pinned(in, std::move(ids), call.line);
  return api_success{};
}

outcome unpin_all_messages(api_call& call) {
  auto found = pins_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  if (!(*found)->pinned.empty()) call.world.set_pinned(**found, {}, call.line);
  return api_success{};
}

outcome answer_callback_query(api_call& call) {
  callback_query* query = call.world.find_query(call.in.text("callback_query_id"));
  if (!query || query->bot != call.me.id) {
    return bad_request("query is too old and response timeout expired or query ID is invalid");
  }
  const std::string text = call.in.text("text"), url = call.in.text("url");
  if (code_points(text) > 200) return bad_request("MESSAGE_TOO_LONG");
  if (!url.empty() && checked_link(url).empty()) return bad_request("URL_INVALID");
  std::string event;
  fields(event)
      .number("person", query->person)
      .number("bot", query->bot)
      .number("message_id", query->message_id)
      .text("query_id", query->id)
      .text("text", text)
      .flag("show_alert", call.in.flag("show_alert"))
      .text("url", url);
  call.world.live.publish("callback_answer", event, live::audience::one_person, query->person);
  call.world.query_answered(query->id, event);
  call.world.close_query(*query, call.line);
  return api_success{};
}

outcome set_message_reaction(api_call& call) {
  auto in = chat_of(call);
  if (!in) return std::unexpected(std::move(in).error());
  if (auto allowed = may_write(call, **in); !allowed) return std::unexpected(std::move(allowed).error());
  const std::int64_t id = call.in.integer("message_id");
  if (!(*in)->messages.contains(id)) return bad_request("message to react not found");
  std::string list = "[";
  if (const auto* given = call.in.structure("reaction")) {
    if (!given->is_array()) return bad_request("expected an Array of ReactionType");
    if (given->get_array().size() > 1) return bad_request("REACTIONS_TOO_MANY");
    for (const auto& item : given->get_array()) {
      const auto* from = item.if_object();
      const std::string emoji = from ? scalar_text(from->if_contains("emoji")) : std::string();
      if (!from || scalar_text(from->if_contains("type")) != "emoji" || emoji.empty()) {
        return bad_request("REACTION_INVALID");
      }
      fields(list).text("type", "emoji").text("emoji", emoji);
    }
  }
  list += ']';
  std::string event;
  fields(event).text("chat", (*in)->key()).number("message_id", id).raw("reaction", list);
  call.world.publish_chat("reaction", **in, std::move(event));
  return api_success{};
}

}  // namespace tandem::sandbox
