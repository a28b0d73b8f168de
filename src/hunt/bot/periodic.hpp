#pragma once
#include "hunt/bot/alerts.hpp"
#include "hunt/bot/parts.hpp"

// Hunt's periodic work: each function does what is due now, by parts::time, and may be called at any pace.
// The numbers say how many people or things it was about.
namespace tandem::hunt::bot {

// The categories as the database has them now; call it before the bots start, and every minute.
task<> refresh_categories(parts& with);

// Chosen bots that wait for their Start for an hour: one reminder.
task<int> remind_waiting_starts(const parts& with);
// Trials that have ended: told once.
task<int> tell_ended_trials(const parts& with);
// After a bot came or went: readers are shared out anew, everybody moved is told by one message.
task<int> share_out_new_bots(const parts& with);
// Bots with more readers than the minute allows.
task<int> warn_crowded_bots(const parts& with, alerts& told);
// An alert that names the slow stage when a vacancy of the last ten minutes took more than one from its
// publication to its last reader.
task<int> watch_the_minute(const parts& with, alerts& told);
// One message a day to every operator's chat: what came, who got it, how long it took. How many chats.
task<int> tell_the_day(const parts& with);
// Retention of the journal: operator_details::journal_days.
task<std::int64_t> forget_old_journal(const parts& with);

// For sender_events: Telegram says that the bot may not write to this chat any more, or that it has another
// id.
task<> chat_closed(const parts& with, std::int64_t bot_id, std::int64_t chat_id);
task<> chat_migrated(const parts& with, std::int64_t bot_id, std::int64_t from, std::int64_t to);

}  // namespace tandem::hunt::bot
