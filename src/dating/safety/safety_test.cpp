#include "dating/safety/safety.hpp"

#include "dating/talks/town_for_test.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;

struct Safety : testing::Test, talk_town {
  user_id anna = person(1, "Аня"), boris = person(2, "Боря"), vera = person(3, "Вера"),
          chief = person(9, "Chief");
  match_id pair = match(anna, boris);

  complaint_answer complain(user_id by, user_id about, complaint_reason why,
                            std::optional<match_id> talk = {}) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return rules->complain(tx, {by, about, talk, why}); });
  }
  bool act(user_id about, operator_action how, std::optional<photo_id> photo = {}) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return rules->act(tx, chief, about, how, photo); });
  }
  bool undo(user_id about) {
    return in_transaction([=, this](pg::transaction& tx) { return rules->undo(tx, chief, about); });
  }
  complaint_case found(user_id about) { return run(rules->find(*pool, about)).value(); }
  std::string state_of(user_id who) {
    return ask(
        "SELECT state || ' ' || ban_reason || CASE WHEN shadow THEN ' shadow' ELSE '' END FROM "
        "dating.profiles "
        "WHERE user_id = " +
        std::to_string(who.value));
  }
  std::string audit() {
    return ask(
        "SELECT string_agg(action || coalesce(' by ' || by_id, ' by rule') || "
        "CASE WHEN undone_at IS NULL THEN '' ELSE ' undone' END, ', ' ORDER BY action_id) FROM "
        "dating.actions");
  }
  std::string by_chief(std::string_view action) {
    return std::string(action) + " by " + std::to_string(chief.value);
  }
  void like(user_id from, user_id to) {
    ask("INSERT INTO dating.judgements VALUES (" + std::to_string(from.value) + ", " +
        std::to_string(to.value) + ", true, NULL, now())");
  }
};

}  // namespace

TEST(Weights, WhoIsRightOftenAndHereForLongCountsMore) {
  const auto weight = [](int days, int upheld, int dismissed, double full) {
    return weight_of({std::chrono::hours(24 * days), upheld, dismissed, full});
  };
  EXPECT_NEAR(weight(0, 0, 0, 0), 0.1, 1e-9) << "new and empty";
  EXPECT_NEAR(weight(60, 0, 0, 1), 0.5, 1e-9);
  EXPECT_NEAR(weight(60, 3, 0, 1), 0.8, 1e-9);
  EXPECT_NEAR(weight(60, 0, 3, 1), 0.2, 1e-9);
  EXPECT_LT(weight(1, 5, 5, 1), weight(29, 5, 5, 1));
}

TEST(Weights, WhoCriesWolfHidesNobody) {
  reporter_facts who;
  EXPECT_TRUE(hides_at_once(who));
  who.hidden_lately = 2;
  EXPECT_FALSE(hides_at_once(who)) << "somebody new: two a day";
  who.trust = 1;
  EXPECT_TRUE(hides_at_once(who));
  who.dismissed = 1;
  EXPECT_TRUE(hides_at_once(who)) << "everybody may be wrong once";
  who.dismissed = 2;
  EXPECT_FALSE(hides_at_once(who));
  who.upheld = 1;
  EXPECT_TRUE(hides_at_once(who));
  who.shadow = true;
  EXPECT_FALSE(hides_at_once(who));
}

TEST(Weights, AChildComesFirstThenWhatWeighsMost) {
  const auto least = priority_of(complaint_reason::minor, 0, 0);
  EXPECT_GT(least, priority_of(complaint_reason::scam, 1, 10));
  EXPECT_GT(priority_of(complaint_reason::scam, 0.5, 0), priority_of(complaint_reason::other, 0.9, 0));
  EXPECT_GT(priority_of(complaint_reason::spam, 0.3, 0.5), priority_of(complaint_reason::spam, 0.3, 0));
}

