// Screens on their way to a server, which is a recording.
#include "conversation/screen.hpp"

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "conversation/living_messages.hpp"
#include "platform/telegram/keyboard.hpp"
#include "platform/telegram/recording_sender.hpp"

namespace tandem::conversation {
namespace {

struct Screens : testing::Test {
  async::loop io;
  telegram::recording_sender server;
  std::vector<std::string> remembered;
  int loads = 0;

  static screen text(std::string html) {
    telegram::keyboard keys;
    keys.row().callback("On", "go:on");
    return {std::move(html), keys.build()};
  }
  task<telegram::input_file> load() {
    ++loads;
    telegram::input_file file;
    file.bytes = "JPEG";
    file.file_name = "photo.jpg";
    co_return file;
  }
  static task<telegram::input_file> lose() {
    throw std::runtime_error("the store does not have it");
    co_return telegram::input_file{};
  }
  task<> remember(std::string file_id) {
    remembered.push_back(std::move(file_id));
    co_return;
  }
  screen photo(std::string html, std::string file_id) {
    auto out = text(std::move(html));
    out.picture.emplace();
    out.picture->file_id = std::move(file_id);
    out.picture->load = [this] { return load(); };
    out.picture->uploaded = [this](std::string given) { return remember(std::move(given)); };
    return out;
  }
  std::vector<std::string> methods() const {
    std::vector<std::string> out;
    for (const auto& one : server.calls) out.push_back(one.method);
    return out;
  }
  telegram::answer<telegram::message_id> replaced(screen by, bool has_photo) {
    return io.run(replace(server, std::move(by), 5, 70, has_photo));
  }
};

TEST_F(Screens, APictureIsUploadedOnceAndRememberedForTheNextTime) {
  io.run(send(server, photo("Anna", ""), 5));
  EXPECT_EQ(methods(), std::vector<std::string>{"sendPhoto"});
  EXPECT_EQ(server.calls[0].options.files.size(), 1U);
  EXPECT_EQ(server.calls[0].text("caption"), "Anna");
  ASSERT_EQ(remembered, std::vector<std::string>{"photo-1"});
  io.run(send(server, photo("Anna", "photo-1"), 5));
  EXPECT_EQ(server.calls[1].text("photo"), "photo-1");
  EXPECT_EQ(loads, 1);
}

TEST_F(Screens, AFileThatTheServerDoesNotTakeAnyMoreIsUploadedAnew) {
  server.refusals.push_back(telegram::refusal::wrong_file);
  const auto sent = io.run(send(server, photo("Anna", "of-another-bot"), 5));
  EXPECT_TRUE(sent);
  EXPECT_EQ(methods(), (std::vector<std::string>{"sendPhoto", "sendPhoto"}));
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(remembered.size(), 1U);
}

TEST_F(Screens, APictureThatCannotBeHadLeavesTheText) {
  auto what = photo("Anna", "");
  what.picture->load = lose;
  const auto sent = io.run(send(server, std::move(what), 5));
  EXPECT_TRUE(sent);
  EXPECT_EQ(methods(), std::vector<std::string>{"sendMessage"});
  EXPECT_EQ(server.calls[0].text("text"), "Anna");
}

TEST_F(Screens, APersonWhoIsGoneIsNotSentTheTextInstead) {
  server.refusals.push_back(telegram::refusal::blocked);
  const auto sent = io.run(send(server, photo("Anna", "photo-1"), 5));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().why, telegram::refusal::blocked);
  EXPECT_EQ(server.calls.size(), 1U);
}

TEST_F(Screens, APhotoTakesThePlaceOfATextAndOfAPhoto) {
  for (const bool has_photo : {false, true}) {
    server.calls.clear();
    const auto where = replaced(photo("Boris", "photo-2"), has_photo);
    ASSERT_TRUE(where);
    EXPECT_EQ(where->message_id, 70);
    EXPECT_EQ(methods(), std::vector<std::string>{"editMessageMedia"});
  }
}

TEST_F(Screens, AnUploadIntoThePlaceOfAnotherPhotoIsRemembered) {
  EXPECT_TRUE(replaced(photo("Boris", ""), true));
  EXPECT_EQ(remembered, std::vector<std::string>{"photo-1"});
}

TEST_F(Screens, ATextInThePlaceOfAPhotoIsANewMessage) {
  const auto where = replaced(text("Nobody is left"), true);
  ASSERT_TRUE(where);
  EXPECT_EQ(methods(), (std::vector<std::string>{"deleteMessage", "sendMessage"}));
}

TEST_F(Screens, ANewMessageComesWhereTheOldOneIsGone) {
  server.refusals.push_back(telegram::refusal::message_gone);
  EXPECT_TRUE(replaced(text("Menu"), false));
  EXPECT_EQ(methods(), (std::vector<std::string>{"editMessageText", "sendMessage"}));
  server.calls.clear();
  server.refusals.push_back(telegram::refusal::message_gone);
  EXPECT_TRUE(replaced(photo("Anna", "photo-1"), true));
  EXPECT_EQ(methods(), (std::vector<std::string>{"editMessageMedia", "deleteMessage", "sendPhoto"}));
}

TEST_F(Screens, ALostPictureDoesNotStayUnderAnothersText) {
  auto what = photo("Boris", "");
  what.picture->load = lose;
  EXPECT_TRUE(replaced(std::move(what), true));
  EXPECT_EQ(methods(), (std::vector<std::string>{"deleteMessage", "sendMessage"}));
}

TEST_F(Screens, AKeyboardToTypeWithGoesWithTheMessage) {
  auto what = text("Where are you?");
  telegram::reply_keyboard keys;
  keys.row().location("Here");
  what.typing = keys.build();
  io.run(send(server, std::move(what), 5));
  EXPECT_TRUE(server.calls[0].params.at("reply_markup").as_object().contains("keyboard"));
}

TEST_F(Screens, WhoPressesFasterThanEditsGoSeesTheNewest) {
  std::vector<std::string> trouble;
  async::scope background(
      io.on(), [&](std::string_view what, const std::exception_ptr&) { trouble.emplace_back(what); });
  async::event held(io.on());
  server.hold_edits = &held;
  const auto menus = std::make_shared<living_messages>([this](std::int64_t) { return &server; }, background);
  menus->show(1, 5, 70, photo("first", "a"), true);
  io.run([]() -> task<> { co_return; }());
  menus->show(1, 5, 70, photo("second", "b"), true);
  menus->show(1, 5, 70, text("third"), true);
  held.ring();
  server.hold_edits = nullptr;
  io.run(background.join());
  EXPECT_EQ(methods(), (std::vector<std::string>{"editMessageMedia", "deleteMessage", "sendMessage"}));
  EXPECT_EQ(server.calls.back().text("text"), "third");
  EXPECT_TRUE(trouble.empty());
  io.run(background.stop());
}

}  // namespace
}  // namespace tandem::conversation
