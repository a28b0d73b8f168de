// The core of `tandem classify`: posts as JSON lines in, verdicts as JSON lines out, in the same order.
#pragma once
#include <iosfwd>

#include "hunt/verdicts/classifier.hpp"

namespace tandem::hunt {

// In: {"id": anything, "text": "…"} a line; empty lines are skipped, other members are ignored.
// Out: {"id","kind","categories":[slugs],"confidence","scam"}; a line that cannot be read gives
// {"id":null,"error"} and the rest is still answered. Every answer is flushed when no further line waits, so
// that it can be used as a filter. Returns the exit status: 0, or 1 if a line was bad or the output could not
// be written.
int classify_stream(std::istream& in, std::ostream& out, classifier& judge);

}  // namespace tandem::hunt
