// What a person puts into a message: a text, a file, a place, a contact, something forwarded.
#include "sandbox/arguments.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/control.hpp"
#include "sandbox/file_kinds.hpp"
#include "sandbox/image_size.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t most_letters = 4096, most_letters_of_caption = 1024;

std::expected<void, problem> read_text(const json::object& in, message& to) {
  if (in.contains("start")) {
    const std::string payload = text_in(in, "start");
    if (payload.size() > 64 ||
        !std::ranges::all_of(payload, [](char c) { return is_alnum(c) || c == '_' || c == '-'; })) {
      return wrong("\"start\" must have at most 64 of A-Z, a-z, 0-9, _ and -");
    }
    to.text.text = payload.empty() ? "/start" : "/start " + payload;
  } else {
    to.text.text = text_in(in, "text");
  }
  settle(to.text);
  if (to.text.text.empty()) return wrong("\"text\" is empty");
  if (code_points(to.text.text) > most_letters) return wrong("\"text\" is longer than 4096 letters");
  return {};
}

// As a Telegram app sends it: the kind decides the type, whatever the file is.
std::expected<stored_file, problem> described(const json::object& in, const file_kind& kind,
                                              std::string_view bytes) {
  stored_file out;
  out.kind = kind.name;
  out.duration = std::clamp<std::int64_t>(number_in(in, "duration", 1), 0, 86'400);
  const auto image = image_info_of(bytes);
  if (image) {
    out.width = image->width;
    out.height = image->height;
  }
  switch (kind.as) {
    case content::photo:
    case content::sticker:
      if (!image) return wrong("\"" + std::string(kind.name) + "\" must be a JPEG, PNG, GIF or WebP");
      out.mime = image->mime;
      out.duration = 0;
      if (kind.as == content::sticker) out.emoji = text_in(in, "emoji", "🙂");
      break;
    case content::voice: out.mime = "audio/ogg"; break;
    case content::video_note:
      out.mime = "video/mp4";
      out.width = out.height = 240;
      break;
    case content::video:
      out.mime = text_in(in, "mime_type", "video/mp4");
      out.name = text_in(in, "file_name");
      out.width = 640;
      out.height = 360;
      break;
    default:
      out.duration = 0;
      out.width = out.height = 0;
      out.mime = text_in(in, "mime_type", "application/octet-stream");
      out.name = text_in(in, "file_name", "file");
  }
  return out;
}

std::expected<void, problem> read_location(const json::value& given, message& to) {
  const auto* at = given.if_object();
  const auto latitude = scalar_number(at ? at->if_contains("latitude") : nullptr);
  const auto longitude = scalar_number(at ? at->if_contains("longitude") : nullptr);
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) {
    return wrong("\"location\" must be {\"latitude\":…,\"longitude\":…}");
  }
  to.kind = content::other;
  std::string value;
  fields(value)
      .raw("latitude", json::serialize(json::value(*latitude)))
      .raw("longitude", json::serialize(json::value(*longitude)));
  append_member(to.body, "location", value);
  return {};
}

std::expected<void, problem> read_contact(const json::value& given, const person& who, message& to) {
  to.kind = content::other;
  std::string value;
  if (given.is_object()) {
    const auto& from = given.get_object();
    if (text_in(from, "phone_number").empty() || text_in(from, "first_name").empty()) {
      return wrong("\"contact\" must be \"me\" or have phone_number and first_name");
    }
    fields(value)
        .text("phone_number", text_in(from, "phone_number"))
        .text("first_name", text_in(from, "first_name"))
        .text_if("last_name", text_in(from, "last_name"))
        .number_if("user_id", number_in(from, "user_id"));
  } else {
    fields(value)
        .text("phone_number", who.phone_number)
        .text("first_name", who.first_name)
        .text_if("last_name", who.last_name)
        .number("user_id", who.id);
  }
  append_member(to.body, "contact", value);
  return {};
}

}  // namespace

std::expected<void, problem> control::read_file(const object& in, const file_kind& kind,
                                                std::string_view base64, message& to) {
  auto bytes = base64_decoded(base64);
  if (!bytes) return std::unexpected(bytes.error());
  auto as = described(in, kind, *bytes);
  if (!as) return std::unexpected(as.error());
  to.kind = kind.as;
  if (kind.captioned) {
    to.text.text = text_in(in, "caption");
    settle(to.text);
    if (code_points(to.text.text) > most_letters_of_caption)
      return wrong("\"caption\" is longer than 1024 letters");
  }
  to.file = world_.add_file(*bytes, std::move(*as)).unique;
  return {};
}

std::expected<void, problem> control::read_forward(const json::value& given, const person& who, message& to) {
  if (!given.is_object()) return wrong("\"forward\" must be {\"chat\":…,\"message_id\":…}");
  const auto& from = given.get_object();
  chat* source = world_.chat_by_key(text_in(from, "chat"));
  if (!source || (source->is_private() && source->id != who.id))
    return missing("there is no such chat to forward from");
  const auto found = source->messages.find(number_in(from, "message_id"));
  if (found == source->messages.end()) return missing("there is no such message to forward");
  const message& it = found->second;
  if (it.is_protected || it.kind == content::service)
    return conflict("this message is protected from forwarding");
  to.kind = it.kind;
  to.text = it.text;
  to.file = it.file;
  to.body = it.body;
  append_member(to.extra, "forward_origin", world_.forward_origin(*source, it));
  return {};
}

std::expected<std::vector<message>, problem> control::read_contents(const object& in, const person& who) {
  static constexpr std::string_view one_of[] = {"text",     "start",    "photo",      "photos",
                                                "document", "voice",    "video_note", "sticker",
                                                "video",    "location", "contact",    "forward"};
  const auto given = std::ranges::count_if(one_of, [&](auto name) { return in.contains(name); });
  if (given != 1) {
    std::string names;
    for (const auto name : one_of) names += (names.empty() ? "" : ", ") + std::string(name);
    return wrong("give exactly one of: " + names);
  }
  std::vector<message> out(1);
  std::expected<void, problem> read;
  if (in.contains("text") || in.contains("start")) {
    read = read_text(in, out.front());
  } else if (const auto* location = in.if_contains("location")) {
    read = read_location(*location, out.front());
  } else if (const auto* contact = in.if_contains("contact")) {
    read = read_contact(*contact, who, out.front());
  } else if (const auto* forward = in.if_contains("forward")) {
    read = read_forward(*forward, who, out.front());
  } else if (const auto* photos = in.if_contains("photos")) {
    const auto* list = photos->if_array();
    if (!list || list->size() < 2 || list->size() > 10)
      return wrong("\"photos\" must be a list of 2 to 10 photos");
    const std::string group = '"' + std::to_string(world_.machine_us()) + '"';
    out.resize(list->size());
    for (std::size_t i = 0; i < list->size() && read; ++i) {
      read = read_file(in, *file_kind_named("photo"), scalar_text(&list->at(i)), out[i]);
      if (i > 0) out[i].text = {};  // the caption is the album's, and stands with the first
      append_member(out[i].extra, "media_group_id", group);
    }
  } else {
    for (const auto& kind : file_kinds()) {
      if (in.contains(kind.name)) read = read_file(in, kind, text_in(in, kind.name), out.front());
    }
  }
  if (!read) return std::unexpected(read.error());
  return out;
}

}  // namespace tandem::sandbox
