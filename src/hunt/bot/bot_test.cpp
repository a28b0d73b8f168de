// The bots as people use them: updates through the real tables, dispatcher and database; the server is a
// recording.
#include <boost/json/serialize.hpp>

#include "hunt/bot/alerts.hpp"
#include "hunt/bot/periodic.hpp"
#include "hunt/bot/routes.hpp"
#include "hunt/town_for_test.hpp"
#include "platform/cache/cache.hpp"

namespace tandem::hunt::bot {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;

constexpr std::int64_t design_bot = 7'001;
constexpr std::int64_t operators_group = -500;

struct Bots : testing::Test, town {
  std::unique_ptr<locale::texts> words = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> desk_staff = accounts::make_operators(time);
  std::unique_ptr<cache::cache> kept =
      cache::make_local_cache(io.on(), {.entries = 0});  // a test looks at once
  std::unique_ptr<day_figures> figures = make_day_figures(*kept, time);
  parts with{{*pool, time, *words, *people, *questions, *desk_staff, senders(), "hunt"},
             *subscribers,
             *vacancies,
             *wishes,
             *complaints,
             name_of_bots,
             main_bot,
             {"", "", 90},
             2,
             {},
             *figures};
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  operator_desk desk{with, background};
  alerts warnings{with};
  std::map<std::int64_t, std::unique_ptr<telegram::dispatcher>> taking;
  std::int64_t last_update = 0;

  Bots() {
    run(refresh_categories(with));
    open(main_bot, main_bot_routes(with, desk));
  }
  ~Bots() override {
    run(background.stop());
    EXPECT_EQ(trouble, std::vector<std::string>{});
  }

  static std::string name_of_bots(std::int64_t bot) {
    return bot == main_bot ? "main_bot" : "bot_" + std::to_string(bot);
  }
  void open(std::int64_t bot, telegram::routes table) {
    telegram::user me;
    me.id = bot;
    me.is_bot = true;
    me.username = name_of_bots(bot);
    auto told = [this](std::string_view what, std::string_view detail) {
      trouble.push_back(std::string(what) + ": " + std::string(detail));
    };
    taking[bot] = std::make_unique<telegram::dispatcher>(background, bots[bot], me, std::move(table),
                                                         telegram::dispatcher_options{}, told);
  }
  void open_design_bot() {
    assign(design_bot, "design");
    open(design_bot, category_bot_routes(with, desk));
  }

  static std::int64_t telegram_id(int number) { return 100 + number; }
  telegram::user face(int number) const {
    telegram::user who;
    who.id = telegram_id(number);
    who.first_name = "Person " + std::to_string(number);
    who.language_code = "en";
    return who;
  }
  static telegram::chat chat(std::int64_t id) {
    telegram::chat out;
    out.id = id;
    out.type = id > 0 ? "private" : "group";
    return out;
  }

  // What the bot did about it.
  std::vector<made> take(std::int64_t bot, telegram::update what) {
    const auto before = bots[bot].calls.size();
    if (what.update_id == 0) what.update_id = ++last_update;
    run(taking[bot]->handle(std::move(what)));
    run(background.join());
    return {bots[bot].calls.begin() + static_cast<std::ptrdiff_t>(before), bots[bot].calls.end()};
  }
  telegram::update text_update(int person, std::string text, std::int64_t where = 0) const {
    telegram::update out;
    out.kind = telegram::update_kind::message;
    telegram::message message;
    message.message_id = 1;
    message.date = 1;
    message.chat = chat(where ? where : telegram_id(person));
    message.from = face(person);
    message.text = std::move(text);
    out.message = std::move(message);
    return out;
  }
  std::vector<made> says(int person, std::string text, std::int64_t bot = main_bot, std::int64_t where = 0) {
    return take(bot, text_update(person, std::move(text), where));
  }
  telegram::update press_update(int person, std::string data, std::int64_t where = 0) const {
    telegram::update out;
    out.kind = telegram::update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = face(person);
    telegram::message message;
    message.message_id = 40 + person;
    message.date = 1;
    message.chat = chat(where ? where : telegram_id(person));
    query.message = std::move(message);
    query.data = std::move(data);
    out.callback_query = std::move(query);
    return out;
  }
  std::vector<made> presses(int person, std::string data, std::int64_t bot = main_bot,
                            std::int64_t where = 0) {
    return take(bot, press_update(person, std::move(data), where));
  }
  std::vector<made> membership(int person, std::string_view status, std::int64_t bot,
                               std::int64_t where = 0) {
    telegram::update what;
    what.kind = telegram::update_kind::my_chat_member;
    telegram::chat_member_updated change;
    change.chat = chat(where ? where : telegram_id(person));
    change.from = face(person);
    change.new_chat_member.status = status;
    what.member = std::move(change);
    return take(bot, std::move(what));
  }

