// On a real PostgreSQL, a real folder of blobs, the real child program and real pictures.
#include "dating/photos/photos.hpp"

#include <unistd.h>

#include <filesystem>
#include <set>
#include <tuple>

#include "accounts/users.hpp"
#include "async/offload.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/faulty_store_for_test.hpp"
#include "platform/images/pictures_for_test.hpp"
#include "platform/pg/test_database.hpp"

namespace tandem::dating {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::int64_t bot = 7'000, other_bot = 7'001, desk = -500, other_desk = -501;

// Notices as a room that writes them sees them.
class noted final : public notices {
 public:
  std::set<std::tuple<user_id, std::string, std::int64_t>> due;

  task<> add(pg::transaction&, user_id who, std::string_view kind, std::int64_t about,
             std::optional<instant>) override {
    due.emplace(who, kind, about);
    co_return;
  }
  task<> withdraw(pg::session&, user_id who, std::string_view kind, std::int64_t about) override {
    due.erase({who, std::string(kind), about});
    co_return;
  }
};

struct Photos : testing::Test {
  pg::database_test db;
  pg::pool& pool = *db.pool;
  fixed_clock time{system_clock().now()};
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  fs::path folder = "/var/tmp/tandem-photos-test-" + std::to_string(getpid());
  blob::link_signer links{std::vector<std::byte>(32, std::byte{7}), "/blobs"};
  std::unique_ptr<blob::store> kept = blob::make_folder_store(folder, links);
  faulty_store store{*kept, db.io.on()};
  async::thread_pool threads{2};
  std::unique_ptr<images::workshop> shop =
      images::make_workshop(threads, std::string(TANDEM_BINARY_DIR) + "/tandem-image");
  noted news;
  std::vector<std::pair<user_id, bool>> approvals;
  std::unique_ptr<photos> rooms[2];  // the second one approves everything
  photos& room = *rooms[0];
  user_id anna, boris, operator_one, operator_two;

  Photos() : rooms{make_photos(with()), make_photos(with(), {.approve_all = true})} {
    anna = person(1);
    boris = person(2);
    operator_one = person(8, false);
    operator_two = person(9, false);
  }
  ~Photos() override { fs::remove_all(folder); }

  photo_parts with() {
    note_approval approved = [this](pg::session& in, user_id of, bool first) -> task<> {
      approvals.emplace_back(of, first);
      static constexpr pg::statement trust{
          "test.trust", "UPDATE dating.profiles SET trust = $2 WHERE user_id = $1 AND trust < 2",
          pg::cardinality::exec};
      co_await in(trust, of, first ? 1 : 0);
    };
    return {store, *shop, time, news, std::move(approved), {}};
  }

  user_id person(std::int64_t number, bool has_profile = true) {
    accounts::seen_person seen{100 + number, "Person", "", "en"};
    const auto who = db.run(people->meet(pool, std::move(seen))).id;
    if (has_profile) {
      run("INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, name, born_on, "
          "created_at, active_at) VALUES (" +
          std::to_string(who.value) + ", 'active', 1, now(), 'Anna', current_date - 9900, now(), now())");
    }
    return who;
  }
  void run(const std::string& script) { db.run(pg::run_script(pool, script)); }
  std::int64_t number(std::string text) {
    const pg::statement ask{"", text, pg::cardinality::one};
    return db.run(pool(ask)).front().get<std::int64_t>(0);
  }

