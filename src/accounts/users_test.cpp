#include "accounts/users.hpp"

#include "accounts/dialogs.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::accounts {
namespace {

using namespace std::chrono_literals;

struct Accounts : testing::Test {
  pg::database_test db;
  pg::pool& pool = *db.pool;
  fixed_clock time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h};
  std::unique_ptr<users> people = make_users(time);
  std::unique_ptr<operators> desk = make_operators(time);
  std::unique_ptr<dialogs> questions = make_dialogs(time);

  user meet(std::string name, std::string language_code, std::int64_t id = 5) {
    seen_person seen{id, std::move(name), "anna", std::move(language_code)};
    return db.run(people->meet(pool, std::move(seen)));
  }
};

}  // namespace

TEST_F(Accounts, APersonIsMetOnceAndTheirNameKeptFresh) {
  const auto first = meet("Anna", "ru");
  const auto second = meet("Anna P.", "ru");
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(second.first_name, "Anna P.");
  EXPECT_EQ(second.username, "anna");
  EXPECT_EQ(second.time_zone, "Europe/Moscow");
  EXPECT_EQ(db.run(people->find_by_telegram(pool, 5))->id, first.id);
  EXPECT_FALSE(db.run(people->find(pool, user_id(first.id.value + 1))));
}

TEST_F(Accounts, APersonIsFoundByTheNameThatTheyHaveNow) {
  const auto who = meet("Anna", "ru");
  EXPECT_EQ(db.run(people->find_by_username(pool, "@ANNA"))->id, who.id);
  EXPECT_FALSE(db.run(people->find_by_username(pool, "boris")));
}

TEST_F(Accounts, TheLanguageFollowsTheClientUntilItIsChosenByHand) {
  EXPECT_EQ(meet("A", "uk").language, "ru");
  EXPECT_EQ(meet("A", "de").language, "en");
  EXPECT_EQ(meet("A", "").language, "en") << "a client that does not tell changes nothing";
  db.run(people->set_language(pool, meet("A", "de").id, "ru"));
  EXPECT_EQ(meet("A", "de").language, "ru");
}

TEST_F(Accounts, ABotMayWriteFromStartToBlock) {
  const auto who = meet("A", "en").id;
  EXPECT_FALSE(db.run(people->can_reach(pool, who, 1)));
  db.run(people->started(pool, who, 1));
  db.run(people->started(pool, who, 2));
  EXPECT_TRUE(db.run(people->can_reach(pool, who, 1)));
  db.run(people->blocked(pool, who, 1));
  EXPECT_FALSE(db.run(people->can_reach(pool, who, 1)));
  EXPECT_EQ(db.run(people->reachable_bots(pool, who)), std::vector<std::int64_t>{2});
  db.run(people->started(pool, who, 1));
  EXPECT_TRUE(db.run(people->can_reach(pool, who, 1)));
}

TEST_F(Accounts, TheJournalShowsTheNewestFirstAndForgetsTheOld) {
  const auto who = meet("A", "en").id;
  db.run(people->note(pool, who, "one", "started", "chat", ""));
  time.advance(1h);
  db.run(people->note(pool, who, "one", "chose_category", "categories", "design on"));
  auto entries = db.run(people->journal(pool, who, 10));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].subject, "design on");
  EXPECT_EQ(entries[1].action, "started");
  EXPECT_EQ(db.run(people->forget_journal(pool, time.now())), 1);
  EXPECT_EQ(db.run(people->journal(pool, who, 10)).size(), 1u);
}

TEST_F(Accounts, TheJournalOfOneProductIsErasedAlone) {
  const auto who = meet("A", "en").id, other = meet("B", "en", 6).id;
  for (const auto* product : {"one", "two"}) db.run(people->note(pool, who, product, product, "chat", ""));
  db.run(people->note(pool, other, "two", "started", "chat", ""));
  db.run(people->erase_journal(pool, who, "two"));
  const auto left = db.run(people->journal(pool, who, 10));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].action, "one");
  EXPECT_EQ(db.run(people->journal(pool, other, 10)).size(), 1u);
}

