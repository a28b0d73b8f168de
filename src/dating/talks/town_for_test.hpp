#pragma once
// What the tests of talks, safety and their screens share: a database emptied before each test, a clock that
// stands still, people with profiles, matches, and a bot whose server is a recording.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "accounts/users.hpp"
#include "async/offload.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/profiles/profiles.hpp"
#include "dating/rating/ratings.hpp"
#include "dating/safety/safety.hpp"
#include "dating/talks/talks.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/test_database.hpp"
#include "platform/telegram/recording_sender.hpp"

namespace tandem::dating {

inline constexpr std::int64_t dating_bot = 7'000;

struct talk_town {
  async::loop io;
  std::unique_ptr<pg::pool> pool;
  fixed_clock time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12)};
  std::filesystem::path folder = "/var/tmp/tandem-talks-test-" + std::to_string(getpid());
  std::unique_ptr<seal::vault> keys = seal::open_vault(folder / "keys" / "master.key", true);
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  std::unique_ptr<profiles> members =
      make_profiles({time, known_towns(), keys->derive("dating erasures"), {}});
  std::unique_ptr<notice_board> news = make_notices(time);
  blob::link_signer links{std::vector<std::byte>(32, std::byte{7}), "/blobs"};
  std::unique_ptr<blob::store> kept = blob::make_folder_store(folder / "blobs", links);
  async::thread_pool threads{1};
  std::unique_ptr<images::workshop> shop =
      images::make_workshop(threads, std::string(TANDEM_BINARY_DIR) + "/tandem-image");
  std::unique_ptr<photos> pictures = make_photos({*kept, *shop, time, *news, {}, {}});
  std::unique_ptr<safety> rules = make_safety({time, *keys, *members, *pictures, *news});
  daily_limits limits{{2, 5, 9}, {6, 30, 90}};
  // Notes who has begun to talk.
  struct noted_ratings final : ratings {
    std::vector<std::pair<user_id, user_id>> talks;
    task<> judged(pg::session&, user_id, user_id, bool) override { co_return; }
    task<> unjudged(pg::session&, user_id, user_id, bool, bool) override { co_return; }
    task<> matched(pg::session&, user_id, user_id) override { co_return; }
    task<> talked(pg::session&, user_id one, user_id other) override {
      talks.emplace_back(one, other);
      co_return;
    }
    task<> changed(pg::session&, user_id) override { co_return; }
    task<std::vector<scored_candidate>> score(pg::session&, user_id, std::vector<user_id>) override {
      co_return std::vector<scored_candidate>{};
    }
    task<std::optional<stored_rating>> find(pg::session&, user_id) override { co_return std::nullopt; }
    task<std::vector<rating_entry>> history(pg::session&, user_id, int) override {
      co_return std::vector<rating_entry>{};
    }
  } rated;
  std::unique_ptr<talks> conversations = make_talks({time, *people, *keys, *rules, &rated}, limits);
  telegram::recording_sender bot;

  talk_town() {
    static const pg::test_database shared(TANDEM_SOURCE_DIR "/migrations");
    pool = pg::make_pool(io.on(), shared.options());
    io.run(pg::run_script(*pool,
                          "TRUNCATE accounts.users, accounts.operator_codes, dating.removals, "
                          "dating.banned_shapes, dating.photo_desks RESTART IDENTITY CASCADE;"));
  }
  ~talk_town() {
    io.run(pool->close());
    std::filesystem::remove_all(folder);
  }

  static const places::gazetteer& known_towns() {
    static const auto all = places::load_gazetteer(TANDEM_BINARY_DIR "/share/tandem/places.tsv");
    return **all;
  }

  template <class T>
  T run(task<T> work) {
    return io.run(std::move(work));
  }
  void run(task<> work) { io.run(std::move(work)); }
  // In a transaction that is committed.
  template <class Work>
  auto in_transaction(Work work) {
    return run(transacted(std::move(work)));
  }

  // One value out of the database, as text; "" for no row and for NULL.
  std::string ask(std::string_view question) {
    const pg::statement statement{"test.ask", question, pg::cardinality::many};
    const auto rows = run(pool->run(statement, {}));
    return rows.empty() || rows.front()[0].is_null() ? "" : rows.front().get<std::string>(0);
  }

  // Somebody with an active profile, 27 years old; private chat 100 + number.
  user_id person(int number, std::string name, int trust = 1) {
    accounts::seen_person seen{100 + number, "Person " + std::to_string(number),
                               "user_" + std::to_string(number), "en"};
    const auto who = run(people->meet(*pool, std::move(seen))).id;
    static constexpr pg::statement add{
        "test.add_profile",
        "INSERT INTO dating.profiles (user_id, state, consent_version, consented_at, name, born_on, sex, "
        "seeks, trust, "
        "created_at, active_at) "
        "VALUES ($1, 'active', 1, $3, $2, '1999-03-14', 'female', 'anyone', $4, $3, $3)",
        pg::cardinality::exec};
    run((*pool)(add, who, name, time.now() - std::chrono::hours(24 * 60), trust));
    return who;
  }
  match_id match(user_id one, user_id other) {
    static constexpr pg::statement add{
        "test.add_match",
        "INSERT INTO dating.matches (low_id, high_id, matched_at, last_at) "
        "VALUES (least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint), $3, $3) RETURNING match_id",
        pg::cardinality::one};
    return run((*pool)(add, one, other, time.now())).front().get<match_id>(0);
  }
  photo_id photo(user_id of, int position, std::int64_t shape = 5) {
    static constexpr pg::statement add{
        "test.add_photo",
        "INSERT INTO dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, "
        "unique_id, "
        "sent_at) VALUES ($1, $2::smallint, 'shown', gen_random_uuid()::text, 't', $3, 10, 10, "
        "gen_random_uuid()::text, $4) "
        "RETURNING photo_id",
        pg::cardinality::one};
    return run((*pool)(add, of, position, shape, time.now())).front().get<photo_id>(0);
  }

  std::optional<talk> open(user_id who, match_id what) {
    return in_transaction(
        [=, this](pg::transaction& tx) { return conversations->open(tx, who, dating_bot, what); });
  }

 private:
  template <class Work>
  auto transacted(Work work) -> decltype(work(std::declval<pg::transaction&>())) {
    const auto tx = co_await pool->begin();
    if constexpr (std::is_same_v<decltype(work(*tx)), task<>>) {
      co_await work(*tx);
      co_await tx->commit();
    } else {
      auto out = co_await work(*tx);
      co_await tx->commit();
      co_return out;
    }
  }
};

}  // namespace tandem::dating
