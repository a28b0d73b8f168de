#include "platform/archive/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

namespace tandem::archive {
namespace {

// What another program finds in it.
std::vector<entry> unpacked(const std::string& zipped) {
  std::vector<entry> out;
  auto* from = archive_read_new();
  archive_read_support_format_zip(from);
  EXPECT_EQ(archive_read_open_memory(from, zipped.data(), zipped.size()), ARCHIVE_OK);
  archive_entry* at = nullptr;
  while (archive_read_next_header(from, &at) == ARCHIVE_OK) {
    std::string bytes(static_cast<std::size_t>(archive_entry_size(at)), '\0');
    EXPECT_EQ(archive_read_data(from, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
    out.push_back({archive_entry_pathname(at), bytes});
  }
  archive_read_free(from);
  return out;
}

const instant moment = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

}  // namespace

TEST(Archive, WhatGoesInComesOut) {
  std::string picture(300'000, '\0');
  for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<char>(i * 2654435761U >> 13);
  const std::vector<entry> files{
      {"profile.json", "{\"name\":\"Аня\"}\n"}, {"photos/1.jpg", picture}, {"empty", ""}};
  const auto zipped = zip(files, moment);
  EXPECT_TRUE(zipped.starts_with("PK"));
  const auto found = unpacked(zipped);
  ASSERT_EQ(found.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(found[i].name, files[i].name);
    EXPECT_EQ(found[i].bytes, files[i].bytes);
  }
}

TEST(Archive, NothingIsAnArchiveToo) { EXPECT_TRUE(unpacked(zip({}, moment)).empty()); }

}  // namespace tandem::archive
