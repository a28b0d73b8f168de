#include "dating/bot/registration.hpp"

#include "base/text/stable_hash.hpp"
#include "dating/bot/menu_screens.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/profile_screens.hpp"
#include "dating/bot/safety_desk.hpp"
#include "dating/bot/typed_words.hpp"
#include "dating/profiles/interests.hpp"
#include "platform/telegram/html.hpp"

// From consent to a profile that others see. Nothing of it is remembered outside the database: the question
// that waits stands in the profile.
namespace tandem::dating::bot {
namespace {

constexpr int fields = static_cast<int>(field::preview) + 1;

// What accounts::dialogs keeps while a field of a finished profile is asked for.
std::string typed_answer(field what) { return "me " + std::string(name_of(what)); }

task<> look_again(turn& now) { now.me = co_await now.with.members.find(now.db, now.person.id); }

// A field that a button names; nothing for made-up ones.
std::optional<field> pressed_field(const turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() != 1 || given->front() >= fields) return std::nullopt;
  return field(given->front());
}

// Registration's questions may be left out only where nothing is missing before them.
field reachable(const profile& me, field wanted) {
  const bool said[] = {!me.name.empty(), me.born_on.has_value(), me.sex.has_value(), me.seeks.has_value(),
                       me.at.has_value()};
  for (int i = 0; i < int(std::size(said)); ++i) {
    if (!said[i]) return std::min(wanted, field(i));
  }
  return wanted;
}

task<reply> show_preview(turn& now) {
  auto own = co_await load_own_card(now);
  reply out;
  out.show = preview(now.to(), own.card, *now.me);
  out.show->picture = std::move(own.picture);
  co_return out;
}

task<reply> go_to(turn& now, field wanted) {
  const auto what = reachable(*now.me, wanted);
  if (now.me->step != what) {
    co_await now.with.members.ask(now.db, now.person.id, what);
    now.me->step = what;
  }
  if (what == field::preview) co_return co_await show_preview(now);
  auto out = co_await ask_field(now, what);
  // The keyboard for the place cannot be put into the pressed message: that one makes room.
  out.remove_pressed = what == field::place;
  co_return out;
}

reply said(screen what) {
  reply out;
  out.show = std::move(what);
  return out;
}

task<reply> refuse_underage(turn& now, calendar_day until) {
  if (registering(now)) {
    co_await now.with.members.refuse_underage(now.db, now.person.id, now.person.telegram_id, until);
    now.me.reset();
    now.subject = "underage";
    co_return said(underage(now.to(), until));
  }
  // Somebody whom others know already: it may be a slip of the finger, so an operator looks at it.
  co_await now.with.rules.hold_too_young(now.db, now.person.id, until);
  auto out = said(underage_hidden(now.to()));
  out.then = [&with = now.with] { begin_case_desk(with); };
  co_return out;
}

// ---- rows

task<reply> go(turn& now) { co_return co_await go_on_registering(now); }

task<reply> show_document(turn& now) {
  const bool renewed = now.me && !now.me->agreed();
  co_return said(consent_document(now.to(), now.with.details, renewed, now.in.argument));
}

task<reply> agree(turn& now) {
  const std::string_view given = now.in.argument;
  const auto end = std::min(given.find(':'), given.size());
  if (given.substr(0, end) != std::to_string(consent_version)) co_return co_await go_on_registering(now);
  const auto code = given.substr(std::min(end + 1, given.size()));
  const bool renewed = now.me.has_value();
  auto begun = co_await now.with.members.begin(now.db, now.person.id, now.person.telegram_id);
  if (!begun) {
    const auto until = co_await now.with.members.underage_until(now.db, now.person.telegram_id);
    co_return said(until ? underage(now.to(), *until) : barred(now.to(), now.with.details));
  }
  now.me = std::move(*begun);
  now.subject = std::to_string(consent_version);
  if (!renewed && !code.empty()) co_await now.with.more.came_by(now.db, now.person.id, code);
  co_return co_await go_on_registering(now);
}

task<reply> go_to_step(turn& now) {
  if (!registering(now) || !may_answer(now)) co_return co_await say_old(now);
  const auto what = pressed_field(now);
  co_return co_await go_to(now, what.value_or(*now.me->step));
}

task<reply> publish(turn& now) {
  if (!registering(now) || !may_answer(now)) co_return co_await say_old(now);
  const auto done = co_await now.with.members.publish(now.db, now.person.id);
  if (!done) co_return co_await go_to(now, done.error());
  now.me->state = profile_state::active;
  now.me->step.reset();
  const auto own = co_await load_own_card(now);
  co_return said(published(now.to(), now.me->has_photo, static_cast<int>(own.photos.size())));
}

task<reply> ask_before_cancel(turn& now) {
  if (!registering(now)) co_return co_await say_old(now);
  let_type(now, "cancel");
  co_return said(ask_cancel(now.to()));
}
task<reply> cancel(turn& now) {
  if (!registering(now)) co_return co_await say_old(now);
  co_await now.with.pictures.erase(now.db, now.person.id);
  co_await now.with.members.abandon(now.db, now.person.id);
  now.me.reset();
  co_return said(cancelled(now.to()));
}

// ---- answers by a button

// The rest of a refused or accepted setter.
task<reply> after(turn& now, field what, answered kept) {
  if (!kept && kept.error() == wrong_answer::no_profile) co_return co_await say_old(now);
  if (!kept) co_return co_await ask_field(now, what, question_facts::refused{kept.error()});
  co_return co_await answered_field(now, what);
}
std::optional<std::int64_t> pressed_number(const turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!may_answer(now) || !given || given->size() != 1) return std::nullopt;
  return given->front();
}

