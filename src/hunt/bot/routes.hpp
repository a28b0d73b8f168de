#pragma once
#include "hunt/bot/operator_desk.hpp"
#include "hunt/bot/parts.hpp"
#include "platform/telegram/dispatcher.hpp"

namespace tandem::hunt::bot {

// The tables of Hunt's bots. Every row meets the person, does its effect and notes it in one transaction, and
// answers after the commit; so an update that comes twice does nothing more. Parts and desk must outlive the
// routes.
telegram::routes main_bot_routes(const parts& with, operator_desk& desk);
telegram::routes category_bot_routes(const parts& with, operator_desk& desk);

// Gives a bot its commands, name and texts in every language; what is right already is left alone (Telegram
// limits how often a name changes). Call it when a bot has started. Nothing for the category: the main bot.
task<> introduce(const parts& with, telegram::bot_api& to, std::optional<category_id> category);

}  // namespace tandem::hunt::bot
