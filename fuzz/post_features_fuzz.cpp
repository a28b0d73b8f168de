// Any bytes as a post: folding, splitting, fingerprint and features neither crash nor leave the text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text/fold.hpp"
#include "hunt/repeats/fingerprint.hpp"
#include "hunt/verdicts/lexicon.hpp"

namespace {

using namespace tandem;

void expect(bool holds) {
  if (!holds) std::abort();
}

const hunt::lexicon& words(text::stemmer& stems) {
  static const auto parsed =
      hunt::lexicon::parse("[hire]\nвакансия | нужен ~ дизайнер\n[title:design]\nдизайнер\n", stems);
  return *parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static text::stemmer stems;
  const std::string_view post(reinterpret_cast<const char*>(data), size);
  const auto tokens = text::split(post, stems);
  std::size_t behind = 0;
  for (const auto& token : tokens) {
    expect(token.offset >= behind && token.length > 0);
    behind = token.offset + token.length;
    expect(behind <= size && !token.folded.empty());
  }
  expect(hunt::fingerprint(tokens) == hunt::fingerprint(post));
  // A lexicon is read from a file of ours, but a broken one must be told, not crash.
  if (const auto parsed = hunt::lexicon::parse(post, stems); !parsed) expect(parsed.error().line >= 1);
  const auto read = hunt::features(post, words(stems), stems);
  expect(read.kind_line.find('\n') == std::string::npos &&
         read.category_line.find('\n') == std::string::npos);
  return 0;
}
