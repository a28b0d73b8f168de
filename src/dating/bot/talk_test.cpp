// Talks, complaints and the operator's desk as people meet them: updates through the real tables, dispatcher
// and database; the server is a recording.
#include <boost/json/serialize.hpp>

#include "dating/bot/deck_screens.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/profile_screens.hpp"
#include "dating/bot/routes.hpp"
#include "dating/bot/safety_desk.hpp"
#include "dating/bot/safety_screens.hpp"
#include "dating/bot/talk_screens.hpp"
#include "dating/rating/coefficients.hpp"
#include "dating/talks/town_for_test.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;

constexpr std::int64_t desk = -500;

struct TalkBot : testing::Test, talk_town {
  std::unique_ptr<locale::texts> words = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> staff = accounts::make_operators(time);
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<decks> deck = make_decks({*lanes, time, rated});
  std::unique_ptr<likes> hearts = make_likes({time, *keys, *news});
  std::unique_ptr<growth> more = make_growth(time);
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  std::function<telegram::sender*(std::int64_t)> senders = [this](std::int64_t id) -> telegram::sender* {
    return id == dating_bot ? &bot : nullptr;
  };
  parts with{{*pool, time, *words, *people, *questions, *staff, senders, "dating"},
             *members,
             *pictures,
             *deck,
             *hearts,
             *conversations,
             *rules,
             *more,
             *news,
             known_towns(),
             *keys,
             *shop,
             background,
             dating_bot,
             [] { return std::string("dating_bot"); },
             {},
             {}};
  std::unique_ptr<telegram::dispatcher> taking;
  std::unique_ptr<talk_courier> courier =
      make_talk_courier({io.on(), *pool, time, *people, *keys, *conversations, senders, words_of(with)});
  std::vector<std::unique_ptr<async::part>> newsboys;  // a stopped one is asked for the news still
  std::int64_t last_update = 0, last_message = 1'000;
  user_id anna = person(1, "Anna"), boris = person(2, "Boris"), vera = person(3, "Vera"),
          chief = person(9, "Chief");
  match_id pair = match(anna, boris), other_pair = match(anna, vera);

  TalkBot() {
    log::set_level("conversation", log::level::off);
    telegram::user me;
    me.id = dating_bot;
    me.is_bot = true;
    auto told = [this](std::string_view what, std::string_view detail) {
      trouble.push_back(std::string(what) + ": " + std::string(detail));
    };
    taking = std::make_unique<telegram::dispatcher>(background, bot, me, bot_routes(with),
                                                    telegram::dispatcher_options{}, told);
    for (const auto who : {anna, boris, vera, chief}) run(people->started(*pool, who, dating_bot));
  }
  ~TalkBot() override {
    run(background.stop());
    run(lanes->stop());
    EXPECT_EQ(trouble, std::vector<std::string>{});
  }

  // ---- updates
  static telegram::chat chat(std::int64_t id) {
    telegram::chat out;
    out.id = id;
    out.type = id > 0 ? "private" : "group";
    return out;
  }
  telegram::message from(int number, std::int64_t where = 0) {
    telegram::message out;
    out.message_id = ++last_message;
    out.date = 1;
    out.chat = chat(where ? where : 100 + number);
    out.from.emplace();
    out.from->id = 100 + number;
    out.from->first_name = "Secret name";
    out.from->username = "user_" + std::to_string(number);
    out.from->language_code = "en";
    return out;
  }
  using lines = std::vector<std::string>;

