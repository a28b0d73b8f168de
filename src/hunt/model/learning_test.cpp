#include "hunt/model/learning.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>

#include "hunt/verdicts/files.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

namespace fs = std::filesystem;

// With the folders of models, and a child that keeps its job and trains nothing.
struct Learning : testing::Test {
  way all;
  fs::path root = "/var/tmp/tandem-learning-test-" + std::to_string(::getpid());
  model_folders folders{root / "models", fs::path(TANDEM_BINARY_DIR) / "share/tandem/hunt",
                        root / "training"};

  Learning() {
    fs::create_directories(folders.own);
    std::ofstream(root / "child") << "#!/bin/sh\ncp \"$2/job.json\" " << (root / "job.json").string()
                                  << "\nexit 3\n";
    fs::permissions(root / "child", fs::perms::owner_all);
    const auto source = all.add("jobs");
    all.run(all.db.pool->script(
        "INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, content_hash, "
        "fingerprint, state) "
        "SELECT " +
        std::to_string(source.id.value) +
        ", n, now(), now(), 'a post', '', '', '', 'judged' FROM generate_series(1, 40) AS n; "
        "INSERT INTO hunt.labels (post_id, kind, categories, labelled_by, labelled_at) "
        "SELECT post_id, 'none', '{}', 'operator', now() FROM hunt.posts; "
        "INSERT INTO hunt.models (version, state, trained_at, learned_from, evaluated_on, accuracy, "
        "accuracy_before) "
        "VALUES ('20270101-000000', 'live', now(), 40, 8, 1, 1)"));
  }
  ~Learning() override {
    fs::remove_all(root);
    all.run(all.db.pool->script("DELETE FROM hunt.models"));  // the database is every test's
  }

  // Which model the child was told to beat.
  std::string beaten() {
    const auto made = all.run(learn({*all.db.pool, all.time, folders, (root / "child").string()}));
    EXPECT_FALSE(made) << "the child has failed";
    return std::string(boost::json::parse(read_file(root / "job.json")).at("current").as_string());
  }
};

TEST_F(Learning, ALiveModelThatIsNotOnThisMachineIsNoReasonNotToLearn) {
  EXPECT_EQ(beaten(), folders.shipped.string());
}

TEST_F(Learning, ALiveModelThatIsHereIsTheOneToBeat) {
  fs::create_directory_symlink(folders.shipped, folders.of("20270101-000000"));
  EXPECT_EQ(beaten(), folders.of("20270101-000000").string());
}

}  // namespace
}  // namespace tandem::hunt
