#include "dating/bot/deck_ways.hpp"
#include "dating/bot/safety_screens.hpp"

// The deck: one message that becomes the next person with each press. Ids in the presses are looked up by
// what the person was shown; a way made up leads to the deck as they asked for it.
namespace tandem::dating::bot {
namespace {

struct pressed {
  user_id who;
  int way = 0;
  int photo = 1;
};

int way_of(std::int64_t number) { return number <= likers_way ? static_cast<int>(number) : 0; }

// Person and way, and which photo; nothing for data made up.
std::optional<pressed> read_press(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() < 2 || given->size() > 3) return std::nullopt;
  now.subject = std::to_string(given->front());
  pressed out{user_id((*given)[0]), way_of((*given)[1]), 1};
  if (given->size() == 3) out.photo = static_cast<int>(std::min<std::int64_t>((*given)[2], most_photos));
  return out;
}

reply alert(const turn& now, std::string_view key) {
  reply out;
  out.note = now.to().plain(key);
  out.alert = true;
  return out;
}

task<reply> show_from_the_start(turn& now) { return show_next(now, 0); }

// Below a message that stays: the news of a match.
task<reply> show_apart(turn& now) {
  auto out = co_await show_next(now, 0);
  out.apart = true;
  co_return out;
}

task<reply> go_on(turn& now) {
  const auto given = press::numbers(now.in.argument);
  return show_next(now, given && given->size() == 1 ? way_of(given->front()) : 0);
}

// Asks for the rights of the person only where the limits of everybody do not do.
task<std::expected<judged, judge_refusal>> judge(turn& now, judgement what) {
  auto answer = co_await now.with.hearts.judge(now.db, what);
  const bool limited = !answer && (answer.error() == judge_refusal::likes_used_up ||
                                   answer.error() == judge_refusal::letters_used_up);
  if (limited) {
    const auto right = co_await now.with.more.rights_of(now.db, now.person.id);
    what.premium = right.premium();
    if (what.premium) answer = co_await now.with.hearts.judge(now.db, what);
  }
  co_return answer;
}

std::string_view note_of(judge_refusal why) {
  switch (why) {
    case judge_refusal::likes_used_up: return "deck.likes_used_up";
    case judge_refusal::letters_used_up: return "deck.letters_used_up";
    case judge_refusal::letter_too_long: return "deck.letter_too_long";
    case judge_refusal::not_shown: break;
  }
  return "deck.gone";
}

task<reply> answer_card(turn& now, bool liked) {
  const auto given = read_press(now);
  if (!given) co_return co_await show_next(now, 0);
  const judgement what{now.person.id, given->who, liked};
  const auto answer = co_await judge(now, what);
  if (!answer && answer.error() != judge_refusal::not_shown) co_return alert(now, note_of(answer.error()));
  auto out = co_await show_next(now, given->way);
  if (!answer) out.note = now.to().plain("deck.gone");
  if (answer && answer->match) out.note = now.to().plain("deck.mutual");
  co_return out;
}
task<reply> like(turn& now) { return answer_card(now, true); }
task<reply> skip(turn& now) { return answer_card(now, false); }

// The card of a press, if the person may still see it.
task<std::optional<card_facts>> card_of(turn& now, const pressed& what) {
  const bool met = co_await now.with.rules.met(now.db, now.person.id, what.who);
  if (!met) co_return std::nullopt;
  const deck_viewer viewer{now.person.id, now.with.bot_id, 0};
  auto card = co_await now.with.deck.card(now.db, viewer, what.who);
  if (!card) co_return std::nullopt;
  std::int64_t likers = 0;
  if (what.way == likers_way) likers = co_await now.with.hearts.likers_count(now.db, now.person.id);
  const auto photos = static_cast<int>(card->photos.size());
  auto out = co_await facts_of(now, *std::move(card), what.way, likers);
  out.photo = std::clamp(what.photo, 1, std::max(photos, 1));
  co_return out;
}

using drawing = screen (*)(const view&, const card_facts&);

task<reply> show_card_as(turn& now, drawing draw) {
  const auto given = read_press(now);
  std::optional<card_facts> facts;
  if (given) facts = co_await card_of(now, *given);
  if (!facts) {
    auto out = co_await show_next(now, given ? given->way : 0);
    out.note = now.to().plain("deck.gone");
    co_return out;
  }
  reply out;
  out.show = draw(now.to(), *facts);
  out.show->picture = picture_of(now.with, *facts);
  co_return out;
}

task<reply> show_photo(turn& now) { return show_card_as(now, shown_card); }

task<reply> show_more(turn& now) {
  const auto given = read_press(now);
  std::optional<card_facts> facts;
  if (given) facts = co_await card_of(now, *given);
  if (!facts) co_return co_await show_next(now, given ? given->way : 0);
  const auto last = co_await now.with.hearts.last(now.db, now.person.id);
  reply out;
  out.show = more_of_card(now.to(), *facts, last);
  out.show->picture = picture_of(now.with, *facts);
  co_return out;
}

task<reply> undo(turn& now) {
  const auto given = read_press(now);
  if (!given) co_return co_await show_next(now, 0);
  auto done = co_await now.with.hearts.undo(now.db, now.person.id, given->who, false);
  if (!done && done.error() == undo_refusal::used_up) {
    const auto right = co_await now.with.more.rights_of(now.db, now.person.id);
    if (right.premium()) done = co_await now.with.hearts.undo(now.db, now.person.id, given->who, true);
    if (!done && done.error() == undo_refusal::used_up) co_return alert(now, "deck.undos_used_up");
  }
  if (!done && done.error() == undo_refusal::opened) co_return alert(now, "deck.undo_opened");
  // Who was taken back is in the deck, whichever way they had come.
  auto out = co_await show_next(now, given->way == likers_way ? 0 : given->way);
  out.note = now.to().plain(done ? "deck.undone" : "deck.nothing_to_undo");
  co_return out;
}

constexpr std::string_view letter_state = "like";

task<reply> begin_letter(turn& now) {
  auto out = co_await show_card_as(now, ask_letter);
  const auto given = read_press(now);
  // Nothing is waited for where the card was gone.
  if (!given || !out.note.empty()) co_return out;
  const auto& pressed = now.in.what.callback_query;
  const auto message = pressed && pressed->message ? pressed->message->message_id : 0;
  now.waits_for = std::string(letter_state) + " " + press::data("", given->who.value, given->way, message);
  co_return out;
}

task<> remove_card(telegram::incoming& in, std::int64_t chat, std::int64_t message) {
  const auto removed = co_await in.bot.delete_message(chat, message);
  if (!removed) co_return;  // older than two days: it stays, and its buttons say what there is now
}

task<reply> take_letter(turn& now) {
  const auto asked = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  const auto given =
      press::numbers(std::string_view(asked).substr(std::min(asked.size(), letter_state.size() + 1)));
  if (!given || given->size() != 3) co_return co_await show_next(now, 0);
  const pressed what{user_id((*given)[0]), way_of((*given)[1]), 1};
  now.subject = std::to_string(what.who.value);
  const auto facts = co_await card_of(now, what);
  if (!facts) co_return co_await show_next(now, what.way);
  const auto to = now.to();
  const auto verdict =
      co_await now.with.rules.judge_text(now.db, now.person.id, now.in.text(), text_place::letter);
  reply out;
  if (verdict.fate == text_fate::refuse) {
    now.waits_for = asked;
    const auto why = verdict.signs.empty() ? std::string() : say_sign(to, verdict.signs.front().what);
    out.show = letter_refused(to, facts->card.name, why);
    co_return out;
  }
  const judgement said{now.person.id, what.who, true, masked(now.in.text(), verdict.signs)};
  const auto answer = co_await judge(now, said);
  if (!answer && answer.error() == judge_refusal::letter_too_long) {
    now.waits_for = asked;
    out.show =
        letter_refused(to, facts->card.name, to.plain("deck.letter_too_long", {{"length", longest_letter}}));
    co_return out;
  }
  if (!answer && answer.error() != judge_refusal::not_shown) {
    out.show = letter_refused(to, facts->card.name, to.plain(note_of(answer.error())));
    co_return out;
  }
  out = co_await show_next(now, what.way);
  if (out.show && answer && !answer->again)
    out.show->html = to.html("deck.letter_sent", {{"name", facts->card.name}}) + "\n\n" + out.show->html;
  out.after = [chat = conversation::chat_of(now.in), message = given->back()](telegram::incoming& in) {
    return remove_card(in, chat, message);
  };
  co_return out;
}

constexpr row rows[] = {
    {route::by::command, "people", "opened_deck", "chat", show_from_the_start},
    {route::by::callback_prefix, press::deck, "opened_deck", "", show_from_the_start},
    {route::by::callback_prefix, press::deck_new, "opened_deck", "match", show_apart},
    {route::by::callback_prefix, press::deck_on, "widened_deck", "deck", go_on},
    {route::by::callback_prefix, press::deck_like, "liked", "deck", like},
    {route::by::callback_prefix, press::deck_skip, "skipped", "deck", skip},
    {route::by::callback_prefix, press::deck_letter, "", "", begin_letter},
    {route::by::text_state, letter_state, "liked_with_letter", "deck", take_letter},
    {route::by::callback_prefix, press::deck_card, "", "", show_photo},
    {route::by::callback_prefix, press::deck_more, "", "", show_more},
    {route::by::callback_prefix, press::deck_undo, "took_back", "deck", undo},
};

}  // namespace

