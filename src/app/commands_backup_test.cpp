#include <unistd.h>

#include <fstream>
#include <sstream>

#include "app/commands.hpp"
#include "hunt/verdicts/files.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::app {
namespace {

namespace fs = std::filesystem;

// An installation with real bots, a settings file and a model that it has learned, and an empty machine.
struct BackupCommand : testing::Test {
  pg::database_test db{2};
  pg::empty_test_database empty;
  fs::path root = "/var/tmp/tandem-backup-command-test-" + std::to_string(::getpid());
  settings here = in_folder("here", db.database.url()), there = in_folder("there", empty.url());
  std::ostringstream said;

  BackupCommand() {
    fs::create_directories(root / "here/keys");
    fs::create_directories(root / "here/models/20270101-000000");
    write("here/keys/master.key", "0123");
    write("here/models/20270101-000000/kind.bin", "a model");
    write("here/tandem.toml", "main_bot_token = \"42:secret\"");
    here.file = root / "here/tandem.toml";
    db.run(db.pool->script("INSERT INTO platform.installation (mode, key_fingerprint) VALUES ('real', 'f')"));
  }
  ~BackupCommand() override { fs::remove_all(root); }

  settings in_folder(std::string_view name, const std::string& url) const {
    settings out;
    out.data = root / name;
    out.database = url;
    return out;
  }
  void write(std::string_view name, std::string_view text) const { std::ofstream(root / name) << text; }
};

TEST_F(BackupCommand, BringsSettingsAndModelsBackAndSaysWhatIsMissingBeforeTheStart) {
  ASSERT_EQ(backup(here, root / "archive", said), 0);
  EXPECT_NE(said.str().find("The settings file is in it"), std::string::npos) << said.str();
  said.str("");
  ASSERT_EQ(restore(there, root / "archive", said), 0);
  EXPECT_EQ(hunt::read_file(root / "there/models/20270101-000000/kind.bin"), "a model");
  EXPECT_EQ(hunt::read_file(root / "there/tandem.toml.restored"), "main_bot_token = \"42:secret\"");
  EXPECT_FALSE(fs::exists(root / "there/tandem.toml"))
      << "it may name the old database: it is looked at first";
  EXPECT_NE(said.str().find("tandem.toml.restored"), std::string::npos) << said.str();
  EXPECT_NE(said.str().find("set main_bot_token or dating_bot_token"), std::string::npos) << said.str();
}

TEST_F(BackupCommand, WithATokenInTheSettingsTheStartIsAllThatIsLeft) {
  ASSERT_EQ(backup(here, root / "archive", said), 0);
  said.str("");
  there.main_bot_token = "42:secret-secret-secret-secret-secret";
  ASSERT_EQ(restore(there, root / "archive", said), 0);
  EXPECT_TRUE(said.str().ends_with("Start `tandem up`.\n")) << said.str();
  EXPECT_EQ(said.str().find("main_bot_token"), std::string::npos) << said.str();
}

}  // namespace
}  // namespace tandem::app
