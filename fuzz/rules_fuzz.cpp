// Any bytes as the rules of a source and as the post that they are tried on: a mistake lies inside the text,
// an outcome names a rule, and the same text gives the same answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hunt/rules/rules.hpp"

namespace {

using namespace tandem;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = hunt::rule_set::parse(text);
  if (!rules) {
    expect(rules.error().line >= 1 && rules.error().column >= 1 && rules.error().column <= size + 1);
    expect(hunt::explain(rules.error()) != rules.error().message);
    return 0;
  }
  text::stemmer stems;
  const auto first = rules->evaluate(text, stems), second = rules->evaluate(text, stems);
  expect(first.passed == second.passed && first.line == second.line && first.found == second.found);
  expect(first.passed || first.line > 0);
  expect(first.found.empty() || text.contains(first.found));
  return 0;
}
