// Any text in every formatting: no crash, entities within the text and in order, settled ones nested, and a
// page of them with as many closing tags as opening ones.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sandbox/entities.hpp"

namespace {

using namespace tandem::sandbox;

void expect(bool holds) {
  if (!holds) std::abort();
}

void check_places(const formatted& text) {
  const int length = utf16_length(text.text);
  int last = 0;
  for (const auto& one : text.entities) {
    expect(one.offset >= last && one.length > 0 && one.offset + one.length <= length);
    last = one.offset;
  }
}

void check_nesting(const formatted& text) {
  std::vector<int> ends;
  for (const auto& one : text.entities) {
    while (!ends.empty() && ends.back() <= one.offset) ends.pop_back();
    expect(ends.empty() || one.offset + one.length <= ends.back());
    ends.push_back(one.offset + one.length);
  }
}

std::size_t count(std::string_view in, std::string_view what) {
  std::size_t times = 0;
  for (auto at = in.find(what); at != std::string_view::npos; at = in.find(what, at + what.size())) ++times;
  return times;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!is_utf8(text)) return 0;  // refused before anything is parsed
  for (const auto how : {markup::html, markup::markdown, markup::markdown_v2}) {
    auto parsed = parse_entities(text, how);
    if (!parsed) {
      expect(!parsed.error().empty());
      continue;
    }
    expect(is_utf8(parsed->text));
    check_places(*parsed);
    settle(*parsed);
    check_places(*parsed);
    check_nesting(*parsed);
    const std::string page = preview_html(*parsed);
    expect(count(page, "<") == 2 * count(page, "</") + count(page, "<br/>"));
  }
  checked_link(text);
  return 0;
}
