// The deck, likes and matches as people meet them: updates through the real tables, dispatcher and database.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include <set>

#include "dating/bot/deck_screens.hpp"
#include "dating/bot/routes.hpp"
#include "dating/growth/growth.hpp"
#include "dating/likes/likes.hpp"
#include "dating/talks/town_for_test.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;

struct DeckBot : testing::Test, talk_town {
  // The statements of all transactions, in order: what went in one round trip is told with the same time.
  std::vector<std::vector<std::string>> trips;
  std::chrono::nanoseconds last_trip{-1};
  const bool watched = watch();
  bool watch() {
    run(pool->close());
    static const pg::test_database shared(TANDEM_SOURCE_DIR "/migrations");
    auto options = shared.options();
    options.observe = [this](std::string_view name, std::chrono::nanoseconds took, bool) {
      if (trips.empty() || took != last_trip) trips.emplace_back();
      trips.back().emplace_back(name);
      last_trip = took;
    };
    pool = pg::make_pool(io.on(), std::move(options));
    run(pg::run_script(*pool,
                       "TRUNCATE accounts.users, accounts.operator_codes, dating.removals, "
                       "dating.banned_shapes RESTART IDENTITY CASCADE;"));
    return true;
  }
  std::unique_ptr<locale::texts> words = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> staff = accounts::make_operators(time);
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> scores = make_ratings({time, *learned});
  std::unique_ptr<decks> deck = make_decks({*lanes, time, *scores});
  std::unique_ptr<likes> hearts = make_likes({time, *keys, *news, scores.get()}, {.likes = 4});
  std::unique_ptr<growth> more = make_growth(time);
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  parts with{
      {*pool, time, *words, *people, *questions, *staff,
       [this](std::int64_t id) -> telegram::sender* { return id == dating_bot ? &bot : nullptr; }, "dating"},
      *members,
      *pictures,
      *deck,
      *hearts,
      *conversations,
      *rules,
      *more,
      *news,
      talk_town::known_towns(),
      *keys,
      *shop,
      background,
      dating_bot,
      [] { return std::string("dating_bot"); },
      {},
      {}};
  std::unique_ptr<telegram::dispatcher> taking;
  std::int64_t last_update = 0;
  user_id he, she, other;

  DeckBot() {
    telegram::user me;
    me.id = dating_bot;
    me.is_bot = true;
    auto told = [this](std::string_view what, std::string_view detail) {
      trouble.push_back(std::string(what) + ": " + std::string(detail));
    };
    taking = std::make_unique<telegram::dispatcher>(background, bot, me, bot_routes(with),
                                                    telegram::dispatcher_options{}, told);
    he = person(1, "Boris");
    she = person(2, "Anna");
    other = person(3, "Vera");
    ask("UPDATE dating.profiles SET latitude = 55.75, longitude = 37.62, seeks = 'female'");
    ask("UPDATE dating.profiles SET sex = 'male' WHERE name = 'Boris'");
    ask("UPDATE dating.profiles SET seeks = 'male' WHERE name <> 'Boris'");
    ask("UPDATE dating.profiles SET about = 'I sing' WHERE name = 'Anna'");
    // Anna is rated higher and comes first.
    ask("INSERT INTO dating.ratings (user_id, level3, received_good, received_count, rated_at) "
        "SELECT user_id, 0.5, CASE name WHEN 'Anna' THEN 9 ELSE 1 END, 10, now() FROM dating.profiles");
    for (int number = 1; number <= 3; ++number) run(people->started(*pool, user_of(number), dating_bot));
  }
  ~DeckBot() override {
    run(background.stop());
    run(lanes->stop());
    EXPECT_EQ(trouble, std::vector<std::string>{});
  }
  user_id user_of(int number) const { return number == 1 ? he : number == 2 ? she : other; }

