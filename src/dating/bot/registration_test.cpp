#include <archive.h>
#include <archive_entry.h>

#include "dating/bot/bot_for_test.hpp"
#include "dating/bot/registration_screens.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

#define EXPECT_SAYS(calls, part) EXPECT_TRUE(holds(told(calls), part)) << told(calls)
#define EXPECT_SAYS_NOT(calls, part) EXPECT_FALSE(holds(told(calls), part)) << told(calls)

struct Registration : testing::Test, bot_town {
  void agree(int person = 1) {
    says(person, "/start");
    presses(person, "reg:agree:1:");
  }
  // Up to the question for the place.
  void begin(int person = 1, std::string name = "Anna", std::string age = "27") {
    agree(person);
    says(person, std::move(name));
    says(person, std::move(age));
    presses(person, "me:sex:0");
    presses(person, "me:seeks:1");
  }
  void finish(int person = 1) {
    is_at(person, 55.751244, 37.618423);
    for (const int step : {6, 7, 8, 9}) presses(person, "reg:ask:" + std::to_string(step));
    presses(person, "reg:publish");
  }
  void registered(int person = 1) {
    begin(person);
    finish(person);
    ASSERT_EQ(profile_of(person)->state, profile_state::active);
  }
  std::optional<field> step(int person = 1) { return profile_of(person)->step; }
  // A picture that lies in the store, and its row.
  void has_picture(int person, std::string bytes, std::string_view state = "shown") {
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    const auto id = run(kept->put({begin, begin + bytes.size()}));
    ask("INSERT INTO dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, "
        "unique_id, "
        "sent_at) VALUES (" +
        std::to_string(id_of(person).value) + ", 1, '" + std::string(state) + "', '" + id + "', '" + id +
        "', 5, 10, 10, 'u', now())");
  }
};

}  // namespace

TEST_F(Registration, NothingIsKeptBeforeTheConsent) {
  const auto did = says(1, "/start");
  EXPECT_SAYS(did, "reg:agree:1:");
  EXPECT_SAYS(did, "18");
  EXPECT_FALSE(profile_of(1));
  EXPECT_SAYS(presses(1, "reg:document:"), "personal data");
  EXPECT_SAYS(says(1, "Anna"), "reg:go") << "no question has been asked yet";
  EXPECT_FALSE(profile_of(1));
  EXPECT_SAYS(says(1, "/delete_me"), "nothing about you");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users"), "0") << "not even what Telegram said";
  EXPECT_SAYS(presses(1, "reg:agree:99:"), "reg:agree:1:") << "another version is not what was read";
  EXPECT_FALSE(profile_of(1));
  EXPECT_SAYS(presses(1, "reg:agree:1:"), "1 of 9");
  EXPECT_EQ(step(), field::name);
}

TEST_F(Registration, AWholeProfileInOneSitting) {
  agree();
  EXPECT_SAYS(says(1, "Anna"), "2 of 9");
  EXPECT_SAYS(says(1, "14.03.1999"), "3 of 9");
  EXPECT_SAYS(presses(1, "me:sex:0"), "4 of 9");
  auto did = presses(1, "me:seeks:1");
  EXPECT_SAYS(did, "5 of 9");
  EXPECT_SAYS(did, "request_location");
  did = is_at(1, 55.751244, 37.618423);
  EXPECT_SAYS(did, "remove_keyboard");
  EXPECT_SAYS(did, "Moscow");
  EXPECT_SAYS(did, "6 of 9");
  EXPECT_SAYS(says(1, "Designer.\n\n\n\nMountains <b>"), "7 of 9");
  EXPECT_SAYS(presses(1, "me:has:1:0:jazz"), "✓ jazz");
  EXPECT_SAYS(says(1, "Oolong tea"), "✓ Oolong tea");
  EXPECT_SAYS(says(1, "COFFEE"), "Done · 3") << "the words of a listed interest are that one";
  EXPECT_SAYS(presses(1, "reg:ask:7"), "8 of 9");
  EXPECT_SAYS(presses(1, "reg:ask:8"), "9 of 9");
  EXPECT_SAYS(presses(1, "me:ages:25:31"), "25–31");
  EXPECT_SAYS(says(1, "30 km"), "30 km");
  did = presses(1, "reg:ask:9");
  EXPECT_SAYS(did, "Is this right?");
  EXPECT_SAYS(did, "Mountains &lt;b&gt;");
  EXPECT_SAYS(presses(1, "reg:publish"), "deck:next");
  const auto now = profile_of(1).value();
  EXPECT_EQ(now.state, profile_state::active);
  EXPECT_EQ(now.name, "Anna");
  EXPECT_EQ(now.born_on, calendar_day(std::chrono::year(1999) / 3 / 14));
  EXPECT_EQ(now.sex, sex::female);
  EXPECT_EQ(now.seeks, seeking::male);
  EXPECT_NEAR(now.at->latitude, 55.75, 1e-5);
  EXPECT_EQ(now.about, "Designer.\n\nMountains <b>");
  EXPECT_EQ(now.interests, (std::vector<std::string>{"jazz", "+Oolong tea", "coffee"}));
  EXPECT_EQ(now.wanted.from, 25);
  EXPECT_EQ(now.radius_km, 30);
  EXPECT_EQ(ask("SELECT time_zone FROM accounts.users"), "Europe/Moscow");
}

