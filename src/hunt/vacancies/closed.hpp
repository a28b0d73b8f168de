#pragma once
#include "base/text/fold.hpp"

namespace tandem::hunt {

// Whether an edited post says that it is taken: "ЗАКРЫТО", "вакансия закрыта", "исполнитель найден", "closed"
// on its first or its last line, where people write it. Not for new posts: those speak of other things that
// are closed.
bool says_closed(std::string_view text, text::stemmer& stems);

}  // namespace tandem::hunt
