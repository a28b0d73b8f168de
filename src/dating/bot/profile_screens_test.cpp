#include "dating/bot/profile_screens.hpp"

#include "dating/bot/screens_for_test.hpp"
#include "dating/bot/typed_words.hpp"
#include "dating/profiles/interests.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

const places::gazetteer& towns() {
  static const auto all = places::load_gazetteer(TANDEM_BINARY_DIR "/share/tandem/places.tsv");
  return **all;
}

profile anna() {
  profile out;
  out.state = profile_state::active;
  out.consented_to = consent_version;
  out.name = "Аня <b>";
  out.born_on = std::chrono::year(1999) / 3 / 14;
  out.sex = sex::female;
  out.seeks = seeking::male;
  out.at = coordinates{55.75, 37.62};
  out.about = "Дизайнер. Ищу того, с кем можно молчать & пить <кофе>.\nПо выходным — горы.";
  out.interests = {"mountains", "jazz", "coffee", "+чай <улун>"};
  out.wanted = {25, 31};
  out.has_photo = true;
  out.active_at = noon - 1h;
  return out;
}

person_card card() {
  const auto me = anna();
  person_card out;
  out.name = me.name;
  out.age = 27;
  out.sex = me.sex;
  out.about = me.about;
  out.interests = me.interests;
  out.photos = 4;
  return out;
}

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  const operator_details nobody, somebody{"ООО «Ёлка»", "@elka_help"};
  question_facts empty, full;
  empty.me.state = full.me.state = profile_state::draft;
  empty.suggested_name = "Анна <b>";
  full.me = anna();
  full.town = "Москва";
  full.photos = 2;
  full.coming = 1;
  auto later = full;
  later.registering = false;
  const auto wrong = [&](wrong_answer why, std::size_t length = 0) {
    auto out = empty;
    out.me.born_on = full.me.born_on;
    out.wrong = question_facts::refused{why, length};
    return out;
  };
  auto own_town = full;
  own_town.me.own_city = true;
  own_town.me.wanted = {};
  own_town.page = 2;
  profile hidden = anna(), bare = anna(), held = anna(), stale = anna(), full_profile = anna();
  hidden.state = profile_state::hidden;
  held.state = profile_state::hidden;
  held.held = "minor";
  stale.state = profile_state::stale;
  bare.about.clear();
  bare.interests.clear();
  bare.has_photo = false;
  bare.seeks = seeking::anyone;
  auto bare_card = card();
  bare_card.about.clear();
  bare_card.interests.clear();
  bare_card.photos = 1;
  auto near = card(), far = card(), nobody_like = card();
  near.km = 3.4;
  near.common = {"jazz", "mountains"};
  near.active_at = noon - 3h;
  near.photo = 2;
  far.km = 127;
  far.town = "Тверь";
  far.active_at = noon - 3 * 24h;
  far.sex = {};
  nobody_like.km = 0.4;
  nobody_like.active_at = noon - 24h * 40;
  nobody_like.common = nobody_like.interests;
  const auto two = towns().find("Железногорск").matches;
  const auto guess = towns().find("Масква").matches;
  std::vector<named_screen> out{
      {"consent", consent(to, false, "")},
      {"consent, invited", consent(to, false, "k3x9")},
      {"consent, renewed", consent(to, true, "")},
      {"document", consent_document(to, somebody, false, "k3x9")},
      {"document of nobody", consent_document(to, nobody, true, "")},
      {"underage", underage(to, std::chrono::year(2027) / 1 / 5)},
      {"underage, later", underage_hidden(to)},
      {"barred", barred(to, somebody)},
  };
  for (int i = 0; i < asked_fields; ++i) {
    const auto name = std::string(name_of(field(i)));
    out.push_back({"ask for " + name, question(to, field(i), empty)});
    out.push_back({"ask for " + name + ", answered", question(to, field(i), full)});
    if (field(i) != field::photos) out.push_back({"change " + name, question(to, field(i), later)});
  }
  const std::vector<named_screen> more{
      {"name, a link", question(to, field::name, wrong(wrong_answer::link))},
      {"name, long", question(to, field::name, wrong(wrong_answer::too_long, 57))},
      {"name, no letters", question(to, field::name, wrong(wrong_answer::no_letters))},
      {"age, absurd", question(to, field::age, wrong(wrong_answer::absurd_age))},
      {"age, not understood", question(to, field::age, wrong(wrong_answer::not_understood))},
      {"place, unknown", question(to, field::place, wrong(wrong_answer::unknown_place))},
      {"place, far away", question(to, field::place, wrong(wrong_answer::far_away))},
      {"about, long", question(to, field::about, wrong(wrong_answer::too_long, 1234))},
      {"about, forbidden", question(to, field::about, wrong(wrong_answer::forbidden))},
      {"interests, too many", question(to, field::interests, wrong(wrong_answer::too_many))},
      {"interests, last page", question(to, field::interests, own_town)},
      {"preferences, own town", question(to, field::preferences, own_town)},
      {"preferences, not understood", question(to, field::preferences, wrong(wrong_answer::not_understood))},
      {"which town", which_town(to, two, false, towns(), true)},
      {"which town, guessed, later", which_town(to, guess, true, towns(), false)},
      {"place kept", kept_place(to, *guess.front())},
      {"preview", preview(to, card(), anna())},
      {"published, shown", published(to, true, 1)},
      {"published, waiting", published(to, false, 2)},
      {"published without a photo", published(to, false, 0)},
      {"cancel?", ask_cancel(to)},
      {"cancelled", cancelled(to)},
      {"card near", {card_html(to, near), {}}},
      {"card far away, sex unknown", {card_html(to, far), {}}},
      {"card of somebody with all in common", {card_html(to, nobody_like), {}}},
      {"my profile", my_profile(to, {anna(), card(), 4, 0})},
      {"my profile, hidden", my_profile(to, {hidden, card(), 1, 0})},
      {"my profile, held", my_profile(to, {held, card(), 1, 0})},
      {"my profile, stale", my_profile(to, {stale, card(), 1, 0})},
      {"my profile, bare", my_profile(to, {bare, bare_card, 0, 0})},
      {"my profile, photo waits", my_profile(to, {bare, bare_card, 1, 1})},
      {"as others see it", as_others_see(to, card())},
      {"change what?", choose_field(to, anna(), "Москва", 4)},
      {"change what, bare", choose_field(to, bare, "", 0)},
      {"settings", settings(to)},
      {"zone", ask_zone(to, "", {})},
      {"zone, unknown", ask_zone(to, "<Нигде>", {})},
      {"zone, several", ask_zone(to, "Springfield", {"America/Chicago", "America/New_York"})},
      {"delete?", ask_deletion(to, true)},
      {"delete, hidden?", ask_deletion(to, false)},
      {"deleted", deleted(to, "0123456789abcdef0123456789abcdef")},
      {"nothing to delete", nothing_here(to)},
      {"proof", erasure_proof(to, noon)},
      {"no proof", erasure_proof(to, std::nullopt)},
      {"still here?", still_here(to)},
      {"win back", win_back(to)},
  };
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

