#include "dating/talks/talks.hpp"

#include <boost/json/serialize.hpp>

#include "async/part_for_test.hpp"
#include "async/scope.hpp"
#include "dating/talks/town_for_test.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;
using telegram::message_content;

struct Talks : testing::Test, talk_town {
  user_id anna = person(1, "Аня"), boris = person(2, "Боря"), vera = person(3, "Вера"),
          chief = person(9, "Chief");
  match_id with_boris = match(anna, boris), with_vera = match(anna, vera);
  std::unique_ptr<talk_courier> courier = new_courier();

  std::unique_ptr<talk_courier> new_courier(std::chrono::milliseconds poll = 1s) {
    log::set_level("talks", log::level::off);
    courier_words words;
    words.heading = [](const carried& how) { return how.current ? std::string() : how.sender_name; };
    words.buttons = [](const carried& how) {
      telegram::inline_keyboard_markup out;
      if (!how.current) {
        telegram::inline_button button;
        button.text = how.sender_name;
        button.callback_data = "x";
        out.inline_keyboard = {{button}};
      }
      return out;
    };
    words.line = [](const talk& what, std::string_view) {
      telegram::text_message out;
      out.text = "line " + what.name;
      return out;
    };
    words.unreachable = [](std::string_view name, std::string_view) {
      telegram::text_message out;
      out.text = "unreachable " + std::string(name);
      return out;
    };
    words.not_taken = [](std::string_view name, std::string_view) {
      telegram::text_message out;
      out.text = "not taken " + std::string(name);
      return out;
    };
    words.deleted = [](std::string_view) { return std::string("gone"); };
    words.blank_picture = []() -> task<std::string> { co_return "jpeg"; };
    return make_talk_courier(
        {io.on(), *pool, time, *people, *keys, *conversations,
         [this](std::int64_t id) { return id == dating_bot ? &bot : nullptr; }, std::move(words)},
        poll);
  }