  // The operator's group, claimed by person 9.
  void claim() {
    const auto code = run(desk_staff->new_code(*pool));
    const auto did = says(9, "/claim " + code, main_bot, operators_group);
    ASSERT_EQ(did.size(), 1u);
    ASSERT_NE(did[0].text("text").find("Done"), std::string::npos);
  }
  // A vacancy that persons 1 and 2 have got from the main bot.
  vacancy_id delivered_vacancy(std::string_view title = "Landing") {
    const auto what = vacancy(title, {{design, 0.9}, {development, 0.6}});
    for (const int number : {1, 2}) {
      const auto who = run(people->find_by_telegram(*pool, telegram_id(number)));
      delivered(what, who ? *who : reader_of(number, design), design);
    }
    return what;
  }
  std::string buttons(const made& call) {
    const auto* markup = call.params.if_contains("reply_markup");
    return markup ? boost::json::serialize(*markup) : std::string();
  }
  static std::vector<std::string> methods(const std::vector<made>& calls) {
    std::vector<std::string> out;
    for (const auto& one : calls) out.push_back(one.method);
    return out;
  }
  using names = std::vector<std::string>;
  // Lets sent cards follow their vacancies; "chat message" of those that show this afterwards.
  names follow(std::string_view says) {
    const auto before = std::ssize(bots[main_bot].calls);
    const auto behind =
        make_follow_up({io.on(), *pool, time, senders(), card_renderer(with), list_renderer(with)}, 0ms);
    time.advance(6s);
    run(behind->run_due());
    names out;
    for (auto one = bots[main_bot].calls.begin() + before; one != bots[main_bot].calls.end(); ++one) {
      if (one->text("text").find(says) == std::string::npos) continue;
      EXPECT_EQ(one->method, "editMessageText");
      EXPECT_EQ(one->options.urgency, telegram::urgency::broadcast);
      out.push_back(std::to_string(one->options.chat_id) + " " +
                    std::to_string(one->params.at("message_id").as_int64()));
    }
    std::ranges::sort(out);
    return out;
  }
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
#define EXPECT_SAYS(text, part) EXPECT_TRUE(contains(text, part)) << (text)

std::string number(vacancy_id id) { return std::to_string(id.value); }

}  // namespace

TEST_F(Bots, ANewcomerIsWelcomedChoosesAndGetsATrial) {
  vacancy("Landing", {{design, 0.9}});
  auto did = says(1, "/start");
  ASSERT_EQ(methods(did), names{"sendMessage"});
  EXPECT_SAYS(did[0].text("text"), "1 channel");
  EXPECT_SAYS(did[0].text("text"), "1 vacancy");
  did = presses(1, "go:categories");
  ASSERT_EQ(methods(did), (names{"answerCallbackQuery", "editMessageText"}));
  EXPECT_EQ(did[1].params.at("message_id"), 41);
  EXPECT_SAYS(buttons(did[1]), "○ Design · 1");
  EXPECT_SAYS(buttons(did[1]), "choose:3:1");
  did = presses(1, "go:ready");
  ASSERT_EQ(methods(did), names{"answerCallbackQuery"}) << "nothing is ticked yet";
  EXPECT_SAYS(did[0].text("text"), "at least one");
  did = presses(1, "choose:3:1");
  EXPECT_SAYS(buttons(did[1]), "✓ Design · 1");
  EXPECT_SAYS(buttons(did[1]), "Done (1)");
  presses(1, "choose:3:1");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.choices"), "1") << "a press that comes twice is harmless";
  did = presses(1, "go:ready");
  EXPECT_SAYS(did[1].text("text"), "right here");
  EXPECT_SAYS(did[1].text("text"), "trial until Tuesday, November 24, 15:00");
  did = says(1, "/start");
  EXPECT_SAYS(did[0].text("text"), "<b>Menu</b>");
  EXPECT_EQ(ask("SELECT string_agg(action || ' ' || subject, ', ' ORDER BY entry_id) FROM accounts.journal"),
            "started , opened_categories , confirmed_categories , chose_category design on, "
            "chose_category design on, confirmed_categories , started ");
}

TEST_F(Bots, AChosenCategoryWithABotOfItsOwnIsLinkedAndTickedWhenStarted) {
  open_design_bot();
  says(1, "/start");
  presses(1, "choose:3:1");
  auto did = presses(1, "go:ready");
  EXPECT_SAYS(buttons(did[1]), "https://t.me/bot_7001?start=main");
  EXPECT_SAYS(buttons(did[1]), "Start: ");
  did = says(1, "/start main", design_bot);
  ASSERT_EQ(methods(did), names{"sendMessage"});
  EXPECT_SAYS(did[0].text("text"), "Design");
  EXPECT_SAYS(buttons(did[0]), "https://t.me/main_bot?start=menu");
  did = presses(1, "go:ready");
  EXPECT_SAYS(buttons(did[1]), "✓ ");
}

TEST_F(Bots, StartingACategoryBotAloneSubscribesAndBeginsTheTrial) {
  open_design_bot();
  const auto did = says(1, "/start", design_bot);
  EXPECT_SAYS(did[0].text("text"), "trial until");
  EXPECT_EQ(ask("SELECT category_id || ' ' || bot_id FROM hunt.choices"), "3 7001");
  EXPECT_SAYS(says(1, "hello", design_bot)[0].text("text"), "Only vacancies here");
  EXPECT_SAYS(says(1, "/privacy", design_bot)[0].text("text"), "Your data");
  run(unassign_bot(*pool, design_bot));
  EXPECT_SAYS(says(2, "/start", design_bot)[0].text("text"), "out of use");
}

TEST_F(Bots, LanguageIsSetForTheTextsAndTheCommandsOfTheChat) {
  says(1, "/start");
  auto did = presses(1, "language:ru");
  ASSERT_EQ(methods(did), (names{"answerCallbackQuery", "editMessageText", "setMyCommands"}));
  EXPECT_SAYS(did[1].text("text"), "На каком языке");
  EXPECT_EQ(did[2].params.at("scope").as_object().at("type"), "chat");
  EXPECT_SAYS(says(1, "/help")[0].text("text"), "Помощь");
  EXPECT_EQ(ask("SELECT language FROM hunt.readers"), "ru");
  did = presses(1, "language:xx");
  EXPECT_SAYS(did[0].text("text"), "старое");
  EXPECT_EQ(ask("SELECT language FROM accounts.users"), "ru");
}

TEST_F(Bots, TheTimeZoneIsTypedAndAWrongOneAskedAgain) {
  says(1, "/start");
  presses(1, "go:zone");
  EXPECT_SAYS(says(1, "<Nowhere>")[0].text("text"), "can't find “&lt;Nowhere&gt;”");
  const auto second = main_bot_routes(with, desk);
  open(main_bot, second);  // a restart: the question is still open
  auto did = says(1, "Новосибирск");
  EXPECT_SAYS(did[0].text("text"), "Novosibirsk (UTC+7)");
  EXPECT_EQ(ask("SELECT time_zone FROM hunt.readers"), "Asia/Novosibirsk");
  EXPECT_SAYS(says(1, "Tbilisi")[0].text("text"), "don't understand") << "nothing is asked any more";
  presses(1, "go:zone");
  presses(1, "go:menu");
  EXPECT_SAYS(says(1, "+5")[0].text("text"), "don't understand") << "the person went elsewhere";
  did = presses(1, "zone:GMT+05:30");
  EXPECT_SAYS(did[0].text("text"), "UTC+5:30");
  EXPECT_SAYS(presses(1, "zone:Europe/Atlantis")[0].text("text"), "old");
  EXPECT_EQ(ask("SELECT time_zone FROM accounts.users"), "GMT+05:30");
}

TEST_F(Bots, EveryCommandAnswersAndUnknownThingsLeadToTheMenu) {
  for (const std::string command :
       {"/menu", "/settings", "/plan", "/saved", "/help", "/privacy", "/terms", "/filters", "/replies",
        "/paysupport", "/delete_me", "/unheard_of", "какой-то текст"}) {
    const auto did = says(1, command);
    ASSERT_EQ(methods(did), names{"sendMessage"}) << command;
    EXPECT_FALSE(buttons(did[0]).empty()) << command;
  }
  auto photo = text_update(1, "");
  photo.message->photo.push_back({});
  EXPECT_EQ(methods(take(main_bot, std::move(photo))), names{"sendMessage"});
  for (const std::string data :
       {"no:such:thing", "choose:99:1", "choose:x", "choose:3:7", "saved:-1", "pause:5",
        "card:99999999999999999999", "save:1:1", "hide:", "report:1:9", "op:right:1"}) {
    const auto did = presses(1, data);
    ASSERT_FALSE(did.empty()) << data;
    EXPECT_EQ(did[0].method, "answerCallbackQuery") << data;
    EXPECT_TRUE(did.size() > 1 || !did[0].text("text").empty()) << data << " was met with silence";
  }
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.choices"), "0");
}

TEST_F(Bots, TheSameUpdateTwiceIsHandledOnce) {
  auto twice = text_update(1, "/start");
  twice.update_id = 77;
  EXPECT_EQ(take(main_bot, twice).size(), 1u);
  EXPECT_EQ(take(main_bot, twice).size(), 0u);
}

TEST_F(Bots, AMenuThatIsGoneIsSentAnew) {
  says(1, "/start");
  bots[main_bot].refusals = {telegram::refusal::message_gone};
  EXPECT_EQ(methods(presses(1, "go:menu")), (names{"answerCallbackQuery", "editMessageText", "sendMessage"}));
  auto old = press_update(1, "go:menu");
  old.callback_query->message->date = 0;  // too old for Telegram to tell what it was
  EXPECT_EQ(methods(take(main_bot, std::move(old))), (names{"answerCallbackQuery", "sendMessage"}));
}

TEST_F(Bots, WhoPressesFasterThanTheServerEditsSeesTheNewestState) {
  says(1, "/start");
  async::event edits_may_go(io.on());
  bots[main_bot].hold_edits = &edits_may_go;
  const auto hurry = [&](std::string data) {
    auto what = press_update(1, std::move(data));
    what.update_id = ++last_update;
    run(taking[main_bot]->handle(std::move(what)));  // returns although the edit waits
  };
  hurry("go:categories");
  hurry("choose:1:1");
  hurry("choose:2:1");
  hurry("choose:3:1");
  EXPECT_EQ(bots[main_bot].of("answerCallbackQuery").size(), 4u);
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.choices"), "3");
  bots[main_bot].hold_edits = nullptr;
  edits_may_go.ring();
  run(background.join());
  const auto edits = bots[main_bot].of("editMessageText");
  ASSERT_EQ(edits.size(), 2u) << "the first, and the newest";
  EXPECT_SAYS(buttons(edits[1]), "Done (3)");
}

TEST_F(Bots, PauseIsSetNotToggled) {
  says(1, "/start");
  presses(1, "pause:1");
  EXPECT_SAYS(presses(1, "pause:1")[1].text("text"), "Paused");
  EXPECT_EQ(ask("SELECT paused FROM hunt.readers"), "t");
  EXPECT_SAYS(presses(1, "pause:0")[1].text("text"), "are coming");
}

TEST_F(Bots, ACardIsSavedExplainedAndItsAuthorHidden) {
  const auto id = number(delivered_vacancy());
  auto did = presses(1, "save:" + id + ":1");
  EXPECT_SAYS(did[0].text("text"), "Saved");
  EXPECT_SAYS(buttons(did[1]), "★ Saved");
  EXPECT_SAYS(says(1, "/saved")[0].text("text"), "Landing");
  did = presses(1, "card:" + id + ":0");
  EXPECT_SAYS(buttons(did[1]), "saved:0");
  did = presses(1, "why:" + id);
  EXPECT_SAYS(did[1].text("text"), "Good jobs");
  EXPECT_SAYS(did[1].text("text"), "#vacancy");
  EXPECT_SAYS(did[1].text("text"), "Design 0.9");
  did = presses(1, "hide:" + id + ":1");
  EXPECT_SAYS(buttons(did[1]), "hide:" + id + ":0");
  EXPECT_EQ(ask("SELECT author_key FROM hunt.hidden_authors"), "@anna");
  presses(1, "hide:" + id + ":0");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.hidden_authors"), "0");
  EXPECT_SAYS(presses(1, "save:" + id + ":0")[0].text("text"), "Removed");
  EXPECT_SAYS(says(1, "/saved")[0].text("text"), "Nothing here");
}

TEST_F(Bots, EveryChannelWhereAVacancyWasSeenIsListedWithItsContact) {
  const auto id = number(delivered_vacancy());
  EXPECT_EQ(presses(1, "more:" + id)[1].text("text").find("Seen in"), std::string::npos) << "in one only";
  ask("INSERT INTO hunt.sources (kind, name, title, state, next_read_at, added_at) "
      "SELECT 'preview', n, initcap(n), CASE n WHEN 'gone' THEN 'taken_down' ELSE 'active' END, now(), now() "
      "FROM unnest(ARRAY['late', 'early', 'gone', 'deleted']) AS n");
  ask("INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, contact_url, "
      "content_hash, "
      "fingerprint, state, reason, repeat_of) "
      "SELECT source_id, m, now() + m * interval '1 hour' * CASE name WHEN 'early' THEN 1 ELSE 2 END, now(), "
      "'', "
      "'https://t.me/' || name || '/' || m, CASE name WHEN 'early' THEN 'mailto:hr@e.example' "
      "ELSE 'https://t.me/oleg' END, '', '', 'repeat', CASE name WHEN 'deleted' THEN 'deleted' ELSE '' END, "
      "1 "
      "FROM hunt.sources, generate_series(1, 2) AS m WHERE name <> 'jobs'");
  const auto text = presses(1, "more:" + id)[1].text("text");
  const auto list = text.substr(std::min(text.find("Seen in"), text.size()));
  EXPECT_EQ(list,
            "Seen in:\n"
            "• <a href=\"https://t.me/jobs/1\">Good jobs</a> — <a href=\"https://t.me/anna\">@anna</a>\n"
            "• <a href=\"https://t.me/early/1\">Early</a> — hr@e.example\n"
            "• <a href=\"https://t.me/late/1\">Late</a> — <a href=\"https://t.me/oleg\">@oleg</a>");
}

TEST_F(Bots, SomebodyElsesCardIsNobodys) {
  const auto id = number(delivered_vacancy());
  for (const std::string& data : {"card:" + id, "save:" + id + ":1", "wrong:" + id, "report:" + id + ":2",
                                  "unreport:" + id, "more:" + id, "why:" + id, "hide:" + id + ":1"}) {
    const auto did = presses(3, data);
    ASSERT_EQ(methods(did), names{"answerCallbackQuery"}) << data;
    EXPECT_SAYS(did[0].text("text"), "don't have this vacancy");
  }
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM hunt.saved) + (SELECT count(*) FROM hunt.reports) + "
                "(SELECT count(*) FROM hunt.hidden_authors)"),
            "0");
}

