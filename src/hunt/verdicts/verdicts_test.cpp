#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "hunt/verdicts/classify_stream.hpp"
#include "hunt/verdicts/lexicon.hpp"
#include "hunt/verdicts/local_classifier.hpp"
#include "hunt/verdicts/local_model.hpp"
#include "hunt/verdicts/seed.hpp"
#include "hunt/verdicts/trainer.hpp"

namespace tandem::hunt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---- categories

TEST(Categories, EverySlugReadsBackAsItsCategory) {
  for (std::size_t i = 0; i < category_slugs.size(); ++i) {
    const auto which = category_from_slug(category_slugs[i]);
    ASSERT_TRUE(which);
    EXPECT_EQ(slug(*which), category_slugs[i]);
  }
  EXPECT_FALSE(category_from_slug("cooking"));
}

// ---- lexicon and features

class Features : public ::testing::Test {
 protected:
  post_features read(std::string_view lexicon_text, std::string_view post) {
    const auto words = lexicon::parse(lexicon_text, stems_);
    EXPECT_TRUE(words) << words.error().what;
    return features(post, *words, stems_);
  }
  text::stemmer stems_;
};

TEST_F(Features, AStemPhraseIsFoundInAnyFormAndAWholeOneOnlyAsWritten) {
  EXPECT_EQ(read("[hire]\nищем дизайнера\n", "Ищем дизайнеров").signals, "hire");
  EXPECT_EQ(read("[=seek]\nищу работу\n", "ищу работу").signals, "seek");
  EXPECT_EQ(read("[=seek]\nищу работу\n", "ищем работу").signals, "");
}

TEST_F(Features, AGapHoldsUpToThreeWords) {
  EXPECT_EQ(read("[=seek]\nищу ~ работу\n", "ищу любую удалённую работу").signals, "seek");
  EXPECT_EQ(read("[=seek]\nищу ~ работу\n", "ищу работу").signals, "seek");
  EXPECT_EQ(read("[=seek]\nищу ~ работу\n", "ищу кого-то на лёгкую нетрудную работу").signals, "");
}

TEST_F(Features, AlternativesInParenthesesAreEachAPhrase) {
  const std::string_view words = "[=seek]\n(ищу, рассмотрю) ~ (работу, парт тайм)\n";
  EXPECT_EQ(read(words, "рассмотрю любой парт тайм").signals, "seek");
  EXPECT_EQ(read(words, "ищу работу").signals, "seek");
  EXPECT_EQ(read(words, "ищу тайм").signals, "");
}

TEST_F(Features, WhoSeeksWorkDoesNotHireWithTheSameWords) {
  const std::string_view words = "[=hire_exact]\nищет\n[=seek]\nищет ~ работу\n";
  EXPECT_FALSE(read(words, "Дизайнер ищет работу").asks);
  EXPECT_TRUE(read(words, "Студия ищет дизайнера").asks);
}

TEST_F(Features, AQuestionWhetherOneNeedsSomethingAsksNobodyToDoIt) {
  const std::string_view words = "[=hire_exact]\nнужен\n";
  EXPECT_FALSE(read(words, "Нужен логотип? Нарисую за день.").asks);
  EXPECT_TRUE(read(words, "Нужен логотип. Есть кто?").asks);
  EXPECT_TRUE(read(words, "Нужен логотип, сколько возьмёте?").asks);
}

TEST_F(Features, AHashtagPhraseWantsTheHashtagAndAWordPhraseTakesBoth) {
  EXPECT_EQ(read("[tag]\n#резюме\n", "резюме").signals, "");
  EXPECT_EQ(read("[tag]\n#резюме\n", "#Резюме").signals, "tag");
  EXPECT_EQ(read("[word]\nрезюме\n", "#Резюме").signals, "word");
}

TEST_F(Features, GluedHashtagsAreReadAsWords) {
  EXPECT_THAT(read("[title:data]\ndata scientist\n", "#DataScientist").titles, ElementsAre("data"));
  EXPECT_THAT(read("[title:data]\ndata scientist\n", "#data_scientist").titles, ElementsAre("data"));
}

