#include "hunt/reader_accounts/account_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <fstream>

#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using tdlib::json::object;

// Telegram behind TDLib: an account is logged in where its session's file is.
struct telegram_town : tdlib::hub {
  executor on;
  pg::pool& database;
  std::vector<std::string> asked;
  std::string refuses_to_open;
  std::string_view after_second_join;  // SQL
  int messages = 0;                    // of the only chat
  std::size_t page = 100;

  telegram_town(executor where, pg::pool& db) : on(std::move(where)), database(db) {}
  std::unique_ptr<tdlib::client> make_client(std::function<void(const object&)> heard) override;
  task<> stop() override { co_return; }

  std::int64_t times(std::string_view request) const { return std::ranges::count(asked, request); }
  object history(std::int64_t from) const {
    boost::json::array out;
    const auto newest = from == 0 ? messages : tdlib::to_server_id(from) - 1;
    for (auto id = newest; id > 0 && out.size() < page; --id) {
      out.push_back(object{{"@type", "message"},
                           {"id", tdlib::to_local_id(id)},
                           {"chat_id", chat_of_supergroup(5)},
                           {"content", object{{"@type", "messageText"}}}});
    }
    return {{"@type", "messages"}, {"messages", std::move(out)}};
  }
};

class played_client final : public tdlib::client {
 public:
  played_client(telegram_town& town, std::function<void(const object&)> heard)
      : town_(town), heard_(std::make_shared<std::function<void(const object&)>>(std::move(heard))) {
    become("authorizationStateWaitTdlibParameters");
  }

  task<tdlib::answer> ask(object request, std::chrono::milliseconds) override {
    const std::string type(tdlib::type_of(request));
    town_.asked.push_back(type);
    co_await async::yield();
    if (type == "setTdlibParameters") {
      if (!town_.refuses_to_open.empty())
        co_return std::unexpected(tdlib::failure{400, town_.refuses_to_open});
      const auto folder = std::filesystem::path(tdlib::text(request, "database_directory"));
      const bool logged_in = std::filesystem::exists(folder / "td.binlog");
      std::ofstream(folder / "td.binlog", std::ios::app);
      become(logged_in ? "authorizationStateReady" : "authorizationStateWaitPhoneNumber");
    }
    if (type == "logOut") co_await close();
    if (type == "joinChat" && town_.times(type) == 2)
      co_await pg::run_script(town_.database, town_.after_second_join);
    if (type == "getChatHistory") co_return town_.history(tdlib::number(request, "from_message_id"));
    co_return object{
        {"@type", "ok"}, {"id", chat_of_supergroup(5)}, {"type", object{{"@type", "chatTypeSupergroup"}}}};
  }
  task<> close() override {
    if (!std::exchange(closed_, true)) become("authorizationStateClosed");
    co_await async::yield();
  }
  bool is_closed() const override { return closed_; }

 private:
  void become(std::string_view state) {
    boost::asio::post(town_.on, [to = std::weak_ptr(heard_),
                                 said = object{{"@type", "updateAuthorizationState"},
                                               {"authorization_state", object{{"@type", state}}}}] {
      if (const auto heard = to.lock()) (*heard)(said);
    });
  }

  telegram_town& town_;
  std::shared_ptr<std::function<void(const object&)>> heard_;
  bool closed_ = false;
};

std::unique_ptr<tdlib::client> telegram_town::make_client(std::function<void(const object&)> heard) {
  return std::make_unique<played_client>(*this, std::move(heard));
}

struct AccountReader : testing::Test, way {
  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("sessions-" + std::to_string(::getpid()));
  telegram_town telegram{db.io.on(), *db.pool};
  std::unique_ptr<seal::vault> secrets;
  std::unique_ptr<account_book> book;
  std::vector<source_gap> gaps;
  account_reader_options options;
  std::unique_ptr<async::part> reader;

