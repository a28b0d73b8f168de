#include "platform/locale/locale.hpp"

#include <filesystem>
#include <fstream>

using namespace tandem;
using namespace tandem::locale;
using namespace std::chrono_literals;

namespace {

// A folder of texts that is removed again.
class folder {
 public:
  folder(const std::string& ru, const std::string& en)
      : path_(std::filesystem::temp_directory_path() / unique()) {
    write("ru", ru);
    write("en", en);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }

 private:
  static std::string unique() { return "tandem-texts-" + std::to_string(::getpid()); }
  void write(const std::string& language, const std::string& text) {
    std::filesystem::create_directories(path_ / language);
    std::ofstream(path_ / language / "a.toml") << text;
  }
  std::filesystem::path path_;
};

const instant noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 11h + 5min;

}  // namespace

TEST(Texts, PluralsFollowTheLanguage) {
  const folder in(
      "n = \"{count, plural, one{# вакансия} few{# вакансии} many{# вакансий} other{# вакансии}}\"\n",
      "n = \"{count, plural, one{# vacancy} other{# vacancies}}\"\n");
  const auto all = texts::load(in.path());
  EXPECT_EQ(all->html("ru", "n", {{"count", 1}}), "1 вакансия");
  EXPECT_EQ(all->html("ru", "n", {{"count", 2}}), "2 вакансии");
  EXPECT_EQ(all->html("ru", "n", {{"count", 5}}), "5 вакансий");
  EXPECT_EQ(all->html("en", "n", {{"count", 1}}), "1 vacancy");
}

TEST(Texts, StringsAreEscapedInHtmlAndLeftAloneInPlain) {
  const folder in("[a]\nhi = \"<b>{name}</b>\"\n", "[a]\nhi = \"<b>{name}</b>\"\n");
  const auto all = texts::load(in.path());
  EXPECT_EQ(all->html("ru", "a.hi", {{"name", "<i>&"}}), "<b>&lt;i&gt;&amp;</b>");
  EXPECT_EQ(all->html("ru", "a.hi", {{"name", markup{"<i>x</i>"}}}), "<b><i>x</i></b>");
  EXPECT_EQ(all->plain("en", "a.hi", {{"name", "<i>"}}), "<b><i></b>");
}

TEST(Texts, AllMistakesAreToldAtOnce) {
  const folder in("only_ru = \"x\"\nbroken = \"{\"\nargs = \"{a}\"\n", "broken = \"x\"\nargs = \"{b}\"\n");
  try {
    texts::load(in.path());
    FAIL() << "loaded";
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("en: only_ru is missing"), std::string::npos) << what;
    EXPECT_NE(what.find("ru: broken"), std::string::npos) << what;
    EXPECT_NE(what.find("ru: args: other arguments"), std::string::npos) << what;
  }
}

TEST(Texts, TheProductsOwnTextsAreWhole) { EXPECT_NO_THROW(texts::load(TANDEM_SOURCE_DIR "/locales")); }

TEST(Moments, AreSaidInThePersonsZoneAndLanguage) {
  EXPECT_EQ(say_date_time("ru", "Europe/Moscow", noon), "вторник, 24 ноября, 14:05");
  EXPECT_EQ(say_date_time("en", "Europe/London", noon), "Tuesday, November 24, 11:05");
  EXPECT_EQ(say_date("ru", "Asia/Vladivostok", noon), "24 ноября");
  EXPECT_EQ(say_time("ru", "GMT+05:30", noon), "16:35");
  EXPECT_EQ(say_number("ru", 0.94), "0,94");
}

TEST(Moments, AgesAreShort) {
  EXPECT_EQ(say_ago("ru", 12s), "12 сек. назад");
  EXPECT_EQ(say_ago("en", 3min + 20s), "3 min. ago");
}

TEST(Zones, AreFoundByCityNameOrOffset) {
  EXPECT_EQ(find_zones("Новосибирск"), std::vector<std::string>{"Asia/Novosibirsk"});
  EXPECT_EQ(find_zones("tbilisi"), std::vector<std::string>{"Asia/Tbilisi"});
  EXPECT_EQ(find_zones("Europe/Berlin"), std::vector<std::string>{"Europe/Berlin"});
  EXPECT_EQ(find_zones("+5"), std::vector<std::string>{"GMT+05:00"});
  EXPECT_EQ(find_zones("utc-3:30"), std::vector<std::string>{"GMT-03:30"});
  EXPECT_EQ(find_zones("Питер"), std::vector<std::string>{"Europe/Moscow"});
  EXPECT_TRUE(find_zones("нигде такого").empty());
  EXPECT_TRUE(find_zones("+99").empty());
  EXPECT_FALSE(is_zone("Europe/Atlantis"));
}

TEST(Zones, AreSaidWithTheirOffset) {
  EXPECT_EQ(say_zone("ru", "Europe/Moscow", noon), "Москва (UTC+3)");
  EXPECT_EQ(say_zone("en", "GMT+05:30", noon), "UTC+5:30");
  EXPECT_EQ(offset_minutes("America/New_York", noon), -300);
}
