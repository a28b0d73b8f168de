#include "app/own_bots.hpp"

#include <unistd.h>

#include "app/dating_parts.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::app {
namespace {

constexpr auto hunts_token = "42:secret-secret-secret-secret-secret";
constexpr auto other_token = "43:secret-secret-secret-secret-secret";
constexpr auto datings_token = "77:secret-secret-secret-secret-secret";

struct OwnBots : testing::Test {
  pg::database_test db;
  std::filesystem::path folder = "/var/tmp/tandem-own-bots-test-" + std::to_string(::getpid());
  std::unique_ptr<seal::vault> secrets = seal::open_vault(folder / "master.key", true);
  fixed_clock time{instant(std::chrono::hours(1))};
  std::unique_ptr<bots::registry> registry = bots::make_registry(*secrets, time);

  OwnBots() { log::set_level("bots", log::level::off); }
  ~OwnBots() override { std::filesystem::remove_all(folder); }

  // The bots in use after a start with these tokens.
  std::map<std::int64_t, std::string> start(std::string hunt, std::string dating, bool retire = true) {
    settings all;
    all.main_bot_token = std::move(hunt);
    all.dating_bot_token = std::move(dating);
    db.run(keep_own_bots(*db.pool, *registry, all, retire));
    std::map<std::int64_t, std::string> out;
    for (const auto& bot : db.run(registry->list(*db.pool))) out[bot.id] = bot.role;
    return out;
  }
  using bots_in_use = std::map<std::int64_t, std::string>;
};

TEST_F(OwnBots, ATokenThatIsRemovedFromTheSettingsTakesItsBotOutOfUse) {
  EXPECT_EQ(start(hunts_token, datings_token).size(), 2u);
  EXPECT_EQ(start(hunts_token, ""), (bots_in_use{{42, "hunt.main"}}));
  EXPECT_EQ(start("", datings_token), (bots_in_use{{77, "dating.main"}}));
  EXPECT_EQ(start(hunts_token, datings_token).size(), 2u) << "and back";
}

TEST_F(OwnBots, AnotherBotsTokenReplacesTheOldBotAndCategoriesKeepTheirs) {
  db.run(registry->add(*db.pool, "50:secret-secret-secret-secret-secret", "hunt.category", ""));
  start(hunts_token, datings_token);
  EXPECT_EQ(start(other_token, datings_token),
            (bots_in_use{{43, "hunt.main"}, {50, "hunt.category"}, {77, "dating.main"}}));
  EXPECT_EQ(start(datings_token, other_token),
            (bots_in_use{{43, "dating.main"}, {50, "hunt.category"}, {77, "hunt.main"}}))
      << "exchanged";
}

TEST_F(OwnBots, AProcessThatRunsNoBotsTakesNoneOut) {
  start(hunts_token, datings_token);
  EXPECT_EQ(start(hunts_token, "", false).size(), 2u);
}

TEST_F(OwnBots, WhatIsNoTokenIsToldWithTheSettingsNameAndTakesNobodyOut) {
  start(hunts_token, datings_token);
  try {
    start("hello", datings_token);
    ADD_FAILURE() << "was taken";
  } catch (const std::runtime_error& told) {
    EXPECT_NE(std::string_view(told.what()).find("main_bot_token"), std::string_view::npos) << told.what();
  }
  EXPECT_EQ(db.run(registry->list(*db.pool)).size(), 2u);
}

}  // namespace
}  // namespace tandem::app
