#include "platform/seal/vault.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace tandem::seal;

namespace {

class key_folder {
 public:
  key_folder()
      : path_(std::filesystem::temp_directory_path() / ("tandem-vault-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~key_folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST(Vault, WhatWasClosedOpensAgainAlsoAfterARestart) {
  const key_folder folder;
  const auto sealed = open_vault(folder.file("master.key"), true)->close("123:token", "bots.token");
  EXPECT_EQ(open_vault(folder.file("master.key"), false)->open(sealed, "bots.token"), "123:token");
  const std::string bytes(reinterpret_cast<const char*>(sealed.data()), sealed.size());
  EXPECT_EQ(bytes.find("token"), std::string::npos);
}

TEST(Vault, TheSameSecretLooksDifferentEachTime) {
  const key_folder folder;
  const auto vault = open_vault(folder.file("k"), true);
  EXPECT_NE(vault->close("a", "p"), vault->close("a", "p"));
}

TEST(Vault, AnotherPurposeAnotherKeyAndChangedBytesAreRefused) {
  const key_folder folder;
  const auto vault = open_vault(folder.file("a"), true);
  auto sealed = vault->close("secret", "here");
  EXPECT_THROW(vault->open(sealed, "there"), cannot_open);
  EXPECT_THROW(open_vault(folder.file("b"), true)->open(sealed, "here"), cannot_open);
  sealed.back() ^= std::byte{1};
  EXPECT_THROW(vault->open(sealed, "here"), cannot_open);
  EXPECT_THROW(vault->open({}, "here"), cannot_open);
}

TEST(Vault, AMissingBrokenOrOpenKeyFileIsRefusedWithWhatToDo) {
  const key_folder folder;
  EXPECT_THROW(open_vault(folder.file("none"), false), std::runtime_error);
  open_vault(folder.file("open"), true);
  std::filesystem::permissions(folder.file("open"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THROW(open_vault(folder.file("open"), false), std::runtime_error);
  open_vault(folder.file("broken"), true);
  std::ofstream(folder.file("broken")) << "hello";
  EXPECT_THROW(open_vault(folder.file("broken"), false), std::runtime_error);
}
