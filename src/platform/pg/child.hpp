#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// Child programs of the database's own tools. These functions block: call them on a thread pool.
namespace tandem::pg {

struct account {
  uid_t user = 0;
  gid_t group = 0;
};

// The account that a PostgreSQL server has to run under: "postgres" when we are root, else nobody but
// ourselves (nullopt). Throws std::runtime_error when root has no such account.
std::optional<account> server_account();

struct command {
  std::vector<std::string> argv;   // argv[0] is a full path
  std::optional<account> as = {};  // whom it runs as; we must be root
  std::filesystem::path folder = "/";
  std::chrono::milliseconds limit{60'000};
  std::vector<std::string> environment = {};  // NAME=value, besides the few that every child gets
};

struct outcome {
  int status = 0;      // exit code; 128 + signal when it was killed
  std::string output;  // the last 64 KiB of standard output and standard error together
};

// Runs it to its end; killed when the limit has passed (std::runtime_error). It gets a small environment of
// its own and none of our file descriptors.
outcome run_child(const command& what);
// The same, but throws std::runtime_error with its output unless it succeeded; returns the output.
std::string must_run(const command& what);
// Starts a server in a session of its own, its output appended to `log`; its pid.
pid_t start_child(const command& what, const std::filesystem::path& log);

}  // namespace tandem::pg