task<reply> press_name(turn& now) {
  if (!may_answer(now)) co_return co_await say_old(now);
  const auto kept = co_await now.with.members.set_name(now.db, now.person.id, now.person.first_name);
  co_return co_await after(now, field::name, kept);
}
task<reply> press_sex(turn& now) {
  const auto given = pressed_number(now);
  if (!given || *given > 1) co_return co_await say_old(now);
  const auto kept =
      co_await now.with.members.set_sex(now.db, now.person.id, *given == 0 ? sex::female : sex::male);
  co_return co_await after(now, field::sex, kept);
}
task<reply> press_seeks(turn& now) {
  const auto given = pressed_number(now);
  if (!given || *given > int(seeking::anyone)) co_return co_await say_old(now);
  const auto kept = co_await now.with.members.set_seeks(now.db, now.person.id, seeking(*given));
  co_return co_await after(now, field::seeks, kept);
}
task<reply> press_no_about(turn& now) {
  if (!may_answer(now)) co_return co_await say_old(now);
  const auto kept = co_await now.with.members.set_about(now.db, now.person.id, "");
  co_return co_await after(now, field::about, kept);
}

task<> follow_zone(turn& now, const places::place& town) {
  if (town.time_zone.empty() || town.time_zone == now.person.time_zone) co_return;
  co_await now.with.people.set_time_zone(now.db, now.person.id, town.time_zone);
  now.person.time_zone = town.time_zone;
}

using placed = std::expected<const places::place*, wrong_answer>;

// A place was given by typing or sharing: its keyboard goes away with a message of its own.
task<reply> after_place(turn& now, placed kept) {
  if (!kept) {
    if (kept.error() == wrong_answer::no_profile) co_return co_await say_old(now);
    co_return co_await ask_field(now, field::place, question_facts::refused{kept.error()});
  }
  co_await follow_zone(now, **kept);
  auto out = co_await answered_field(now, field::place);
  if (out.show) out.also.push_back(std::move(*out.show));
  out.show = kept_place(now.to(), **kept);
  co_return out;
}

task<reply> press_town(turn& now) {
  const auto given = pressed_number(now);
  if (!given) co_return co_await say_old(now);
  const auto kept = co_await now.with.members.set_town(now.db, now.person.id, *given);
  auto out = co_await after_place(now, kept);
  out.remove_pressed = true;
  co_return out;
}

