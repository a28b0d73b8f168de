#include "platform/tdlib/message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace tandem::tdlib {
namespace {

namespace json = boost::json;

constexpr std::size_t text_limit = 16 << 10;  // bytes; Telegram's own limit is lower
constexpr std::size_t links_limit = 64;
constexpr std::size_t url_limit = 2'048;

// Offsets of entities are in UTF-16 units.
class utf16_index {
 public:
  explicit utf16_index(std::string_view text) : text_(text) {}
  // The bytes from one offset to another; entities come in order, so the walk goes on from the last one.
  std::string_view part(std::int64_t offset, std::int64_t length) {
    if (offset < at_units_) at_units_ = 0, at_byte_ = 0;
    walk_to(offset);
    const auto from = at_byte_, from_units = static_cast<std::size_t>(at_units_);
    walk_to(offset + length);
    const auto out = text_.substr(from, at_byte_ - from);
    at_byte_ = from, at_units_ = static_cast<std::int64_t>(from_units);  // entities may lie in each other
    return out;
  }

 private:
  void walk_to(std::int64_t units) {
    while (at_units_ < units && at_byte_ < text_.size()) {
      const auto first = static_cast<unsigned char>(text_[at_byte_]);
      const std::size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      at_units_ += bytes == 4 ? 2 : 1;
      at_byte_ = std::min(at_byte_ + bytes, text_.size());
    }
  }
  std::string_view text_;
  std::size_t at_byte_ = 0;
  std::int64_t at_units_ = 0;
};

void add_link(message& to, std::string url, std::string_view words) {
  if (url.size() > url_limit || to.links.size() >= links_limit) return;
  for (const std::string_view scheme : {"https://", "http://", "tg://", "mailto:"}) {
    if (url.starts_with(scheme)) return void(to.links.push_back({std::move(url), std::string(words)}));
  }
}

// Spaces that do not break are ordinary ones: nobody downstream should have to know.
std::string plain_spaces(std::string_view in) {
  std::string out(in);
  for (const std::string_view hard : {"\u00a0", "\u2009", "\u202f"}) {
    for (auto at = out.find(hard); at != std::string::npos; at = out.find(hard, at + 1))
      out.replace(at, hard.size(), " ");
  }
  return out;
}

void read_entity(message& to, const json::object& type, std::string_view words) {
  const auto name = type_of(type);
  if (name == "textEntityTypeTextUrl") {
    add_link(to, std::string(text(type, "url")), words);
  } else if (name == "textEntityTypeUrl") {
    add_link(to, (words.contains("://") ? "" : "http://") + std::string(words), words);
  } else if (name == "textEntityTypeEmailAddress") {
    add_link(to, "mailto:" + std::string(words), words);
  } else if (name == "textEntityTypeMention" && words.starts_with('@')) {
    add_link(to, "https://t.me/" + std::string(words.substr(1)), words);
  } else if (name == "textEntityTypeHashtag" && words.starts_with('#') && to.hashtags.size() < links_limit) {
    to.hashtags.emplace_back(words.substr(1));
  }
}

void read_formatted(message& to, const json::object& formatted) {
  const auto whole = text(formatted, "text");
  utf16_index index(whole);
  if (const auto* entities = formatted.if_contains("entities"); entities && entities->is_array()) {
    for (const auto& one : entities->as_array()) {
      const auto* entity = one.if_object();
      const auto* type = entity ? object(*entity, "type") : nullptr;
      if (type)
        read_entity(to, *type,
                    plain_spaces(index.part(number(*entity, "offset"), number(*entity, "length"))));
    }
  }
  to.text = plain_spaces(whole);
  if (to.text.size() <= text_limit) return;
  auto cut = text_limit;
  while (cut > 0 && (static_cast<unsigned char>(to.text[cut]) & 0xc0) == 0x80) --cut;
  to.text.resize(cut);
}

void read_poll(message& to, const json::object& poll) {
  if (const auto* asked = object(poll, "question")) read_formatted(to, *asked);
  const auto* options = poll.if_contains("options");
  if (!options || !options->is_array()) return;
  for (const auto& one : options->as_array()) {
    const auto* option = one.if_object();
    const auto* words = option ? object(*option, "text") : nullptr;
    if (words) to.text += "\n" + plain_spaces(text(*words, "text"));
  }
}

content_kind kind_of(std::string_view type) {
  struct known {
    std::string_view type;
    content_kind kind;
  };
  // What people send; every other message… type of the schema is a service message.
  static constexpr known table[] = {
      {"messageText", content_kind::text},         {"messagePhoto", content_kind::photo},
      {"messageVideo", content_kind::video},       {"messageAnimation", content_kind::video},
      {"messageVideoNote", content_kind::video},   {"messageVoiceNote", content_kind::voice},
      {"messageAudio", content_kind::voice},       {"messageDocument", content_kind::document},
      {"messageSticker", content_kind::sticker},   {"messageAnimatedEmoji", content_kind::sticker},
      {"messageDice", content_kind::sticker},      {"messagePoll", content_kind::poll},
      {"messageLocation", content_kind::location}, {"messageVenue", content_kind::location},
      {"messagePaidMedia", content_kind::other},   {"messageContact", content_kind::other},
      {"messageGame", content_kind::other},        {"messageInvoice", content_kind::other},
      {"messageStory", content_kind::other},       {"messageUnsupported", content_kind::other}};
  for (const auto& one : table) {
    if (one.type == type) return one.kind;
  }
  return content_kind::service;
}

void read_content(message& to, const json::object& content) {
  to.content = kind_of(type_of(content));
  if (const auto* words = object(content, "text")) {
    read_formatted(to, *words);
  } else if (const auto* caption = object(content, "caption")) {
    read_formatted(to, *caption);
  } else if (const auto* poll = object(content, "poll")) {
    read_poll(to, *poll);
  } else if (to.content == content_kind::sticker) {
    to.text = text(content, "emoji");
  }
}

std::optional<forward> read_forward(const json::object& record) {
  const auto* info = object(record, "forward_info");
  const auto* origin = info ? object(*info, "origin") : nullptr;
  if (!origin) return std::nullopt;
  forward out;
  out.user_id = number(*origin, "sender_user_id");
  out.chat_id = number(*origin, "chat_id") + number(*origin, "sender_chat_id");  // never both
  out.message_id = to_server_id(number(*origin, "message_id"));
  out.name = text(*origin, "sender_name");
  return out;
}

void read_buttons(message& to, const json::object& markup) {
  const auto* rows = markup.if_contains("rows");
  if (type_of(markup) != "replyMarkupInlineKeyboard" || !rows || !rows->is_array()) return;
  for (const auto& row : rows->as_array()) {
    if (!row.is_array()) continue;
    for (const auto& one : row.as_array()) {
      const auto* button = one.if_object();
      const auto* type = button ? object(*button, "type") : nullptr;
      if (type && type_of(*type) == "inlineKeyboardButtonTypeUrl")
        add_link(to, std::string(text(*type, "url")), text(*button, "text"));
    }
  }
}

}  // namespace

