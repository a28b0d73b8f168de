#pragma once
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/part.hpp"

namespace tandem::pg {

struct cluster_options {
  std::filesystem::path folder;     // its own: made when absent
  std::string database = "tandem";  // made when absent
  bool durable = true;              // false: no fsync, for tests only
  int max_connections = 100;
  int shared_buffers_mb = 128;
  // Told what the operator should know: made, adopted, died and started again. May be empty.
  std::function<void(std::string_view what)> told;
};

// The private PostgreSQL cluster: made once with initdb, reached over a unix socket in a 0700 folder only,
// run as the account "postgres" when we are root. Runs as long as this part; when the server dies it is
// started again. A server that a killed tandem left behind on this folder is adopted; any other server is
// left alone.
class cluster : public async::part {
 public:
  // How to reach it, once it was started: for pool_options::url and for PostgreSQL's own programs.
  virtual std::string url(std::string_view database = {}) const = 0;
  // The postmaster's process; 0 when it does not run.
  virtual pid_t pid() const = 0;
};

// start() throws folder_in_use when another tandem runs on the folder, std::runtime_error with the server's
// own words when it cannot be made or started.
std::unique_ptr<cluster> make_cluster(executor on, cluster_options options);

// The address of the cluster that some tandem runs on this folder now; what a second program (backup, admin
// create) uses beside it.
std::optional<std::string> running_cluster(const std::filesystem::path& folder,
                                           std::string_view database = "tandem");

// The newest PostgreSQL programs of this machine (or, if given, those of one major version): a folder with
// initdb, postgres, pg_dump. Throws std::runtime_error saying what to install.
std::filesystem::path server_programs(std::string_view major_version = {});

}  // namespace tandem::pg
