#pragma once
#include <gumbo.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/posts/channel_post.hpp"

// Inside of the room: foreign HTML as text. Any bytes are safe, and no depth of nesting recurses.
namespace tandem::hunt::html {

struct tree_limits {
  std::size_t tags = 30'000;      // start tags: parsing costs at most (tags x depth)
  std::size_t memory = 48 << 20;  // of the parsed tree
};

// A parsed document; gone with it is everything that its nodes show.
class tree {
 public:
  // Null when it is over a limit.
  static std::unique_ptr<tree> parse(std::string_view html, const tree_limits& limits);
  virtual ~tree() = default;
  virtual const GumboNode& document() const = 0;
};

bool is_element(const GumboNode& node);
std::string_view attribute(const GumboNode& node, const char* name);  // "" when it has none
bool has_class(const GumboNode& node, std::string_view wanted);
const GumboVector* children_of(const GumboNode& node);

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
std::string clean(std::string_view bytes, std::size_t limit);

// Text as a person sees it: runs of white space are one space, <br> and blocks end the line, <pre> is as it
// is. `entered` sees each element on the way in.
std::string text_of(const GumboNode& root, std::size_t limit,
                    const std::function<void(const GumboNode&)>& entered = {});
std::string line_of(const GumboNode* node);  // the same in one line of at most 256 bytes; null: ""

// The address that an <a> leads to, if it is one that a post may carry; else "".
std::string address_of(const GumboNode& node);

// A document of nothing but a text with markup (a feed's description): its text and links.
struct marked_up {
  std::string text;
  std::vector<post_link> links;
};
marked_up read_markup(std::string_view html, std::size_t most_text, std::size_t most_links);

}  // namespace tandem::hunt::html
