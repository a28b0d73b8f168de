#include "hunt/verdicts/line_model.hpp"

#include <fasttext/fasttext.h>
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <sstream>

#include "hunt/verdicts/local_classifier.hpp"

namespace tandem::hunt {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path models = std::filesystem::path(TANDEM_BINARY_DIR) / "share/tandem/hunt";

// Known words, unknown ones, a lone sign, a label, nothing.
constexpr std::string_view lines[] = {"ищем дизайнера в команду s_hire_1 x_link",
                                      "монтирую ролики быстро и шмурдяковато 0 ₽ ? !",
                                      "__label__vacancy нужен __label__nonsense текст", "+", ""};

TEST(LineModel, GivesWhatFasttextGives) {
  for (const std::string_view name : {kind_model_file, plain_model_file, category_model_file}) {
    auto ours = line_model::open(models / name);
    ASSERT_TRUE(ours) << ours.error();
    fasttext::FastText theirs;
    theirs.loadModel((models / name).string());
    for (const std::string_view line : lines) {
      std::istringstream in(std::string(line) + "\n");
      std::vector<std::pair<fasttext::real, std::string>> found;
      theirs.predictLine(in, found, -1, 0);
      std::map<std::string, float> want;
      for (const auto& [probability, label] : found) want[label.substr(9)] = probability;
      const auto have = ours->predict(line);
      if (!want.empty()) EXPECT_EQ(have.size(), want.size()) << name << ": " << line;
      for (const auto& one : have)
        if (!want.empty()) EXPECT_NEAR(one.probability, want[one.label], 1e-4) << name << ": " << line;
    }
  }
}

TEST(LineModel, AFileThatIsNoModelIsToldWithItsPath) {
  const auto opened = line_model::open(std::filesystem::path(TANDEM_SOURCE_DIR) / "README.md");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("README.md"));
}

}  // namespace
}  // namespace tandem::hunt
