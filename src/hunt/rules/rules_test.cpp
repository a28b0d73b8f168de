#include "hunt/rules/rules.hpp"

#include <gtest/gtest.h>

namespace tandem::hunt {
namespace {

rule_outcome evaluate(std::string_view rules, std::string_view post) {
  text::stemmer stems;
  const auto parsed = rule_set::parse(rules);
  if (!parsed) {
    ADD_FAILURE() << "line " << parsed.error().line << " column " << parsed.error().column << ": "
                  << parsed.error().message;
    return {};
  }
  return parsed->evaluate(post, stems);
}
bool passes(std::string_view rules, std::string_view post) { return evaluate(rules, post).passed; }

rule_error error_of(std::string_view rules) {
  const auto parsed = rule_set::parse(rules);
  if (parsed) ADD_FAILURE() << "parsed: " << rules;
  return parsed ? rule_error{} : parsed.error();
}

TEST(Rules, NoRulesLetEveryPostPass) {
  EXPECT_TRUE(passes("", "что угодно"));
  EXPECT_TRUE(passes("\n ; только заметка\n", "что угодно"));
}

TEST(Rules, AWordThatMustBeThereIsFoundInAnyForm) {
  EXPECT_TRUE(passes("+ дизайнер", "Ищем ДИЗАЙНЕРА в команду"));
  EXPECT_FALSE(passes("+ дизайнер", "Ищем бухгалтера"));
}

TEST(Rules, AHashtagThatMustNotBeThereDropsThePost) {
  EXPECT_FALSE(passes("- #резюме", "#Резюме Дизайнер ищет работу"));
  EXPECT_TRUE(passes("- #резюме", "Присылайте резюме"));
}

TEST(Rules, AnyTermOfALineIsEnough) {
  EXPECT_TRUE(passes("+ #вакансия | #ищу", "#ищу монтажёра"));
  EXPECT_FALSE(passes("+ #вакансия | #ищу", "#помогу с монтажом"));
}

TEST(Rules, EveryMustLineHasToFindSomething) {
  EXPECT_TRUE(passes("+ #вакансия\n+ удалённо", "#вакансия, работа удаленно"));
  EXPECT_FALSE(passes("+ #вакансия\n+ удалённо", "#вакансия, офис"));
}

TEST(Rules, WordsWithoutQuotesMayStandAnywhere) {
  EXPECT_TRUE(passes("+ дизайнер удалённо", "Удалённо. Нужен хороший дизайнер"));
  EXPECT_FALSE(passes("+ дизайнер удалённо", "Нужен хороший дизайнер"));
}

TEST(Rules, QuotedWordsStandSideBySide) {
  EXPECT_TRUE(passes("+ «ищем дизайнера»", "Привет! Ищем дизайнеров!"));
  EXPECT_TRUE(passes("+ \"ищем дизайнера\"", "Ищем: дизайнера"));
  EXPECT_FALSE(passes("+ \"ищем дизайнера\"", "Ищем хорошего дизайнера"));
}

TEST(Rules, AnEqualsSignWantsTheWordAsItIs) {
  EXPECT_FALSE(passes("+ =ищу", "Ищем дизайнера"));
  EXPECT_TRUE(passes("+ =ищу", "ИЩУ дизайнера"));
}

TEST(Rules, AnAsteriskWantsTheBeginningOfAWord) {
  EXPECT_TRUE(passes("- зарабат*", "Читаем книгу"));
  EXPECT_FALSE(passes("- зарабат*", "Хочешь зарабатывать?"));
}

TEST(Rules, LookAlikeLettersAndYoAreFolded) {
  EXPECT_FALSE(passes("- заработок", "Лёгкий зapaбoтoк"));
  EXPECT_TRUE(passes("+ монтажёр", "нужен монтажер"));
  EXPECT_TRUE(passes("+ c++", "Программист С++"));
}

TEST(Rules, AWordIsNotFoundInsideALink) { EXPECT_TRUE(passes("- job", "Смотрите https://example.org/job")); }

TEST(Rules, TheOutcomeNamesTheRuleAndWhatItFound) {
  const auto dropped = evaluate("+ дизайнер\n- #резюме | \"ищу работу\"", "Дизайнер. Ищу работу!");
  EXPECT_FALSE(dropped.passed);
  EXPECT_EQ(dropped.line, 2u);
  EXPECT_EQ(dropped.rule, "- #резюме | \"ищу работу\"");
  EXPECT_EQ(dropped.found, "Ищу работу");

  const auto missing = evaluate("+ дизайнер", "Нужен повар");
  EXPECT_FALSE(missing.passed);
  EXPECT_EQ(missing.line, 1u);
  EXPECT_EQ(missing.found, "");

  const auto passed = evaluate("+ дизайнер", "Нужны дизайнеры");
  EXPECT_TRUE(passed.passed);
  EXPECT_EQ(passed.found, "дизайнеры");
}

TEST(Rules, AForbiddenWordDecidesBeforeAMissingOne) {
  EXPECT_EQ(evaluate("+ дизайнер\n- казино", "казино").line, 2u);
}

TEST(Rules, MistakesAreReportedWithTheirPlaceInCharacters) {
  EXPECT_EQ(error_of("вакансия"), (rule_error{1, 1, "hunt.rule.no_sign"}));
  EXPECT_EQ(error_of("+ дизайн\n+ #ищу | \"ищем"), (rule_error{2, 10, "hunt.rule.open_quote"}));
  EXPECT_EQ(error_of("+ слово |"), (rule_error{1, 10, "hunt.rule.empty"}));
  EXPECT_EQ(error_of("+"), (rule_error{1, 2, "hunt.rule.empty"}));
  EXPECT_EQ(error_of("- слово ..."), (rule_error{1, 9, "hunt.rule.no_word"}));
  EXPECT_EQ(error_of("- #"), (rule_error{1, 3, "hunt.rule.bad_tag"}));
  EXPECT_EQ(error_of("- ра*"), (rule_error{1, 3, "hunt.rule.short_prefix"}));
  EXPECT_EQ(error_of("+ «»"), (rule_error{1, 3, "hunt.rule.no_word"}));
}

TEST(Rules, EveryMistakeHasASentence) {
  for (const char* broken : {"вакансия", "+ \"ищем", "+", "- ...", "- #", "- ра*", "+ \"а б\" в"}) {
    const rule_error mistake = error_of(broken);
    EXPECT_NE(explain(mistake), mistake.message) << broken;
  }
}

TEST(Rules, TooMuchIsRefused) {
  std::string lines, terms = "+ слово", bytes(rule_set::most_bytes + 1, 'x');
  for (std::size_t i = 0; i <= rule_set::most_lines; ++i) lines += "+ слово\n";
  for (std::size_t i = 0; i < rule_set::most_terms; ++i) terms += " | слово";
  EXPECT_EQ(error_of(lines).message, "hunt.rule.too_many_lines");
  EXPECT_EQ(error_of(lines).line, rule_set::most_lines + 1);
  EXPECT_EQ(error_of(terms).message, "hunt.rule.too_many_terms");
  EXPECT_EQ(error_of(bytes).message, "hunt.rule.too_long");
}

TEST(Rules, APhraseBesideOtherWordsInOneTermIsRefused) {
  EXPECT_EQ(error_of("+ \"ищем дизайнера\" срочно").message, "hunt.rule.mixed_term");
  EXPECT_EQ(error_of("+ срочно \"ищем дизайнера\"").message, "hunt.rule.mixed_term");
}

}  // namespace
}  // namespace tandem::hunt
