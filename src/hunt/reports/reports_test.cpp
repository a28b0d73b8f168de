#include "hunt/reports/reports.hpp"

#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

struct Reports : testing::Test, town {
  bool decide(vacancy_id what, decision how, std::optional<category_id> to = {}) {
    return run(decide_in_transaction(what, how, to));
  }
  task<bool> decide_in_transaction(vacancy_id what, decision how, std::optional<category_id> to) {
    const auto tx = co_await pool->begin();
    const bool done = co_await complaints->decide(*tx, what, how, to);
    co_await tx->commit();
    co_return done;
  }
  bool undo(vacancy_id what) { return run(undo_in_transaction(what)); }
  task<bool> undo_in_transaction(vacancy_id what) {
    const auto tx = co_await pool->begin();
    const bool done = co_await complaints->undo(*tx, what);
    co_await tx->commit();
    co_return done;
  }
  void report(const accounts::user& who, vacancy_id what, std::string_view reason) {
    run(vacancies->report(*pool, who.id, what, reason));
  }
  std::optional<reported_vacancy> find(vacancy_id what) { return run(complaints->find(*pool, what)); }
  std::string state_of(vacancy_id what) {
    return ask("SELECT state FROM hunt.vacancies WHERE vacancy_id = " + std::to_string(what.value));
  }
  std::string label() {
    return ask("SELECT concat_ws(' ', kind, categories, scam, labelled_by) FROM hunt.labels");
  }

  accounts::user anna = reader_of(1, design), boris = reader_of(2, design);
  vacancy_id landing = vacancy("Landing", {{design, 0.9}, {development, 0.6}});
};

}  // namespace

TEST_F(Reports, AreGroupedByReasonAndOnlyWhoGotTheVacancyCounts) {
  const auto stranger = reader_of(3, design);
  delivered(landing, anna, design);
  delivered(landing, boris, design);
  report(anna, landing, "not_vacancy");
  report(boris, landing, "scam");
  report(boris, landing, "not_vacancy");  // changed their mind
  report(stranger, landing, "scam");
  const auto found = find(landing);
  ASSERT_EQ(found->open.size(), 1u);
  EXPECT_EQ(found->open[0].reason, "not_vacancy");
  EXPECT_EQ(found->open[0].readers, 2);
  EXPECT_EQ(found->card.category, design);
  EXPECT_EQ(run(complaints->open(*pool, 10)), std::vector{landing});
  run(vacancies->take_back_report(*pool, anna.id, landing));
  EXPECT_NE(find(landing)->digest, found->digest);
}

TEST_F(Reports, RightAsItIsClosesThemAndLabelsThePost) {
  delivered(landing, anna, design);
  report(anna, landing, "wrong_category");
  EXPECT_TRUE(decide(landing, decision::right_category));
  EXPECT_EQ(find(landing)->last_decision, decision::right_category);
  EXPECT_TRUE(find(landing)->open.empty());
  EXPECT_EQ(label(), "vacancy {design,development} f operator");
  EXPECT_EQ(state_of(landing), "live");
  report(anna, landing, "scam");
  EXPECT_EQ(find(landing)->open.size(), 1u) << "a new report opens it again";
}

TEST_F(Reports, NoVacancyIsWithdrawnFromThoseWhoWaitAndLabelled) {
  delivered(landing, anna, design);
  delivered(landing, boris, design);
  ask("UPDATE hunt.deliveries SET state = 'due' WHERE user_id = " + std::to_string(boris.id.value));
  report(anna, landing, "scam");
  EXPECT_TRUE(decide(landing, decision::not_vacancy));
  EXPECT_TRUE(decide(landing, decision::not_vacancy)) << "safe to repeat";
  EXPECT_EQ(state_of(landing), "withdrawn");
  EXPECT_EQ(label(), "none {} t operator");
  EXPECT_EQ(ask("SELECT string_agg(state, ',' ORDER BY user_id) FROM hunt.deliveries"), "sent,withdrawn");
}

