// Objects of the Bot API and of the control contract as JSON texts.
#include <boost/json.hpp>

#include "sandbox/file_kinds.hpp"
#include "sandbox/world.hpp"

namespace tandem::sandbox {

void world::user_json(std::string& out, const person& one) const {
  fields(out)
      .number("id", one.id)
      .flag("is_bot", false)
      .text("first_name", one.gone ? "Deleted Account" : one.first_name)
      .text_if("last_name", one.last_name)
      .text_if("username", one.username)
      .text_if("language_code", one.language_code)
      .flag_if("is_premium", one.premium);
}

void world::user_json(std::string& out, const bot& one) const {
  fields(out)
      .number("id", one.id)
      .flag("is_bot", true)
      .text("first_name", one.title())
      .text("username", one.username);
}

void world::chat_json(std::string& out, const chat& one) const {
  fields f(out);
  f.number("id", one.id);
  if (one.is_private()) {
    const auto who = people_.find(one.id);
    if (who != people_.end()) {
      f.text("first_name", who->second.gone ? "Deleted Account" : who->second.first_name)
          .text_if("last_name", who->second.last_name)
          .text_if("username", who->second.username);
    }
    f.text("type", "private");
  } else {
    f.text("title", one.title).text_if("username", one.username);
    f.text("type", one.type == chat_type::channel ? "channel" : "supergroup");
  }
}

void world::entities_json(std::string& out, const std::vector<entity>& list) const {
  append_json_list(out, list, [&](const entity& one) {
    fields f(out);
    f.number("offset", one.offset).number("length", one.length).text("type", name_of(one.kind));
    switch (one.kind) {
      case entity_kind::text_link: f.text("url", one.argument); break;
      case entity_kind::pre: f.text_if("language", one.argument); break;
      case entity_kind::custom_emoji: f.text("custom_emoji_id", one.argument); break;
      case entity_kind::date_time:
        f.number("unix_time", one.number).text_if("date_time_format", one.argument);
        break;
      case entity_kind::text_mention:
        if (const auto who = people_.find(one.number); who != people_.end())
          user_json(f.begin("user"), who->second);
        break;
      default: break;
    }
  });
}

void world::file_members(fields& out, const message& one, const stored_file& it, std::int64_t viewer) const {
  const auto begin = [&](std::string_view name, auto more) {
    fields f(out.begin(name));
    more(f);
    f.text("file_id", file_id(viewer, it)).text("file_unique_id", it.unique).number("file_size", it.size);
  };
  const auto named = [&](fields& f) { f.text_if("file_name", it.name).text_if("mime_type", it.mime); };
  const auto sized = [&](fields& f) { f.number("width", it.width).number("height", it.height); };
  const auto document = [&] { begin("document", named); };
  switch (one.kind) {
    case content::photo: {
      auto& list = out.begin("photo");
      list += '[';
      fields(list)
          .text("file_id", file_id(viewer, it))
          .text("file_unique_id", it.unique)
          .number("width", it.width)
          .number("height", it.height)
          .number("file_size", it.size);
      list += ']';
      break;
    }
    case content::video:
    case content::animation:
      begin(one.kind == content::video ? "video" : "animation", [&](fields& f) {
        f.number("duration", it.duration);
        sized(f);
        named(f);
      });
      if (one.kind == content::animation) document();
      break;
    case content::audio:
      begin("audio", [&](fields& f) {
        f.number("duration", it.duration);
        named(f);
        f.text_if("performer", it.performer).text_if("title", it.title);
      });
      break;
    case content::voice:
      begin("voice", [&](fields& f) { f.number("duration", it.duration).text_if("mime_type", it.mime); });
      break;
    case content::video_note:
      begin("video_note", [&](fields& f) { f.number("duration", it.duration).number("length", it.width); });
      break;
    case content::sticker:
      begin("sticker", [&](fields& f) {
        sized(f);
        f.text_if("emoji", it.emoji)
            .flag("is_animated", it.mime == "application/x-tgsticker")
            .flag("is_video", it.mime == "video/webm")
            .text("type", "regular");
      });
      break;
    default: document();
  }
}

void world::message_json(std::string& out, const chat& in, const message& one, std::int64_t viewer,
                         bool inner) const {
  fields f(out);
  f.number("message_id", one.id);
  if (one.from == 0) {
    chat_json(f.begin("sender_chat"), in);
  } else if (const auto who = people_.find(one.from); who != people_.end()) {
    user_json(f.begin("from"), who->second);
  } else if (const auto robot = bots_.find(one.from); robot != bots_.end()) {
    user_json(f.begin("from"), *robot->second);
  }
  chat_json(f.begin("chat"), in);
  f.number("date", one.date).number_if("edit_date", one.edit_date);
  f.members(one.extra).flag_if("has_protected_content", one.is_protected);
  if (one.reply_to != 0 && !inner) {
    const auto target = in.messages.find(one.reply_to);
    if (target != in.messages.end()) {
      message_json(f.begin("reply_to_message"), in, target->second, viewer, true);
    }
  }
  if (const auto file = files_.find(one.file); file != files_.end()) {
    file_members(f, one, file->second, viewer);
  }
  f.members(one.body);
  const bool plain = one.kind == content::text;  // captions are texts of files
  f.text_if(plain ? "text" : "caption", one.text.text);
  if (!one.text.entities.empty())
    entities_json(f.begin(plain ? "entities" : "caption_entities"), one.text.entities);
  f.raw_if("reply_markup", one.markup);
}

std::string world::forward_origin(const chat& in, const message& one) const {
  if (one.extra.find("\"forward_origin\":") != std::string::npos) {
    return boost::json::serialize(boost::json::parse("{" + one.extra + "}").at("forward_origin"));
  }
  std::string out;
  {
    fields f(out);
    f.text("type", one.from == 0 ? "channel" : "user").number("date", one.date);
    if (one.from == 0) {
      chat_json(f.begin("chat"), in);
      f.number("message_id", one.id);
      if (const auto extra = boost::json::parse("{" + one.extra + "}");
          extra.as_object().contains("author_signature")) {
        f.raw("author_signature", boost::json::serialize(extra.at("author_signature")));
      }
    } else if (const auto who = people_.find(one.from); who != people_.end()) {
      user_json(f.begin("sender_user"), who->second);
    } else if (const auto robot = bots_.find(one.from); robot != bots_.end()) {
      user_json(f.begin("sender_user"), *robot->second);
    }
  }
  return out;
}

void world::view_json(std::string& out, const chat& in, const message& one) const {
  fields f(out);
  f.text("chat", in.key());
  message_json(f.begin("message"), in, one, in.bot);
  f.flag("out", one.written_by_person).flag("seen", one.seen).raw_if("keyboard", one.keyboard);
}

std::string world::pinned_json(const chat& in) const {
  std::string out;
  const auto top = in.pinned.empty() ? in.messages.end() : in.messages.find(in.pinned.back());
  if (top == in.messages.end()) return out;
  {
    fields f(out);
    auto& list = f.begin("message_ids");
    append_json_list(list, in.pinned, [&](std::int64_t id) { list += std::to_string(id); });
    view_json(f.begin("top"), in, top->second);
  }
  return out;
}

std::string world::message_text(const chat& in, const message& one, std::int64_t viewer) const {
  std::string out;
  message_json(out, in, one, viewer);
  return out;
}

std::string world::view_text(const chat& in, const message& one) const {
  std::string out;
  view_json(out, in, one);
  return out;
}

void world::person_json(std::string& out, const person& one) const {
  fields(out)
      .number("id", one.id)
      .text("first_name", one.first_name)
      .text_if("last_name", one.last_name)
      .text_if("username", one.username)
      .text_if("language_code", one.language_code)
      .flag_if("is_premium", one.premium)
      .text("phone_number", one.phone_number)
      .text("color", one.color)
      .flag_if("gone", one.gone);
}

namespace {
const std::string& in_language(const localized& texts, std::string_view language) {
  static const std::string none;
  auto found = texts.find(std::string(language));
  if (found == texts.end()) found = texts.find("");
  return found == texts.end() ? none : found->second;
}

void append_localized(std::string& out, const localized& texts) {
  fields f(out);
  for (const auto& [language, text] : texts) {
    std::string quoted;
    text::append_json(quoted, text);
    f.raw(language, quoted);
  }
}
}  // namespace

void world::bot_json(std::string& out, const bot& one, std::string_view language) const {
  fields f(out);
  f.number("id", one.id).text("token", one.token).text("username", one.username);
  f.text("title", in_language(one.names, language))
      .text("description", in_language(one.descriptions, language));
  f.text("short_description", in_language(one.short_descriptions, language));
  // What a private chat shows: the narrowest scope first, in it the language first.
  std::string_view commands = "[]";
  for (const std::string scope : {R"({"type":"all_private_chats"})", R"({"type":"default"})"}) {
    for (const std::string& wanted : {std::string(language), std::string()}) {
      const auto found = one.commands.find({scope, wanted});
      if (commands == "[]" && found != one.commands.end()) commands = found->second;
    }
  }
  f.raw("commands", commands);
  const auto button = one.menu_buttons.find(0);
  f.raw("menu_button", button == one.menu_buttons.end() ? R"({"type":"commands"})" : button->second);
  f.text("webhook", one.hook.url).number("pending_updates", static_cast<std::int64_t>(one.updates.size()));
  f.flag("polling", one.waiting != nullptr).flag("paid_broadcast", one.paid_broadcast);
  f.number("accepted", static_cast<std::int64_t>(one.accepted));
  fields refused(f.begin("refused"));
  for (const auto& [code, times] : one.refused)
    refused.number(std::to_string(code), static_cast<std::int64_t>(times));
}

void world::public_chat_json(std::string& out, const chat& one) const {
  fields f(out);
  f.number("chat_id", one.id).text_if("username", one.username).text("title", one.title);
  if (one.type == chat_type::channel) {
    f.text("description", one.description)
        .flag("preview", one.preview)
        .number("subscribers", one.subscribers);
    f.number("last_post_id", one.last_id);
  } else {
    auto& people = f.begin("people");
    append_json_list(people, one.people, [&](std::int64_t id) { people += std::to_string(id); });
  }
  auto& robots = f.begin("bots");
  append_json_list(robots, one.bots, [&](std::int64_t id) { robots += std::to_string(id); });
}

std::string world::settings_json() const {
  std::string clock;
  fields(clock)
      .number("offset_s", std::chrono::duration_cast<std::chrono::seconds>(product_.offset()).count())
      .number("now", now_unix());
  std::string out;
  fields(out).flag("limits", limits_.enabled).raw("faults", faults_json()).raw("clock", clock);
  return out;
}

// ---- what the journal keeps of a bot and a chat

void world::bot_record(std::string& out, const bot& one) const {
  fields f(out);
  f.number("id", one.id).text("token", one.token).text("username", one.username);
  f.flag_if("paid_broadcast", one.paid_broadcast).flag_if("revoked", one.revoked);
  append_localized(f.begin("names"), one.names);
  append_localized(f.begin("descriptions"), one.descriptions);
  append_localized(f.begin("short_descriptions"), one.short_descriptions);
  auto& commands = f.begin("commands");
  append_json_list(commands, one.commands, [&](const auto& entry) {
    fields(commands)
        .text("scope", entry.first.first)
        .text("language", entry.first.second)
        .raw("list", entry.second);
  });
  auto& buttons = f.begin("menu_buttons");
  append_json_list(buttons, one.menu_buttons, [&](const auto& entry) {
    fields(buttons).number("person", entry.first).raw("button", entry.second);
  });
  auto& kinds = f.begin("allowed_updates");
  append_json_list(kinds, one.allowed_updates,
                   [&](const std::string& kind) { text::append_json(kinds, kind); });
  fields(f.begin("hook"))
      .text("url", one.hook.url)
      .text("secret", one.hook.secret)
      .text("ip_address", one.hook.ip_address)
      .number("max_connections", one.hook.max_connections);
}

void world::chat_record(std::string& out, const chat& one, bool gone) const {
  fields f(out);
  f.number("id", one.id).text("type", one.type == chat_type::channel ? "channel" : "supergroup");
  f.text("title", one.title).text("username", one.username).text("description", one.description);
  f.flag("preview", one.preview).number("subscribers", one.subscribers).flag_if("gone", gone);
  auto& robots = f.begin("bots");
  append_json_list(robots, one.bots, [&](std::int64_t id) { robots += std::to_string(id); });
  auto& people = f.begin("people");
  append_json_list(people, one.people, [&](std::int64_t id) { people += std::to_string(id); });
}

}  // namespace tandem::sandbox