  receipt receive(user_id who, std::string unique) {
    inbox_photo what{0, who, bot, 101, "file-" + unique, unique, 0};
    return db.run(room.receive(pool, std::move(what)));
  }
  std::expected<added_photo, photo_error> send(user_id who, std::string_view picture, std::string unique,
                                               bool approve_all = false) {
    EXPECT_EQ(receive(who, unique), receipt::accepted);
    auto next = db.run(room.next_received(pool, who));
    EXPECT_TRUE(next);
    return db.run(rooms[approve_all ? 1 : 0]->add(pool, std::move(*next), images::to_bytes(picture)));
  }
  photo_id added(user_id who, unsigned numbered, bool approve_all = false) {
    const auto done =
        send(who, images::numbered_photo(numbered), "u" + std::to_string(numbered), approve_all);
    EXPECT_TRUE(done) << (done ? "" : name_of(done.error()));
    return done ? done->id : photo_id();
  }
  std::vector<photo_id> order(user_id who) {
    std::vector<photo_id> out;
    int place = 0;
    for (const auto& one : db.run(room.list(pool, who, bot))) {
      EXPECT_EQ(one.position, ++place);
      out.push_back(one.id);
    }
    return out;
  }
  photo find(photo_id what) { return *db.run(room.find(pool, what, bot)); }
  // In a transaction of its own.
  bool decided(task<bool> (*what)(photos&, pg::transaction&, photo_id, user_id), photo_id id, user_id by) {
    auto work = [](pg::pool& on, photos& in, auto act, photo_id id, user_id by) -> task<bool> {
      const auto tx = co_await on.begin();
      const bool done = co_await act(in, *tx, id, by);
      co_await tx->commit();
      co_return done;
    };
    return db.run(work(pool, room, what, id, by));
  }
  bool approve(photo_id id, user_id by) {
    return decided(
        [](photos& in, pg::transaction& tx, photo_id what, user_id who) { return in.approve(tx, what, who); },
        id, by);
  }
  bool refuse(photo_id id, user_id by) {
    return decided([](photos& in, pg::transaction& tx, photo_id what,
                      user_id who) { return in.refuse(tx, what, who, "no_face"); },
                   id, by);
  }
  bool undo(photo_id id) {
    return decided([](photos& in, pg::transaction& tx, photo_id what, user_id) { return in.undo(tx, what); },
                   id, operator_one);
  }
  std::size_t files() {
    std::size_t count = 0;
    for (const auto& each : fs::recursive_directory_iterator(folder)) count += each.is_regular_file() ? 1 : 0;
    return count;
  }
};

TEST_F(Photos, ANewAccountsPhotoIsPreparedKeptAndWaits) {
  const auto id = added(anna, 1);
  const auto kept_photo = find(id);
  EXPECT_EQ(kept_photo.state, photo_state::waiting);
  EXPECT_EQ(kept_photo.position, 1);
  EXPECT_EQ(kept_photo.width, 480);
  EXPECT_FALSE(kept_photo.suspicious);
  for (const auto& blob : {kept_photo.picture, kept_photo.thumbnail})
    EXPECT_TRUE(images::to_text(db.run(room.bytes_of(blob))).starts_with("\xFF\xD8\xFF"));
  EXPECT_EQ(files(), 2u);
  EXPECT_TRUE(db.run(room.visible(pool, anna, bot)).empty());
  EXPECT_EQ(db.run(room.on_their_way(pool, anna)), 0);
  EXPECT_TRUE(approvals.empty());
}

TEST_F(Photos, TheSamePhotoTwiceIsOneHoweverItCame) {
  const auto id = added(anna, 1);
  EXPECT_EQ(receive(anna, "u1"), receipt::there_already) << "the same file_unique_id";
  // The same picture as Telegram would have sent it: compressed anew.
  const auto again = send(anna, images::to_text(db.run(room.bytes_of(find(id).picture))), "as a file");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->there_already);
  EXPECT_EQ(again->id, id);
  const auto other = added(anna, 2);
  EXPECT_EQ(order(anna), (std::vector{id, other}));
  const auto borrowed = added(boris, 1);
  EXPECT_NE(borrowed, id) << "somebody else's row";
  EXPECT_EQ(find(borrowed).picture, find(id).picture) << "over the same bytes";
}

TEST_F(Photos, WhatIsNoPhotoIsRefusedAndLeavesNothing) {
  EXPECT_EQ(send(anna, "GIF89a", "1").error(), photo_error::not_a_picture);
  EXPECT_EQ(send(anna, images::numbered_photo(1).substr(0, 40), "2").error(), photo_error::broken);
  EXPECT_EQ(send(anna, images::numbered_photo(1, 120, 400), "3").error(), photo_error::too_small);
  EXPECT_EQ(send(anna, std::string(images::most_bytes + 1, 'x'), "4").error(), photo_error::too_large);
  EXPECT_EQ(db.run(room.on_their_way(pool, anna)), 0);
  EXPECT_TRUE(order(anna).empty());
  EXPECT_EQ(receive(anna, "1"), receipt::accepted) << "it may be tried again";
}

