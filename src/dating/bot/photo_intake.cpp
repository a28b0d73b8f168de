#include "dating/bot/photo_intake.hpp"

#include "dating/bot/parts.hpp"
#include "dating/bot/photo_screens.hpp"
#include "platform/log/log.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t people_at_once = 3;  // of 20 MB each
constexpr auto one_album = 20s;            // what comes within it is told in one message
constexpr auto store_rests = 1min;
constexpr int most_waits = 10;  // two hours, of what is wrong neither with the photo nor with the store
constexpr int batch = 100;

// Another try makes no sense.
bool is_final(telegram::refusal why) {
  return why == telegram::refusal::other || why == telegram::refusal::wrong_file;
}

}  // namespace

struct photo_intake::visit {
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;
  int jobs = 0;
  bool quiet = false;  // nobody waits for it: no word before the end
  bool for_desk = false;
  instant ended_at;
  arrival_facts facts;
};

photo_intake::photo_intake() = default;
photo_intake::~photo_intake() = default;

async::keyed_order& photo_intake::order(const parts& with) {
  if (!order_) order_ = std::make_unique<async::keyed_order>(with.background, people_at_once);
  return *order_;
}

void photo_intake::begin(const parts& with, user_id who, std::int64_t chat_id, receipt answer) {
  std::erase_if(visits_, [&](const auto& known) {
    return known.second->jobs == 0 && known.second->ended_at + one_album < with.time.now();
  });
  auto& mine = visits_[who];
  if (!mine) mine = std::make_unique<visit>();
  mine->bot_id = with.bot_id;
  mine->chat_id = chat_id;
  if (answer == receipt::there_already) ++mine->facts.doubles;
  if (answer == receipt::refused_before) mine->facts.refused_before = true;
  if (answer == receipt::full) mine->facts.full = true;
  ++mine->jobs;
  order(with).submit(who.value, [this, &with, who] { return look(with, who); });
}

task<> photo_intake::catch_up(const parts& with) {
  const auto people = co_await with.pictures.people_with_received(with.db, batch);
  for (const auto who : people) {
    auto& mine = visits_[who];
    if (mine && mine->jobs > 0) continue;
    mine = std::make_unique<visit>();
    mine->quiet = true;
    mine->jobs = 1;
    order(with).submit(who.value, [this, &with, who] { return look(with, who); });
  }
  co_await show_desk(with);
}

task<> photo_intake::look(const parts& with, user_id who) {
  auto& mine = *visits_.at(who);
  struct done {
    visit& of;
    const clock& time;
    ~done() {
      --of.jobs;
      of.ended_at = time.now();
    }
  } const at_the_end{mine, with.time};
  for (;;) {
    auto next = co_await with.pictures.next_received(with.db, who);
    if (!next) break;
    if (mine.chat_id == 0) mine.chat_id = next->chat_id;
    mine.bot_id = next->bot_id;
    if (!mine.quiet && mine.message_id == 0) co_await tell(with, who, mine, true);
    co_await look_at_one(with, mine, std::move(*next));
  }
  // What came by other updates of the album is looked at next, and told with it.
  if (mine.jobs > 1 || (mine.quiet && !mine.facts.any())) co_return;
  co_await tell(with, who, mine, false);
  if (std::exchange(mine.for_desk, false)) begin_desk(with);
}

task<> photo_intake::look_at_one(const parts& with, visit& of, inbox_photo what) {
  if (with.time.now() < store_rests_until_) {
    co_await put_off(with, of, std::move(what));
    co_return;
  }
  bool given_up = what.tries >= most_tries;
  auto* out = with.senders(what.bot_id);
  if (!out) co_return;
  const auto file = co_await out->get_file(what.file_id);
  const bool too_large = file ? file->file_size.value_or(0) > static_cast<std::int64_t>(images::most_bytes)
                              : file.error().why == telegram::refusal::file_too_big;
  std::optional<std::string> bytes;
  out = with.senders(what.bot_id);  // asked for after every wait: bots come and go
  if (!file) given_up |= is_final(file.error().why);
  if (file && !too_large && out) {
    auto fetched = co_await out->download(file->file_path);
    if (fetched) bytes = std::move(*fetched);
    if (!fetched) given_up |= is_final(fetched.error().why);
  }
  if (too_large || (!bytes && given_up)) {
    co_await with.pictures.drop_received(with.db, what.inbox_id);
    if (too_large) ++of.facts.errors[photo_error::too_large];
    if (!too_large) of.facts.not_fetched = true;
  }
  if (!bytes) co_return;

  const auto* begin = reinterpret_cast<const std::byte*>(bytes->data());
  images::bytes picture(begin, begin + bytes->size());
  bytes.reset();
  co_await add(with, of, std::move(what), std::move(picture));
}

task<> photo_intake::add(const parts& with, visit& of, inbox_photo what, images::bytes picture) {
  std::expected<added_photo, photo_error> added;
  std::string failure;
  bool store_failed = false;
  try {
    added = co_await with.pictures.add(with.db, what, std::move(picture));
  } catch (const store_away& away) {
    failure = away.what();
    store_failed = true;
  } catch (const std::exception& error) {  // the child program, the database: not the photo
    failure = error.what();
  }
  if (!failure.empty()) {
    log::logger("dating").error("a photo is not added yet", {{"error", failure}, {"waits", what.waits}});
    if (store_failed) store_rests_until_ = with.time.now() + store_rests;
    if (store_failed || what.waits < most_waits) {
      co_await put_off(with, of, std::move(what));
    } else {
      co_await with.pictures.drop_received(with.db, what.inbox_id);
      of.facts.not_prepared = true;
    }
  } else if (!added) {
    ++of.facts.errors[added.error()];
  } else if (!added->there_already) {
    ++(added->state == photo_state::shown ? of.facts.shown : of.facts.waiting);
    of.for_desk |= added->state == photo_state::waiting;
  } else if (added->state == photo_state::refused) {
    of.facts.refused_before = true;
  } else if (added->id.value != 0) {
    ++of.facts.doubles;
  }
}