  static telegram::user face(int number) {
    telegram::user who;
    who.id = 100 + number;
    who.first_name = "Person " + std::to_string(number);
    who.language_code = "en";
    return who;
  }
  static telegram::message message_of(int number, std::int64_t id) {
    telegram::message out;
    out.message_id = id;
    out.date = 1;
    out.chat.id = 100 + number;
    out.chat.type = "private";
    out.from = face(number);
    return out;
  }
  std::vector<made> take(telegram::update what) {
    const auto before = static_cast<std::ptrdiff_t>(bot.calls.size());
    what.update_id = ++last_update;
    run(taking->handle(std::move(what)));
    run(background.join());
    return {bot.calls.begin() + before, bot.calls.end()};
  }
  std::vector<made> says(int number, std::string text) {
    telegram::update out;
    out.kind = telegram::update_kind::message;
    out.message = message_of(number, 1'000 + last_update);
    out.message->text = std::move(text);
    return take(std::move(out));
  }
  std::vector<made> presses(int number, std::string data, std::int64_t message_id = 40) {
    telegram::update out;
    out.kind = telegram::update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = face(number);
    auto message = message_of(number, message_id);
    telegram::photo_size shown;
    shown.file_id = "shown";
    message.photo = {shown};
    query.message = std::move(message);
    query.data = std::move(data);
    out.callback_query = std::move(query);
    return take(std::move(out));
  }
  // The text or caption of the last message that was sent or edited.
  static std::string shown(const std::vector<made>& did) {
    for (auto one = did.rbegin(); one != did.rend(); ++one) {
      if (const auto* media = one->params.if_contains("media"))
        if (const auto* caption = media->as_object().if_contains("caption"))
          return std::string(caption->as_string());
      if (!one->text("caption").empty()) return one->text("caption");
      if (one->method.starts_with("send") || one->method.starts_with("edit")) return one->text("text");
    }
    return {};
  }
  static std::string note(const std::vector<made>& did) {
    for (const auto& one : did)
      if (one.method == "answerCallbackQuery") return one.text("text");
    return {};
  }
  static bool has_button(const std::vector<made>& did, const std::string& data) {
    for (const auto& one : did) {
      const auto* markup = one.params.if_contains("reply_markup");
      if (markup && boost::json::serialize(*markup).contains("\"" + data + "\"")) return true;
    }
    return false;
  }
  std::string on(std::string_view prefix, user_id who, int way = 0) {
    return std::string(prefix) + std::to_string(who.value) + ":" + std::to_string(way);
  }
  void premium(user_id who) {
    in_transaction([=, this](pg::transaction& tx) -> task<> {
      co_await more->grant(tx, who, entitlement::premium, "test", 1h);
    });
  }
  // All notices that are due, as the courier tells them.
  std::vector<made> tell_notices() {
    const auto before = static_cast<std::ptrdiff_t>(bot.calls.size());
    const auto say = announcer(with);
    static constexpr pg::statement due{
        "test.due", "DELETE FROM dating.notices RETURNING notice_id, user_id, kind, about_id, made_at",
        pg::cardinality::many};
    const auto rows = run((*pool)(due));
    for (int i = 0; i < rows.size(); ++i) {
      const notice what{rows[i].get<std::int64_t>(0), rows[i].get<user_id>(1), rows[i].get<std::string>(2),
                        rows[i].get<std::int64_t>(3), rows[i].get<instant>(4)};
      EXPECT_EQ(run(say(what)), told::sent);
    }
    return {bot.calls.begin() + before, bot.calls.end()};
  }
};

}  // namespace

TEST_F(DeckBot, OneMessageBecomesTheNextPersonWithEachPress) {
  const auto first = says(1, "/people");
  EXPECT_TRUE(shown(first).starts_with("<b>Anna, 27</b>")) << shown(first);
  EXPECT_EQ(first.back().method, "sendPhoto");
  const auto second = presses(1, on("deck:skip:", she));
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[1].method, "editMessageMedia");
  EXPECT_TRUE(shown(second).starts_with("<b>Vera, 27</b>")) << shown(second);
  const auto third = presses(1, on("deck:like:", other));
  EXPECT_TRUE(shown(third).starts_with("You have seen everybody")) << shown(third);
  EXPECT_EQ(ask("SELECT string_agg(liked::text, ' ' ORDER BY candidate_id) FROM dating.judgements"),
            "false true");
}

TEST_F(DeckBot, APressThatComesTwiceJudgesOnce) {
  says(1, "/people");
  const auto first = presses(1, on("deck:like:", she));
  const auto second = presses(1, on("deck:like:", she));
  EXPECT_EQ(shown(first), shown(second));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "1");
  EXPECT_EQ(ask("SELECT likes FROM dating.days WHERE user_id = " + std::to_string(he.value)), "1");
}

