#include "hunt/reports/reports.hpp"

#include "async/scope.hpp"
#include "async/within.hpp"
#include "hunt/delivery/deliveries_sql.hpp"
#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

// Does something else before the first statement of this name.
class interrupted_transaction final : public pg::transaction {
 public:
  interrupted_transaction(pg::transaction& inner, std::string_view at, std::function<task<>()> meanwhile)
      : inner_(inner), at_(at), meanwhile_(std::move(meanwhile)) {}
  task<pg::result> run(const pg::statement& what, pg::params with) override {
    if (what.name == at_ && meanwhile_) {
      const auto once = std::exchange(meanwhile_, nullptr);
      co_await once();
    }
    co_return co_await inner_.run(what, std::move(with));
  }
  task<> commit() override { return inner_.commit(); }
  void after_commit(std::function<void()> then) override { inner_.after_commit(std::move(then)); }
  bool was_interrupted() const { return !meanwhile_; }

 private:
  pg::transaction& inner_;
  std::string_view at_;
  std::function<task<>()> meanwhile_;
};

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

// The delivery marks the cards of two vacancies as sent while an operator decides about one of them or both.
struct ReportsBesideTheDelivery : Reports {
  vacancy_id logo = vacancy("Logo", {{design, 0.9}});
  std::vector<std::string> failed;
  async::scope others{io.on(), [this](std::string_view who, const std::exception_ptr& why) {
                        failed.push_back(std::string(who) + ": " + async::text_of(why));
                      }};

  ReportsBesideTheDelivery() {
    for (const auto what : {landing, logo}) {
      delivered(what, anna, design);
      delivered(what, boris, design);
    }
    ask("UPDATE hunt.deliveries SET state = 'due'");
  }
  ~ReportsBesideTheDelivery() override { run(others.stop()); }

  // Of both vacancies, the later one first.
  task<> mark_sent(pg::session& in) {
    const std::vector<std::int64_t> what{logo.value, landing.value}, who{anna.id.value, anna.id.value},
        slots{0, 0}, messages{7, 8}, shown{1, 1};
    const std::vector<instant> at{time.now(), time.now()};
    co_await in(sql::deliveries::mark_sent, what, who, slots, messages, at, shown);
  }
  task<> mark_sent_in_transaction() {
    const auto tx = co_await pool->begin();
    co_await mark_sent(*tx);
    co_await tx->commit();
  }
  task<> decide_at(decision how, std::optional<category_id> to) {
    const auto tx = co_await pool->begin();
    EXPECT_TRUE(co_await complaints->decide(*tx, logo, how, to));
    co_await tx->commit();
  }
  // Until somebody waits for a lock of this database.
  task<> somebody_waits() {
    static constexpr pg::statement waiting{"test.waiting",
                                           "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                           "current_database() AND wait_event_type = 'Lock'",
                                           pg::cardinality::one};
    for (std::int64_t count = 0; count == 0;) {
      const auto rows = co_await (*pool)(waiting);
      count = rows.front().get<std::int64_t>(0);
    }
  }
  task<> delivery_comes_between() {
    others.spawn("delivery", mark_sent_in_transaction());
    co_await async::within(20s, somebody_waits());
  }
  task<> decide_with_the_delivery_between(decision how, std::optional<category_id> to, std::string_view at) {
    const auto tx = co_await pool->begin();
    interrupted_transaction in(*tx, at, [this] { return delivery_comes_between(); });
    EXPECT_TRUE(co_await complaints->decide(in, logo, how, to));
    EXPECT_TRUE(in.was_interrupted());
    co_await in.commit();
    co_await others.join();
  }
  task<> mark_sent_with_the_decision_between(decision how, std::optional<category_id> to) {
    const auto tx = co_await pool->begin();
    co_await mark_sent(*tx);
    others.spawn("operator", decide_at(how, to));
    co_await async::within(20s, somebody_waits());
    co_await tx->commit();
    co_await others.join();
  }
  std::string of_logo() {
    return ask("SELECT string_agg(state, ' ' ORDER BY user_id) FROM hunt.deliveries WHERE vacancy_id = " +
               std::to_string(logo.value));
  }
};

}  // namespace

TEST_F(ReportsBesideTheDelivery, WithdrawingWaitsForNobodyWhoWaitsForIt) {
  run(decide_with_the_delivery_between(decision::withdrawn, {}, "reports.withdraw_due"));
  EXPECT_EQ(failed, std::vector<std::string>());
  EXPECT_EQ(of_logo(), "sent withdrawn") << "what was sent is written as sent all the same";
}

TEST_F(ReportsBesideTheDelivery, ABanLocksAllThatItTakesAlongAtOnce) {
  run(decide_with_the_delivery_between(decision::author_banned, {}, "reports.withdraw"));
  EXPECT_EQ(failed, std::vector<std::string>());
  EXPECT_EQ(of_logo(), "sent withdrawn");
  EXPECT_EQ(state_of(landing), "withdrawn");
}

TEST_F(ReportsBesideTheDelivery, FilingUnderAnotherCategoryDoesToo) {
  run(decide_with_the_delivery_between(decision::recategorised, development, "reports.refile_due"));
  EXPECT_EQ(failed, std::vector<std::string>());
  EXPECT_EQ(of_logo(), "sent withdrawn");
}

TEST_F(ReportsBesideTheDelivery, WhoeverComesSecondWaitsAndThenSeesWhatWasSent) {
  run(mark_sent_with_the_decision_between(decision::author_banned, {}));
  EXPECT_EQ(failed, std::vector<std::string>());
  EXPECT_EQ(of_logo(), "sent withdrawn");
}

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