TEST_F(Accounts, EverythingKeptIsExportedAndErasedButForTheFact) {
  const auto who = meet("Анна", "ru").id;
  db.run(people->started(pool, who, 77));
  db.run(people->note(pool, who, "one", "started", "chat", "x1"));
  db.run(questions->wait_for(pool, who, 77, "zone"));
  const auto code = db.run(desk->new_code(pool));
  EXPECT_TRUE(db.run(desk->claim(pool, code, {77, 5, who})));
  const auto text = db.run(people->export_data(pool, who));
  for (const std::string part :
       {"Анна", "\"bot_id\": 77", "x1", "\"state\": \"zone\"", "\"operator_chats\": [{"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  db.run(people->erase(pool, who));
  static constexpr pg::statement left{
      "test.left",
      "SELECT (SELECT count(*) FROM accounts.users) + (SELECT count(*) FROM accounts.journal) + "
      "(SELECT count(*) FROM accounts.bot_chats) + (SELECT count(*) FROM accounts.dialogs) + "
      "(SELECT count(*) FROM accounts.operator_chats), (SELECT count(*) FROM accounts.deletions)",
      pg::cardinality::one};
  const auto counts = db.run(pool(left));
  EXPECT_EQ(counts.front().get<int>(0), 0);
  EXPECT_EQ(counts.front().get<int>(1), 1);
}

TEST_F(Accounts, ACodeClaimsOneChatOnceWithinADay) {
  const auto who = meet("A", "en").id;
  const auto code = db.run(desk->new_code(pool));
  EXPECT_FALSE(db.run(desk->claim(pool, "WRONG", {1, 5, who})));
  EXPECT_FALSE(db.run(desk->is_operator(pool, who)));
  EXPECT_TRUE(db.run(desk->claim(pool, code, {1, 5, who})));
  EXPECT_FALSE(db.run(desk->claim(pool, code, {1, 6, who})));
  EXPECT_TRUE(db.run(desk->is_operator(pool, who)));
  const auto late = db.run(desk->new_code(pool));
  time.advance(25h);
  EXPECT_FALSE(db.run(desk->claim(pool, late, {1, 6, who})));
}

TEST_F(Accounts, AnOperatorsChatMovesAndIsForgotten) {
  const auto who = meet("A", "en").id;
  const auto code = db.run(desk->new_code(pool));
  EXPECT_TRUE(db.run(desk->claim(pool, code, {1, -5, who})));
  db.run(desk->moved(pool, 1, -5, -1005));
  ASSERT_EQ(db.run(desk->chats(pool)).size(), 1u);
  EXPECT_EQ(db.run(desk->chats(pool))[0].chat_id, -1005);
  db.run(desk->forget(pool, {1, -1005, {}}));
  EXPECT_TRUE(db.run(desk->chats(pool)).empty());
}

TEST_F(Accounts, AQuestionWaitsForADayAndPerBot) {
  const auto who = meet("A", "en").id;
  EXPECT_EQ(db.run(questions->waiting_for(pool, 5, 1)), "");
  db.run(questions->wait_for(pool, who, 1, "zone"));
  EXPECT_EQ(db.run(questions->waiting_for(pool, 5, 1)), "zone");
  EXPECT_EQ(db.run(questions->waiting_for(pool, 5, 2)), "");
  db.run(questions->wait_for(pool, who, 1, ""));
  EXPECT_EQ(db.run(questions->waiting_for(pool, 5, 1)), "");
  db.run(questions->wait_for(pool, who, 1, "zone"));
  EXPECT_EQ(db.run(questions->answered_by(pool, 5, 1, 40)), "") << "nobody knows yet where it stands";
  db.run(questions->asked_in(pool, who, 1, "name", 39));
  db.run(questions->asked_in(pool, who, 1, "zone", 40));
  db.run(questions->wait_for(pool, who, 1, "zone"));
  EXPECT_EQ(db.run(questions->answered_by(pool, 5, 1, 40)), "zone") << "the same question";
  EXPECT_EQ(db.run(questions->answered_by(pool, 5, 1, 39)), "");
  db.run(questions->wait_for(pool, who, 1, "name"));
  EXPECT_EQ(db.run(questions->answered_by(pool, 5, 1, 40)), "") << "another one";
  db.run(questions->wait_for(pool, who, 1, "zone"));
  time.advance(25h);
  EXPECT_EQ(db.run(questions->waiting_for(pool, 5, 1)), "");
}

}  // namespace tandem::accounts
