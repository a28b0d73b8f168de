#include "platform/images/images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "async/loop.hpp"
#include "async/offload.hpp"
#include "platform/images/pictures_for_test.hpp"

namespace tandem::images {
namespace {

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

TEST_F(Images, APictureThatEndsTooEarlyIsBroken) {
  const auto whole = png(800, 800, [](auto x, auto y) { return waves(x, y); });
  const auto jpeg = to_text(prepare(whole)->photo);
  EXPECT_EQ(refused(jpeg.substr(0, 20)), image_error::broken);
  EXPECT_EQ(refused(whole.substr(0, 20)), image_error::broken);
  for (const auto& half :
       {jpeg.substr(0, jpeg.size() / 2), whole.substr(0, whole.size() / 2), whole.substr(0, 60)})
    EXPECT_EQ(refused(half), image_error::broken) << half.size();
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

TEST_F(Images, FortyMegapixelsAreMadeSmall) {
  const auto done = prepare(png(8'000, 5'000, [](auto x, auto y) { return (x ^ y) >> 5U; }));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->width, photo_side);
  EXPECT_EQ(done->height, photo_side * 5 / 8);
}

bar_chart two_weeks() {
  bar_chart out{"Две недели <&>", "9 ноября", "22 ноября", {}};
  out.rows = {{"Показали", {3, 0, 12, 40, 18, 25, 31, 9, 0, 0, 14, 22, 37, 28}},
              {"Понравилось", {0, 0, 1, 4, 2, 3, 3, 0, 0, 0, 2, 1, 5, 3}},
              {"Взаимно", {0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0}}};
  return out;
}

TEST_F(Images, AChartIsDrawnAndItsBarsFollowTheNumbers) {
  const auto look = [&](bar_chart what) {
    const auto jpeg = io.run(shop->draw(std::move(what)));
    if (const char* keep = std::getenv("TANDEM_KEEP_DRAWINGS"))
      std::ofstream(std::string(keep) + "/chart.jpg", std::ios::binary) << to_text(jpeg);
    return std::pair(jpeg.size(), *prepare(to_text(jpeg)));
  };
  auto flat = two_weeks(), mirrored = two_weeks();
  for (auto& row : flat.rows) std::ranges::fill(row.values, 0);
  for (auto& row : mirrored.rows) std::ranges::reverse(row.values);
  const auto [empty_bytes, empty] = look(flat);
  const auto [mirrored_bytes, turned] = look(mirrored);
  const auto [bytes, seen] = look(two_weeks());
  EXPECT_EQ(seen.width, chart_width);
  EXPECT_EQ(empty.height, seen.height);
  EXPECT_GT(bytes, empty_bytes * 5 / 4) << "bars are more to see than no bars";
  EXPECT_GT(difference(seen.shape, turned.shape), 4) << "other numbers, another picture";
}

TEST_F(Images, AChartThatIsNotAsDescribedIsAMistakeOfTheProgram) {
  auto uneven = two_weeks(), none = two_weeks(), negative = two_weeks();
  uneven.rows[1].values.pop_back();
  none.rows.clear();
  negative.rows[0].values[3] = -1;
  for (auto* bad : {&uneven, &none, &negative})
    EXPECT_THROW(io.run(shop->draw(std::move(*bad))), std::invalid_argument);
}

TEST_F(Images, LettersAreDrawnWhereTheFontIs) {
  auto silent = two_weeks(), telling = two_weeks();
  for (auto* one : {&silent, &telling})
    for (auto& row : one->rows) std::ranges::fill(row.values, 0);
  silent.title = silent.first_day = silent.last_day = "";
  for (auto& row : silent.rows) row.label = "";
  EXPECT_GT(io.run(shop->draw(telling)).size(), io.run(shop->draw(silent)).size() * 5 / 4);
}

TEST_F(Images, SomebodyWithoutAPhotoHasAFigure) {
  const auto jpeg = io.run(shop->draw_placeholder());
  if (const char* keep = std::getenv("TANDEM_KEEP_DRAWINGS"))
    std::ofstream(std::string(keep) + "/placeholder.jpg", std::ios::binary) << to_text(jpeg);
  const auto seen = prepare(to_text(jpeg));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->width, 800);
  EXPECT_EQ(seen->height, 1'000);
  EXPECT_EQ(jpeg, io.run(shop->draw_placeholder())) << "the same bytes each time: kept once";
}

TEST_F(Images, AProgramThatIsNotThereIsAnErrorOfTheMachine) {
  const auto missing = make_workshop(threads, "/nowhere/tandem-image");
  EXPECT_THROW(io.run(missing->prepare(to_bytes("x"))), std::system_error);
}

}  // namespace
}  // namespace tandem::images
