// Photos as people and operators meet them: updates through the real tables, dispatcher, database, folder of
// blobs and child program; the server is a recording that also gives files.
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "dating/bot/photo_intake.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/routes.hpp"
#include "dating/bot/turn.hpp"
#include "dating/photos/faulty_store_for_test.hpp"
#include "dating/talks/town_for_test.hpp"
#include "platform/images/pictures_for_test.hpp"
#include "platform/queue/queue.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;
using made = telegram::recording_sender::made;

constexpr std::int64_t desk = -500, other_desk = -501;

// A recording that knows files, too.
class file_server final : public telegram::sender {
 public:
  telegram::recording_sender record;
  std::map<std::string, std::string> files;    // by file_id
  std::optional<telegram::api_error> trouble;  // instead of any file
  async::event* hold = nullptr;                // set: a file comes when it rings

  task<telegram::answer<std::string>> call(std::string_view method, std::string params,
                                           telegram::call_options options) override {
    if (method != "getFile") co_return co_await record.call(method, std::move(params), std::move(options));
    if (hold) co_await hold->wait();
    if (trouble) co_return std::unexpected(*trouble);
    const auto id = std::string(boost::json::parse(params).at("file_id").as_string());
    const auto found = files.find(id);
    if (found == files.end())
      co_return std::unexpected(refused("wrong file_id", telegram::refusal::wrong_file));
    co_return R"({"file_id":")" + id + R"(","file_unique_id":"u","file_size":)" +
        std::to_string(found->second.size()) + R"(,"file_path":")" + id + R"("})";
  }
  task<telegram::answer<std::string>> download(std::string path) override { co_return files.at(path); }

  static telegram::api_error refused(std::string description, telegram::refusal why) {
    telegram::api_error out;
    out.code = 400;
    out.description = std::move(description);
    out.why = why;
    return out;
  }
  void set_limits(telegram::send_limits limits) override { record.set_limits(limits); }
  const telegram::send_limits& limits() const override { return record.limits(); }
  telegram::sender_counts counts() const override { return {}; }
  task<> stop() override { co_return; }
};

std::string to_line(const made& what) {
  auto text = what.text("text");
  if (text.empty()) text = what.text("caption");
  if (const auto* media = what.params.if_contains("media"); media && media->is_object())
    if (const auto* caption = media->as_object().if_contains("caption")) text = caption->as_string();
  return what.method + ": " + text;
}

// "label → data" of its buttons.
std::string buttons_of(const made& what) {
  const auto* markup = what.params.if_contains("reply_markup");
  return markup ? boost::json::serialize(*markup) : std::string();
}

