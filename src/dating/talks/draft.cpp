#include "dating/talks/draft.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "platform/telegram/html.hpp"

namespace tandem::dating {
namespace {

using telegram::message_content;
using telegram::message_entity;

// For every UTF-16 unit of the text, and its end, the byte at which its character begins.
std::vector<std::size_t> bytes_by_unit(std::string_view text) {
  std::vector<std::size_t> out;
  out.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    out.push_back(at);
    if (length == 4) out.push_back(at);  // a surrogate pair
    at = std::min(at + length, text.size());
  }
  out.push_back(text.size());
  return out;
}

// What only formats. Custom emoji stay as the plain ones under them.
bool formats(std::string_view type) {
  static constexpr std::string_view known[] = {"bold",          "italic",     "underline",
                                               "strikethrough", "spoiler",    "code",
                                               "pre",           "blockquote", "expandable_blockquote"};
  return std::ranges::find(known, type) != std::end(known);
}

std::optional<sign> sign_of(std::string_view type) {
  if (type == "url" || type == "text_link") return sign::link;
  if (type == "email") return sign::email;
  if (type == "phone_number") return sign::phone;
  if (type == "mention" || type == "text_mention") return sign::handle;
  return std::nullopt;
}

}  // namespace

message_content content_named(std::string_view name) {
  for (int i = 0; i < static_cast<int>(message_content::other); ++i) {
    const auto what = static_cast<message_content>(i);
    if (telegram::name_of(what) == name) return what;
  }
  return message_content::other;
}

draft draft_of(std::int64_t bot_id, const telegram::message& what) {
  draft out;
  out.bot_id = bot_id;
  out.message_id = what.message_id;
  if (what.reply_to_message) out.reply_to = what.reply_to_message->message_id;
  out.kind = telegram::content_of(what);
  const bool is_text = out.kind == message_content::text;
  out.text = is_text ? what.text : what.caption;
  out.entities = is_text ? what.entities : what.caption_entities;
  if (what.location) {
    out.latitude = what.location->latitude;
    out.longitude = what.location->longitude;
  }
  out.own_contact = what.contact && what.from && what.contact->user_id == what.from->id;
  return out;
}

std::vector<found_sign> signs_of_entities(std::string_view text,
                                          const std::vector<message_entity>& entities) {
  const auto bytes = bytes_by_unit(text);
  const auto last = static_cast<std::int64_t>(bytes.size()) - 1;
  std::vector<found_sign> out;
  for (const auto& one : entities) {
    const auto what = sign_of(one.type);
    if (!what || one.offset < 0 || one.length <= 0 || one.offset >= last) continue;
    const auto from = bytes[static_cast<std::size_t>(one.offset)];
    const auto end = bytes[static_cast<std::size_t>(std::min(one.offset + one.length, last))];
    if (end > from) out.push_back({*what, from, end - from});  // not half a character
  }
  return out;
}

shown_text to_shown(std::string_view text, const std::vector<message_entity>& entities,
                    const std::vector<found_sign>& hidden) {
  const auto bytes = bytes_by_unit(text);
  // Where each unit of the source stands in what is shown; inside of a hidden place: where that begins.
  std::vector<std::int64_t> shown_at(bytes.size());
  shown_text out;
  std::int64_t units = 0;
  std::size_t unit = 0, copied = 0;
  const auto copy_to = [&](std::size_t end) {
    for (; unit < bytes.size() && bytes[unit] < end; ++unit) shown_at[unit] = units++;
    out.text += text.substr(copied, end - copied);
    copied = end;
  };
  for (const auto& one : hidden) {
    if (!is_contact(one.what)) continue;
    copy_to(one.offset);
    for (; unit < bytes.size() && bytes[unit] < one.offset + one.length; ++unit) shown_at[unit] = units;
    out.text += hidden_place;
    units += static_cast<std::int64_t>(telegram::utf16_units(hidden_place));
    copied = one.offset + one.length;
  }
  copy_to(text.size());
  shown_at.back() = units;
  const auto last = static_cast<std::int64_t>(bytes.size()) - 1;
  for (const auto& one : entities) {
    if (!formats(one.type) || one.offset < 0 || one.offset >= last || one.length <= 0) continue;
    const auto from = shown_at[static_cast<std::size_t>(one.offset)];
    const auto end = shown_at[static_cast<std::size_t>(std::min(one.offset + one.length, last))];
    if (end <= from) continue;
    message_entity kept;
    kept.type = one.type;
    kept.offset = from;
    kept.length = end - from;
    kept.language = one.language;
    out.entities.push_back(std::move(kept));
  }
  return out;
}

shown_text under_heading(std::string_view heading, shown_text what) {
  const auto units = static_cast<std::int64_t>(telegram::utf16_units(heading));
  for (auto& one : what.entities) one.offset += units + 1;
  message_entity bold;
  bold.type = "bold";
  bold.length = units;
  what.entities.insert(what.entities.begin(), std::move(bold));
  what.text = std::string(heading) + "\n" + what.text;
  return what;
}

std::string to_json(const kept_content& what) {
  boost::json::object out;
  out["kind"] = telegram::name_of(what.kind);
  if (!what.what.text.empty()) out["text"] = what.what.text;
  if (!what.what.entities.empty()) {
    boost::json::array entities;
    for (const auto& one : what.what.entities) {
      entities.push_back(boost::json::array{one.type, one.offset, one.length, one.language});
    }
    out["entities"] = std::move(entities);
  }
  if (what.kind == message_content::location) {
    out["latitude"] = what.latitude;
    out["longitude"] = what.longitude;
  }
  return boost::json::serialize(out);
}

kept_content kept_of(std::string_view json) {
  const auto value = boost::json::parse(json);
  const auto& in = value.as_object();
  kept_content out;
  out.kind = content_named(in.at("kind").as_string());
  if (const auto* text = in.if_contains("text")) out.what.text = text->as_string();
  if (const auto* entities = in.if_contains("entities")) {
    for (const auto& one : entities->as_array()) {
      const auto& parts = one.as_array();
      message_entity entity;
      entity.type = parts.at(0).as_string();
      entity.offset = parts.at(1).to_number<std::int64_t>();
      entity.length = parts.at(2).to_number<std::int64_t>();
      entity.language = parts.at(3).as_string();
      out.what.entities.push_back(std::move(entity));
    }
  }
  if (out.kind == message_content::location) {
    out.latitude = in.at("latitude").to_number<double>();
    out.longitude = in.at("longitude").to_number<double>();
  }
  return out;
}

std::string content_purpose(std::int64_t bot_id, std::int64_t from, std::int64_t message_id) {
  return "dating.messages/" + std::to_string(bot_id) + "/" + std::to_string(from) + "/" +
         std::to_string(message_id);
}

}  // namespace tandem::dating
