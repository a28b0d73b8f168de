#pragma once
#include <memory>

#include "platform/lead/lead.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::lead {

// The database as a leader may write to it: every transaction asks check() when it begins, and a statement
// that is more than a SELECT becomes such a transaction. So a part that is led cannot write past its epoch,
// whatever it does. To the part a lost lead looks as if the database did not answer (pg::unavailable): it
// keeps what it has and tries again until it is stopped. Both must outlive the guard.
std::unique_ptr<pg::pool> make_guard(pg::pool& db, candidate& who);

}  // namespace tandem::lead