task<reply> type_town(turn& now) {
  const auto found = now.with.towns.find(now.in.text());
  if (found.matches.empty()) {
    co_return co_await ask_field(now, field::place, question_facts::refused{wrong_answer::unknown_place});
  }
  if (found.matches.size() == 1 && !found.guessed) {
    const auto kept = co_await now.with.members.set_town(now.db, now.person.id, found.matches.front()->id);
    co_return co_await after_place(now, kept);
  }
  // What was typed is kept for a number of the list. The keyboard stays until the town is known.
  now.waits_for = typed_answer(field::place) + " " + cleaned(now.in.text(), false);
  co_return said(which_town(now.to(), found.matches, found.guessed, now.with.towns, registering(now)));
}

// Interests and preferences stay on the screen while they are chosen.
task<reply> stay(turn& now, field what, answered kept, int page) {
  if (!kept && kept.error() == wrong_answer::no_profile) co_return co_await say_old(now);
  if (kept) {
    co_await look_again(now);
    if (what == field::preferences) co_await now.with.deck.anew(now.db, now.person.id);
  }
  std::optional<question_facts::refused> wrong;
  if (!kept) wrong = question_facts::refused{kept.error()};
  co_return co_await ask_field(now, what, wrong, page);
}

// "1:0:jazz": wanted, page, slug.
task<reply> press_interest(turn& now) {
  const std::string_view given = now.in.argument;
  const auto second = given.find(':', 2);
  const bool right = may_answer(now) && given.size() > 4 && (given[0] == '0' || given[0] == '1') &&
                     given[1] == ':' && second != std::string_view::npos &&
                     is_listed_interest(given.substr(second + 1));
  if (!right) co_return co_await say_old(now);
  const auto page = press::numbers(given.substr(2, second - 2));
  const auto kept = co_await now.with.members.set_interest(now.db, now.person.id, given.substr(second + 1),
                                                           given[0] == '1');
  co_return co_await stay(now, field::interests, kept, page ? static_cast<int>(page->front()) : 0);
}
task<reply> press_no_interest(turn& now) {
  const auto given = pressed_number(now);
  if (!given) co_return co_await say_old(now);
  answered kept;
  for (const auto& one : now.me->interests) {
    if (static_cast<std::int64_t>(text::stable_hash_of(one) >> 1) != *given) continue;
    kept = co_await now.with.members.set_interest(now.db, now.person.id, one, false);
    break;
  }
  co_return co_await stay(now, field::interests, kept, 0);
}
task<reply> press_page(turn& now) {
  const auto given = pressed_number(now);
  if (!given) co_return co_await say_old(now);
  co_return co_await ask_field(now, field::interests, {},
                               static_cast<int>(std::min<std::int64_t>(*given, 99)));
}

task<reply> press_ages(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!may_answer(now) || !given || given->size() != 2 || given->front() > oldest || given->back() > oldest) {
    co_return co_await say_old(now);
  }
  const age_range ages{static_cast<std::uint8_t>(given->front()), static_cast<std::uint8_t>(given->back())};
  const auto kept = co_await now.with.members.set_wanted_ages(now.db, now.person.id, ages);
  co_return co_await stay(now, field::preferences, kept, 0);
}
task<reply> press_radius(turn& now) {
  const auto given = pressed_number(now);
  if (!given || *given > largest_radius) co_return co_await say_old(now);
  answered kept;
  if (*given == 0) kept = co_await now.with.members.set_own_city(now.db, now.person.id);
  if (*given > 0) {
    kept = co_await now.with.members.set_radius(now.db, now.person.id, static_cast<int>(*given));
  }
  co_return co_await stay(now, field::preferences, kept, 0);
}

// ---- typed answers

