// Any bytes as the body of an upload and as a picture: no crash, parts that lie within the body, sizes that
// make sense.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/image_size.hpp"
#include "sandbox/multipart.hpp"

namespace {
void expect(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::sandbox;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // The first line is the content type.
  const auto end = std::min(bytes.find('\n'), bytes.size());
  const auto body = bytes.substr(std::min(end + 1, bytes.size()));
  if (const auto parts = parse_multipart(bytes.substr(0, end), body)) {
    for (const auto& part : *parts) {
      expect(!part.name.empty());
      expect(part.bytes.empty() || (part.bytes.data() >= body.data() &&
                                    part.bytes.data() + part.bytes.size() <= body.data() + body.size()));
    }
  }
  if (const auto image = image_info_of(bytes))
    expect(image->width > 0 && image->height > 0 && !image->mime.empty());
  return 0;
}
