// Exact repeats: the same vacancy forwarded, re-posted or carried by several channels. Two posts are repeats
// if they have the same fingerprint.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/fold.hpp"

namespace tandem::hunt {

using fingerprint128 = std::array<std::uint8_t, 16>;

// What a reader would call the same text has the same fingerprint. It does not depend on
//  - case, ё/е, look-alike letters, spaces, line breaks, punctuation, emoji (see base/text);
//  - lines of hashtags only, which channels add;
//  - the signature of a channel: last lines that are a link, a name or a few words around one ("Подписаться:
//  t.me/x");
//  - links, names and addresses inside, as forwarding often rewrites them, if the post has 20 words or more.
//  Shorter
//    ones keep them: "Нужен дизайнер, писать @anna" and "… @oleg" are two orders.
// Numbers count: the same text with another pay is news. No fingerprint if nothing is left to compare (a
// picture).
//
// BLAKE2b with 16 bytes: nobody can craft a post that hides another one behind its fingerprint. The value is
// stored: a change of the rules above means a new repeats window, nothing worse.
std::optional<fingerprint128> fingerprint(std::string_view post);
std::optional<fingerprint128> fingerprint(const text::token_list& tokens);  // of text::split

std::string to_hex(const fingerprint128& value);

}  // namespace tandem::hunt
