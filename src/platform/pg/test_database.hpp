#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "async/loop.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::pg {

// A database of its own for one test: a copy of the migrated schema on the one private cluster of this test
// program (under /var/tmp; started at the first use, stopped and removed when the program ends; without
// fsync, unless TANDEM_TEST_DURABLE is set to measure with it). Dropped when it is destroyed.
class test_database {
 public:
  explicit test_database(const std::filesystem::path& migrations);
  ~test_database();
  test_database(const test_database&) = delete;

  const std::string& url() const { return url_; }
  pool_options options(int connections = 8) const;

 private:
  std::string name_;
  std::string url_;
};

// An empty database, without the schema: for tests of migrations and restores.
class empty_test_database {
 public:
  empty_test_database();
  ~empty_test_database();
  empty_test_database(const empty_test_database&) = delete;
  const std::string& url() const { return url_; }

 private:
  std::string name_;
  std::string url_;
};

#ifdef TANDEM_SOURCE_DIR  // every test program has it from the build
// What most tests want: an event loop, a database and a pool on it.
//   struct AlertStore : testing::Test { pg::database_test db; };
//   db.run(some_task());
struct database_test {
  async::loop io;
  test_database database{TANDEM_SOURCE_DIR "/migrations"};
  std::unique_ptr<pg::pool> pool;

  explicit database_test(int connections = 8) : pool(make_pool(io.on(), database.options(connections))) {}
  ~database_test() { io.run(pool->close()); }

  void run(task<> work) { io.run(std::move(work)); }
  template <class T>
  T run(task<T> work) {
    return io.run(std::move(work));
  }
};
#endif

}  // namespace tandem::pg