bool may_be_long(std::string_view name) {
  for (const std::string_view part : {"document", "profile", "preview", "change what", "card", "others"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

class ProfileScreensIn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Languages, ProfileScreensIn, testing::Values("ru", "en"));

TEST_P(ProfileScreensIn, AreAsTheGoldenFileHasThem) {
  expect_golden("profile", GetParam(), all_screens(GetParam()));
}

TEST_P(ProfileScreensIn, AreShortAndTheirButtonsFit) {
  for (const auto& one : all_screens(GetParam())) {
    conversation::expect_to_fit(one, may_be_long(one.name) ? 24 : 6);
    const auto shown = telegram::code_points(telegram::plain_text(one.what.html));
    if (!one.name.starts_with("document")) EXPECT_LE(shown, longest_caption) << one.name;
  }
}

TEST_P(ProfileScreensIn, EveryRefusalHasAHint) {
  const auto to = in(GetParam());
  for (int why = 0; why <= int(wrong_answer::no_profile); ++why) {
    const auto key = "dating.hint." + std::string(name_of(wrong_answer(why)));
    EXPECT_TRUE(texts().has(key)) << key;
  }
  for (const auto slug : listed_interests) EXPECT_FALSE(say_interest(to, slug).empty());
}

TEST(Card, StaysUnderTheLimitOfACaptionByShorteningWhatIsSaidOfOneself) {
  auto long_card = card();
  long_card.about.clear();
  for (int i = 0; i < 600; ++i) long_card.about += "ы";
  long_card.interests.assign(10, "+" + std::string(24, 'w'));
  long_card.common = {long_card.interests.front()};
  long_card.town = std::string(80, 't');
  const auto shown = telegram::plain_text(card_html(in("ru"), long_card, 700));
  EXPECT_LE(telegram::code_points(shown), 700u);
  EXPECT_NE(shown.find("…"), std::string::npos);
}

TEST(Card, DistancesGetCoarserWithTheDistance) {
  const auto to = in("en");
  EXPECT_EQ(say_distance(to, 0), "right next to you");
  EXPECT_EQ(say_distance(to, 3.4), "3 km");
  EXPECT_EQ(say_distance(to, 12.4), "10 km");
  EXPECT_EQ(say_distance(to, 13), "15 km");
  EXPECT_EQ(say_distance(to, 127), "130 km");
}

TEST(Card, WhenSomebodyWasHereIsSaidByTheViewersDays) {
  const auto to = in("ru");
  EXPECT_EQ(say_seen(to, noon - 30min, sex::female), "сейчас в сети");
  EXPECT_EQ(say_seen(to, noon - 11h, sex::female), "была сегодня");
  EXPECT_EQ(say_seen(to, noon - 13h, sex::male), "был вчера") << "it is noon in Moscow";
  EXPECT_EQ(say_seen(to, noon - 2 * 24h, sex::female), "была 2 дня назад");
  EXPECT_EQ(say_seen(to, noon - 30 * 24h, sex::male), "давно не был");
}

TEST(TypedWords, StandForTheButtonThatIsCalledSo) {
  const auto ask = [](const std::string& language, field what, std::string_view typed) {
    question_facts facts;
    facts.me.interests = {"jazz", "+Oolong"};
    return pressed_by_words(in(language), question(in(language), what, facts), typed).value_or("none");
  };
  const struct {
    const char* language;
    field what;
    const char *typed, *pressed;
  } cases[] = {
      {"ru", field::sex, "Девушка", "me:sex:0"},
      {"ru", field::sex, "ДЕВУШКА!", "me:sex:0"},
      {"ru", field::sex, "парень", "me:sex:1"},
      {"ru", field::sex, "я парень", "none"},
      {"ru", field::sex, "Girl", "me:sex:0"},
      {"ru", field::sex, "назад", "reg:ask:1"},
      {"ru", field::seeks, "девушку", "me:seeks:0"},
      {"ru", field::seeks, "Парней", "me:seeks:1"},
      {"ru", field::seeks, "всё равно", "me:seeks:2"},
      {"ru", field::seeks, "все равно", "me:seeks:2"},
      {"ru", field::about, "пропустить", "reg:ask:6"},
      {"ru", field::about, "skip", "reg:ask:6"},
      {"ru", field::about, "не хочу", "none"},
      {"ru", field::interests, "Готово", "reg:ask:7"},
      {"en", field::interests, "done", "reg:ask:7"},
      {"en", field::interests, "skip", "reg:ask:7"},
      {"en", field::preferences, "any age", "me:ages:18:99"},
      {"ru", field::preferences, "Только мой город", "me:km:0"},
      {"en", field::sex, "woman", "me:sex:0"},
      {"en", field::sex, "guy", "me:sex:1"},
      {"en", field::seeks, "girls", "me:seeks:0"},
      {"en", field::place, "cancel", "reg:cancel"},
      {"ru", field::place, "‹ Назад", "reg:ask:3"},
      {"en", field::sex, "?!", "none"},
      {"en", field::name, "back", "none"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(ask(one.language, one.what, one.typed), one.pressed) << one.language << ": " << one.typed;
  }
  EXPECT_TRUE(says_a_way(in("en"), "Назад")) << "in any language of ours";
  EXPECT_FALSE(says_a_way(in("en"), "Nazar"));
}

TEST(TypedWords, ANumberIsThePlaceInTheList) {
  const auto asked = question(in("ru"), field::seeks, {});
  EXPECT_EQ(pressed_by_number(asked, press::seeks, "2"), "me:seeks:1");
  for (const auto* none : {"0", "4", "-1", "2.", "", "two"}) {
    EXPECT_FALSE(pressed_by_number(asked, press::seeks, none)) << none;
  }
}

}  // namespace tandem::dating::bot
