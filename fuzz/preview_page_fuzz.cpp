// Any bytes as a channel page: no crash, no leak, and what comes out is fit for the database.
#include "hunt/sources/preview_page.hpp"
#include "storable.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  const auto page = tandem::hunt::parse_preview_page(html, "");
  if (!page) return 0;
  expect_storable(page->title, 256);
  std::int64_t last = 0;
  for (const auto& post : page->posts) {
    expect(post.message_id > last);
    last = post.message_id;
    expect_storable(post.text, 16 << 10);
    expect_storable(post.signature, 256);
    expect_storable(post.forwarded_from, 256);
    for (const auto& link : post.links) {
      expect_storable(link.url, 2048);
      expect_storable(link.text, 256);
    }
    for (const auto& tag : post.hashtags) expect_storable(tag, 256);
  }
  expect(page->last_id >= last);
  return 0;
}