std::span<const row> deck_rows() { return rows; }

task<reply> show_deck(turn& now) { return show_next(now, 0); }

task<card_facts> facts_of(turn& now, deck_card card, int way, std::int64_t likers) {
  card_facts out;
  if (!card.same_town)
    if (const auto* town = now.with.towns.by_id(card.place_id)) out.town = town->name_in(now.person.language);
  if (card.wrote) out.letter = co_await now.with.hearts.letter(now.db, card.who, now.person.id);
  out.card = std::move(card);
  out.way = way;
  out.likers = likers;
  co_return out;
}

task<screen> draw_card(turn& now, deck_card card, int way, std::int64_t likers) {
  const auto facts = co_await facts_of(now, std::move(card), way, likers);
  auto out = shown_card(now.to(), facts);
  out.picture = picture_of(now.with, facts);
  co_return out;
}

task<reply> show_next(turn& now, int way) {
  if (way == likers_way) co_return co_await show_next_liker(now);
  const deck_viewer viewer{now.person.id, now.with.bot_id, way};
  auto next = co_await now.with.deck.next(now.db, viewer);
  reply out;
  if (const auto* nobody = std::get_if<empty_deck>(&next)) {
    out.show = nobody_left(now.to(), *nobody);
  } else {
    out.show = co_await draw_card(now, std::get<deck_card>(std::move(next)), way, 0);
  }
  co_return out;
}

}  // namespace tandem::dating::bot