  static draft text(std::int64_t id, std::string words, std::optional<std::int64_t> reply_to = {}) {
    draft out;
    out.bot_id = dating_bot;
    out.message_id = id;
    out.reply_to = reply_to;
    out.kind = message_content::text;
    out.text = std::move(words);
    return out;
  }
  static draft of_kind(std::int64_t id, message_content kind, std::string caption = "") {
    auto out = text(id, std::move(caption));
    out.kind = kind;
    return out;
  }
  sent_answer send(user_id who, draft what) {
    return in_transaction([&](pg::transaction& tx) { return conversations->send(tx, who, what); });
  }
  edit_state edit(user_id who, draft what) {
    return in_transaction([&](pg::transaction& tx) { return conversations->edit(tx, who, what); });
  }
  bool unmatch(user_id who, match_id what) {
    return in_transaction([=, this](pg::transaction& tx) { return conversations->unmatch(tx, who, what); });
  }
  removal_state remove(user_id who, std::int64_t id) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return conversations->remove(tx, who, dating_bot, id); });
  }
  // Lets the courier work; "chat: text" of what was sent meanwhile, in order.
  std::vector<std::string> carry() {
    const auto before = bot.calls.size();
    run(courier->run_due());
    std::vector<std::string> out;
    for (auto i = before; i < bot.calls.size(); ++i) out.push_back(said(bot.calls[i]));
    return out;
  }
  static std::string said(const made& call) {
    std::string out = std::to_string(call.options.chat_id) + " ";
    if (call.method != "sendMessage") out += call.method + " ";
    for (const auto* key : {"text", "caption"}) out += call.text(key);
    for (const auto* key : {"message_id", "message_ids"}) {
      if (const auto* id = call.params.if_contains(key)) out += " " + boost::json::serialize(*id);
    }
    if (const auto* reply = call.params.if_contains("reply_parameters")) {
      out += " to " + boost::json::serialize(reply->at("message_id"));
    }
    return out;
  }
  std::string state_of(std::int64_t message) {
    return ask("SELECT state || coalesce(' ' || to_message, '') FROM dating.messages WHERE from_message = " +
               std::to_string(message));
  }
  // Both are in this talk, its lines are pinned, both have written three times.
  void warm_up(match_id what, user_id one, user_id other) {
    open(one, what);
    open(other, what);
    for (int i = 0; i < 3; ++i) {
      send(one, text(9'000 + i, "слово " + std::to_string(i)));
      send(other, text(9'100 + i, "слово " + std::to_string(i)));
    }
    carry();
  }
  using lines = std::vector<std::string>;

  std::optional<sent_state> raced;
  task<> send_in_race() {
    const auto tx = co_await pool->begin();
    auto what = text(70, "успею?");
    const auto answer = co_await conversations->send(*tx, boris, std::move(what));
    co_await tx->commit();
    raced = answer.state;
  }
  task<> race() {
    async::scope side(io.on(),
                      [](std::string_view, const std::exception_ptr& why) { FAIL() << async::text_of(why); });
    const auto ending = co_await pool->begin();
    co_await conversations->unmatch(*ending, anna, with_boris);
    side.spawn("send", send_in_race());
    static constexpr pg::statement waiting{
        "test.waiting", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        pg::cardinality::one};
    for (bool waits = false; !waits;) {
      const auto rows = co_await (*pool)(waiting);
      waits = rows.front().get<int>(0) > 0;
    }
    co_await ending->commit();
    co_await side.join();
  }
};

}  // namespace

TEST_F(Talks, TheCourierWorksAfterEachStart) {
  warm_up(with_boris, anna, boris);
  const auto part = new_courier(10ms);
  async::event soon(io.on());
  async::expect_to_work_after_each_start(io, *part, [&](int start) {
    EXPECT_EQ(send(anna, text(start, "слово")).state, sent_state::accepted);
    for (int i = 0; i < 1'000 && !state_of(start).starts_with("sent"); ++i) run(soon.wait_for(10ms));
    EXPECT_TRUE(state_of(start).starts_with("sent")) << state_of(start);
  });
}

TEST_F(Talks, OnesOwnMatchIsOpenedAndItsLinePinnedOnce) {
  EXPECT_FALSE(open(vera, with_boris)) << "a match of others";
  EXPECT_FALSE(run(conversations->current(*pool, anna)));
  ASSERT_TRUE(open(anna, with_boris));
  EXPECT_EQ(run(conversations->current(*pool, anna))->name, "Боря");
  EXPECT_EQ(carry(), (lines{"101 line Боря", "101 pinChatMessage  1"}));
  EXPECT_EQ(carry(), lines{});
  open(anna, with_vera);
  EXPECT_EQ(run(conversations->current(*pool, anna))->name, "Вера");
  auto did = carry();
  std::ranges::sort(did);
  EXPECT_EQ(did, (lines{"101 deleteMessages  [1]", "101 line Вера", "101 pinChatMessage  2"}));
}

TEST_F(Talks, AMessageGoesToTheCurrentTalkWithTheSendersNameUntilTheOtherIsThere) {
  open(anna, with_boris);
  carry();
  EXPECT_EQ(send(anna, text(11, "Привет")).state, sent_state::accepted);
  EXPECT_EQ(carry(), lines{"102 Аня\nПривет"});
  EXPECT_EQ(bot.calls.back().params.at("reply_markup").at("inline_keyboard").at(0).at(0).at("text"), "Аня");
  EXPECT_EQ(state_of(11), "sent 2");
  open(boris, with_boris);
  carry();
  send(anna, text(12, "Как дела?"));
  EXPECT_EQ(carry(), lines{"102 Как дела?"});
  EXPECT_FALSE(bot.calls.back().params.contains("reply_markup"));
  EXPECT_EQ(run(conversations->find(*pool, boris, with_boris))->last_at, time.now());
  EXPECT_EQ(rated.talks, (std::vector{std::pair(anna, boris)})) << "the first message alone";
}

TEST_F(Talks, AnUpdateThatComesTwiceSendsOnce) {
  open(anna, with_boris);
  send(anna, text(11, "Привет"));
  EXPECT_EQ(send(anna, text(11, "Привет")).state, sent_state::again);
  EXPECT_EQ(carry().size(), 3u) << "the line, its pin, the message";
  EXPECT_EQ(send(anna, text(11, "Привет")).state, sent_state::again);
  EXPECT_EQ(carry(), lines{});
  EXPECT_EQ(ask("SELECT messages FROM dating.days"), "1");
}

TEST_F(Talks, AMessageIsBoundToTheTalkOfItsMomentWhateverIsSwitchedLater) {
  open(anna, with_boris);
  carry();
  send(anna, text(11, "Боре"));
  open(anna, with_vera);
  send(anna, text(12, "Вере"));
  open(anna, with_boris);
  send(anna, text(13, "снова Боре"));
  auto did = carry();
  EXPECT_EQ(std::ranges::count_if(did, [](const auto& one) { return one.starts_with("103 "); }), 1);
  EXPECT_EQ(state_of(11).substr(0, 4) + state_of(12).substr(0, 4) + state_of(13).substr(0, 4),
            "sentsentsent");
  EXPECT_EQ(ask("SELECT string_agg(match_id::text, ',' ORDER BY from_message) FROM dating.messages"),
            "1,2,1");
}

TEST_F(Talks, AReplyGoesToTheTalkOfWhatItAnswersAndKeepsItsPlace) {
  warm_up(with_boris, anna, boris);
  send(boris, text(51, "вопрос"));
  carry();
  const auto copy = std::stoll(state_of(51).substr(5));
  open(anna, with_vera);
  carry();
  const auto answer = send(anna, text(52, "ответ", copy));
  EXPECT_EQ(answer.state, sent_state::accepted);
  EXPECT_TRUE(answer.elsewhere);
  EXPECT_EQ(answer.where.name, "Боря");
  EXPECT_EQ(carry(), lines{"102 ответ to 51"});
  send(anna, text(53, "и ещё", 52));  // to one's own message: the other sees its copy
  const auto own_copy = state_of(52).substr(5);
  EXPECT_EQ(carry(), lines{"102 и ещё to " + own_copy});
  EXPECT_EQ(send(anna, text(54, "кому?", 777)).state, sent_state::no_talk)
      << "to what belongs to no talk: not to the one that happens to be the current";
  const auto line =
      std::stoll(ask("SELECT pinned FROM dating.talks WHERE user_id = " + std::to_string(anna.value)));
  EXPECT_EQ(send(anna, text(56, "Вере", line)).where.name, "Вера") << "to the pinned line";
  EXPECT_EQ(send(vera, text(55, "чужое", copy)).state, sent_state::no_talk) << "a message id of another chat";
}

TEST_F(Talks, TheOrderOfAPersonsMessagesIsKeptWhenTheServerFails) {
  warm_up(with_boris, anna, boris);
  for (int i = 0; i < 3; ++i) send(anna, text(20 + i, "m" + std::to_string(i)));
  bot.refusals = {telegram::refusal::server};
  EXPECT_EQ(carry(), lines{"102 m0"}) << "refused; the others wait behind it";
  send(anna, text(23, "m3"));
  EXPECT_EQ(carry(), lines{});
  time.advance(2s);
  EXPECT_EQ(carry(), (lines{"102 m0", "102 m1", "102 m2", "102 m3"}));
}

TEST_F(Talks, WhileTelegramTakesNothingEverythingWaitsAndNothingIsGivenUp) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "m0"));
  ask("INSERT INTO dating.removals VALUES (7000, 101, 5, '', 'en', 0, '2026-11-01'), "
      "(7000, 101, 6, 'old', 'en', 0, '2026-11-01')");
  open(vera, with_vera);
  using telegram::refusal;
  for (int i = 0; i < 30; ++i) {
    const auto why = std::array{refusal::unauthorized, refusal::flood, refusal::unreachable}[i % 3];
    bot.refusals.assign(3, why);
    bot.refused_deletions = {why};
    EXPECT_EQ(carry().size(), 4u) << "one try of each";
    EXPECT_EQ(carry(), lines{}) << "not again at once";
    time.advance(1min);
  }
  EXPECT_EQ(state_of(20), "due");
  auto did = carry();
  std::ranges::sort(did);
  EXPECT_EQ(did, (lines{"101 deleteMessages  [5]", "101 editMessageText gone 6", "102 m0", "103 line Аня",
                        "103 pinChatMessage  " + ask("SELECT pinned FROM dating.talks WHERE user_id = 3")}));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.removals"), "0");
}

