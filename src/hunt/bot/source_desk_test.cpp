// Posts that the bots bring, through the real dispatcher, tables and database.
#include "hunt/bot/source_desk.hpp"

#include "hunt/bot/periodic.hpp"
#include "hunt/bot/routes.hpp"
#include "hunt/town_for_test.hpp"
#include "platform/cache/cache.hpp"

namespace tandem::hunt::bot {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;
using telegram::update_kind;

constexpr std::int64_t channel = -1'001'234, operators_chat = 101;

struct SourceDesk : testing::Test, town {
  std::unique_ptr<locale::texts> words = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> staff = accounts::make_operators(time);
  std::unique_ptr<cache::cache> kept = cache::make_local_cache(io.on(), {.entries = 0});
  std::unique_ptr<day_figures> figures = make_day_figures(*kept, time);
  parts with{{*pool, time, *words, *people, *questions, *staff, senders(), "hunt"},
             *subscribers,
             *vacancies,
             *wishes,
             *complaints,
             [](std::int64_t) { return "main_bot"; },
             main_bot,
             {"", "", 90},
             2,
             {},
             *figures};
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  operator_desk reports{with, background};
  std::unique_ptr<sources> all = make_sources(*pool, time);
  std::unique_ptr<intake> way_in = make_intake(*pool, *lanes, time, nullptr, {});
  source_desk desk{with, *all, *way_in, background};
  std::unique_ptr<telegram::dispatcher> taking;
  std::int64_t last_update = 0;

  SourceDesk() {
    run(refresh_categories(with));
    auto table = main_bot_routes(with, reports);
    desk.attach(table);
    telegram::user me;
    me.id = main_bot;
    me.is_bot = true;
    me.username = "main_bot";
    taking = std::make_unique<telegram::dispatcher>(
        background, bots[main_bot], me, std::move(table), telegram::dispatcher_options{},
        [this](std::string_view what, std::string_view detail) {
          trouble.push_back(std::string(what) + ": " + std::string(detail));
        });
    const auto code = run(staff->new_code(*pool));
    say(operators_chat, "/claim " + code);
  }
  ~SourceDesk() override {
    run(background.stop());
    EXPECT_EQ(trouble, std::vector<std::string>{});
  }

  static telegram::chat chat_of(std::int64_t id) {
    telegram::chat out;
    out.id = id;
    out.type = id > 0 ? "private" : "channel";
    if (id < 0) out.title = "Good chat";
    return out;
  }
  static telegram::user face(std::int64_t id) {
    telegram::user out;
    out.id = id;
    out.first_name = "Person";
    out.language_code = "en";
    return out;
  }
  // What the bot did about it; work in the background may go on.
  std::vector<made> take(telegram::update what) {
    const auto before = bots[main_bot].calls.size();
    what.update_id = ++last_update;
    run(taking->handle(std::move(what)));
    return {bots[main_bot].calls.begin() + static_cast<std::ptrdiff_t>(before), bots[main_bot].calls.end()};
  }
  static telegram::message message_in(std::int64_t chat, std::int64_t id, std::string text) {
    telegram::message out;
    out.message_id = id;
    out.date = 1'795'348'000;
    out.chat = chat_of(chat);
    if (chat > 0) out.from = face(chat);
    out.text = std::move(text);
    return out;
  }
  std::vector<made> say(std::int64_t chat, std::string text, std::int64_t id = 1) {
    return bring(message_in(chat, id, std::move(text)));
  }
  std::vector<made> bring(telegram::message message) {
    telegram::update out;
    out.kind = update_kind::message;
    out.message = std::move(message);
    return take(std::move(out));
  }
  void posted(std::int64_t id, std::string text, update_kind kind = update_kind::channel_post) {
    telegram::update out;
    out.kind = kind;
    out.message = message_in(channel, id, std::move(text));
    take(std::move(out));
  }
  std::vector<made> member(std::string status) {
    telegram::update out;
    out.kind = update_kind::my_chat_member;
    telegram::chat_member_updated change;
    change.chat = chat_of(channel);
    change.from = face(operators_chat);
    change.new_chat_member.status = std::move(status);
    out.member = std::move(change);
    return take(std::move(out));
  }
  std::vector<made> press(std::string data, std::int64_t chat = operators_chat) {
    telegram::update out;
    out.kind = update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = face(chat);
    query.message = message_in(chat, 5, "x");
    query.data = std::move(data);
    out.callback_query = std::move(query);
    return take(std::move(out));
  }
  // As the judge would, without one.
  void judge_last(std::string_view kind) {
    ask("UPDATE hunt.posts SET state = 'judged' WHERE post_id = (SELECT max(post_id) FROM hunt.posts)");
    ask("INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, "
        "engine) "
        "SELECT max(post_id), 1, now(), '" +
        std::string(kind) + "', '{}', '{}', 0.9, false, 'local 1' FROM hunt.posts");
    if (kind != "vacancy") return;
    ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
        "SELECT max(post_id), 'Logo', 'y', now(), now(), now() FROM hunt.posts");
    ask("INSERT INTO hunt.vacancy_categories SELECT max(vacancy_id), 3, 0.9 FROM hunt.vacancies");
  }
  std::string posts() { return ask("SELECT count(*) FROM hunt.posts"); }
};