task<answered> keep_text(turn& now, field what, std::string_view typed) {
  auto& members = now.with.members;
  if (what == field::name) co_return co_await members.set_name(now.db, now.person.id, typed);
  if (what == field::about) co_return co_await members.set_about(now.db, now.person.id, typed);
  if (what == field::preferences) {
    const auto ages = read_ages(typed);
    const auto km = read_radius(typed);
    if (!ages && km) co_return co_await members.set_radius(now.db, now.person.id, *km);
    if (!ages) co_return std::unexpected(ages.error());
    co_return co_await members.set_wanted_ages(now.db, now.person.id, *ages);
  }
  // The words of a listed interest are that one.
  const auto words = cleaned(typed, false);
  const auto folded = text::fold(words);
  for (const auto slug : listed_interests) {
    for (const auto& language : now.with.texts.languages()) {
      const auto title = now.with.texts.plain(language, "dating.interest." + std::string(slug));
      if (text::fold(title) != folded) continue;
      co_return co_await members.set_interest(now.db, now.person.id, slug, true);
    }
  }
  co_return co_await members.set_interest(now.db, now.person.id, "+" + words, true);
}

task<reply> take_age(turn& now) {
  const auto read = read_birth(now.in.text(), day_of(now.to().now));
  if (!read) co_return co_await ask_field(now, field::age, question_facts::refused{read.error()});
  if (read->adult_on) co_return co_await refuse_underage(now, *read->adult_on);
  const auto kept = co_await now.with.members.set_born_on(now.db, now.person.id, read->born_on);
  co_return co_await after(now, field::age, kept);
}

task<reply> ask_again(turn& now, field what) {
  if (what == field::preview) co_return co_await show_preview(now);
  co_return co_await ask_field(now, what);
}

// The screens that may be looked at while the field is asked for, the likeliest first.
task<std::vector<screen>> screens_of(turn& now, field what, std::string_view town_before) {
  std::vector<screen> out;
  if (!town_before.empty()) {
    const auto found = now.with.towns.find(town_before);
    out.push_back(which_town(now.to(), found.matches, found.guessed, now.with.towns, registering(now)));
  }
  auto asked = co_await ask_again(now, what);
  out.push_back(std::move(*asked.show));
  if (what == field::preview) out.push_back(choose_field(now.to(), *now.me, "", 0));
  now.waits_for.clear();
  co_return out;
}

// Buttons that are typed. Interests are not among them: who types one that is chosen does not take it back.
task<std::optional<reply>> take_button(turn& now, field what) {
  std::string waiting;
  if (what == field::place) {
    waiting = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  }
  const auto shown = co_await screens_of(now, what, asked_of(waiting).words);
  std::optional<std::string> data;
  for (const auto& one : shown) {
    if (!data) data = pressed_by_words(now.to(), one, now.in.text());
    for (const auto list : {press::town, press::sex, press::seeks}) {
      if (!data) data = pressed_by_number(one, list, now.in.text());
    }
  }
  const auto interest = [](std::string_view one) {
    return one.starts_with(press::interest) || one.starts_with(press::no_interest);
  };
  if (!data || interest(*data)) co_return std::nullopt;
  auto out = co_await press_button(now, *std::move(data));
  // The keyboard for the place may still be there when another question waits.
  const auto to = now.to();
  const bool typed_below =
      now.in.text() == to.plain("button.back") || now.in.text() == to.plain("registration.cancel");
  const bool takes_it_away = out.show && !std::holds_alternative<std::monostate>(out.show->typing);
  if (out.show && !takes_it_away && (what == field::place || typed_below)) {
    out.also.insert(out.also.begin(), *std::move(out.show));
    out.show = keyboard_gone(to.html("registration.left_place"));
  }
  co_return out;
}

// The question again, below a word that asks for one of its buttons.
task<reply> ask_for_a_press(turn& now, field what) {
  auto out = co_await ask_again(now, what);
  auto hint = screen{now.to().html("registration.press_button"), {}};
  out.also.push_back(std::move(*out.show));
  out.show = std::move(hint);
  co_return out;
}

