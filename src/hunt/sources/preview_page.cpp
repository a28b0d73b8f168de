#include "hunt/sources/preview_page.hpp"

#include <gumbo.h>
#include <unicode/utf8.h>

#include <charconv>
#include <csetjmp>
#include <set>

namespace tandem::hunt {
namespace {

// The tree lives in here and goes at once: gumbo's own destructor recurses as deep as the page is nested.
// Running out of the budget jumps out of the parser, whose frames are C and own nothing but memory of this
// arena.
class arena {
 public:
  explicit arena(std::size_t budget) : budget_(budget) {}

  static void* allocate(void* self, std::size_t size) { return static_cast<arena*>(self)->take(size); }
  static void keep(void*, void*) {}
  std::jmp_buf& out() { return out_; }

 private:
  static constexpr std::size_t chunk_bytes = 256 << 10;

  void* take(std::size_t size) {
    size = (size + 15) & ~std::size_t{15};
    if (size > budget_) std::longjmp(out_, 1);
    if (size > left_) {
      const auto bytes = std::max(size, chunk_bytes);
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
      next_ = chunks_.back().get();
      left_ = bytes;
    }
    budget_ -= size;
    left_ -= size;
    return std::exchange(next_, next_ + size);
  }

  std::jmp_buf out_;
  std::size_t budget_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

// Null when the tree does not fit. Nothing with a destructor lives in this frame: longjmp skips it.
GumboOutput* parse_tree(std::string_view html, arena& memory) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &arena::allocate;
  options.deallocator = &arena::keep;
  options.userdata = &memory;
  options.max_errors = 0;
  if (setjmp(memory.out()) != 0) return nullptr;
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

std::size_t count_start_tags(std::string_view html) {
  std::size_t tags = 0;
  for (auto at = html.find('<'); at + 1 < html.size(); at = html.find('<', at + 1)) {
    if (at == std::string_view::npos) break;
    const char next = static_cast<char>(html[at + 1] | 0x20);
    tags += next >= 'a' && next <= 'z';
  }
  return tags;
}

bool is_element(const GumboNode& node) { return node.type == GUMBO_NODE_ELEMENT; }

std::string_view attribute(const GumboNode& node, const char* name) {
  const auto* found = gumbo_get_attribute(&node.v.element.attributes, name);
  return found ? std::string_view(found->value) : std::string_view();
}

bool has_class(const GumboNode& node, std::string_view wanted) {
  auto classes = attribute(node, "class");
  while (!classes.empty()) {
    const auto end = classes.find_first_of(" \t\n\r\f");
    if (classes.substr(0, end) == wanted) return true;
    if (end == std::string_view::npos) return false;
    classes.remove_prefix(end + 1);
  }
  return false;
}

const GumboVector* children_of(const GumboNode& node) {
  if (node.type == GUMBO_NODE_DOCUMENT) return &node.v.document.children;
  return is_element(node) ? &node.v.element.children : nullptr;
}

// Visits elements below `root` in document order; `visit` says whether to go on below the element. No
// recursion: a page may be nested as deep as it has tags.
template <class F>
void walk(const GumboNode& root, F visit) {
  std::vector<const GumboNode*> open{&root};
  while (!open.empty()) {
    const GumboNode& node = *open.back();
    open.pop_back();
    if (&node != &root && (!is_element(node) || !visit(node))) continue;
    const auto* children = children_of(node);
    if (!children) continue;
    for (unsigned i = children->length; i > 0; --i) {
      open.push_back(static_cast<const GumboNode*>(children->data[i - 1]));
    }
  }
}

// Valid UTF-8 without NUL, at most `limit` bytes, cut between characters; hard spaces are ordinary ones.
std::string clean(std::string_view bytes, std::size_t limit) {
  std::string out;
  out.reserve(std::min(bytes.size(), limit));
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto length = static_cast<std::int32_t>(std::min(bytes.size(), limit * 2));
  for (std::int32_t at = 0; at < length;) {
    const auto from = at;
    UChar32 letter = 0;
    U8_NEXT(data, at, length, letter);
    // "250 000" is often written with a space that does not break; nobody downstream should have to know.
    const bool hard_space = letter == 0xA0 || letter == 0x2009 || letter == 0x202F;
    const std::string_view written =
        hard_space   ? " "
        : letter > 0 ? bytes.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(at - from))
                     : "\uFFFD";
    if (out.size() + written.size() > limit) break;
    out += written;
  }
  return out;
}

// Text as a person sees it: runs of white space are one space, <br> and blocks end the line, <pre> is as it
// is.
class plain_text {
 public:
  explicit plain_text(std::size_t limit) : limit_(limit) {}

