#include "dating/bot/like_screens.hpp"

#include "dating/bot/talk_screens.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using telegram::keyboard;

void add_writing(keyboard& keys, const view& to, const dating::match& what) {
  keys.callback(to.plain("match_button.write"), press::data(press::talk_open, what.id.value));
}

std::string state_of(const view& to, const dating::match& what) {
  return to.plain("match.state_" + what.state);
}

}  // namespace

screen likers(const view& to, std::int64_t count, bool premium) {
  keyboard keys;
  if (count == 0) {
    keys.row().callback(to.plain("match_button.deck"), std::string(press::deck));
  } else if (!premium) {
    keys.row().callback(to.plain("match_button.plan"), std::string(press::plan));
    keys.row().callback(to.plain("match_button.deck"), std::string(press::deck));
  }
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  return {count == 0 ? to.html("like.nobody") : to.html("like.count", {{"count", count}}), keys.build()};
}

screen match_list(const view& to, const match_page& page) {
  keyboard keys;
  if (page.matches.empty()) {
    keys.row().callback(to.plain("match_button.deck"), std::string(press::deck));
    keys.row().callback(to.plain("button.back"), std::string(press::menu));
    return {to.html("match.none"), keys.build()};
  }
  std::string text = to.html("match.list", {{"count", page.total}});
  for (const auto& one : page.matches) {
    text += "\n" + to.html("match.line", {{"name", one.name}, {"state", state_of(to, one)}});
    keys.row().callback(one.name, press::data(press::match, one.id.value, page.offset));
  }
  keys.row();
  if (page.offset > 0)
    keys.callback(to.plain("match_button.newer"),
                  press::data(press::matches_at, std::max<std::int64_t>(0, page.offset - matches_per_page)));
  if (page.offset + std::ssize(page.matches) < page.total)
    keys.callback(to.plain("match_button.older"),
                  press::data(press::matches_at, page.offset + matches_per_page));
  keys.row().callback(to.plain("button.back"), std::string(press::menu));
  return {std::move(text), keys.build()};
}

screen shown_match(const view& to, const match& what, const std::optional<card_facts>& card,
                   std::int64_t offset) {
  keyboard keys;
  if (what.state != "closed") {
    add_writing(keys.row(), to, what);
    keys.callback(to.plain("match_button.end"), press::data(press::talk_end, what.id.value));
  }
  keys.row().callback(to.plain("button.back"), press::data(press::matches_at, offset));
  std::string text;
  if (card) {
    text = shown_card(to, *card).html + "\n";
  } else {
    text = to.html("match.title", {{"name", what.name}}) + "\n";
  }
  text += to.html("match.stands", {{"state", state_of(to, what)},
                                   {"since", locale::say_date(to.language, to.zone, what.matched_at)}});
  return {std::move(text), keys.build()};
}

screen liked(const view& to, std::int64_t count) {
  keyboard keys;
  keys.row().callback(to.plain("match_button.likers"), std::string(press::likers));
  keys.callback(to.plain("match_button.deck"), std::string(press::deck));
  return {to.html("like.news", {{"count", count}}), keys.build()};
}

screen mutual(const view& to, const match& what, std::optional<sex> other, std::string_view letter) {
  keyboard keys;
  add_writing(keys.row(), to, what);
  keys.callback(to.plain("match_button.go_on"), std::string(press::deck_new));
  const std::string_view word = !other ? "other" : *other == sex::female ? "female" : "male";
  auto text = what.by_me ? to.html("match.news_mine", {{"name", what.name}})
                         : to.html("match.news", {{"name", what.name}, {"sex", word}});
  if (!letter.empty()) text += "\n\n" + to.html("deck.letter", {{"letter", letter}});
  return {std::move(text), keys.build()};
}

screen nudge(const view& to, const match& what) {
  keyboard keys;
  add_writing(keys.row(), to, what);
  keys.callback(to.plain("match_button.end"), press::data(press::talk_end, what.id.value));
  return {to.html(what.state == "new" ? "match.nudge_new" : "match.nudge", {{"name", what.name}}),
          keys.build()};
}

}  // namespace tandem::dating::bot