  // What the bot did about it, the courier's sendings with it.
  lines take(telegram::update what) {
    const auto before = bot.calls.size();
    if (what.update_id == 0) what.update_id = ++last_update;
    run(taking->handle(std::move(what)));
    run(background.join());
    run(courier->run_due());
    lines out;
    for (auto i = before; i < bot.calls.size(); ++i) out.push_back(said(bot.calls[i]));
    return out;
  }
  lines sends(telegram::message what, bool edited = false) {
    telegram::update out;
    out.kind = edited ? telegram::update_kind::edited_message : telegram::update_kind::message;
    out.message = std::move(what);
    return take(std::move(out));
  }
  static void reply_to(telegram::message& what, std::int64_t message_id) {
    what.reply_to_message = telegram::message{};
    what.reply_to_message->message_id = message_id;
    what.reply_to_message->date = 1;
    what.reply_to_message->chat = what.chat;
  }
  lines says(int number, std::string text, std::int64_t replied = 0, std::int64_t where = 0) {
    auto what = from(number, where);
    what.text = std::move(text);
    if (replied != 0) reply_to(what, replied);
    return sends(std::move(what));
  }
  lines shows_photo(int number, std::int64_t replied) {
    auto what = from(number);
    what.photo.resize(1);
    what.photo[0].file_id = "f";
    what.photo[0].file_unique_id = "u" + std::to_string(last_message);
    reply_to(what, replied);
    return sends(std::move(what));
  }
  lines presses(int number, std::string data, std::int64_t where = 0, std::int64_t message = 40) {
    telegram::update out;
    out.kind = telegram::update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = *from(number).from;
    telegram::message pressed;
    pressed.message_id = message;
    pressed.date = 1;
    pressed.chat = chat(where ? where : 100 + number);
    query.message = std::move(pressed);
    query.data = std::move(data);
    out.callback_query = std::move(query);
    return take(std::move(out));
  }
  // Notices are said.
  lines news_of_now() {
    const auto before = bot.calls.size();
    newsboys.push_back(make_notice_courier({io.on(), *pool, time, *news, announcer(with)}, 10ms));
    const auto& newsboy = newsboys.back();
    run(newsboy->start());
    for (int i = 0; i < 1'000 && ask("SELECT count(*) FROM dating.notices") != "0"; ++i) {
    }
    run(newsboy->stop());
    lines out;
    for (auto i = before; i < bot.calls.size(); ++i) out.push_back(said(bot.calls[i]));
    return out;
  }
  // "chat method: text [button → data]".
  static std::string said(const made& call) {
    std::string out = std::to_string(call.options.chat_id) + " " + call.method + ":";
    for (const auto* key : {"text", "caption"}) {
      if (!call.text(key).empty()) out += " " + call.text(key);
    }
    if (const auto* markup = call.params.if_contains("reply_markup")) {
      if (const auto* keyboard = markup->as_object().if_contains("inline_keyboard")) {
        for (const auto& row : keyboard->as_array()) {
          for (const auto& button : row.as_array()) {
            out += " [" + std::string(button.at("text").as_string()) + " → " +
                   std::string(button.at("callback_data").as_string()) + "]";
          }
        }
      }
    }
    return out;
  }
  static bool any(const lines& all, std::string_view part) {
    return std::ranges::any_of(all, [&](const auto& one) { return one.contains(part); });
  }
  static std::string joined(const lines& all) {
    std::string out;
    for (const auto& one : all) out += one + "\n";
    return out;
  }
  // Everything that anybody but the operator has seen.
  std::string all_said() {
    std::string out;
    for (const auto& one : bot.calls) out += boost::json::serialize(one.params) + "\n";
    return out;
  }
  void warm_up() {
    presses(1, press::data(press::talk_open, pair.value));
    presses(2, press::data(press::talk_open, pair.value));
    for (int i = 0; i < 3; ++i) {
      says(1, "word " + std::to_string(i));
      says(2, "word " + std::to_string(i));
    }
  }
  void claim() {
    const auto code = run(staff->new_code(*pool));
    const accounts::operator_chat where{dating_bot, desk, chief};
    EXPECT_TRUE(run(staff->claim(*pool, code, where)));
  }
  std::string match_press(std::string_view prefix) { return press::data(prefix, pair.value); }
};

#define EXPECT_SAYS(did, part) EXPECT_TRUE(any(did, part)) << joined(did)
#define EXPECT_SILENT_ABOUT(did, part) EXPECT_FALSE(any(did, part)) << joined(did)

}  // namespace

TEST_F(TalkBot, WriteOpensTheTalkPinsItsLineAndTheNextTextGoesThere) {
  auto did = presses(1, match_press(press::talk_open));
  EXPECT_SAYS(did, "answerCallbackQuery: You are now writing to Boris");
  EXPECT_SAYS(did, "101 sendMessage: 💬 You are writing to <b>Boris</b>");
  EXPECT_SAYS(did, "101 pinChatMessage:");
  did = says(1, "Hello");
  EXPECT_EQ(did, lines{"102 sendMessage: Anna\nHello [↩️ Reply: Anna → talk:open:1]"});
  did = presses(2, match_press(press::talk_open));
  EXPECT_SAYS(did, "102 sendMessage: 💬 You are writing to <b>Anna</b>");
  EXPECT_EQ(says(2, "Hi"), lines{"101 sendMessage: Hi"});
}

