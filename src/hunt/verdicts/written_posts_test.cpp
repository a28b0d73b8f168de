#include "hunt/verdicts/written_posts.hpp"

using namespace tandem::hunt;

TEST(WrittenPosts, AreReadWithTheirLabels) {
  const auto posts =
      read_written_posts("a", R"({"text":"A","kind":"cv","categories":["design","video"],"scam":false}
{"text":"B","kind":"spam","categories":[],"scam":true}

{"text":"C","kind":"vacancy","categories":[]}
)");
  ASSERT_TRUE(posts.has_value());
  ASSERT_EQ(posts->size(), 3u);
  EXPECT_EQ((*posts)[0].categories, (std::vector<std::string>{"design", "video"}));
  EXPECT_EQ((*posts)[1].kind, "scam");
  EXPECT_TRUE((*posts)[1].categories.empty());
  EXPECT_EQ((*posts)[2].categories, std::vector<std::string>{"none"});
}

TEST(WrittenPosts, ABadLineIsToldWithItsPlace) {
  for (const std::string bad : {"{", "[]", R"({"text":"A"})", R"({"text":"A","kind":"news"})",
                                R"({"text":"A","kind":"cv","categories":["cooking"]})"}) {
    const auto posts = read_written_posts("a", "{\"text\":\"A\",\"kind\":\"other\"}\n" + bad);
    ASSERT_FALSE(posts.has_value()) << bad;
    EXPECT_EQ(posts.error().line, 2u);
  }
}
