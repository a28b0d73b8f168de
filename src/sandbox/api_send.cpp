#include <charconv>
#include <cmath>

#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/file_kinds.hpp"
#include "sandbox/image_size.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t max_text = 4096, max_caption = 1024;  // code points
constexpr std::size_t max_photo_bytes = 10 << 20, max_file_bytes = 50 << 20;

// Puts a finished message into the chat and tells the other bots there. The chat is known to be writable.
const message& deliver(api_call& call, chat& to, message one) {
  one.date = call.world.now_unix();
  one.from = to.type == chat_type::channel ? 0 : call.me.id;
  if (call.in.flag("protect_content")) one.is_protected = true;
  const message& kept = call.world.add_message(to, std::move(one), call.line, call.me.id);
  if (to.type != chat_type::channel) return kept;
  for (const std::int64_t id : to.bots) {
    bot* other = id == call.me.id ? nullptr : call.world.find_bot(id);
    if (!other) continue;
    call.world.push_update(*other, "channel_post", call.world.message_text(to, kept, id), to.id,
                           std::chrono::hours(24), call.line);
  }
  return kept;
}

struct place {
  chat* to = nullptr;
  std::int64_t reply_to = 0;
};

// In the order in which the real server checks: the keyboard, the chat, the right to write, the reply, the
// limits.
or_error<place> place_of(api_call& call, message& one, int messages = 1, bool keyboards = true) {
  if (keyboards) {
    auto markup = markup_of(call);
    if (!markup) return std::unexpected(std::move(markup).error());
    one.markup = std::move(markup->inline_keyboard);
    one.keyboard = std::move(markup->keyboard);
  }
  auto to = chat_of(call);
  if (!to) return std::unexpected(std::move(to).error());
  if (auto allowed = may_write(call, **to); !allowed) return std::unexpected(std::move(allowed).error());
  auto reply = reply_of(call, **to);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (auto allowed = within_limits(call, **to, messages); !allowed)
    return std::unexpected(std::move(allowed).error());
  one.reply_to = *reply;
  return place{*to, *reply};
}

outcome send(api_call& call, message one) {
  auto where = place_of(call, one);
  if (!where) return std::unexpected(std::move(where).error());
  const message& kept = deliver(call, *where->to, std::move(one));
  return api_success{call.world.message_text(*where->to, kept, call.me.id)};
}

// Reads a caption into `to`, from the call or from an item of `media`.
or_error<void> caption_of(api_call& call, message& to, std::string_view caption, std::string_view mode,
                          const json::value* entities, bool above) {
  auto text = text_of(call, caption, mode, entities);
  if (!text) return std::unexpected(std::move(text).error());
  if (code_points(text->text) > max_caption) return bad_request("message caption is too long");
  to.text = std::move(*text);
  if (above && !to.text.text.empty()) append_member(to.extra, "show_caption_above_media", "true");
  return {};
}

or_error<void> own_caption(api_call& call, message& to) {
  return caption_of(call, to, call.in.text("caption"), call.in.text("parse_mode"),
                    call.in.structure("caption_entities"), call.in.flag("show_caption_above_media"));
}

std::string name_of_address(std::string_view address) {
  address = address.substr(0, address.find_first_of("?#"));
  return std::string(address.substr(address.rfind('/') + 1));
}

std::string type_by_name(std::string_view name) {
  const std::string ending = lower(name.substr(std::min(name.rfind('.'), name.size())));
  if (ending == ".pdf") return "application/pdf";
  if (ending == ".txt") return "text/plain";
  if (ending == ".json") return "application/json";
  if (ending == ".zip") return "application/zip";
  if (ending == ".csv") return "text/csv";
  return "application/octet-stream";
}

}  // namespace

