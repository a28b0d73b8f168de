#include "hunt/sources/feed_page.hpp"

#include <expat.h>
#include <sodium.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "hunt/sources/html_text.hpp"
#include "hunt/sources/moments.hpp"

namespace tandem::hunt {
namespace {

// Feeds use the names of HTML without declaring them; XML knows five. Those of HTML that occur become
// numbers, others stand as they were written. CDATA is left alone.
std::string with_known_entities(std::string_view xml) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"nbsp", "&#160;"},   {"mdash", "&#8212;"},  {"ndash", "&#8211;"}, {"laquo", "&#171;"},
      {"raquo", "&#187;"},  {"hellip", "&#8230;"}, {"ldquo", "&#8220;"}, {"rdquo", "&#8221;"},
      {"lsquo", "&#8216;"}, {"rsquo", "&#8217;"},  {"bull", "&#8226;"},  {"copy", "&#169;"},
      {"euro", "&#8364;"},  {"deg", "&#176;"},     {"times", "&#215;"},  {"thinsp", "&#8201;"}};
  static constexpr std::string_view known[] = {"amp", "lt", "gt", "quot", "apos"};
  std::string out;
  out.reserve(xml.size());
  while (!xml.empty()) {
    const auto at = xml.find_first_of("&<");
    out += xml.substr(0, at);
    if (at == std::string_view::npos) break;
    xml.remove_prefix(at);
    if (xml.starts_with("<![CDATA[")) {
      const auto end = std::min(xml.find("]]>"), xml.size());
      out += xml.substr(0, end);
      xml.remove_prefix(end);
      continue;
    }
    if (xml.front() == '<') {
      out += '<';
      xml.remove_prefix(1);
      continue;
    }
    const auto end = xml.substr(0, 32).find(';');
    const auto name = end == std::string_view::npos ? std::string_view() : xml.substr(1, end - 1);
    const auto found = std::ranges::find(names, name, &std::pair<std::string_view, std::string_view>::first);
    if (found != std::end(names)) {
      out += found->second;
      xml.remove_prefix(end + 1);
    } else if (name.starts_with('#') || std::ranges::find(known, name) != std::end(known)) {
      out += xml.substr(0, end + 1);
      xml.remove_prefix(end + 1);
    } else {
      out += "&amp;";
      xml.remove_prefix(1);
    }
  }
  return out;
}

bool says_another_encoding(std::string_view xml) {
  if (xml.starts_with("\xFE\xFF") || xml.starts_with("\xFF\xFE")) return true;
  const auto head = xml.substr(0, std::min<std::size_t>(xml.find("?>"), 200));
  const auto at = head.find("encoding");
  if (at == std::string_view::npos) return false;
  const auto name = head.substr(at, 24);
  return !name.contains("utf-8") && !name.contains("UTF-8");
}

// What is no UTF-8 and what XML does not allow becomes U+FFFD: one bad byte shall not cost the feed.
std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto length = static_cast<std::int32_t>(bytes.size());
  for (std::int32_t at = 0; at < length;) {
    const auto from = at;
    UChar32 letter = 0;
    U8_NEXT(data, at, length, letter);
    const bool allowed = letter >= 0x20 || letter == '\t' || letter == '\n' || letter == '\r';
    if (allowed && letter != 0xFFFE && letter != 0xFFFF) {
      out += bytes.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
    } else {
      out += "\uFFFD";
    }
  }
  return out;
}

// The encodings that expat does not know itself, if a byte is a letter in them.
int know_encoding(void*, const XML_Char* name, XML_Encoding* out) {
  UErrorCode failure = U_ZERO_ERROR;
  UConverter* converter = ucnv_open(name, &failure);
  const bool usable = U_SUCCESS(failure) && ucnv_getMaxCharSize(converter) == 1;
  for (int byte = 0; usable && byte < 256; ++byte) {
    const char source = static_cast<char>(byte);
    std::array<UChar, 4> letter{};
    UErrorCode refused = U_ZERO_ERROR;
    const auto length = ucnv_toUChars(converter, letter.data(), 4, &source, 1, &refused);
    out->map[byte] = U_SUCCESS(refused) && length == 1 ? letter[0] : -1;
  }
  ucnv_close(converter);
  out->data = nullptr;
  out->convert = nullptr;
  out->release = nullptr;
  return usable ? XML_STATUS_OK : XML_STATUS_ERROR;
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

bool is_address(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) && text.size() <= 2048;
}

