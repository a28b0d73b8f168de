#include "dating/bot/photo_intake.hpp"
#include "dating/bot/photo_screens.hpp"
#include "dating/bot/registration.hpp"
#include "dating/bot/turn.hpp"

// The person's own photos. Nothing here waits for a picture: what is sent goes into the inbox.
namespace tandem::dating::bot {
namespace {

// What the bot waits for after "add": see dialogs.
constexpr std::string_view asked_for_photos = "photo";

task<photos_facts> facts_of(turn& now, photo_id at) {
  photos_facts out;
  out.all = co_await now.with.pictures.list(now.db, now.person.id, now.in.me.id);
  out.at = at;
  out.on_their_way = co_await now.with.pictures.on_their_way(now.db, now.person.id);
  out.registering = registering(now);
  co_return out;
}

task<reply> show_at(turn& now, photo_id at, std::string_view note) {
  const auto facts = co_await facts_of(now, at);
  reply out;
  out.show = my_photos(now.to(), now.with, facts);
  if (!note.empty()) out.note = now.to().plain(note);
  co_return out;
}

// The photo of the press, if it is one of the person's own.
task<std::optional<photo>> own(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() != 1) co_return std::nullopt;
  auto found = co_await now.with.pictures.find(now.db, photo_id(given->front()), now.in.me.id);
  if (!found || found->of != now.person.id) co_return std::nullopt;
  now.subject = std::to_string(found->id.value);
  co_return found;
}

task<reply> look_at(turn& now) {
  const auto what = co_await own(now);
  co_return co_await show_at(now, what ? what->id : photo_id(), what ? "" : "photo.gone");
}

task<reply> put_first(turn& now) {
  const auto what = co_await own(now);
  if (!what) co_return co_await show_at(now, {}, "photo.gone");
  co_await now.with.pictures.make_first(now.db, now.person.id, what->id);
  co_return co_await show_at(now, what->id, "photo.now_first");
}

task<reply> ask_before_removal(turn& now) {
  const auto what = co_await own(now);
  if (!what) co_return co_await show_at(now, {}, "photo.gone");
  reply out;
  out.show = ask_removal(now.to(), now.with, *what);
  co_return out;
}

task<reply> remove(turn& now) {
  const auto what = co_await own(now);
  const bool gone = what && co_await now.with.pictures.remove(now.db, now.person.id, what->id);
  auto out = co_await show_at(now, {}, gone ? "photo.removed" : "photo.gone");
  // A card of the operator's queue may show it.
  if (gone) out.then = [&with = now.with] { with.arriving->begin_desk(with); };
  co_return out;
}

bool may_have_photos(const turn& now) {
  return now.me && now.me->agreed() && now.me->state != profile_state::banned;
}

task<reply> ask_to_add(turn& now) {
  const auto facts = co_await facts_of(now, {});
  const auto used =
      std::ranges::count_if(facts.all, [](const photo& one) { return one.state != photo_state::refused; });
  const addition_facts asked{static_cast<int>(used) + facts.on_their_way, facts.registering};
  now.waits_for = asked_for_photos;
  reply out;
  out.show = ask_for_photo(now.to(), asked);
  co_return out;
}

task<reply> done(turn& now) {
  if (now.me->step == field::photos) co_return co_await answered_field(now, field::photos);
  if (registering(now)) co_return co_await go_on_registering(now);
  co_return co_await show_profile(now);
}

// The file of a photo, or of a document that is one; nothing for anything else.
struct sent_file {
  std::string file_id, unique_id;
  std::int64_t size = 0;
};
std::optional<sent_file> file_of(const telegram::message& what) {
  const auto content = telegram::content_of(what);
  if (content == telegram::message_content::photo) {
    const auto& largest = what.photo.back();
    return sent_file{largest.file_id, largest.file_unique_id, largest.file_size.value_or(0)};
  }
  if (content != telegram::message_content::document) return std::nullopt;
  const auto& type = what.document->mime_type;
  // A client that does not know the type says nothing, or this; the bytes tell then.
  const bool unknown = type.empty() || type == "application/octet-stream";
  if (type == "image/gif" || (!type.starts_with("image/") && !unknown)) return std::nullopt;
  return sent_file{what.document->file_id, what.document->file_unique_id,
                   what.document->file_size.value_or(0)};
}

}  // namespace