TEST_F(Safety, ABlockHoldsBothWaysAndEndsTheTalk) {
  in_transaction([this](pg::transaction& tx) { return rules->block(tx, anna, boris); });
  in_transaction([this](pg::transaction& tx) { return rules->block(tx, anna, boris); });
  EXPECT_TRUE(run(rules->blocked(*pool, anna, boris)));
  EXPECT_TRUE(run(rules->blocked(*pool, boris, anna)));
  EXPECT_FALSE(run(rules->blocked(*pool, anna, vera)));
  EXPECT_FALSE(run(conversations->find(*pool, boris, pair))->open);
  ASSERT_EQ(run(rules->blocks_of(*pool, anna, 9)).size(), 1u);
  EXPECT_EQ(run(rules->blocks_of(*pool, anna, 9))[0].name, "Боря");
  EXPECT_TRUE(run(rules->blocks_of(*pool, boris, 9)).empty()) << "who was blocked does not learn of it";
  const auto take_back = [this](user_id by, user_id about) {
    return in_transaction([=, this](pg::transaction& tx) { return rules->unblock(tx, by, about); });
  };
  EXPECT_FALSE(take_back(boris, anna));
  EXPECT_TRUE(take_back(anna, boris));
  EXPECT_FALSE(run(rules->blocked(*pool, anna, boris)));
}

TEST_F(Safety, OnlyWhoHasMetThePersonCanComplainOnceAndWithAReasonOfTheirChoice) {
  EXPECT_EQ(complain(vera, boris, complaint_reason::scam), complaint_answer::unknown)
      << "callback data made up";
  EXPECT_EQ(complain(anna, anna, complaint_reason::scam), complaint_answer::unknown);
  like(vera, boris);
  EXPECT_EQ(complain(vera, boris, complaint_reason::scam), complaint_answer::taken);
  EXPECT_EQ(complain(vera, boris, complaint_reason::insult), complaint_answer::again);
  const auto about = found(boris);
  ASSERT_EQ(about.open.size(), 1u);
  EXPECT_EQ(about.open[0].reason, complaint_reason::insult);
  EXPECT_TRUE(run(rules->blocked(*pool, vera, boris))) << "they do not see each other any more";
  EXPECT_FALSE(run(rules->met(*pool, anna, vera)));
  EXPECT_TRUE(run(rules->met(*pool, boris, vera))) << "somebody who likes me was in my list";
}

TEST_F(Safety, AMatchOfOthersOpensNoTalk) {
  const auto foreign = match(boris, vera);
  EXPECT_EQ(complain(anna, boris, complaint_reason::spam, foreign), complaint_answer::taken);
  EXPECT_EQ(ask("SELECT match_id FROM dating.complaints"), "");
}

TEST_F(Safety, TheQueueIsOrderedByWhatIsUrgent) {
  for (const auto who : {boris, vera}) like(anna, who);
  const auto kid = person(4, "Кид");
  like(anna, kid);
  complain(anna, boris, complaint_reason::other);
  complain(anna, vera, complaint_reason::scam);
  EXPECT_EQ(run(rules->queue(*pool, 9)), (std::vector{vera, boris}));
  complain(anna, kid, complaint_reason::minor);
  EXPECT_EQ(run(rules->queue(*pool, 9)), (std::vector{kid, vera, boris}));
  EXPECT_EQ(run(rules->open_count(*pool)), 3);
}

TEST_F(Safety, AMinorIsHiddenAtOnceAndComesBackWhenAnOperatorSaysSo) {
  complain(anna, boris, complaint_reason::minor);
  EXPECT_EQ(state_of(boris), "hidden minor");
  EXPECT_FALSE(run(members->show(*pool, boris))) << "not by themselves";
  EXPECT_TRUE(act(boris, operator_action::dismiss));
  EXPECT_EQ(state_of(boris), "active ");
  EXPECT_EQ(audit(), "hide by rule undone, " + by_chief("dismiss"));
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(state_of(boris), "hidden minor") << "as it was before the decision";
  EXPECT_EQ(found(boris).open.size(), 1u);
}