// The person hears of it the first time.
task<> photo_intake::put_off(const parts& with, visit& of, inbox_photo what) {
  of.facts.put_off |= what.waits == 0;
  co_await with.pictures.put_off(with.db, std::move(what));
}

task<> photo_intake::tell(const parts& with, user_id who, visit& of, bool looking) {
  const auto person = co_await with.people.find(with.db, who);
  const auto me = co_await with.members.find(with.db, who);
  if (!person || !me) co_return;
  const auto all = co_await with.pictures.list(with.db, who, of.bot_id);
  const auto on_their_way = co_await with.pictures.on_their_way(with.db, who);
  auto facts = of.facts;
  facts.left = looking ? std::max(1, on_their_way) : 0;
  facts.delayed = looking ? 0 : on_their_way;
  facts.total = static_cast<int>(all.size());
  facts.registering = me->step.has_value();
  auto shown = arrival(with.for_person(person->language, person->time_zone), facts);
  auto* out = with.senders(of.bot_id);
  if (!out || shown.html.empty()) co_return;
  if (of.message_id != 0) {
    const auto now = co_await conversation::replace(*out, shown, of.chat_id, of.message_id, false);
    if (now) of.message_id = now->message_id;
    // "My photos" was pressed meanwhile, and the message has become one with a photo.
    if (now || now.error().why != telegram::refusal::other) co_return;
    out = with.senders(of.bot_id);
    if (!out) co_return;
  }
  const auto sent = co_await conversation::send(*out, std::move(shown), of.chat_id);
  if (sent) of.message_id = sent->message_id;
}

void photo_intake::begin_desk(const parts& with) {
  with.background.spawn("show the photos that wait", show_desk(with));
}

// One at a time: two photos that come in the same moment must not make two cards.
task<> photo_intake::show_desk(const parts& with) {
  desk_again_ = true;
  if (desk_shown_) co_return;
  desk_shown_ = true;
  struct done {
    bool& of;
    ~done() { of = false; }
  } const at_the_end{desk_shown_};
  while (std::exchange(desk_again_, false)) co_await show_desk_once(with);
}

task<> photo_intake::show_desk_once(const parts& with) {
  const auto chats = co_await with.operators.chats(with.db);
  const auto cards = co_await with.pictures.desk_cards(with.db);
  for (const auto& chat : chats) {
    if (chat.bot_id != with.bot_id) continue;
    const auto known = std::ranges::find_if(cards, [&](const desk_card& one) {
      return one.bot_id == chat.bot_id && one.chat_id == chat.chat_id;
    });
    const auto who = co_await with.people.find(with.db, chat.who);
    if (!who) continue;
    desk_card card{chat.bot_id, chat.chat_id, 0, {}, {}, {}};
    if (known != cards.end()) card = *known;
    const bool open = card.shows.value != 0;
    desk_facts facts;
    facts.waiting = co_await with.pictures.waiting(with.db);
    if (!open) {
      // The queue was empty here: the next one is news.
      const auto next = co_await with.pictures.next_waiting(with.db, {}, chat.bot_id, chat.chat_id);
      if (!next) continue;
      card.shows = *next;
      card.last_decided = {};
    }
    facts.at = co_await with.pictures.find_moderated(with.db, card.shows, chat.bot_id);
    if (card.last_decided.value != 0)
      facts.before = co_await with.pictures.find_moderated(with.db, card.last_decided, chat.bot_id);
    if (facts.at && facts.at->decided_by) {
      const auto by = co_await with.people.find(with.db, *facts.at->decided_by);
      if (by) facts.decided_by = by->first_name;
    }
    const bool waits = facts.at && facts.at->what.state == photo_state::waiting && !facts.at->banned;
    if (waits && card.digest == desk_asking) continue;  // the operator is choosing a reason
    auto shown = desk_card_screen(with.for_person(who->language, who->time_zone), with, facts);
    desk_card becomes = card;
    becomes.digest = digest_of(shown);
    if (open && becomes.digest == card.digest) continue;
    if (!facts.at || (!waits && facts.waiting == 0)) becomes.shows = {};
    if (facts.at) shown.sent = noting(with, {chat.bot_id, chat.chat_id, 0, facts.at->what.of, who->language});
    auto* out = with.senders(chat.bot_id);  // asked for after every wait: bots come and go
    if (!out) continue;
    if (open) {
      // Said before it is done: whoever presses meanwhile changes the row, and shows the newer state later.
      const bool ours = co_await with.pictures.replace_desk_card(with.db, card, becomes);
      if (!ours) continue;
      const auto now =
          co_await conversation::replace(*out, std::move(shown), chat.chat_id, card.message_id, true);
      if (now && now->message_id == card.message_id) continue;
      auto after = becomes;
      if (now) after.message_id = now->message_id;
      if (!now) after.digest.clear();  // the next look tries again
      co_await with.pictures.replace_desk_card(with.db, std::move(becomes), std::move(after));
    } else {
      const auto now = co_await conversation::send(*out, std::move(shown), chat.chat_id);
      if (!now) continue;
      becomes.message_id = now->message_id;
      co_await with.pictures.keep_desk_card(with.db, std::move(becomes));
    }
  }
}

}  // namespace tandem::dating::bot
