#include "dating/talks/draft.hpp"

#include <gtest/gtest.h>

namespace tandem::dating {
namespace {

using telegram::message_entity;

message_entity entity(std::string type, std::int64_t offset, std::int64_t length) {
  message_entity out;
  out.type = std::move(type);
  out.offset = offset;
  out.length = length;
  return out;
}

std::string drawn(const shown_text& what) {
  auto out = what.text;
  for (const auto& one : what.entities) {
    out += " |" + one.type + " " + std::to_string(one.offset) + "+" + std::to_string(one.length);
  }
  return out;
}

}  // namespace

TEST(Draft, NothingOfTheSenderOrTheOriginGoesAlong) {
  telegram::message message;
  message.message_id = 5;
  message.text = "hi";
  message.from.emplace();
  message.from->username = "secret";
  message.forward_origin = telegram::message_origin{};
  message.forward_origin->sender_user_name = "Somebody";
  message.reply_to_message = telegram::message{};
  message.reply_to_message->message_id = 4;
  const auto made = draft_of(77, message);
  EXPECT_EQ(made.kind, telegram::message_content::text);
  EXPECT_EQ(made.reply_to, 4);
  const kept_content kept{made.kind, to_shown(made.text, made.entities, {})};
  EXPECT_EQ(to_json(kept), R"({"kind":"text","text":"hi"})");
}

TEST(Draft, AContactCardIsTheSendersOwnOnlyWithTheirId) {
  telegram::message message;
  message.from.emplace();
  message.from->id = 7;
  message.contact = telegram::contact{};
  message.contact->phone_number = "+1";
  EXPECT_FALSE(draft_of(1, message).own_contact) << "a card without an id may be anybody's";
  message.contact->user_id = 8;
  EXPECT_FALSE(draft_of(1, message).own_contact);
  message.contact->user_id = 7;
  EXPECT_TRUE(draft_of(1, message).own_contact);
}

TEST(Draft, FormattingStaysAndWhatLeadsToSomebodyDoesNot) {
  // "😀 жирный ссылка": the smile is two UTF-16 units.
  const std::vector<message_entity> entities{entity("bold", 3, 6), entity("text_link", 10, 6),
                                             entity("text_mention", 0, 2), entity("custom_emoji", 0, 2),
                                             entity("spoiler", 10, 6)};
  EXPECT_EQ(drawn(to_shown("😀 жирный ссылка", entities, {})), "😀 жирный ссылка |bold 3+6 |spoiler 10+6");
}

TEST(Draft, EntitiesMoveWithWhatIsHidden) {
  const std::string text = "звони +79161234567 скорее";
  const std::vector<found_sign> hidden{{sign::phone, 11, 12}};  // bytes
  const std::vector<message_entity> entities{entity("bold", 0, 5), entity("italic", 19, 6),
                                             entity("code", 6, 12), entity("underline", 0, 25),
                                             entity("bold", 8, 3)};
  EXPECT_EQ(drawn(to_shown(text, entities, hidden)),
            "звони ••• скорее |bold 0+5 |italic 10+6 |code 6+3 |underline 0+16");
}

TEST(Draft, BrokenEntitiesAreLeftOut) {
  const std::vector<message_entity> entities{entity("bold", -1, 2), entity("bold", 50, 2),
                                             entity("bold", 1, 99), entity("bold", 0, 0)};
  EXPECT_EQ(drawn(to_shown("abc", entities, {})), "abc |bold 1+2");
  EXPECT_EQ(drawn(to_shown("", {entity("bold", 0, 1)}, {})), "");
}

TEST(Draft, WhatTelegramMarksAsALeadIsASign) {
  const std::string text = "см. сюда 😀 и к Ане";
  const std::vector<message_entity> entities{entity("text_link", 4, 4), entity("text_mention", 16, 3),
                                             entity("bold", 0, 3), entity("url", 90, 5)};
  const auto found = signs_of_entities(text, entities);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, sign::link);
  EXPECT_EQ(text.substr(found[0].offset, found[0].length), "сюда");
  EXPECT_EQ(found[1].what, sign::handle);
  EXPECT_EQ(text.substr(found[1].offset, found[1].length), "Ане");
}

TEST(Draft, AHeadingIsBoldAndShiftsTheRest) {
  const auto made = under_heading("Аня 😀", {"текст", {entity("italic", 0, 5)}});
  EXPECT_EQ(drawn(made), "Аня 😀\nтекст |bold 0+6 |italic 7+5");
}

TEST(Draft, WhatIsKeptComesBackWhole) {
  kept_content one{
      telegram::message_content::location, {"\"quoted\"\nтекст", {entity("pre", 1, 2)}}, 55.751244, -37.5};
  one.what.entities[0].language = "cpp";
  const auto back = kept_of(to_json(one));
  EXPECT_EQ(back.kind, one.kind);
  EXPECT_EQ(drawn(back.what), drawn(one.what));
  EXPECT_EQ(back.what.entities[0].language, "cpp");
  EXPECT_EQ(back.latitude, one.latitude);
  EXPECT_EQ(back.longitude, one.longitude);
}

}  // namespace tandem::dating
