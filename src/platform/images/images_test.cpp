#include "platform/images/images.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "async/loop.hpp"
#include "async/offload.hpp"

namespace tandem::images {
namespace {

void append_number(std::string& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(number >> shift));
}

std::string chunk(std::string_view kind, std::string_view data) {
  std::string made;
  append_number(made, static_cast<std::uint32_t>(data.size()));
  std::string body(kind);
  body += data;
  made += body;
  append_number(made, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                       static_cast<uInt>(body.size()))));
  return made;
}

bytes to_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}
std::string to_text(const bytes& data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }

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

unsigned waves(std::uint32_t x, std::uint32_t y, double stretch = 1) {
  return static_cast<unsigned>(127 + 60 * std::sin(x * stretch / 37.0) +
                               60 * std::cos(y * stretch / 23.0 + x * stretch / 90.0));
}

// EXIF with the orientation "turn a quarter to the right", and a comment that must not survive.
std::string with_exif(const std::string& jpeg) {
  std::string tiff("MM\0*\0\0\0\x08", 8);
  tiff += std::string("\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 18);
  const std::string exif = std::string("Exif\0\0", 6) + tiff + "SECRET-GPS";
  std::string segment("\xFF\xE1", 2);
  segment.push_back(static_cast<char>((exif.size() + 2) >> 8));
  segment.push_back(static_cast<char>(exif.size() + 2));
  return jpeg.substr(0, 2) + segment + exif + jpeg.substr(2);
}

class Images : public testing::Test {
 protected:
  std::expected<prepared_photo, image_error> prepare(std::string_view picture) {
    return io.run(shop->prepare(to_bytes(picture)));
  }
  image_error refused(std::string_view picture) {
    const auto done = prepare(picture);
    EXPECT_FALSE(done);
    return done ? image_error{} : done.error();
  }

  async::loop io;
  async::thread_pool threads{2};
  std::unique_ptr<workshop> shop = make_workshop(threads, std::string(TANDEM_BINARY_DIR) + "/tandem-image");
};

TEST_F(Images, ALargePhotoIsMadeSmallAndKeepsItsForm) {
  const auto done = prepare(png(2560, 1280, [](auto x, auto y) { return waves(x, y); }));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->width, photo_side);
  EXPECT_EQ(done->height, photo_side / 2);
  EXPECT_TRUE(to_text(done->photo).starts_with("\xFF\xD8\xFF"));
  EXPECT_TRUE(to_text(done->thumbnail).starts_with("\xFF\xD8\xFF"));
  EXPECT_LT(done->thumbnail.size(), done->photo.size());
}

TEST_F(Images, ASmallPhotoIsNotMadeLarger) {
  const auto done = prepare(png(300, 260, [](auto x, auto y) { return waves(x, y); }));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->width, 300);
  EXPECT_EQ(done->height, 260);
}

TEST_F(Images, ThePictureStandsUprightAndTellsNothingBesides) {
  const auto plain = prepare(png(400, 300, [](auto x, auto y) { return waves(x, y); }));
  ASSERT_TRUE(plain);
  const auto turned = prepare(with_exif(to_text(plain->photo)));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->width, 300);
  EXPECT_EQ(turned->height, 400);
  for (const auto* out : {&turned->photo, &turned->thumbnail}) {
    EXPECT_EQ(to_text(*out).find("Exif"), std::string::npos);
    EXPECT_EQ(to_text(*out).find("SECRET"), std::string::npos);
  }
}

TEST_F(Images, ACopyHasTheSameShapeAndAnotherPictureHasNot) {
  const auto original = prepare(png(1200, 900, [](auto x, auto y) { return waves(x, y); }));
  const auto smaller = prepare(png(400, 300, [](auto x, auto y) { return waves(x, y, 3); }));
  const auto other = prepare(png(1200, 900, [](auto x, auto y) { return waves(y * 3, x * 2); }));
  ASSERT_TRUE(original && smaller && other);
  const auto copied = prepare(to_text(original->thumbnail));
  ASSERT_TRUE(copied);
  EXPECT_LE(difference(original->shape, copied->shape), same_picture);
  EXPECT_LE(difference(original->shape, smaller->shape), same_picture);
  EXPECT_GT(difference(original->shape, other->shape), same_picture);
}

TEST_F(Images, WhatIsNoPictureIsRefusedByItsFirstBytes) {
  EXPECT_EQ(refused(""), image_error::not_a_picture);
  EXPECT_EQ(refused("hello"), image_error::not_a_picture);
  EXPECT_EQ(refused("<svg xmlns='http://www.w3.org/2000/svg'/>"), image_error::not_a_picture);
  EXPECT_EQ(refused("GIF89a"), image_error::not_a_picture);
}

TEST_F(Images, ABombIsRefusedByItsHeader) {
  auto bomb = png(300, 300, [](auto, auto) { return 0U; });
  std::string head;
  append_number(head, 60'000);
  append_number(head, 60'000);
  head += std::string("\x08\0\0\0\0", 5);
  bomb.replace(8, chunk("IHDR", head).size(), chunk("IHDR", head));
  EXPECT_EQ(refused(bomb), image_error::too_large);
  EXPECT_EQ(refused(std::string(most_bytes + 1, 'x')), image_error::too_large);
  EXPECT_EQ(refused(png(100, 900, [](auto, auto) { return 0U; })), image_error::too_small);
}

TEST_F(Images, APictureThatEndsInItsHeaderIsBroken) {
  const auto whole = png(800, 800, [](auto x, auto y) { return waves(x, y); });
  const auto jpeg = to_text(prepare(whole)->photo);
  EXPECT_EQ(refused(jpeg.substr(0, 20)), image_error::broken);
  EXPECT_EQ(refused(whole.substr(0, 20)), image_error::broken);
}

TEST_F(Images, DamagedBytesNeverDoMoreThanBeRefused) {
  std::mt19937 dice(5);
  const auto whole = png(300, 300, [](auto x, auto y) { return waves(x, y); });
  const auto jpeg = to_text(prepare(whole)->photo);
  for (int round = 0; round < 40; ++round) {
    auto damaged = round % 2 == 0 ? whole : jpeg;
    for (int i = 0; i < 20; ++i) damaged[dice() % damaged.size()] = static_cast<char>(dice());
    const auto done = prepare(damaged);  // neither throws nor hangs
    if (done) {
      EXPECT_FALSE(done->photo.empty());
    }
  }
}

TEST_F(Images, TwoPhotosBecomeOne) {
  const auto one = to_bytes(png(500, 700, [](auto x, auto y) { return waves(x, y); }));
  const auto both = io.run(shop->pair(one, one));
  ASSERT_TRUE(both);
  const auto seen = prepare(to_text(*both));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->width, photo_side);
  EXPECT_NEAR(seen->height, photo_side / 2, 5);
  EXPECT_EQ(io.run(shop->pair(one, to_bytes("no picture"))).error(), image_error::not_a_picture);
}

TEST_F(Images, AProgramThatIsNotThereIsAnErrorOfTheMachine) {
  const auto missing = make_workshop(threads, "/nowhere/tandem-image");
  EXPECT_THROW(io.run(missing->prepare(to_bytes("x"))), std::system_error);
}

}  // namespace
}  // namespace tandem::images
