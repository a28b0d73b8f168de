#include "platform/places/places.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tandem::places {
namespace {

const gazetteer& towns() {
  static const auto loaded = load_gazetteer(std::string(TANDEM_BINARY_DIR) + "/share/tandem/places.tsv");
  if (!loaded) throw std::runtime_error(loaded.error());
  return **loaded;
}

std::string only(std::string_view name) {
  const auto found = towns().find(name);
  return found.matches.size() == 1 ? found.matches.front()->name_in("ru") : "?";
}

TEST(Places, ATownIsFoundByItsNameInBothLanguagesHoweverItIsWritten) {
  EXPECT_EQ(only("Москва"), "Москва");
  EXPECT_EQ(only("москва "), "Москва");
  EXPECT_EQ(only("Moscow"), "Москва");
  EXPECT_EQ(only("санкт петербург"), "Санкт-Петербург");
  EXPECT_EQ(only("Saint-Petersburg"), "Санкт-Петербург");
  EXPECT_EQ(only("Нижний новгород"), "Нижний Новгород");
}

TEST(Places, MistakenLettersAreForgivenAndSaidToBeAGuess) {
  for (const auto* name : {"Масква", "Мсоква", "Новосибрск", "Екатиринбург", "Novosibirks"}) {
    const auto found = towns().find(name);
    ASSERT_FALSE(found.matches.empty()) << name;
    EXPECT_TRUE(found.guessed) << name;
  }
  EXPECT_EQ(only("Екатиринбург"), "Екатеринбург");
  EXPECT_EQ(only("Новосибрск"), "Новосибирск");
}

TEST(Places, ABeginningIsEnough) {
  const auto found = towns().find("Новосиб");
  ASSERT_FALSE(found.matches.empty());
  EXPECT_TRUE(found.guessed);
  EXPECT_EQ(found.matches.front()->name_in("ru"), "Новосибирск");
}

TEST(Places, NamesakesOfSimilarSizeAreAllGivenTheLargestFirst) {
  const auto found = towns().find("Железногорск");
  ASSERT_GE(found.matches.size(), 2U);
  EXPECT_FALSE(found.guessed);
  EXPECT_GE(found.matches[0]->population, found.matches[1]->population);
  EXPECT_NE(towns().landmark(*found.matches[0]), towns().landmark(*found.matches[1]));
}

TEST(Places, WhatIsNoTownIsNotFound) {
  for (const auto* name : {"", " ", "!!!", "йцукенгшщ", "a", "\xFF\xFE", "qzxwvqzxwv"})
    EXPECT_TRUE(towns().find(name).matches.empty()) << name;
  EXPECT_TRUE(towns().find(std::string(100'000, 'a')).matches.empty());
}

TEST(Places, TheNearestTownIsTheCityNotItsSuburb) {
  EXPECT_EQ(towns().nearest(55.99, 37.2).name_in("ru"), "Зеленоград");
  EXPECT_EQ(towns().nearest(55.75, 37.6).name_in("ru"), "Москва");
  EXPECT_EQ(towns().nearest(43.12, 131.89).time_zone, "Asia/Vladivostok");
  EXPECT_FALSE(towns().nearest(-89, 0).name.empty());
}

TEST(Places, ATownThatTheSourceHasTwiceStandsOnceUnderTheNamePeopleSay) {
  EXPECT_EQ(towns().nearest(51.5128, -0.0918).name_in("ru"), "Лондон");
  EXPECT_EQ(towns().find("City of London").matches.front()->name, "London");
  EXPECT_EQ(towns().find("Сендай").matches.front()->name, "Sendai");
}

TEST(Places, TheDistanceIsTheKnownOne) {
  EXPECT_NEAR(kilometres(55.75, 37.62, 59.94, 30.31), 634, 2);  // Moscow to Saint Petersburg
}

TEST(Places, AnIdFindsItsTownAgain) {
  const auto* moscow = towns().find("Москва").matches.front();
  EXPECT_EQ(towns().by_id(moscow->id), moscow);
  EXPECT_EQ(towns().by_id(1), nullptr);
}

TEST(Places, AListThatIsNoneIsToldWithItsLine) {
  EXPECT_FALSE(load_gazetteer("/nowhere/places.tsv"));
  const auto file = std::filesystem::temp_directory_path() / "tandem-places-test.tsv";
  std::ofstream(file) << "1\ttwo\n";
  const auto loaded = load_gazetteer(file);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("line 1"), std::string::npos);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace tandem::places
