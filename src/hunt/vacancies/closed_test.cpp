#include "hunt/vacancies/closed.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

TEST(ClosedPosts, SayItOnTheirFirstOrLastLine) {
  text::stemmer stems;
  for (const std::string_view text :
       {"ЗАКРЫТО\nНужен дизайнер: логотип", "Нужен дизайнер: логотип\n\nВакансия закрыта, спасибо",
        "[Неактуально] Ищем копирайтера", "Ищем копирайтера\nИсполнитель найден",
        "#закрыто\nИщем копирайтера", "CLOSED. We need a designer",
        "ЗАКРЫТО! Нужен графический дизайнер: логотип №100001 и фирменный стиль для аптеки на севере. Бюджет "
        "35 000 ₽. Писать @apteka_hr"}) {
    EXPECT_TRUE(says_closed(text, stems)) << text;
  }
}

TEST(ClosedPosts, OtherThingsThatAreClosedDoNotCloseThem) {
  text::stemmer stems;
  for (const std::string_view text :
       {"", "Нужен дизайнер", "Нужно закрыть вакансию дизайнера",
        "Закрытый показ: нужен фотограф\nПисать @anna",
        "Нужен дизайнер\nДоступ к макетам закрыт паролем, дадим после договора\nПисать @anna"}) {
    EXPECT_FALSE(says_closed(text, stems)) << text;
  }
}

}  // namespace
}  // namespace tandem::hunt
