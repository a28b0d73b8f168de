#pragma once
#include <optional>
#include <string_view>

namespace tandem::sandbox {

struct image_info {
  std::string_view mime;
  int width = 0;
  int height = 0;
};

// What the head of a JPEG, PNG, GIF or WebP says; nothing for any other bytes. Pixels are not looked at.
std::optional<image_info> image_info_of(std::string_view bytes);

}  // namespace tandem::sandbox