#define EXPECT_SAYS(text, what) EXPECT_NE((text).find(what), std::string::npos) << (text)

TEST_F(SourceDesk, AChatIsReadOnceTheOperatorHasConfirmedIt) {
  const auto told = member("administrator");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_SAYS(told[0].text("text"), "Good chat");
  posted(1, "нужен дизайнер");
  EXPECT_EQ(posts(), "0") << "not before it is confirmed";
  EXPECT_EQ(ask("SELECT state FROM hunt.sources WHERE kind = 'bot'"), "pending");
  const auto id = ask("SELECT source_id FROM hunt.sources WHERE kind = 'bot'");
  EXPECT_SAYS(press("src:read:" + id, 999)[0].text("text"), "operator");
  press("src:read:" + id);
  posted(2, "нужен дизайнер");
  posted(2, "нужен дизайнер, писать @anna", update_kind::edited_channel_post);
  EXPECT_EQ(ask("SELECT concat_ws('|', message_id, revision, url, contact_url) FROM hunt.posts"),
            "2|2|https://t.me/c/1234/2|https://t.me/anna");
  EXPECT_TRUE(member("administrator").empty()) << "it is known";
  EXPECT_SAYS(member("left")[0].text("text"), "no member");
  EXPECT_EQ(ask("SELECT state FROM hunt.sources WHERE kind = 'bot'"), "failing");
}

TEST_F(SourceDesk, TheOperatorTakesASourceDownInItsChat) {
  member("member");
  const auto id = ask("SELECT source_id FROM hunt.sources WHERE kind = 'bot'");
  press("src:read:" + id);
  posted(2, "нужен дизайнер");
  judge_last("vacancy");
  EXPECT_SAYS(press("src:ask_down:" + id)[1].text("text"), "cannot be undone");
  EXPECT_EQ(ask("SELECT text <> '' FROM hunt.posts"), "t");
  press("src:down:" + id);
  EXPECT_EQ(ask("SELECT text || state FROM hunt.posts"), "dropped");
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "withdrawn");
  posted(3, "нужен повар");
  EXPECT_EQ(posts(), "1");
  press("src:read:" + id);
  EXPECT_EQ(ask("SELECT state FROM hunt.sources WHERE kind = 'bot'"), "taken_down");
}

TEST_F(SourceDesk, PastedTextBecomesAPostAndItsAnswerSaysWhatBecameOfIt) {
  const auto told = say(operators_chat, "Нужен дизайнер: логотип для кофейни, писать @anna", 7);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_SAYS(told[0].text("text"), "Judging");
  judge_last("vacancy");
  run(desk.catch_up());
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "Logo");
  EXPECT_SAYS(say(operators_chat, "Нужен дизайнер: логотип для кофейни, писать @anna", 7)[0].text("text"),
              "already");
  EXPECT_SAYS(say(operators_chat, "Нужен дизайнер: логотип для кофейни, писать @anna!", 8)[0].text("text"),
              "repeat");
  const auto id = ask("SELECT min(post_id) FROM hunt.posts");
  press("src:undo:" + id);
  EXPECT_EQ(ask("SELECT p.state || v.state FROM hunt.posts p JOIN hunt.vacancies v USING (post_id)"),
            "droppedwithdrawn");
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "Undone");
}