struct PhotoBot : testing::Test, talk_town {
  const std::chrono::milliseconds reading_limit;
  file_server server;
  std::unique_ptr<locale::texts> words = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> staff = accounts::make_operators(time);
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> ranked = make_ratings({time, *learned});
  std::unique_ptr<decks> deck = make_decks({*lanes, time, *ranked});
  std::unique_ptr<likes> hearts = make_likes({time, *keys, *news});
  std::unique_ptr<growth> more = make_growth(time);
  faulty_store store{*kept, io.on()};
  // As the house makes them: approvals raise the trust.
  std::unique_ptr<photos> trusting = make_photos(
      {store,
       *shop,
       time,
       *news,
       [this](pg::session& in, user_id who, bool first) { return members->approved(in, who, first); },
       {}},
      {.reading_limit = reading_limit});
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  parts with{{*pool, time, *words, *people, *questions, *staff,
              [this](std::int64_t bot) -> telegram::sender* { return bot == dating_bot ? &server : nullptr; },
              "dating"},
             *members,
             *trusting,
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
  std::int64_t last_update = 0;
  user_id anna, boris, operator_one, operator_two;

  explicit PhotoBot(std::chrono::milliseconds limit = photo_options{}.reading_limit) : reading_limit(limit) {
    telegram::user me;
    me.id = dating_bot;
    me.is_bot = true;
    auto told = [this](std::string_view what, std::string_view detail) {
      trouble.push_back(std::string(what) + ": " + std::string(detail));
    };
    taking = std::make_unique<telegram::dispatcher>(background, server, me, bot_routes(with),
                                                    telegram::dispatcher_options{}, told);
    anna = person(1, "Anna", 0);
    boris = person(2, "Boris", 0);
    operator_one = person(8, "Maria");
    operator_two = person(9, "Pavel");
  }
  ~PhotoBot() override {
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
  static telegram::user face(int number) {
    telegram::user who;
    who.id = 100 + number;
    who.first_name = "Person " + std::to_string(number);
    who.language_code = "en";
    return who;
  }
  telegram::message message_of(int number, std::int64_t where = 0) const {
    telegram::message out;
    out.message_id = 1'000 + last_update;
    out.date = 1;
    out.chat = chat(where ? where : 100 + number);
    out.from = face(number);
    return out;
  }
  static telegram::update update_of(telegram::message what) {
    telegram::update out;
    out.kind = telegram::update_kind::message;
    out.message = std::move(what);
    return out;
  }
  // A photo message with these bytes.
  telegram::update photo_update(int number, const std::string& name, std::string bytes) {
    auto message = message_of(number);
    telegram::photo_size small, large;
    small.file_id = "small-" + name;
    large.file_id = name;
    large.file_unique_id = "unique-" + name;
    large.file_size = static_cast<std::int64_t>(bytes.size());
    message.photo = {small, large};
    server.files[name] = std::move(bytes);
    return update_of(std::move(message));
  }
  telegram::update file_update(int number, const std::string& name, std::string type, std::string bytes) {
    auto message = message_of(number);
    telegram::document file;
    file.file_id = name;
    file.file_unique_id = "unique-" + name;
    file.mime_type = std::move(type);
    message.document = file;
    server.files[name] = std::move(bytes);
    return update_of(std::move(message));
  }
  telegram::update press_update(int number, std::string data, std::int64_t where = 0,
                                std::int64_t message_id = 40, bool photo = true) {
    telegram::update out;
    out.kind = telegram::update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = face(number);
    auto message = message_of(number, where);
    message.message_id = message_id;
    telegram::photo_size shown;
    shown.file_id = "shown";
    if (photo) message.photo = {shown};
    query.message = std::move(message);
    query.data = std::move(data);
    out.callback_query = std::move(query);
    return out;
  }

  // What the bot did about it, with all that went on in the background.
  std::vector<made> take(telegram::update what) {
    const auto before = begin(std::move(what));
    run(background.join());
    return since(before);
  }
  // The same, without waiting for the background.
  std::size_t begin(telegram::update what) {
    const auto before = server.record.calls.size();
    what.update_id = ++last_update;
    run(taking->handle(std::move(what)));
    return before;
  }
  std::vector<made> since(std::size_t before) {
    return {server.record.calls.begin() + static_cast<std::ptrdiff_t>(before), server.record.calls.end()};
  }
  std::vector<made> presses(int number, std::string data, std::int64_t where = 0,
                            std::int64_t message_id = 40) {
    return take(press_update(number, std::move(data), where, message_id));
  }
  std::vector<made> sends(int number, const std::string& name, unsigned numbered) {
    return take(photo_update(number, name, images::numbered_photo(numbered)));
  }
  static std::string last_line(const std::vector<made>& did) {
    return did.empty() ? "" : to_line(did.back());
  }
  static std::vector<std::string> lines(const std::vector<made>& did) {
    std::vector<std::string> out;
    for (const auto& one : did) {
      if (one.method != "answerCallbackQuery") out.push_back(to_line(one));
    }
    return out;
  }
  static std::string note_of(const std::vector<made>& did) {
    for (const auto& one : did) {
      if (one.method == "answerCallbackQuery") return one.text("text");
    }
    return {};
  }

  std::vector<struct photo> photos_of(user_id who) { return run(trusting->list(*pool, who, dating_bot)); }
  photo_id only_photo(user_id who) {
    const auto all = photos_of(who);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? photo_id() : all.front().id;
  }
  // Anna's first photo waits, and the desk is there.
  photo_id one_waits() {
    claim(8, desk);
    presses(1, "ph:add");
    sends(1, "one", 1);
    return only_photo(anna);
  }
  void claim(int number, std::int64_t where) {
    const auto code = run(staff->new_code(*pool));
    const accounts::operator_chat chat{dating_bot, where, number == 8 ? operator_one : operator_two};
    EXPECT_TRUE(run(staff->claim(*pool, code, chat)));
  }
  std::vector<made> at(std::int64_t where, const std::vector<made>& did) {
    std::vector<made> out;
    for (const auto& one : did) {
      if (one.options.chat_id == where) out.push_back(one);
    }
    return out;
  }
  std::string pressed(std::string_view prefix, photo_id what) { return press::data(prefix, what.value); }
};

TEST_F(PhotoBot, APhotoIsAskedForLookedAtAndItsStateTold) {
  EXPECT_NE(last_line(presses(1, "ph:add")).find("Send a photo"), std::string::npos);
  const auto did = sends(1, "one", 1);
  ASSERT_EQ(did.size(), 2u);
  EXPECT_EQ(to_line(did[0]), "sendMessage: ⏳ Looking at the photo…");
  EXPECT_EQ(did[1].method, "editMessageText");
  EXPECT_NE(to_line(did[1]).find("✓ 1 photo is added and waits to be checked"), std::string::npos)
      << to_line(did[1]);
  EXPECT_NE(to_line(did[1]).find("1 of 6"), std::string::npos);
  EXPECT_EQ(photos_of(anna).front().state, photo_state::waiting);
  // The question stands: the next one needs no press.
  EXPECT_NE(last_line(sends(1, "two", 2)).find("2 of 6"), std::string::npos);
  EXPECT_NE(last_line(sends(1, "two", 2)).find("already"), std::string::npos);
  EXPECT_EQ(photos_of(anna).size(), 2u);
}

TEST_F(PhotoBot, AnAlbumIsToldInOneMessage) {
  presses(1, "ph:add");
  const auto before = begin(photo_update(1, "a", images::numbered_photo(1)));
  begin(photo_update(1, "b", images::numbered_photo(2)));
  begin(file_update(1, "c", "image/png", images::numbered_photo(3)));
  run(background.join());
  const auto did = since(before);
  ASSERT_FALSE(did.empty());
  EXPECT_EQ(std::ranges::count(did, "sendMessage", &made::method), 1);
  EXPECT_NE(last_line(did).find("✓ 3 photos are added"), std::string::npos) << last_line(did);
  EXPECT_EQ(photos_of(anna).size(), 3u);
}

TEST_F(PhotoBot, AnAnswerThatHasBecomeAnotherScreenIsGivenAnew) {
  presses(1, "ph:add");
  sends(1, "one", 1);
  server.record.refusals = {telegram::refusal::other};  // "there is no text in the message to edit"
  const auto did = sends(1, "two", 2);
  EXPECT_EQ(did.back().method, "sendMessage");
  EXPECT_NE(last_line(did).find("2 of 6"), std::string::npos);
}

TEST_F(PhotoBot, WhatIsNoPhotoGetsAClearAnswerAndTheQuestionStands) {
  presses(1, "ph:add");
  EXPECT_NE(last_line(take(file_update(1, "film", "video/mp4", "x"))).find("That is not a photo"),
            std::string::npos);
  EXPECT_NE(last_line(take(file_update(1, "gif", "image/gif", "GIF89a"))).find("That is not a photo"),
            std::string::npos);
  EXPECT_NE(last_line(take(file_update(1, "odd", "image/jpeg", "no picture at all"))).find("no picture"),
            std::string::npos);
  EXPECT_NE(last_line(take(photo_update(1, "half", images::numbered_photo(1).substr(0, 60)))).find("broken"),
            std::string::npos);
  EXPECT_NE(last_line(take(photo_update(1, "dot", images::numbered_photo(1, 150, 150)))).find("Too small"),
            std::string::npos);
  server.trouble = file_server::refused("file is too big", telegram::refusal::file_too_big);
  EXPECT_NE(last_line(sends(1, "untold size", 1)).find("too large"), std::string::npos);
  server.trouble.reset();
  auto heavy = photo_update(1, "heavy", "x");
  heavy.message->photo.back().file_size = 21 * 1024 * 1024;
  EXPECT_NE(last_line(take(std::move(heavy))).find("too large"), std::string::npos);
  EXPECT_TRUE(photos_of(anna).empty());
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
  EXPECT_NE(last_line(sends(1, "good", 1)).find("1 of 6"), std::string::npos);
}

TEST_F(PhotoBot, ABombIsToldByItsHeader) {
  presses(1, "ph:add");
  auto bomb = images::numbered_photo(1, 300, 300);
  std::string head;
  images::append_number(head, 60'000);
  images::append_number(head, 60'000);
  head += std::string("\x08\0\0\0\0", 5);
  bomb.replace(8, images::chunk("IHDR", head).size(), images::chunk("IHDR", head));
  EXPECT_NE(last_line(take(photo_update(1, "bomb", bomb))).find("50 megapixels"), std::string::npos);
}

TEST_F(PhotoBot, WhileAPictureIsPreparedTheBotGoesOn) {
  presses(1, "ph:add");
  async::event ready(io.on());
  server.hold = &ready;
  const auto before = begin(photo_update(1, "slow", images::numbered_photo(1)));
  begin(press_update(2, "ph:list"));
  begin(press_update(1, "ph:list"));
  const auto meanwhile = since(before);
  EXPECT_EQ(std::ranges::count(meanwhile, "answerCallbackQuery", &made::method), 2)
      << "both were answered, the sender of the photo, too";
  EXPECT_TRUE(photos_of(anna).empty());
  ready.ring();
  run(background.join());
  EXPECT_EQ(photos_of(anna).size(), 1u);
}

TEST_F(PhotoBot, APhotoThatTelegramDoesNotGiveComesLaterOrIsGivenUp) {
  presses(1, "ph:add");
  server.trouble = file_server::refused("", telegram::refusal::unreachable);
  const auto did = sends(1, "late", 1);
  EXPECT_NE(last_line(did).find("1 more photo is being prepared"), std::string::npos) << last_line(did);
  time.advance(61s);
  server.trouble.reset();
  const auto before = server.record.calls.size();
  run(with.arriving->catch_up(with));
  run(background.join());
  EXPECT_NE(last_line(since(before)).find("✓ 1 photo is added"), std::string::npos);

  server.trouble = file_server::refused("", telegram::refusal::server);
  sends(1, "never", 2);
  for (int i = 0; i < most_tries; ++i) {
    time.advance(61s);
    run(with.arriving->catch_up(with));
    run(background.join());
  }
  EXPECT_NE(to_line(server.record.calls.back()).find("Telegram did not give the photo"), std::string::npos);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
}

TEST_F(PhotoBot, WhileTheStoreIsAwayPhotosWaitAndEverybodyHearsItOnce) {
  const auto later = [this](std::chrono::minutes pause) {
    time.advance(pause);
    const auto before = server.record.calls.size();
    run(with.arriving->catch_up(with));
    run(background.join());
    return lines(since(before));
  };
  presses(1, "ph:add");
  presses(2, "ph:add");
  store.away = true;
  const auto did = sends(1, "one", 1);
  EXPECT_NE(last_line(did).find("We keep trying"), std::string::npos) << last_line(did);
  EXPECT_EQ(last_line(did).find("Telegram"), std::string::npos);
  EXPECT_EQ(store.puts, 1);
  EXPECT_NE(last_line(sends(2, "two", 2)).find("We keep trying"), std::string::npos);
  EXPECT_EQ(store.puts, 1) << "known to be away, it is not waited for";
  const int tries = most_tries + 1;
  for (int i = 0; i < tries; ++i)
    EXPECT_EQ(later(15min), std::vector<std::string>{})
        << "nobody hears of it again, and nothing is given up";
  EXPECT_GT(store.puts, tries);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "2");
  store.away = false;
  const auto told = later(15min);
  ASSERT_EQ(told.size(), 2u);
  for (const auto& one : told) EXPECT_NE(one.find("✓ 1 photo is added"), std::string::npos) << one;
}

TEST_F(PhotoBot, WhatIsOurFaultAndLastsIsOwnedToInTheEnd) {
  presses(1, "ph:add");
  run(pg::run_script(*pool, "ALTER TABLE dating.photos ADD CONSTRAINT broken CHECK (user_id < 0) NOT VALID"));
  EXPECT_NE(last_line(sends(1, "one", 1)).find("We keep trying"), std::string::npos);
  for (int i = 0; i < 12; ++i) {
    time.advance(15min);
    run(with.arriving->catch_up(with));
    run(background.join());
  }
  run(pg::run_script(*pool, "ALTER TABLE dating.photos DROP CONSTRAINT broken"));
  EXPECT_NE(to_line(server.record.calls.back()).find("that is our fault"), std::string::npos);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
}

struct ImpatientPhotoBot : PhotoBot {
  ImpatientPhotoBot() : PhotoBot(1s) {}
};

TEST_F(ImpatientPhotoBot, AScreenWhosePhotoTheStoreDoesNotGiveComesWithoutItAndTheNextOneWithIt) {
  presses(1, "ph:add");
  sends(1, "one", 1);
  store.hangs = true;
  const auto without = presses(1, "ph:list");
  EXPECT_EQ(without.back().method, "sendMessage");
  EXPECT_NE(last_line(without).find("Photo 1 of 1"), std::string::npos) << last_line(without);
  EXPECT_NE(buttons_of(without.back()).find("ph:ask:"), std::string::npos);
  store.hangs = false;
  const auto with_it = presses(1, "ph:list");
  EXPECT_EQ(with_it.back().method, "editMessageMedia");
  EXPECT_EQ(with_it.back().options.files.size(), 1u);
}

TEST_F(PhotoBot, WhatAKilledProcessHasLeftIsTakenUp) {
  server.files["left"] = images::numbered_photo(1);
  inbox_photo left{0, anna, dating_bot, 101, "left", "unique-left", 0};
  EXPECT_EQ(run(trusting->receive(*pool, std::move(left))), receipt::accepted);
  run(with.arriving->catch_up(with));
  run(background.join());
  EXPECT_EQ(photos_of(anna).size(), 1u);
  ASSERT_EQ(server.record.calls.size(), 1u) << "one message, at the end";
  EXPECT_EQ(server.record.calls.back().options.chat_id, 101);
}

TEST_F(PhotoBot, APhotoIsUploadedOnceAndAgainWhenItsIdIsWrong) {
  presses(1, "ph:add");
  sends(1, "one", 1);
  auto did = presses(1, "ph:list");
  ASSERT_EQ(did.back().method, "editMessageMedia");
  EXPECT_EQ(did.back().options.files.size(), 1u) << "the bytes";
  const auto known = photos_of(anna).front().file_id;
  EXPECT_TRUE(known.starts_with("photo-")) << known;
  did = presses(1, "ph:list");
  EXPECT_TRUE(did.back().options.files.empty());
  EXPECT_NE(boost::json::serialize(did.back().params).find(known), std::string::npos);
  server.record.refusals = {telegram::refusal::wrong_file};
  did = presses(1, "ph:list");
  EXPECT_EQ(did.back().options.files.size(), 1u);
  EXPECT_NE(photos_of(anna).front().file_id, known);
  EXPECT_EQ(photos_of(anna).front().file_id.substr(0, 6), "photo-");
}

TEST_F(PhotoBot, OrderAndRemovalAreOnesOwnAlone) {
  presses(1, "ph:add");
  sends(1, "one", 1);
  sends(1, "two", 2);
  const auto all = photos_of(anna);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(note_of(presses(1, pressed(press::photo_first, all[1].id))).find("main"), std::string::npos);
  EXPECT_EQ(photos_of(anna).front().id, all[1].id);
  EXPECT_NE(note_of(presses(2, pressed(press::photo_remove, all[0].id))).find("not there"),
            std::string::npos);
  EXPECT_NE(note_of(presses(2, pressed(press::photo_at, all[0].id))).find("not there"), std::string::npos);
  EXPECT_EQ(photos_of(anna).size(), 2u) << "of another person's press nothing comes";
  EXPECT_NE(last_line(presses(1, pressed(press::photo_ask, all[0].id))).find("Take this photo out"),
            std::string::npos);
  EXPECT_NE(note_of(presses(1, pressed(press::photo_remove, all[0].id))).find("removed"), std::string::npos);
  EXPECT_EQ(photos_of(anna).size(), 1u);
  EXPECT_NE(note_of(presses(1, pressed(press::photo_remove, all[0].id))).find("not there"),
            std::string::npos);
  for (const auto* odd : {"ph:at:", "ph:at:x", "ph:at:1:2", "ph:remove:-1", "ph:at:99999999999999999999"})
    EXPECT_FALSE(note_of(presses(1, odd)).empty()) << odd;
}

TEST_F(PhotoBot, APhotoThatNobodyAskedForIsNotAddedUnasked) {
  EXPECT_NE(last_line(sends(1, "stray", 1)).find("Send a photo"), std::string::npos);
  EXPECT_TRUE(photos_of(anna).empty());
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
  open(boris, match(anna, boris));
  EXPECT_EQ(last_line(sends(2, "for anna", 2)).find("Send a photo"), std::string::npos)
      << "it belongs to the talk";
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
}

TEST_F(PhotoBot, InRegistrationTheWayGoesOnFromThePhotos) {
  ask("UPDATE dating.profiles SET state = 'draft', step = 'photos', latitude = 55.75, longitude = 37.62 "
      "WHERE "
      "user_id = " +
      std::to_string(anna.value));
  const auto did = sends(1, "one", 1);
  EXPECT_NE(buttons_of(did.back()).find("ph:done"), std::string::npos) << "and no press was needed before";
  EXPECT_NE(buttons_of(did.back()).find("Go on"), std::string::npos);
  presses(1, "ph:done");
  EXPECT_EQ(ask("SELECT step FROM dating.profiles WHERE name = 'Anna'"), "preferences");
  EXPECT_EQ(photos_of(anna).size(), 1u);
}

TEST_F(PhotoBot, WhoIsBannedAddsNothing) {
  ask("UPDATE dating.profiles SET state = 'banned' WHERE user_id = " + std::to_string(anna.value));
  sends(1, "one", 1);
  presses(1, "ph:add");
  sends(1, "two", 2);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
  EXPECT_TRUE(photos_of(anna).empty());
}

// ---- the desk

TEST_F(PhotoBot, TheOperatorSeesThePhotoAndApprovesIt) {
  const auto id = one_waits();
  const auto cards = at(desk, server.record.calls);
  ASSERT_EQ(cards.size(), 1u);
  EXPECT_EQ(cards[0].method, "sendPhoto");
  EXPECT_EQ(to_line(cards[0]), "sendPhoto: <b>Anna, 27</b>\nPhoto 1 of 1 · a newcomer\n1 waits");
  EXPECT_EQ(boost::json::serialize(cards[0].params).find("user_1"), std::string::npos) << "no username";
  const auto did = presses(8, pressed(press::desk_approve, id), desk, 1);
  EXPECT_NE(last_line(did).find("✓ Shown · Person 8"), std::string::npos) << last_line(did);
  EXPECT_NE(buttons_of(did.back()).find(pressed(press::desk_undo, id)), std::string::npos);
  EXPECT_EQ(photos_of(anna).front().state, photo_state::shown);
  EXPECT_EQ(ask("SELECT trust::text || has_photo FROM dating.profiles WHERE name = 'Anna'"), "1true");
  EXPECT_EQ(ask("SELECT string_agg(kind, ' ') FROM dating.notices"), "photo_shown");
  EXPECT_EQ(ask("SELECT subject FROM accounts.journal WHERE action = 'decided'"),
            std::to_string(id.value) + " shown");
}

TEST_F(PhotoBot, TheDecidedCardGoesWithThePersonThatItShows) {
  const auto id = one_waits();
  const auto card = ask("SELECT message_id FROM dating.photo_desks");
  presses(8, pressed(press::desk_approve, id), desk, std::stoll(card));
  presses(1, "me:delete_yes");
  EXPECT_EQ(ask("SELECT string_agg(chat_id || ' ' || message_id, ', ') FROM dating.removals"),
            "-500 " + card);
}

TEST_F(PhotoBot, TheQueueGoesOnAndTheLastDecisionCanBeTakenBack) {
  const auto first = one_waits();
  presses(2, "ph:add");
  sends(2, "his", 2);
  const auto second = only_photo(boris);
  const auto card = at(desk, server.record.calls).back();
  EXPECT_NE(to_line(card).find("2 wait"), std::string::npos) << "the card counts on: " << to_line(card);
  auto did = presses(8, pressed(press::desk_refuse, first) + ":0", desk, 1);
  EXPECT_NE(last_line(did).find("✕ Anna: refused\n\n<b>Boris, 27</b>"), std::string::npos) << last_line(did);
  EXPECT_NE(buttons_of(did.back()).find(pressed(press::desk_approve, second)), std::string::npos);
  EXPECT_EQ(photos_of(anna).front().reason, "no_face");
  did = presses(8, pressed(press::desk_undo, first), desk, 1);
  EXPECT_NE(last_line(did).find("<b>Anna, 27</b>"), std::string::npos) << last_line(did);
  EXPECT_EQ(photos_of(anna).front().state, photo_state::waiting);
  EXPECT_EQ(ask("SELECT count(*) FROM dating.notices"), "0");
  did = presses(8, pressed(press::desk_next, first), desk, 1);
  EXPECT_NE(last_line(did).find("<b>Boris, 27</b>"), std::string::npos) << last_line(did);
}

TEST_F(PhotoBot, OfTwoOperatorsTheFirstDecidesAndTheOtherIsTold) {
  claim(9, other_desk);
  const auto id = one_waits();
  ASSERT_EQ(at(other_desk, server.record.calls).size(), 1u);
  const auto did = presses(8, pressed(press::desk_approve, id), desk, 1);
  const auto others = at(other_desk, did);
  ASSERT_EQ(others.size(), 1u) << "their card follows";
  EXPECT_NE(to_line(others[0]).find("✓ Shown · Person 8"), std::string::npos) << to_line(others[0]);
  const auto late = presses(9, pressed(press::desk_refuse, id) + ":1", other_desk, 2);
  EXPECT_EQ(note_of(late), "It is decided already");
  EXPECT_EQ(photos_of(anna).front().state, photo_state::shown);
  // The next one is news in both chats.
  presses(2, "ph:add");
  const auto more = sends(2, "his", 2);
  EXPECT_EQ(std::ranges::count(more, "sendPhoto", &made::method), 2);
}

TEST_F(PhotoBot, AQuestionIsNotSweptAwayByNewPhotos) {
  const auto id = one_waits();
  auto did = presses(8, pressed(press::desk_why, id), desk, 1);
  EXPECT_NE(buttons_of(did.back()).find("no face to be seen"), std::string::npos);
  presses(2, "ph:add");
  EXPECT_TRUE(at(desk, sends(2, "his", 2)).empty());
  did = presses(8, pressed(press::desk_refuse, id) + ":2", desk, 1);
  EXPECT_EQ(photos_of(anna).front().reason, "nudity");
}

TEST_F(PhotoBot, ABanFromTheDeskIsSafetysAndCanBeTakenBack) {
  const auto id = one_waits();
  auto did = presses(8, pressed(press::desk_ask_ban, id), desk, 1);
  EXPECT_NE(last_line(did).find("Ban the person?"), std::string::npos);
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE name = 'Anna'"), "active") << "it was only asked";
  did = presses(8, pressed(press::desk_ban, id), desk, 1);
  EXPECT_NE(last_line(did).find("⛔ The person is banned"), std::string::npos) << last_line(did);
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE name = 'Anna'"), "banned");
  EXPECT_EQ(ask("SELECT action || ' ' || subject FROM dating.actions"),
            "ban photo " + std::to_string(id.value));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.banned_shapes"), "1");
  // Somebody else with the same picture: marked, though a setting or trust would show it.
  ask("UPDATE dating.profiles SET trust = 2 WHERE name = 'Boris'");
  presses(2, "ph:add");
  const auto copy = sends(2, "copy", 1);
  EXPECT_EQ(photos_of(boris).front().state, photo_state::waiting);
  EXPECT_NE(last_line(copy).find("⚠️ Looks like a banned person’s photo"), std::string::npos)
      << last_line(copy);
  did = presses(8, pressed(press::desk_undo, id), desk, 1);
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE name = 'Anna'"), "active");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.banned_shapes"), "0");
}

TEST_F(PhotoBot, ThePersonsRemovalLeavesTheDeskNothingToDecide) {
  const auto id = one_waits();
  const auto did = presses(1, pressed(press::photo_remove, id));
  const auto card = at(desk, did);
  ASSERT_FALSE(card.empty());
  EXPECT_NE(to_line(card.back()).find("All photos are checked"), std::string::npos) << to_line(card.back());
  EXPECT_EQ(note_of(presses(8, pressed(press::desk_approve, id), desk, 1)), "It is decided already");
}

TEST_F(PhotoBot, TheDeskWorksInItsChatsAlone) {
  const auto id = one_waits();
  for (const auto prefix : {press::desk_approve, press::desk_ban, press::desk_show, press::desk_next})
    EXPECT_EQ(note_of(presses(1, pressed(prefix, id))), "This works in the operator’s chat only");
  EXPECT_EQ(note_of(presses(1, pressed(press::desk_refuse, id) + ":0", -777)),
            "This works in the operator’s chat only");
  EXPECT_EQ(note_of(presses(8, pressed(press::desk_refuse, id) + ":99", desk)),
            "This works in the operator’s chat only");
  EXPECT_EQ(photos_of(anna).front().state, photo_state::waiting);
  EXPECT_EQ(ask("SELECT state FROM dating.profiles WHERE name = 'Anna'"), "active");
}

TEST_F(PhotoBot, NoticesTellWhatHoldsWhenTheyAreSent) {
  const auto id = one_waits();
  const auto draw = [&](std::string_view kind) {
    const auto all = photo_announcements();
    const auto found = std::ranges::find(all, kind, &announcement::kind);
    notice what{1, anna, std::string(kind), id.value, time.now()};
    return run(found->draw(with, what, with.for_person("en", "UTC")));
  };
  EXPECT_FALSE(draw("photo_shown")) << "it still waits";
  presses(8, pressed(press::desk_refuse, id) + ":0", desk, 1);
  const auto refused = draw("photo_refused");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->html,
            "✕ This photo did not fit: no face to be seen.\nSend a picture that shows your face well.");
  EXPECT_TRUE(refused->picture) << "which one";
  presses(8, pressed(press::desk_undo, id), desk, 1);
  EXPECT_FALSE(draw("photo_refused"));
  presses(8, pressed(press::desk_approve, id), desk, 1);
  EXPECT_EQ(draw("photo_shown")->html, "✓ Your photo is checked: people see it.");
}

