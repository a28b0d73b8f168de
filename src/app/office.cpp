#include "app/office.hpp"

#include <iostream>

#include "app/resources.hpp"
#include "async/loop.hpp"
#include "platform/pg/migrate.hpp"

namespace tandem::app {
namespace {

task<int> open_and(executor on, const settings& all, cluster_use how, std::ostream& out, office_work what) {
  const auto db = co_await database::open(on, all, how);
  office here{on, all, *db, out, {}};
  std::exception_ptr failure;
  int code = 1;
  try {
    code = co_await what(here);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await db->close();
  if (failure) std::rethrow_exception(failure);
  co_return code;
}

}  // namespace

int with_database(const settings& all, cluster_use how, std::ostream& out, office_work what) {
  async::loop io;
  return io.run(open_and(io.on(), all, how, out, std::move(what)));
}

// As with_database, once the installation has been started at least once.
int with_installation(const settings& all, std::ostream& out, office_work what) {
  office_work checked = [what = std::move(what)](office& here) -> task<int> {
    const auto pending = co_await pg::pending_migrations(here.db.pool(), share_folder() / "migrations");
    if (!pending.empty()) {
      std::cerr << "The database's schema is not up to date: start `tandem up`, or run `tandem migrate`.\n";
      co_return 1;
    }
    co_return co_await what(here);
  };
  return with_database(all, cluster_use::beside, out, std::move(checked));
}

}  // namespace tandem::app
