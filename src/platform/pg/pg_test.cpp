#include "platform/pg/pg.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/test_database.hpp"

using namespace tandem;
using namespace tandem::pg;
using namespace std::chrono_literals;

namespace {

constexpr statement one_number{"test.one_number", "SELECT $1::bigint + 1", cardinality::one};
constexpr statement many_numbers{"test.many_numbers", "SELECT generate_series(1, $1::bigint)",
                                 cardinality::many};
constexpr statement too_many{"test.too_many", "SELECT generate_series(1, 2)", cardinality::optional};
constexpr statement divide{"test.divide", "SELECT 1 / $1::bigint", cardinality::one};
constexpr statement my_pid{"test.my_pid", "SELECT pg_backend_pid()", cardinality::one};
constexpr statement end_backend{"test.end_backend", "SELECT pg_terminate_backend($1::int)", cardinality::one};
constexpr statement nap{"test.nap", "SELECT pg_sleep($1::float8)::text", cardinality::one};
constexpr statement add_error{"test.add_error",
                              "INSERT INTO platform.errors (fingerprint, room, message, first_at, last_at) "
                              "VALUES ($1, 'r', 'm', now(), now())",
                              cardinality::exec};
constexpr statement count_errors{"test.count_errors", "SELECT count(*) FROM platform.errors",
                                 cardinality::one};
constexpr statement notify{"test.notify", "SELECT pg_notify('tandem_test', $1)", cardinality::one};

task<std::int64_t> number(session& on, const statement& what) {
  const auto rows = co_await on(what);
  co_return rows.front().get<std::int64_t>(0);
}

struct Pool : testing::Test {
  database_test db{2};

  template <class T, class... A>
  T echo(const char* type, const A&... value) {
    const std::string text = std::string("SELECT $1::") + type;
    const statement what{"test.echo", text, cardinality::one};
    return db.run((*db.pool)(what, value...)).front().template get<T>(0);
  }
};

}  // namespace

