#include "conversation/zone_question.hpp"
#include "dating/bot/menu_screens.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/profile_screens.hpp"
#include "dating/bot/registration.hpp"
#include "dating/bot/typed_words.hpp"
#include "platform/archive/archive.hpp"
#include "platform/log/log.hpp"

// The own profile, settings, a copy of the data, deletion. These rows are for everybody: who has no profile
// may still want to know what is kept.
namespace tandem::dating::bot {
namespace {

constexpr std::string_view asked_for_field = "me", asked_for_zone = "me_zone";

// Whose profile is finished.
bool finished(const turn& now) { return may_answer(now) && now.me->state != profile_state::draft; }

reply said(screen what) {
  reply out;
  out.show = std::move(what);
  return out;
}

task<reply> view_profile(turn& now) {
  if (!finished(now)) co_return co_await say_old(now);
  auto own = co_await load_own_card(now);
  own.card.active_at = now.me->active_at;
  auto out = said(as_others_see(now.to(), own.card));
  out.show->picture = std::move(own.picture);
  co_return out;
}

task<reply> edit_profile(turn& now) {
  if (!may_answer(now)) co_return co_await say_old(now);
  const auto own = co_await load_own_card(now);
  let_type(now, "fields");
  co_return said(choose_field(now.to(), *now.me, town_of(now), static_cast<int>(own.photos.size())));
}

task<reply> edit_field(turn& now) {
  const auto given = press::numbers(now.in.argument);
  const bool right = given && given->size() == 1 && given->front() < asked_fields;
  if (!right || !may_answer(now)) co_return co_await say_old(now);
  const auto what = field(given->front());
  if (what == field::photos) co_return co_await show_photos(now);
  auto out = co_await ask_field(now, what);
  out.remove_pressed = what == field::place;
  co_return out;
}

// "me about": the answer is typed.
task<reply> type_field(turn& now) {
  const auto waiting = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  const auto what = asked_of(waiting).what;
  if (!what || !may_answer(now)) co_return co_await say_old(now);
  co_return co_await take_text(now, *what);
}

task<reply> hide_me(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!finished(now) || !given || given->size() != 1 || given->front() > 1) co_return co_await say_old(now);
  const bool hides = given->front() == 1;
  now.subject = hides ? "on" : "off";
  std::string_view note = hides ? "profile.was_hidden" : "profile.was_shown";
  if (hides) {
    co_await now.with.members.hide(now.db, now.person.id);
  } else {
    const bool shown = co_await now.with.members.show(now.db, now.person.id);
    if (!shown && !now.me->held.empty()) note = "profile.cannot_show";
  }
  now.me = co_await now.with.members.find(now.db, now.person.id);
  auto out = co_await show_profile(now);
  out.note = now.to().plain(note);
  out.alert = note == "profile.cannot_show";
  co_return out;
}

// The answer to "still here?", and to the call back: the visit itself has been noted already.
task<reply> say_here(turn& now) {
  if (!finished(now)) co_return co_await say_old(now);
  if (now.me->state == profile_state::stale) {
    const bool shown = co_await now.with.members.show(now.db, now.person.id);
    if (shown) now.me->state = profile_state::active;
  }
  auto out = co_await show_menu(now);
  out.note = now.to().plain("profile.welcome_back");
  co_return out;
}

// ---- settings

task<reply> show_settings(turn& now) {
  let_type(now, "settings");
  co_return said(settings(now.to()));
}

constexpr conversation::zone_question<turn> zone_question{asked_for_zone, "settings.zone_set", ask_zone,
                                                          show_settings};
task<reply> show_zone(turn& now) { return conversation::show_zone(now, zone_question); }
task<reply> set_zone(turn& now) { return conversation::set_zone(now, zone_question); }
task<reply> type_zone(turn& now) {
  const auto waiting = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  const auto before = std::string_view(waiting).substr(std::min(asked_for_zone.size() + 1, waiting.size()));
  const auto asked = ask_zone(now.to(), "", locale::find_zones(before));
  auto pressed = pressed_by_words(now.to(), asked, now.in.text());
  if (!pressed) pressed = pressed_by_number(asked, press::set_zone, now.in.text());
  if (pressed) co_return co_await press_button(now, *std::move(pressed));
  co_return co_await conversation::type_zone(now, zone_question);
}

// ---- a copy of the data

struct export_work {
  std::string json;
  std::vector<photo> pictures;
  view to;
};

// The pictures are read after the commit: a transaction does not wait for a store of files.
task<std::string> zip_of(const parts& with, const export_work& what) {
  std::vector<archive::entry> files;
  files.push_back({"profile.json", what.json});
  for (const auto& one : what.pictures) {
    auto file = to_jpeg_file(co_await with.pictures.bytes_of(one.picture));
    files.push_back({"photos/" + std::to_string(one.position) + ".jpg", std::move(file.bytes)});
  }
  co_return archive::zip(files, with.time.now());
}

task<> send_export(const parts& with, telegram::incoming& in, export_work what) {
  telegram::document_message message;
  message.chat_id = conversation::chat_of(in);
  message.parse_mode = telegram::parse_mode::none;
  try {
    message.document.bytes = co_await zip_of(with, what);
  } catch (const std::exception& error) {
    log::logger("dating").error("an export failed", {{"error", error.what()}});
  }
  if (message.document.bytes.empty()) {
    screen sorry{what.to.html("export.failed"), {}};
    co_await conversation::send(in.bot, std::move(sorry), message.chat_id);
    co_return;
  }
  message.document.file_name = what.to.plain("export.file_name");
  message.document.content_type = "application/zip";
  message.caption = what.to.plain("export.caption");
  co_await in.bot.send_document(std::move(message));
}

task<reply> export_data(turn& now) {
  const auto account = co_await now.with.people.export_data(now.db, now.person.id);
  const auto dating = co_await now.with.members.export_data(now.db, now.person.id, now.person.telegram_id);
  const auto talks = co_await now.with.conversations.export_data(now.db, now.person.id);
  export_work work{
      "{\"account\":" + account + ",\n\"dating\":" + dating + ",\n\"talks\":" + talks + "}\n", {}, now.to()};
  if (now.me) work.pictures = co_await now.with.pictures.list(now.db, now.person.id, now.in.me.id);
  reply out;
  out.note = now.to().plain("export.preparing");
  out.after = [&with = now.with, work = std::move(work)](telegram::incoming& in) {
    return send_export(with, in, work);
  };
  co_return out;
}

// ---- deletion

// What was done here goes, this deletion with it; the account, too, unless the person uses another bot of
// this house, or is its operator.
task<> erase_account(turn& now) {
  co_await now.with.people.erase_journal(now.db, now.person.id, now.with.product);
  now.did = {};
  const auto bots = co_await now.with.people.reachable_bots(now.db, now.person.id);
  const bool elsewhere = std::ranges::any_of(bots, [&](std::int64_t bot) { return bot != now.in.me.id; });
  if (elsewhere) co_return;
  const bool staff = co_await now.with.operators.is_operator(now.db, now.person.id);
  if (staff) co_return;
  if (now.with.before_erasure) co_await now.with.before_erasure(now.db, now.person);
  co_await now.with.people.erase(now.db, now.person.id);
  now.erased = true;
}

// Who has no profile: what Telegram said of them goes.
task<reply> nothing_but_the_account(turn& now) {
  co_await erase_account(now);
  co_return said(nothing_here(now.to()));
}

task<reply> ask_before_deletion(turn& now) {
  if (!now.me) co_return co_await nothing_but_the_account(now);
  let_type(now, "deletion");
  co_return said(ask_deletion(now.to(), now.me->state == profile_state::active));
}

task<> sweep(const parts& with) { co_await with.pictures.remove_dead(with.db); }

task<reply> delete_me(turn& now) {
  if (!now.me) co_return co_await nothing_but_the_account(now);
  // The others' copies and the pictures first: what they need to know goes with the rows.
  co_await now.with.conversations.withdraw_copies(now.db, now.person.id);
  co_await now.with.pictures.erase(now.db, now.person.id);
  const auto gone = co_await now.with.members.erase(now.db, now.person.id, now.person.telegram_id);
  const auto to = now.to();
  now.me.reset();
  co_await erase_account(now);
  auto out = said(gone ? deleted(to, gone->proof) : nothing_here(to));
  out.then = [&with = now.with] { with.background.spawn("remove erased pictures", sweep(with)); };
  co_return out;
}

task<reply> check_proof(turn& now) {
  const auto at = co_await now.with.members.proven(now.db, cleaned(now.in.argument, false));
  co_return said(erasure_proof(now.to(), at));
}

// ---- buttons that are typed

// A screen whose buttons are looked for in what is typed next; anything else is an ordinary message.
task<reply> type_button(turn& now) {
  const auto waiting = co_await now.with.dialogs.waiting_for(now.db, now.person.telegram_id, now.in.me.id);
  const auto what = std::string_view(waiting).substr(std::min(asked_to_press.size() + 1, waiting.size()));
  const auto to = now.to();
  std::optional<screen> looked_at;
  if (what == "settings") looked_at = settings(to);
  if (what == "cancel" && registering(now)) looked_at = ask_cancel(to);
  if (now.me) {
    if (what == "fields") looked_at = choose_field(to, *now.me, "", 0);
    if (what == "deletion") looked_at = ask_deletion(to, now.me->state == profile_state::active);
    if (what == "profile") looked_at = my_profile(to, {*now.me, {}, 0, 0});
  }
  if (looked_at) {
    auto pressed = co_await press_typed(now, *looked_at);
    if (pressed) co_return *std::move(pressed);
  }
  co_return co_await take_message(now);
}

constexpr row rows[] = {
    {route::by::command, "profile", "opened_profile", "chat", show_profile},
    {route::by::command, "settings", "opened_settings", "chat", show_settings},
    {route::by::command, "export", "exported_data", "chat", export_data},
    {route::by::command, "delete_me", "", "", ask_before_deletion},
    {route::by::command, "erased", "", "", check_proof},
    {route::by::callback_prefix, press::profile, "opened_profile", "menu", show_profile},
    {route::by::callback_prefix, press::view_profile, "", "", view_profile},
    {route::by::callback_prefix, press::edit_profile, "", "", edit_profile},
    {route::by::callback_prefix, press::edit_field, "", "", edit_field},
    {route::by::text_state, asked_for_field, "", "", type_field},
    {route::by::callback_prefix, press::hide_me, "set_pause", "profile", hide_me},
    {route::by::callback_prefix, press::here, "came_back", "notice", say_here},
    {route::by::callback_prefix, press::settings, "opened_settings", "menu", show_settings},
    {route::by::callback_prefix, press::zone, "", "", show_zone},
    {route::by::callback_prefix, press::set_zone, "chose_time_zone", "settings", set_zone},
    {route::by::text_state, asked_for_zone, "chose_time_zone", "settings", type_zone},
    {route::by::text_state, asked_to_press, "", "", type_button},
    {route::by::callback_prefix, press::export_me, "exported_data", "settings", export_data},
    {route::by::callback_prefix, press::ask_deletion, "", "", ask_before_deletion},
    {route::by::callback_prefix, press::delete_yes, "erased", "settings", delete_me},
};

// ---- notices

task<std::optional<screen>> say_stale(const parts& with, const notice& what, const view& to) {
  const auto me = co_await with.members.find(with.db, what.who);
  if (!me || me->state != profile_state::active) co_return std::nullopt;
  co_return still_here(to);
}
task<std::optional<screen>> say_win_back(const parts& with, const notice& what, const view& to) {
  const auto me = co_await with.members.find(with.db, what.who);
  if (!me || me->state != profile_state::stale) co_return std::nullopt;
  co_return win_back(to);
}

constexpr announcement news[] = {{"stale", say_stale}, {"win_back", say_win_back}};

}  // namespace

std::span<const row> profile_rows() { return rows; }
std::span<const announcement> profile_announcements() { return news; }

task<reply> show_profile(turn& now) {
  if (!finished(now)) co_return co_await go_on_registering(now);
  auto own = co_await load_own_card(now);
  profile_facts facts;
  facts.me = *now.me;
  facts.card = std::move(own.card);
  facts.photos = static_cast<int>(own.photos.size());
  facts.waiting = own.waiting;
  let_type(now, "profile");
  auto out = said(my_profile(now.to(), facts));
  out.show->picture = std::move(own.picture);
  co_return out;
}

}  // namespace tandem::dating::bot
