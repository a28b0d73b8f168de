// Dating's bot as people use it, for tests: updates through the real tables, dispatcher and stores over a
// real database; the server is a recording.
#pragma once
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "async/offload.hpp"
#include "dating/bot/routes.hpp"
#include "dating/people_for_test.hpp"
#include "dating/rating/coefficients.hpp"
#include "dating/rating/ratings.hpp"
#include "platform/images/images.hpp"
#include "platform/queue/queue.hpp"
#include "platform/telegram/recording_sender.hpp"

namespace tandem::dating::bot {

inline constexpr std::int64_t the_bot = 7'000;

struct bot_town : dating_town {
  using made = telegram::recording_sender::made;
  // Everything that was said in one breath.
  using calls = std::vector<made>;

  std::filesystem::path folder = "/var/tmp/tandem-dating-bot-test-" + std::to_string(getpid());
  const locale::texts* words = all_texts();
  const places::gazetteer* towns = all_towns();
  std::unique_ptr<seal::vault> keys = seal::open_vault(folder / "keys" / "master.key", true);
  std::unique_ptr<accounts::users> people = accounts::make_users(time);
  std::unique_ptr<accounts::dialogs> questions = accounts::make_dialogs(time);
  std::unique_ptr<accounts::operators> staff = accounts::make_operators(time);
  std::unique_ptr<queue::queue> lanes = queue::make_memory_queue(io.on(), time);
  blob::link_signer links{std::vector<std::byte>(32, std::byte{7}), "/blobs"};
  std::unique_ptr<blob::store> kept = blob::make_folder_store(folder / "blobs", links);
  async::thread_pool threads{1};
  std::unique_ptr<images::workshop> shop =
      images::make_workshop(threads, std::string(TANDEM_BINARY_DIR) + "/tandem-image");
  std::unique_ptr<notice_board> news = make_notices(time);
  std::unique_ptr<coefficient_store> learned = make_coefficient_store(time);
  std::unique_ptr<ratings> rated = make_ratings({time, *learned});
  std::unique_ptr<profiles> members =
      make_profiles({time, *towns, keys->derive("dating erasures"),
                     [this](pg::session& in, user_id who) { return rated->changed(in, who); }});
  std::unique_ptr<photos> pictures = make_photos(
      {*kept,
       *shop,
       time,
       *news,
       [this](pg::session& in, user_id who, bool first) { return members->approved(in, who, first); },
       {}});
  std::unique_ptr<decks> deck = make_decks({*lanes, time, *rated});
  std::unique_ptr<likes> hearts = make_likes({time, *keys, *news, rated.get()});
  std::unique_ptr<safety> rules = make_safety({time, *keys, *members, *pictures, *news});
  std::unique_ptr<talks> conversations = make_talks({time, *people, *keys, *rules, rated.get()});
  std::unique_ptr<growth> more = make_growth(time);
  telegram::recording_sender bot;
  std::vector<std::string> trouble;
  async::scope background{io.on(), [this](std::string_view what, const std::exception_ptr& why) {
                            trouble.push_back(std::string(what) + ": " + async::text_of(why));
                          }};
  std::unique_ptr<parts> with;
  std::unique_ptr<telegram::dispatcher> taking;
  std::int64_t last_update = 0;

  bot_town() {
    io.run(
        pg::run_script(*pool, "TRUNCATE dating.barred, dating.underage, dating.erasures, dating.removals;"));
    restart();
  }
  ~bot_town() {
    stop();
    EXPECT_EQ(trouble, std::vector<std::string>{});
    std::filesystem::remove_all(folder);
  }

  // The process dies and another one takes over: nothing is left but the database.
  void restart() {
    stop();
    conversation::stage stage{
        *pool, time, *words, *people, *questions, *staff, [this](std::int64_t) { return &bot; }, "dating"};
    with = std::make_unique<parts>(parts{std::move(stage), *members, *pictures, *deck, *hearts,
                                         *conversations, *rules, *more, *news, *towns, *keys, *shop,
                                         background, the_bot, [] { return std::string("tandem_dating_bot"); },
                                         operator_details{"", "@help", 90}, like_limits{}});
    telegram::user me;
    me.id = the_bot;
    me.is_bot = true;
    me.username = "tandem_dating_bot";
    taking = std::make_unique<telegram::dispatcher>(
        background, bot, me, bot_routes(*with), telegram::dispatcher_options{},
        [this](std::string_view what, std::string_view detail) {
          trouble.push_back(std::string(what) + ": " + std::string(detail));
        });
  }
  void stop() {
    if (!taking) return;
    run(taking->drain());
    run(background.join());
    taking.reset();
    with.reset();
  }