task<std::optional<reply>> photo_owners_only(turn& now) {
  if (!may_have_photos(now)) co_return co_await go_on_registering(now);
  co_return std::nullopt;
}

task<reply> show_photos(turn& now) { co_return co_await show_at(now, {}, ""); }

task<std::optional<reply>> take_sent_photo(turn& now) {
  if (!now.in.what.message || !may_have_photos(now)) co_return std::nullopt;
  const auto& message = *now.in.what.message;
  if (telegram::content_of(message) == telegram::message_content::text) co_return std::nullopt;
  // One of several: the next ones find the same question.
  if (!registering(now)) now.waits_for = asked_for_photos;
  const auto file = file_of(message);
  reply out;
  if (!file) {
    out.show = not_a_photo(now.to(), registering(now));
    co_return out;
  }
  if (file->size > static_cast<std::int64_t>(images::most_bytes)) {
    out.show = screen{now.to().html("photo_error.too_large"), {}};
    co_return out;
  }
  inbox_photo what{.inbox_id = 0,
                   .of = now.person.id,
                   .bot_id = now.in.me.id,
                   .chat_id = conversation::chat_of(now.in),
                   .file_id = file->file_id,
                   .unique_id = file->unique_id,
                   .tries = 0};
  const auto answer = co_await now.with.pictures.receive(now.db, std::move(what));
  out.then = [&with = now.with, who = now.person.id, chat = conversation::chat_of(now.in), answer] {
    with.arriving->begin(with, who, chat, answer);
  };
  co_return out;
}

task<std::optional<reply>> take_photo(turn& now) {
  if (!now.in.what.message || !may_have_photos(now)) co_return std::nullopt;
  if (now.in.state == asked_for_photos) co_return co_await take_sent_photo(now);
  if (!file_of(*now.in.what.message)) co_return std::nullopt;
  const auto talk = co_await now.with.conversations.current(now.db, now.person.id);
  if (talk) co_return std::nullopt;
  // Nobody to send it to. It does not become public unasked, either.
  co_return co_await ask_to_add(now);
}

std::span<const row> photo_rows() {
  static constexpr row rows[] = {
      {route::by::callback_prefix, press::photos, "", "", show_photos},
      {route::by::callback_prefix, press::photo_at, "", "", look_at},
      {route::by::callback_prefix, press::photo_first, "put_photo_first", "photos", put_first},
      {route::by::callback_prefix, press::photo_ask, "", "", ask_before_removal},
      {route::by::callback_prefix, press::photo_remove, "removed_photo", "photos", remove},
      {route::by::callback_prefix, press::photo_add, "", "", ask_to_add},
      {route::by::callback_prefix, press::photos_done, "", "", done},
  };
  return rows;
}

namespace {

task<std::optional<screen>> announce_shown(const parts& with, const notice& what, const view& to) {
  const auto all = co_await with.pictures.list(with.db, what.who, with.bot_id);
  co_return photo_shown(to, all);
}

task<std::optional<screen>> announce_refused(const parts& with, const notice& what, const view& to) {
  const auto found = co_await with.pictures.find(with.db, photo_id(what.about_id), with.bot_id);
  if (!found || found->of != what.who) co_return std::nullopt;
  co_return photo_refused(to, with, *found);
}

}  // namespace

std::span<const announcement> photo_announcements() {
  static constexpr announcement all[] = {{"photo_shown", announce_shown},
                                         {"photo_refused", announce_refused}};
  return all;
}

}  // namespace tandem::dating::bot
