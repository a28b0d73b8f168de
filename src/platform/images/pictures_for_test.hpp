// Real pictures for tests: made here, so that no binary file lies in the repository. Links zlib.
#pragma once
#include <zlib.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::images {

inline void append_number(std::string& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(number >> shift));
}

inline std::string chunk(std::string_view kind, std::string_view data) {
  std::string made;
  append_number(made, static_cast<std::uint32_t>(data.size()));
  std::string body(kind);
  body += data;
  made += body;
  append_number(made, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                       static_cast<uInt>(body.size()))));
  return made;
}

inline std::vector<std::byte> to_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}
inline std::string to_text(const std::vector<std::byte>& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// A PNG of grey pixels.
template <class Pixel>
std::string png(std::uint32_t width, std::uint32_t height, Pixel pixel) {
  std::string rows;
  for (std::uint32_t y = 0; y < height; ++y) {
    rows.push_back(0);
    for (std::uint32_t x = 0; x < width; ++x) rows.push_back(static_cast<char>(pixel(x, y)));
  }
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
           rows.size());
  packed.resize(size);
  std::string head;
  append_number(head, width);
  append_number(head, height);
  head += std::string("\x08\0\0\0\0", 5);
  return "\x89PNG\r\n\x1A\n" + chunk("IHDR", head) + chunk("IDAT", packed) + chunk("IEND", "");
}

inline unsigned waves(std::uint32_t x, std::uint32_t y, double stretch = 1) {
  return static_cast<unsigned>(127 + 60 * std::sin(x * stretch / 37.0) +
                               60 * std::cos(y * stretch / 23.0 + x * stretch / 90.0));
}

// EXIF with the orientation "turn a quarter to the right", and a comment that must not survive.
inline std::string with_exif(const std::string& jpeg) {
  std::string tiff("MM\0*\0\0\0\x08", 8);
  tiff += std::string("\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 18);
  const std::string exif = std::string("Exif\0\0", 6) + tiff + "SECRET-GPS";
  std::string segment("\xFF\xE1", 2);
  segment.push_back(static_cast<char>((exif.size() + 2) >> 8));
  segment.push_back(static_cast<char>(exif.size() + 2));
  return jpeg.substr(0, 2) + segment + exif + jpeg.substr(2);
}

// Different numbers, different pictures: their shapes differ in many bits.
inline std::string numbered_photo(unsigned number, std::uint32_t width = 480, std::uint32_t height = 360) {
  return png(width, height, [number](auto x, auto y) {
    const double turn = number * 1.3;
    const double along = x * std::cos(turn) + y * std::sin(turn);
    const double across = y * std::cos(turn) - x * std::sin(turn);
    return static_cast<unsigned>(127 + 70 * std::sin(along / (29.0 + 7 * (number % 5)) + number) +
                                 50 * std::cos(across / (61.0 + 11 * (number % 3))));
  });
}

}  // namespace tandem::images