TEST_F(Safety, WhomAnOperatorHasJustClearedIsNotHiddenAgainByTheNextOne) {
  complain(anna, boris, complaint_reason::minor);
  act(boris, operator_action::dismiss);
  like(vera, boris);
  complain(vera, boris, complaint_reason::minor);
  EXPECT_EQ(state_of(boris), "active ");
  EXPECT_EQ(run(rules->queue(*pool, 9)), std::vector{boris}) << "but it is looked at first";
  time.advance(31 * 24h);
  const auto late = person(5, "Late");
  like(late, boris);
  complain(late, boris, complaint_reason::minor);
  EXPECT_EQ(state_of(boris), "hidden minor");
}

TEST_F(Safety, OneNewAccountHidesTwoADayTheOthersWaitFirstInTheQueue) {
  const auto fresh = person(4, "New", 0);
  std::vector<user_id> seen{person(5, "A"), person(6, "B"), person(7, "C")};
  for (const auto who : seen) like(fresh, who);
  like(anna, seen[2]);
  complain(anna, boris, complaint_reason::scam);
  for (const auto who : seen)
    EXPECT_EQ(complain(fresh, who, complaint_reason::minor), complaint_answer::taken);
  EXPECT_EQ(state_of(seen[0]), "hidden minor");
  EXPECT_EQ(state_of(seen[1]), "hidden minor");
  EXPECT_EQ(state_of(seen[2]), "active ");
  EXPECT_EQ(run(rules->queue(*pool, 9)), (std::vector{seen[0], seen[1], seen[2], boris}));
  EXPECT_TRUE(found(seen[1]).held);
  EXPECT_FALSE(found(seen[2]).held);
  time.advance(25h);
  complain(fresh, seen[2], complaint_reason::minor);
  EXPECT_EQ(state_of(seen[2]), "hidden minor") << "another day";
}

TEST_F(Safety, AShadowBannedReportersWordHidesNobody) {
  run(members->set_shadow(*pool, anna, true));
  complain(anna, boris, complaint_reason::minor);
  EXPECT_EQ(state_of(boris), "active ");
  EXPECT_EQ(run(rules->queue(*pool, 9)), std::vector{boris});
}

TEST_F(Safety, WhoNamesAnAgeUnder18IsHeldUntilAnOperatorDecidesEachTime) {
  const auto name_it = [this] {
    in_transaction([this](pg::transaction& tx) {
      return rules->hold_too_young(tx, boris, std::chrono::year(2028) / 3 / 15);
    });
  };
  for (int time_of_it = 0; time_of_it < 2; ++time_of_it) {
    name_it();
    name_it();
    EXPECT_EQ(state_of(boris), "hidden minor");
    ASSERT_EQ(found(boris).open.size(), 1u);
    EXPECT_EQ(found(boris).open[0].rule, "minor");
    EXPECT_TRUE(act(boris, operator_action::dismiss)) << "decided just now or not, it is in the queue";
    EXPECT_EQ(state_of(boris), "active ");
  }
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(state_of(boris), "hidden minor");
  run(members->erase(*pool, boris, 102));
  EXPECT_EQ(run(members->begin(*pool, boris, 102)).error(), profiles::refusal::underage);
  EXPECT_EQ(run(members->underage_until(*pool, 102)), std::chrono::year(2028) / 3 / 15);
}

TEST_F(Safety, WhoIsHiddenForAnothersWordDoesNotComeBackByErasingThemselves) {
  complain(anna, boris, complaint_reason::minor);
  in_transaction([this](pg::transaction& tx) {  // nor by an age that is over tomorrow
    return rules->hold_too_young(tx, boris, std::chrono::year(2026) / 11 / 23);
  });
  run(members->erase(*pool, boris, 102));
  time.advance(48h);
  EXPECT_EQ(run(members->begin(*pool, boris, 102)).error(), profiles::refusal::barred);
}