// What the desk of a killed process has left behind, and the update that Telegram gives again.
TEST_F(SourceDesk, WhatWasBroughtWhenTheProcessWasKilledIsAnsweredByTheNext) {
  const std::string order = "Нужен дизайнер: логотип для кофейни, писать @anna";
  say(operators_chat, order, 7);
  ask("DELETE FROM hunt.operator_posts");
  EXPECT_SAYS(say(operators_chat, order, 7)[0].text("text"), "Judging") << "only the post was stored";
  ask("UPDATE hunt.operator_posts SET message_id = 0, shown = ''");
  EXPECT_SAYS(say(operators_chat, order, 7)[0].text("text"), "Judging") << "it was not answered yet";
  EXPECT_SAYS(say(operators_chat, order, 7)[0].text("text"), "already");
  EXPECT_EQ(posts(), "1");
  judge_last("vacancy");
  run(desk.catch_up());
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "Logo");
}

TEST_F(SourceDesk, OfManyThatTheOperatorBroughtTheFirstIsAnsweredToo) {
  for (int n = 1; n <= 3; ++n) {
    say(operators_chat, "Нужен дизайнер: логотип для кофейни, писать @anna_" + std::to_string(n), 10 + n);
  }
  ask("UPDATE hunt.operator_posts SET shown = ''");
  EXPECT_EQ(run(untold_operator_posts(*pool, time.now(), 2)).size(), 3u);
}

TEST_F(SourceDesk, WhetherAChatIsToBeReadIsAskedAgainUntilItIsAnswered) {
  member("member");
  EXPECT_EQ(member("member").size(), 1u);
  press("src:rest:" + ask("SELECT source_id FROM hunt.sources WHERE kind = 'bot'"));
  EXPECT_TRUE(member("member").empty());
}

TEST_F(SourceDesk, AForwardedPostKeepsWhereItCameFrom) {
  auto message = message_in(operators_chat, 9, "Нужен дизайнер");
  telegram::message_origin from;
  from.type = "channel";
  from.date = 1'795'340'000;
  from.chat = chat_of(-1'009'999);
  from.chat->title = "Design jobs";
  from.chat->username = "design_jobs";
  from.message_id = 55;
  message.forward_origin = from;
  EXPECT_SAYS(bring(message)[0].text("text"), "Judging");
  EXPECT_EQ(ask("SELECT concat_ws('|', url, origin, author_key, extract(epoch FROM posted_at)::bigint) FROM "
                "hunt.posts"),
            "https://t.me/design_jobs/55|Design jobs|from:design_jobs|1795340000");
  message.message_id = 10;
  EXPECT_SAYS(bring(message)[0].text("text"), "already");
  judge_last("none");
  run(desk.catch_up());
  EXPECT_SAYS(bots[main_bot].calls.back().text("text"), "No vacancy");
}

TEST_F(SourceDesk, OthersAndShortWordsGoTheirUsualWay) {
  say(102, "Нужен дизайнер: логотип для кофейни, писать @anna");
  say(operators_chat, "привет");
  EXPECT_EQ(posts(), "0");
}

TEST_F(SourceDesk, SourcesAreListedInTheOperatorsChatOnly) {
  EXPECT_SAYS(say(102, "/sources")[0].text("text"), "operator");
  EXPECT_SAYS(say(operators_chat, "/sources")[0].text("text"), "@jobs");
  EXPECT_SAYS(say(operators_chat, "/source @jobs")[0].text("text"), "Good jobs");
  EXPECT_SAYS(say(operators_chat, "/source nobody_here")[0].text("text"), "no such source");
}

TEST_F(SourceDesk, ASilentSourceIsToldWithWhatCanBeDone) {
  silent_source one{source_id(1), "preview", "jobs", time.now() - 50h, 3};
  run(desk.tell_silent(one));
  const auto& told = bots[main_bot].calls.back();
  EXPECT_SAYS(told.text("text"), "50 hours");
  EXPECT_TRUE(told.params.contains("reply_markup"));
}

}  // namespace
}  // namespace tandem::hunt::bot