TEST_F(Talks, WhatTelegramFailsAtForHalfAnHourIsGivenUpAndTheSenderHearsOfIt) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "m0"));
  ask("INSERT INTO dating.removals VALUES (7000, 101, 5, '', 'en', 0, '2026-11-01')");
  const auto begun = time.now();
  lines told;
  for (int i = 0; i < 21; ++i) {
    EXPECT_EQ(state_of(20), "due");
    bot.refusals = {telegram::refusal::server};
    bot.refused_deletions = {telegram::refusal::server};
    told = carry();
    time.advance(2min);
  }
  EXPECT_GE(time.now() - begun, 28min);
  EXPECT_EQ(state_of(20), "refused");
  EXPECT_EQ(told.back(), "101 not taken Боря to 20");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.removals"), "0");
}

TEST_F(Talks, ADeletionThatFailsIsTriedAfterLongerAndLongerPauses) {
  ask("INSERT INTO dating.removals VALUES (7000, 101, 5, '', 'en', 0, '2026-11-01')");
  for (int i = 0; i < 4; ++i) {
    bot.refused_deletions = {telegram::refusal::server};
    EXPECT_EQ(carry().size(), 1u);
    time.advance(std::chrono::seconds((1 << i) - 1));
    EXPECT_EQ(carry(), lines{}) << i;
    time.advance(1s);
  }
}