TEST_F(Bots, SavedVacanciesComeInPages) {
  for (int i = 1; i <= 7; ++i) {
    const auto what = delivered_vacancy("Vacancy " + std::to_string(i));
    presses(1, "save:" + number(what) + ":1");
    time.advance(1s);
  }
  const auto first = says(1, "/saved")[0];
  EXPECT_SAYS(first.text("text"), "1. <a href=\"https://t.me/jobs/1\">Vacancy 7</a>");
  EXPECT_SAYS(buttons(first), "saved:5");
  const auto second = presses(1, "saved:5")[1];
  EXPECT_SAYS(second.text("text"), "7. <a href=\"https://t.me/jobs/1\">Vacancy 1</a>");
  EXPECT_SAYS(presses(1, "saved:900")[1].text("text"), "Vacancy 1</a>") << "past the end: the last page";
}

TEST_F(Bots, BlockingAndUnblockingIsFollowed) {
  open_design_bot();
  says(1, "/start", design_bot);
  const auto who = *run(people->find_by_telegram(*pool, 101));
  membership(1, "kicked", design_bot);
  EXPECT_FALSE(run(people->can_reach(*pool, who.id, design_bot)));
  EXPECT_EQ(ask("SELECT blocked_at IS NOT NULL FROM hunt.reader_bots WHERE bot_id = 7001"), "t");
  membership(1, "member", design_bot);
  EXPECT_TRUE(run(people->can_reach(*pool, who.id, design_bot)));
  run(chat_closed(with, design_bot, 101));
  EXPECT_FALSE(run(people->can_reach(*pool, who.id, design_bot)));
  membership(5, "kicked", design_bot);
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users"), "1") << "nobody is made up";
}