  AccountReader() {
    std::filesystem::remove_all(folder);
    secrets = seal::open_vault(folder / "master.key", true);
    book = make_account_book(*db.pool, *secrets, time);
    run(pg::run_script(*db.pool,
                       "TRUNCATE hunt.reader_accounts, hunt.account_sources RESTART IDENTITY CASCADE;"));
    options.folder = folder;
    options.joins = {1'000, 0s, 24h};
    options.session.reading_gap = options.session.searching_gap = 0ms;
    options.refresh_gap = options.reopen_gap = 5ms;
  }
  ~AccountReader() override {
    if (reader) run(reader->stop());
    run(lanes->stop());
    run(db.pool->close());  // it would tell the reader of changes
    std::filesystem::remove_all(folder);
  }

  account_id log_in(std::string_view name) {
    const auto slot = run(book->begin_login(name));
    run(book->end_login(slot->id, 7, "Anna"));
    return slot->id;
  }
  std::filesystem::path folder_of(account_id who) const { return folder / std::to_string(who.value); }
  void put_session(account_id who) const {
    std::ofstream(session_folder(folder, who) / "td.binlog") << "a session";
  }
  void start() {
    account_reader_parts parts{db.io.on(), *db.pool, *book, *way_in, time, figures, {}, {}, {}};
    parts.telegram = [this] { return &telegram; };
    parts.left_out = [this](const source_gap& one) { gaps.push_back(one); };
    reader = make_account_reader(std::move(parts), options);
    run(reader->start());
  }
  account account_named(std::string_view name) {
    auto all = run(book->list());
    return *std::ranges::find(all, name, &account::name);
  }
  // Whether it becomes true within a time that is long for it.
  bool becomes(const std::function<bool()>& what) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!what()) {
      if (std::chrono::steady_clock::now() > until) return false;
      run(async::yield());
    }
    return true;
  }
  bool becomes(std::string_view name, account_state state, std::string_view detail) {
    return becomes([&] {
      const auto one = account_named(name);
      return one.state == state && one.last_error.contains(detail);
    });
  }
};

TEST_F(AccountReader, ADatabaseErrorDuringAJoinDoesNotEndTheAccountsJoining) {
  put_session(log_in("one"));
  run(book->add_source("@orders", ""));
  run(pg::run_script(
      *db.pool, "ALTER TABLE hunt.memberships ADD CONSTRAINT broken CHECK (state <> 'joined') NOT VALID"));
  telegram.after_second_join = "ALTER TABLE hunt.memberships DROP CONSTRAINT broken";
  start();
  EXPECT_TRUE(becomes([&] { return ask("SELECT state FROM hunt.memberships") == "joined"; }));
}

TEST_F(AccountReader, ASessionFolderThatCannotBeUsedStopsItsAccountAlone) {
  const auto broken = log_in("broken");
  put_session(log_in("other"));
  std::filesystem::create_symlink(folder_of(broken), folder_of(broken));  // a loop, which stops root as well
  start();
  EXPECT_TRUE(becomes([&] { return reader->state().detail.starts_with("broken: " + folder.string()); }))
      << reader->state().detail;
  EXPECT_FALSE(reader->state().ready);
  EXPECT_TRUE(becomes("broken", account_state::active, "cannot be used"));
  EXPECT_TRUE(becomes([&] { return telegram.times("setTdlibParameters") == 1; }));
}

TEST_F(AccountReader, AnAccountWhoseSessionIsElsewhereStaysLoggedInAndReadsOnceItIsHere) {
  const auto who = log_in("one");
  run(book->add_source("@orders", ""));
  start();
  EXPECT_TRUE(becomes("one", account_state::active, "not on this machine"));
  EXPECT_FALSE(reader->state().ready);
  EXPECT_TRUE(telegram.asked.empty());
  put_session(who);
  EXPECT_TRUE(becomes([&] { return telegram.times("getChatHistory") > 0; }));
  EXPECT_TRUE(becomes([&] { return account_named("one").last_error.empty(); }));
  EXPECT_TRUE(reader->state().ready);
}

TEST_F(AccountReader, ALogoutEndsAlsoWhenTheSessionCannotBeOpened) {
  const auto who = log_in("one");
  put_session(who);
  telegram.refuses_to_open = "it is already in use";
  options.reopen_gap = 1h;
  start();
  EXPECT_TRUE(becomes("one", account_state::active, "Another program"));
  EXPECT_FALSE(reader->state().ready);
  ASSERT_TRUE(run(book->wish("one", account_state::leaving)));
  EXPECT_TRUE(becomes("one", account_state::logged_out, "Telegram was not told"));
  EXPECT_EQ(telegram.times("setTdlibParameters"), 2) << "tried once more for the logout";
  EXPECT_FALSE(std::filesystem::exists(folder_of(who)));
  EXPECT_TRUE(run(book->begin_login("one")));
}

TEST_F(AccountReader, TheOperatorIsToldWhatALongBackFillLeavesOut) {
  put_session(log_in("one"));
  run(book->add_source("@orders", ""));
  run(pg::run_script(*db.pool, "UPDATE hunt.sources SET last_message_id = 10"));
  options.feed.most_messages = 30;
  telegram.messages = 100;
  telegram.page = 7;
  start();
  EXPECT_TRUE(becomes([&] { return ask("SELECT last_message_id FROM hunt.sources") == "100"; }));
  EXPECT_TRUE(becomes([&] { return !gaps.empty(); }));
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].name, "@orders");
  EXPECT_EQ(gaps[0].after, 10);
  EXPECT_EQ(gaps[0].before, 66);  // five pages of seven
}

}  // namespace
}  // namespace tandem::hunt