TEST_F(Safety, EachActionDoesWhatItSaysIsAuditedAndUndone) {
  const auto face = photo(boris, 1);
  const auto of_vera = photo(vera, 1, 8);
  complain(anna, boris, complaint_reason::nudity);
  EXPECT_FALSE(act(boris, operator_action::hide_photo, of_vera)) << "a photo of somebody else";
  EXPECT_FALSE(act(boris, operator_action::hide_photo));
  EXPECT_TRUE(act(boris, operator_action::hide_photo, face));
  EXPECT_EQ(ask("SELECT state FROM dating.photos WHERE photo_id = " + std::to_string(face.value)), "hidden");
  EXPECT_FALSE(act(boris, operator_action::ban)) << "nothing is open any more";
  EXPECT_EQ(found(boris).last, operator_action::hide_photo);
  EXPECT_EQ(found(boris).upheld, 1);
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(ask("SELECT state FROM dating.photos WHERE photo_id = " + std::to_string(face.value)), "shown");
  EXPECT_EQ(found(boris).open.size(), 1u);

  EXPECT_TRUE(act(boris, operator_action::ban));
  EXPECT_EQ(state_of(boris), "banned nudity");
  EXPECT_EQ(ask("SELECT shape FROM dating.banned_shapes"), "5");
  EXPECT_FALSE(run(conversations->find(*pool, anna, pair))->open);
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(state_of(boris), "active ");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.banned_shapes"), "0");

  EXPECT_TRUE(act(boris, operator_action::shadow));
  EXPECT_EQ(state_of(boris), "active  shadow");
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(state_of(boris), "active ");

  EXPECT_TRUE(act(boris, operator_action::warn));
  EXPECT_EQ(ask("SELECT kind FROM dating.notices"), "warned");
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.notices"), "0") << "not told yet, so not told at all";
  EXPECT_FALSE(undo(boris));
  EXPECT_EQ(audit(), by_chief("hide_photo") + " undone, " + by_chief("ban") + " undone, " +
                         by_chief("shadow") + " undone, " + by_chief("warn") + " undone");
}

TEST_F(Safety, ADecisionClosesAllComplaintsOfThePersonAndTheReportersGainOrLoseWeight) {
  like(vera, boris);
  complain(anna, boris, complaint_reason::spam);
  complain(vera, boris, complaint_reason::fake);
  const auto before = found(boris).digest;
  act(boris, operator_action::dismiss);
  EXPECT_NE(found(boris).digest, before);
  EXPECT_TRUE(found(boris).open.empty());
  EXPECT_EQ(found(boris).dismissed, 2);
  const auto other = person(6, "Other");
  like(anna, other);
  like(vera, other);
  complain(anna, other, complaint_reason::spam);
  EXPECT_NEAR(found(other).open[0].weight, 1.0 / 3 * (0.2 + 0.4 + 0.4 * 0.25), 1e-6)
      << "one in three after a dismissed one; a quarter of the profile filled";
}

TEST_F(Safety, AnUndoneDecisionDoesNotDoubleAComplaintThatCameAgain) {
  complain(anna, boris, complaint_reason::spam);
  act(boris, operator_action::dismiss);
  complain(anna, boris, complaint_reason::scam);
  EXPECT_TRUE(undo(boris));
  EXPECT_EQ(found(boris).open.size(), 1u);
}

TEST_F(Safety, WhatARuleFindsComesIntoTheQueueOnce) {
  const auto judge = [this](std::string_view text, text_place where) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return rules->judge_text(tx, boris, text, where); });
  };
  EXPECT_EQ(judge("Люблю горы", text_place::about).fate, text_fate::pass);
  EXPECT_EQ(judge("пишите в t.me/boris", text_place::about).fate, text_fate::refuse);
  EXPECT_TRUE(run(rules->queue(*pool, 9)).empty()) << "a link is refused, that is all";
  EXPECT_EQ(judge("скинь 500 рублей", text_place::letter).fate, text_fate::refuse);
  EXPECT_EQ(judge("скинь 700 рублей", text_place::letter).fate, text_fate::refuse);
  ASSERT_EQ(found(boris).open.size(), 1u);
  EXPECT_EQ(found(boris).open[0].rule, "money");
  EXPECT_EQ(judge("мне 61 наоборот", text_place::about).fate, text_fate::refuse);
  EXPECT_EQ(found(boris).open[0].rule, "minor") << "the most urgent first";
  act(boris, operator_action::dismiss);
  judge("скинь 900 рублей", text_place::letter);
  EXPECT_TRUE(found(boris).open.empty()) << "the operator has just looked into that";
}