TEST_F(Bots, DataIsExportedAndDeletedAfterOneQuestion) {
  presses(1, "save:" + number(delivered_vacancy()) + ":1");
  auto did = says(1, "/export");
  ASSERT_EQ(methods(did), names{"sendDocument"});
  ASSERT_EQ(did[0].options.files.size(), 1u);
  const auto document = boost::json::parse(did[0].options.files[0].bytes).as_object();
  EXPECT_EQ(document.at("account").at("person").at("telegram_id"), 101);
  EXPECT_EQ(document.at("hunt").at("saved").as_array().size(), 1u);
  EXPECT_SAYS(buttons(says(1, "/delete_me")[0]), "delete:yes");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users WHERE telegram_id = 101"), "1");
  did = presses(1, "delete:yes");
  EXPECT_SAYS(did[1].text("text"), "has been deleted");
  EXPECT_EQ(buttons(did[1]), "");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users WHERE telegram_id = 101"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.deletions"), "1");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.journal"), "0");
}

TEST_F(Bots, ADatabaseThatFailsIsAdmittedOnce) {
  says(1, "/start");
  ask("ALTER TABLE hunt.readers RENAME TO readers_away");
  const auto pressed = presses(1, "go:menu");
  const auto said = says(1, "/menu");
  ask("ALTER TABLE hunt.readers_away RENAME TO readers");
  ASSERT_EQ(methods(pressed), names{"answerCallbackQuery"});
  EXPECT_SAYS(pressed[0].text("text"), "try again");
  ASSERT_EQ(methods(said), names{"sendMessage"});
  EXPECT_SAYS(said[0].text("text"), "try again");
  EXPECT_EQ(trouble.size(), 4u) << "each try is told";
  trouble.clear();
  EXPECT_SAYS(says(1, "/menu")[0].text("text"), "<b>Menu</b>");
}