TEST_F(Talks, ANewCourierGoesOnWhereAKilledOneStopped) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "m0"));
  send(anna, text(21, "m1"));
  courier = new_courier();
  EXPECT_EQ(carry(), (lines{"102 m0", "102 m1"}));
  courier = new_courier();
  EXPECT_EQ(carry(), lines{});
}

TEST_F(Talks, MediaAreCopiedWithACaptionOfOursAndProtected) {
  warm_up(with_boris, anna, boris);
  auto photo = of_kind(20, message_content::photo, "смотри: @anna_k");
  photo.entities.resize(1);
  photo.entities[0].type = "bold";
  photo.entities[0].length = 6;
  EXPECT_EQ(send(anna, photo).signs.size(), 1u);
  send(anna, of_kind(21, message_content::sticker));
  send(anna, of_kind(22, message_content::voice));
  send(anna, of_kind(23, message_content::video_note));
  EXPECT_EQ(carry(), (lines{"102 copyMessage смотри: ••• 20", "102 copyMessage  21", "102 copyMessage  22",
                            "102 copyMessage  23"}));
  const auto& copied = bot.calls[bot.calls.size() - 4].params;
  EXPECT_EQ(copied.at("from_chat_id"), 101);
  EXPECT_EQ(copied.at("protect_content"), true);
  EXPECT_EQ(copied.at("caption_entities").at(0).at("type"), "bold");
  const auto& sticker = bot.calls[bot.calls.size() - 3].params;
  EXPECT_FALSE(sticker.contains("caption"));
  const auto& voice = bot.calls[bot.calls.size() - 2].params;
  EXPECT_EQ(voice.at("caption"), "") << "an own caption of the original never goes along";
}

TEST_F(Talks, WhatCannotBeCarriedIsRefused) {
  open(anna, with_boris);
  for (const auto kind : {message_content::document, message_content::audio, message_content::other}) {
    EXPECT_EQ(send(anna, of_kind(20, kind)).state, sent_state::kind_refused);
  }
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages"), "0");
  EXPECT_EQ(send(vera, text(20, "Привет")).state, sent_state::no_talk);
}

TEST_F(Talks, StrangersExchangeNoContactsFriendsSeeThemMasked) {
  open(anna, with_boris);
  open(boris, with_boris);
  carry();
  const auto held = send(anna, text(20, "пиши @anna_k"));
  EXPECT_EQ(held.state, sent_state::text_refused);
  EXPECT_EQ(held.signs.at(0).what, sign::handle);
  auto behind_a_word = text(21, "тык");
  behind_a_word.entities.resize(1);
  behind_a_word.entities[0].type = "text_link";
  behind_a_word.entities[0].length = 3;
  behind_a_word.entities[0].url = "https://t.me/anna";
  EXPECT_EQ(send(anna, behind_a_word).state, sent_state::text_refused);
  EXPECT_EQ(carry(), lines{});
  warm_up(with_boris, anna, boris);
  EXPECT_EQ(send(anna, text(22, "пиши @anna_k или +79161234567")).state, sent_state::accepted);
  EXPECT_EQ(carry(), lines{"102 пиши ••• или •••"});
}

TEST_F(Talks, SomebodyNewStaysAStrangerForLonger) {
  ask("UPDATE dating.profiles SET trust = 0 WHERE user_id = " + std::to_string(anna.value));
  warm_up(with_boris, anna, boris);
  EXPECT_EQ(send(anna, text(22, "пиши @anna_k")).state, sent_state::text_refused);
}

