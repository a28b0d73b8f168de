#include "hunt/readers/words.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

using list = std::vector<std::string>;

struct Words : testing::Test {
  text::stemmer stems;
  compiled_words compiled;

  // As the hand-out looks: by the key first, by the whole only where the key does not say it all.
  bool finds(std::string_view word, std::string_view post) {
    const worded_post looked(std::string(post), stems);
    const auto key = key_of(word, stems);
    if (!looked.keys().contains(key.key)) return false;
    return key.alone || looked.has(compiled.of(std::string(word)));
  }
};

TEST_F(Words, AreTakenApartAtCommasButNotInsideQuotationMarks) {
  EXPECT_EQ(read_words("логотип, «фирменный стиль, гайдлайн»,\n#figma | + дизайн* ;логотип"),
            (list{"логотип", "«фирменный стиль, гайдлайн»", "#figma", "дизайн*"}));
  EXPECT_EQ(read_words("  ,; ").error().why, word_error::none_found);
  EXPECT_EQ(read_words("логотип, а*").error().word, "а*");
  EXPECT_EQ(read_words("«логотип").error().why, word_error::not_understood);
  EXPECT_EQ(read_words(std::string(400, 'a')).error().why, word_error::too_long);
  std::string many;
  for (int i = 0; i < 31; ++i) many += "word" + std::to_string(i) + ",";
  EXPECT_EQ(read_words(many).error().why, word_error::too_many);
}

TEST_F(Words, AreFoundInAnyFormAndLookAlikeLetters) {
  EXPECT_TRUE(finds("логотип", "Нужны ЛОГОТИПЫ для кофеен"));
  EXPECT_TRUE(finds("логотип", "Нужен лoгoтип"));  // Latin o
  EXPECT_FALSE(finds("логотип", "Нужен баннер"));
  EXPECT_TRUE(finds("=ищу", "Ищу дизайнера"));
  EXPECT_FALSE(finds("=ищу", "Ищем дизайнера"));
}

TEST_F(Words, APhraseStandsSideBySideAndAPairAnywhere) {
  EXPECT_TRUE(finds("«фирменный стиль»", "разработка фирменного стиля"));
  EXPECT_FALSE(finds("«фирменный стиль»", "фирменный магазин и стиль"));
  EXPECT_TRUE(finds("стиль магазин", "фирменный магазин и стиль"));
  EXPECT_FALSE(finds("стиль магазин", "фирменный стиль"));
}

TEST_F(Words, ABeginningAndAHashtagAreWhatTheySay) {
  EXPECT_TRUE(finds("иллюстрат*", "ищем иллюстратора"));
  EXPECT_FALSE(finds("иллюстрат*", "красивые иллюзии")) << "the same three letters";
  EXPECT_TRUE(finds("#figma", "макет #Figma"));
  EXPECT_FALSE(finds("#figma", "макет в Figma"));
}

TEST_F(Words, TheLongestWordIsTheKey) {
  EXPECT_EQ(key_of("в кофейню", stems).key, key_of("кофейню", stems).key);
  EXPECT_TRUE(key_of("логотип", stems).alone);
  EXPECT_FALSE(key_of("«в кофейню»", stems).alone);
  EXPECT_FALSE(key_of("кофей*", stems).alone);
}

}  // namespace
}  // namespace tandem::hunt