TEST_F(Bots, AGroupIsNoPlaceForMenus) {
  EXPECT_TRUE(says(1, "/start", main_bot, -77).empty());
  EXPECT_TRUE(says(1, "hello", main_bot, -77).empty());
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users"), "0");
}

TEST_F(Bots, TheOperatorsChatIsClaimedByACodeOrADeepLinkOnce) {
  const auto code = run(desk_staff->new_code(*pool));
  EXPECT_SAYS(says(9, "/claim WRONG")[0].text("text"), "does not fit");
  EXPECT_SAYS(says(9, "/start claim_" + code)[0].text("text"), "Done");
  EXPECT_SAYS(says(9, "/claim " + code)[0].text("text"), "Done") << "the chat is claimed already";
  EXPECT_SAYS(says(8, "/claim " + code)[0].text("text"), "does not fit");
  membership(9, "kicked", main_bot, -77);
  EXPECT_EQ(run(desk_staff->chats(*pool)).size(), 1u);
}

TEST_F(Bots, ReportsOfAVacancyAreOneCardThatGrows) {
  claim();
  const auto id = number(delivered_vacancy());
  auto did = presses(1, "wrong:" + id);
  EXPECT_SAYS(buttons(did[1]), "report:" + id + ":1");
  did = presses(1, "report:" + id + ":1");
  EXPECT_SAYS(did[0].text("text"), "Thank you");
  ASSERT_EQ(methods(did), (names{"answerCallbackQuery", "editMessageText", "sendMessage"}));
  EXPECT_EQ(did[2].options.chat_id, operators_group);
  EXPECT_SAYS(did[2].text("text"), "Complaints: 1");
  EXPECT_SAYS(did[2].text("text"), "Not a vacancy: 1");
  did = presses(2, "report:" + id + ":2");
  ASSERT_EQ(methods(did), (names{"answerCallbackQuery", "editMessageText", "editMessageText"}));
  EXPECT_EQ(did[2].options.chat_id, operators_group);
  EXPECT_SAYS(did[2].text("text"), "Complaints: 2");
  EXPECT_SAYS(did[2].text("text"), "Fraud: 1");
  did = presses(2, "unreport:" + id);
  EXPECT_SAYS(did.back().text("text"), "Complaints: 1");
  bots[main_bot].calls.clear();
  run(desk.catch_up());
  EXPECT_TRUE(bots[main_bot].calls.empty()) << "it shows what there is";
}

TEST_F(Bots, ADecisionClosesTheReportsTellsTheReportersStrikesCardsOutAndCanBeTakenBack) {
  claim();
  const auto what = delivered_vacancy();
  const auto id = number(what);
  presses(1, "report:" + id + ":2");
  auto did = presses(9, "op:ask_withdraw:" + id, main_bot, operators_group);
  EXPECT_SAYS(buttons(did[1]), "op:withdraw:" + id);
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "live");
  did = presses(9, "op:withdraw:" + id, main_bot, operators_group);
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "withdrawn");
  std::vector<std::string> told;
  for (const auto& one : did) {
    if (one.method == "sendMessage")
      told.push_back(std::to_string(one.options.chat_id) + ": " + one.text("text"));
  }
  EXPECT_EQ(told, names{"101: Thank you! “Landing” was withdrawn."});
  EXPECT_SAYS(buttons(did[1]), "op:undo:" + id);
  EXPECT_EQ(follow("Withdrawn."), (names{"101 41", "102 42"}));
  did = presses(9, "op:withdraw:" + id, main_bot, operators_group);
  EXPECT_EQ(std::ranges::count(methods(did), std::string("sendMessage")), 0) << "nobody is told twice";
  did = presses(1, "save:" + id + ":1");
  EXPECT_SAYS(did[0].text("text"), "withdrawn");
  EXPECT_SAYS(did[1].text("text"), "<s>");
  EXPECT_SAYS(presses(1, "op:undo:" + id)[0].text("text"), "Only the operator");
  did = presses(9, "op:undo:" + id, main_bot, operators_group);
  EXPECT_SAYS(did[0].text("text"), "Brought back");
  EXPECT_SAYS(did[1].text("text"), "Complaints: 1");
  EXPECT_EQ(follow("Two screens."), (names{"101 41", "102 42"}));
  EXPECT_SAYS(presses(9, "op:undo:" + id, main_bot, operators_group)[0].text("text"),
              "nothing to bring back");
}

