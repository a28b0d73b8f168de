#include "hunt/bot/screens.hpp"

#include "conversation/screens_for_test.hpp"

using namespace tandem;
using namespace tandem::hunt;
using namespace tandem::hunt::bot;
using namespace std::chrono_literals;
using conversation::named_screen;

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

view in(std::string language) {
  return {{texts(), "hunt", std::move(language), "Europe/Moscow", noon}, categories()};
}

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

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  const auto& known = categories();
  const operator_details nobody, somebody{"ООО «Ёлка»", "@elka_help", 90};
  auto learning = somebody;
  learning.learns = true;
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
  auto closed = withdrawn, replied = card, by_mail = card, by_phone = card;
  closed.closed = true;
  replied.replied_at = noon - 24h;
  replied.reply_template = "Здравствуйте! {title}";
  by_mail.contact_url = "mailto:hr@example.com";
  by_mail.reply_template = "Hello <b>, {title}";
  by_phone.contact_url = "tel:+79991234567";
  reading_filter picky, once;
  picky.words = {"логотип", "«фирменный стиль»", "<b>"};
  picky.minus_words = {"офис"};
  picky.budget_from = sum{2'000'000, "RUB"};
  picky.quiet = reading_filter::hours{23 * 60, 8 * 60, false};
  once.digest_at = 19 * 60;
  once.budget_from = sum{30'050, "USD"};
  once.without_budget = false;
  once.quiet = reading_filter::hours{22 * 60 + 30, 7 * 60, true};
  const filter_facts all{every_category, picky, true, 0}, nothing{every_category, {}, true, 0};
  const vacancy_reason reason{"Норм работа",  "#вакансия", {{category_id(3), 0.94}, {category_id(1), 0.61}},
                              "local 3f9a21", "",          {}};
  auto by_operator = reason;
  by_operator.engine = "operator";
  by_operator.rule = "";
  auto by_filter = reason;
  by_filter.own_word = "лендинг <1>";
  by_filter.own_budget = sum{2'000'000, "RUB"};
  const seen_places seen{{{"Норм работа", "https://t.me/normrabota/120", "https://t.me/coffee_hr"},
                          {"Работа & <кофе>", "https://t.me/coffee_jobs/7", "mailto:hr@example.com"},
                          {"Заказы", "", "tel:+79991234567"},
                          {"Доска", "https://board.example/17", "https://forms.example/a?b=1"},
                          {"Лента", "https://board.example/feed/9", ""}},
                         12};
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
      {"menu", menu(to, {{category_id(1), category_id(3)}, trial, false, 3, 1, picky})},
      {"menu of a newcomer, paused", menu(to, {{}, fresh, true, 0, 0, {}})},
      {"settings", settings(to, {true, 2})},
      {"settings of a newcomer", settings(to, {false, 0})},
      {"saved, first page", card_list(to, {{card, withdrawn}, {list_place::kind::saved, 0, 0}, 7})},
      {"saved, last page", card_list(to, {{card}, {list_place::kind::saved, 5, 0}, 6})},
      {"saved, none", card_list(to, {{}, {}, 0})},
      {"replies", card_list(to, {{card}, {list_place::kind::replied, 0, 0}, 1})},
      {"replies, none", card_list(to, {{}, {list_place::kind::replied, 0, 0}, 0})},
      {"delivered list", card_list(to, {{card, bare, withdrawn}, {list_place::kind::delivered, 5, 12}, 23})},
      {"delivered list, gone", card_list(to, {{}, {list_place::kind::delivered, 0, 12}, 0})},
      {"filters", my_filters(to, {every_category, picky, true, 1})},
      {"filters, none", my_filters(to, {every_category, {}, true, 0})},
      {"filters of a category", my_filters(to, {category_id(3), once, true, 1})},
      {"filters of a category, as for all", my_filters(to, {category_id(3), picky, false, 0})},
      {"ask for words", ask_filter(to, all, filter_field::words)},
      {"ask for words again", ask_filter(to, all, filter_field::words, wrong_answer{"bad_word", "<а*>"})},
      {"ask for minus-words", ask_filter(to, all, filter_field::minus)},
      {"ask for a budget", ask_filter(to, all, filter_field::budget)},
      {"ask for a budget again",
       ask_filter(to, nothing, filter_field::budget, wrong_answer{"budget", "<много>"})},
      {"ask for quiet hours", ask_filter(to, all, filter_field::quiet)},
      {"ask for quiet hours, none",
       ask_filter(to, nothing, filter_field::quiet, wrong_answer{"quiet", "ночью"})},
      {"ask when", ask_filter(to, {category_id(3), once, true, 1}, filter_field::when)},
      {"filter by category", filter_scopes(to, {category_id(1), category_id(3)}, {category_id(3)})},
      {"filter by category, none", filter_scopes(to, {}, {})},
      {"reply", my_reply(to, {every_category, "Здравствуйте! Пишу про «{title}»: {link} <b>"})},
      {"reply, none", my_reply(to, {every_category, ""})},
      {"reply of a category", my_reply(to, {category_id(3), "Портфолио: {title}"})},
      {"reply of a category, none", my_reply(to, {category_id(3), ""})},
      {"ask for a reply", ask_reply(to, {every_category, ""})},
      {"ask for a reply again", ask_reply(to, {every_category, ""}, wrong_answer{"unknown", "{name}"})},
      {"reply by category", reply_scopes(to, {category_id(1), category_id(3)})},
      {"hidden authors",
       hidden_list(to, {{{7, "@anna", "Лендинг <1>", noon}, {9, "sig:jobs/ольга", "", noon}}, 6, 14})},
      {"hidden authors, none", hidden_list(to, {{}, 0, 0})},
      {"language", choose_language(to)},
      {"time zone", choose_zone(to, "", {})},
      {"time zone, several", choose_zone(to, "Springfield", {"America/Chicago", "America/New_York"})},
      {"time zone, unknown", choose_zone(to, "<Нигде>", {})},
      {"help", help(to, somebody)},
      {"privacy", privacy(to, somebody)},
      {"privacy of nobody", privacy(to, nobody)},
      {"privacy where the judge learns", privacy(to, learning)},
      {"plan", plan(to, over)},
      {"pay support", pay_support(to, nobody)},
      {"delete?", ask_deletion(to)},
      {"deleted", deleted(to)},
      {"not understood", not_understood(to)},
      {"category bot", category_welcome(to, category_id(3), trial, "main_bot")},
      {"category bot out of use", category_retired(to, "main_bot")},
      {"only vacancies", only_vacancies_here(to, "main_bot")},
      {"card", vacancy(to, card)},
      {"card saved, from the list", vacancy(to, saved, list_place{list_place::kind::saved, 5, 0})},
      {"card reported", vacancy(to, reported)},
      {"card with little", vacancy(to, bare)},
      {"card withdrawn", vacancy(to, withdrawn)},
      {"card withdrawn, from the list", vacancy(to, withdrawn, list_place{})},
      {"card closed", vacancy(to, closed)},
      {"card replied, with a text", vacancy(to, replied, list_place{list_place::kind::replied, 0, 0})},
      {"card without a person", vacancy(to, by_mail, list_place{list_place::kind::delivered, 5, 12})},
      {"how to respond, card by mail",
       how_to_respond(to, by_mail, list_place{list_place::kind::delivered, 5, 12})},
      {"how to respond, card by phone", how_to_respond(to, by_phone)},
      {"how to respond, card of nobody", how_to_respond(to, bare)},
      {"what is wrong", ask_what_is_wrong(to, card)},
      {"complaint", ask_complaint(to, card)},
      {"more", more_about(to, card, seen)},
      {"more, author hidden", more_about(to, hidden, {{seen.first.front()}, 1}, list_place{})},
      {"more, no author", more_about(to, bare, {})},
      {"why", why(to, card, reason)},
      {"why, by the reader's own filter", why(to, card, by_filter)},
      {"why, by the operator", why(to, card, by_operator)},
      {"reminder", reminder(to, {design})},
      {"moved", moved(to, design, true)},
      {"moved quietly", moved(to, dev, false)},
      {"trial ended", trial_ended(to)},
      {"day", day_line(to, {{1200, 214, 8400, 310, 402},
                            {214,
                             {{"seen", "", 0.42, 1.9},
                              {"judged", "", 0.02, 0.31},
                              {"first", "", 0.61, 2.5},
                              {"last", "", 3.14, 41.0}}}})},
      {"report", report_card(to, complained())},
      {"report decided", report_card(to, decided)},
      {"withdraw?", confirm(to, complained(), question::withdraw)},
      {"ban?", confirm(to, complained(), question::ban)},
      {"pick", pick_category(to, complained())},
      {"outcome", outcome(to, {1, 2, language, "Лендинг <1>", decision::not_vacancy})},
  };
}

