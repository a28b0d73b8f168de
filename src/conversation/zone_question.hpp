// The question for the time zone, the same for all products but for its screens: a town or an offset is
// typed, or chosen where several are meant. The texts: note.old of the product, and its own.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/turn.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::conversation {

template <class Turn>
struct zone_question {
  using view_of = decltype(std::declval<const Turn&>().to());

  std::string_view
      waits_for;            // the word in accounts::dialogs; behind it what was typed, where it has meanings
  std::string_view chosen;  // the key of the note; its argument is {zone}
  // `typed` is not known where there are no meanings; "" asks for the first time.
  screen (*ask)(const view_of& to, std::string_view typed, const std::vector<std::string>& meanings);
  task<reply> (*follow)(Turn& now);  // what else a new zone changes, and what is shown then
};

template <class Turn>
task<reply> show_zone(Turn& now, const zone_question<Turn>& as) {
  now.waits_for = as.waits_for;
  reply out;
  out.show = as.ask(now.to(), "", {});
  co_return out;
}

template <class Turn>
task<reply> use_zone(Turn& now, const zone_question<Turn>& as, std::string zone) {
  co_await now.with.people.set_time_zone(now.db, now.person.id, zone);
  now.person.time_zone = zone;
  now.subject = std::move(zone);
  auto out = co_await as.follow(now);
  const auto to = now.to();
  out.note = to.plain(as.chosen, {{"zone", locale::say_zone(to.language, to.zone, to.now)}});
  co_return out;
}

// A press on one of the meanings.
template <class Turn>
task<reply> set_zone(Turn& now, const zone_question<Turn>& as) {
  if (locale::is_zone(now.in.argument)) co_return co_await use_zone(now, as, now.in.argument);
  auto out = co_await show_zone(now, as);
  out.note = now.to().plain("note.old");
  co_return out;
}

template <class Turn>
task<reply> type_zone(Turn& now, const zone_question<Turn>& as) {
  constexpr std::size_t echoed = 40;  // code points of what a person typed that are shown back
  auto meanings = locale::find_zones(now.in.text());
  if (meanings.size() == 1) co_return co_await use_zone(now, as, std::move(meanings.front()));
  now.waits_for = as.waits_for;  // asked again, with a hint
  const auto typed = telegram::plain_text(telegram::shorten(telegram::escape(now.in.text()), echoed));
  if (!meanings.empty()) now.waits_for += " " + typed;
  reply out;
  out.show = as.ask(now.to(), typed, meanings);
  co_return out;
}

}  // namespace tandem::conversation
