// Any bytes as a feed: no crash, no leak, nothing loaded, and what comes out is fit for the database.
#include "hunt/sources/feed_page.hpp"
#include "storable.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  const tandem::instant now{std::chrono::seconds(1'795'348'000)};
  const auto page = tandem::hunt::parse_feed(xml, now);
  if (!page) return 0;
  expect_storable(page->title, 256);
  auto last = tandem::instant::min();
  for (const auto& post : page->posts) {
    expect(post.message_id > 0);
    expect(post.posted_at >= last);
    last = post.posted_at;
    expect_storable(post.text, tandem::hunt::feed_limits().text);
    expect_storable(post.url, 2048);
    expect_storable(post.signature, 256);
    for (const auto& link : post.links) expect_storable(link.url, 2048);
  }
  return 0;
}