TEST_F(Features, AProfessionCountsAsTitleOnlyInTheTitleAndNotBehindAPreposition) {
  const std::string_view words = "[hire]\nищем\n[title:design]\nдизайнер\n";
  EXPECT_THAT(read(words, "Дизайнер в студию").titles, ElementsAre("design"));
  EXPECT_THAT(read(words, "Сайт для дизайнера").titles, IsEmpty());
  std::string late(60, ' ');
  for (int i = 0; i < 30; ++i) late += "слово ";
  EXPECT_THAT(read(words, late + "дизайнер").titles, IsEmpty());
  EXPECT_THAT(read(words, late + "ищем дизайнера").titles, ElementsAre("design"));
}

TEST_F(Features, TheLongerNameTakesThePlaceOfTheOneInside) {
  const std::string_view words = "[title:data]\nаналитик\n[title:management]\nсистемный аналитик\n";
  EXPECT_THAT(read(words, "Системный аналитик").titles, ElementsAre("management"));
  EXPECT_THAT(read(words, "Аналитик").titles, ElementsAre("data"));
}

TEST_F(Features, AVerbInTheFirstPersonOffersOneself) {
  const std::string_view words = "[hire]\nнужен\n";
  EXPECT_TRUE(read(words, "Монтирую ролики").offers_self);
  EXPECT_FALSE(read(words, "Плачу сразу, нужен монтажёр на неделю").offers_self);
}

TEST_F(Features, ALonePlusAsksForAReplyAndAPlusInTextDoesNot) {
  const std::string_view words = "[hire]\nнужен\n";
  EXPECT_THAT(read(words, "Кому интересно, ставьте + в личку").kind_line, HasSubstr("x_plus "));
  EXPECT_THAT(read(words, "Нужен middle+ разработчик, +7 900").kind_line, Not(HasSubstr("x_plus ")));
}

TEST_F(Features, ABrokenLexiconNamesItsLine) {
  const auto wrong = lexicon::parse("; remark\nслово\n", stems_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().line, 2u);
  EXPECT_FALSE(lexicon::parse("[hire]\nищем | !!!\n", stems_));
}

// ---- decision

post_scores scores(float vacancy, float cv, float scam, std::size_t words = 10) {
  post_scores out;
  out.vacancy = vacancy;
  out.cv = cv;
  out.none = 1 - vacancy - cv;
  out.scam = scam;
  out.words = words;
  out.asks = true;
  return out;
}
std::vector<std::string> slugs(const verdict& of) {
  std::vector<std::string> out;
  for (const auto& one : of.categories) out.emplace_back(slug(one.which));
  return out;
}

TEST(Decision, AVacancyNeedsItsThresholdAndTheLikelierOfTheOthersTakesTheRest) {
  const model_settings settings;
  EXPECT_EQ(decide(scores(0.7F, 0.2F, 0), settings).kind, post_kind::vacancy);
  EXPECT_EQ(decide(scores(0.2F, 0.7F, 0), settings).kind, post_kind::cv);
  EXPECT_EQ(decide(scores(0.5F, 0.3F, 0), settings).kind, post_kind::cv);
  EXPECT_EQ(decide(scores(0.5F, 0.2F, 0), settings).kind, post_kind::none);
}

TEST(Decision, FraudIsNoneWithScamSet) {
  const verdict made = decide(scores(0.1F, 0.1F, 0.7F), {});
  EXPECT_EQ(made.kind, post_kind::none);
  EXPECT_TRUE(made.scam);
  EXPECT_FALSE(decide(scores(0.1F, 0.1F, 0.1F), {}).scam);
}

TEST(Decision, WhereNobodyIsAskedTheModelMustBeSurerOfAVacancy) {
  post_scores bare = scores(0.8F, 0.05F, 0);
  bare.asks = false;
  EXPECT_EQ(decide(bare, {}).kind, post_kind::none);
  bare.vacancy = 0.9F;
  EXPECT_EQ(decide(bare, {}).kind, post_kind::vacancy);
}