TEST_F(Talks, AskingForMoneyComesToTheOperatorButOpensNoTalkUntilSomebodyComplains) {
  warm_up(with_boris, anna, boris);
  EXPECT_EQ(send(anna, text(22, "скинь 500 рублей до завтра")).state, sent_state::accepted);
  EXPECT_EQ(run(rules->queue(*pool, 9)), std::vector{anna});
  EXPECT_EQ(ask("SELECT reason || ' ' || rule || ' ' || match_id FROM dating.complaints"), "rule money 1");
  const auto read = [this](complaint_id through) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return conversations->read(tx, chief, through, 3); });
  };
  const auto by_rule = run(rules->find(*pool, anna))->open.at(0);
  EXPECT_FALSE(by_rule.in_talk);
  EXPECT_FALSE(read(by_rule.id));
  in_transaction([this](pg::transaction& tx) {
    return rules->complain(tx, {boris, anna, with_boris, complaint_reason::scam});
  });
  EXPECT_FALSE(read(by_rule.id));
  for (const auto& one : run(rules->find(*pool, anna))->open) {
    EXPECT_EQ(one.in_talk, one.id != by_rule.id);
    EXPECT_EQ(read(one.id).has_value(), one.in_talk);
  }
}

TEST_F(Talks, TheSameOpenerIsRefusedForTheFourth) {
  for (int i = 0; i < 4; ++i) {
    const auto who = person(30 + i, "P" + std::to_string(i));
    ask("UPDATE dating.profiles SET trust = 2 WHERE user_id = " + std::to_string(anna.value));
    open(anna, match(anna, who));
    const auto answer =
        send(anna, text(100 + i, "Привет, P" + std::to_string(i) + "! Пойдём гулять в парк?"));
    EXPECT_EQ(answer.state, i < 3 ? sent_state::accepted : sent_state::same_opener) << i;
  }
  EXPECT_EQ(send(anna, text(110, "Привет! Ты тоже любишь джаз?")).state, sent_state::accepted);
}

TEST_F(Talks, NewTalksAndMessagesOfADayAreLimitedByTrust) {
  ask("UPDATE dating.profiles SET trust = 0 WHERE user_id = " + std::to_string(anna.value));
  const auto third = match(anna, person(30, "P"));
  for (const auto what : {with_boris, with_vera}) {
    open(anna, what);
    EXPECT_EQ(send(anna, text(20 + what.value, "Слово " + std::to_string(what.value))).state,
              sent_state::accepted);
  }
  open(anna, third);
  EXPECT_EQ(send(anna, text(30, "Третья")).state, sent_state::talks_used_up);
  open(anna, with_boris);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(send(anna, text(40 + i, "Ещё")).state, sent_state::accepted);
  EXPECT_EQ(send(anna, text(50, "Ещё")).state, sent_state::messages_used_up);
  time.advance(24h);
  EXPECT_EQ(send(anna, text(51, "Ещё")).state, sent_state::accepted);
  open(anna, third);
  EXPECT_EQ(send(anna, text(52, "Третья")).state, sent_state::accepted);
}

TEST_F(Talks, AfterAnUnmatchTheOtherGetsAClearAnswerOnceAndNothingMoreArrives) {
  warm_up(with_boris, anna, boris);
  send(boris, text(60, "на лету"));
  EXPECT_TRUE(unmatch(anna, with_boris));
  EXPECT_FALSE(unmatch(anna, with_boris));
  EXPECT_FALSE(unmatch(vera, with_boris)) << "a match of others";
  auto did = carry();
  EXPECT_EQ(std::ranges::count_if(did, [](const auto& one) { return one.contains("на лету"); }), 0);
  EXPECT_EQ(state_of(60), "refused");
  EXPECT_EQ(send(anna, text(61, "ой")).state, sent_state::no_talk);
  const auto answer = send(boris, text(62, "ты тут?"));
  EXPECT_EQ(answer.state, sent_state::closed);
  EXPECT_FALSE(answer.where.closed_by_me);
  EXPECT_EQ(answer.where.name, "Аня");
  EXPECT_EQ(send(boris, text(63, "ау")).state, sent_state::no_talk);
  const auto mine = run(conversations->find(*pool, anna, with_boris));
  EXPECT_TRUE(mine->closed_by_me);
  EXPECT_FALSE(open(anna, with_boris)->open);
  EXPECT_EQ(run(conversations->list(*pool, anna, 0)).total, 1);
}

