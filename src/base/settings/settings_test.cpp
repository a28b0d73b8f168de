#include "base/settings/settings.hpp"

#include <cstdio>
#include <fstream>

using namespace tandem;

namespace {

struct sample {
  std::int64_t port = 8080;
  std::string mode = "auto", token;
  bool loud = false;
  std::vector<std::string> proxies;
  std::vector<setting> all() {
    return {setting::number("port", port, 1, 65535, "Where it listens."),
            setting::choice("mode", mode, {"auto", "manual"}, "How it decides."),
            setting::secret_text("main_bot_token", token, "The main bot's token.", "123:abc"),
            setting::flag("loud", loud, "Whether it talks."),
            setting::list("trusted_proxies", proxies, "Whom it believes.", "10.0.0.1, 10.0.0.0/8")};
  }
};

}  // namespace

TEST(Settings, TheEnvironmentWinsOverTheFileAndTheFileOverTheDefault) {
  sample values;
  auto all = values.all();
  EXPECT_TRUE(apply_settings(all, {{"port", "90"}, {"mode", "manual"}},
                             {{"TANDEM_PORT", "91"}, {"TANDEM_TRUSTED_PROXIES", "10.0.0.1, ::1"}})
                  .empty());
  EXPECT_EQ(values.port, 91);
  EXPECT_EQ(values.mode, "manual");
  EXPECT_FALSE(values.loud);
  EXPECT_EQ(values.proxies, (std::vector<std::string>{"10.0.0.1", "::1"}));
}

TEST(Settings, AllMistakesAreReportedAtOnceWithWhatToWrite) {
  sample values;
  auto all = values.all();
  const auto mistakes = apply_settings(all, {{"prot", "1"}, {"mode", "fast"}}, {{"TANDEM_PORT", "70000"}});
  ASSERT_EQ(mistakes.size(), 3u);
  EXPECT_EQ(mistakes[0], "prot is no setting; did you mean port?");
  EXPECT_EQ(mistakes[1], "TANDEM_PORT = 70000: write a whole number from 1 to 65535");
  EXPECT_EQ(mistakes[2], "mode = fast: write one of auto, manual");
}

TEST(Settings, AMisspeltVariableIsAMistake) {
  sample values;
  auto all = values.all();
  const auto mistakes = apply_settings(all, {}, {{"TANDEM_MAIN_BOT_TOKN", "1"}});
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0], "TANDEM_MAIN_BOT_TOKN is no setting; did you mean TANDEM_MAIN_BOT_TOKEN?");
}

TEST(Settings, SecretsAreNeverPrinted) {
  sample values;
  auto all = values.all();
  EXPECT_TRUE(apply_settings(all, {{"main_bot_token", "123:abc"}}, {}).empty());
  const auto printed = print_settings(all);
  EXPECT_EQ(printed.find("123:abc"), std::string::npos) << printed;
  EXPECT_NE(printed.find("main_bot_token = \"[secret]\""), std::string::npos) << printed;
}

TEST(Settings, ABrokenFileIsToldWithItsLine) {
  const std::string path = testing::TempDir() + "/settings_test.toml";
  std::ofstream(path) << "port = 1\nmode = \n";
  const auto read = read_settings_file(path);
  ASSERT_EQ(read.mistakes.size(), 1u);
  EXPECT_NE(read.mistakes[0].find(":2:"), std::string::npos) << read.mistakes[0];
  EXPECT_EQ(read.values.at("port"), "1");
  std::remove(path.c_str());
  EXPECT_EQ(read_settings_file(path).mistakes.size(), 1u) << "it is not there";
}

TEST(Settings, ABrokenLineHidesNoOtherMistake) {
  const std::string path = testing::TempDir() + "/settings_many.toml";
  std::ofstream(path)
      << "port = [1]\nmode = \nloud = true\nprot = 7\ntrusted_proxies = \"10.0.0.1\nmode = 'fast'\n";
  const auto read = read_settings_file(path);
  ASSERT_EQ(read.mistakes.size(), 3u);
  EXPECT_NE(read.mistakes[0].find(":2:"), std::string::npos) << read.mistakes[0];
  EXPECT_NE(read.mistakes[1].find(":5:"), std::string::npos) << read.mistakes[1];
  EXPECT_NE(read.mistakes[2].find("port = …"), std::string::npos) << read.mistakes[2];
  sample values;
  auto all = values.all();
  EXPECT_EQ(
      apply_settings(all, read.values, {}),
      (setting_mistakes{"prot is no setting; did you mean port?", "mode = fast: write one of auto, manual"}));
  EXPECT_TRUE(values.loud);
  std::remove(path.c_str());
}

TEST(Settings, WhatIsNoSettingsFileIsToldInAFewLines) {
  const std::string path = testing::TempDir() + "/settings_never.toml";
  std::ofstream out(path);
  for (int i = 0; i < 1000; ++i) out << "= " << i << "\n";
  out.close();
  EXPECT_EQ(read_settings_file(path).mistakes.size(), 20u);
  std::remove(path.c_str());
}

TEST(Settings, WhatIsPrintedCanBeReadAgain) {
  sample values;
  auto all = values.all();
  const std::string path = testing::TempDir() + "/settings_again.toml";
  std::ofstream(path) << print_settings(all);
  const auto read = read_settings_file(path);
  EXPECT_TRUE(read.mistakes.empty());
  EXPECT_TRUE(apply_settings(all, read.values, {}).empty());
  std::remove(path.c_str());
}