TEST_F(Pool, EveryTypeComesBackAsItWasSent) {
  EXPECT_EQ(echo<std::int64_t>("bigint", std::numeric_limits<std::int64_t>::min()),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(echo<user_id>("bigint", user_id(7)), user_id(7));
  EXPECT_EQ(echo<double>("float8", 0.1), 0.1);
  EXPECT_TRUE(std::isnan(echo<double>("float8", std::nan(""))));
  EXPECT_EQ(echo<bool>("boolean", true), true);
  EXPECT_EQ(echo<std::string>("text", "Привет, \"мир\" \\ '"), "Привет, \"мир\" \\ '");
  EXPECT_EQ(echo<std::string>("text", std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(echo<std::string>("text", "\xFFж\xED\xA0\x80 \xC0\xAF😀\xF0\x9F"),
            "\uFFFDж\uFFFD\uFFFD\uFFFD \uFFFD\uFFFD😀\uFFFD\uFFFD");
  const std::vector<std::string> broken = {"a\"\x80\"", "\xE2\x82"};
  EXPECT_EQ(echo<std::vector<std::string>>("text[]", broken),
            (std::vector<std::string>{"a\"\uFFFD\"", "\uFFFD\uFFFD"}));
  const std::vector<std::byte> bytes = {std::byte{0}, std::byte{255}, std::byte{'\\'}};
  EXPECT_EQ(echo<std::vector<std::byte>>("bytea", bytes), bytes);
  const std::vector<std::string> texts = {"", "a,b", "\"q\"", "back\\slash", "NULL", "{}", " "};
  EXPECT_EQ(echo<std::vector<std::string>>("text[]", texts), texts);
  const std::vector<user_id> ids = {user_id(1), user_id(-2)};
  EXPECT_EQ(echo<std::vector<user_id>>("bigint[]", ids), ids);
  EXPECT_EQ(echo<std::vector<std::int64_t>>("bigint[]", std::vector<std::int64_t>{}),
            std::vector<std::int64_t>{});
  EXPECT_EQ(echo<std::optional<std::int64_t>>("bigint", std::optional<std::int64_t>{}), std::nullopt);
  EXPECT_EQ(echo<std::string>("interval", std::chrono::microseconds(-1'500'000)), "-00:00:01.5");
}

TEST_F(Pool, TimesComeBackToTheMicrosecond) {
  using namespace std::chrono;
  const instant times[] = {instant(0us),
                           instant(-1us),
                           sys_days(2024y / 2 / 29) + 23h + 59min + 59s + 999999us,
                           sys_days(year(-43) / 3 / 15) + 12h,
                           sys_days(year(12024) / 1 / 1),
                           instant::max(),
                           instant::min()};
  for (const auto time : times) EXPECT_EQ(echo<instant>("timestamptz", time), time);
  const statement zoned{"test.zoned", "SELECT '2024-05-01 03:04:05.6-03:30'::text", cardinality::one};
  EXPECT_EQ(db.run((*db.pool)(zoned)).front().get<instant>(0),
            instant(sys_days(2024y / 5 / 1) + 6h + 34min + 5600ms));
}

TEST_F(Pool, ANullReadAsAValueAndAWrongTypeAreErrors) {
  const statement null{"test.null", "SELECT NULL::text, 'x'", cardinality::one};
  const auto rows = db.run((*db.pool)(null));
  EXPECT_THROW(rows.front().get<std::string>(0), error);
  EXPECT_THROW(rows.front().get<std::int64_t>(1), error);
  EXPECT_THROW(rows.front().get<instant>(1), error);
  EXPECT_THROW(rows.front().get<std::string>(2), error);
}

TEST_F(Pool, ANumberOfRowsAgainstTheCardinalityIsAnError) {
  EXPECT_THROW(db.run((*db.pool)(too_many)), error);
  EXPECT_EQ(db.run((*db.pool)(many_numbers, 1000)).size(), 1000);
}

TEST_F(Pool, AnErrorLeavesTheConnectionUsable) {
  const auto before = db.run(number(*db.pool, my_pid));
  try {
    db.run((*db.pool)(divide, 0));
    FAIL();
  } catch (const error& failure) {
    EXPECT_EQ(failure.state, "22012");
    EXPECT_EQ(std::string(failure.what()), "test.divide: division by zero (22012)");
  }
  EXPECT_EQ(db.run(number(*db.pool, my_pid)), before);
}

TEST_F(Pool, AUniqueViolationNamesItsConstraint) {
  db.run((*db.pool)(add_error, "same"));
  try {
    db.run((*db.pool)(add_error, "same"));
    FAIL();
  } catch (const unique_violation& failure) {
    EXPECT_EQ(failure.constraint, "errors_pkey");
    EXPECT_EQ(std::string(failure.what()).find("same"), std::string::npos) << "values may be private";
  }
}

TEST_F(Pool, WithoutPreparedStatementsTheSameHolds) {
  auto options = db.database.options(1);
  options.prepared = false;
  const auto plain = make_pool(db.io.on(), options);
  EXPECT_EQ(db.run((*plain)(one_number, 41)).front().get<int>(0), 42);
  EXPECT_THROW(db.run((*plain)(divide, 0)), error);
  db.run(plain->close());
}

TEST_F(Pool, AConnectionThatTheServerClosedIsReplaced) {
  const auto first = db.run(number(*db.pool, my_pid));
  const auto other = make_pool(db.io.on(), db.database.options(1));
  db.run((*other)(end_backend, first));
  auto gone = [&]() -> task<> {
    const statement there{"test.there", "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int",
                          cardinality::one};
    for (;;) {
      const auto rows = co_await (*other)(there, first);
      if (rows.front().get<int>(0) == 0) co_return;
      co_await async::yield();
    }
  };
  db.run(gone());
  EXPECT_NE(db.run(number(*db.pool, my_pid)), first);
  db.run(other->close());
}

TEST_F(Pool, AStatementThatTakesTooLongIsUnavailableAndItsConnectionIsNotReused) {
  auto options = db.database.options(1);
  options.limits["test.nap"] = 30ms;
  const auto impatient = make_pool(db.io.on(), options);
  const auto first = db.run(number(*impatient, my_pid));
  EXPECT_THROW(db.run((*impatient)(nap, 60.0)), unavailable);
  EXPECT_NE(db.run(number(*impatient, my_pid)), first);
  db.run(impatient->close());
}

TEST_F(Pool, ACancelledStatementDoesNotSpoilTheNextOne) {
  const auto one = make_pool(db.io.on(), db.database.options(1));
  auto drop = [](task<result> work) -> task<> { co_await std::move(work); };
  EXPECT_THROW(db.run(async::within(20ms, drop((*one)(nap, 60.0)))), async::timed_out);
  EXPECT_EQ(db.run((*one)(one_number, 1)).front().get<int>(0), 2);
  db.run(one->close());
}

TEST_F(Pool, WhoeverWaitsForAConnectionIsServedInOrder) {
  const auto one = make_pool(db.io.on(), db.database.options(1));
  std::vector<int> order;
  auto ask = [&](int who) -> task<> {
    co_await (*one)(one_number, who);
    order.push_back(who);
  };
  auto main = [&]() -> task<> {
    async::scope work(db.io.on(), [](std::string_view, const std::exception_ptr& failure) {
      ADD_FAILURE() << async::text_of(failure);
    });
    for (int who = 0; who < 20; ++who) work.spawn("ask", ask(who));
    co_await work.join();
  };
  db.run(main());
  std::vector<int> expected(20);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
  db.run(one->close());
}

TEST_F(Pool, ATransactionThatIsDestroyedIsRolledBackAndItsConnectionUsedAgain) {
  const auto one = make_pool(db.io.on(), db.database.options(1));
  std::int64_t inside = 0;
  bool told = false;
  auto leave = [&]() -> task<> {
    const auto in = co_await one->begin();
    in->after_commit([&] { told = true; });
    co_await (*in)(add_error, "x");
    inside = co_await number(*in, my_pid);
  };
  db.run(leave());
  EXPECT_EQ(db.run(number(*one, count_errors)), 0);
  EXPECT_EQ(db.run(number(*one, my_pid)), inside);
  EXPECT_FALSE(told);
  db.run(one->close());
}

TEST_F(Pool, HooksRunAfterTheCommitInOrder) {
  std::vector<std::string> log;
  auto work = [&](transaction& in) -> task<> {
    in.after_commit([&] { log.push_back("first"); });
    in.after_commit([&] { log.push_back("second"); });
    co_await in(add_error, "x");
    log.push_back("work");
  };
  db.run(db.pool->in_transaction(work));
  EXPECT_EQ(log, (std::vector<std::string>{"work", "first", "second"}));
  EXPECT_EQ(db.run(number(*db.pool, count_errors)), 1);
}

TEST_F(Pool, WhatGoesAlongIsSentWithTheNextStatementOrTheCommitInOrder) {
  std::vector<std::string> seen;
  auto options = db.database.options(1);
  options.observe = [&](std::string_view name, std::chrono::nanoseconds, bool) { seen.emplace_back(name); };
  for (const bool prepared : {true, false}) {
    options.prepared = prepared;
    seen.clear();
    const auto watched = make_pool(db.io.on(), options);
    const std::string first = prepared ? "a" : "b", second = prepared ? "c" : "d";
    auto work = [&](transaction& in) -> task<> {
      co_await in.along(add_error, first);
      co_await in.along(one_number, 1);
      EXPECT_THAT(seen, testing::IsEmpty());
      EXPECT_EQ(co_await number(in, count_errors), prepared ? 1 : 3);
      EXPECT_THAT(seen, testing::ElementsAre("test.add_error", "test.one_number", "test.count_errors"));
      co_await in.along(add_error, second);
    };
    db.run(watched->in_transaction(work));
    EXPECT_EQ(seen.back(), "test.add_error");
    EXPECT_EQ(db.run(number(*watched, count_errors)), prepared ? 2 : 4);
    db.run(watched->along(add_error, first + "!"));
    EXPECT_EQ(seen.back(), "test.add_error") << "outside of a transaction: at once";
    db.run((*watched)(statement{"test.forget", "DELETE FROM platform.errors WHERE fingerprint LIKE '%!'",
                                cardinality::exec}));
    db.run(watched->close());
  }
}

TEST_F(Pool, WhatGoesAlongAndFailsIsThrownByWhatCarriesItAndNothingIsCommitted) {
  const auto one = make_pool(db.io.on(), db.database.options(1));
  const auto before = db.run(number(*one, my_pid));
  bool told = false;
  auto work = [&](bool more) -> task<> {
    const auto in = co_await one->begin();
    in->after_commit([&] { told = true; });
    co_await in->along(add_error, "x");
    co_await in->along(divide, 0);
    co_await in->along(add_error, "y");
    if (more) co_await number(*in, count_errors);
    co_await in->commit();
  };
  for (const bool more : {false, true, false}) {
    try {
      db.run(work(more));
      FAIL();
    } catch (const error& failure) {
      EXPECT_EQ(std::string(failure.what()), "test.divide: division by zero (22012)");
    }
    EXPECT_EQ(db.run(number(*one, count_errors)), 0);
  }
  EXPECT_FALSE(told);
  EXPECT_EQ(db.run(number(*one, my_pid)), before) << "the connection is as good as before";
  db.run(one->close());
}

TEST_F(Pool, AStatementThatDoesNotExistSpoilsNeitherItsTransactionsConnectionNorTheOthers) {
  const auto one = make_pool(db.io.on(), db.database.options(1));
  const auto before = db.run(number(*one, my_pid));
  const statement wrong{"test.wrong", "SELECT no_such_column", cardinality::one};
  auto work = [&](transaction& in) -> task<> {
    co_await in.along(add_error, "x");
    co_await in(wrong);
  };
  EXPECT_THROW(db.run(one->in_transaction(work)), error);
  EXPECT_THROW(db.run(one->in_transaction(work)), error);
  EXPECT_EQ(db.run(number(*one, count_errors)), 0);
  EXPECT_EQ(db.run(number(*one, my_pid)), before);
  db.run(one->close());
}

TEST_F(Pool, CommittingAFailedTransactionIsAnError) {
  auto main = [&]() -> task<> {
    const auto in = co_await db.pool->begin();
    try {
      co_await (*in)(divide, 0);
    } catch (const error&) {
    }
    co_await in->commit();
  };
  EXPECT_THROW(db.run(main()), error);
}

TEST_F(Pool, ATransactionWithASerializationFailureIsTriedThreeTimes) {
  int tries = 0;
  auto work = [&](transaction& in) -> task<> {
    ++tries;
    if (tries < 3) co_await in.script("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$");
    co_await in(add_error, "x");
  };
  db.run(db.pool->in_transaction(work));
  EXPECT_EQ(tries, 3);
  auto never = [&](transaction& in) -> task<> {
    ++tries;
    co_await in.script("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$");
  };
  tries = 0;
  EXPECT_THROW(db.run(db.pool->in_transaction(never)), error);
  EXPECT_EQ(tries, 3);
}

TEST_F(Pool, AStatementThatStoodInAnothersWayIsTriedThreeTimes) {
  // What a sequence gave is not taken back: it counts the tries.
  db.run(db.pool->script("CREATE SEQUENCE tries"));
  constexpr statement third{
      "test.third",
      "DO $$ BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION SQLSTATE '40P01'; END IF; END $$",
      cardinality::exec};
  constexpr statement never{"test.never",
                            "DO $$ BEGIN PERFORM nextval('tries'); RAISE EXCEPTION SQLSTATE '40001'; END $$",
                            cardinality::exec};
  constexpr statement count{"test.count", "SELECT last_value FROM tries", cardinality::one};
  db.run((*db.pool)(third));
  EXPECT_EQ(db.run((*db.pool)(count)).front().get<int>(0), 3);
  EXPECT_THROW(db.run((*db.pool)(never)), conflict);
  EXPECT_EQ(db.run((*db.pool)(count)).front().get<int>(0), 6);
  EXPECT_TRUE(async::will_pass(std::make_exception_ptr(conflict("in the way", "40P01"))));
  EXPECT_TRUE(async::will_pass(std::make_exception_ptr(unavailable("away", ""))));
  EXPECT_FALSE(async::will_pass(std::make_exception_ptr(error("no such table", "42P01"))));
}

TEST_F(Pool, NotificationsAreHeardAlsoAfterTheListeningConnectionWasLost) {
  std::vector<std::string> heard;
  async::event bell(db.io.on());
  db.pool->listen("tandem_test", [&](std::string_view payload) {
    heard.emplace_back(payload);
    bell.ring();
  });
  constexpr statement listening{
      "test.listening",
      "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
      cardinality::optional};
  auto main = [&]() -> task<> {
    result found = co_await (*db.pool)(listening);
    while (found.empty()) found = co_await (*db.pool)(listening);
    co_await (*db.pool)(notify, "one");
    co_await bell.wait();
    co_await (*db.pool)(end_backend, found.front().get<int>(0));
    co_await bell.wait();  // it listens again, and something may have been missed
    co_await (*db.pool)(notify, "two");
    co_await bell.wait();
  };
  db.run(async::within(20s, main()));
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "", "two"}));
}

