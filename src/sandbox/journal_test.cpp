#include "sandbox/journal.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tandem::sandbox {
namespace {

class Journal : public testing::Test {
 protected:
  Journal() {
    char name[] = "/var/tmp/tandem-journal-test-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/journal.jsonl";
  }
  ~Journal() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> lines() {
    journal opened(path_);
    std::vector<std::string> out;
    opened.replay([&](std::string_view line) { out.emplace_back(line); });
    return out;
  }

  std::string folder_, path_;
};

TEST_F(Journal, WhatWasWrittenComesBackInOrder) {
  {
    journal one(path_);
    one.append("{\"a\":1}\n");
    one.append("{\"a\":2}\n");
    EXPECT_EQ(one.next_seq(), 3U);
  }
  EXPECT_EQ(lines(), (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}));
}

TEST_F(Journal, ATornLastLineIsCutOffAndWritingGoesOn) {
  std::ofstream(path_) << "{\"a\":1}\n{\"a\":2}\n{\"a\":";
  {
    journal one(path_);
    int count = 0;
    one.replay([&](std::string_view) { ++count; });
    EXPECT_EQ(count, 2);
    one.append("{\"a\":3}\n");
  }
  EXPECT_EQ(lines(), (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"}));
}

TEST_F(Journal, WrittenAnewItHoldsTheNewLinesAndTheirNumbersGoOn) {
  const auto numbered = [](std::uint64_t seq) { return "{\"seq\":" + std::to_string(seq) + "}\n"; };
  {
    journal one(path_);
    for (int i = 0; i < 1'000; ++i) one.append(numbered(one.next_seq()));
    one.rewrite([&] {
      for (int i = 0; i < 300; ++i) one.append(numbered(one.next_seq()));
    });
    EXPECT_EQ(one.last_seq(), 1'300U);
    EXPECT_THROW(journal second(path_), std::runtime_error) << "the new file is locked, too";
    one.append(numbered(one.next_seq()));
  }
  journal again(path_);
  int count = 0;
  again.replay([&](std::string_view) { ++count; });
  EXPECT_EQ(count, 301);
  EXPECT_EQ(again.next_seq(), 1'302U);
  std::uint64_t after = 17;  // of a reader who was here before: what is gone is left out
  EXPECT_TRUE(again.read(after, 64).starts_with("{\"seq\":1001}\n"));
  after = 1'299;
  EXPECT_EQ(again.read(after, 1 << 20), "{\"seq\":1300}\n{\"seq\":1301}\n");
}

TEST_F(Journal, AFileThatIsOnlyATornLineIsEmpty) {
  std::ofstream(path_) << std::string(200'000, 'x');
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(std::filesystem::file_size(path_), 0U);
}

TEST_F(Journal, LinesLongerThanABufferAreWhole) {
  const std::string large = "{\"x\":\"" + std::string(3 << 20, 'y') + "\"}";
  {
    journal one(path_);
    one.append(large + "\n");
    one.append("{}\n");
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], large);
}

TEST_F(Journal, OneProcessAtATimeWorksOnAFolder) {
  journal one(path_);
  EXPECT_THROW(journal two(path_), std::runtime_error);
}

TEST_F(Journal, LinesAreReadFromAnyNumberOn) {
  journal one(path_);
  for (int i = 1; i <= 1000; ++i) one.append("{\"seq\":" + std::to_string(i) + "}\n");
  for (const std::uint64_t from : {0, 1, 255, 256, 257, 511, 998, 999}) {
    std::uint64_t at = from;
    std::string all;
    for (;;) {
      const std::string piece = one.read(at, 1000);
      if (piece.empty()) break;
      EXPECT_TRUE(piece.ends_with("\n"));
      all += piece;
    }
    EXPECT_EQ(at, 1000U);
    std::string wanted;
    for (auto i = from + 1; i <= 1000; ++i) wanted += "{\"seq\":" + std::to_string(i) + "}\n";
    EXPECT_EQ(all, wanted) << from;
  }
  std::uint64_t at = 10;
  EXPECT_EQ(one.read(at, 1000, 2), "{\"seq\":11}\n{\"seq\":12}\n");
  EXPECT_EQ(at, 12U);
  at = 5000;
  EXPECT_EQ(one.read(at, 1000), "");
}

TEST_F(Journal, ReadingGoesOnAfterReplay) {
  {
    journal one(path_);
    for (int i = 1; i <= 300; ++i) one.append("{\"seq\":" + std::to_string(i) + "}\n");
  }
  journal two(path_);
  two.replay([](std::string_view) {});
  two.append("{\"seq\":301}\n");
  std::uint64_t at = 299;
  EXPECT_EQ(two.read(at, 1 << 20), "{\"seq\":300}\n{\"seq\":301}\n");
}

}  // namespace
}  // namespace tandem::sandbox
