#include "dating/bot/deck_screens.hpp"

#include "dating/bot/like_screens.hpp"
#include "dating/bot/screens_for_test.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

// Seven places of a number, as ids are after years.
constexpr std::int64_t large_id = 987'654'321'012;

deck_card anna() {
  deck_card out;
  out.who = user_id(large_id);
  out.name = "Аня <b>";
  out.about = "Дизайнер. Ищу того, с кем можно молчать.";
  out.is = sex::female;
  out.age = 27;
  out.km = 3.2;
  out.active_at = noon - 3h;
  out.interests = {"mountains", "jazz", "coffee"};
  out.common = {"mountains", "jazz"};
  for (std::int64_t id = 1; id <= 4; ++id) out.photos.push_back({photo_id(id), "file"});
  return out;
}

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  card_facts plain{anna(), "Химки"};
  auto second = plain, far = plain, lettered = plain, bare = plain, liker = plain;
  second.photo = 2;
  far.card.km = 44;
  far.way = 2;
  lettered.letter = "Привет! Тоже люблю <горы>.";
  bare.card.photos.clear();
  bare.card.interests.clear();
  bare.card.common.clear();
  bare.card.about.clear();
  bare.card.is = sex::male;
  bare.card.same_town = true;
  bare.card.km = 0.4;
  liker.way = likers_way;
  liker.likers = 12;

  const search_reach asked{30, false, 25, 31};
  const auto empty = [&](empty_deck::reason why, std::optional<int> offer = {}) {
    empty_deck out{why, asked, 0, offer, {}};
    if (offer) out.there = widened(asked, *offer);
    return nobody_left(to, out);
  };
  using reason = empty_deck::reason;
  const match fresh{match_id(large_id), user_id(large_id), "Аня <b>", "new", false, noon - 48h, noon - 48h};
  auto answered = fresh, silent = fresh, closed = fresh, opened = fresh, mine = fresh;
  mine.by_me = true;
  answered.state = "answered";
  silent.state = "silent";
  closed.state = "closed";
  opened.state = "opened";
  return {
      {"card", shown_card(to, plain)},
      {"card, second photo", shown_card(to, second)},
      {"card, far away", shown_card(to, far)},
      {"card with a letter", shown_card(to, lettered)},
      {"card with nothing", shown_card(to, bare)},
      {"card of who likes me", shown_card(to, liker)},
      {"card, more", more_of_card(to, plain, user_id(large_id))},
      {"card, more, nothing to undo", more_of_card(to, plain, {})},
      {"letter", ask_letter(to, plain)},
      {"letter refused", letter_refused(to, "Аня <b>", to.plain("sign.phone"))},
      {"empty, hidden", empty(reason::hidden)},
      {"empty, wider", empty(reason::wider, 1)},
      {"empty, other ages", empty(reason::wider, 5)},
      {"empty, all seen", empty(reason::all_seen)},
      {"empty, narrow", empty(reason::narrow)},
      {"empty, nobody", empty(reason::nobody)},
      {"likers", likers(to, 5, false)},
      {"one liker", likers(to, 1, false)},
      {"no likers", likers(to, 0, false)},
      {"no likers left, premium", likers(to, 0, true)},
      {"matches", match_list(to, {{fresh, answered, silent, closed}, 0, 9})},
      {"matches, last page", match_list(to, {{opened}, 6, 7})},
      {"no matches", match_list(to, {{}, 0, 0})},
      {"match", shown_match(to, fresh, plain, 6)},
      {"match, closed", shown_match(to, closed, {}, 0)},
      {"liked", liked(to, 2)},
      {"mutual", mutual(to, fresh, sex::female, "")},
      {"mutual, a man", mutual(to, fresh, sex::male, "")},
      {"mutual by my like", mutual(to, mine, sex::male, "")},
      {"mutual with a letter", mutual(to, fresh, sex::male, "Do you sing in a choir?")},
      {"nudge", nudge(to, fresh)},
      {"nudge, my turn", nudge(to, opened)},
  };
}

struct DeckScreensIn : testing::TestWithParam<const char*> {};

TEST_P(DeckScreensIn, AreAsTheyWereLookedAt) { expect_golden("deck", GetParam(), all_screens(GetParam())); }

TEST_P(DeckScreensIn, AreShortAndTheirButtonsFit) {
  for (const auto& one : all_screens(GetParam())) conversation::expect_to_fit(one, 9);
}

TEST_P(DeckScreensIn, ACaptionIsNeverTooLong) {
  card_facts longest{anna(), "Химки"};
  longest.card.about = std::string(600, 'x');
  for (int i = 0; i < 100; ++i) longest.letter += "яяя";
  longest.card.interests = {"+" + std::string(24, 'a'), "+" + std::string(24, 'b'),
                            "+" + std::string(24, 'c'), "+" + std::string(24, 'd'),
                            "+" + std::string(24, 'e'), "+" + std::string(24, 'f')};
  longest.way = likers_way;
  longest.likers = 1'000;
  const auto shown = telegram::plain_text(shown_card(in(GetParam()), longest).html);
  EXPECT_LE(telegram::code_points(shown), longest_caption);
  EXPECT_TRUE(shown.contains(longest.letter)) << "the letter is what they want to read";
}

INSTANTIATE_TEST_SUITE_P(Languages, DeckScreensIn, testing::Values("ru", "en"));

}  // namespace
}  // namespace tandem::dating::bot