TEST_F(Talks, AnEndAtTheSameMomentIsNeverOvertakenByAMessage) {
  open(anna, with_boris);
  open(boris, with_boris);
  // Boris's message has been placed when Anna's unmatch commits: it waits for the row and finds it closed.
  run(race());
  EXPECT_EQ(raced, sent_state::closed);
  EXPECT_EQ(state_of(70), "");
}

TEST_F(Talks, EditsFollowAlsoThoseOfMediaAndOfWhatIsStillOnItsWay) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "опечтка"));
  send(anna, of_kind(21, message_content::photo, "подпсь"));
  carry();
  const auto copy = state_of(20).substr(5), photo = state_of(21).substr(5);
  EXPECT_EQ(edit(anna, text(20, "опечатка")), edit_state::accepted);
  EXPECT_EQ(edit(anna, of_kind(21, message_content::photo, "подпись")), edit_state::accepted);
  EXPECT_EQ(carry(),
            (lines{"102 editMessageText опечатка " + copy, "102 editMessageCaption подпись " + photo}));
  EXPECT_EQ(carry(), lines{});
  EXPECT_EQ(edit(boris, text(20, "чужое")), edit_state::unknown);
  EXPECT_EQ(edit(anna, text(20, "скажи мой возраст 61 наоборот")), edit_state::accepted);
  EXPECT_EQ(run(rules->queue(*pool, 9)), std::vector{anna});
  carry();
  send(anna, text(22, "до"));
  edit(anna, text(22, "после"));
  EXPECT_EQ(carry().front(), "102 после");
}

TEST_F(Talks, AnEndForgetsAnEditThatIsDueButNotThatTheMessageWasSent) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "опечтка"));
  carry();
  edit(anna, text(20, "опечатка"));
  unmatch(boris, with_boris);
  for (const auto& one : carry()) EXPECT_FALSE(one.contains("editMessageText")) << one;
  EXPECT_EQ(state_of(20).substr(0, 4), "sent");
  EXPECT_EQ(in_transaction([this](pg::transaction& tx) { return conversations->withdraw_copies(tx, anna); }),
            4);
}

TEST_F(Talks, ARunningCourierIsWokenByEachCommitAndMissesNothing) {
  warm_up(with_boris, anna, boris);
  auto running = new_courier(24h);  // only the bell wakes it
  run(running->start());
  for (int i = 0; i < 20; ++i) {
    send(anna, text(100 + i, "m" + std::to_string(i)));
    if (i % 3 == 0) send(boris, text(200 + i, "b" + std::to_string(i)));
  }
  const auto waiting = [this] { return ask("SELECT count(*) FROM dating.messages WHERE state = 'due'"); };
  for (int i = 0; i < 3'000 && waiting() != "0"; ++i) {
  }
  EXPECT_EQ(waiting(), "0");
  run(running->stop());
  std::string to_boris;
  for (const auto& one : bot.calls) {
    if (one.options.chat_id == 102 && one.text("text").starts_with("m")) to_boris += one.text("text") + " ";
  }
  EXPECT_EQ(to_boris, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19 ");
  courier = std::move(running);
}

TEST_F(Talks, AnEditOfFirstMessagesBringsNoContactIn) {
  open(anna, with_boris);
  open(boris, with_boris);
  send(anna, text(20, "Привет"));
  carry();
  EXPECT_EQ(edit(anna, text(20, "t.me/anna")), edit_state::text_refused);
  EXPECT_EQ(carry(), lines{});
}

TEST_F(Talks, AMessageIsDeletedForBothWithinTwoDays) {
  warm_up(with_boris, anna, boris);
  time.advance(1s);
  send(anna, text(20, "лишнее"));
  carry();
  const auto copy = state_of(20).substr(5);
  EXPECT_EQ(remove(boris, 20), removal_state::not_yours);
  EXPECT_EQ(run(conversations->last_sent(*pool, anna, dating_bot, with_boris)), 20);
  EXPECT_EQ(remove(anna, 20), removal_state::done);
  EXPECT_EQ(carry(), (lines{"101 deleteMessages  [20]", "102 deleteMessages  [" + copy + "]"}));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.removals"), "0");
  EXPECT_EQ(ask("SELECT content IS NULL FROM dating.messages WHERE from_message = 20"), "t");
  send(anna, text(21, "старое"));
  carry();
  time.advance(49h);
  EXPECT_EQ(remove(anna, 21), removal_state::too_old);
  EXPECT_FALSE(run(conversations->last_sent(*pool, anna, dating_bot, with_boris)));
}

TEST_F(Talks, APlaceIsSentOnlyAfterItIsConfirmed) {
  warm_up(with_boris, anna, boris);
  auto place = of_kind(20, message_content::location);
  place.latitude = 55.75;
  place.longitude = 37.62;
  EXPECT_EQ(send(anna, place).state, sent_state::to_confirm);
  EXPECT_EQ(carry(), lines{});
  const auto confirm = [this](user_id who, std::int64_t id, bool yes) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return conversations->confirm(tx, who, dating_bot, id, yes); });
  };
  EXPECT_FALSE(confirm(boris, 20, true)) << "callback data of another person";
  EXPECT_TRUE(confirm(anna, 20, true));
  EXPECT_EQ(carry(), lines{"102 sendLocation "});
  EXPECT_EQ(bot.calls.back().params.at("latitude"), 55.75);
  EXPECT_FALSE(confirm(anna, 20, true));
  place.message_id = 21;
  send(anna, place);
  EXPECT_TRUE(confirm(anna, 21, false));
  EXPECT_FALSE(confirm(anna, 21, true));
  EXPECT_EQ(carry(), lines{});
  EXPECT_EQ(ask("SELECT content IS NULL FROM dating.messages WHERE from_message = 21"), "t");
}

