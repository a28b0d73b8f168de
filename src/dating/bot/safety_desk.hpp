#pragma once
#include "dating/bot/parts.hpp"

// Complaints in the operator's chats. A chat has one card at a time: the most urgent person of the queue; the
// next one comes with a button, so that nothing changes under a finger. Only who is hidden until somebody
// decides comes at once, as a card of its own. All of it lies in the database: a killed process's work is
// ended by the next look.
namespace tandem::dating::bot {

// Posts and edits the cards that the queue asks for. For the scheduler, every minute; and after a complaint.
task<> show_cases(const parts& with);
// The same in the background; parts must outlive it.
void begin_case_desk(const parts& with);

}  // namespace tandem::dating::bot