TEST_F(Registration, AWrongAnswerRepeatsTheQuestionWithAHint) {
  agree();
  for (const auto* wrong : {"x", "t.me/anna", "🔥🔥🔥", "+7 916 123-45-67", "/nosuch", "/nosuch@other_bot"}) {
    const auto did = says(1, wrong);
    EXPECT_SAYS(did, "⚠️") << wrong;
    EXPECT_SAYS(did, "1 of 9") << wrong;
  }
  EXPECT_SAYS(says(1, std::string(100, 'x')), "here are 100");
  EXPECT_SAYS(sends_sticker(1), "1 of 9");
  EXPECT_EQ(step(), field::name);
  says(1, "Anna");
  for (const auto* wrong : {"soon", "5", "150", "31.02.1999", "01.01.2030"}) {
    const auto did = says(1, wrong);
    EXPECT_SAYS(did, "⚠️") << wrong;
    EXPECT_SAYS(did, "2 of 9") << wrong;
  }
  says(1, "27");
  EXPECT_SAYS(says(1, "a dragon"), "press one of the buttons");
  EXPECT_SAYS(presses(1, "me:sex:7"), "3 of 9");
  EXPECT_EQ(step(), field::sex);
  presses(1, "me:sex:0");
  presses(1, "me:seeks:2");
  EXPECT_SAYS(says(1, "qwrtplkjhgf"), "cannot find that town");
  EXPECT_SAYS(is_at(1, -60, -120), "no town near");
  EXPECT_SAYS(says(1, "Moscow"), "6 of 9");
  EXPECT_SAYS(says(1, "call me +7 916 123-45-67"), "No links");
  EXPECT_EQ(profile_of(1)->about, "");
}

