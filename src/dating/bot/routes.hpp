#pragma once
#include "dating/bot/parts.hpp"
#include "dating/notices/notices.hpp"
#include "platform/telegram/dispatcher.hpp"

namespace tandem::dating::bot {

// The table of Dating's bot. Every row meets the person, does its effect and notes it in one transaction, and
// answers after the commit. Parts outlive the routes.
telegram::routes bot_routes(const parts& with);

// Says notices, each by the announcement of its kind; for the notice courier. Parts outlive it.
tell announcer(const parts& with);

// Gives the bot its commands, name and texts in every language. Call it when the bot has started.
task<> introduce(const parts& with, telegram::bot_api& to);

// For sender_events: the person has blocked the bot, or their account is gone.
task<> chat_closed(const parts& with, std::int64_t chat_id);

}  // namespace tandem::dating::bot
