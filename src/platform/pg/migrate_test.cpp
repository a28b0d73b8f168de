#include "platform/pg/migrate.hpp"

#include <unistd.h>

#include <fstream>

#include "async/scope.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;
using namespace tandem::pg;
namespace fs = std::filesystem;

namespace {

struct Migrate : testing::Test {
  async::loop io;
  empty_test_database database;
  std::unique_ptr<pool> on;
  fs::path folder = "/var/tmp/tandem-migrate-test-" + std::to_string(getpid());

  Migrate() {
    pool_options options;
    options.url = database.url();
    on = make_pool(io.on(), options);
    fs::create_directories(folder);
    write("0001_first.sql", "CREATE TABLE a (x int); CREATE TABLE b (x int);");
    write("0002_second.sql", "ALTER TABLE a ADD y int;");
  }
  ~Migrate() override {
    io.run(on->close());
    fs::remove_all(folder);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::string refusal() {
    try {
      io.run(migrate(*on, folder));
    } catch (const migration_refused& refused) {
      return refused.what();
    }
    return "not refused";
  }
};

}  // namespace

TEST_F(Migrate, AppliesInOrderAndOnlyOnce) {
  EXPECT_EQ(io.run(pending_migrations(*on, folder)).size(), 2u);
  const auto first = io.run(migrate(*on, folder));
  EXPECT_EQ(first.applied, (std::vector<std::string>{"0001_first.sql", "0002_second.sql"}));
  write("0003_third.sql", "ALTER TABLE a ADD z int;");
  EXPECT_EQ(io.run(pending_migrations(*on, folder)), (std::vector<std::string>{"0003_third.sql"}));
  const auto second = io.run(migrate(*on, folder));
  EXPECT_EQ(second.applied, (std::vector<std::string>{"0003_third.sql"}));
  EXPECT_EQ(second.before, 2);
  const statement all{"test.all", "SELECT x, y, z FROM a", cardinality::many};
  EXPECT_TRUE(io.run((*on)(all)).empty());
}

TEST_F(Migrate, AChangedFileIsRefused) {
  io.run(migrate(*on, folder));
  write("0001_first.sql", "CREATE TABLE other (x int);");
  EXPECT_NE(refusal().find("0001_first.sql was changed"), std::string::npos);
}

TEST_F(Migrate, ANewerSchemaIsRefused) {
  io.run(migrate(*on, folder));
  fs::remove(folder / "0002_second.sql");
  EXPECT_NE(refusal().find("newer tandem"), std::string::npos);
}

TEST_F(Migrate, AGapInTheNumbersIsRefused) {
  write("0004_fourth.sql", "SELECT 1;");
  EXPECT_NE(refusal().find("number 3 was expected"), std::string::npos);
}

TEST_F(Migrate, AFailingFileLeavesNothingOfItself) {
  write("0002_second.sql", "CREATE TABLE c (x int); SELECT 1 / 0;");
  EXPECT_NE(refusal().find("0002_second.sql: division by zero"), std::string::npos);
  write("0002_second.sql", "CREATE TABLE c (x int);");
  EXPECT_EQ(io.run(migrate(*on, folder)).applied.size(), 1u);
}

TEST_F(Migrate, TwoProcessesAtOnceApplyEachFileOnce) {
  std::size_t applied = 0;
  auto one = [&]() -> task<> {
    const auto report = co_await migrate(*on, folder);
    applied += report.applied.size();
  };
  auto main = [&]() -> task<> {
    async::scope both(io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    for (int i = 0; i < 4; ++i) both.spawn("migrate", one());
    co_await both.join();
  };
  io.run(main());
  EXPECT_EQ(applied, 2u);
}