  void add(std::string_view piece, bool preformatted) {
    for (const char letter : piece) {
      if (out_.size() > limit_) return;
      const bool white =
          letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f';
      if (preformatted && letter == '\n') {
        end_line();
      } else if (white) {
        space_ = space_ || (!out_.empty() && out_.back() != '\n');
        if (preformatted) out_ += ' ', space_ = false;
      } else {
        if (std::exchange(space_, false)) out_ += ' ';
        out_ += letter;
      }
    }
  }
  void end_line() {
    space_ = false;
    if (out_.size() <= limit_) out_ += '\n';
  }
  void end_block() {
    if (!out_.empty() && out_.back() != '\n') end_line();
  }
  std::string take() && {
    const auto from = out_.find_first_not_of(" \n");
    const auto to = out_.find_last_not_of(" \n");
    if (from == std::string::npos) return {};
    return clean(std::string_view(out_).substr(from, to - from + 1), limit_);
  }

 private:
  std::string out_;
  std::size_t limit_;
  bool space_ = false;
};

bool is_block(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_P:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4: return true;
    default: return false;
  }
}

// `entered` sees each element on the way in.
template <class F>
std::string text_of(const GumboNode& root, std::size_t limit, F entered) {
  struct step {
    const GumboNode* node;
    bool preformatted;
    bool leaving;
  };
  plain_text out(limit);
  std::vector<step> open{{&root, false, false}};
  while (!open.empty()) {
    const step now = open.back();
    open.pop_back();
    const GumboNode& node = *now.node;
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA) {
      out.add(node.v.text.text, now.preformatted);
      continue;
    }
    if (!is_element(node)) continue;
    const auto tag = node.v.element.tag;
    if (now.leaving) {
      out.end_block();
      continue;
    }
    if (tag == GUMBO_TAG_BR) out.end_line();
    if (tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE) continue;
    entered(node);
    if (is_block(tag)) {
      out.end_block();
      open.push_back({&node, false, true});
    }
    const bool preformatted = now.preformatted || tag == GUMBO_TAG_PRE;
    const auto& children = node.v.element.children;
    for (unsigned i = children.length; i > 0; --i) {
      open.push_back({static_cast<const GumboNode*>(children.data[i - 1]), preformatted, false});
    }
  }
  return std::move(out).take();
}

std::string text_of(const GumboNode& root, std::size_t limit) {
  return text_of(root, limit, [](const GumboNode&) {});
}

std::string line_of(const GumboNode* node) {
  auto line = node ? text_of(*node, 256) : std::string();
  std::ranges::replace(line, '\n', ' ');
  return line;
}

template <class I>
std::optional<I> number(std::string_view digits) {
  I value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> message_id_of(std::string_view digits) {
  const auto id = number<std::int64_t>(digits);
  return id && *id > 0 && *id <= INT32_MAX ? id : std::nullopt;  // Telegram's message ids are 32 bit
}

// 2026-09-27T07:24:01+00:00, as the pages write it; years 2013 (Telegram's first) to 2099.
std::optional<instant> moment_of(std::string_view iso) {
  using namespace std::chrono;
  if (iso.size() < 20 || iso[4] != '-' || iso[7] != '-' || iso[10] != 'T' || iso[13] != ':' ||
      iso[16] != ':') {
    return std::nullopt;
  }
  const auto two = [&](std::size_t at) { return number<unsigned>(iso.substr(at, 2)).value_or(99); };
  const year_month_day date{year(number<int>(iso.substr(0, 4)).value_or(0)), month(two(5)), day(two(8))};
  if (!date.ok() || date.year() < year(2013) || date.year() > year(2099)) return std::nullopt;
  if (two(11) > 23 || two(14) > 59 || two(17) > 59) return std::nullopt;
  auto zone = iso.substr(19);
  if (zone.front() == '.') zone.remove_prefix(std::min(zone.find_first_not_of("0123456789", 1), zone.size()));
  minutes offset{0};
  if (zone != "Z") {
    if (zone.size() != 6 || zone[3] != ':' || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
    const auto ahead = number<unsigned>(zone.substr(1, 2)), past = number<unsigned>(zone.substr(4, 2));
    if (!ahead || !past || *ahead > 14 || *past > 59) return std::nullopt;
    offset = (hours(*ahead) + minutes(*past)) * (zone[0] == '+' ? 1 : -1);
  }
  return sys_days(date) + hours(two(11)) + minutes(two(14)) + seconds(two(17)) - offset;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view start) { return text.starts_with(start); });
}