TEST_F(Pool, AServerThatIsNotThereIsUnavailableWithinTheLimit) {
  pool_options options;
  options.url = "host=/nonexistent user=x dbname=x";
  options.connect_limit = 50ms;
  const auto nobody = make_pool(db.io.on(), options);
  EXPECT_THROW(db.run((*nobody)(one_number, 1)), unavailable);
  EXPECT_THROW(db.run((*nobody)(one_number, 1)), unavailable) << "the slot was given back";
  db.run(nobody->close());
}

TEST_F(Pool, StatementsAreObservedByName) {
  std::vector<std::string> seen;
  auto options = db.database.options(1);
  options.observe = [&](std::string_view name, std::chrono::nanoseconds, bool succeeded) {
    seen.push_back(std::string(name) + (succeeded ? "" : " failed"));
  };
  const auto watched = make_pool(db.io.on(), options);
  db.run((*watched)(one_number, 1));
  EXPECT_THROW(db.run((*watched)(divide, 0)), error);
  EXPECT_EQ(seen, (std::vector<std::string>{"test.one_number", "test.divide failed"}));
  db.run(watched->close());
}

TEST_F(Pool, ALargeBatchGoesThroughAsOneParameter) {
  std::vector<std::string> texts(2000, std::string(1000, 'x'));
  const statement count{"test.count", "SELECT count(*) FROM unnest($1::text[])", cardinality::one};
  EXPECT_EQ(db.run((*db.pool)(count, texts)).front().get<int>(0), 2000);
}