namespace {

// The bytes that a call names, and what came with them.
struct given_file {
  std::string_view bytes;
  std::string name, type;
  bool from_web = false;
};

or_error<given_file> bytes_of(api_call& call, std::string_view kind, std::string_view given) {
  if (given.starts_with("attach://")) {
    const form_part* part = call.in.file(given.substr(9));
    if (!part) return bad_request("there is no " + std::string(kind) + " in the request");
    return given_file{part->bytes, part->file_name, part->type};
  }
  const auto found = call.fetched.find(std::string(given));
  if (found == call.fetched.end()) return bad_request("wrong HTTP URL specified");
  if (!found->second.error.empty()) return bad_request(found->second.error);
  return given_file{found->second.bytes, name_of_address(given), found->second.type, true};
}

int number_said(const said_of_file& said, std::string_view name) {
  const std::string given = said(name);
  const json::value text(std::string_view{given});
  return static_cast<int>(std::clamp<std::int64_t>(scalar_integer(&text).value_or(0), 0, 100'000));
}

or_error<void> picture_of(const given_file& from, stored_file& to) {
  const auto image = image_info_of(from.bytes);
  if (!image)
    return bad_request(from.from_web ? "wrong type of the web page content" : "IMAGE_PROCESS_FAILED");
  if (image->width + image->height > 10'000 || image->width > image->height * 20 ||
      image->height > image->width * 20) {
    return bad_request("PHOTO_INVALID_DIMENSIONS");
  }
  to.width = image->width;
  to.height = image->height;
  to.mime = image->mime;
  return {};
}

// Still (WebP or PNG), animated (TGS is gzip) or a film (WebM).
or_error<void> sticker_of(const given_file& from, stored_file& to) {
  const auto image = image_info_of(from.bytes);
  to.width = image ? image->width : 512;
  to.height = image ? image->height : 512;
  if (image) {
    to.mime = image->mime;
  } else if (from.bytes.starts_with("\x1f\x8b")) {
    to.mime = "application/x-tgsticker";
  } else if (from.bytes.starts_with("\x1a\x45\xdf\xa3")) {
    to.mime = "video/webm";
  } else {
    return bad_request("wrong file type");
  }
  return {};
}

// What is known of a file that is no picture, by its call and its name.
void describe(stored_file& one, const said_of_file& said) {
  one.duration = number_said(said, "duration");
  one.width = number_said(said, "width");
  one.height = number_said(said, "height");
  one.performer = said("performer");
  one.title = said("title");
  switch (file_kind_named(one.kind)->as) {
    case content::video_note:
      one.width = one.height = std::max(number_said(said, "length"), one.width);
      if (one.width == 0) one.width = one.height = 240;
      one.mime = "video/mp4";
      break;
    case content::voice: one.mime = "audio/ogg"; break;
    case content::video:
    case content::animation:
      if (one.mime.empty()) one.mime = "video/mp4";
      break;
    case content::audio:
      if (one.mime.empty()) one.mime = "audio/mpeg";
      break;
    default: break;
  }
  if (one.mime.empty()) one.mime = type_by_name(one.name);
}

}  // namespace

or_error<bool> attach(api_call& call, message& to, std::string_view kind, std::string_view given,
                      const said_of_file& said) {
  const auto& what = *file_kind_named(kind);
  const bool photo = what.as == content::photo;
  to.kind = what.as;
  if (given.empty()) return bad_request("there is no " + std::string(kind) + " in the request");

  const bool is_address = given.starts_with("http://") || given.starts_with("https://");
  if (!is_address && !given.starts_with("attach://")) {
    const stored_file* known = call.world.file_by_id(call.me.id, given);
    if (!known) return bad_request("wrong file_id or the file is temporarily unavailable");
    if (known->kind != kind) {
      const bool as_document = what.as == content::document && known->kind == "photo";
      return bad_request(as_document ? "can't use file of type Photo as Document" : "type of file mismatch");
    }
    to.file = known->unique;
    return false;
  }

  auto from = bytes_of(call, kind, given);
  if (!from) return std::unexpected(std::move(from).error());
  if (from->bytes.empty()) return bad_request("file must be non-empty");
  if (from->bytes.size() > (photo ? max_photo_bytes : max_file_bytes)) {
    return bad_request(photo ? "file is too big for a photo" : "file is too big");
  }
  stored_file one;
  one.kind = kind;
  one.name = std::move(from->name);
  one.mime = std::move(from->type);
  if (photo) {
    if (auto read = picture_of(*from, one); !read) return std::unexpected(std::move(read).error());
  } else if (what.as == content::sticker) {
    if (auto read = sticker_of(*from, one); !read) return std::unexpected(std::move(read).error());
    one.emoji = said("emoji");
  } else {
    describe(one, said);
  }
  to.file = call.world.add_file(from->bytes, std::move(one)).unique;
  return true;
}

outcome send_message(api_call& call) {
  const std::string given = call.in.text("text");
  if (given.empty()) return bad_request("message text is empty");
  auto text = text_of(call, given, call.in.text("parse_mode"), call.in.structure("entities"));
  if (!text) return std::unexpected(std::move(text).error());
  if (text->text.empty()) return bad_request("message text is empty");
  if (code_points(text->text) > max_text) return bad_request("message is too long");
  message one;
  one.text = std::move(*text);
  if (const auto* preview = call.in.structure("link_preview_options"); preview && preview->is_object()) {
    std::string options;
    {
      fields f(options);
      for (const std::string_view name :
           {"is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text"}) {
        f.flag_if(name, scalar_flag(preview->get_object().if_contains(name)));
      }
      f.text_if("url", scalar_text(preview->get_object().if_contains("url")));
    }
    if (options != "{}") append_member(one.extra, "link_preview_options", options);
  }
  return send(call, std::move(one));
}

namespace {
outcome send_file(api_call& call, std::string_view kind) {
  message one;
  // A wrong chat is told before a file is stored.
  auto to = chat_of(call);
  if (!to) return std::unexpected(std::move(to).error());
  if (file_kind_named(kind)->captioned) {
    if (auto caption = own_caption(call, one); !caption) return std::unexpected(std::move(caption).error());
  }
  const said_of_file said = [&call](std::string_view name) { return call.in.text(name); };
  if (auto done = attach(call, one, kind, call.in.text(kind), said); !done)
    return std::unexpected(std::move(done).error());
  if (call.in.flag("has_spoiler")) append_member(one.extra, "has_media_spoiler", "true");
  return send(call, std::move(one));
}
}  // namespace

outcome send_photo(api_call& call) { return send_file(call, "photo"); }
outcome send_document(api_call& call) { return send_file(call, "document"); }
outcome send_video(api_call& call) { return send_file(call, "video"); }
outcome send_animation(api_call& call) { return send_file(call, "animation"); }
outcome send_audio(api_call& call) { return send_file(call, "audio"); }
outcome send_voice(api_call& call) { return send_file(call, "voice"); }
outcome send_video_note(api_call& call) { return send_file(call, "video_note"); }
outcome send_sticker(api_call& call) { return send_file(call, "sticker"); }

outcome send_media_group(api_call& call) {
  const auto* media = call.in.structure("media");
  if (!media || !media->is_array()) return bad_request("expected an Array of InputMedia");
  const auto& items = media->get_array();
  if (items.size() < 2) return bad_request("media group must include 2-10 items");
  if (items.size() > 10) return bad_request("too many messages to send as an album");

  std::vector<message> album;
  std::string first_type;
  for (const auto& item : items) {
    const auto* from = item.if_object();
    if (!from) return bad_request("can't parse InputMedia: expected an Object");
    const auto value = [&](std::string_view name) { return scalar_text(from->if_contains(name)); };
    const std::string type = lower(value("type"));
    const bool may_be_there = type == "photo" || type == "video" || type == "document" || type == "audio";
    if (!may_be_there) {
      return bad_request(type.empty() ? "can't parse InputMedia: Can't find field \"type\""
                                      : "can't use the media of the specified type in the album");
    }
    // Photos and videos mix; documents and audio stay among themselves.
    const std::string family = type == "video" ? "photo" : type;
    if (first_type.empty()) first_type = family;
    if (family != first_type) return bad_request("can't use the media of the specified type in the album");
    message one;
    const auto* entities = from->if_contains("caption_entities");
    if (auto done = caption_of(call, one, value("caption"), value("parse_mode"), entities,
                               scalar_flag(from->if_contains("show_caption_above_media")));
        !done) {
      return std::unexpected(std::move(done).error());
    }
    if (auto done = attach(call, one, type, value("media"), value); !done)
      return std::unexpected(std::move(done).error());
    if (scalar_flag(from->if_contains("has_spoiler"))) append_member(one.extra, "has_media_spoiler", "true");
    album.push_back(std::move(one));
  }
  auto where = place_of(call, album.front(), static_cast<int>(album.size()), false);
  if (!where) return std::unexpected(std::move(where).error());
  const std::string group = '"' + std::to_string(call.world.machine_us()) + '"';
  std::string out;
  append_json_list(out, album, [&](const message& one) {
    message item = one;
    item.reply_to = where->reply_to;
    append_member(item.extra, "media_group_id", group);
    const message& kept = deliver(call, *where->to, std::move(item));
    call.world.message_json(out, *where->to, kept, call.me.id);
  });
  return api_success{std::move(out)};
}

outcome send_location(api_call& call) {
  const auto read = [&](std::string_view name) -> std::optional<double> {
    double value = 0;
    const std::string text = call.in.text(name);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
    return value;
  };
  const auto latitude = read("latitude"), longitude = read("longitude");
  if (!latitude) return bad_request("latitude is empty");
  if (!longitude) return bad_request("longitude is empty");
  if (std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return bad_request("wrong location specified");
  message one;
  one.kind = content::other;
  std::string location;
  {
    fields f(location);
    f.raw("latitude", json::serialize(json::value(*latitude)));
    f.raw("longitude", json::serialize(json::value(*longitude)));
    if (const auto accuracy = read("horizontal_accuracy")) {
      f.raw("horizontal_accuracy", json::serialize(json::value(*accuracy)));
    }
    f.number_if("live_period", call.in.integer("live_period"))
        .number_if("heading", call.in.integer("heading"));
    f.number_if("proximity_alert_radius", call.in.integer("proximity_alert_radius"));
  }
  append_member(one.body, "location", location);
  return send(call, std::move(one));
}

outcome send_contact(api_call& call) {
  const std::string number = call.in.text("phone_number"), name = call.in.text("first_name");
  if (number.empty()) return bad_request("phone number is empty");
  if (name.empty()) return bad_request("first name is empty");
  message one;
  one.kind = content::other;
  std::string contact;
  fields(contact)
      .text("phone_number", number)
      .text("first_name", name)
      .text_if("last_name", call.in.text("last_name"))
      .text_if("vcard", call.in.text("vcard"));
  append_member(one.body, "contact", contact);
  return send(call, std::move(one));
}

outcome send_chat_action(api_call& call) {
  const std::string action = call.in.text("action");
  static constexpr std::string_view known[] = {
      "typing",        "upload_photo",      "record_video",      "upload_video",
      "record_voice",  "upload_voice",      "upload_document",   "choose_sticker",
      "find_location", "record_video_note", "upload_video_note", "cancel"};
  if (std::ranges::find(known, action) == std::end(known))
    return bad_request("wrong parameter action in request");
  auto to = chat_of(call);
  if (!to) return std::unexpected(std::move(to).error());
  if (auto allowed = may_write(call, **to); !allowed) return std::unexpected(std::move(allowed).error());
  std::string event;
  fields(event).text("chat", (*to)->key()).number("bot", call.me.id).text("action", action);
  call.world.publish_chat("chat_action", **to, std::move(event));
  return api_success{};
}

// ---- forwarding and copying

namespace {

// The chat from which something is taken: one that this bot can read.
or_error<chat*> origin_of(api_call& call) {
  auto from = chat_of(call, "from_chat_id");
  if (!from) return from;
  if (!(*from)->is_private() && !(*from)->bots.contains(call.me.id)) return bad_request("chat not found");
  return from;
}

// The members of the envelope that go with the content, or all others.
std::string part_of_extra(const message& from, bool of_content) {
  std::string out;
  if (from.extra.empty()) return out;
  const auto members = json::parse("{" + from.extra + "}");
  for (const auto& item : members.as_object()) {
    const std::string_view name = item.key();
    const bool goes_with_it =
        name == "show_caption_above_media" || name == "has_media_spoiler" || name == "link_preview_options";
    if (goes_with_it == of_content) append_member(out, name, json::serialize(item.value()));
  }
  return out;
}

message content_of(const message& from) {
  message one;
  one.kind = from.kind;
  one.text = from.text;
  one.file = from.file;
  one.body = from.body;
  one.extra = part_of_extra(from, true);
  return one;
}

or_error<std::vector<std::int64_t>> ids_of(api_call& call) {
  const auto* list = call.in.structure("message_ids");
  if (!list || !list->is_array()) return bad_request("message identifiers are not specified");
  std::vector<std::int64_t> out;
  for (const auto& item : list->get_array()) {
    const auto id = scalar_integer(&item);
    if (!id || *id <= 0) return bad_request("invalid message identifier specified");
    out.push_back(*id);
  }
  if (out.empty()) return bad_request("message identifiers are not specified");
  if (out.size() > 100) return bad_request("too many message identifiers specified");
  return out;
}

enum class way { forward, copy };

or_error<message> taken(api_call& call, const chat& from, const message& source, way how) {
  if (source.is_protected || source.kind == content::service)
    return bad_request(how == way::forward ? "message can't be forwarded" : "message can't be copied");
  message one = content_of(source);
  if (how == way::forward)
    append_member(one.extra, "forward_origin", call.world.forward_origin(from, source));
  else
    one.markup = source.markup;
  return one;
}

// One message: forwardMessage and copyMessage.
or_error<std::pair<chat*, const message*>> take_one(api_call& call, way how) {
  auto from = origin_of(call);
  if (!from) return std::unexpected(std::move(from).error());
  const std::int64_t id = call.in.integer("message_id");
  if (id <= 0) return bad_request("message identifier is not specified");
  const auto source = (*from)->messages.find(id);
  if (source == (*from)->messages.end()) {
    return bad_request(how == way::forward ? "message to forward not found" : "message to copy not found");
  }
  auto one = taken(call, **from, source->second, how);
  if (!one) return std::unexpected(std::move(one).error());
  const auto* file = file_kind_of(one->kind);
  if (how == way::copy && call.in.has("caption") && file && file->captioned) {
    if (auto done = own_caption(call, *one); !done) return std::unexpected(std::move(done).error());
  }
  const std::string kept_markup = one->markup;
  auto where = place_of(call, *one, 1, how == way::copy);
  if (!where) return std::unexpected(std::move(where).error());
  if (how == way::copy && !call.in.has("reply_markup")) one->markup = kept_markup;
  return std::pair<chat*, const message*>{where->to, &deliver(call, *where->to, std::move(*one))};
}

outcome take_many(api_call& call, way how) {
  auto from = origin_of(call);
  if (!from) return std::unexpected(std::move(from).error());
  auto ids = ids_of(call);
  if (!ids) return std::unexpected(std::move(ids).error());
  std::vector<message> found;
  for (std::size_t i = 0; i < ids->size(); ++i) {
    if (i > 0 && (*ids)[i] <= (*ids)[i - 1])
      return bad_request("message identifiers must be in a strictly increasing order");
    const auto source = (*from)->messages.find((*ids)[i]);
    if (source == (*from)->messages.end()) continue;  // those that are not there are skipped
    auto one = taken(call, **from, source->second, how);
    if (!one) continue;
    if (how == way::copy && call.in.flag("remove_caption") && one->kind != content::text) one->text = {};
    found.push_back(std::move(*one));
  }
  if (found.empty()) {
    return bad_request(how == way::forward ? "there are no messages to forward"
                                           : "there are no messages to copy");
  }
  message unused;
  auto where = place_of(call, unused, static_cast<int>(found.size()), false);
  if (!where) return std::unexpected(std::move(where).error());
  std::string out;
  append_json_list(out, found, [&](message& one) {
    const message& kept = deliver(call, *where->to, std::move(one));
    fields(out).number("message_id", kept.id);
  });
  return api_success{std::move(out)};
}

}  // namespace

std::string extra_without_content(const message& from) { return part_of_extra(from, false); }

outcome forward_message(api_call& call) {
  auto done = take_one(call, way::forward);
  if (!done) return std::unexpected(std::move(done).error());
  return api_success{call.world.message_text(*done->first, *done->second, call.me.id)};
}

outcome copy_message(api_call& call) {
  auto done = take_one(call, way::copy);
  if (!done) return std::unexpected(std::move(done).error());
  api_success out;
  out.result.clear();
  fields(out.result).number("message_id", done->second->id);
  return out;
}

outcome forward_messages(api_call& call) { return take_many(call, way::forward); }
outcome copy_messages(api_call& call) { return take_many(call, way::copy); }

}  // namespace tandem::sandbox