TEST_F(Bots, FiltersAreTypedAndAWrongAnswerIsAskedAgain) {
  reader_of(1, design);
  EXPECT_SAYS(says(1, "/filters")[0].text("text"), "Words: any");
  auto did = presses(1, "words:0");
  EXPECT_SAYS(did[1].text("text"), "Type them with commas");
  EXPECT_SAYS(says(1, "“logo, а*")[0].text("text"), "I don't understand");
  EXPECT_SAYS(says(1, "logo, “corporate identity”")[0].text("text"), "Words: logo, “corporate identity”");
  EXPECT_SAYS(says(1, "more")[0].text("text"), "don't understand this") << "nothing is asked any more";
  presses(1, "minus:0");
  EXPECT_SAYS(says(1, "office")[0].text("text"), "Minus-words: office");
  presses(1, "budget:0");
  EXPECT_SAYS(says(1, "a lot <b>")[0].text("text"), "“a lot &lt;b&gt;”");
  EXPECT_SAYS(says(1, "$300")[0].text("text"), "from 300\u2009$, or without a sum");
  EXPECT_SAYS(presses(1, "without_budget:0:0")[1].text("text"), "Now: from 300\u2009$\n");
  presses(1, "quiet:0");
  EXPECT_SAYS(says(1, "at night")[0].text("text"), "two times");
  EXPECT_SAYS(says(1, "23-8")[0].text("text"), "23:00–8:00, then as cards");
  EXPECT_SAYS(presses(1, "quiet_as_list:0:1")[1].text("text"), "then as a list");
  presses(1, "when:0");
  EXPECT_SAYS(says(1, "18:30")[0].text("text"), "once a day at 18:30");
  EXPECT_SAYS(says(1, "/menu")[0].text("text"),
              "Filters: words, minus-words, budget, quiet hours, once a day");
  EXPECT_EQ(ask("SELECT string_agg(key, ' ' ORDER BY minus, place) FROM hunt.filter_terms"),
            "~logo ~corpor ~offic");
  for (const std::string_view data :
       {"no_words:0", "no_minus:0", "any_budget:0", "no_quiet:0", "at_once:0"}) {
    EXPECT_SAYS(presses(1, std::string(data))[0].text("text"), "Saved");
  }
  EXPECT_SAYS(says(1, "/menu")[0].text("text"), "Filters: none");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.filter_terms"), "0");
}

TEST_F(Bots, ACategoryGetsAFilterOfItsOwnAndGivesItBack) {
  reader_of(1, design);
  presses(1, "set_quiet:0:1320:480");
  EXPECT_SAYS(buttons(presses(1, "filter_scopes")[1]), "filters:3");
  EXPECT_SAYS(presses(1, "filters:3")[1].text("text"), "Design, as for all");
  const auto did = presses(1, "once_a_day:3:540");
  EXPECT_SAYS(did[1].text("text"), "once a day at 9:00");
  EXPECT_SAYS(presses(1, "filters:3")[1].text("text"), "22:00–8:00") << "begun as a copy of the one for all";
  EXPECT_EQ(ask("SELECT string_agg(category_id || ' ' || coalesce(digest_at, -1), ', ' ORDER BY category_id) "
                "FROM hunt.reader_filters"),
            "0 -1, 3 540");
  EXPECT_SAYS(presses(1, "as_for_all:3")[1].text("text"), "Design, as for all");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.reader_filters"), "1");
}

TEST_F(Bots, APressOfTheFiltersThatIsMadeUpChangesNothing) {
  reader_of(1, design);
  for (const std::string data :
       {"filters:99", "words:99", "set_quiet:0:1320:1320", "set_quiet:0:9999:1", "set_quiet:0:1",
        "without_budget:0:7", "quiet_as_list:0:1", "once_a_day:0:1440", "as_for_all:0",
        "no_words:", "once_a_day:x", "show_again:1:0"}) {
    const auto did = presses(1, data);
    ASSERT_FALSE(did.empty()) << data;
    EXPECT_SAYS(did[0].text("text"), "old") << data;
  }
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.reader_filters"), "0");
}

TEST_F(Bots, TheReplyIsWrittenShownAndTakenBack) {
  reader_of(1, design);
  EXPECT_SAYS(says(1, "/settings")[0].text("text"), "My reply: none yet");
  presses(1, "edit_reply:0");
  EXPECT_SAYS(says(1, "Hello {name}")[0].text("text"), "“{name}”");
  EXPECT_SAYS(says(1, std::string(301, 'a'))[0].text("text"), "Too long");
  EXPECT_SAYS(says(1, "Hello! About “{title}” <b>")[0].text("text"),
              "About “Landing page for a café” &lt;b&gt;");
  presses(1, "edit_reply:3");
  says(1, "Design: {link}");
  const auto id = number(delivered_vacancy());
  EXPECT_SAYS(buttons(presses(1, "card:" + id)[1]), "?text=Design%3A%20https%3A%2F%2Ft.me%2Fjobs%2F1");
  EXPECT_SAYS(presses(1, "no_reply:3")[1].text("text"), "one for all is used");
  EXPECT_SAYS(buttons(presses(1, "card:" + id)[1]), "?text=Hello%21");
}

TEST_F(Bots, WhatAPersonRespondedToIsMarkedListedAndUnmarked) {
  const auto id = number(delivered_vacancy());
  EXPECT_SAYS(says(1, "/replies")[0].text("text"), "Nothing here yet");
  EXPECT_SAYS(buttons(presses(1, "more:" + id)[1]), "replied:" + id + ":1");
  auto did = presses(1, "replied:" + id + ":1");
  EXPECT_SAYS(did[0].text("text"), "Noted");
  EXPECT_SAYS(did[1].text("text"), "You responded on November 22");
  did = says(1, "/replies");
  EXPECT_SAYS(did[0].text("text"), "Landing");
  EXPECT_SAYS(buttons(did[0]), "card:" + id + ":0:1");
  did = presses(1, "more:" + id + ":0:1");
  EXPECT_SAYS(buttons(did[1]), "replied:" + id + ":0:0:1");
  did = presses(1, "replied:" + id + ":0:0:1");
  EXPECT_SAYS(buttons(did[1]), "replies:0");
  EXPECT_SAYS(says(1, "/replies")[0].text("text"), "Nothing here yet");
  EXPECT_SAYS(presses(3, "replied:" + id + ":1")[0].text("text"), "don't have this vacancy");
}

