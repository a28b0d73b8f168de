#include "hunt/verdicts/retrain.hpp"

#include <gtest/gtest.h>

#include "hunt/verdicts/local_classifier.hpp"

namespace tandem::hunt {
namespace {

namespace fs = std::filesystem;

struct scratch {
  fs::path path = fs::temp_directory_path() / ("tandem-retrain-" + std::to_string(::getpid()));
  ~scratch() { fs::remove_all(path); }
};

known_post known(std::string text, std::string kind, std::vector<std::string> categories, bool held_out) {
  known_post out;
  out.post = {std::move(kind), std::move(categories), std::move(text)};
  out.weight = 12;
  out.held_out = held_out;
  return out;
}

TEST(Retrain, LabelsSurviveTheWayToTheChildAndBack) {
  const std::vector<known_post> all{known("Нужен \"логотип\"\nсрочно", "vacancy", {"design"}, true),
                                    known("водитель", "vacancy", {"none"}, false),
                                    known("заработок", "scam", {}, false),
                                    known("новости", "other", {}, true)};
  std::string lines;
  for (const auto& one : all) lines += print_known(one);
  const auto back = read_known(lines);
  ASSERT_TRUE(back) << back.error();
  ASSERT_EQ(back->size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ((*back)[i].post.text, all[i].post.text);
    EXPECT_EQ((*back)[i].post.kind, all[i].post.kind);
    EXPECT_EQ((*back)[i].post.categories, all[i].post.categories);
    EXPECT_EQ((*back)[i].weight, 12);
    EXPECT_EQ((*back)[i].held_out, all[i].held_out);
  }
  EXPECT_FALSE(read_known("{\"text\":1}"));
}

TEST(Retrain, AModelThatIsWorseIsNotGoodEnough) {
  retrained out;
  out.own = {20, 15, 15};
  out.shipped = {132, 120, 120};
  EXPECT_TRUE(out.good_enough());
  out.own.right = 14;
  EXPECT_FALSE(out.good_enough());
  out.own.right = 20;
  out.shipped.right = 119;
  EXPECT_TRUE(out.good_enough()) << "one in a hundred";
  out.shipped.right = 118;
  EXPECT_FALSE(out.good_enough());
}

// With a small part of the shipped training set, so that it takes seconds: what is new is learned, and that
// the model is worse than the shipped one elsewhere is noticed. tests/model trains on all of it.
TEST(Retrain, WhatIsNewIsLearnedAndWhatIsForgottenIsNoticed) {
  const scratch folder;
  const fs::path whole = fs::path(TANDEM_SOURCE_DIR) / "models/hunt", part = folder.path / "training";
  fs::create_directories(part / "seed");
  fs::create_directories(part / "written");
  for (const auto* name :
       {"lexicon.txt", "thresholds.txt", "held_out", "written/talk.jsonl", "written/orders.jsonl"})
    fs::copy(whole / name, part / name, fs::copy_options::recursive);
  std::vector<known_post> posts;
  for (int i = 0; i < 60; ++i)
    posts.push_back(
        known("Нужен мастер глибурки на квазитрон, серия " + std::to_string(i) + ", оплата 5 000 ₽",
              "vacancy", {"illustration"}, i % 5 == 0));
  retrain_job job;
  job.training = part;
  job.current = fs::path(TANDEM_BINARY_DIR) / "share/tandem/hunt";
  job.into = folder.path / "new";
  job.version = "test-1";
  const auto out = retrain(job, posts);
  EXPECT_EQ(out.learned_from, 48u);
  EXPECT_EQ(out.own.posts, 12u);
  EXPECT_EQ(out.own.right, 12u);
  EXPECT_GT(out.shipped.posts, 100u);
  EXPECT_FALSE(out.good_enough()) << out.shipped.right << " now, before " << out.shipped.right_before;
  const auto model = make_local_classifier(job.into);
  ASSERT_TRUE(model) << model.error();
  const auto said = (*model)->judge("Нужен мастер глибурки на квазитрон, оплата 7 000 ₽");
  EXPECT_EQ(said.model, "local test-1");
  ASSERT_FALSE(said.categories.empty());
  EXPECT_EQ(said.categories.front().which, category::illustration);
}

}  // namespace
}  // namespace tandem::hunt
