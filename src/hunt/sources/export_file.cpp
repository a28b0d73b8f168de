#include "hunt/sources/export_file.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

#include "hunt/sources/html_text.hpp"
#include "hunt/sources/moments.hpp"

namespace tandem::hunt {
namespace {

namespace json = boost::json;
using json::error_code;

constexpr std::size_t examples_kept = 10;
constexpr std::size_t longest_type = 64;  // of a chat: all that Telegram has are shorter

// What an object or array of the file is to us.
enum class part : std::uint8_t {
  chat,   // an object with "messages"
  chats,  // "chats" or "left_chats": an object with "list"
  chat_list,
  messages,
  message,
  pieces,  // "text" or "text_entities" as an array
  piece,   // one of it: {type, text, href}
  poll,    // {question, answers: [{text}]}
  answers,
  buttons,  // [[{type, text, data}]]
  button,
  other,  // skipped, whatever is in it
};

// What is known of the message that is being read.
struct draft {
  std::optional<std::int64_t> id, date;
  std::string type, written_date, from, from_id, forwarded, signature;
  std::string text, entities, poll;
  std::vector<post_link> links;
  std::vector<std::string> hashtags;
  bool edited = false, has_entities = false, cut = false;
  std::vector<media_kind> media;
  std::string wrong;  // the first thing
};

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The events of the JSON parser, and what they mean.
class events {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1), max_array_size = std::size_t(-1),
                               max_key_size = std::size_t(-1), max_string_size = std::size_t(-1);

  explicit events(const export_limits& limits) : limits_(limits) {}

  std::vector<exported_message> taken;
  export_counts counts;
  std::size_t position = 0;  // where the piece that is being read begins

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& failure) {
    const auto what = role_of_next(true);
    if (what == part::chat && counts.chats.size() >= limits_.chats) {
      failure = json::error::array_too_large;
      return false;
    }
    open_.push_back({what, false});
    if (what == part::message) now_ = {};
    if (what == part::piece || what == part::button) piece_ = {};
    if (what == part::chat) counts.chats.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    const auto what = open_.back().what;
    if (what == part::message) end_message();
    if (what == part::piece) end_piece();
    if (what == part::button) end_button();
    open_.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) {
    const auto what = role_of_next(false);
    open_.push_back({what, true});
    if (what == part::pieces) now_.has_entities = now_.has_entities || key_ == "text_entities";
    into_entities_ = what == part::pieces ? key_ == "text_entities" : into_entities_;
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    open_.pop_back();
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, error_code&) { return add(raw_key_, text, 64); }
  bool on_key(json::string_view text, std::size_t, error_code&) {
    add(raw_key_, text, 64);
    key_ = std::exchange(raw_key_, {});
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, error_code&) { return add(value_, text, room()); }
  bool on_string(json::string_view text, std::size_t, error_code&) {
    const bool whole = add(value_, text, room()) && !overflowed_;
    now_.cut = now_.cut || (!whole && !open_.empty() && is_text());
    overflowed_ = false;
    said(std::exchange(value_, {}));
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code&) {
    counted(value);
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return mistyped(); }
  bool on_double(double, json::string_view, error_code&) { return mistyped(); }
  bool on_bool(bool, error_code&) { return mistyped(); }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  struct level {
    part what;
    bool array;
  };
  struct text_piece {
    std::string type, text, target;
  };

  part within() const { return open_.empty() ? part::chats : open_.back().what; }
  bool is_text() const {
    const auto in = within();
    return (in == part::message && key_ == "text") || in == part::pieces ||
           (in == part::piece && key_ == "text");
  }
  std::size_t room() const { return is_text() ? limits_.text * 2 : limits_.value; }

  bool add(std::string& to, json::string_view text, std::size_t limit) {
    const auto left = limit - std::min(limit, to.size());
    overflowed_ = overflowed_ || text.size() > left;
    to.append(text.data(), std::min(text.size(), left));
    return true;
  }

  // What the value that begins now is, by where it stands.
  part role_of_next(bool object) const {
    if (open_.empty()) return object ? part::chat : part::other;
    const auto in = open_.back().what;
    const bool in_root = open_.size() == 1;
    if (object) {
      if (in == part::chat && in_root && (key_ == "chats" || key_ == "left_chats")) return part::chats;
      if (in == part::chat_list) return part::chat;
      if (in == part::messages) return part::message;
      if (in == part::pieces) return part::piece;
      if (in == part::message && key_ == "poll") return part::poll;
      if (in == part::answers) return part::answers;
      if (in == part::buttons) return part::button;
      return part::other;
    }
    if (in == part::chats && key_ == "list") return part::chat_list;
    if (in == part::chat && key_ == "messages") return part::messages;
    if (in == part::message && (key_ == "text" || key_ == "text_entities")) return part::pieces;
    if (in == part::poll && key_ == "answers") return part::answers;
    if (in == part::message && key_ == "inline_bot_buttons") return part::buttons;
    if (in == part::buttons) return part::buttons;
    return part::other;
  }