TEST_F(Safety, TheSameOpenerGoesToThreePeopleAndOnlyItsHashIsKept) {
  std::vector<match_id> matches;
  for (int i = 0; i < 4; ++i) matches.push_back(match(anna, person(20 + i, "P" + std::to_string(i))));
  const auto allowed = [this](match_id to, std::string_view text, std::string_view name) {
    return run(rules->allow_opener(*pool, anna, to, text, name));
  };
  EXPECT_TRUE(allowed(matches[0], "Привет, P0! Пойдём гулять?", "P0"));
  EXPECT_TRUE(allowed(matches[0], "Привет, P0! Пойдём гулять?", "P0")) << "the same person twice is one";
  EXPECT_TRUE(allowed(matches[1], "ПРИВЕТ P1 пойдём гулять", "P1"));
  EXPECT_TRUE(allowed(matches[2], "Привет, P2, пойдём гулять", "P2"));
  EXPECT_FALSE(allowed(matches[3], "Привет, P3! Пойдём гулять?", "P3"));
  EXPECT_TRUE(allowed(matches[3], "Привет! Ты тоже любишь джаз?", "P3"));
  EXPECT_TRUE(allowed(matches[3], "Привет!", "P3"));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.openers WHERE hash::text LIKE '%ривет%'"), "0");
  time.advance(31 * 24h);
  EXPECT_TRUE(allowed(matches[3], "Привет, P3! Пойдём гулять?", "P3")) << "forgotten after a month";
  EXPECT_GE(run(rules->forget_openers(*pool, 100)), 3);
}

TEST_F(Safety, ATalkIsOpenedThroughAComplaintMadeInItAndEachReadingIsWrittenDown) {
  complain(anna, boris, complaint_reason::scam, pair);
  const auto id = found(boris).open[0].id;
  const auto open_talk = [&](complaint_id through) {
    return in_transaction([=, this](pg::transaction& tx) { return rules->open_talk(tx, chief, through); });
  };
  ASSERT_TRUE(open_talk(id));
  EXPECT_EQ(open_talk(id)->talk, pair);
  EXPECT_EQ(audit(), by_chief("read_talk") + ", " + by_chief("read_talk"));
  like(vera, boris);
  complain(vera, boris, complaint_reason::scam);
  const auto without = run(rules->find(*pool, boris))->open;
  for (const auto& one : without) EXPECT_EQ(open_talk(one.id).has_value(), one.id == id);
  act(boris, operator_action::dismiss);
  EXPECT_FALSE(open_talk(id)) << "decided: nobody reads on";
}

TEST_F(Safety, CardsAreKeptOncePerChatAndPerson) {
  complain(anna, boris, complaint_reason::scam);
  run(rules->keep_card(*pool, {dating_bot, -5, boris, 17, "a"}));
  run(rules->keep_card(*pool, {dating_bot, -5, boris, 18, "b"}));
  const auto kept_cards = run(rules->cards(*pool));
  ASSERT_EQ(kept_cards.size(), 1u);
  EXPECT_EQ(kept_cards[0].message_id, 18);
  EXPECT_EQ(kept_cards[0].shown, "b");
  run(rules->forget_card(*pool, dating_bot, -5, boris));
  EXPECT_TRUE(run(rules->cards(*pool)).empty());
}

}  // namespace tandem::dating