TEST(Decision, EveryCategoryAboveItsThresholdIsKeptMostConfidentFirst) {
  post_scores several = scores(0.9F, 0, 0);
  several.categories = {{"design", 0.8F}, {"smm", 0.6F}, {"video", 0.1F}};
  model_settings settings;
  settings.further.fill(0.5F);
  EXPECT_THAT(slugs(decide(several, settings)), ElementsAre("design", "smm"));
}

TEST(Decision, WorkOutsideTheTwelveHasNoCategory) {
  post_scores driver = scores(0.9F, 0, 0);
  driver.categories = {{"none", 0.8F}, {"sales", 0.6F}};
  EXPECT_THAT(slugs(decide(driver, {})), IsEmpty());
}

TEST(ModelSettings, PrintedSettingsReadBack) {
  model_settings settings;
  settings.version = "abc";
  settings.vacancy = 0.45F;
  settings.further.fill(0.3F);
  const auto again = model_settings::parse(settings.print());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->print(), settings.print());
  EXPECT_FALSE(model_settings::parse("vacancy 2\n"));
  EXPECT_FALSE(model_settings::parse("nonsense 0.5\n"));
}

// ---- seed set

TEST(SeedSet, SlotsAlternativesAndLabelsAreExpanded) {
  seed_set seeds;
  ASSERT_TRUE(
      seeds.add("category_design.txt", "[role]\nдизайнер\nдизайнер и верстальщик => design development\n"));
  ASSERT_TRUE(
      seeds.add("posts.txt", "[city]\nТомск\n@ vacancy * x40\n(Ищем|Нужен): {role}, {city} (офис)\n"));
  const auto posts = seeds.expand(seed_part::all, 1);
  ASSERT_TRUE(posts);
  EXPECT_EQ(posts->size(), 40u);
  bool both = false;
  for (const auto& post : *posts) {
    EXPECT_EQ(post.kind, "vacancy");
    EXPECT_THAT(post.text, Not(HasSubstr("{")));
    EXPECT_THAT(post.text, Not(HasSubstr("=>")));
    EXPECT_THAT(post.categories, Contains("design"));
    both |= post.categories.size() == 2;
  }
  EXPECT_TRUE(both);
}

TEST(SeedSet, TheSameSeedGivesTheSamePosts) {
  seed_set seeds;
  ASSERT_TRUE(seeds.add("category_design.txt", "[role]\nа\nб\nв\nг\n"));
  ASSERT_TRUE(seeds.add("posts.txt", "@ cv * x20\n{role} {role} {role}\n"));
  const auto texts = [&seeds](std::uint64_t seed) {
    std::string out;
    const auto posts = seeds.expand(seed_part::all, seed);
    for (const auto& post : *posts) out += post.text + "\n";
    return out;
  };
  EXPECT_EQ(texts(5), texts(5));
  EXPECT_NE(texts(5), texts(6));
}

TEST(SeedSet, HeldOutAlternativesAreNotTrainedOn) {
  seed_set seeds;
  std::string content = "[role]\n";
  for (int i = 0; i < 60; ++i) content += "профессия" + std::to_string(i) + "\n";
  ASSERT_TRUE(seeds.add("category_design.txt", content));
  ASSERT_TRUE(seeds.add("posts.txt", "@ vacancy design x200\n{role}\n"));
  std::set<std::string> trained, held;
  const auto for_training = seeds.expand(seed_part::train, 1), apart = seeds.expand(seed_part::held_out, 1);
  for (const auto& post : *for_training) trained.insert(post.text);
  for (const auto& post : *apart) held.insert(post.text);
  trained.erase("");
  held.erase("");
  EXPECT_GT(trained.size(), 20u);
  EXPECT_GT(held.size(), 3u);
  for (const auto& text : held) EXPECT_FALSE(trained.contains(text)) << text;
}