TEST_F(Registration, WordsInThePlaceOfPressesLeadThroughTheWholeOfIt) {
  language = "ru";
  agree();
  EXPECT_SAYS(says(1, "Назад"), "Нажми одну из кнопок") << "no name";
  EXPECT_EQ(step(), field::name);
  for (const auto* said : {"Аня", "27", "девушка", "назад", "Женщина", "1", "масква", "1"}) says(1, said);
  EXPECT_EQ(step(), field::about);
  EXPECT_EQ(profile_of(1)->sex, sex::female);
  EXPECT_EQ(profile_of(1)->seeks, seeking::female);
  EXPECT_EQ(profile_of(1)->place_id, 524901);
  for (const auto* said : {"пропустить", "джаз"}) says(1, said);
  EXPECT_SAYS(says(1, "ДЖАЗ"), "Готово · 1") << "typed twice is not taken back";
  says(1, "готово");
  EXPECT_SAYS(says(1, "Дальше"), "9 из 9");
  EXPECT_SAYS(says(1, "любой возраст"), "✓ Любой возраст");
  EXPECT_SAYS(says(1, "готово"), "Всё верно?");
  says(1, "изменить");
  EXPECT_SAYS(says(1, "Кого ищу"), "me:seeks:1");
  EXPECT_SAYS(says(1, "парней"), "Всё верно?");
  EXPECT_EQ(profile_of(1)->seeks, seeking::male);
  EXPECT_SAYS(says(1, "отмена"), "reg:cancel_yes");
  EXPECT_SAYS(says(1, "продолжить"), "Всё верно?");
  EXPECT_SAYS(says(1, "да"), "deck:next");
  EXPECT_EQ(profile_of(1)->state, profile_state::active);
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.journal WHERE action = 'published_profile'"), "1");
  // And later.
  says(1, "/settings");
  EXPECT_SAYS(says(1, "часовой пояс"), "me:settings");
  EXPECT_SAYS(says(1, "назад"), "me:zone");
  EXPECT_SAYS(says(1, "Удалить мои данные"), "me:delete_yes");
  EXPECT_SAYS(says(1, "лучше скрыть"), "me:edit");
  EXPECT_EQ(profile_of(1)->state, profile_state::hidden);
  EXPECT_SAYS(says(1, "показать"), "me:edit");
  EXPECT_EQ(profile_of(1)->state, profile_state::active);
  says(1, "изменить");
  EXPECT_SAYS(says(1, "пол"), "me:sex:1");
  EXPECT_SAYS(says(1, "парень"), "me:edit");
  EXPECT_EQ(profile_of(1)->sex, sex::male);
  EXPECT_SAYS(says(1, "что-то ещё"), "go:menu") << "no button at all";
}

TEST_F(Registration, AnAmbiguousTownIsAskedBackAndAGuessIsConfirmed) {
  language = "ru";
  begin();
  auto did = says(1, "Железногорск");
  EXPECT_SAYS(did, "me:town:");
  EXPECT_SAYS(did, "Красноярск");
  EXPECT_EQ(step(), field::place) << "nothing is taken for granted";
  did = says(1, "Масква");
  EXPECT_SAYS(did, "me:town:524901");
  EXPECT_EQ(methods(did), std::vector<std::string>{"sendMessage"}) << "one answer";
  EXPECT_SAYS_NOT(did, "Масква");
  EXPECT_SAYS(presses(1, "me:town:1"), "Не нахожу") << "made up";
  EXPECT_SAYS(presses(1, "me:town:524901"), "6 из 9");
  EXPECT_EQ(profile_of(1)->place_id, 524901);
}

TEST_F(Registration, GoesOnAfterARestartAndAfterAWeek) {
  agree();
  restart();
  EXPECT_SAYS(says(1, "Anna"), "2 of 9");
  time.advance(24h * 7);
  restart();
  EXPECT_SAYS(says(1, "27"), "3 of 9") << "no question is forgotten after a day";
  EXPECT_SAYS(says(1, "/start"), "3 of 9");
  presses(1, "me:sex:1");
  restart();
  EXPECT_SAYS(presses(1, "me:seeks:0"), "request_location");
  time.advance(24h * 7);
  restart();
  EXPECT_SAYS(is_at(1, 59.94, 30.31), "Saint Petersburg");
  EXPECT_EQ(step(), field::about);
}

TEST_F(Registration, OneMayGoBackSkipAndCancel) {
  begin();
  EXPECT_SAYS(says(1, "‹ Back"), "4 of 9");
  EXPECT_SAYS(says(1, "‹ Back"), "3 of 9") << "the keyboard may still be there";
  EXPECT_SAYS(presses(1, "reg:ask:2"), "3 of 9");
  EXPECT_SAYS(presses(1, "me:sex:1"), "4 of 9");
  EXPECT_SAYS(presses(1, "reg:ask:9"), "5 of 9") << "what is needed cannot be skipped";
  EXPECT_SAYS(presses(1, "reg:publish"), "5 of 9");
  EXPECT_EQ(profile_of(1)->state, profile_state::draft);
  EXPECT_SAYS(says(1, "Cancel"), "reg:cancel_yes");
  EXPECT_TRUE(profile_of(1));
  EXPECT_SAYS(presses(1, "reg:go"), "5 of 9");
  EXPECT_SAYS(presses(1, "reg:cancel_yes"), "reg:go");
  EXPECT_FALSE(profile_of(1));
  EXPECT_SAYS(presses(1, "me:sex:1"), "reg:agree:1:") << "an old button of what is gone";
}

