#include "hunt/bot/presses.hpp"
#include "hunt/bot/turn.hpp"

// Under every vacancy, in whatever bot it came; and what a person may ask of every bot about their data.
namespace tandem::hunt::bot {
namespace {

using telegram::route;

// What was pressed, looked up under the presser's own name: somebody else's card, or one made up, is
// nobody's.
struct pressed {
  vacancy_card card;
  std::int64_t wanted = 0;
  list_offset opened_from;
};

// The numbers behind those that the press has anyway: see place_of().
std::optional<list_place> read_place(std::span<const std::int64_t> numbers) {
  list_place out;
  out.offset = numbers[0];
  if (numbers.size() == 1) return out;
  if (numbers.size() == 2 && numbers[1] == 1) {
    out.which = list_place::kind::replied;
    return out;
  }
  if (numbers.size() != 3 || numbers[1] != 2) return std::nullopt;
  out.which = list_place::kind::delivered;
  out.list_id = numbers[2];
  return out;
}

task<std::optional<pressed>> look_up(turn& now, bool has_wanted) {
  const auto given = press::numbers(now.in.argument);
  const std::size_t fixed = has_wanted ? 2 : 1;
  if (!given || given->size() < fixed || given->size() > fixed + 3) co_return std::nullopt;
  auto card = co_await now.with.vacancies.find(now.db, now.person.id, vacancy_id(given->front()));
  if (!card) co_return std::nullopt;
  now.subject = std::to_string(card->id.value);
  pressed out{std::move(*card), has_wanted ? (*given)[1] : 0, std::nullopt};
  if (given->size() > fixed) {
    out.opened_from = read_place(std::span(*given).subspan(fixed));
    if (!out.opened_from) co_return std::nullopt;
  }
  co_return out;
}

reply not_yours(const turn& now) {
  reply out;
  out.note = now.to().plain("note.not_yours");
  return out;
}

reply show(const turn& now, const pressed& what, std::string note = {}) {
  reply out;
  out.show = vacancy(now.to(), what.card, what.opened_from);
  out.note = std::move(note);
  return out;
}

reply gone(const turn& now, const pressed& what) { return show(now, what, now.to().plain("note.gone")); }

using card_screen = screen (*)(const view&, const vacancy_card&, list_offset);

// Opens something in the place of the card.
template <card_screen Draw>
task<reply> open(turn& now) {
  const auto what = co_await look_up(now, false);
  if (!what) co_return not_yours(now);
  if (what->card.withdrawn) co_return gone(now, *what);
  reply out;
  out.show = Draw(now.to(), what->card, what->opened_from);
  co_return out;
}

task<reply> show_card(turn& now) {
  const auto what = co_await look_up(now, false);
  co_return what ? show(now, *what) : not_yours(now);
}

task<reply> save(turn& now) {
  auto what = co_await look_up(now, true);
  if (!what || what->wanted > 1) co_return not_yours(now);
  const bool saved = what->wanted == 1;
  if (saved && what->card.withdrawn) co_return gone(now, *what);
  co_await now.with.vacancies.save(now.db, now.person.id, what->card.id, saved);
  what->card.saved = saved;
  co_return show(now, *what, now.to().plain(saved ? "card.saved_note" : "card.unsaved_note"));
}

task<reply> report(turn& now) {
  auto what = co_await look_up(now, true);
  if (!what || what->wanted >= std::ssize(press::reasons)) co_return not_yours(now);
  if (what->card.withdrawn) co_return gone(now, *what);
  const auto reason = press::reasons[what->wanted];
  co_await now.with.vacancies.report(now.db, now.person.id, what->card.id, reason);
  what->card.reported = reason;
  now.subject += " " + std::string(reason);
  auto out = show(now, *what, now.to().plain("card.reported_note"));
  out.then = [&desk = now.desk, id = what->card.id] { desk.begin_show(id); };
  co_return out;
}

task<reply> unreport(turn& now) {
  auto what = co_await look_up(now, false);
  if (!what) co_return not_yours(now);
  co_await now.with.vacancies.take_back_report(now.db, now.person.id, what->card.id);
  what->card.reported.reset();
  auto out = show(now, *what, now.to().plain("card.unreported_note"));
  out.then = [&desk = now.desk, id = what->card.id] { desk.begin_show(id); };
  co_return out;
}

task<screen> more(turn& now, const pressed& what) {
  const auto places = co_await now.with.vacancies.places(now.db, what.card.id);
  co_return more_about(now.to(), what.card, places, what.opened_from);
}

task<reply> open_more(turn& now) {
  const auto what = co_await look_up(now, false);
  if (!what) co_return not_yours(now);
  if (what->card.withdrawn) co_return gone(now, *what);
  reply out;
  out.show = co_await more(now, *what);
  co_return out;
}

task<reply> explain(turn& now) {
  const auto what = co_await look_up(now, false);
  if (!what) co_return not_yours(now);
  const auto reason = co_await now.with.vacancies.reason(now.db, now.person.id, what->card.id);
  if (!reason) co_return not_yours(now);
  reply out;
  out.show = why(now.to(), what->card, *reason, what->opened_from);
  co_return out;
}

task<reply> hide(turn& now) {
  auto what = co_await look_up(now, true);
  if (!what || what->wanted > 1) co_return not_yours(now);
  const bool hidden = what->wanted == 1;
  if (what->card.author_key.empty()) {
    reply out;
    out.note = now.to().plain("card.no_author");
    co_return out;
  }
  co_await now.with.vacancies.hide_author(now.db, now.person.id, what->card.id, hidden);
  what->card.author_hidden = hidden;
  reply out;
  out.show = co_await more(now, *what);
  out.note = now.to().plain(hidden ? "card.hidden_note" : "card.shown_note");
  co_return out;
}

task<reply> mark_replied(turn& now) {
  auto what = co_await look_up(now, true);
  if (!what || what->wanted > 1) co_return not_yours(now);
  const bool replied = what->wanted == 1;
  co_await now.with.vacancies.mark_replied(now.db, now.person.id, what->card.id, replied);
  what->card.replied_at.reset();
  if (replied) what->card.replied_at = now.with.time.now();
  co_return show(now, *what, now.to().plain(replied ? "card.replied_note" : "card.unreplied_note"));
}

// A list that was delivered is leafed through in the bot that brought it.
task<reply> page_list(turn& now) {
  const auto given = press::numbers(now.in.argument);
  list_place from;
  from.which = list_place::kind::delivered;
  if (given && given->size() == 2) {
    from.list_id = given->front();
    from.offset = given->back();
  }
  const auto page = co_await now.with.vacancies.page(now.db, now.person.id, from);
  reply out;
  if (page.total == 0) {
    out.note = now.to().plain("list.gone");
  } else {
    out.show = card_list(now.to(), page);
  }
  co_return out;
}

task<reply> show_terms(turn& now) {
  reply out;
  out.show = terms(now.to(), now.with.details);
  co_return out;
}

constexpr row rows[] = {
    {route::by::callback_prefix, press::card, "", "", show_card},
    {route::by::callback_prefix, press::save, "saved", "card", save},
    {route::by::callback_prefix, press::wrong, "", "", open<ask_what_is_wrong>},
    {route::by::callback_prefix, press::complain, "", "", open<ask_complaint>},
    {route::by::callback_prefix, press::report, "reported", "card", report},
    {route::by::callback_prefix, press::unreport, "took_report_back", "card", unreport},
    {route::by::callback_prefix, press::more, "", "", open_more},
    {route::by::callback_prefix, press::why, "asked_why", "card", explain},
    {route::by::callback_prefix, press::hide, "hid_author", "card", hide},
    {route::by::callback_prefix, press::contact, "", "", open<how_to_respond>},
    {route::by::callback_prefix, press::replied, "marked_replied", "card", mark_replied},
    {route::by::callback_prefix, press::list, "", "", page_list},

    {route::by::command, "privacy", "read_privacy", "chat", show_privacy},
    {route::by::command, "terms", "read_terms", "chat", show_terms},
    {route::by::callback_prefix, press::privacy, "read_privacy", "menu", show_privacy},
    {route::by::command, "delete_me", "", "", ask_to_delete},
    {route::by::callback_prefix, press::delete_me, "", "", ask_to_delete},
    {route::by::callback_prefix, press::delete_yes, "", "", delete_me},
};

}  // namespace

std::span<const row> card_rows() { return rows; }

task<reply> show_privacy(turn& now) {
  reply out;
  out.show = privacy(now.to(), now.with.details);
  co_return out;
}

task<reply> ask_to_delete(turn& now) {
  reply out;
  out.show = ask_deletion(now.to());
  co_return out;
}

task<reply> delete_me(turn& now) {
  if (now.with.before_erasure) co_await now.with.before_erasure(now.db, now.person);
  co_await now.with.people.erase(now.db, now.person.id);
  now.erased = true;
  reply out;
  out.show = deleted(now.to());
  co_return out;
}

}  // namespace tandem::hunt::bot