  void said(std::string text) {
    switch (within()) {
      case part::chat: {
        auto& chat = counts.chats.back();
        if (key_ == "name") chat.name = html::clean(text, 256);
        if (key_ == "type") chat.type = text.substr(0, longest_type);
        break;
      }
      case part::message: of_message(std::move(text)); break;
      case part::pieces: add_text(text); break;
      case part::piece:
      case part::button:
        if (key_ == "type")
          piece_.type = std::move(text);
        else if (key_ == "text")
          piece_.text = std::move(text);
        else if (key_ == "href" || key_ == "data")
          piece_.target = std::move(text);
        break;
      case part::poll:
      case part::answers:
        if ((key_ == "question" || key_ == "text") && now_.poll.size() < limits_.text) {
          now_.poll += (now_.poll.empty() ? "" : "\n") + text;
        }
        break;
      default: break;
    }
  }

  void of_message(std::string text) {
    if (key_ == "type")
      now_.type = std::move(text);
    else if (key_ == "text")
      now_.text = std::move(text);
    else if (key_ == "date_unixtime")
      now_.date = number_in(text);
    else if (key_ == "id")
      now_.id = number_in(text);
    else if (key_ == "date")
      now_.written_date = std::move(text);
    else if (key_ == "from")
      now_.from = std::move(text);
    else if (key_ == "from_id")
      now_.from_id = std::move(text);
    else if (key_ == "forwarded_from")
      now_.forwarded = std::move(text);
    else if (key_ == "author")
      now_.signature = std::move(text);
    else if (key_ == "edited")
      now_.edited = true;
    else if (key_ == "photo")
      add_media(media_kind::photo);
    else if (key_ == "media_type")
      add_media(text.starts_with("voice") ? media_kind::voice
                : text == "sticker"       ? media_kind::sticker
                                          : media_kind::video);
  }

  void counted(std::int64_t value) {
    const auto in = within();
    if (in == part::chat && key_ == "id") counts.chats.back().id = value;
    if (in != part::message) return;
    if (key_ == "id")
      now_.id = value;
    else if (key_ == "date_unixtime")
      now_.date = value;
    else
      mistyped();
  }

  // A number or a flag where a text should be.
  bool mistyped() {
    static constexpr std::string_view texts[] = {"type", "text", "id", "date_unixtime", "from", "from_id"};
    if (within() == part::message && std::ranges::find(texts, key_) != std::end(texts) &&
        now_.wrong.empty()) {
      now_.wrong = "\"" + key_ + "\" is of the wrong type";
    }
    return true;
  }

  void end_piece() {
    if (piece_.type == "hashtag" && piece_.text.size() > 1 && now_.hashtags.size() < limits_.links) {
      auto tag = html::clean(std::string_view(piece_.text).substr(1), 256);
      if (std::ranges::find(now_.hashtags, tag) == now_.hashtags.end())
        now_.hashtags.push_back(std::move(tag));
    }
    if (piece_.type == "text_link") add_link(piece_.target);
    if (piece_.type == "link") add_link(piece_.text);
    add_text(piece_.text);
    piece_ = {};
  }
  void end_button() {
    if (piece_.type == "url") add_link(piece_.target);
    piece_ = {};
  }
  // What is longer than is kept is cut in the end; here it must not grow with the file.
  void add_text(std::string_view piece) {
    auto& whole = into_entities_ ? now_.entities : now_.text;
    if (whole.size() <= limits_.text * 2) whole += piece;
  }
  void add_media(media_kind kind) {
    if (now_.media.size() < limits_.links) now_.media.push_back(kind);
  }
  void add_link(const std::string& target) {
    const bool address = target.starts_with("https://") || target.starts_with("http://");
    if (!address || target.size() > 2048 || now_.links.size() >= limits_.links) return;
    post_link link{html::clean(target, 2048), html::clean(piece_.text, 256)};
    if (std::ranges::find(now_.links, link.url, &post_link::url) == now_.links.end()) {
      now_.links.push_back(std::move(link));
    }
  }