TEST_F(Registration, APressThatComesTwiceAndAnOldOneDoNoHarm) {
  begin();
  presses(1, "me:sex:0");
  EXPECT_EQ(step(), field::place) << "an older question was answered anew, the present one waits";
  EXPECT_EQ(profile_of(1)->sex, sex::female);
  for (const auto* made_up : {"me:ages:1:2:3", "me:ages:5:300", "me:km:99999", "me:km:-1",
                              "me:has:1:0:no_such", "me:has:", "me:own:1", "me:page:999999", "reg:ask:77",
                              "me:ask:99", "me:town:x", "me:seeks:9", "reg:agree:", "me:hidden:1"}) {
    const auto did = presses(1, made_up);
    EXPECT_EQ(did.front().method, "answerCallbackQuery") << made_up;
    EXPECT_EQ(profile_of(1)->state, profile_state::draft) << made_up;
  }
  EXPECT_EQ(profile_of(1)->wanted.to, 99);
  EXPECT_EQ(profile_of(1)->radius_km, 50);
}

TEST_F(Registration, TwoDevicesAnswerOneAfterTheOther) {
  agree();
  says(1, "Anna");
  says(1, "27");
  presses(1, "me:sex:0");
  presses(1, "me:sex:0");  // the same screen on the other device
  EXPECT_EQ(step(), field::seeks);
}

TEST_F(Registration, TheYoungAreRefusedKindlyAndRemembered) {
  agree();
  says(1, "Anna");
  auto did = says(1, "15.03.2010");
  EXPECT_SAYS(did, "2028-03-15");
  EXPECT_FALSE(profile_of(1));
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.journal WHERE subject LIKE '%2010%'"), "0");
  EXPECT_SAYS(says(1, "/start"), "2028-03-15");
  EXPECT_SAYS(presses(1, "reg:agree:1:"), "2028-03-15");
  EXPECT_SAYS(presses(1, "me:sex:0"), "2028-03-15");
  EXPECT_SAYS(presses(1, "me:delete_yes"), "nothing about you");
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users"), "0");
  EXPECT_SAYS(says(1, "/start"), "2028-03-15") << "deleting does not make older";
  time.advance(24h * 365 * 2);
  EXPECT_SAYS(says(1, "/start"), "reg:agree:1:");
}

TEST_F(Registration, AMemberWhoTurnsYoungerIsHiddenForTheModerator) {
  registered();
  presses(1, "me:ask:1");
  EXPECT_SAYS(says(1, "16"), "moderator");
  EXPECT_EQ(profile_of(1)->state, profile_state::hidden);
  for (const auto* show_me : {"me:hidden:0", "go:pause:0"}) {
    EXPECT_SAYS(presses(1, show_me), "a moderator is looking") << show_me;
    EXPECT_EQ(profile_of(1)->state, profile_state::hidden);
  }
  EXPECT_EQ(ask("SELECT reason || ' ' || state FROM dating.complaints"), "rule open");
  presses(1, "me:delete_yes");
  says(1, "/start");
  EXPECT_SAYS(presses(1, "reg:agree:1:"), "2027-11-23") << "the day that was named";
  EXPECT_FALSE(profile_of(1));
}