TEST_F(DeckBot, AHeartAndTheNextPersonAreFiveRoundTrips) {
  person(4, "Nina");
  ask("UPDATE dating.profiles SET latitude = 55.75, longitude = 37.62, seeks = 'male' WHERE name = 'Nina'");
  says(1, "/people");
  presses(1, on("deck:skip:", she));  // the first like of the day leaves a notice; asked for more once
  presses(1, on("deck:like:", other));
  ask("DELETE FROM dating.judgements");
  trips.clear();
  presses(1, on("deck:like:", other));
  using testing::ElementsAre;
  // Begun with the first of them, committed with the last.
  EXPECT_THAT(trips, ElementsAre(ElementsAre("users.meet"), ElementsAre("profiles.visit"),
                                 ElementsAre("likes.wait_for_each_other", "likes.judge"),
                                 ElementsAre("ratings.judged", "decks.next"),
                                 ElementsAre("users.note", "dialogs.end_waiting")));
}

TEST_F(DeckBot, DataMadeUpDoesNoHarm) {
  const auto stranger = person(4, "Zoe");
  for (const auto* data :
       {"deck:like:999999:0", "deck:like:x", "deck:skip:1", "deck:like:1:2:3:4", "deck:card:", "deck:on:99",
        "deck:undo:999999:7", "deck:more:999999:0", "deck:letter:999999:0", "like:match:999:0",
        "like:page:999999999", "like:match:x"}) {
    const auto did = presses(1, data);
    EXPECT_FALSE(shown(did).empty()) << data;
  }
  for (const auto* prefix : {"deck:like:", "deck:skip:", "deck:card:", "deck:letter:", "deck:more:"}) {
    const auto did = presses(1, on(prefix, stranger));
    EXPECT_FALSE(shown(did).contains("Zoe")) << prefix;
  }
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.dialogs WHERE state LIKE 'like%'"), "0");
}

TEST_F(DeckBot, BothAreToldOfAMutualLikeAtOnce) {
  says(1, "/people");
  EXPECT_EQ(note(presses(1, on("deck:like:", she))), "");
  ask("DELETE FROM dating.notices");
  time.advance(1s);
  says(2, "/people");
  EXPECT_TRUE(note(presses(2, on("deck:like:", he))).starts_with("It's mutual!"));
  const auto said = tell_notices();
  ASSERT_EQ(said.size(), 2u);
  std::set<std::string> texts;
  for (const auto& one : said) {
    EXPECT_EQ(one.method, "sendPhoto");
    texts.insert(std::to_string(one.options.chat_id) + " " + one.text("caption"));
  }
  EXPECT_EQ(texts, (std::set<std::string>{"101 🎉 It's mutual! Anna likes you, too.",
                                          "102 🎉 It's mutual! You and Boris like each other."}));
  const auto id = ask("SELECT match_id::text FROM dating.matches");
  EXPECT_TRUE(has_button(said, "talk:open:" + id));
  EXPECT_TRUE(has_button(said, "deck:new"));
  const auto below = presses(1, "deck:new");
  EXPECT_EQ(below.back().method, "sendPhoto") << "the news stays";
  EXPECT_TRUE(shown(below).contains("Vera"));
  const auto list = says(1, "/matches");
  EXPECT_TRUE(shown(list).contains("Anna")) << shown(list);
  EXPECT_TRUE(has_button(list, "like:match:" + id + ":0"));
  const auto one = presses(1, "like:match:" + id + ":0");
  EXPECT_TRUE(shown(one).contains("nobody has written yet")) << shown(one);
  EXPECT_TRUE(has_button(one, "talk:open:" + id));
  EXPECT_TRUE(note(presses(3, "like:match:" + id + ":0")).contains("gone")) << "a match of others";
}

