// Any bytes as an export of Telegram Desktop, in pieces of a size that the first byte says: no crash, no
// leak, and what comes out is fit for the database.
#include "hunt/sources/export_file.hpp"
#include "storable.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view file(reinterpret_cast<const char*>(data), size);
  const std::size_t step = file.empty() ? 1 : static_cast<unsigned char>(file.front()) + std::size_t{1};
  const auto reader = tandem::hunt::export_reader::make();
  for (bool good = true; good && !file.empty(); file.remove_prefix(std::min(step, file.size()))) {
    good = reader->feed(file.substr(0, step));
  }
  expect(reader->finish() == reader->error().empty());
  for (const auto& one : reader->take()) {
    expect(one.chat < reader->counts().chats.size());
    expect(one.post.message_id > 0 && one.post.message_id <= INT32_MAX);
    expect(!one.post.text.empty());
    expect_storable(one.post.text, tandem::hunt::export_limits().text);
    expect_storable(one.post.signature, 256);
    expect_storable(one.post.forwarded_from, 256);
    expect_storable(one.post.author_name, 256);
    for (const auto& link : one.post.links) expect_storable(link.url, 2048);
    for (const auto& tag : one.post.hashtags) expect_storable(tag, 256);
  }
  return 0;
}
