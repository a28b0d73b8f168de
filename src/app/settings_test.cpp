#include "app/settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tandem::app {
namespace {

TEST(AppSettings, WhatWasSentIsKnownForAsLongAsItMayBeSent) {
  settings all;
  all.retain_deliveries_days = 12;
  all.oldest_delivered_h = 240;
  EXPECT_TRUE(check_together(all).empty());
  all.retain_deliveries_days = 11;
  EXPECT_EQ(check_together(all).size(), 1U);
}

TEST(AppSettings, WhatMayHoldAPasswordIsNotPrinted) {
  settings all;
  for (const auto& one : all.describe()) {
    if (one.example.find("password") == std::string::npos) continue;
    EXPECT_TRUE(one.secret) << one.name;
  }
  all.telegram_proxy = "socks5h://anna:swordfish@10.0.0.1:1080";
  const auto printed = print_settings(all.describe());
  EXPECT_EQ(printed.find("swordfish"), std::string::npos) << printed;
  EXPECT_NE(printed.find("telegram_proxy = \"[secret]\""), std::string::npos);
}

TEST(AppSettings, ABrokenLineOfTheFileHidesNeitherTheOthersNorWhatContradicts) {
  const auto path = testing::TempDir() + "/tandem-" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << "port = [1]\nlog_level = \ntrial_hours = 0\nmodel_url = \"ftp://x\"\n";
  const auto read = load_settings(path, {});
  std::remove(path.c_str());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().size(), 5u) << "an array, no value, out of bounds, no http, no model_name";
}

}  // namespace
}  // namespace tandem::app