TEST_F(TalkBot, NobodyOpensATalkOfOthersWhateverThePressSays) {
  for (const auto prefix : {press::talk_open, press::talk_line, press::talk_more, press::talk_contact,
                            press::talk_agree, press::talk_end, press::talk_unmatch, press::talk_last}) {
    const auto did = presses(3, match_press(prefix));
    EXPECT_EQ(did, lines{"0 answerCallbackQuery: This talk is gone"}) << prefix;
  }
  EXPECT_EQ(ask("SELECT state FROM dating.matches WHERE match_id = 1"), "new");
  for (const std::string junk : {"talk:open:", "talk:open:x", "talk:drop:1", "talk:place:5", "safe:say:1:2",
                                 "talk:open:99999999999999999999"}) {
    EXPECT_FALSE(presses(1, junk).empty()) << junk;
  }
}

TEST_F(TalkBot, ATextWithoutATalkAsksForWhomAndIsKeptFromEverybody) {
  auto did = says(1, "Hello?");
  EXPECT_SAYS(did, "Who is this for?");
  EXPECT_SAYS(did, "[Boris → talk:open:1]");
  EXPECT_SILENT_ABOUT(did, "Hello?");
  const auto alone = person(4, "Gleb");
  run(people->started(*pool, alone, dating_bot));
  EXPECT_SILENT_ABOUT(says(4, "Hello?"), "Who is this for?");
}

TEST_F(TalkBot, ACommandNeverGoesToTheTalk) {
  warm_up();
  for (const std::string text : {"/menu", "/help", "/talks", "/delete", "/nonsense"}) {
    EXPECT_SILENT_ABOUT(says(1, text), "102 ") << text;
  }
}

TEST_F(TalkBot, NothingOfTheSenderLeaks) {
  warm_up();
  auto forwarded = from(1);
  forwarded.text = "forwarded words";
  forwarded.forward_origin = telegram::message_origin{};
  forwarded.forward_origin->type = "user";
  forwarded.forward_origin->sender_user.emplace();
  forwarded.forward_origin->sender_user->username = "origin_leak";
  EXPECT_EQ(sends(std::move(forwarded)), lines{"102 sendMessage: forwarded words"});
  auto photo = from(1);
  photo.photo.resize(1);
  photo.photo[0].file_id = "f";
  photo.caption = "me: t.me/user_1, @user_1, user_1@mail.ru, +7 916 123 45 67, find me";
  auto did = sends(std::move(photo));
  EXPECT_SAYS(did, "102 copyMessage: me: •••, •••, •••, •••, find me");
  EXPECT_SAYS(did, "101 sendMessage: ✓ Sent, but the contacts in it are hidden.");
  auto mentioned = from(1);
  mentioned.text = "this is me";
  mentioned.entities.resize(1);
  mentioned.entities[0].type = "text_mention";
  mentioned.entities[0].offset = 8;
  mentioned.entities[0].length = 2;
  mentioned.entities[0].user = *from(1).from;
  EXPECT_SAYS(sends(std::move(mentioned)), "102 sendMessage: this is •••");
  auto card = from(1);
  card.contact = telegram::contact{};
  card.contact->phone_number = "+79161234567";
  card.contact->user_id = 101;
  did = sends(std::move(card));
  EXPECT_SAYS(did, "101 sendMessage: The contact was not sent");
  EXPECT_SILENT_ABOUT(did, "102 ");
  const auto all = all_said();
  for (const std::string secret : {"user_1", "Secret name", "origin_leak", "79161234567", "916 123"}) {
    EXPECT_FALSE(all.contains(secret)) << secret;
  }
  EXPECT_FALSE(all.contains("forwardMessage"));
}

TEST_F(TalkBot, TheFirstMessagesAreHeldBackWithAHint) {
  presses(1, match_press(press::talk_open));
  const auto did = says(1, "write me: @anna_secret");
  EXPECT_EQ(did.size(), 1u);
  EXPECT_SAYS(did, "101 sendMessage: Not sent: this is no place for names in other networks");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages"), "0");
}