  void end_message() {
    auto& chat = counts.chats.back();
    if (now_.type == "service" || now_.type == "unsupported") return void(++counts.service);
    if (chat.is_personal()) return void(++counts.personal);
    auto when = now_.date;
    std::optional<instant> posted;
    if (when && *when > 1'356'998'400 && *when < 4'102'444'800) {  // 2013 to 2099
      posted = instant(std::chrono::seconds(*when));
    } else if (!when) {
      posted = moment_of(now_.written_date + "Z");
    }
    if (now_.wrong.empty() && (!now_.id || *now_.id <= 0 || *now_.id > INT32_MAX))
      now_.wrong = "no usable \"id\"";
    if (now_.wrong.empty() && !posted) now_.wrong = "no usable date";
    if (now_.wrong.empty() && now_.type != "message") now_.wrong = "no known \"type\"";
    if (!now_.wrong.empty()) return note_unreadable();
    channel_post post;
    post.message_id = *now_.id;
    post.posted_at = *posted;
    const auto& told = now_.has_entities && !now_.entities.empty() ? now_.entities : now_.text;
    post.text = html::clean(told.empty() ? now_.poll : told, limits_.text);
    while (!post.text.empty() && (post.text.back() == ' ' || post.text.back() == '\n')) post.text.pop_back();
    if (post.text.empty()) return void(++counts.without_text);
    counts.cut += now_.cut || told.size() > limits_.text;
    post.links = std::move(now_.links);
    post.hashtags = std::move(now_.hashtags);
    post.forwarded_from = html::clean(now_.forwarded, 256);
    post.signature = html::clean(now_.signature, 256);
    post.edited = now_.edited;
    post.media = std::move(now_.media);
    if (now_.from_id.starts_with("user")) {
      post.author_name = html::clean(now_.from, 256);
      post.author_id = number_in(std::string_view(now_.from_id).substr(4)).value_or(0);
    }
    if (chat.is_private() && chat.id != 0) {
      post.url = "https://t.me/c/" + std::to_string(chat.id) + "/" + std::to_string(post.message_id);
    }
    ++counts.messages;
    taken.push_back({counts.chats.size() - 1, std::move(post)});
  }

  void note_unreadable() {
    ++counts.unreadable;
    if (counts.first_unreadable.size() >= examples_kept) return;
    auto place = "message before byte " + std::to_string(position);
    if (now_.id) place = "message " + std::to_string(*now_.id);
    counts.first_unreadable.push_back(place + ": " + now_.wrong);
  }

  const export_limits limits_;
  std::vector<level> open_;
  std::string key_, raw_key_, value_;
  draft now_;
  text_piece piece_;
  bool into_entities_ = false, overflowed_ = false;
};

// \xNN inside of strings, which the writer produces for control characters, becomes \u00NN.
class repair {
 public:
  std::string_view of(std::string_view bytes) {
    out_.clear();
    out_.reserve(bytes.size() + 16);
    for (const char byte : bytes) {
      if (escaped_) {
        escaped_ = false;
        if (byte == 'x') {
          out_ += "u00";
        } else {
          out_ += byte;
        }
        continue;
      }
      if (in_string_ && byte == '\\') escaped_ = true;
      if (byte == '"') in_string_ = !in_string_;
      // A bare control character is no JSON either; a person sees a space there.
      const bool control = in_string_ && static_cast<unsigned char>(byte) < 0x20;
      out_ += control ? ' ' : byte;
    }
    return out_;
  }

 private:
  std::string out_;
  bool in_string_ = false, escaped_ = false;
};

class json_export_reader final : public export_reader {
 public:
  explicit json_export_reader(const export_limits& limits) : parser_(options_of(limits), limits) {}

  bool feed(std::string_view bytes) override {
    while (!bytes.empty() && error_.empty()) {
      const auto piece = bytes.substr(0, 64 << 10);
      const auto repaired = mend_.of(piece);
      parser_.handler().position = position_;
      error_code failure;
      const auto read = parser_.write_some(true, repaired.data(), repaired.size(), failure);
      const auto rest = repaired.substr(std::min(read, repaired.size()));
      const bool more_behind = !failure && parser_.done() && rest.find_first_not_of(" \t\r\n") != rest.npos;
      if (failure) {
        fail(told_of(failure), read);
      } else if (more_behind) {
        fail("something follows the end of the export", read);
      }
      position_ += piece.size();
      bytes.remove_prefix(piece.size());
    }
    return error_.empty();
  }

  bool finish() override {
    if (!error_.empty()) return false;
    if (!parser_.done()) {
      error_code failure;
      parser_.write_some(false, "", 0, failure);
      if (failure || !parser_.done()) fail("the file ends in the middle", 0);
    }
    return error_.empty();
  }

  std::vector<exported_message> take() override { return std::exchange(parser_.handler().taken, {}); }
  const export_counts& counts() const override { return parser_.handler().counts; }
  const std::string& error() const override { return error_; }

 private:
  static json::parse_options options_of(const export_limits& limits) {
    json::parse_options out;
    out.max_depth = limits.depth;
    out.allow_invalid_utf8 = true;  // html::clean() replaces what is none
    return out;
  }
  static std::string told_of(const error_code& failure) {
    if (failure == json::error::too_deep) return "values are nested too deep";
    if (failure == json::error::array_too_large) return "there are more chats than an account has";
    return "this is no JSON: " + failure.message();
  }
  void fail(std::string_view what, std::size_t behind) {
    error_ = std::string(what) + " (about byte " + std::to_string(position_ + behind) + ")";
  }

  repair mend_;
  json::basic_parser<events> parser_;
  std::string error_;
  std::size_t position_ = 0;
};

}  // namespace

std::unique_ptr<export_reader> export_reader::make(const export_limits& limits) {
  return std::make_unique<json_export_reader>(limits);
}

}  // namespace tandem::hunt
