#include "hunt/sources/preview_page.hpp"

#include <charconv>
#include <set>

#include "hunt/sources/html_text.hpp"
#include "hunt/sources/moments.hpp"

namespace tandem::hunt {
namespace {

using namespace html;

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

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
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
        post.edited = html::text_of(node, 128).contains("edited");
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

std::expected<preview_page, page_error> parse_preview_page(std::string_view page, std::string_view name,
                                                           const page_limits& limits) {
  if (page.size() > limits.bytes) return std::unexpected(page_error::too_large);
  const auto tree = html::tree::parse(page, {limits.tags, limits.memory});
  if (!tree) return std::unexpected(page_error::too_complex);
  return page_reader(name, limits).read(tree->document());
}

}  // namespace tandem::hunt