TEST(SeedSet, MistakesNameFileAndLine) {
  seed_set seeds;
  const auto kind = seeds.add("posts.txt", "; remark\n@ job design\nтекст\n");
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().line, 2u);
  seed_set unknown;
  ASSERT_TRUE(unknown.add("posts.txt", "@ other x1\n{nothing}\n"));
  const auto posts = unknown.expand(seed_part::all, 1);
  ASSERT_FALSE(posts);
  EXPECT_THAT(posts.error().what, HasSubstr("{nothing}"));
}

// ---- training

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Training, TheSamePostsGiveTheSameModelByteForByte) {
  text::stemmer stems;
  const auto words = lexicon::parse("[hire]\nищем | нужен\n[=offer_self]\nделаю\n", stems);
  ASSERT_TRUE(words);
  std::vector<labelled_post> posts;
  for (int i = 0; i < 40; ++i) {
    posts.push_back({"vacancy", {"design"}, "ищем дизайнера логотипов"});
    posts.push_back({"vacancy", {"video"}, "нужен монтаж роликов"});
    posts.push_back({"cv", {"video"}, "делаю монтаж роликов"});
    posts.push_back({"other", {}, "кот спал на окне весь день"});
  }
  const auto base = std::filesystem::temp_directory_path() / ("verdicts_test_" + std::to_string(::getpid()));
  for (const char* name : {"one", "two"}) {
    std::filesystem::create_directories(base / name);
    train(posts, *words, base / name);
  }
  EXPECT_FALSE(content_of(base / "one" / kind_model_file).empty());
  EXPECT_EQ(content_of(base / "one" / kind_model_file), content_of(base / "two" / kind_model_file));
  EXPECT_EQ(content_of(base / "one" / category_model_file), content_of(base / "two" / category_model_file));
  std::filesystem::remove_all(base);
}

// ---- the trained judge

class LocalClassifier : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto opened = make_local_classifier(std::filesystem::path(TANDEM_BINARY_DIR) / "share/tandem/hunt");
    ASSERT_TRUE(opened) << opened.error();
    judge_ = opened->release();
  }
  static void TearDownTestSuite() {
    delete judge_;
    judge_ = nullptr;
  }
  static inline classifier* judge_ = nullptr;
};

TEST_F(LocalClassifier, AnOfferOfWorkIsAVacancyInItsCategory) {
  const verdict made =
      judge_->judge("Ищем графического дизайнера в студию: логотипы, упаковка. Удалённо, от 80 000.");
  EXPECT_EQ(made.kind, post_kind::vacancy);
  EXPECT_THAT(slugs(made), Contains("design"));
  EXPECT_THAT(made.model, HasSubstr("local "));
  EXPECT_THAT(made.reason, HasSubstr("hire"));
}

TEST_F(LocalClassifier, ABareOrderTitleIsAVacancy) {
  EXPECT_EQ(judge_->judge("Логотип для пекарни").kind, post_kind::vacancy);
  EXPECT_EQ(judge_->judge("Logo for a bakery").kind, post_kind::vacancy);
}

TEST_F(LocalClassifier, OfferingOneselfIsACv) {
  const verdict made =
      judge_->judge("Монтирую ролики для ютуба, опыт 4 года. Ищу заказы, портфолио в профиле.");
  EXPECT_EQ(made.kind, post_kind::cv);
  EXPECT_THAT(slugs(made), Contains("video"));
}

TEST_F(LocalClassifier, AJobShapedFraudIsNoneAndScam) {
  const verdict made = judge_->judge(
      "Набираю людей на удалённый заработок! Без опыта, 1-2 часа в день, от 100$ в день, только 18+. Пиши + "
      "в лс");
  EXPECT_EQ(made.kind, post_kind::none);
  EXPECT_TRUE(made.scam);
  EXPECT_THAT(made.categories, IsEmpty());
}

TEST_F(LocalClassifier, FraudInLookAlikeLettersIsStillFraud) {
  EXPECT_TRUE(
      judge_->judge("Haбиpaю людeй нa yдaлённый зapaбoтoк, бeз oпытa, oт 100$ в дeнь, пиши + в лс").scam);
}