class feed_reader {
 public:
  feed_reader(instant now, const feed_limits& limits)
      : now_(now), limits_(limits), parser_(XML_ParserCreate(nullptr)) {
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &feed_reader::began, &feed_reader::ended);
    XML_SetCharacterDataHandler(parser_, &feed_reader::said);
    XML_SetStartDoctypeDeclHandler(parser_, &feed_reader::declared);
    XML_SetUnknownEncodingHandler(parser_, &know_encoding, nullptr);
  }
  ~feed_reader() { XML_ParserFree(parser_); }
  feed_reader(const feed_reader&) = delete;
  feed_reader& operator=(const feed_reader&) = delete;

  std::expected<feed_page, feed_error> read(std::string_view xml) {
    const auto status = XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), XML_TRUE);
    if (refused_) return std::unexpected(*refused_);
    page_.broken = status != XML_STATUS_OK;
    if (!is_feed_) return std::unexpected(feed_error::no_feed);
    if (in_item_) ++page_.unreadable;
    std::ranges::stable_sort(page_.posts, {}, &channel_post::posted_at);
    return std::move(page_);
  }

 private:
  // What an item may say, in the order in which one is taken rather than another.
  enum field : std::size_t { guid, link, title, content, summary, author, published, updated, fields };

  static feed_reader& self(void* data) { return *static_cast<feed_reader*>(data); }
  static void XMLCALL declared(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int internal) {
    if (internal) self(data).refuse(feed_error::forbidden);
  }
  static void XMLCALL began(void* data, const XML_Char* name, const XML_Char** attributes) {
    self(data).begin(name, attributes);
  }
  static void XMLCALL ended(void* data, const XML_Char* name) { self(data).end(name); }
  static void XMLCALL said(void* data, const XML_Char* text, int length) {
    auto& me = self(data);
    if (me.open_) me.append({text, static_cast<std::size_t>(length)});
  }

  void refuse(feed_error why) {
    if (!refused_) refused_ = why;
    XML_StopParser(parser_, XML_FALSE);
  }

  void begin(std::string_view name, const XML_Char** attributes) {
    if (++depth_ > limits_.depth || ++elements_ > limits_.elements) return refuse(feed_error::too_complex);
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
      prefix_ = name.substr(0, colon);
      name.remove_prefix(colon + 1);
    } else {
      prefix_.clear();
    }
    if (depth_ == 1) {
      is_feed_ = name == "rss" || name == "feed" || name == "RDF";
      if (!is_feed_) refuse(feed_error::no_feed);
      return;
    }
    if (open_) return append_tag(name, attributes);  // markup inside of a text, as Atom's xhtml
    if (name == "item" || name == "entry") {
      in_item_ = true;
      item_depth_ = depth_;
      item_ = {};
      return;
    }
    const auto which = field_of(name);
    if (name == "link") take_link(attributes);
    if (which == fields || (in_item_ ? depth_ != item_depth_ + (which == author && name == "name" ? 2 : 1)
                                     : which != title || !page_.title.empty())) {
      return;
    }
    open_ = true;
    open_depth_ = depth_;
    which_ = which;
    value_.clear();
  }

  field field_of(std::string_view name) const {
    if (prefix_ == "media" || prefix_ == "itunes") return fields;  // their titles are not the item's
    if (name == "guid" || name == "id") return guid;
    if (name == "link") return link;
    if (name == "title") return title;
    if (name == "encoded" || name == "content") return content;
    if (name == "description" || name == "summary") return summary;
    if (name == "creator" || name == "name") return author;
    if (name == "pubDate" || name == "published" || name == "date") return published;
    if (name == "updated") return updated;
    return fields;
  }

  // Atom's <link href>; the one that leads to the item itself.
  void take_link(const XML_Char** attributes) {
    std::string_view target, rel = "alternate";
    for (auto at = attributes; *at; at += 2) {
      if (std::string_view(at[0]) == "href") target = at[1];
      if (std::string_view(at[0]) == "rel") rel = at[1];
    }
    if (in_item_ && rel == "alternate" && item_[link].empty() && is_address(target)) item_[link] = target;
  }

  void append(std::string_view text) {
    value_ += text.substr(0, limits_.field - std::min(limits_.field, value_.size()));
  }
  void append_tag(std::string_view name, const XML_Char** attributes) {
    std::string tag = "<" + std::string(name);
    for (auto at = attributes; *at; at += 2) {
      if (std::string_view(at[0]) != "href") continue;
      std::string target(at[1]);
      std::erase(target, '"');
      tag += " href=\"" + target + "\"";
    }
    append(tag + ">");
  }

  void end(std::string_view name) {
    if (const auto colon = name.find(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
    if (open_ && depth_ == open_depth_) {
      open_ = false;
      if (!in_item_) {
        page_.title = html::read_markup(value_, 256, 0).text;
      } else if (item_[which_].empty()) {
        item_[which_] = std::move(value_);
      }
      value_.clear();
    } else if (open_) {
      if (name != "br") append("</" + std::string(name) + ">");
    } else if (in_item_ && depth_ == item_depth_) {
      in_item_ = false;
      take_item();
    }
    --depth_;
  }

  void take_item() {
    if (page_.posts.size() >= limits_.items) return;
    channel_post post;
    const auto address = trimmed(item_[link]), name = trimmed(item_[guid]);
    if (is_address(address)) {
      post.url = html::clean(address, 2048);
    } else if (is_address(name)) {
      post.url = html::clean(name, 2048);
    }
    const auto& body = item_[content].empty() ? item_[summary] : item_[content];
    auto read = html::read_markup(body, limits_.text, limits_.links);
    auto head = html::read_markup(item_[title], 512, 0).text;
    std::ranges::replace(head, '\n', ' ');
    post.links = std::move(read.links);
    const bool repeated = read.text.starts_with(head);
    post.text = head.empty() || repeated ? std::move(read.text)
                : read.text.empty()      ? std::move(head)
                                         : html::clean(head + "\n" + read.text, limits_.text);
    post.signature = html::read_markup(item_[author], 256, 0).text;
    std::ranges::replace(post.signature, '\n', ' ');
    const auto identity = !name.empty() ? name : !address.empty() ? address : std::string_view(post.text);
    if (identity.empty()) {
      ++page_.unreadable;
      return;
    }
    post.message_id = message_id_of_name(identity);
    post.posted_at = now_;
    for (const auto which : {published, updated}) {
      const auto written = trimmed(item_[which]);
      auto moment = moment_of(written);
      if (!moment) moment = moment_of_mail(written);
      if (!moment) continue;
      post.posted_at = *moment;
      break;
    }
    if (seen_.insert(post.message_id).second) page_.posts.push_back(std::move(post));
  }

  instant now_;
  const feed_limits& limits_;
  XML_Parser parser_;
  feed_page page_;
  std::optional<feed_error> refused_;
  std::set<std::int64_t> seen_;
  std::array<std::string, fields> item_;
  std::string value_, prefix_;
  std::size_t depth_ = 0, elements_ = 0, item_depth_ = 0, open_depth_ = 0;
  field which_ = fields;
  bool is_feed_ = false, in_item_ = false, open_ = false;
};

}  // namespace

std::int64_t message_id_of_name(std::string_view name) {
  std::uint64_t hash = 0;
  static_assert(crypto_generichash_BYTES_MIN > sizeof hash);
  std::array<unsigned char, crypto_generichash_BYTES_MIN> digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size(), nullptr, 0);
  std::memcpy(&hash, digest.data(), sizeof hash);
  return static_cast<std::int64_t>(hash >> 2) | 1;
}

std::expected<feed_page, feed_error> parse_feed(std::string_view xml, instant now,
                                                const feed_limits& limits) {
  if (xml.size() > limits.bytes) return std::unexpected(feed_error::too_large);
  const bool another = says_another_encoding(xml);
  const auto wide = another && !xml.starts_with('<');
  const auto readable = another ? std::string(xml) : valid_utf8(xml);
  return feed_reader(now, limits).read(wide ? readable : with_known_entities(readable));
}

}  // namespace tandem::hunt