TEST_F(TalkBot, WhatTelegramRefusesForGoodIsToldToItsSender) {
  log::set_level("talks", log::level::off);
  warm_up();
  bot.refusals = {telegram::refusal::other};
  EXPECT_SAYS(says(1, "hm"),
              "101 sendMessage: Telegram did not take this message for Boris. Please send it again.");
}

TEST_F(TalkBot, AfterASwitchRepliesGoBackAndTheRestGoesOn) {
  warm_up();
  says(2, "a question");
  const auto question =
      std::stoll(ask("SELECT to_message FROM dating.messages ORDER BY from_message DESC LIMIT 1"));
  presses(1, press::data(press::talk_open, other_pair.value));
  EXPECT_EQ(says(1, "an answer", question), lines{"102 sendMessage: an answer"});
  EXPECT_SAYS(says(1, "for Vera"), "103 sendMessage: Anna\nfor Vera");
}

namespace {

// Whatever the bot waits for, and whether a talk is current: what is said in reply to somebody is for them
// alone, and in reply to anything else for nobody; no state may take it.
struct TalkBotReplies : TalkBot {
  std::int64_t question = 0;  // of Boris, in Anna's chat
  user_id gleb = person(4, "Gleb");

  TalkBotReplies() {
    ask("UPDATE dating.profiles SET trust = 2");  // the limits of a day are not what this is about
    warm_up();
    says(2, "a question");
    question = std::stoll(ask("SELECT to_message FROM dating.messages ORDER BY from_message DESC LIMIT 1"));
    ask("INSERT INTO dating.decks (viewer_id, place, candidate_id, km, made_at) VALUES (1, 0, " +
        std::to_string(gleb.value) + ", 1, now())");
  }
  // The presses after which something is waited for, with the word for it.
  std::vector<std::pair<std::string, std::string>> questions_asked() const {
    return {{press::data(press::edit_field, static_cast<int>(field::about)), "me about"},
            {press::data(press::edit_field, static_cast<int>(field::place)), "me place"},
            {std::string(press::ask_deletion), "pick deletion"},
            {std::string(press::photo_add), "photo"},
            {press::data(press::deck_letter, gleb.value, 0), "like " + std::to_string(gleb.value) + ":0:40"}};
  }
  void for_each_situation(std::function<void()> check) {
    for (const bool current : {true, false}) {
      for (const auto& [asks, word] : questions_asked()) {
        SCOPED_TRACE(word + (current ? ", Vera's talk is current" : ", no talk is current"));
        if (current) presses(1, press::data(press::talk_open, other_pair.value));
        if (!current) ask("DELETE FROM dating.talks WHERE user_id = 1");
        presses(1, asks);
        EXPECT_EQ(ask("SELECT state FROM accounts.dialogs WHERE user_id = 1"), word);
        check();
        presses(1, asks);
        EXPECT_EQ(ask("SELECT about FROM dating.profiles WHERE user_id = 1"), "");
        EXPECT_EQ(ask("SELECT latitude FROM dating.profiles WHERE user_id = 1"), "");
        EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
        EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
      }
    }
  }
  telegram::message place() {
    auto out = from(1);
    out.location = telegram::location{};
    out.location->latitude = 55.7;
    out.location->longitude = 37.6;
    return out;
  }
};

}  // namespace

TEST_F(TalkBotReplies, ToSomebodysWordsGoToThemWhateverTheBotWaitsFor) {
  for_each_situation([this] { EXPECT_EQ(says(1, "yes", question), lines{"102 sendMessage: yes"}); });
  for_each_situation([this] { EXPECT_EQ(shows_photo(1, question), lines{"102 copyMessage:"}); });
  for_each_situation([this] {
    auto here = place();
    reply_to(here, question);
    EXPECT_SAYS(sends(std::move(here)), "101 sendMessage: 📍 Send <b>Boris</b> this point");
  });
}

