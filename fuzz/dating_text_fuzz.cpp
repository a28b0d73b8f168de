// Any bytes as a message of a talk with any entities: places lie inside the text in order, nothing that was
// found stays when it is hidden, what the other one sees is whole and its formatting lies within it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dating/safety/text_signs.hpp"
#include "dating/talks/draft.hpp"

namespace {

using namespace tandem;

void expect(bool holds) {
  if (!holds) std::abort();
}

// The first bytes as entities, three each: type, offset, length.
std::vector<telegram::message_entity> entities_of(std::string_view& bytes) {
  static constexpr std::string_view types[] = {"bold", "text_link", "mention", "code", "url", "blockquote"};
  std::vector<telegram::message_entity> out;
  while (bytes.size() >= 4 && bytes.front() != '\n' && out.size() < 4) {
    telegram::message_entity one;
    one.type = types[static_cast<unsigned char>(bytes[0]) % std::size(types)];
    one.offset = static_cast<signed char>(bytes[1]);
    one.length = static_cast<signed char>(bytes[2]);
    out.push_back(std::move(one));
    bytes.remove_prefix(3);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entities = entities_of(text);
  static dating::text_signs reader;
  const auto found = dating::merged(reader.find(text), dating::signs_of_entities(text, entities));
  std::size_t at = 0;
  for (const auto& one : found) {
    expect(one.offset >= at && one.length > 0 && one.offset + one.length <= text.size());
    at = one.offset + one.length;
  }
  const auto shown = dating::to_shown(text, entities, found);
  expect(shown.text == dating::masked(text, found));
  for (const auto& one : shown.entities) {
    expect(one.offset >= 0 && one.length > 0);
  }
  const auto headed = dating::under_heading("A", shown);
  expect(headed.text.size() == shown.text.size() + 2 && headed.entities.size() == shown.entities.size() + 1);
  text::stemmer stems;
  dating::opener_of(text, "Anna", stems);
  return 0;
}