// Six lines are what a person reads at a glance; the cards and lists carry what they carry.
bool may_be_long(std::string_view name) {
  for (const std::string_view part : {"card", "complaint", "more", "why", "report", "?", "pick",
                                      "what is wrong", "saved", "privacy", "delivered", "hidden", "day"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

class ScreensIn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Languages, ScreensIn, testing::Values("ru", "en"));

TEST_P(ScreensIn, AreAsTheGoldenFileHasThem) {
  const auto file = "/src/hunt/bot/golden/" + std::string(GetParam()) + ".txt";
  conversation::compare_with_golden(TANDEM_SOURCE_DIR + file, all_screens(GetParam()));
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
                           choose_zone(to, "<i>&", {}).html, card_list(to, {{card}, {}, 1}).html}) {
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
  const auto to = in("en");
  for (const auto bad : {"mailto:hr@example.com", "https://https://forms.example/7", "http://www,site,ru",
                         "http://intranet/jobs/7"}) {
    card.contact_url = card.post_url = bad;
    for (const auto& one :
         {vacancy(to, card), how_to_respond(to, card), report_card(to, {card, {}, {}, ""})}) {
      for (const auto& row : one.keyboard.inline_keyboard) {
        for (const auto& button : row) EXPECT_EQ(button.url, "");
      }
    }
  }
}

TEST(Screens, TheRespondButtonCarriesAsMuchOfTheReplyAsALinkHolds) {
  auto card = landing();
  card.reply_template = "Добрый день & привет, {title}? {link}";
  const auto url = vacancy(in("ru"), card).keyboard.inline_keyboard.at(0).at(0).url;
  EXPECT_TRUE(url.starts_with("https://t.me/coffee_hr?text=%D0%94%D0%BE%D0%B1%D1%80%D1%8B%D0%B9%20")) << url;
  EXPECT_TRUE(url.contains("%26%20")) << "& does not end the text";
  EXPECT_TRUE(url.ends_with("https%3A%2F%2Ft.me%2Fnormrabota%2F120")) << url;
  card.reply_template.clear();
  for (int i = 0; i < 300; ++i) card.reply_template += "Ж";
  card.reply_template += "{title}";
  const auto full = vacancy(in("ru"), card).keyboard.inline_keyboard.at(0).at(0).url;
  EXPECT_LE(full.size(), 2'000u);
  EXPECT_GT(full.size(), 1'900u);
  EXPECT_TRUE(full.size() > 3 && full[full.size() - 3] == '%') << "cut between letters: " << full;
}

TEST(Screens, AnAuthorsKeyIsShownAsAPersonReadsIt) {
  EXPECT_EQ(say_author("@anna"), "@anna");
  EXPECT_EQ(say_author("mail:hr@example.com"), "hr@example.com");
  EXPECT_EQ(say_author("tg:77"), "id 77");
  EXPECT_EQ(say_author("from:other_jobs"), "@other_jobs");
  EXPECT_EQ(say_author("sig:jobs/anna b"), "anna b (@jobs)");
  EXPECT_EQ(say_author("link:site.ru/form"), "site.ru/form");
}
