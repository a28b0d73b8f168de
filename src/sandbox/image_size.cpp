#include "sandbox/image_size.hpp"

#include <cstdint>

namespace tandem::sandbox {
namespace {

class bytes_view {
 public:
  explicit bytes_view(std::string_view text) : text_(text) {}
  bool has(std::size_t count) const { return text_.size() >= count; }
  int byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }
  int big16(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }
  int little16(std::size_t at) const { return byte(at + 1) << 8 | byte(at); }
  int little24(std::size_t at) const { return byte(at + 2) << 16 | little16(at); }
  std::int64_t big32(std::size_t at) const { return std::int64_t{big16(at)} << 16 | big16(at + 2); }
  std::string_view part(std::size_t at, std::size_t count) const { return text_.substr(at, count); }
  std::size_t size() const { return text_.size(); }

 private:
  std::string_view text_;
};

std::optional<image_info> jpeg(const bytes_view& in) {
  std::size_t at = 2;
  while (at + 9 < in.size()) {
    if (in.byte(at) != 0xff) return {};
    const int marker = in.byte(at + 1);
    if (marker == 0xff) {
      ++at;
      continue;
    }
    const bool is_frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (is_frame) return image_info{"image/jpeg", in.big16(at + 7), in.big16(at + 5)};
    const int length = in.big16(at + 2);
    if (length < 2) return {};
    at += 2 + static_cast<std::size_t>(length);
  }
  return {};
}

std::optional<image_info> webp(const bytes_view& in) {
  const auto kind = in.part(12, 4);
  if (kind == "VP8X" && in.has(30)) return image_info{"image/webp", in.little24(24) + 1, in.little24(27) + 1};
  if (kind == "VP8 " && in.has(30)) {
    return image_info{"image/webp", in.little16(26) & 0x3fff, in.little16(28) & 0x3fff};
  }
  if (kind == "VP8L" && in.has(25)) {
    const int low = in.little16(21), high = in.little16(23);
    return image_info{"image/webp", (low & 0x3fff) + 1, ((high << 2 | low >> 14) & 0x3fff) + 1};
  }
  return {};
}

}  // namespace

std::optional<image_info> image_info_of(std::string_view bytes) {
  const bytes_view in(bytes);
  std::optional<image_info> found;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n") && in.has(24)) {
    const auto width = in.big32(16), height = in.big32(20);
    if (width > 1'000'000 || height > 1'000'000) return {};
    found = image_info{"image/png", static_cast<int>(width), static_cast<int>(height)};
  } else if (bytes.starts_with("\xff\xd8\xff")) {
    found = jpeg(in);
  } else if ((bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) && in.has(10)) {
    found = image_info{"image/gif", in.little16(6), in.little16(8)};
  } else if (bytes.starts_with("RIFF") && in.has(16) && in.part(8, 4) == "WEBP") {
    found = webp(in);
  }
  if (found && (found->width <= 0 || found->height <= 0)) return {};
  return found;
}

}  // namespace tandem::sandbox