TEST_F(Reports, AnotherCategoryTakesTheVacancyToThoseWhoChoseIt) {
  const auto coder = reader_of(3, development);
  choose(boris, data_and_analytics);
  delivered(landing, anna, design);
  delivered(landing, boris, design);
  ask("UPDATE hunt.deliveries SET state = 'due'");
  report(anna, landing, "wrong_category");
  EXPECT_FALSE(decide(landing, decision::recategorised, category_id(99)));
  EXPECT_EQ(find(landing)->open.size(), 1u);
  EXPECT_TRUE(decide(landing, decision::recategorised, data_and_analytics));
  EXPECT_EQ(find(landing)->card.category, data_and_analytics);
  EXPECT_TRUE(find(landing)->card.also.empty());
  EXPECT_EQ(ask("SELECT string_agg(category_id || ' ' || state, ', ' ORDER BY user_id) FROM hunt.deliveries"),
            "2 withdrawn, 2 due");
  EXPECT_EQ(label(), "vacancy {data} f operator");
  EXPECT_EQ(run(lanes->lanes()).front().waiting, 1)
      << "published again for the readers of the right category";
  EXPECT_EQ(run(vacancies->reason(*pool, anna.id, landing))->engine, "operator");
}

TEST_F(Reports, ABannedAuthorLosesEverythingOfLately) {
  const auto other = vacancy("Another of hers", {{design, 0.9}});
  const auto innocent = vacancy("Somebody else's", {{design, 0.9}}, "@olga");
  delivered(landing, anna, design);
  report(anna, landing, "scam");
  EXPECT_TRUE(decide(landing, decision::author_banned));
  EXPECT_EQ(ask("SELECT author_key FROM hunt.banned_authors"), "@anna");
  EXPECT_EQ(state_of(landing) + state_of(other) + state_of(innocent), "withdrawnwithdrawnlive");
  EXPECT_FALSE(decide(vacancy_id(12'345), decision::author_banned)) << "no such vacancy";
}

TEST_F(Reports, AnUnknownAuthorIsNotBannedButTheVacancyGoes) {
  const auto anonymous = vacancy("Nameless", {{design, 0.9}}, "");
  EXPECT_TRUE(decide(anonymous, decision::author_banned));
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.banned_authors"), "0");
  EXPECT_EQ(state_of(anonymous) + state_of(landing), "withdrawnlive");
}

TEST_F(Reports, EachReporterIsToldOnceWhereTheyGotTheVacancy) {
  assign(5, "design");
  delivered(landing, anna, design, 5);
  delivered(landing, boris, design);
  report(anna, landing, "scam");
  report(boris, landing, "scam");
  EXPECT_TRUE(run(complaints->take_untold(*pool, 10)).empty());
  decide(landing, decision::withdrawn);
  auto told = run(complaints->take_untold(*pool, 10));
  ASSERT_EQ(told.size(), 2u);
  std::ranges::sort(told, {}, &report_outcome::chat_id);
  EXPECT_EQ(told[0].bot_id, 5);
  EXPECT_EQ(told[0].chat_id, 101);
  EXPECT_EQ(told[0].what, decision::withdrawn);
  EXPECT_EQ(told[1].bot_id, main_bot);
  EXPECT_TRUE(run(complaints->take_untold(*pool, 10)).empty());
}

TEST_F(Reports, ADecisionThatWithdrewIsTakenBackWithAllThatWentWithIt) {
  const auto other = vacancy("Another of hers", {{design, 0.9}});
  delivered(landing, anna, design);
  report(anna, landing, "scam");
  EXPECT_FALSE(undo(landing)) << "nothing was decided";
  EXPECT_TRUE(decide(landing, decision::author_banned));
  EXPECT_EQ(state_of(landing) + state_of(other), "withdrawnwithdrawn");
  EXPECT_TRUE(undo(landing));
  EXPECT_FALSE(undo(landing)) << "safe to repeat";
  EXPECT_EQ(state_of(landing) + state_of(other), "livelive");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.banned_authors"), "0");
  EXPECT_EQ(find(landing)->open.size(), 1u) << "the report waits again";
  EXPECT_EQ(run(lanes->lanes()).front().waiting, 2) << "handed out to those who waited";
  EXPECT_TRUE(decide(landing, decision::not_vacancy));
  EXPECT_EQ(label(), "none {} t operator");
  EXPECT_TRUE(undo(landing));
  EXPECT_EQ(label(), "");
}

TEST_F(Reports, UndoingAWithdrawalDoesNotLiftABan) {
  ask("INSERT INTO hunt.banned_authors VALUES ('@anna', now())");
  EXPECT_TRUE(decide(landing, decision::withdrawn));
  EXPECT_TRUE(undo(landing));
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.banned_authors"), "1");
}

}  // namespace tandem::hunt