TEST_F(Photos, SixFitAndARefusedOneMakesRoom) {
  std::vector<photo_id> all;
  for (unsigned i = 1; i <= 6; ++i) all.push_back(added(anna, i));
  EXPECT_EQ(receive(anna, "u7"), receipt::full);
  EXPECT_TRUE(refuse(all[1], operator_one));
  EXPECT_EQ(receive(anna, "u2"), receipt::refused_before);
  const auto seventh = added(anna, 7);
  EXPECT_EQ(order(anna), (std::vector{all[0], all[2], all[3], all[4], all[5], seventh}));
  // Room was there when it came, and is not any more.
  EXPECT_TRUE(refuse(all[0], operator_one));
  EXPECT_EQ(receive(anna, "u8"), receipt::accepted);
  EXPECT_TRUE(undo(all[0]));
  auto late = db.run(room.next_received(pool, anna));
  const auto full = db.run(room.add(pool, *late, images::to_bytes(images::numbered_photo(8))));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error(), photo_error::full);
}

TEST_F(Photos, TheInboxGivesInOrderCountsTriesAndWaitsAMinuteBetween) {
  EXPECT_EQ(receive(anna, "a"), receipt::accepted);
  EXPECT_EQ(receive(anna, "b"), receipt::accepted);
  EXPECT_EQ(receive(boris, "a"), receipt::accepted);
  EXPECT_EQ(db.run(room.people_with_received(pool, 10)), (std::vector{anna, boris}));
  const auto first = db.run(room.next_received(pool, anna));
  const auto second = db.run(room.next_received(pool, anna));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->unique_id, "a");
  EXPECT_EQ(second->unique_id, "b");
  EXPECT_FALSE(db.run(room.next_received(pool, anna)));
  time.advance(61s);
  const auto again = db.run(room.next_received(pool, anna));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->inbox_id, first->inbox_id);
  EXPECT_EQ(again->tries, 2);
  db.run(room.drop_received(pool, first->inbox_id));
  EXPECT_EQ(db.run(room.on_their_way(pool, anna)), 1);
}

TEST_F(Photos, APhotoThatTwoProcessesPrepareIsAddedOnce) {
  EXPECT_EQ(receive(anna, "a"), receipt::accepted);
  const auto taken = *db.run(room.next_received(pool, anna));
  EXPECT_TRUE(db.run(room.add(pool, taken, images::to_bytes(images::numbered_photo(1)))));
  const auto second = db.run(room.add(pool, taken, images::to_bytes(images::numbered_photo(1))));
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->there_already);
  EXPECT_EQ(order(anna).size(), 1u);
}

TEST_F(Photos, FromATrustOnAPhotoIsShownAtOnceAndASettingShowsAll) {
  run("UPDATE dating.profiles SET trust = 1 WHERE user_id = " + std::to_string(anna.value));
  EXPECT_EQ(find(added(anna, 1)).state, photo_state::shown);
  EXPECT_EQ(find(added(boris, 2, true)).state, photo_state::shown);
  EXPECT_EQ(db.run(room.visible(pool, boris, bot)).size(), 1u);
  EXPECT_EQ(number("SELECT count(*) FROM dating.profiles WHERE has_photo"), 2);
  EXPECT_EQ(approvals.back(), std::pair(boris, true)) << "what is shown makes for trust";
  EXPECT_TRUE(news.due.empty()) << "the answer has said it already";
}

TEST_F(Photos, APhotoThatLooksLikeABannedPersonsWaitsWhateverTheTrust) {
  const auto bad = added(boris, 3);
  db.run(room.ban_shapes(pool, boris));
  // The same picture, cut smaller and by somebody whom the setting would approve.
  const auto copy = images::to_text(db.run(room.bytes_of(find(bad).thumbnail)));
  const auto seen = send(anna, copy, "copy", true);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->state, photo_state::waiting);
  EXPECT_TRUE(find(seen->id).suspicious);
  EXPECT_TRUE(db.run(room.find_moderated(pool, seen->id, bot))->what.suspicious);
  db.run(room.allow_shapes(pool, boris));
  const auto after = send(person(3), copy, "copy", true);
  EXPECT_EQ(after->state, photo_state::shown);
}

