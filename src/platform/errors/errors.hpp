#pragma once
#include <memory>
#include <string>
#include <vector>

#include "async/part.hpp"
#include "platform/log/error_book.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::errors {

struct noted_error {
  std::string room, message, context;  // the context of the last one; secrets are hidden
  std::int64_t count = 0;
  instant first_at, last_at;
};

// Writes the errors of this process into the database, grouped by fingerprint, every few seconds and at the
// stop. An error of the database itself waits until it answers again.
std::unique_ptr<async::part> make_error_keeper(executor on, pg::pool& db, log::error_book& book);

// The latest first.
task<std::vector<noted_error>> latest(pg::session& in, instant since, int limit);
task<std::int64_t> forget(pg::session& in, instant before);

}  // namespace tandem::errors