TEST_F(Registration, EveryFieldIsEditedLater) {
  registered();
  EXPECT_SAYS(says(1, "/profile"), "me:edit");
  EXPECT_SAYS(presses(1, "me:edit"), "me:ask:5");
  EXPECT_SAYS(presses(1, "me:ask:0"), "Now: Anna");
  EXPECT_SAYS(says(1, "@anna"), "⚠️");
  EXPECT_SAYS(says(1, "Maria"), "Maria, 27") << "asked again until it is right";
  presses(1, "me:ask:1");
  EXPECT_SAYS(says(1, "31"), "Maria, 31");
  presses(1, "me:ask:2");
  presses(1, "me:sex:1");
  presses(1, "me:ask:3");
  presses(1, "me:seeks:2");
  presses(1, "me:ask:4");
  EXPECT_SAYS(is_at(1, 59.94, 30.31), "Saint Petersburg");
  presses(1, "me:ask:5");
  EXPECT_SAYS(says(1, "Sea & books"), "Sea &amp; books");
  presses(1, "me:ask:6");
  presses(1, "me:has:1:0:sea");
  says(1, "Oolong");
  presses(1, "me:ask:8");
  EXPECT_SAYS(says(1, "40+"), "40–99");
  EXPECT_SAYS(says(1, "16-20"), "eighteen");
  presses(1, "me:km:0");
  const auto now = profile_of(1).value();
  EXPECT_EQ(now.name, "Maria");
  EXPECT_EQ(now.sex, sex::male);
  EXPECT_EQ(now.seeks, seeking::anyone);
  EXPECT_EQ(now.interests, (std::vector<std::string>{"sea", "+Oolong"}));
  EXPECT_EQ(now.wanted.from, 40);
  EXPECT_TRUE(now.own_city);
  EXPECT_EQ(now.state, profile_state::active);
  presses(1, "me:no_about");
  EXPECT_EQ(profile_of(1)->about, "");
}

TEST_F(Registration, APlaceSharedUnaskedChangesNothing) {
  registered();
  is_at(1, 59.94, 30.31);
  EXPECT_NEAR(profile_of(1)->at->latitude, 55.75, 1e-5);
}

TEST_F(Registration, FromThePreviewAFieldIsChangedAndThePreviewComesBack) {
  begin();
  is_at(1, 55.75, 37.62);
  for (const int at : {6, 7, 8, 9}) presses(1, "reg:ask:" + std::to_string(at));
  presses(1, "me:edit");
  EXPECT_SAYS(presses(1, "me:ask:0"), "Now: Anna");
  const auto did = says(1, "Maria");
  EXPECT_SAYS(did, "Is this right?");
  EXPECT_SAYS(did, "Maria");
  EXPECT_EQ(step(), field::preview);
  EXPECT_SAYS(says(1, "hello"), "Is this right?");
  EXPECT_EQ(profile_of(1)->name, "Maria");
}

TEST_F(Registration, PhotosAreTakenWhenTheyAreAskedForAndNotBefore) {
  begin();
  EXPECT_SAYS(sends_photo(1, "early"), "5 of 9");
  EXPECT_EQ(ask("SELECT count(*) FROM dating.photo_inbox"), "0");
  is_at(1, 55.75, 37.62);
  presses(1, "reg:ask:6");
  presses(1, "reg:ask:7");
  const auto did = sends_photo(1, "first");
  EXPECT_EQ(std::ranges::count(methods(did), "getFile"), 1) << told(did);
  EXPECT_SAYS(presses(1, "ph:done"), "9 of 9");
}

TEST_F(Registration, HidingShowingAndTheAnswerToTheSilent) {
  registered();
  EXPECT_SAYS(presses(1, "me:hidden:1"), "hidden");
  EXPECT_EQ(profile_of(1)->state, profile_state::hidden);
  EXPECT_SAYS(presses(1, "me:hidden:0"), "Others see");
  EXPECT_EQ(profile_of(1)->state, profile_state::active);
  ask("UPDATE dating.profiles SET state = 'stale'");
  presses(1, "me:here");
  EXPECT_EQ(profile_of(1)->state, profile_state::active);
}

