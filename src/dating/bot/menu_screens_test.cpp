#include "dating/bot/menu_screens.hpp"

#include "dating/bot/screens_for_test.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

profile_figures counted() {
  profile_figures out;
  out.today = {12, 3, 1};
  out.month = {240, 41, 5};
  out.likes_given = 60;
  for (int day = 0; day < 30; ++day) {
    out.shown_daily.push_back(day);
    out.liked_daily.push_back(day / 5);
  }
  return out;
}

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  const operator_details nobody, somebody{"ООО «Ёлка»", "@elka_help", 90};
  const rights none, premium{noon + 48h, {}, 1}, boosted{noon + 48h, noon + 20min, 0};
  menu_facts plain{"Аня <b>", profile_state::active, true, 3, 2, none}, hidden = plain, stale = plain,
                                                                        new_one = plain, rich = plain;
  hidden.state = profile_state::hidden;
  stale.state = profile_state::stale;
  new_one.has_photo = false;
  new_one.likers = new_one.matches = 0;
  rich.right = boosted;
  const like_limits limits;
  const growth_settings growing;
  return {
      {"menu", menu(to, plain)},
      {"menu of a newcomer", menu(to, new_one)},
      {"menu, hidden", menu(to, hidden)},
      {"menu, away for long", menu(to, stale)},
      {"menu, premium and boosted", menu(to, rich)},
      {"help", help(to, somebody)},
      {"privacy", privacy(to, somebody)},
      {"privacy of nobody", privacy(to, nobody)},
      {"terms", bot::terms(to, somebody)},
      {"pay support", pay_support(to, somebody)},
      {"plan", plan(to, none, limits, growing)},
      {"plan, premium", plan(to, premium, limits, growing)},
      {"plan, boosted", plan(to, boosted, limits, growing)},
      {"invite", invite(to, {"k3x9abcd", 4, 1}, "tandem_dating_bot", growing)},
      {"invite, the bot's name is not known", invite(to, {"k3x9abcd", 0, 0}, "", growing)},
      {"figures", figures(to, counted())},
      {"banned", banned(to, somebody)},
      {"not understood", not_understood(to, true)},
      {"not understood, in registration", not_understood(to, false)},
      {"rewarded", rewarded(to, premium)},
  };
}

struct MenuScreensIn : testing::TestWithParam<const char*> {};

TEST_P(MenuScreensIn, AreAsTheyWereLookedAt) { expect_golden("menu", GetParam(), all_screens(GetParam())); }

TEST_P(MenuScreensIn, AreShortAndTheirButtonsFit) {
  for (const auto& one : all_screens(GetParam())) conversation::expect_to_fit(one);
}

TEST_P(MenuScreensIn, TheChartShowsThirtyDaysOfBoth) {
  const auto chart = figures_chart(in(GetParam()), counted());
  ASSERT_EQ(chart.rows.size(), 2U);
  EXPECT_EQ(chart.rows[0].values.size(), 30U);
  EXPECT_EQ(chart.rows[1].values.back(), 5);
  EXPECT_EQ(chart.first_day, locale::say_date(GetParam(), "UTC", noon - 24h * 29));
}

INSTANTIATE_TEST_SUITE_P(Languages, MenuScreensIn, testing::Values("ru", "en"));

}  // namespace
}  // namespace tandem::dating::bot