std::int64_t number(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  if (!found) return 0;
  if (found->is_int64()) return found->as_int64();
  if (!found->is_string()) return 0;
  std::int64_t out = 0;
  const auto& digits = found->as_string();
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

std::string_view text(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found && found->is_string() ? std::string_view(found->as_string()) : std::string_view();
}

const json::object* object(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found ? found->if_object() : nullptr;
}

std::string_view type_of(const json::object& record) { return text(record, "@type"); }

std::optional<message> read_message(const json::object& record) {
  if (type_of(record) != "message") return std::nullopt;
  const auto local_id = number(record, "id");
  if (local_id <= 0 || local_id % id_step != 0) return std::nullopt;
  message out;
  out.chat_id = number(record, "chat_id");
  out.id = to_server_id(local_id);
  out.album_id = number(record, "media_album_id");
  out.date = number(record, "date");
  const auto* outgoing = record.if_contains("is_outgoing");
  out.outgoing = outgoing && outgoing->is_bool() && outgoing->as_bool();
  out.edited = number(record, "edit_date") != 0;
  if (const auto* sender = object(record, "sender_id")) {
    out.sender_user = number(*sender, "user_id");
    out.sender_chat = number(*sender, "chat_id");
  }
  out.signature = text(record, "author_signature");
  out.from = read_forward(record);
  if (const auto* content = object(record, "content")) read_content(out, *content);
  if (const auto* markup = object(record, "reply_markup")) read_buttons(out, *markup);
  return out;
}

}  // namespace tandem::tdlib
