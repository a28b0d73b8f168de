#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/task.hpp"

namespace tandem::pg {

class pool;

// The schema and the migration files do not fit together; the text says what to do.
struct migration_refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct migration_report {
  std::vector<std::string> applied;  // file names, in order
  int before = 0;                    // how many were there already
};

// Applies the files NNNN_name.sql of a folder in the order of their numbers, each in a transaction of its
// own; forward only. Several processes may do it at once. Refuses (migration_refused) a file that was changed
// after it was applied, a number used twice or left out, and a schema that is newer than the files.
task<migration_report> migrate(pool& on, std::filesystem::path folder);

// The files that migrate() would apply; refuses as migrate() does, and changes nothing.
task<std::vector<std::string>> pending_migrations(pool& on, std::filesystem::path folder);

// Where the files lie beside the running program: share/tandem/migrations.
std::filesystem::path migrations_folder();

}  // namespace tandem::pg