  // Read once: they take a while and never change.
  static const locale::texts* all_texts() {
    static const auto read = locale::texts::load(TANDEM_SOURCE_DIR "/locales");
    return read.get();
  }
  static const places::gazetteer* all_towns() {
    static const auto read = places::load_gazetteer(TANDEM_BINARY_DIR "/share/tandem/places.tsv");
    return read->get();
  }

  static std::int64_t telegram_id(int number) { return 100 + number; }
  static telegram::user face(int number, std::string language = "en") {
    telegram::user who;
    who.id = telegram_id(number);
    who.first_name = "Person " + std::string(static_cast<std::size_t>(number), 'a');
    who.username = "user_" + std::to_string(number);
    who.language_code = std::move(language);
    return who;
  }
  static telegram::chat chat(std::int64_t id) {
    telegram::chat out;
    out.id = id;
    out.type = id > 0 ? "private" : "group";
    return out;
  }
  std::string language = "en";  // of everybody's client

  calls take(telegram::update what) {
    const auto before = static_cast<std::ptrdiff_t>(bot.calls.size());
    if (what.update_id == 0) what.update_id = ++last_update;
    run(taking->handle(std::move(what)));
    run(background.join());
    return {bot.calls.begin() + before, bot.calls.end()};
  }
  telegram::update message_of(int person) const {
    telegram::update out;
    out.kind = telegram::update_kind::message;
    telegram::message message;
    message.message_id = 1;
    message.date = 1;
    message.chat = chat(telegram_id(person));
    message.from = face(person, language);
    out.message = std::move(message);
    return out;
  }
  calls says(int person, std::string text) {
    auto update = message_of(person);
    update.message->text = std::move(text);
    return take(std::move(update));
  }
  calls is_at(int person, double latitude, double longitude) {
    auto update = message_of(person);
    telegram::location place;
    place.latitude = latitude;
    place.longitude = longitude;
    update.message->location = place;
    return take(std::move(update));
  }
  calls sends_photo(int person, std::string unique) {
    auto update = message_of(person);
    telegram::photo_size size;
    size.file_id = "file-" + unique;
    size.file_unique_id = std::move(unique);
    size.width = size.height = 800;
    update.message->photo.push_back(std::move(size));
    return take(std::move(update));
  }
  calls sends_sticker(int person) {
    auto update = message_of(person);
    telegram::sticker one;
    one.file_id = "sticker";
    update.message->sticker = std::move(one);
    return take(std::move(update));
  }
  calls presses(int person, std::string data) {
    telegram::update update;
    update.kind = telegram::update_kind::callback_query;
    telegram::callback_query query;
    query.id = "q";
    query.from = face(person, language);
    telegram::message message;
    message.message_id = 40 + person;
    message.date = 1;
    message.chat = chat(telegram_id(person));
    query.message = std::move(message);
    query.data = std::move(data);
    update.callback_query = std::move(query);
    return take(std::move(update));
  }

  user_id id_of(int person) { return run(people->find_by_telegram(*pool, telegram_id(person)))->id; }
  std::optional<profile> profile_of(int person) {
    const auto who = run(people->find_by_telegram(*pool, telegram_id(person)));
    return who ? run(members->find(*pool, who->id)) : std::nullopt;
  }

  // All texts, captions, notes and buttons of what was said.
  static std::string told(const calls& what) {
    std::string out;
    for (const auto& one : what) {
      for (const auto* name : {"text", "caption"}) out += one.text(name) + "\n";
      if (const auto* media = one.params.if_contains("media")) {
        out += media->is_string() ? std::string(media->get_string()) : boost::json::serialize(*media);
      }
      if (const auto* markup = one.params.if_contains("reply_markup")) out += boost::json::serialize(*markup);
    }
    return out;
  }
  static std::vector<std::string> methods(const calls& what) {
    std::vector<std::string> out;
    for (const auto& one : what) out.push_back(one.method);
    return out;
  }
};

inline bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tandem::dating::bot