TEST_F(Talks, ContactsGoThroughWhenBothHaveAgreed) {
  warm_up(with_boris, anna, boris);
  auto card = of_kind(20, message_content::contact);
  card.own_contact = true;
  EXPECT_EQ(send(anna, card).state, sent_state::contact_refused);
  const auto agree = [this](user_id who, match_id what) {
    return in_transaction([=, this](pg::transaction& tx) { return conversations->agree(tx, who, what); });
  };
  EXPECT_EQ(agree(vera, with_boris), contact_state::closed) << "a match of others";
  EXPECT_EQ(agree(anna, with_boris), contact_state::agreed);
  EXPECT_EQ(agree(anna, with_boris), contact_state::agreed) << "twice is once";
  EXPECT_EQ(send(anna, card).state, sent_state::contact_refused);
  EXPECT_EQ(agree(boris, with_boris), contact_state::both);
  auto foreign = card;
  foreign.own_contact = false;
  EXPECT_EQ(send(anna, foreign).state, sent_state::contact_refused) << "somebody else's card";
  EXPECT_EQ(send(anna, card).state, sent_state::accepted);
  EXPECT_EQ(carry(), lines{"102 copyMessage  20"});
  send(anna, text(21, "и ещё @anna_k"));
  EXPECT_EQ(carry(), lines{"102 и ещё @anna_k"}) << "nothing to hide any more";
}

TEST_F(Talks, WhoBlockedTheBotIsToldToTheSenderOnce) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "эй"));
  bot.refusals = {telegram::refusal::blocked};
  EXPECT_EQ(carry(), (lines{"102 эй", "101 unreachable Боря to 20"}));
  EXPECT_EQ(state_of(20), "refused");
  EXPECT_EQ(carry(), lines{});
}

TEST_F(Talks, AShadowBannedPersonWritesIntoTheVoidAndIsToldNothing) {
  warm_up(with_boris, anna, boris);
  ask("UPDATE dating.profiles SET shadow = true WHERE user_id = " + std::to_string(anna.value));
  const auto before = run(conversations->find(*pool, boris, with_boris))->last_at;
  time.advance(1h);
  EXPECT_EQ(send(anna, text(20, "Привет")).state, sent_state::accepted);
  EXPECT_EQ(carry(), lines{});
  EXPECT_EQ(run(conversations->find(*pool, boris, with_boris))->last_at, before);
}

TEST_F(Talks, ABannedPersonsTalksAreOver) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "на лету"));
  ask("UPDATE dating.profiles SET state = 'banned' WHERE user_id = " + std::to_string(anna.value));
  EXPECT_EQ(carry(), lines{});
  EXPECT_EQ(state_of(20), "refused");
  EXPECT_EQ(send(boris, text(21, "ты тут?")).state, sent_state::closed);
}