// ---- screens

struct named_screen {
  std::string name;
  screen what;
};

photo photo_at(int position, photo_state state, std::string reason = {}) {
  photo out;
  out.id = photo_id(10 + position);
  out.position = position;
  out.state = state;
  out.reason = std::move(reason);
  return out;
}

std::vector<named_screen> all_screens(const view& to, const parts& with) {
  const auto main = photo_at(1, photo_state::shown), waits = photo_at(2, photo_state::waiting),
             refused = photo_at(3, photo_state::refused, "no_face"),
             hidden = photo_at(4, photo_state::hidden);
  const std::vector<photo> four{main, waits, refused, hidden};
  moderated_photo fresh;
  fresh.what = waits;
  fresh.name = "Аня <3>";
  fresh.age = 27;
  fresh.photos = 3;
  fresh.new_account = true;
  auto looks_banned = fresh, shown = fresh, by_rule = fresh, not_good = fresh, banned = fresh,
       concealed = fresh;
  looks_banned.what.suspicious = true;
  looks_banned.new_account = false;
  shown.what.state = by_rule.what.state = photo_state::shown;
  shown.decided_by = not_good.decided_by = user_id(8);
  not_good.what.state = photo_state::refused;
  not_good.what.reason = "advert";
  banned.banned = true;
  concealed.what.state = photo_state::hidden;
  arrival_facts good{.shown = 2, .total = 3},
      mixed{.shown = 1, .waiting = 2, .doubles = 1, .full = true, .total = 6},
      bad{.delayed = 2, .refused_before = true, .not_fetched = true, .total = 1},
      ours{.delayed = 2, .put_off = true, .not_prepared = true, .total = 1};
  for (const auto one : {photo_error::not_a_picture, photo_error::too_large, photo_error::too_small,
                         photo_error::broken, photo_error::too_dear})
    bad.errors[one] = 1;
  std::vector<named_screen> out{
      {"no photos", my_photos(to, with, {{}, {}, 0, false})},
      {"no photos, in registration", my_photos(to, with, {{}, {}, 2, true})},
      {"the main photo", my_photos(to, with, {four, main.id, 0, false})},
      {"a photo that waits", my_photos(to, with, {four, waits.id, 1, false})},
      {"a refused photo", my_photos(to, with, {four, refused.id, 0, true})},
      {"a hidden photo", my_photos(to, with, {four, hidden.id, 0, false})},
      {"remove it?", ask_removal(to, with, waits)},
      {"send a photo", ask_for_photo(to, {0, false})},
      {"send more", ask_for_photo(to, {2, true})},
      {"no more fit", ask_for_photo(to, {6, false})},
      {"looking", arrival(to, {.left = 1})},
      {"still looking", arrival(to, {.left = 3, .waiting = 1})},
      {"arrived", arrival(to, good)},
      {"arrived in part, in registration",
       [&] {
         mixed.registering = true;
         return arrival(to, mixed);
       }()},
      {"what did not arrive", arrival(to, bad)},
      {"what we fail at", arrival(to, ours)},
      {"not a photo", not_a_photo(to, false)},
      {"told: shown", *photo_shown(to, {main})},
      {"told: shown, others wait", *photo_shown(to, {main, photo_at(2, photo_state::shown), waits})},
      {"the desk", desk_card_screen(to, with, {fresh, "", 5, {}})},
      {"the desk, after a decision", desk_card_screen(to, with, {looks_banned, "", 1, not_good})},
      {"the desk asks why", desk_card_screen(to, with, {fresh, "", 5, {}}, desk_question::reason)},
      {"the desk asks before a ban", desk_card_screen(to, with, {fresh, "", 5, {}}, desk_question::ban)},
      {"the desk: shown", desk_card_screen(to, with, {shown, "Мария", 0, {}})},
      {"the desk: shown by trust", desk_card_screen(to, with, {by_rule, "", 2, {}})},
      {"the desk: refused", desk_card_screen(to, with, {not_good, "Мария", 3, {}})},
      {"the desk: banned", desk_card_screen(to, with, {banned, "", 1, {}})},
      {"the desk: hidden", desk_card_screen(to, with, {concealed, "", 0, {}})},
      {"the desk: nothing waits", desk_card_screen(to, with, {{}, "", 0, banned})},
      {"the desk: it is gone", desk_card_screen(to, with, {{}, "", 2, {}})},
  };
  for (const auto reason : refuse_reasons)
    out.push_back({"told: refused, " + std::string(reason),
                   *photo_refused(to, with, photo_at(2, photo_state::refused, std::string(reason)))});
  return out;
}

