#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Telegram's HTML: only & < > " and numeric entities are decoded, tags must nest, limits count code points of
// what remains after parsing, offsets count UTF-16 units.
namespace tandem::telegram {

// Any text as content or inside a quoted attribute. Bytes that are no UTF-8 become U+FFFD.
std::string escape(std::string_view text);

std::string bold(std::string_view text);                        // escapes
std::string italic(std::string_view text);                      // escapes
std::string strike_html(std::string_view html);                 // wraps finished HTML
std::string link(std::string_view text, std::string_view url);  // escapes both

// What a reader sees: tags removed, entities decoded.
std::string plain_text(std::string_view html);
std::size_t code_points(std::string_view utf8);
std::size_t utf16_units(std::string_view utf8);

// The same text in pieces of at most `limit` visible code points. Cuts between paragraphs, else lines,
// sentences, words, and only if a word is longer, inside it; tags open at a cut are closed there and opened
// again in the next piece. Pieces that would show nothing are left out.
std::vector<std::string> split(std::string_view html, std::size_t limit = 4096);
// The first piece, with `ending` ("…") after the last word if something was cut off.
std::string shorten(std::string_view html, std::size_t limit, std::string_view ending = "…");

}  // namespace tandem::telegram
