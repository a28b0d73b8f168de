#include "platform/log/log.hpp"

#include <stdexcept>

#include "platform/log/error_book.hpp"

using namespace tandem;

namespace {

// Takes the lines of this process and puts the default back.
struct captured {
  explicit captured(log::format format, log::level at = log::level::info) {
    log::options how;
    how.format = format;
    how.default_level = at;
    how.output = [this](log::level, std::string_view line) { lines.emplace_back(line); };
    log::configure(std::move(how));
    log::errors().clear();
  }
  ~captured() {
    log::set_level("", log::level::warn);
    log::options usual;
    usual.default_level = log::level::warn;
    log::configure(std::move(usual));
    log::errors().set_sink(nullptr);
    log::errors().clear();
  }
  std::vector<std::string> lines;
};

constexpr const char* token = "123456789:AAExAmPlEoFaToKeNtHaTiSlOnGeNoUgH_1";

}  // namespace

TEST(Log, AHumanLineHasLevelRoomMessageAndFields) {
  captured out(log::format::human);
  const log::logger log_("hunt.reader");
  const std::string name = "two words";
  log_.info("post seen", {{"source", name}, {"ms", 12}, {"ok", true}, {"share", 0.5}, {"slug", "design"}});
  ASSERT_EQ(out.lines.size(), 1u);
  EXPECT_EQ(out.lines[0].substr(25),
            R"(info  hunt.reader: post seen source="two words" ms=12 ok=true share=0.5 slug=design)");
}

TEST(Log, AJsonLineIsOneObjectWithEverythingEscaped) {
  captured out(log::format::json);
  log::logger("web").warn("odd \"input\"\n", {{"bytes", std::string_view("a\x01\xff"
                                                                         "b")},
                                              {"n", -1}});
  ASSERT_EQ(out.lines.size(), 1u);
  EXPECT_EQ(out.lines[0].substr(out.lines[0].find(R"("level")")),
            R"("level":"warn","room":"web","message":"odd \"input\"\n","bytes":"a\u0001)"
            "\xEF\xBF\xBD"
            R"(b","n":-1})");
}

TEST(Log, NothingBelowTheLevelIsWrittenAndTheLevelOfARoomCanBeChangedWhileRunning) {
  captured out(log::format::human);
  const log::logger reader("hunt.reader"), bots("bots");
  reader.debug("unseen");
  log::set_level("hunt", log::level::debug);
  reader.debug("seen");
  bots.debug("unseen");
  const log::logger later("hunt.later");
  later.debug("seen too");
  log::set_level("hunt.reader", log::level::off);
  reader.error("silenced");
  later.debug("still seen");
  EXPECT_EQ(out.lines.size(), 3u);
}

TEST(Log, ARuleForARoomDoesNotReachARoomWhoseNameOnlyBeginsTheSame) {
  captured out(log::format::human);
  const log::logger hunter("hunter");
  log::set_level("hunt", log::level::debug);
  EXPECT_FALSE(hunter.enabled(log::level::debug));
}

TEST(Log, SecretsAreHiddenInTheMessageTheFieldsAndTheException) {
  captured out(log::format::human);
  const auto why =
      std::make_exception_ptr(std::runtime_error(std::string("cannot reach /bot") + token + "/getMe"));
  log::logger("telegram")
      .error(std::string("token ") + token, why, {{"url", std::string("http://h/bot1:short/getMe")}});
  ASSERT_EQ(out.lines.size(), 1u);
  EXPECT_EQ(out.lines[0].find("AAEx"), std::string::npos);
  EXPECT_EQ(out.lines[0].find("short"), std::string::npos);
  const auto errors = log::errors().snapshot();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message.find("AAEx"), std::string::npos);
  EXPECT_EQ(errors[0].context.find("AAEx"), std::string::npos);
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const char* text :
       {"at 12:30:59", "127.0.0.1:8080/path", "http://h:80/a?b=1:2", "key:value", ":", "1:", ""}) {
    EXPECT_EQ(log::redact(text), text);
  }
}

TEST(Redact, HidesTokensAndPasswordsInAddresses) {
  EXPECT_EQ(log::redact(std::string("a ") + token + " b " + token), "a [secret] b [secret]");
  EXPECT_EQ(log::redact("GET /bot42:abc/getMe"), "GET /bot[secret]/getMe");
  EXPECT_EQ(log::redact("postgres://me:p@ss@host/db"), "postgres://me:[secret]@host/db");
  EXPECT_EQ(log::redact("http://h/file/bot42:x-y_z/photo.jpg"), "http://h/file/bot[secret]/photo.jpg");
}

TEST(ErrorBook, EqualErrorsAreCountedTogetherWithTheLastContext) {
  captured out(log::format::human);
  const log::logger log_("pg");
  const auto why = std::make_exception_ptr(std::runtime_error("no answer"));
  log_.error("query failed", why, {{"try", 1}});
  log_.error("query failed", why, {{"try", 2}});
  log_.error("query failed", std::make_exception_ptr(std::logic_error("x")));
  log_.error("query failed");
  const auto errors = log::errors().snapshot();
  ASSERT_EQ(errors.size(), 3u);
  const auto twice = std::ranges::find(errors, 2, &log::error_entry::count);
  ASSERT_NE(twice, errors.end());
  EXPECT_EQ(twice->type, "std::runtime_error");
  EXPECT_EQ(twice->context, R"(error="no answer" try=2)");
  EXPECT_LE(twice->first, twice->last);
  EXPECT_NE(errors[0].fingerprint(), errors[1].fingerprint());
}

TEST(ErrorBook, IsBoundedAndTheOneNotSeenForLongestLeaves) {
  log::error_book book(2);
  const auto at = [](int second) { return instant(std::chrono::seconds(second)); };
  book.add({"r", "a", "", 1, {}, at(1), ""});
  book.add({"r", "b", "", 1, {}, at(2), ""});
  book.add({"r", "a", "", 1, {}, at(3), ""});
  book.add({"r", "c", "", 1, {}, at(4), ""});
  const auto left = book.snapshot();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].message, "c");
  EXPECT_EQ(left[1].message, "a");
  EXPECT_EQ(left[1].count, 2);
}

TEST(ErrorBook, TheSinkHearsEveryError) {
  captured out(log::format::human);
  struct counting final : log::error_sink {
    void error_seen(const log::error_entry& entry) override { counts.push_back(entry.count); }
    std::vector<std::int64_t> counts;
  } sink;
  log::errors().set_sink(&sink);
  log::logger("x").error("again");
  log::logger("x").error("again");
  EXPECT_EQ(sink.counts, (std::vector<std::int64_t>{1, 2}));
}
