#include "hunt/bot/screens.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "platform/telegram/html.hpp"

using namespace tandem;
using namespace tandem::hunt;
using namespace tandem::hunt::bot;
using namespace std::chrono_literals;

namespace {

const instant noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 11h + 5min;

std::vector<listed_category> two_dozen() {
  return {
      {category_id(1), "development", "💻"}, {category_id(3), "design", "🎨"}, {category_id(8), "smm", "📱"}};
}

const locale::texts& texts() {
  static const auto all = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  return *all;
}

const std::vector<listed_category>& categories() {
  static const auto all = two_dozen();
  return all;
}

view in(std::string language) { return {texts(), categories(), std::move(language), "Europe/Moscow", noon}; }

vacancy_card landing() {
  vacancy_card card;
  card.id = vacancy_id(17);
  card.category = category_id(3);
  card.also = {category_id(1)};
  card.title = "Лендинг для кофейни <Figma & Tilda>";
  card.essence =
      "Нужны два экрана и форма заказа, тексты и фото есть.\nПросят прислать два похожих проекта <b>.";
  card.budget = "25 000 ₽ или 300 $";
  card.source_title = "Норм работа";
  card.post_url = "https://t.me/normrabota/120";
  card.contact_url = "https://t.me/coffee_hr";
  card.author_key = "@coffee_hr";
  card.other_sources = 3;
  card.posted_at = noon - 12s;
  return card;
}

reported_vacancy complained() {
  return {landing(), {{"not_vacancy", 2}, {"scam", 1}}, std::nullopt, "digest"};
}

std::string drawn(const screen& what) {
  std::string out = what.html + "\n";
  for (const auto& row : what.keyboard.inline_keyboard) {
    for (const auto& button : row) {
      out += "[ " + button.text + " → " + (button.url.empty() ? button.callback_data : button.url) + " ] ";
    }
    out += "\n";
  }
  return out;
}

struct named_screen {
  std::string name;
  screen what;
};

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  const auto& known = categories();
  const operator_details nobody, somebody{"ООО «Ёлка»", "@elka_help", 90};
  const reading_right fresh, trial{noon + 48h}, over{noon - 24h};
  const auto card = landing();
  auto saved = card, reported = card, hidden = card, withdrawn = card, bare = card;
  saved.saved = true;
  reported.reported = "not_vacancy";
  hidden.author_hidden = true;
  withdrawn.withdrawn = true;
  bare.budget = bare.contact_url = bare.author_key = "";
  bare.also.clear();
  bare.other_sources = 0;
  const vacancy_reason reason{
      "Норм работа", "#вакансия", {{category_id(3), 0.94}, {category_id(1), 0.61}}, "local 3f9a21"};
  auto by_operator = reason;
  by_operator.engine = "operator";
  by_operator.rule = "";
  auto decided = complained();
  decided.open.clear();
  decided.last_decision = decision::not_vacancy;
  decided.card.withdrawn = true;
  const std::vector<offered_category> offered{
      {{known[0], 38}, true}, {{known[1], 61}, false}, {{known[2], 0}, true}};
  const bringer dev{category_id(1), "dev_bot", true}, design{category_id(3), "design_bot", false},
      here{category_id(8), "", true};
  return {
      {"welcome", welcome(to, {{103, 214}, category_count{known[1], 61}, 2})},
      {"welcome to an empty house", welcome(to, {{1, 0}, category_count{known[0], 0}, 2})},
      {"how it works", how_it_works(to)},
      {"categories", choose_categories(to, offered)},
      {"ready, two bots", ready(to, {dev, design}, trial)},
      {"ready, some here", ready(to, {design, here}, trial)},
      {"ready, one token", ready(to, {here}, over)},
      {"menu", menu(to, {{category_id(1), category_id(3)}, trial, false, 3})},
      {"menu of a newcomer, paused", menu(to, {{}, fresh, true, 0})},
      {"saved, first page", saved_list(to, {{card, withdrawn}, 0, 7})},
      {"saved, last page", saved_list(to, {{card}, 5, 6})},
      {"saved, none", saved_list(to, {{}, 0, 0})},
      {"language", choose_language(to)},
      {"time zone", choose_zone(to, "", {})},
      {"time zone, several", choose_zone(to, "Springfield", {"America/Chicago", "America/New_York"})},
      {"time zone, unknown", choose_zone(to, "<Нигде>", {})},
      {"help", help(to, somebody)},
      {"privacy", privacy(to, somebody)},
      {"privacy of nobody", privacy(to, nobody)},
      {"plan", plan(to, over)},
      {"pay support", pay_support(to, nobody)},
      {"delete?", ask_deletion(to)},
      {"deleted", deleted(to)},
      {"not understood", not_understood(to)},
      {"category bot", category_welcome(to, category_id(3), trial, "main_bot")},
      {"category bot out of use", category_retired(to, "main_bot")},
      {"only vacancies", only_vacancies_here(to, "main_bot")},
      {"card", vacancy(to, card)},
      {"card saved, from the list", vacancy(to, saved, 5)},
      {"card reported", vacancy(to, reported)},
      {"card with little", vacancy(to, bare)},
      {"card withdrawn", vacancy(to, withdrawn)},
      {"card withdrawn, from the list", vacancy(to, withdrawn, 0)},
      {"what is wrong", ask_what_is_wrong(to, card)},
      {"complaint", ask_complaint(to, card)},
      {"more", more_about(to, card)},
      {"more, author hidden", more_about(to, hidden, 0)},
      {"more, no author", more_about(to, bare)},
      {"why", why(to, card, reason)},
      {"why, by the operator", why(to, card, by_operator)},
      {"reminder", reminder(to, {design})},
      {"moved", moved(to, design, true)},
      {"moved quietly", moved(to, dev, false)},
      {"trial ended", trial_ended(to)},
      {"report", report_card(to, complained())},
      {"report decided", report_card(to, decided)},
      {"withdraw?", confirm(to, complained(), question::withdraw)},
      {"ban?", confirm(to, complained(), question::ban)},
      {"pick", pick_category(to, complained())},
      {"outcome", outcome(to, {1, 2, language, "Лендинг <1>", decision::not_vacancy})},
  };
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

// Six lines are what a person reads at a glance; the cards and lists carry what they carry.
bool may_be_long(std::string_view name) {
  for (const std::string_view part :
       {"card", "complaint", "more", "why", "report", "?", "pick", "what is wrong", "saved", "privacy"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

class ScreensIn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Languages, ScreensIn, testing::Values("ru", "en"));

// TANDEM_UPDATE_GOLDEN=1 writes the files anew: look at the difference before it is committed.
TEST_P(ScreensIn, AreAsTheGoldenFileHasThem) {
  std::string all;
  for (const auto& one : all_screens(GetParam())) all += "=== " + one.name + "\n" + drawn(one.what) + "\n";
  const std::string path = TANDEM_SOURCE_DIR "/src/hunt/bot/golden/" + std::string(GetParam()) + ".txt";
  if (std::getenv("TANDEM_UPDATE_GOLDEN")) std::ofstream(path) << all;
  EXPECT_EQ(all, read(path));
}

TEST_P(ScreensIn, AreShortAndTheirButtonsFit) {
  for (const auto& one : all_screens(GetParam())) {
    SCOPED_TRACE(one.name);
    const auto shown = telegram::plain_text(one.what.html);
    EXPECT_FALSE(shown.empty());
    if (!may_be_long(one.name)) EXPECT_LE(std::ranges::count(shown, '\n'), 5);
    for (const auto& row : one.what.keyboard.inline_keyboard) {
      EXPECT_LE(row.size(), 3u);
      for (const auto& button : row) {
        EXPECT_LE(button.callback_data.size(), 64u);
        EXPECT_NE(button.callback_data.empty(), button.url.empty());
        if (row.size() > 1) EXPECT_LE(telegram::code_points(button.text), 30u) << button.text;
      }
    }
  }
}

TEST_P(ScreensIn, BackIsAlwaysTheLastButton) {
  const auto back = in(GetParam()).plain("button.back");
  for (const auto& one : all_screens(GetParam())) {
    SCOPED_TRACE(one.name);
    const auto& rows = one.what.keyboard.inline_keyboard;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      for (std::size_t b = 0; b < rows[r].size(); ++b) {
        if (rows[r][b].text == back) EXPECT_TRUE(r + 1 == rows.size() && b + 1 == rows[r].size());
      }
    }
  }
}

TEST(Screens, ForeignTextIsEscapedEverywhere) {
  auto card = landing();
  card.title = card.essence = card.budget = card.source_title = card.author_key = "<i>&\"";
  const auto to = in("en");
  for (const auto& html : {card_text(to, card), report_card(to, {card, {{"scam", 1}}, {}, ""}).html,
                           outcome(to, {1, 2, "en", "<i>&", decision::withdrawn}).html,
                           choose_zone(to, "<i>&", {}).html, saved_list(to, {{card}, 0, 1}).html}) {
    EXPECT_EQ(html.find("<i>"), std::string::npos) << html;
    EXPECT_NE(html.find("&lt;i&gt;&amp;"), std::string::npos) << html;
  }
}

TEST(Screens, ALongEssenceIsCutAndTheCardFitsAMessage) {
  auto card = landing();
  card.essence.clear();
  for (int i = 0; i < 2'000; ++i) card.essence += "слово ";
  EXPECT_LT(telegram::code_points(telegram::plain_text(card_text(in("ru"), card))), 1'024u);
}

TEST(Screens, TheSpacesOfASumAreThin) {
  auto card = landing();
  card.also.clear();
  for (const auto& [written, shown] : std::vector<std::pair<std::string, std::string>>{
           {"25 000 ₽", "25\u2009000\u2009₽"},
           {"1\u00A0250\u00A0000 ₽ за 2 этапа", "1\u2009250\u2009000\u2009₽ за 2 этапа"},
           {"300 $", "300\u2009$"},
           {"от 40 000 до 60 000", "от 40\u2009000 до 60\u2009000"},
           {"2 2024", "2 2024"}}) {
    card.budget = written;
    const auto text = card_text(in("ru"), card);
    EXPECT_NE(text.find("\n" + shown + "\n"), std::string::npos) << text;
  }
}

TEST(Screens, ALinkThatTelegramWouldRefuseIsNoButton) {
  auto card = landing();
  card.contact_url = "mailto:hr@example.com";
  for (const auto& row : vacancy(in("en"), card).keyboard.inline_keyboard) {
    for (const auto& button : row) EXPECT_FALSE(button.url.starts_with("mailto")) << button.url;
  }
}