TEST_F(Talks, ContentIsSealedReadOnlyThroughAComplaintAndGoneAfterAWeek) {
  warm_up(with_boris, anna, boris);
  time.advance(1s);
  send(boris, text(20, "очень личное"));
  carry();
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages WHERE content IS NULL"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages WHERE position('личное'::bytea in content) > 0"), "0");
  const auto read = [this](complaint_id through) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return conversations->read(tx, chief, through, 3); });
  };
  EXPECT_FALSE(read(complaint_id(1)));
  in_transaction([this](pg::transaction& tx) {
    return rules->complain(tx, {anna, boris, with_boris, complaint_reason::insult});
  });
  const auto through = run(rules->find(*pool, boris))->open[0].id;
  const auto found = read(through);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->lines.size(), 3u) << "the newest";
  EXPECT_EQ(found->lines[2].content.what.text, "очень личное");
  EXPECT_TRUE(found->lines[2].by_accused);
  EXPECT_EQ(found->lines[2].chat_id, 102);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.actions WHERE action = 'read_talk'"), "1");
  time.advance(6 * 24h);
  EXPECT_EQ(run(conversations->forget_content(*pool, 100)), 0);
  EXPECT_FALSE(read(through)->lines.empty());
  time.advance(25h);
  EXPECT_TRUE(read(through)->lines.empty()) << "also before the clean-up has come to it";
  EXPECT_EQ(run(conversations->forget_content(*pool, 5)), 5) << "no more at once";
  EXPECT_EQ(run(conversations->forget_content(*pool, 5)), 2);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages WHERE content IS NOT NULL OR state <> 'sent'"), "0")
      << "only pairs of ids are left";
  EXPECT_TRUE(read(through)->lines.empty());
}

TEST_F(Talks, ASealedContentOpensInItsOwnRowAlone) {
  warm_up(with_boris, anna, boris);
  ask("UPDATE dating.messages m SET content = o.content FROM dating.messages o "
      "WHERE m.from_message = 9001 AND o.from_message = 9002");
  EXPECT_THROW(run(conversations->export_data(*pool, anna)), seal::cannot_open);
}

TEST_F(Talks, TheExportHoldsOnesOwnWordsAlone) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "моё"));
  send(boris, text(21, "чужое"));
  const auto all = run(conversations->export_data(*pool, anna));
  EXPECT_TRUE(all.contains("моё"));
  EXPECT_FALSE(all.contains("чужое"));
}

TEST_F(Talks, CopiesOfSomebodyErasedAreDeletedOrMadeUnreadable) {
  warm_up(with_boris, anna, boris);
  send(anna, text(20, "старый текст"));
  send(anna, of_kind(21, message_content::photo));
  carry();
  const auto old_text = state_of(20).substr(5), old_photo = state_of(21).substr(5);
  time.advance(3 * 24h);
  send(anna, text(22, "новый"));
  carry();
  const auto fresh = state_of(22).substr(5);
  EXPECT_EQ(in_transaction([this](pg::transaction& tx) { return conversations->withdraw_copies(tx, anna); }),
            6);
  ask("DELETE FROM dating.profiles WHERE user_id = " + std::to_string(anna.value));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.messages"), "0");
  const auto did = carry();
  const auto has = [&did](const std::string& one) { return std::ranges::find(did, one) != did.end(); };
  EXPECT_TRUE(has("102 editMessageText gone " + old_text));
  EXPECT_TRUE(has("102 editMessageText gone " + old_photo));
  EXPECT_TRUE(has("102 deleteMessages  [" + fresh + "]"));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.removals"), "0");
}

TEST_F(Talks, APhotoThatTelegramKeepsBecomesAnotherPicture) {
  ask("INSERT INTO dating.removals VALUES (7000, 102, 5, 'old', 'en', 0, '2026-11-01')");
  bot.refusals = {telegram::refusal::other};
  EXPECT_EQ(carry(), (lines{"102 editMessageText gone 5", "102 editMessageMedia  5"}));
  ask("INSERT INTO dating.removals VALUES (7000, 102, 6, 'old', 'en', 0, '2026-11-01')");
  bot.refusals = {telegram::refusal::other, telegram::refusal::other};
  EXPECT_EQ(carry(),
            (lines{"102 editMessageText gone 6", "102 editMessageMedia  6", "102 editMessageCaption gone 6"}))
      << "a voice message";
  EXPECT_EQ(ask("SELECT count(*) FROM dating.removals"), "0");
}

}  // namespace tandem::dating
