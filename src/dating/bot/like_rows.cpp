#include "dating/bot/deck_ways.hpp"
#include "dating/bot/like_screens.hpp"
#include "dating/bot/photo_screens.hpp"

// Who likes the person, matches, and the news of both.
namespace tandem::dating::bot {
namespace {

task<reply> show_likers(turn& now) { return show_next_liker(now); }

task<reply> show_matches_at(turn& now, std::int64_t offset) {
  const auto page = co_await now.with.hearts.matches(now.db, now.person.id, offset);
  reply out;
  out.show = match_list(now.to(), page);
  co_return out;
}

task<reply> turn_page(turn& now) {
  const auto given = press::numbers(now.in.argument);
  return show_matches_at(now, given ? given->front() : 0);
}

task<reply> show_match(turn& now) {
  const auto given = press::numbers(now.in.argument);
  std::optional<dating::match> found;
  if (given && given->size() == 2)
    found = co_await now.with.hearts.find_match(now.db, now.person.id, match_id(given->front()));
  if (!found) {
    auto out = co_await show_matches_at(now, 0);
    out.note = now.to().plain("match.gone");
    co_return out;
  }
  now.subject = std::to_string(found->id.value);
  std::optional<card_facts> facts;
  if (found->state != "closed") {
    const deck_viewer viewer{now.person.id, now.with.bot_id, 0};
    auto card = co_await now.with.deck.card(now.db, viewer, found->other);
    if (card) facts = co_await facts_of(now, *std::move(card), 0, 0);
  }
  reply out;
  out.show = shown_match(now.to(), *found, facts, given->back());
  if (facts) out.show->picture = picture_of(now.with, *facts);
  co_return out;
}

// ---- news

task<std::optional<screen>> draw_liked(const parts& with, const notice& what, const view& to) {
  const auto count = co_await with.hearts.likers_count(with.db, what.who);
  if (count == 0) co_return std::nullopt;
  co_return liked(to, count);
}

task<std::optional<screen>> draw_match(const parts& with, const notice& what, const view& to) {
  const auto found = co_await with.hearts.find_match(with.db, what.who, match_id(what.about_id));
  if (!found || found->state == "closed") co_return std::nullopt;
  const auto other = co_await with.members.find(with.db, found->other);
  const auto letter = co_await with.hearts.letter(with.db, found->other, what.who);
  auto out = mutual(to, *found, other ? other->sex : std::nullopt, letter);
  const auto both = co_await with.pictures.pair(with.db, what.who, found->other, with.bot_id);
  if (both) {
    out.picture = to_picture(with, *both);
  } else {
    // One of the two has no photo yet: the other's alone.
    const deck_viewer viewer{what.who, with.bot_id, 0};
    auto card = co_await with.deck.card(with.db, viewer, found->other);
    card_facts facts;
    if (card) facts.card = *std::move(card);
    out.picture = picture_of(with, facts);
  }
  const auto who = co_await with.people.find(with.db, what.who);
  if (who) out.sent = noting(with, {with.bot_id, who->telegram_id, 0, found->other, to.language});
  co_return out;
}

task<std::optional<screen>> draw_nudge(const parts& with, const notice& what, const view& to) {
  const auto found = co_await with.hearts.find_match(with.db, what.who, match_id(what.about_id));
  if (!found || found->state == "closed" || found->last_at > what.made_at) co_return std::nullopt;
  co_return nudge(to, *found);
}

constexpr announcement news[] = {{"liked", draw_liked}, {"match", draw_match}, {"nudge", draw_nudge}};

constexpr row rows[] = {
    {route::by::command, "likes", "looked_at_likers", "chat", show_likers},
    {route::by::callback_prefix, press::likers, "looked_at_likers", "", show_likers},
    {route::by::command, "matches", "looked_at_matches", "chat", show_matches},
    {route::by::callback_prefix, press::matches, "looked_at_matches", "", show_matches},
    {route::by::callback_prefix, press::matches_at, "", "", turn_page},
    {route::by::callback_prefix, press::match, "opened_match", "matches", show_match},
};

}  // namespace

std::span<const row> like_rows() { return rows; }
std::span<const announcement> like_announcements() { return news; }

task<reply> show_matches(turn& now) { return show_matches_at(now, 0); }

task<reply> show_next_liker(turn& now) {
  const auto right = co_await now.with.more.rights_of(now.db, now.person.id);
  reply out;
  if (!right.premium()) {
    const auto count = co_await now.with.hearts.likers_count(now.db, now.person.id);
    out.show = likers(now.to(), count, false);
    co_return out;
  }
  const auto page = co_await now.with.hearts.likers(now.db, now.person.id, 0, 1);
  std::optional<deck_card> card;
  const deck_viewer viewer{now.person.id, now.with.bot_id, 0};
  if (!page.people.empty()) card = co_await now.with.deck.card(now.db, viewer, page.people.front().who);
  if (card) {
    out.show = co_await draw_card(now, *std::move(card), likers_way, page.total);
  } else if (page.total > 0) {  // who is hidden opens nobody
    out.show = nobody_left(now.to(), {.why = empty_deck::reason::hidden});
  } else {
    out.show = likers(now.to(), 0, true);
  }
  co_return out;
}

}  // namespace tandem::dating::bot