class page_reader {
 public:
  page_reader(std::string_view name, const page_limits& limits) : name_(name), limits_(limits) {}

  std::expected<preview_page, page_error> read(const GumboNode& document) {
    bool history = false;
    walk(document, [&](const GumboNode& node) {
      if (node.v.element.tag == GUMBO_TAG_LINK) read_paging_link(node);
      if (has_class(node, "tgme_channel_info_header_title") && page_.title.empty())
        page_.title = line_of(&node);
      if (has_class(node, "tgme_channel_history")) history = true;
      if (!history) return true;
      if (has_class(node, "tme_no_messages_found")) page_.nothing_found = true;
      if (has_class(node, "tme_messages_more")) {
        if (const auto id = message_id_of(attribute(node, "data-before"))) page_.before = id;
        if (const auto id = message_id_of(attribute(node, "data-after"))) page_.after = id;
      }
      if (!has_class(node, "tgme_widget_message")) return true;
      read_block(node);
      return false;
    });
    if (!history) return std::unexpected(page_error::no_history);
    std::ranges::sort(page_.posts, {}, &channel_post::message_id);
    return std::move(page_);
  }

 private:
  void read_paging_link(const GumboNode& node) {
    const auto rel = attribute(node, "rel"), target = attribute(node, "href");
    const std::string_view key = rel == "prev" ? "?before=" : rel == "next" ? "?after=" : "";
    const auto at = key.empty() ? std::string_view::npos : target.find(key);
    if (at == std::string_view::npos) return;
    const auto id = message_id_of(target.substr(at + key.size()));
    (rel == "prev" ? page_.before : page_.after) = id;
  }

  void read_block(const GumboNode& block) {
    const auto id = id_of(block);
    if (!id) {
      ++page_.unreadable;
      return;
    }
    page_.last_id = std::max(page_.last_id, *id);
    page_.first_id = page_.first_id == 0 ? *id : std::min(page_.first_id, *id);
    if (seen_.contains(*id) || has_class(block, "service_message")) return;
    channel_post post;
    post.message_id = *id;
    if (read_post(block, post)) {
      page_.posts.push_back(std::move(post));
      seen_.insert(*id);
    } else {
      ++page_.unreadable;
    }
  }

  std::optional<std::int64_t> id_of(const GumboNode& block) const {
    const auto address = attribute(block, "data-post");
    const auto slash = address.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    if (!name_.empty() && !same_name(address.substr(0, slash), name_)) return std::nullopt;
    return message_id_of(address.substr(slash + 1));
  }

  // False when it has no date.
  bool read_post(const GumboNode& block, channel_post& post) {
    bool dated = false;
    const GumboNode* text = nullptr;
    std::string poll;
    std::vector<const GumboNode*> buttons;
    walk(block, [&](const GumboNode& node) {
      const auto classes = attribute(node, "class");
      if (classes.empty()) return true;
      if (has_class(node, "tgme_widget_message_reply"))
        return false;  // what it answers is no text of this post
      if (has_class(node, "js-message_text") && !has_class(node, "js-message_reply_text")) {
        text = &node;  // the innermost: album captions nest two equal blocks
        return true;
      }
      if (text && is_inside(node, *text)) return true;
      if (has_class(node, "tgme_widget_message_date")) {
        dated = read_date(node, post) || dated;
      } else if (has_class(node, "tgme_widget_message_meta")) {
        post.edited = text_of(node, 128).contains("edited");
      } else if (has_class(node, "tgme_widget_message_from_author")) {
        post.signature = line_of(&node);
      } else if (has_class(node, "tgme_widget_message_forwarded_from_name")) {
        post.forwarded_from = line_of(&node);
        post.forwarded_url = address_of(node);
      } else if (has_class(node, "tgme_widget_message_inline_button")) {
        buttons.push_back(&node);
      } else if (has_class(node, "tgme_widget_message_poll_question") ||
                 has_class(node, "tgme_widget_message_poll_option_text")) {
        if (poll.size() < limits_.text) poll += (poll.empty() ? "" : "\n") + line_of(&node);
      }
      read_media(node, post);
      return true;
    });
    if (text) post.text = text_of(*text, limits_.text, [&](const GumboNode& node) { read_link(node, post); });
    if (post.text.empty()) post.text = std::move(poll);
    for (const auto* button : buttons) read_link(*button, post);
    return dated;
  }

