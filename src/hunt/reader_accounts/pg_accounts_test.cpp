#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "hunt/reader_accounts/accounts.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

std::filesystem::path new_key_file() {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("accounts-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  return folder / "master.key";
}

struct AccountBook : testing::Test, way {
  std::unique_ptr<seal::vault> secrets = seal::open_vault(new_key_file(), true);
  std::unique_ptr<account_book> book = make_account_book(*db.pool, *secrets, time, &steps);

  AccountBook() {
    run(pg::run_script(*db.pool,
                       "TRUNCATE hunt.reader_accounts, hunt.account_sources RESTART IDENTITY CASCADE;"));
  }
  account_id log_in(std::string_view name, std::int64_t user_id = 7) {
    const auto slot = run(book->begin_login(name));
    run(book->end_login(slot->id, user_id, "Anna"));
    return slot->id;
  }
  account the_only() { return run(book->list()).at(0); }
  source_id add_chat(std::string_view written) { return *run(book->add_source(written, "")); }
  account_source chat() { return run(book->read_sources()).at(0); }
  // A post that is a live vacancy by now.
  void publish(const source& from, std::int64_t id, std::string_view text) {
    take(from, {post(id, text)});
    run(pg::run_script(
        *db.pool,
        "INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) SELECT "
        "post_id, text, '', now(), now(), now() FROM hunt.posts WHERE state = 'waiting';"
        "UPDATE hunt.posts SET state = 'judged' WHERE state = 'waiting';"));
  }
};

TEST_F(AccountBook, ALoginThatWasNotEndedGoesOnWithTheKeyOfItsFiles) {
  const auto first = run(book->begin_login("one"));
  const auto again = run(book->begin_login("one"));
  EXPECT_EQ(first->key, again->key);
  EXPECT_EQ(first->key.size(), 32u);
  EXPECT_NE(run(book->begin_login("two"))->key, first->key);
}

TEST_F(AccountBook, AnAccountInUseIsNotLoggedInAgainUntilItIsOut) {
  const auto id = log_in("one");
  EXPECT_FALSE(run(book->begin_login("one")));
  run(book->note_state(id, account_state::logged_out, std::nullopt, ""));
  EXPECT_TRUE(run(book->begin_login("one")));
}

TEST_F(AccountBook, TheOperatorsPauseOutlivesWhatTelegramSays) {
  const auto id = log_in("one");
  EXPECT_TRUE(run(book->wish("one", account_state::paused)));
  run(book->note_state(id, account_state::limited, time.now() + 1h, "rest"));
  EXPECT_EQ(the_only().state, account_state::paused);
  EXPECT_TRUE(run(book->wish("one", account_state::active)));
  EXPECT_FALSE(run(book->wish("nobody", account_state::active)));
}

TEST_F(AccountBook, JoinsOfTheLastDayAreCounted) {
  const auto id = log_in("one");
  run(book->note_join_try(id));
  time.advance(23h);
  run(book->note_join_try(id));
  EXPECT_EQ(the_only().joins_today, 2);
  time.advance(2h);
  EXPECT_EQ(the_only().joins_today, 1);
  EXPECT_EQ(the_only().last_join, time.now() - 2h);
}

TEST_F(AccountBook, AnInviteLinkIsSealedAndComesBack) {
  add_chat("t.me/joinchat/AbCdEfGh1234");
  EXPECT_EQ(chat().link, "https://t.me/+AbCdEfGh1234");
  EXPECT_FALSE(chat().what.name.contains("AbCd"));
  EXPECT_EQ(ask("SELECT position('AbCd'::bytea IN sealed_link) FROM hunt.account_sources"), "0");
  EXPECT_EQ(run(book->add_source("https://t.me/+AbCdEfGh1234", "")).error().why, source_error::already_there);
}

TEST_F(AccountBook, WhatIsNeitherNameNorLinkIsRefused) {
  EXPECT_EQ(run(book->add_source("two words", "")).error().why, source_error::bad_name);
  EXPECT_EQ(run(book->add_source("@jobs", "(")).error().why, source_error::bad_rules);
}

TEST_F(AccountBook, SeatsAreKeptAndForgottenWithAnotherPerson) {
  const auto id = log_in("one", 7);
  const auto chat_of = add_chat("@jobs");
  run(book->keep_seat(chat_of, {id, -1001, membership::joined, "", {}}));
  EXPECT_EQ(chat().seat_of(id)->chat_id, -1001);
  run(book->note_state(id, account_state::logged_out, std::nullopt, ""));
  run(book->end_login(id, 7, "Anna"));
  EXPECT_TRUE(chat().seat_of(id));
  run(book->end_login(id, 8, "Boris"));
  EXPECT_FALSE(chat().seat_of(id));
}

TEST_F(AccountBook, APrivateChatGetsItsNumberForAName) {
  const auto id = add_chat("https://t.me/+AbCdEfGh1234");
  run(book->rename_source(id, "c/55"));
  EXPECT_EQ(chat().what.name, "c/55");
}

TEST_F(AccountBook, ADeletedPostTakesItsVacancyWithIt) {
  const auto from = add("jobs");
  publish(from, 1, "нужен дизайн сайта для кофейни на берегу моря");
  EXPECT_EQ(run(book->close_posts(from, {1, 99})), 1);
  EXPECT_EQ(ask("SELECT concat_ws('|', p.state, p.reason, v.state, v.closed) FROM hunt.posts p JOIN "
                "hunt.vacancies v USING (post_id)"),
            "dropped|deleted|withdrawn|t");
  EXPECT_EQ(steps.last(post_event::kind::withdrawn).message_id, 1);
  EXPECT_EQ(run(book->close_posts(from, {1})), 0);
}

TEST_F(AccountBook, AVacancyThatStandsElsewhereStays) {
  const auto here = add("jobs"), there = add("other_jobs");
  const auto* text = "нужен дизайн сайта для кофейни на берегу моря, бюджет сто тысяч рублей";
  publish(here, 1, text);
  take(there, {post(1, text)});
  EXPECT_EQ(run(book->close_posts(here, {1})), 0);
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "live");
  EXPECT_EQ(run(book->close_posts(there, {1})), 1);
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "withdrawn");
}

TEST_F(AccountBook, PostsThatCanStillBeDeletedAreKnown) {
  const auto from = add("jobs");
  take(from, {post(1, "нужен код"), post(2, ""), post(3, "нужен дизайн")});
  EXPECT_EQ(run(book->open_posts(from.id, 1, 9)), (std::vector<std::int64_t>{1, 3}));
}

}  // namespace
}  // namespace tandem::hunt
