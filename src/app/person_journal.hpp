#pragma once
#include <iosfwd>
#include <string>

#include "accounts/users.hpp"

namespace tandem::app {

// Whom an operator means: a Telegram id, or @username as it is now.
task<std::optional<accounts::user>> find_person(pg::session& in, accounts::users& people,
                                                const std::string& written);

// What the journal has of a person, the newest first: when, what they did, on which screen, with what. The
// exit code.
task<int> show_journal(pg::session& in, accounts::users& people, const std::string& written, int limit,
                       std::ostream& out);

}  // namespace tandem::app