TEST_F(TalkBotReplies, ToAnythingElseOfTheBotGoToNobody) {
  // News of a match, a nudge, a card: which message that is, nobody has noted.
  constexpr std::int64_t something = 7'777;
  for_each_situation([this] {
    const auto did = says(1, "yes", something);
    EXPECT_EQ(did.size(), 1u);
    EXPECT_SAYS(did, "101 sendMessage: 💬 Who is this for? The message that you reply to does not tell.");
    EXPECT_SAYS(did, "[Boris → talk:open:1]");
  });
  for_each_situation([this] { EXPECT_SAYS(shows_photo(1, something), "Who is this for?"); });
  for_each_situation([this] {
    auto here = place();
    reply_to(here, something);
    EXPECT_SAYS(sends(std::move(here)), "Who is this for?");
  });
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages WHERE from_id = 1"), "3") << "those of the beginning";
}

TEST_F(TalkBotReplies, ToThePinnedLineGoToItsTalk) {
  const auto line = std::stoll(ask("SELECT pinned FROM dating.talks WHERE user_id = 1"));
  presses(1, questions_asked().front().first);
  EXPECT_EQ(says(1, "an answer", line), lines{"102 sendMessage: an answer"});
}

TEST_F(TalkBotReplies, ToTheQuestionThatWaitsAnswerIt) {
  ask("UPDATE dating.profiles SET latitude = 1, longitude = 1");
  const auto asks = questions_asked();
  presses(1, asks[0].first);
  EXPECT_SILENT_ABOUT(says(1, "I sing", 40), "102 ");
  EXPECT_EQ(ask("SELECT about FROM dating.profiles WHERE user_id = 1"), "I sing");
  presses(1, asks[4].first);
  EXPECT_SAYS(says(1, "call me +7 916 123 45 67", 40), "Not sent");
  const auto again = std::stoll(ask("SELECT message_id FROM accounts.dialogs WHERE user_id = 1"));
  EXPECT_NE(again, 40) << "asked anew in a message of its own";
  EXPECT_SAYS(says(1, "I sing, too", again), "Letter sent: Gleb");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements WHERE letter IS NOT NULL"), "1");
  presses(1, asks[3].first);
  for (int i = 0; i < 2; ++i) {  // an album: both reply to the one question
    const auto did = shows_photo(1, 40);
    EXPECT_SILENT_ABOUT(did, "102 ");
    EXPECT_SILENT_ABOUT(did, "Who is this for?");
  }
  presses(1, asks[1].first);  // a new message: a keyboard to type with cannot be edited into one
  auto here = place();
  reply_to(here,
           std::stoll(ask("SELECT message_id FROM accounts.dialogs WHERE user_id = 1 AND message_id <> 40")));
  sends(std::move(here));
  EXPECT_EQ(ask("SELECT round(latitude::numeric, 1) FROM dating.profiles WHERE user_id = 1"), "55.7");
}

TEST_F(TalkBot, AnUpdateThatComesTwiceDoesNothingMore) {
  warm_up();
  telegram::update hello;
  hello.kind = telegram::update_kind::message;
  auto message = from(1);
  message.text = "once";
  hello.message = message;
  hello.update_id = 700;
  EXPECT_EQ(take(hello), lines{"102 sendMessage: once"});
  hello.update_id = 701;  // as after a kill: the dispatcher does not know it any more
  EXPECT_EQ(take(hello), lines{});
}

TEST_F(TalkBot, EditsFollow) {
  warm_up();
  auto message = from(1);
  message.text = "tpyo";
  sends(message);
  message.text = "typo";
  EXPECT_EQ(sends(message, true), lines{"102 editMessageText: typo"});
  auto unknown = from(3);
  unknown.text = "nobody's";
  EXPECT_EQ(sends(unknown, true), lines{});
  auto stranger = from(77);
  stranger.text = "not even registered";
  EXPECT_EQ(sends(stranger, true), lines{});
}

TEST_F(TalkBot, DeleteForBothByCommandAndByButton) {
  warm_up();
  auto message = from(1);
  message.text = "too much";
  sends(message);
  auto did = says(1, "/delete", message.message_id);
  EXPECT_SAYS(did, "101 deleteMessage:");
  EXPECT_SAYS(did, "102 deleteMessages:");
  EXPECT_SAYS(says(1, "/delete"), "reply to it with /delete");
  EXPECT_SAYS(says(2, "/delete", message.message_id), "not yours");
  auto another = from(1);
  another.text = "another";
  sends(another);
  did = presses(1, match_press(press::talk_last));
  EXPECT_SAYS(did, "Delete your last message for both?");
  did = presses(1, press::data(press::talk_drop, pair.value, another.message_id));
  EXPECT_SAYS(did, "Deleted for both");
  EXPECT_SAYS(did, "102 deleteMessages:");
}