TEST_F(Registration, TheBannedHearSoAndChangeNothing) {
  registered();
  run(members->ban(*pool, id_of(1), "scam"));
  EXPECT_SAYS(says(1, "/profile"), "@help");
  presses(1, "me:hidden:0");
  presses(1, "reg:publish");
  for (const auto* press : {"me:sex:1", "me:seeks:0", "me:km:5", "me:name", "me:has:1:0:jazz", "me:ask:0"}) {
    EXPECT_SAYS(presses(1, press), "@help") << press;
  }
  EXPECT_EQ(profile_of(1)->state, profile_state::banned);
  EXPECT_EQ(profile_of(1)->sex, sex::female);
  presses(1, "me:delete_yes");
  EXPECT_FALSE(profile_of(1));
  says(1, "/start");
  EXPECT_SAYS(presses(1, "reg:agree:1:"), "no new one for now");
  EXPECT_FALSE(profile_of(1));
}

TEST_F(Registration, ANewVersionOfTheConsentIsAskedForFirst) {
  registered();
  ask("UPDATE dating.profiles SET consent_version = 0");
  EXPECT_SAYS(says(1, "/profile"), "has changed");
  EXPECT_SAYS(presses(1, "me:ask:0"), "has changed");
  EXPECT_SAYS(presses(1, "me:sex:1"), "has changed");
  EXPECT_EQ(profile_of(1)->sex, sex::female);
  EXPECT_SAYS(presses(1, "reg:agree:1:"), "Anna, 27");
  EXPECT_EQ(profile_of(1)->state, profile_state::active);
}

TEST_F(Registration, SettingsChangeTheZoneByHand) {
  registered();
  presses(1, "me:settings");
  presses(1, "me:zone");
  EXPECT_SAYS(says(1, "nowhere at all"), "I do not know");
  EXPECT_SAYS(says(1, "Новосибирск"), "Time zone");
  EXPECT_EQ(ask("SELECT time_zone FROM accounts.users"), "Asia/Novosibirsk");
}

TEST_F(Registration, TheExportIsAZipWithTheProfileAndThePictures) {
  registered();
  has_picture(1, "not really a JPEG");
  presses(1, "me:ask:5");
  says(1, "Only in my export");
  const auto did = says(1, "/export");
  ASSERT_EQ(did.back().method, "sendDocument");
  ASSERT_EQ(did.back().options.files.size(), 1u);
  const auto& zipped = did.back().options.files.front().bytes;
  std::map<std::string, std::string> files;
  auto* from = archive_read_new();
  archive_read_support_format_zip(from);
  ASSERT_EQ(archive_read_open_memory(from, zipped.data(), zipped.size()), ARCHIVE_OK);
  archive_entry* at = nullptr;
  while (archive_read_next_header(from, &at) == ARCHIVE_OK) {
    auto& bytes = files[archive_entry_pathname(at)];
    bytes.resize(static_cast<std::size_t>(archive_entry_size(at)));
    archive_read_data(from, bytes.data(), bytes.size());
  }
  archive_read_free(from);
  EXPECT_EQ(files["photos/1.jpg"], "not really a JPEG");
  const auto all = boost::json::parse(files["profile.json"]);
  EXPECT_EQ(all.at("dating").at("profile").at("about"), "Only in my export");
  EXPECT_EQ(all.at("account").at("person").at("telegram_id"), telegram_id(1));
  EXPECT_TRUE(all.at("talks").is_object() || all.at("talks").is_array());
}

TEST_F(Registration, ALostPictureIsSaidAndNotSentAsAnEmptyArchive) {
  registered();
  ask("INSERT INTO dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, "
      "sent_at) "
      "VALUES (" +
      std::to_string(id_of(1).value) + ", 1, 'shown', repeat('a', 64), repeat('a', 64), 5, 10, 10, now())");
  const auto did = says(1, "/export");
  EXPECT_EQ(did.back().method, "sendMessage");
  EXPECT_SAYS(did, "/export");
}