TEST_F(Photos, ARefusedPhotoThatIsRemovedAndSentAgainGoesToTheOperatorAgain) {
  const auto good = added(anna, 1), bad = added(anna, 2);
  EXPECT_TRUE(refuse(bad, operator_one));
  EXPECT_TRUE(approve(good, operator_one));
  EXPECT_TRUE(db.run(room.remove(pool, anna, bad)));
  const auto again = find(added(anna, 2));
  EXPECT_EQ(again.state, photo_state::waiting) << "though the person is trusted by now";
  EXPECT_TRUE(again.suspicious);
  EXPECT_EQ(find(added(anna, 3)).state, photo_state::shown);
  EXPECT_EQ(find(added(boris, 2, true)).state, photo_state::shown) << "it is about her alone";
}

TEST_F(Photos, AShapeOfAnotherBannedPersonStaysBanned) {
  added(anna, 3);
  added(boris, 3);
  db.run(room.ban_shapes(pool, anna));
  db.run(room.ban_shapes(pool, boris));
  run("UPDATE dating.profiles SET state = 'banned' WHERE user_id = " + std::to_string(boris.value));
  db.run(room.allow_shapes(pool, anna));
  EXPECT_EQ(number("SELECT count(*) FROM dating.banned_shapes"), 1);
}

TEST_F(Photos, TheOrderIsThePersonsOwn) {
  std::vector<photo_id> all;
  for (unsigned i = 1; i <= 4; ++i) all.push_back(added(anna, i));
  const auto his = added(boris, 5);
  EXPECT_TRUE(db.run(room.make_first(pool, anna, all[2])));
  EXPECT_EQ(order(anna), (std::vector{all[2], all[0], all[1], all[3]}));
  EXPECT_TRUE(db.run(room.remove(pool, anna, all[0])));
  EXPECT_EQ(order(anna), (std::vector{all[2], all[1], all[3]}));
  EXPECT_FALSE(db.run(room.remove(pool, anna, his))) << "somebody else's";
  EXPECT_FALSE(db.run(room.make_first(pool, anna, his)));
  EXPECT_FALSE(db.run(room.remove(pool, anna, all[0]))) << "pressed twice";
  EXPECT_EQ(order(boris), std::vector{his});
}

