#include "hunt/sources/html_text.hpp"

#include <unicode/utf8.h>

#include <algorithm>
#include <csetjmp>

namespace tandem::hunt::html {
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

class held_tree final : public tree {
 public:
  held_tree(std::string_view html, std::size_t memory)
      : memory_(memory), parsed_(parse_tree(html, memory_)) {}
  bool fits() const { return parsed_ != nullptr; }
  const GumboNode& document() const override { return *parsed_->document; }

 private:
  arena memory_;
  GumboOutput* parsed_;
};

}  // namespace

std::unique_ptr<tree> tree::parse(std::string_view html, const tree_limits& limits) {
  // A page of nothing but nested tags would take minutes without this.
  if (count_start_tags(html) > limits.tags) return nullptr;
  auto out = std::make_unique<held_tree>(html, limits.memory);
  if (!out->fits()) return nullptr;
  return out;
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

namespace {

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

}  // namespace

std::string text_of(const GumboNode& root, std::size_t limit,
                    const std::function<void(const GumboNode&)>& entered) {
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
    if (entered) entered(node);
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

std::string line_of(const GumboNode* node) {
  auto line = node ? text_of(*node, 256) : std::string();
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string address_of(const GumboNode& node) {
  const auto target = attribute(node, "href");
  if (target.size() > 2048) return {};
  for (const std::string_view start : {"https://", "http://", "tg://", "mailto:"}) {
    if (target.starts_with(start)) return clean(target, 2048);
  }
  return {};
}

marked_up read_markup(std::string_view html, std::size_t most_text, std::size_t most_links) {
  marked_up out;
  const auto parsed = tree::parse(html, {});
  if (!parsed) {
    out.text = clean(html, most_text);
    return out;
  }
  const auto* top = children_of(parsed->document());
  const GumboNode* body = nullptr;
  for (unsigned i = 0; top && i < top->length; ++i) {
    const auto& node = *static_cast<const GumboNode*>(top->data[i]);
    if (is_element(node)) body = &node;
  }
  if (!body) return out;
  out.text = text_of(*body, most_text, [&](const GumboNode& node) {
    if (node.v.element.tag != GUMBO_TAG_A || out.links.size() >= most_links) return;
    auto address = address_of(node);
    if (!address.empty()) out.links.push_back({std::move(address), line_of(&node)});
  });
  return out;
}

}  // namespace tandem::hunt::html