TEST_F(DeckBot, ALetterComesWithTheProfileOfWhoWroteIt) {
  says(1, "/people");
  const auto asked = presses(1, on("deck:letter:", she), 77);
  EXPECT_TRUE(shown(asked).contains("write a letter")) << shown(asked);
  const auto refused = says(1, "call me +7 916 123 45 67");
  EXPECT_TRUE(shown(refused).starts_with("💌 Not sent: ")) << shown(refused);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
  const auto sent = says(1, "I sing, too");
  EXPECT_TRUE(shown(sent).starts_with("💌 Letter sent: Anna")) << shown(sent);
  EXPECT_TRUE(shown(sent).contains("Vera")) << "the next one";
  ASSERT_EQ(sent.back().method, "deleteMessage");
  EXPECT_EQ(sent.back().params.at("message_id").as_int64(), 77);
  EXPECT_EQ(ask("SELECT state FROM accounts.dialogs WHERE state <> ''"), "");
  const auto hers = says(2, "/people");
  EXPECT_TRUE(shown(hers).contains("Boris")) << shown(hers);
  EXPECT_TRUE(shown(hers).contains("💌 “I sing, too”")) << shown(hers);
  const auto talk = says(1, "hello?");
  EXPECT_FALSE(shown(talk).contains("Letter")) << "nothing is waited for any more";
}

TEST_F(DeckBot, ALetterThatMakesAMatchComesWithItsNews) {
  says(2, "/people");
  presses(2, on("deck:like:", he));
  ask("DELETE FROM dating.notices");
  time.advance(1s);
  says(1, "/people");
  presses(1, on("deck:letter:", she));
  EXPECT_TRUE(shown(says(1, "I sing, too")).starts_with("💌 Letter sent: Anna"));
  for (const auto& one : tell_notices()) {
    const bool hers = one.options.chat_id == 102;
    EXPECT_EQ(one.text("caption").ends_with("\n\n💌 “I sing, too”"), hers) << one.text("caption");
  }
}

TEST_F(DeckBot, WhoIsHiddenHearsWhyNobodyOpensAndIsShownAgainByTheButton) {
  says(2, "/people");
  presses(2, on("deck:like:", he));
  premium(he);
  presses(1, "go:pause:1");
  const auto hidden = says(1, "/likes");
  EXPECT_TRUE(shown(hidden).contains("Your profile is hidden")) << shown(hidden);
  EXPECT_TRUE(has_button(hidden, "go:pause:0"));
  presses(1, "go:pause:0");
  EXPECT_TRUE(shown(says(1, "/likes")).contains("Anna"));
  ask("DELETE FROM dating.judgements");
  presses(1, "go:pause:1");
  EXPECT_TRUE(shown(says(1, "/likes")).starts_with("No likes yet")) << "there is nobody to show";
}

TEST_F(DeckBot, NewsWaitWhileTelegramTakesNothingOfAnybody) {
  notice what;
  what.who = he, what.kind = "liked";
  ask("INSERT INTO dating.judgements VALUES (2, 1, true, NULL, now())");
  const auto say = announcer(with);
  using telegram::refusal;
  for (const auto& [why, outcome] : {std::pair(refusal::unauthorized, told::nothing_taken),
                                     {refusal::flood, told::nothing_taken},
                                     {refusal::unreachable, told::nothing_taken},
                                     {refusal::server, told::later},
                                     {refusal::blocked, told::pointless}}) {
    bot.refusals = {why};
    EXPECT_EQ(run(say(what)), outcome) << telegram::name_of(why);
  }
  EXPECT_EQ(run(say(what)), told::sent);
}

TEST_F(DeckBot, WhoLikesMeIsCountedForAllAndShownWithPremium) {
  says(2, "/people");
  presses(2, on("deck:like:", he));
  says(3, "/people");
  presses(3, on("deck:like:", he));
  const auto counted = says(1, "/likes");
  EXPECT_TRUE(shown(counted).contains("2 people like you")) << shown(counted);
  EXPECT_FALSE(shown(counted).contains("Anna"));
  EXPECT_TRUE(has_button(counted, "go:plan"));
  premium(he);
  const auto first = says(1, "/likes");
  EXPECT_TRUE(shown(first).starts_with("♥ Likes you · 2\n")) << shown(first);
  const auto who = shown(first).contains("Anna") ? she : other;
  const auto second = presses(1, on("deck:skip:", who, likers_way));
  EXPECT_TRUE(shown(second).starts_with("♥ Likes you · 1\n")) << shown(second);
  const auto last = presses(1, on("deck:like:", who == she ? other : she, likers_way));
  EXPECT_TRUE(note(last).starts_with("It's mutual!"));
  EXPECT_TRUE(shown(last).starts_with("No likes yet")) << shown(last);
}

