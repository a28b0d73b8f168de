#include "platform/bots/registry.hpp"

#include <filesystem>

#include "platform/pg/test_database.hpp"
#include "platform/seal/vault.hpp"

using namespace tandem;
using namespace tandem::bots;

namespace {

struct Registry : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tandem-bots-" + std::to_string(::getpid()));
  std::unique_ptr<seal::vault> secrets = seal::open_vault(folder / "master.key", true);
  fixed_clock time{instant(std::chrono::hours(1))};
  pg::database_test db;
  std::unique_ptr<registry> all = make_registry(*secrets, time);

  ~Registry() override { std::filesystem::remove_all(folder); }
};

}  // namespace

TEST_F(Registry, TokensComeBackOpenAndLieSealed) {
  const auto id = db.run(all->add(*db.pool, "42:secret-secret-secret-secret-secret", "hunt.main", "Main"));
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(*id, 42);
  const auto bots = db.run(all->list(*db.pool));
  ASSERT_EQ(bots.size(), 1u);
  EXPECT_EQ(bots[0].token, "42:secret-secret-secret-secret-secret");
  EXPECT_EQ(bots[0].role, "hunt.main");
  const pg::statement plain{"test.plain",
                            "SELECT count(*) FROM platform.bots WHERE position('secret' IN "
                            "encode(token_sealed, 'escape')) > 0",
                            pg::cardinality::one};
  EXPECT_EQ(db.run((*db.pool)(plain)).front().get<int>(0), 0);
}

TEST_F(Registry, ATextThatIsNoTokenIsRefused) {
  EXPECT_FALSE(db.run(all->add(*db.pool, "hello", "hunt.main", "")).has_value());
}

TEST_F(Registry, ARemovedBotIsGoneUntilItIsAddedAgain) {
  db.run(all->add(*db.pool, "42:secret-secret-secret-secret-secret", "hunt.main", "Main"));
  EXPECT_TRUE(db.run(all->remove(*db.pool, 42)));
  EXPECT_FALSE(db.run(all->remove(*db.pool, 42)));
  EXPECT_TRUE(db.run(all->list(*db.pool)).empty());
  db.run(all->add(*db.pool, "42:other-other-other-other-other-othe", "hunt.category", "Again"));
  EXPECT_EQ(db.run(all->list(*db.pool)).front().role, "hunt.category");
}

TEST_F(Registry, WhichUpdatesTookEffectIsRememberedOverARestart) {
  db.run(all->add(*db.pool, "42:secret-secret-secret-secret-secret", "hunt.main", "Main"));
  telegram::update_progress progress;
  progress.next_offset = 501;
  for (std::int64_t id = 1; id <= 500; ++id) progress.seen.push_back(id);
  progress.last_update = 1'790'000'000;
  db.run(make_update_log(*db.pool)->save(42, progress));
  const auto loaded = db.run(make_update_log(*db.pool)->load(42));
  EXPECT_EQ(loaded.next_offset, 501);
  EXPECT_EQ(loaded.last_update, 1'790'000'000);
  EXPECT_EQ(loaded.seen.size(), 100u);
  EXPECT_EQ(loaded.seen.back(), 500);
  EXPECT_EQ(db.run(make_update_log(*db.pool)->load(43)).next_offset, 0);
}
