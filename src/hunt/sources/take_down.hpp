// Inside of the room: what becomes of the vacancies of a source that is taken down.
#pragma once
#include "hunt/ids.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

struct vacancies_after_take_down {
  std::int64_t moved = 0;      // live on in another channel
  std::int64_t withdrawn = 0;  // stood nowhere else, or nowhere with its text
};

// Call it after the source is marked as taken down, in the same transaction. Each of its posts that stands in
// another channel, too, gives its place to the earliest of these copies: vacancy (with the copy's text, link
// and contact), verdict, labels and repeats. The rest is withdrawn and is nobody's original any more. A
// repeat that is stored at the same moment waits for this transaction and finds the heir.
task<vacancies_after_take_down> give_vacancies_away(pg::transaction& tx, source_id from);

}  // namespace tandem::hunt