TEST_F(TalkBot, ALocationIsAskedAboutFirst) {
  warm_up();
  auto place = from(1);
  place.location = telegram::location{};
  place.location->latitude = 55.7;
  place.location->longitude = 37.6;
  const auto id = place.message_id;
  auto did = sends(std::move(place));
  EXPECT_SAYS(did, "Send <b>Boris</b> this point on the map?");
  EXPECT_SILENT_ABOUT(did, "102 ");
  EXPECT_SILENT_ABOUT(presses(2, press::data(press::talk_place, id, 1)), "sendLocation");
  did = presses(1, press::data(press::talk_place, id, 1));
  EXPECT_SAYS(did, "102 sendLocation:");
  EXPECT_SAYS(did, "101 deleteMessage:") << "the question goes away";
  EXPECT_SILENT_ABOUT(presses(1, press::data(press::talk_place, id, 1)), "sendLocation");
}

TEST_F(TalkBot, ContactsOpenForBothAtOnceAndOnlyWhenBothPress) {
  warm_up();
  ask("UPDATE accounts.users SET username = NULL WHERE telegram_id = 102");
  EXPECT_SAYS(presses(1, match_press(press::talk_contact)), "Exchange contacts with <b>Boris</b>?");
  presses(1, match_press(press::talk_agree));
  auto did = news_of_now();
  EXPECT_SAYS(did, "102 sendMessage: 📱 <b>Anna</b> would like to exchange contacts.");
  EXPECT_FALSE(all_said().contains("t.me/user_1"));
  EXPECT_SAYS(presses(1, match_press(press::talk_contact)), "when Boris agrees, too");
  presses(2, match_press(press::talk_agree));
  ask("UPDATE accounts.users SET username = NULL WHERE telegram_id = 102");  // the press has told the name
  did = news_of_now();
  EXPECT_SAYS(did,
              "102 sendMessage: 🤝 You have each other’s contacts now.\n<a href=\"https://t.me/user_1\">");
  EXPECT_SAYS(did, "101 sendMessage: 🤝 You have each other’s contacts now.\n<a href=\"tg://user?id=102\">");
  EXPECT_SAYS(did, "You have no username");
  auto card = from(2);
  card.contact = telegram::contact{};
  card.contact->phone_number = "+79161234567";
  card.contact->user_id = 102;
  did = sends(std::move(card));
  EXPECT_SAYS(did, "101 copyMessage:");
  EXPECT_SAYS(did, "102 sendMessage: ✓ Your number was sent to Anna.");
}

TEST_F(TalkBot, AnUnmatchIsConfirmedAndTheOtherGetsAClearAnswer) {
  warm_up();
  EXPECT_SAYS(presses(1, match_press(press::talk_end)), "End the talk with <b>Boris</b>?");
  EXPECT_SAYS(presses(1, match_press(press::talk_unmatch)), "The talk with <b>Boris</b> is over.");
  auto did = says(2, "are you there?");
  EXPECT_SAYS(did, "102 sendMessage: Not sent: there is no talk with <b>Anna</b> any more.");
  EXPECT_SILENT_ABOUT(did, "101 ");
  EXPECT_SAYS(presses(2, match_press(press::talk_open)), "This talk is over: <b>Anna</b>");
  EXPECT_SAYS(presses(1, match_press(press::talk_unmatch)), "This talk is over");
}

TEST_F(TalkBot, BackFromAQuestionShowsTheLineOnlyWhereOneIs) {
  warm_up();
  EXPECT_SAYS(presses(1, match_press(press::talk_line)), "You are writing to <b>Boris</b>");
  const auto did = presses(1, press::data(press::talk_line, other_pair.value));
  EXPECT_SILENT_ABOUT(did, "You are writing to");
  EXPECT_SAYS(did, "Vera");
}