TEST_F(DeckBot, TheLastOneCanBeBroughtBackOnceADay) {
  says(1, "/people");
  presses(1, on("deck:skip:", she));
  const auto opened = presses(1, on("deck:more:", other));
  EXPECT_TRUE(has_button(opened, on("deck:undo:", she)));
  EXPECT_TRUE(has_button(opened, "safe:why:" + std::to_string(other.value) + ":0"));
  const auto back = presses(1, on("deck:undo:", she));
  EXPECT_TRUE(shown(back).starts_with("<b>Anna")) << shown(back);
  EXPECT_EQ(note(back), "The last one is back");
  EXPECT_EQ(note(presses(1, on("deck:undo:", she))), "There is nothing to take back")
      << "a press that comes twice";
  presses(1, on("deck:skip:", she));
  EXPECT_TRUE(note(presses(1, on("deck:undo:", she))).contains("premium"));
  premium(he);
  EXPECT_TRUE(shown(presses(1, on("deck:undo:", she))).starts_with("<b>Anna"));
}

TEST_F(DeckBot, LikesOfADayRunOutForWhoHasNoPremium) {
  for (int number = 4; number <= 8; ++number) {
    const auto who = person(number, "Girl");
    ask("UPDATE dating.profiles SET latitude = 55.75, longitude = 37.62, seeks = 'male' WHERE user_id = " +
        std::to_string(who.value));
  }
  says(1, "/people");
  std::vector<made> last;
  for (int i = 0; i < 5; ++i) {
    const auto who = ask(
        "SELECT d.candidate_id::text FROM dating.decks d WHERE NOT EXISTS (SELECT FROM dating.judgements j "
        "WHERE j.candidate_id = d.candidate_id) ORDER BY place LIMIT 1");
    last = presses(1, "deck:like:" + who + ":0");
  }
  EXPECT_TRUE(note(last).starts_with("No more likes today")) << note(last);
  EXPECT_EQ(last.size(), 1u) << "the card stays";
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "4");
}

TEST_F(DeckBot, AWiderSearchIsShownToWhoAgrees) {
  ask("UPDATE dating.profiles SET latitude = 56.3 WHERE sex = 'female'");
  const auto nobody = says(1, "/people");
  EXPECT_TRUE(shown(nobody).contains("up to 100 km")) << shown(nobody);
  EXPECT_TRUE(has_button(nobody, "deck:on:1"));
  const auto wider = presses(1, "deck:on:1");
  EXPECT_TRUE(shown(wider).starts_with("<b>Anna")) << shown(wider);
  EXPECT_TRUE(shown(presses(1, on("deck:like:", she, 1))).starts_with("<b>Vera"));
}

TEST_F(DeckBot, PhotosAreLookedThroughInTheSameMessage) {
  photo(she, 1);
  photo(she, 2);
  ask("INSERT INTO dating.photo_files SELECT photo_id, 7000, 'file ' || position FROM dating.photos");
  const auto first = says(1, "/people");
  EXPECT_EQ(first.back().text("photo"), "file 1");
  EXPECT_TRUE(shown(first).contains("1/2")) << shown(first);
  const auto second = presses(1, on("deck:card:", she) + ":2");
  ASSERT_EQ(second.back().method, "editMessageMedia");
  EXPECT_EQ(second.back().params.at("media").as_object().at("media").as_string(), "file 2");
  EXPECT_TRUE(shown(second).contains("2/2"));
  EXPECT_TRUE(shown(presses(1, on("deck:card:", she) + ":99")).contains("2/2")) << "there is no 99th";
}

TEST_F(DeckBot, OneNoticeSaysHowManyLikesThereAre) {
  says(2, "/people");
  presses(2, on("deck:like:", he));
  says(3, "/people");
  presses(3, on("deck:like:", he));
  const auto said = tell_notices();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_TRUE(shown(said).contains("answered yet: 2")) << shown(said);
  EXPECT_TRUE(has_button(said, "like:who"));
}

}  // namespace tandem::dating::bot
