// Pictures that strangers send: checked, turned upright, freed of what they tell besides the picture, made
// small. All of it happens in a child program (image_main.cpp) with little memory, little time and no
// network, because decoders of pictures are where attacks come from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"

namespace tandem::async {
class thread_pool;
}

namespace tandem::images {

using bytes = std::vector<std::byte>;

inline constexpr std::size_t most_bytes = 20 * 1024 * 1024;  // what a bot may download
inline constexpr int most_megapixels = 50,
                     least_side = 200;  // a bomb is told by its header, before it is decoded
inline constexpr int photo_side = 1280, thumbnail_side = 320;  // the longer side of what comes out

struct prepared_photo {
  bytes photo, thumbnail;  // JPEG without EXIF, GPS, comments, colour profile (sRGB)
  int width = 0, height = 0;
  // 64 bits of the picture's coarse shape (sign of the low frequencies of its cosine transform): two copies
  // of one picture, scaled or compressed anew, differ in few bits. See likeness().
  std::uint64_t shape = 0;
};

enum class image_error {
  not_a_picture,  // neither JPEG, PNG nor WebP
  too_large,      // more bytes or megapixels than allowed
  too_small,      // a side shorter than least_side
  broken,         // cannot be decoded
  too_dear,       // took too much time or memory: a bomb
};

// Bits that differ between two shapes, 0..64; 10 and fewer: the same picture (Zauner 2010).
int difference(std::uint64_t shape, std::uint64_t other);
inline constexpr int same_picture = 10;

// Rows of small bars, one bar a day: "my statistics". All texts are the caller's; what is not in the font
// (emoji) is left out, and without the font (DejaVu, Debian's fonts-dejavu-core) so are all texts.
struct bar_row {
  std::string label;
  std::vector<std::int64_t> values;  // none below 0; every row has as many as the first
};
struct bar_chart {
  std::string title, first_day, last_day;
  std::vector<bar_row> rows;  // 1 to 4, of 1 to 31 values
};
inline constexpr int chart_width = 1000;

class workshop {
 public:
  virtual ~workshop() = default;
  virtual task<std::expected<prepared_photo, image_error>> prepare(bytes picture) = 0;
  // Two photos side by side in one JPEG, each cut to a square of 640: for a match.
  virtual task<std::expected<bytes, image_error>> pair(bytes left, bytes right) = 0;
  // JPEGs of our own. A drawing that does not come about is a std::runtime_error, a chart that is not as
  // described a std::invalid_argument.
  virtual task<bytes> draw(bar_chart what) = 0;
  // A figure without a face, for somebody who has no photo.
  virtual task<bytes> draw_placeholder() = 0;
};

// `program`: the path of tandem-image. One child per picture, as many at once as `threads` has threads. A
// child that cannot be started is a std::system_error.
std::unique_ptr<workshop> make_workshop(async::thread_pool& threads, std::filesystem::path program);

}  // namespace tandem::images