TEST_F(Bots, AVacancyWithoutAPersonTellsHowToRespond) {
  const auto id = number(delivered_vacancy());
  ask("UPDATE hunt.posts SET contact_url = 'mailto:hr@example.com'");
  EXPECT_SAYS(buttons(presses(1, "card:" + id)[1]), "contact:" + id);
  EXPECT_SAYS(presses(1, "contact:" + id)[1].text("text"), "<code>hr@example.com</code>");
}

TEST_F(Bots, HiddenAuthorsAreListedAndShownAgain) {
  const auto id = number(delivered_vacancy());
  presses(1, "hide:" + id + ":1");
  EXPECT_SAYS(buttons(says(1, "/settings")[0]), "Hidden authors · 1");
  auto did = presses(1, "hidden:0");
  EXPECT_SAYS(did[1].text("text"), "1. @anna: Landing");
  const auto which = ask("SELECT hidden_id FROM hunt.hidden_authors");
  did = presses(1, "show_again:" + which + ":0");
  EXPECT_SAYS(did[0].text("text"), "shown again");
  EXPECT_SAYS(did[1].text("text"), "Nobody");
}

TEST_F(Bots, ADeliveredListIsLeafedThroughInItsBotAndCardsGoBackToIt) {
  open_design_bot();
  for (int i = 1; i <= 6; ++i) delivered_vacancy("Vacancy " + std::to_string(i));
  const auto list =
      ask("WITH made AS (INSERT INTO hunt.lists (user_id, bot_id, chat_id, made_at, due_at) "
          "SELECT user_id, 7001, 101, now(), now() FROM hunt.readers WHERE telegram_id = 101 RETURNING "
          "list_id, user_id), "
          "filed AS (UPDATE hunt.deliveries d SET state = 'listed', list_id = m.list_id FROM made m "
          "WHERE d.user_id = m.user_id) SELECT list_id FROM made");
  auto did = presses(1, "list:" + list + ":5", design_bot);
  EXPECT_SAYS(did[1].text("text"), "6 vacancies");
  EXPECT_SAYS(did[1].text("text"), "6. <a");
  EXPECT_SAYS(buttons(did[1]), "card:1:5:2:" + list);
  did = presses(1, "card:1:5:2:" + list, design_bot);
  EXPECT_SAYS(buttons(did[1]), "list:" + list + ":5");
  EXPECT_SAYS(buttons(presses(1, "save:1:1:5:2:" + list, design_bot)[1]), "list:" + list + ":5");
  EXPECT_SAYS(presses(2, "list:" + list + ":0", design_bot)[0].text("text"), "no longer there");
  EXPECT_SAYS(presses(1, "list:x", design_bot)[0].text("text"), "no longer there");
}

TEST_F(Bots, TheDayIsToldToEveryOperatorsChat) {
  claim();
  delivered_vacancy();
  ask("UPDATE hunt.vacancies SET handed_at = judged_at, first_reader_at = judged_at + interval '2 s', "
      "last_reader_at = judged_at + interval '30 s'");
  time.advance(1h);
  EXPECT_EQ(run(tell_the_day(with)), 1);
  const auto& said = bots[main_bot].calls.back();
  EXPECT_EQ(said.options.chat_id, operators_group);
  EXPECT_SAYS(said.text("text"), "Posts: 1, vacancies: 1");
  EXPECT_SAYS(said.text("text"), "Delivered: 2, to readers: 2");
  EXPECT_SAYS(said.text("text"), "last reader: p50 30 s, p99 30 s");
}

TEST_F(Bots, AnotherCategoryIsPickedFromAList) {
  claim();
  const auto id = number(delivered_vacancy());
  presses(1, "report:" + id + ":0");
  auto did = presses(9, "op:pick:" + id, main_bot, operators_group);
  EXPECT_SAYS(buttons(did[1]), "op:file:" + id + ":2");
  did = presses(9, "op:file:" + id + ":2", main_bot, operators_group);
  EXPECT_SAYS(did[1].text("text"), "Moved");
  EXPECT_EQ(ask("SELECT categories FROM hunt.labels"), "{data}");
  EXPECT_SAYS(presses(9, "op:show:424242", main_bot, operators_group)[0].text("text"), "no longer exists");
}

TEST_F(Bots, NobodyDecidesOutsideOfTheOperatorsChat) {
  claim();
  const auto id = number(delivered_vacancy());
  presses(1, "report:" + id + ":2");
  for (const std::string verb :
       {"show", "right", "pick", "none", "ask_withdraw", "withdraw", "ask_ban", "ban"}) {
    EXPECT_SAYS(presses(1, "op:" + verb + ":" + id)[0].text("text"), "Only the operator") << verb;
    EXPECT_SAYS(presses(9, "op:" + verb + ":" + id)[0].text("text"), "Only the operator") << verb;
  }
  EXPECT_SAYS(presses(1, "op:file:" + id + ":1")[0].text("text"), "Only the operator");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.labels"), "0");
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "live");
}

TEST_F(Bots, WhatAKilledProcessLeftUndoneIsCaughtUp) {
  claim();
  const auto what = delivered_vacancy();
  const auto who = *run(people->find_by_telegram(*pool, 101));
  run(vacancies->report(*pool, who.id, what, "scam"));
  run(desk.catch_up());
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "Complaints: 1");
}

