#pragma once
#include <functional>
#include <memory>
#include <string>

#include "app/settings.hpp"
#include "async/task.hpp"
#include "platform/pg/cluster.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::app {

// What is in a data folder.
struct data_folder {
  explicit data_folder(const settings& all) : root(all.data) {}
  std::filesystem::path root;
  std::filesystem::path cluster() const { return root / "postgres"; }
  std::filesystem::path key() const { return root / "keys" / "master.key"; }
  std::filesystem::path models() const { return root / "models"; }
  std::filesystem::path blobs() const { return root / "blobs"; }
  std::filesystem::path sandbox() const { return root / "sandbox"; }
};

// How a private cluster is come by. `own`: this process runs it, alone, and makes it if need be. `beside`:
// the one that a running `tandem up` has, else it is started here until close(); std::runtime_error where
// there is none yet. `empty`: as beside, but made if need be.
enum class cluster_use { own, beside, empty };

// The database as the settings have it: by URL, or the private cluster.
class database {
 public:
  static task<std::unique_ptr<database>> open(executor on, const settings& all, cluster_use how);
  pg::pool& pool() { return *pool_; }
  pg::cluster* cluster() { return cluster_.get(); }  // null: by URL, or somebody else's
  const std::string& url() const { return url_; }
  task<> close();

 private:
  std::unique_ptr<pg::cluster> cluster_;
  std::unique_ptr<pg::pool> pool_;
  std::string url_;
};

// What this installation is. Written once; a sandbox never becomes real, nor the other way round.
enum class mode { sandbox, real };

// Checks the settings, the key file and the database against each other, and writes the mode the first time.
// Throws std::runtime_error that says what to do when they do not belong together.
task<mode> claim_installation(pg::session& in, const settings& all, const seal::vault& secrets);
// What the settings ask for.
mode wanted_mode(const settings& all);

}  // namespace tandem::app