  static bool is_inside(const GumboNode& node, const GumboNode& outer) {
    // Depth-first order: what comes after the text's last child is outside. Looking upwards stays short in
    // real pages and is bounded for the others.
    int steps = 64;
    for (const auto* up = node.parent; up && steps > 0; up = up->parent, --steps) {
      if (up == &outer) return true;
    }
    return false;
  }

  static bool read_date(const GumboNode& link, channel_post& post) {
    bool found = false;
    walk(link, [&](const GumboNode& node) {
      if (node.v.element.tag != GUMBO_TAG_TIME || found) return true;
      const auto at = moment_of(attribute(node, "datetime"));
      if (at) post.posted_at = *at;
      found = at.has_value();
      return true;
    });
    return found;
  }

  static void read_media(const GumboNode& node, channel_post& post) {
    static constexpr std::pair<std::string_view, media_kind> kinds[] = {
        {"tgme_widget_message_grouped_wrap", media_kind::album},
        {"tgme_widget_message_photo_wrap", media_kind::photo},
        {"tgme_widget_message_video_player", media_kind::video},
        {"tgme_widget_message_roundvideo_player", media_kind::video},
        {"tgme_widget_message_voice_player", media_kind::voice},
        {"tgme_widget_message_document_wrap", media_kind::document},
        {"tgme_widget_message_sticker_wrap", media_kind::sticker},
        {"tgme_widget_message_poll", media_kind::poll},
        {"tgme_widget_message_location_wrap", media_kind::location},
        {"message_media_not_supported", media_kind::unsupported},
    };
    for (const auto& [name, kind] : kinds) {
      if (has_class(node, name) && std::ranges::find(post.media, kind) == post.media.end())
        post.media.push_back(kind);
    }
  }

  static std::string address_of(const GumboNode& node) {
    const auto target = attribute(node, "href");
    if (target.size() > 2048) return {};
    return starts_with_any(target, {"https://", "http://", "tg://", "mailto:"}) ? clean(target, 2048)
                                                                                : std::string();
  }

  void read_link(const GumboNode& node, channel_post& post) const {
    if (node.v.element.tag != GUMBO_TAG_A) return;
    if (attribute(node, "href").starts_with("?q=%23")) {
      auto tag = line_of(&node);
      if (tag.starts_with('#') && tag.size() > 1 && post.hashtags.size() < limits_.links) {
        post.hashtags.push_back(tag.substr(1));
      }
      return;
    }
    auto address = address_of(node);
    if (!address.empty() && post.links.size() < limits_.links) {
      post.links.push_back({std::move(address), line_of(&node)});
    }
  }

  std::string_view name_;
  const page_limits& limits_;
  std::set<std::int64_t> seen_;
  preview_page page_;
};

}  // namespace

std::expected<preview_page, page_error> parse_preview_page(std::string_view html, std::string_view name,
                                                           const page_limits& limits) {
  if (html.size() > limits.bytes) return std::unexpected(page_error::too_large);
  // Parsing costs at most (tags x depth): a page of nothing but nested tags would take minutes without this.
  if (count_start_tags(html) > limits.tags) return std::unexpected(page_error::too_complex);
  arena memory(limits.memory);
  const auto* tree = parse_tree(html, memory);
  if (!tree) return std::unexpected(page_error::too_complex);
  return page_reader(name, limits).read(*tree->document);
}

}  // namespace tandem::hunt
