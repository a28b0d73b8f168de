#include "platform/pg/test_database.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "platform/pg/cluster.hpp"
#include "platform/pg/folder_lock.hpp"
#include "platform/pg/migrate.hpp"

namespace tandem::pg {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view prefix = "tandem-test-";

// The one cluster of this test program.
class test_cluster {
 public:
  static test_cluster& get() {
    static test_cluster the_one;
    return the_one;
  }

  std::string make(const std::string& from_template, std::string& name) {
    name = "test_" + std::to_string(++made_);
    admin("CREATE DATABASE " + name + (from_template.empty() ? "" : " TEMPLATE " + from_template));
    return cluster_->url(name);
  }

  void drop(const std::string& name) { admin("DROP DATABASE " + name + " WITH (FORCE)"); }

  const std::string& template_of(const fs::path& migrations) {
    auto& name = templates_[migrations];
    if (name.empty()) {
      const auto fresh = "template_" + std::to_string(templates_.size());
      admin("CREATE DATABASE " + fresh);
      pool_options options;
      options.url = cluster_->url(fresh);
      options.connections = 1;
      const auto pool = make_pool(io_.on(), options);
      io_.run(migrate(*pool, migrations));
      io_.run(pool->close());
      name = fresh;
    }
    return name;
  }

 private:
  test_cluster() {
    sweep();
    cluster_options options;
    options.folder = fs::path("/var/tmp") / (std::string(prefix) + std::to_string(getpid()));
    options.durable = std::getenv("TANDEM_TEST_DURABLE") != nullptr;
    options.shared_buffers_mb = 32;
    folder_ = options.folder;
    cluster_ = make_cluster(io_.on(), options);
    io_.run(cluster_->start());
    pool_options to;
    to.url = cluster_->url("postgres");
    to.connections = 1;
    to.statement_limit = 60s;
    admin_ = make_pool(io_.on(), to);
  }

  ~test_cluster() {
    io_.run(admin_->close());
    io_.run(cluster_->stop());
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void admin(const std::string& statement) { io_.run(admin_->script(statement)); }

  // What killed test programs left behind: their folders are not held by anybody.
  static void sweep() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/var/tmp", ignored)) {
      if (!entry.path().filename().string().starts_with(prefix)) continue;
      if (!fs::exists(entry.path() / "lock", ignored)) continue;
      try {
        async::loop io;
        cluster_options options;
        options.folder = entry.path();
        if (running_cluster(entry.path(), "postgres")) {
          const auto left = make_cluster(io.on(), options);
          io.run(left->start());
          io.run(left->stop());
        }
        const folder_lock ours(entry.path());
        fs::remove_all(entry.path(), ignored);
      } catch (const std::exception&) {  // in use, or another user's
      }
    }
  }

  async::loop io_;
  fs::path folder_;
  std::unique_ptr<cluster> cluster_;
  std::unique_ptr<pool> admin_;
  std::map<fs::path, std::string> templates_;
  int made_ = 0;
};

}  // namespace

test_database::test_database(const fs::path& migrations) {
  auto& cluster = test_cluster::get();
  url_ = cluster.make(cluster.template_of(migrations), name_);
}

test_database::~test_database() { test_cluster::get().drop(name_); }

pool_options test_database::options(int connections) const {
  pool_options out;
  out.url = url_;
  out.connections = connections;
  return out;
}

empty_test_database::empty_test_database() { url_ = test_cluster::get().make({}, name_); }
empty_test_database::~empty_test_database() { test_cluster::get().drop(name_); }

}  // namespace tandem::pg