TEST_F(Bots, WaitingStartsAreRemindedOfOnce) {
  open_design_bot();
  reader_of(1, design);
  EXPECT_EQ(run(remind_waiting_starts(with)), 0);
  time.advance(2h);
  EXPECT_EQ(run(remind_waiting_starts(with)), 1);
  EXPECT_EQ(run(remind_waiting_starts(with)), 0);
  const auto sent = bots[main_bot].of("sendMessage");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].options.chat_id, 101);
  EXPECT_SAYS(buttons(sent[0]), "https://t.me/bot_7001?start=main");
}

TEST_F(Bots, ANewBotIsAnnouncedOnceToThoseWhoMove) {
  reader_of(1, design);
  reader_of(2, design);
  reader_of(3, development);
  open_design_bot();
  EXPECT_EQ(run(share_out_new_bots(with)), 2);
  EXPECT_EQ(run(share_out_new_bots(with)), 0);
  EXPECT_EQ(bots[main_bot].of("sendMessage").size(), 2u);
  EXPECT_SAYS(bots[main_bot].calls[0].text("text"), "bot of its own");
  time.advance(5h);
  EXPECT_EQ(run(remind_waiting_starts(with)), 0) << "one message, no reminder on top";
  says(1, "/start", design_bot);
  EXPECT_EQ(
      ask("SELECT string_agg(bot_id::text, ',' ORDER BY user_id) FROM hunt.choices WHERE category_id = 3"),
      "7001,7000");
}

TEST_F(Bots, WhatABotThatIsTakenAwayHadToSendIsSentByAnother) {
  open_design_bot();
  const auto who = reader_of(1, design);
  start(who, design_bot);
  run(share_out_new_bots(with));
  const auto what = vacancy("Landing", {{design, 0.9}});
  delivered(what, who, design, design_bot);
  ask("UPDATE hunt.deliveries SET state = 'due'");
  run(unassign_bot(*pool, design_bot));
  run(share_out_new_bots(with));
  EXPECT_EQ(ask("SELECT bot_id FROM hunt.deliveries"), "7000");
}

TEST_F(Bots, TheEndOfATrialIsToldOnce) {
  reader_of(1, design);
  EXPECT_EQ(run(tell_ended_trials(with)), 0);
  time.advance(49h);
  EXPECT_EQ(run(tell_ended_trials(with)), 1);
  EXPECT_EQ(run(tell_ended_trials(with)), 0);
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "has ended");
}

TEST_F(Bots, WhoOnlyKnowsACategoryBotIsToldThere) {
  open_design_bot();
  says(1, "/start", design_bot);
  time.advance(49h);
  EXPECT_EQ(run(tell_ended_trials(with)), 1);
  EXPECT_TRUE(bots[main_bot].calls.empty());
  EXPECT_SAYS(bots[design_bot].calls.back().text("text"), "has ended");
}

TEST_F(Bots, AlertsGoToEveryOperatorsChatAndCoolDown) {
  claim();
  bots[main_bot].calls.clear();
  const locale::arguments values{{"source", "<jobs>"}, {"reason", "no preview"}};
  EXPECT_TRUE(run(warnings.raise("source_lost", values, "jobs")));
  EXPECT_FALSE(run(warnings.raise("source_lost", values, "jobs")));
  EXPECT_TRUE(run(warnings.raise("source_lost", values, "other")));
  time.advance(16min);
  EXPECT_TRUE(run(warnings.raise("source_lost", values, "jobs")));
  const auto sent = bots[main_bot].of("sendMessage");
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0].options.chat_id, operators_group);
  EXPECT_SAYS(sent[0].text("text"), "&lt;jobs&gt;");
}

TEST_F(Bots, ABrokenMinuteIsAlertedWithTheSlowStage) {
  claim();
  const auto what = delivered_vacancy();
  ask("UPDATE hunt.vacancies SET handed_at = judged_at, last_reader_at = judged_at + interval '70 s'");
  EXPECT_EQ(run(watch_the_minute(with, warnings)), 1);
  const auto& said = bots[main_bot].calls.back();
  EXPECT_SAYS(said.text("text"), "1 vacancy took");
  EXPECT_SAYS(said.text("text"), "The slow stage: sending");
  EXPECT_GT(what.value, 0);
}

TEST_F(Bots, TheOldJournalIsForgotten) {
  says(1, "/start");
  time.advance(24h * 91);
  says(1, "/help");
  EXPECT_EQ(run(forget_old_journal(with)), 1);
  EXPECT_EQ(ask("SELECT string_agg(action, ',') FROM accounts.journal"), "asked_help");
}

TEST_F(Bots, ABotIntroducesItselfInEveryLanguage) {
  auto& bot = bots[main_bot];
  run(introduce(with, bot, {}));
  EXPECT_EQ(bot.of("setMyCommands").size(), 5u);
  EXPECT_EQ(bot.of("setMyName").size(), 5u);
  EXPECT_EQ(bot.of("setMyName")[0].text("name"), "Freelance orders");
  EXPECT_EQ(bot.of("setMyCommands")[1].text("language_code"), "ru");
  EXPECT_EQ(bot.of("setMyCommands")[1].params.at("commands").as_array().size(), 13u);
  open_design_bot();
  run(introduce(with, bots[design_bot], design));
  EXPECT_EQ(bots[design_bot].of("setMyName")[1].text("name"), "Заказы: Дизайн");
  EXPECT_EQ(bots[design_bot].of("setMyCommands")[0].params.at("commands").as_array().size(), 4u);
}

}  // namespace tandem::hunt::bot