TEST_F(TalkBot, AComplaintFromATalkEndsItAndReachesTheDesk) {
  claim();
  warm_up();
  says(2, "you are an idiot");
  auto did = presses(1, press::data(press::complain, boris.value, pair.value));
  EXPECT_SAYS(did, "What is wrong with <b>Boris</b>?");
  EXPECT_SAYS(did, "[Rude, threatening → safe:say:2:1:3]");
  did = presses(1, "safe:say:2:1:3");
  EXPECT_SAYS(did, "101 editMessageText: Thank you.");
  EXPECT_SAYS(did, "-500 sendMessage: ⚠️ 1 complaint · 1 in the queue\n• Rude, threatening");
  EXPECT_SAYS(did, "[💬 Talk → op:case:read:1]");
  EXPECT_SAYS(says(2, "hello?"), "Not sent: there is no talk");
  did = presses(9, "op:case:read:1", desk);
  EXPECT_SAYS(did, "you are an idiot");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.actions WHERE action = 'read_talk' AND by_id = 4"), "1");
}

TEST_F(TalkBot, TheDesksButtonsWorkNowhereElse) {
  claim();
  warm_up();
  presses(1, "safe:say:2:1:1");
  for (const std::string data : {"op:case:act:2:3", "op:case:read:1", "op:case:show:2:0", "op:case:hide:2:1",
                                 "op:case:undo:2", "op:case:next:2", "op:case:media:1", "op:case:ask:2:3"}) {
    EXPECT_SAYS(presses(3, data), "These buttons are for the operator’s chat") << data;
  }
  EXPECT_EQ(ask("SELECT count(*) FROM dating.actions"), "0");
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE user_id = 2"), "active");
}

TEST_F(TalkBot, TheOperatorDecidesUndoesAndGoesOnInOneCard) {
  claim();
  warm_up();
  presses(1, press::data(press::talk_open, other_pair.value));
  presses(1, "safe:say:2:1:1");
  auto did = presses(1, "safe:say:3:2:6");
  EXPECT_SILENT_ABOUT(did, "-500 sendMessage") << "one card at a time";
  did = presses(9, "op:case:ask:2:3", desk, 5);
  EXPECT_SAYS(did, "This person loses access");
  did = presses(9, "op:case:act:2:3", desk, 5);
  EXPECT_SAYS(did, "✓ Decided: banned");
  EXPECT_SAYS(did, "[↩️ Undo → op:case:undo:2]");
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE user_id = 2"), "banned");
  EXPECT_SAYS(says(2, "let me in"), "102 sendMessage") << "who is banned hears so";
  EXPECT_SAYS(presses(9, "op:case:undo:2", desk, 5), "Undone, the complaints wait again");
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE user_id = 2"), "active");
  EXPECT_SAYS(presses(9, "op:case:act:2:0", desk, 5), "✓ Decided: warned");
  EXPECT_SAYS(news_of_now(), "102 sendMessage: ⚠️ Somebody complained about you");
  EXPECT_SAYS(presses(9, "op:case:next:2", desk, 5), "<b>Vera</b>");
  EXPECT_SAYS(presses(9, "op:case:act:3:4", desk, 5), "✓ Decided: dismissed");
  EXPECT_SAYS(presses(9, "op:case:next:3", desk, 5), "No complaints.");
  EXPECT_SAYS(says(9, "/cases", 0, desk), "No complaints.");
}

TEST_F(TalkBot, AChildComesToTheDeskAtOnceWhateverLiesThere) {
  claim();
  warm_up();
  presses(1, "safe:say:2:1:1");
  const auto did = presses(1, press::data(press::complain_of, vera.value, other_pair.value, 0));
  EXPECT_SAYS(did, "-500 sendMessage: ⚠️ 1 complaint · 2 in the queue\n• Under 18");
  EXPECT_SAYS(did, "101 editMessageText: Thank you. The operator looks at this profile first");
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE user_id = 3"), "hidden");
}