TEST_F(Registration, DeletionIsAskedForOnceErasesAndLeavesAProof) {
  registered();
  registered(2);
  has_picture(1, "a picture");
  const auto blob = ask("SELECT blob_id FROM dating.photos");
  const auto mine = std::to_string(id_of(1).value), theirs = std::to_string(id_of(2).value);
  ask("INSERT INTO dating.judgements (viewer_id, candidate_id, liked, judged_at) VALUES (" + mine + "," +
      theirs + ",true,now()),(" + theirs + "," + mine + ",true,now())");
  ask("INSERT INTO dating.matches (low_id, high_id, matched_at, last_at) VALUES (least(" + mine + "," +
      theirs + "), greatest(" + mine + "," + theirs + "), now(), now())");
  ask("INSERT INTO dating.messages (bot_id, from_id, from_message, match_id, to_message, state, next_at, "
      "sent_at) "
      "SELECT 7000, " +
      mine + ", 5, match_id, 77, 'sent', now(), '2026-11-22T11:00Z' FROM dating.matches");
  EXPECT_SAYS(presses(1, "me:delete"), "me:delete_yes");
  EXPECT_TRUE(profile_of(1));
  const auto did = presses(1, "me:delete_yes");
  const auto proof = ask("SELECT proof FROM dating.erasures");
  EXPECT_EQ(proof.size(), 32u);
  EXPECT_SAYS(did, proof);
  EXPECT_FALSE(profile_of(1));
  EXPECT_TRUE(profile_of(2));
  EXPECT_EQ(ask("SELECT count(*) FROM dating.judgements"), "0");
  EXPECT_EQ(ask("SELECT chat_id || ' ' || message_id FROM dating.removals"), "102 77")
      << "the copy in the other's chat is to go";
  EXPECT_FALSE(run(kept->get(blob))) << "the file is gone, too";
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users WHERE user_id = " + mine), "0") << "used no other bot";
  EXPECT_SAYS(says(2, "/erased " + proof), "Confirmed");
  EXPECT_SAYS(says(2, "/erased " + std::string(32, '0')), "no such number");
}

TEST_F(Registration, AfterADeletionOldButtonsAnswerClearly) {
  registered();
  presses(1, "me:delete_yes");
  for (const auto* old : {"me:show", "me:edit", "me:ask:0", "me:hidden:1", "me:sex:1", "reg:publish",
                          "go:menu", "me:view", "me:here"}) {
    const auto did = presses(1, old);
    ASSERT_GE(did.size(), 2u) << old;
    EXPECT_SAYS(did, "reg:agree:1:") << old;
  }
  EXPECT_SAYS(presses(1, "me:delete_yes"), "nothing about you");
  EXPECT_FALSE(profile_of(1));
}

TEST_F(Registration, WhoUsesAnotherBotOfTheHouseKeepsTheAccount) {
  registered();
  run(people->started(*pool, id_of(1), 8'000));
  run(people->note(*pool, id_of(1), "hunt", "chose_category", "categories", "design on"));
  EXPECT_NE(ask("SELECT count(*) FROM accounts.journal"), "1");
  presses(1, "me:delete_yes");
  EXPECT_FALSE(profile_of(1));
  EXPECT_EQ(ask("SELECT count(*) FROM accounts.users"), "1");
  EXPECT_EQ(ask("SELECT string_agg(action, ', ') FROM accounts.journal"), "chose_category")
      << "nothing of what was done here, the deletion neither";
}

TEST_F(Registration, AnInvitationSurvivesTheConsent) {
  registered(2);
  const auto code = run(more->invitations_of(*pool, id_of(2))).code;
  time.advance(1min);
  EXPECT_SAYS(says(1, "/start i_" + code), "reg:agree:1:" + code);
  presses(1, "reg:agree:1:" + code);
  EXPECT_EQ(ask("SELECT by_id FROM dating.invited"), std::to_string(id_of(2).value));
}

TEST_F(Registration, NoticesToTheSilentAreSaidOnlyWhileTheyHold) {
  registered();
  const auto say = announcer(*with);
  const notice asked{1, id_of(1), "stale", 0, time.now()}, called{2, id_of(1), "win_back", 0, time.now()};
  EXPECT_EQ(run(say(asked)), dating::told::sent);
  EXPECT_SAYS(calls({bot.calls.back()}), "me:here");
  EXPECT_EQ(run(say(called)), dating::told::pointless);
  ask("UPDATE dating.profiles SET state = 'stale'");
  EXPECT_EQ(run(say(asked)), dating::told::pointless);
  EXPECT_EQ(run(say(called)), dating::told::sent);
}

}  // namespace tandem::dating::bot