constexpr row rows[] = {
    {route::by::callback_prefix, press::registration, "", "", go},
    {route::by::callback_prefix, press::consent, "", "", go},
    {route::by::callback_prefix, press::document, "read_consent", "consent", show_document},
    {route::by::callback_prefix, press::agree, "agreed", "consent", agree},
    {route::by::callback_prefix, press::step, "", "", go_to_step},
    {route::by::callback_prefix, press::publish, "published_profile", "preview", publish},
    {route::by::callback_prefix, press::cancel, "", "", ask_before_cancel},
    {route::by::callback_prefix, press::cancel_yes, "cancelled_profile", "registration", cancel},

    {route::by::callback_prefix, press::own_name, "", "", press_name},
    {route::by::callback_prefix, press::sex, "", "", press_sex},
    {route::by::callback_prefix, press::seeks, "", "", press_seeks},
    {route::by::callback_prefix, press::town, "", "", press_town},
    {route::by::callback_prefix, press::no_about, "", "", press_no_about},
    {route::by::callback_prefix, press::interest, "", "", press_interest},
    {route::by::callback_prefix, press::no_interest, "", "", press_no_interest},
    {route::by::callback_prefix, press::interests, "", "", press_page},
    {route::by::callback_prefix, press::ages, "", "", press_ages},
    {route::by::callback_prefix, press::radius, "", "", press_radius},
};

}  // namespace

std::span<const row> registration_rows() { return rows; }

asked_field asked_of(std::string_view waiting) {
  const auto begun = waiting.find(' ');
  waiting = begun == std::string_view::npos ? "" : waiting.substr(begun + 1);
  const auto end = std::min(waiting.find(' '), waiting.size());
  return {field_of(waiting.substr(0, end)), waiting.substr(std::min(end + 1, waiting.size()))};
}

void let_type(turn& now, std::string_view shown) {
  now.waits_for = asked_to_press;
  now.waits_for += ' ';
  now.waits_for += shown;
}

bool registering(const turn& now) {
  return now.me && now.me->state == profile_state::draft && now.me->step.has_value();
}

bool may_answer(const turn& now) {
  return now.me && now.me->agreed() && now.me->state != profile_state::banned;
}

std::string town_of(const turn& now) {
  const auto* town = now.me && now.me->at ? now.with.towns.by_id(now.me->place_id) : nullptr;
  return town ? town->name_in(now.person.language) : std::string();
}

task<own_card> load_own_card(turn& now) {
  own_card out;
  const auto& me = *now.me;
  out.card.name = me.name;
  if (me.born_on) out.card.age = age_on(*me.born_on, day_of(now.to().now));
  out.card.sex = me.sex;
  out.card.town = town_of(now);
  out.card.about = me.about;
  out.card.interests = me.interests;
  const auto all = co_await now.with.pictures.list(now.db, now.person.id, now.in.me.id);
  for (const auto& one : all) {
    if (one.state == photo_state::waiting) ++out.waiting;
    if (one.state == photo_state::waiting || one.state == photo_state::shown) out.photos.push_back(one);
  }
  out.card.photos = std::max(1, static_cast<int>(out.photos.size()));
  out.picture = out.photos.empty() ? no_photo(now.with) : to_picture(now.with, out.photos.front());
  co_return out;
}

task<reply> ask_field(turn& now, field what, std::optional<question_facts::refused> wrong, int page) {
  question_facts facts;
  facts.me = *now.me;
  facts.registering = registering(now) && now.me->step == what;
  facts.wrong = wrong;
  facts.page = page;
  if (wrong && wrong->why == wrong_answer::too_long) {
    facts.wrong->length = telegram::code_points(cleaned(now.in.text(), what == field::about));
  }
  if (what == field::name && read_name(now.person.first_name)) facts.suggested_name = now.person.first_name;
  if (what == field::place) facts.town = town_of(now);
  if (what == field::photos) {
    const auto all = co_await now.with.pictures.list(now.db, now.person.id, now.in.me.id);
    facts.photos = static_cast<int>(
        std::ranges::count_if(all, [](const photo& one) { return one.state != photo_state::refused; }));
    facts.coming = co_await now.with.pictures.on_their_way(now.db, now.person.id);
  }
  if (!facts.registering) now.waits_for = typed_answer(what);
  co_return said(question(now.to(), what, facts));
}