TEST_F(TalkBot, WhatShowsSomebodyInOtherChatsGoesWhenTheyEraseThemselves) {
  claim();
  warm_up();
  const notice mutual{1, anna, "match", pair.value, time.now()};
  EXPECT_EQ(run(announcer(with)(mutual)), dating::told::sent);
  const auto told = ask("SELECT message_id FROM dating.appearances WHERE chat_id = 101 AND about_id = 2");
  auto photo = from(2);
  photo.photo.resize(1);
  photo.photo[0].file_id = "f";
  sends(std::move(photo));
  presses(1, "safe:say:2:1:4");
  const auto card = ask("SELECT message_id FROM dating.complaint_cards");
  presses(9, "op:case:media:1", desk, std::stoll(card));
  const auto copy = ask("SELECT max(message_id) FROM dating.appearances WHERE chat_id = -500");
  EXPECT_NE(copy, card);
  presses(9, "op:case:act:2:4", desk, std::stoll(card));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.complaint_cards"), "0") << "decided: nothing follows it";

  const auto before = static_cast<std::ptrdiff_t>(bot.calls.size());
  presses(2, "me:delete_yes");
  std::map<std::int64_t, std::string> gone;
  for (auto call = bot.calls.begin() + before; call != bot.calls.end(); ++call) {
    if (call->method == "deleteMessages")
      gone[call->options.chat_id] = boost::json::serialize(call->params.at("message_ids"));
  }
  EXPECT_EQ(gone[-500], "[" + card + "," + copy + "]");
  EXPECT_TRUE(gone[101].contains(told)) << gone[101];
  EXPECT_EQ(ask("SELECT count(*) FROM dating.appearances"), "0");
}

TEST_F(TalkBot, ACardThatTelegramDoesNotDeleteAnyMoreIsMadeUnreadable) {
  claim();
  presses(1, "safe:say:3:2:6");
  time.advance(49h);
  const auto did = presses(3, "me:delete_yes");
  EXPECT_SAYS(did, "-500 editMessageText: Message deleted");
}

TEST_F(TalkBot, ACardThatComesWhileThePersonGoesIsTakenBackAtOnce) {
  run(conversations->appears(*pool, {dating_bot, desk, 77, user_id(99), "en"}));
  run(courier->run_due());
  EXPECT_EQ(bot.of("deleteMessages").size(), 1u);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.appearances"), "0");
}

TEST_F(TalkBot, ACardFollowsWhatHappensElsewhere) {
  claim();
  warm_up();
  presses(1, "safe:say:2:1:1");
  ask("INSERT INTO dating.judgements VALUES (3, 2, true, NULL, now())");
  const auto did = presses(3, "safe:say:2:0:2");
  EXPECT_SAYS(did, "-500 editMessageText: ⚠️ 2 complaints · 1 in the queue");
  EXPECT_SILENT_ABOUT(did, "-500 sendMessage");
}

TEST_F(TalkBot, MediaAreShownToTheOperatorThroughTheComplaintAlone) {
  claim();
  warm_up();
  auto photo = from(2);
  photo.photo.resize(1);
  photo.photo[0].file_id = "f";
  sends(std::move(photo));
  presses(1, "safe:say:2:1:4");
  EXPECT_SAYS(presses(9, "op:case:read:1", desk), "[Show the media → op:case:media:1]");
  const auto did = presses(9, "op:case:media:1", desk);
  EXPECT_EQ(std::ranges::count_if(did, [](const auto& one) { return one.starts_with("-500 copyMessage"); }),
            1);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.actions WHERE action = 'read_talk'"), "2");
}

TEST_F(TalkBot, NobodyComplainsAboutOrBlocksWhomTheyNeverMet) {
  for (const std::string data :
       {"safe:why:2:0", "safe:say:2:0:1", "safe:ask:2", "safe:block:2", "safe:say:2:1:0"}) {
    EXPECT_SAYS(presses(3, data), "You cannot complain about this profile") << data;
  }
  EXPECT_EQ(ask("SELECT count(*) FROM dating.complaints"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.blocks"), "0");
}

TEST_F(TalkBot, ABlockIsConfirmedAndTakenBackInTheList) {
  EXPECT_SAYS(presses(1, "safe:ask:2"), "[Yes, never again → safe:block:2]");
  EXPECT_SAYS(presses(1, "safe:block:2"), "will not see each other any more");
  EXPECT_SAYS(presses(1, "safe:list"), "[↩️ Boris → safe:unblock:2]");
  EXPECT_SAYS(presses(1, "safe:unblock:2"), "There is nobody.");
}

}  // namespace tandem::dating::bot
