#pragma once
#include <functional>
#include <iosfwd>

#include "app/database.hpp"
#include "app/settings.hpp"
#include "base/clock.hpp"

namespace tandem::app {

// What a command has while it works on the database: beside a running `tandem up`, or alone.
struct office {
  executor on;
  const settings& all;
  database& db;
  std::ostream& out;
  system_clock time;
};

using office_work = std::function<task<int>(office&)>;

// Runs the work on the database, opened in this way; its exit code.
int with_database(const settings& all, cluster_use how, std::ostream& out, office_work what);
// Beside whatever runs, once the schema is there; says what to do and gives 1 before.
int with_installation(const settings& all, std::ostream& out, office_work what);

}  // namespace tandem::app