TEST_F(Photos, EachBotHasItsOwnFileId) {
  const auto id = added(anna, 1);
  EXPECT_EQ(find(id).file_id, "");
  db.run(room.note_file(pool, id, bot, "one"));
  db.run(room.note_file(pool, id, other_bot, "other"));
  EXPECT_EQ(find(id).file_id, "one");
  EXPECT_EQ(db.run(room.find(pool, id, other_bot))->file_id, "other");
  db.run(room.note_file(pool, id, bot, "fresh"));
  EXPECT_EQ(db.run(room.list(pool, anna, bot)).front().file_id, "fresh");
  db.run(room.note_file(pool, photo_id(9'999), bot, "of a photo that was removed meanwhile"));
}

TEST_F(Photos, TheFirstOperatorDecidesAndThePersonIsTold) {
  const auto id = added(anna, 1);
  EXPECT_TRUE(approve(id, operator_one));
  EXPECT_FALSE(refuse(id, operator_two)) << "it is decided";
  const auto now = *db.run(room.find_moderated(pool, id, bot));
  EXPECT_EQ(now.what.state, photo_state::shown);
  EXPECT_EQ(now.decided_by, operator_one);
  EXPECT_EQ(now.name, "Anna");
  EXPECT_EQ(now.age, 27);
  EXPECT_EQ(approvals, (std::vector{std::pair(anna, true)}));
  EXPECT_EQ(news.due, (decltype(news.due){{anna, "photo_shown", id.value}}));
  EXPECT_EQ(number("SELECT count(*) FROM dating.profiles WHERE has_photo AND trust = 1"), 1);
  EXPECT_EQ(find(added(anna, 2)).state, photo_state::shown) << "trusted from now on";
}

TEST_F(Photos, ARefusalCarriesItsReasonAndNothingElseIsAReason) {
  const auto id = added(anna, 1);
  EXPECT_TRUE(refuse(id, operator_one));
  EXPECT_EQ(find(id).reason, "no_face");
  EXPECT_EQ(news.due, (decltype(news.due){{anna, "photo_refused", id.value}}));
  EXPECT_TRUE(db.run(room.visible(pool, anna, bot)).empty());
  auto made_up = [](photos& in, pg::transaction& tx, photo_id what, user_id who) {
    return in.refuse(tx, what, who, "ugly");
  };
  EXPECT_THROW(decided(made_up, id, operator_one), std::invalid_argument);
}

TEST_F(Photos, ADecisionIsTakenBackWithTrustAndNotice) {
  const auto first = added(anna, 1), second = added(anna, 2);
  EXPECT_FALSE(undo(first)) << "nothing decided";
  EXPECT_TRUE(approve(first, operator_one));
  EXPECT_TRUE(refuse(second, operator_one));
  EXPECT_TRUE(undo(second));
  EXPECT_EQ(find(second).state, photo_state::waiting);
  EXPECT_EQ(find(second).reason, "");
  EXPECT_EQ(news.due.size(), 1u);
  EXPECT_EQ(approvals.size(), 1u) << "one is shown still";
  EXPECT_TRUE(undo(first));
  EXPECT_EQ(approvals.back(), std::pair(anna, false));
  EXPECT_TRUE(news.due.empty());
  EXPECT_EQ(number("SELECT count(*) FROM dating.profiles WHERE has_photo"), 0);
  EXPECT_EQ(db.run(room.waiting(pool)), 2);
}

TEST_F(Photos, SeveralApprovalsInARowAreOneNotice) {
  const auto first = added(anna, 1), second = added(anna, 2), third = added(anna, 3);
  EXPECT_TRUE(approve(first, operator_one));
  time.advance(5s);
  EXPECT_TRUE(approve(second, operator_one));
  EXPECT_EQ(news.due, (decltype(news.due){{anna, "photo_shown", second.value}}));
  EXPECT_TRUE(undo(second));
  EXPECT_EQ(news.due, (decltype(news.due){{anna, "photo_shown", first.value}}));
  time.advance(60s);  // sent by now
  EXPECT_TRUE(approve(third, operator_one));
  EXPECT_EQ(news.due.size(), 2u);
}

TEST_F(Photos, TwoDesksWorkOnTwoPhotosAndTheQueueGoesRound) {
  const auto first = added(anna, 1), second = added(boris, 2), third = added(boris, 3);
  const auto next = [&](photo_id after, std::int64_t chat) {
    return db.run(room.next_waiting(pool, after, bot, chat));
  };
  EXPECT_EQ(next({}, desk), first);
  db.run(room.keep_desk_card(pool, {bot, desk, 40, first, {}, "d"}));
  EXPECT_EQ(next({}, desk), first) << "its own card does not stand in the way";
  EXPECT_EQ(next({}, other_desk), second);
  EXPECT_EQ(next(second, desk), third);
  EXPECT_EQ(next(third, desk), first) << "round";
  EXPECT_TRUE(approve(second, operator_one));
  EXPECT_TRUE(approve(third, operator_one));
  EXPECT_EQ(next({}, other_desk), first) << "rather the same one than none";
  db.run(room.keep_desk_card(pool, {bot, desk, 41, {}, second, "empty"}));
  const auto cards = db.run(room.desk_cards(pool));
  ASSERT_EQ(cards.size(), 1u);
  EXPECT_EQ(cards[0].message_id, 41);
  EXPECT_EQ(cards[0].last_decided, second);
  const desk_card later{bot, desk, 41, first, {}, "later"};
  EXPECT_TRUE(db.run(room.replace_desk_card(pool, cards[0], later)));
  EXPECT_FALSE(db.run(room.replace_desk_card(pool, cards[0], cards[0]))) << "a press was in between";
  EXPECT_EQ(db.run(room.desk_cards(pool)).at(0).digest, "later");
  EXPECT_EQ(db.run(room.waiting(pool)), 1);
  run("UPDATE dating.profiles SET state = 'banned' WHERE user_id = " + std::to_string(anna.value));
  EXPECT_EQ(db.run(room.waiting(pool)), 0);
  EXPECT_FALSE(next({}, desk)) << "nobody asks whether to show the banned";
  EXPECT_TRUE(db.run(room.find_moderated(pool, first, bot))->banned);
}

TEST_F(Photos, SafetyHidesAShownPhotoAndBringsItBack) {
  const auto id = added(anna, 1);
  EXPECT_FALSE(db.run(room.hide(pool, id))) << "it waits";
  EXPECT_TRUE(approve(id, operator_one));
  EXPECT_TRUE(db.run(room.hide(pool, id)));
  EXPECT_TRUE(db.run(room.visible(pool, anna, bot)).empty());
  EXPECT_EQ(find(id).state, photo_state::hidden);
  EXPECT_TRUE(db.run(room.unhide(pool, id)));
  EXPECT_EQ(db.run(room.visible(pool, anna, bot)).size(), 1u);
}

TEST_F(Photos, ThePictureOfAMatchIsBothFirstVisiblePhotos) {
  const auto hers = added(anna, 1, true), his_first = added(boris, 2), his_second = added(boris, 3, true);
  EXPECT_EQ(find(his_first).state, photo_state::waiting);
  const auto both = db.run(room.pair(pool, boris, anna, bot));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->left, hers) << "the same picture for both of them";
  EXPECT_EQ(both->right, his_second);
  EXPECT_EQ(both->file_id, "");
  const auto bytes = db.run(room.pair_bytes(pool, *both));
  const auto seen = db.run(shop->prepare(bytes));
  ASSERT_TRUE(seen);
  EXPECT_GT(seen->width, seen->height);
  db.run(room.note_pair(pool, *both, bot, "known"));
  EXPECT_EQ(db.run(room.pair(pool, anna, boris, bot))->file_id, "known");
  EXPECT_EQ(db.run(room.pair(pool, anna, boris, other_bot))->file_id, "");
  EXPECT_TRUE(db.run(room.remove(pool, boris, his_second)));
  EXPECT_FALSE(db.run(room.pair(pool, anna, boris, bot))) << "the other one waits";
}

TEST_F(Photos, AFigureStandsForSomebodyWithoutAPhoto) {
  const auto figure = db.run(room.placeholder());
  EXPECT_TRUE(images::to_text(figure).starts_with("\xFF\xD8\xFF"));
  EXPECT_EQ(db.run(room.placeholder()), figure);
}

TEST_F(Photos, TheFigureIsDrawnOnceHoweverManyAskAtOnceAndAgainWhenThatHasFailed) {
  struct drawer final : images::workshop {
    int drawn = 0;
    task<std::expected<images::prepared_photo, images::image_error>> prepare(images::bytes) override {
      co_return std::unexpected(images::image_error::broken);
    }
    task<std::expected<images::bytes, images::image_error>> pair(images::bytes, images::bytes) override {
      co_return std::unexpected(images::image_error::broken);
    }
    task<images::bytes> draw(images::bar_chart) override { co_return images::bytes(); }
    task<images::bytes> draw_placeholder() override {
      co_await async::yield();
      if (++drawn == 1) throw std::runtime_error("no child could be started");
      co_return images::to_bytes("a figure");
    }
  } slow;
  const auto gallery = make_photos({*kept, slow, time, news, {}, {}});
  int shown = 0, failed = 0;
  async::scope all(db.io.on(), [&](std::string_view, const std::exception_ptr&) { ++failed; });
  const auto ask = [&]() -> task<> {
    const auto figure = co_await gallery->placeholder();
    shown += images::to_text(figure) == "a figure";
  };
  for (int i = 0; i < 5; ++i) all.spawn("ask", ask());
  db.run(all.join());
  EXPECT_EQ(slow.drawn, 2);
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(shown, 4);
}

TEST_F(Photos, ALinkOpensThePictureUntilItsTime) {
  const auto picture = find(added(anna, 1)).picture;
  const auto link = room.link(picture, time.now() + 1h);
  const auto until = link.find("?until="), signature = link.find("&signature=");
  const auto id = link.substr(7, until - 7), moment = link.substr(until + 7, signature - until - 7);
  EXPECT_EQ(links.check(id, moment, link.substr(signature + 11), time.now()), picture);
  EXPECT_FALSE(links.check(id, moment, link.substr(signature + 11), time.now() + 2h));
}

TEST_F(Photos, RemovedPhotosLoseTheirFilesUnlessSomebodyElseHasThem) {
  const auto shared = added(anna, 1), own = added(anna, 2);
  added(boris, 1);
  EXPECT_EQ(files(), 4u);
  EXPECT_TRUE(db.run(room.remove(pool, anna, own)));
  EXPECT_EQ(files(), 4u) << "a change that may not commit removes nothing";
  EXPECT_EQ(db.run(room.remove_dead(pool)), 2);
  EXPECT_EQ(db.run(room.erase(pool, anna)), 1);
  EXPECT_EQ(db.run(room.remove_dead(pool)), 0) << "of photo " << shared.value << " boris has the same";
  EXPECT_EQ(files(), 2u);
  db.run(people->erase(pool, boris));  // a cascade, past this room's interface
  EXPECT_EQ(db.run(room.remove_dead(pool)), 2);
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(number("SELECT count(*) FROM dating.dead_blobs"), 0);
}

TEST_F(Photos, ErasingTakesWhatIsOnItsWayToo) {
  added(anna, 1);
  EXPECT_EQ(receive(anna, "later"), receipt::accepted);
  const auto late = *db.run(room.next_received(pool, anna));
  EXPECT_EQ(db.run(room.erase(pool, anna)), 1);
  EXPECT_EQ(db.run(room.on_their_way(pool, anna)), 0);
  // Its preparing had begun.
  EXPECT_TRUE(db.run(room.add(pool, late, images::to_bytes(images::numbered_photo(4))))->there_already);
  EXPECT_TRUE(order(anna).empty());
  db.run(room.remove_dead(pool));
  EXPECT_EQ(files(), 0u);
}

TEST_F(Photos, NoTransactionIsOpenWhileTheStoreWorks) {
  int looks = 0;
  const auto look = [&]() -> task<> {
    static constexpr pg::statement open{
        "test.open",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'",
        pg::cardinality::one};
    const auto rows = co_await pool(open);
    EXPECT_EQ(rows.front().get<std::int64_t>(0), 0);
    ++looks;
  };
  store.during_put = store.during_removal = look;
  EXPECT_TRUE(db.run(room.remove(pool, anna, added(anna, 1))));
  EXPECT_EQ(db.run(room.remove_dead(pool)), 2);
  db.run(kept->put(images::to_bytes("an orphan")));
  time.advance(25h);
  EXPECT_EQ(db.run(room.sweep_orphans(pool, {})), 1);
  EXPECT_EQ(looks, 2 + 2 + 1);
}

TEST_F(Photos, WhatIsJustBeingStoredIsRemovedNeitherAsDeadNorAsAnOrphan) {
  EXPECT_TRUE(db.run(room.remove(pool, boris, added(boris, 1))));  // the same files, and they are to go
  int looks = 0;
  store.during_put = [&]() -> task<> {
    co_await room.remove_dead(pool);
    time.advance(25h);
    const auto swept = co_await room.sweep_orphans(pool, {});
    EXPECT_EQ(swept, 0);
    ++looks;
  };
  const auto stored = find(added(anna, 1));
  EXPECT_EQ(looks, 2);
  EXPECT_EQ(db.run(room.remove_dead(pool)), 0);
  EXPECT_TRUE(db.run(kept->get(stored.picture)) && db.run(kept->get(stored.thumbnail)));
}

TEST_F(Photos, APictureThatIsJustBeingRemovedIsStoredAfterwards) {
  EXPECT_TRUE(db.run(room.remove(pool, boris, added(boris, 1))));
  EXPECT_EQ(receive(anna, "a"), receipt::accepted);
  const auto taken = *db.run(room.next_received(pool, anna));
  const auto picture = images::to_bytes(images::numbered_photo(1));
  int refused = 0;
  store.during_removal = [&]() -> task<> {
    try {
      co_await room.add(pool, taken, picture);
    } catch (const std::runtime_error&) {
      ++refused;
    }
  };
  EXPECT_EQ(db.run(room.remove_dead(pool)), 2);
  EXPECT_EQ(refused, 2);
  const auto done = db.run(room.add(pool, taken, picture));
  ASSERT_TRUE(done);
  EXPECT_EQ(db.run(room.remove_dead(pool)), 0);
  EXPECT_TRUE(db.run(kept->get(find(done->id).picture)));
}

TEST_F(Photos, ARemovalThatFailsIsRepeatedWhenItCannotComeLateAnyMore) {
  EXPECT_TRUE(db.run(room.remove(pool, anna, added(anna, 1))));
  store.away = true;
  EXPECT_THROW(db.run(room.remove_dead(pool)), std::runtime_error);
  store.away = false;
  EXPECT_EQ(db.run(room.remove_dead(pool)), 0) << "the store may be at it still";
  EXPECT_EQ(number("SELECT count(*) FROM dating.dead_blobs WHERE removing_until > now() + interval '9 min'"),
            2);
  run("UPDATE dating.dead_blobs SET removing_until = now()");
  EXPECT_EQ(db.run(room.remove_dead(pool)), 2);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Photos, APhotoThatTheStoreDoesNotTakeIsTriedLessAndLessOftenAndNeverGivenUp) {
  EXPECT_EQ(receive(anna, "a"), receipt::accepted);
  store.away = true;
  std::vector<int> pauses;
  for (int i = 0; i < 6; ++i) {
    std::optional<inbox_photo> due;
    int minutes = 0;
    while (!(due = db.run(room.next_received(pool, anna)))) {
      time.advance(1min);
      ++minutes;
    }
    pauses.push_back(minutes);
    EXPECT_EQ(due->tries, 1);
    EXPECT_EQ(due->waits, i);
    EXPECT_THROW(db.run(room.add(pool, *due, images::to_bytes(images::numbered_photo(1)))), store_away);
    db.run(room.put_off(pool, std::move(*due)));
  }
  EXPECT_EQ(pauses, (std::vector{0, 1, 2, 4, 8, 15}));
  store.away = false;
  time.advance(15min);
  auto due = *db.run(room.next_received(pool, anna));
  EXPECT_TRUE(db.run(room.add(pool, std::move(due), images::to_bytes(images::numbered_photo(1)))));
  EXPECT_EQ(order(anna).size(), 1u);
}

TEST_F(Photos, WhatWasStoredOfAPhotoThatComesToNothingIsRemoved) {
  EXPECT_EQ(receive(anna, "a"), receipt::accepted);
  const auto half = *db.run(room.next_received(pool, anna));
  store.puts_that_work = 1;  // as after a kill between the two
  EXPECT_THROW(db.run(room.add(pool, half, images::to_bytes(images::numbered_photo(1)))), store_away);
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(db.run(room.remove_dead(pool)), 0) << "it is needed for the next try";
  db.run(people->erase(pool, anna));
  EXPECT_EQ(db.run(room.remove_dead(pool)), 1);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Photos, AStoreThatDoesNotAnswerIsNotWaitedForLongerThanAScreenMay) {
  const auto hers = find(added(anna, 1, true)), his = find(added(boris, 2, true));
  const auto impatient = make_photos(with(), {.reading_limit = 20ms});
  store.hangs = true;
  EXPECT_THROW(db.run(impatient->bytes_of(hers.picture)), async::timed_out);
  EXPECT_THROW(db.run(impatient->pair_bytes(pool, {hers.id, his.id, ""})), async::timed_out);
  store.hangs = false;
  EXPECT_FALSE(db.run(room.bytes_of(hers.picture)).empty());
}

TEST_F(Photos, OrphansGoAfterADayAndNothingElseDoes) {
  const auto used = find(added(anna, 1));
  const auto orphan = db.run(kept->put(images::to_bytes("left by a process that was killed")));
  const auto foreign = db.run(kept->put(images::to_bytes("another room's")));
  const auto others = [&foreign](pg::session&,
                                 std::vector<blob::blob_id> of) -> task<std::vector<blob::blob_id>> {
    std::erase_if(of, [&](const blob::blob_id& id) { return id != foreign; });
    co_return of;
  };
  EXPECT_EQ(db.run(room.sweep_orphans(pool, {others})), 0) << "too young: it may be about to be referred to";
  time.advance(25h);
  EXPECT_EQ(db.run(room.sweep_orphans(pool, {others})), 1);
  EXPECT_FALSE(db.run(kept->get(orphan)));
  EXPECT_TRUE(db.run(kept->get(foreign)));
  EXPECT_TRUE(db.run(kept->get(used.picture)) && db.run(kept->get(used.thumbnail)));
}

}  // namespace
}  // namespace tandem::dating