task<reply> answered_field(turn& now, field what) {
  co_await look_again(now);
  now.subject = name_of(what);
  if (registering(now)) {
    // An answer to an older question, or one changed from the preview: what waits is asked again.
    co_return co_await go_to(now, now.me->step == what ? field(int(what) + 1) : *now.me->step);
  }
  const bool others = what == field::age || what == field::sex || what == field::seeks ||
                      what == field::place || what == field::preferences;
  if (others) co_await now.with.deck.anew(now.db, now.person.id);
  auto out = co_await show_profile(now);
  out.note = now.to().plain("profile.saved");
  co_return out;
}

task<reply> take_text(turn& now, field what) {
  auto pressed = co_await take_button(now, what);
  if (pressed) co_return *std::move(pressed);
  // A command that is not known is no name.
  if (now.in.text().starts_with('/') && what != field::preview) {
    co_return co_await ask_field(now, what, question_facts::refused{wrong_answer::not_understood});
  }
  const bool by_press = what == field::sex || what == field::seeks || what == field::preview;
  if (by_press || says_a_way(now.to(), now.in.text())) co_return co_await ask_for_a_press(now, what);
  if (what == field::photos) co_return co_await ask_field(now, what);
  if (what == field::place) co_return co_await type_town(now);
  if (what == field::age) co_return co_await take_age(now);
  const auto kept = co_await keep_text(now, what, now.in.text());
  if (!kept && kept.error() == wrong_answer::forbidden) {
    co_await now.with.rules.judge_text(now.db, now.person.id, now.in.text(), text_place::about);
  }
  if (what == field::interests || what == field::preferences) co_return co_await stay(now, what, kept, 0);
  co_return co_await after(now, what, kept);
}

task<reply> take_place(turn& now, coordinates at) {
  const auto kept = co_await now.with.members.set_location(now.db, now.person.id, at);
  co_return co_await after_place(now, kept);
}

task<reply> say_old(turn& now) {
  const bool gone = !now.me;
  reply out;
  if (gone || registering(now) || !now.me->agreed()) {
    out = co_await go_on_registering(now);
  } else {
    out = co_await show_profile(now);
  }
  out.note = now.to().plain(gone ? "deletion.gone" : "note.old");
  co_return out;
}

task<reply> go_on_registering(turn& now) {
  if (!now.me) {
    const auto until = co_await now.with.members.underage_until(now.db, now.person.telegram_id);
    if (until) co_return said(underage(now.to(), *until));
    co_return said(consent(now.to(), false, now.invited_by));
  }
  if (now.me->state == profile_state::banned) {
    co_return said(banned(now.to(), now.with.details));
  }
  if (!now.me->agreed()) co_return said(consent(now.to(), true, {}));
  if (!registering(now)) co_return co_await show_profile(now);
  co_return co_await go_to(now, *now.me->step);
}

task<std::optional<reply>> take_registration(turn& now) {
  if (!now.in.what.message || !may_answer(now)) co_return std::nullopt;
  const auto& message = *now.in.what.message;
  const auto content = telegram::content_of(message);
  if (content == telegram::message_content::location) {
    bool asked = now.me->step == field::place;
    if (!asked && !now.in.state.empty()) {
      const auto waiting =
          co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
      asked = asked_of(waiting).what == field::place;
    }
    if (!asked && !registering(now)) co_return std::nullopt;
    if (asked) {
      const coordinates at{message.location->latitude, message.location->longitude};
      co_return co_await take_place(now, at);
    }
  }
  if (!registering(now)) co_return std::nullopt;
  const auto step = *now.me->step;
  if (content == telegram::message_content::text) co_return co_await take_text(now, step);
  const bool file =
      content == telegram::message_content::photo || content == telegram::message_content::document;
  if (step == field::photos || (step == field::preview && file)) co_return co_await take_sent_photo(now);
  auto out = co_await go_to(now, step);
  auto hint = screen{now.to().html("hint.only_text"), {}};
  out.also.insert(out.also.begin(), std::move(*out.show));
  out.show = std::move(hint);
  co_return out;
}

}  // namespace tandem::dating::bot
