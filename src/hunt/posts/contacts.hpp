#pragma once
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/text/fold.hpp"
#include "hunt/posts/channel_post.hpp"

namespace tandem::hunt {

// Where to respond to a post, and who is behind it.
struct contact {
  std::string url;  // https://t.me/anna, mailto:…, tel:+7…, another address; empty: there is nothing
  // "@anna", "mail:…", "tel:+7…", "link:host/path", else "tg:7", "sig:channel/name" or "from:origin"
  std::string author_key;
};

// Finds the contact that a post names for a response: a person in Telegram before an e-mail, a phone, a link;
// what stands on a line that speaks of responding goes first, what stands on a line that only praises a
// channel goes last. The channel itself is nobody's contact. The author
// is who wrote it in a chat, else the contact, else the signature or the origin of a forward.
class contact_finder {
 public:
  explicit contact_finder(text::stemmer& stems);
  // `words` are the tokens of post.text.
  contact find(const channel_post& post, const text::token_list& words, std::string_view channel) const;

 private:
  text::stemmer& stems_;
  std::unordered_set<std::string> response_stems_, praise_stems_;
};

}  // namespace tandem::hunt
