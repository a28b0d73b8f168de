// Any bytes as the answer to a listing: no crash, and never more objects than the text has room for.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/s3/answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::s3;
  if (size > 20'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto page = read_listing(text);
  if (page && page->objects.size() > size / 21) std::abort();  // <Contents></Contents>
  (void)text_of(text, "UploadId");
  (void)read_problem(text);
  return 0;
}