TEST_F(LocalClassifier, CoursesNewsAndTalkAreNone) {
  EXPECT_EQ(judge_->judge("Бесплатный вебинар по дизайну завтра в 19:00! Регистрация по ссылке.").kind,
            post_kind::none);
  EXPECT_EQ(judge_->judge("Apple представила новый ноутбук, сообщает Reuters").kind, post_kind::none);
  EXPECT_EQ(judge_->judge("Подскажите, как починить принтер?").kind, post_kind::none);
}

TEST_F(LocalClassifier, SeveralOpeningsKeepAllTheirCategories) {
  const verdict made = judge_->judge(
      "Подборка вакансий:\n— Python-разработчик в Орбиту\n— Графический дизайнер в Клевер\n— Бухгалтер в "
      "Гранит");
  EXPECT_EQ(made.kind, post_kind::vacancy);
  EXPECT_THAT(slugs(made), AllOf(Contains("development"), Contains("design"), Contains("assistant")));
}

TEST_F(LocalClassifier, NothingToReadIsNone) {
  for (const std::string_view empty : {"", "🔥🔥", "!!!", "\xff\xfe"})
    EXPECT_EQ(judge_->judge(empty).kind, post_kind::none) << empty;
}

TEST_F(LocalClassifier, ConfidencesLieBetweenZeroAndOne) {
  for (const std::string_view post : {"Нужен дизайнер", "Ищу работу", "Привет", "+"}) {
    const verdict made = judge_->judge(post);
    EXPECT_GE(made.confidence, 0);
    EXPECT_LE(made.confidence, 1);
  }
}

TEST(LocalModel, AMissingModelIsToldWithItsPath) {
  const auto opened = make_local_classifier("/nonexistent/model");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("/nonexistent/model"));
}

// ---- classify

class fixed_classifier final : public classifier {
 public:
  verdict judge(std::string_view text) override {
    verdict out;
    if (!text.starts_with("work")) return out;
    out.kind = post_kind::vacancy;
    out.confidence = 0.87654F;
    out.categories = {{category::design, 0.9F}, {category::smm, 0.5F}};
    return out;
  }
};

std::string classified(const std::string& input, int want_status) {
  std::istringstream in(input);
  std::ostringstream out;
  fixed_classifier judge;
  EXPECT_EQ(classify_stream(in, out, judge), want_status);
  return out.str();
}

TEST(ClassifyStream, AnswersEachLineInOrder) {
  EXPECT_EQ(classified("{\"id\":7,\"text\":\"work\"}\n{\"id\":\"b\",\"text\":\"talk\"}\n", 0),
            "{\"id\":7,\"kind\":\"vacancy\",\"categories\":[\"design\",\"smm\"],\"confidence\":0.877,"
            "\"scam\":false}\n"
            "{\"id\":\"b\",\"kind\":\"none\",\"categories\":[],\"confidence\":0,\"scam\":false}\n");
}

TEST(ClassifyStream, ABadLineIsReportedAndTheRestIsAnswered) {
  const std::string out = classified("nonsense\n{\"id\":1}\n[]\n\n{\"id\":2,\"text\":\"work\"}", 1);
  std::istringstream lines(out);
  std::string line;
  for (int i = 0; i < 3; ++i) {
    std::getline(lines, line);
    EXPECT_THAT(line, AllOf(HasSubstr("\"id\":null"), HasSubstr("\"error\":")));
  }
  std::getline(lines, line);
  EXPECT_THAT(line, HasSubstr("\"id\":2,\"kind\":\"vacancy\""));
}

TEST(ClassifyStream, NothingInIsNothingOut) { EXPECT_EQ(classified("", 0), ""); }

TEST(ClassifyStream, AnOutputThatCannotBeWrittenFails) {
  std::istringstream in("{\"id\":1,\"text\":\"work\"}\n");
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  fixed_classifier judge;
  EXPECT_EQ(classify_stream(in, out, judge), 1);
}

}  // namespace
}  // namespace tandem::hunt