std::string drawn(const screen& what) {
  std::string out = (what.picture ? "[photo]\n" : "") + what.html + "\n";
  for (const auto& row : what.keyboard.inline_keyboard) {
    for (const auto& button : row) out += "[ " + button.text + " → " + button.callback_data + " ] ";
    out += "\n";
  }
  return out;
}

// TANDEM_UPDATE_GOLDEN=1 writes the files anew: look at the difference before it is committed.
TEST_F(PhotoBot, TheScreensAreAsTheGoldenFilesHaveThem) {
  for (const std::string language : {"ru", "en"}) {
    std::string all;
    for (const auto& one : all_screens(with.for_person(language, "Europe/Moscow"), with))
      all += "=== " + one.name + "\n" + drawn(one.what) + "\n";
    const std::string path = TANDEM_SOURCE_DIR "/src/dating/bot/golden/photo." + language + ".txt";
    if (std::getenv("TANDEM_UPDATE_GOLDEN")) std::ofstream(path) << all;
    std::ifstream file(path);
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(all, golden.str());
  }
}

TEST_F(PhotoBot, TheScreensAreShortAndTheirButtonsFit) {
  for (const std::string language : {"ru", "en"}) {
    for (const auto& one : all_screens(with.for_person(language, "Europe/Moscow"), with)) {
      SCOPED_TRACE(one.name);
      const auto shown = telegram::plain_text(one.what.html);
      EXPECT_FALSE(shown.empty());
      if (one.name != "what did not arrive") EXPECT_LE(std::ranges::count(shown, '\n'), 5);
      for (const auto& row : one.what.keyboard.inline_keyboard) {
        for (const auto& button : row) {
          EXPECT_LE(button.callback_data.size(), 64u);
          if (row.size() > 1) EXPECT_LE(telegram::code_points(button.text), 30u) << button.text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tandem::dating::bot
