#include "hunt/bot/periodic.hpp"

#include "hunt/bots/bots.hpp"
#include "hunt/delivery/times.hpp"

namespace tandem::hunt::bot {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 500;

// A piece of news: through the main bot, or another one that the person has started if they have not started
// that.
task<> tell(const parts& with, const reader& who, screen what) {
  const auto reachable = co_await with.people.reachable_bots(with.db, who.id);
  auto by = with.main_bot;
  if (std::ranges::find(reachable, by) == reachable.end()) {
    const auto other = std::ranges::find_if(reachable, [&](std::int64_t bot) { return with.senders(bot); });
    if (other == reachable.end()) co_return;
    by = *other;
  }
  auto* out = with.senders(by);
  if (!out) co_return;
  auto message = to_message(what, who.telegram_id, telegram::urgency::broadcast);
  co_await out->send_message(std::move(message));
}

view to_reader(const parts& with, const reader& who) { return with.for_reader(who.language, who.time_zone); }

}  // namespace

task<> refresh_categories(parts& with) {
  auto loaded = co_await load_categories(with.db);
  with.categories = std::move(loaded);
}

task<int> remind_waiting_starts(const parts& with) {
  if (!with.senders(with.main_bot)) co_return 0;  // taken is told: not without a way to tell
  const auto waiting = co_await with.subscribers.take_unreminded(with.db, with.time.now() - 1h, batch);
  int told = 0;
  for (const auto& one : waiting) {
    auto bots = to_bringers(with, one.bots);
    std::erase_if(bots, [](const bringer& by) { return by.username.empty(); });
    if (bots.empty()) continue;
    co_await tell(with, one.who, reminder(to_reader(with, one.who), bots));
    ++told;
  }
  co_return told;
}

task<int> tell_ended_trials(const parts& with) {
  if (!with.senders(with.main_bot)) co_return 0;
  const auto ended = co_await with.subscribers.take_ended(with.db, batch);
  for (const auto& who : ended) co_await tell(with, who, trial_ended(to_reader(with, who)));
  co_return static_cast<int>(ended.size());
}

task<int> share_out_new_bots(const parts& with) {
  const auto tx = co_await with.db.begin();
  const auto changed = co_await take_unsettled(*tx);
  std::vector<readers::moved> moves;
  for (const auto category : changed) {
    auto some = co_await with.subscribers.share_out(*tx, category);
    moves.insert(moves.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  co_await tx->commit();
  // Not only after a change: what was handed out in the same moment came too late for it.
  co_await with.subscribers.move_waiting(with.db);
  for (const auto& one : moves) {
    const bool reachable = co_await with.people.can_reach(with.db, one.who.id, one.to_bot);
    const bool here = one.to_bot == with.main_bot;
    const bringer by{one.category, here ? std::string() : with.username_of(one.to_bot), reachable};
    co_await tell(with, one.who, moved(to_reader(with, one.who), by, !reachable && !here));
    co_await with.subscribers.told(with.db, one.who.id, one.category);
  }
  co_return static_cast<int>(moves.size());
}

task<int> warn_crowded_bots(const parts& with, alerts& told) {
  const auto crowded = co_await with.subscribers.crowded_bots(with.db);
  for (const auto& one : crowded) {
    const auto bot = "@" + with.username_of(one.bot_id);
    locale::arguments values{{"bot", bot}, {"readers", one.readers}};
    co_await told.raise("crowded_bot", std::move(values), std::to_string(one.bot_id), 24h);
  }
  co_return static_cast<int>(crowded.size());
}

task<int> watch_the_minute(const parts& with, alerts& told) {
  const auto now = with.time.now();
  const auto slow = co_await find_slow_way(with.db, now - 10min, now, 60s);
  if (!slow) co_return 0;
  locale::arguments values{
      {"vacancies", slow->vacancies}, {"seconds", slow->worst.count()}, {"stage", name_of(slow->slowest)}};
  co_await told.raise("minute_broken", std::move(values));
  co_return static_cast<int>(slow->vacancies);
}

task<int> tell_the_day(const parts& with) {
  const auto now = with.time.now();
  day_facts facts;
  facts.day = co_await count_the_day(with.db, now - 24h, now);
  facts.times = co_await measure_stages(with.db, now - 24h);
  const auto chats = co_await with.operators.chats(with.db);
  int told = 0;
  for (const auto& chat : chats) {
    const auto who = co_await with.people.find(with.db, chat.who);
    auto* out = with.senders(chat.bot_id);
    if (!out || !who) continue;
    const auto line = day_line(with.for_reader(who->language, who->time_zone), facts);
    auto message = to_message(line, chat.chat_id, telegram::urgency::reply);
    co_await out->send_message(std::move(message));
    ++told;
  }
  co_return told;
}

task<std::int64_t> forget_old_journal(const parts& with) {
  const auto before = with.time.now() - std::chrono::hours(24) * with.details.journal_days;
  co_return co_await with.people.forget_journal(with.db, before);
}

task<> chat_closed(const parts& with, std::int64_t bot_id, std::int64_t chat_id) {
  const auto tx = co_await with.db.begin();
  const auto person = co_await with.people.find_by_telegram(*tx, chat_id);
  if (!person) co_return;
  co_await with.people.blocked(*tx, person->id, bot_id);
  co_await with.subscribers.blocked(*tx, person->id, bot_id);
  co_await tx->commit();
}

task<> chat_migrated(const parts& with, std::int64_t bot_id, std::int64_t from, std::int64_t to) {
  co_await with.operators.moved(with.db, bot_id, from, to);
}

}  // namespace tandem::hunt::bot
