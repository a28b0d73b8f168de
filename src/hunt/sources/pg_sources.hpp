#pragma once
#include <vector>

#include "hunt/sources/sources.hpp"

namespace tandem::hunt {

// The rows of a statement that selects a source's columns in the order of sources.sql.
std::vector<source> sources_of(const pg::result& rows);
inline constexpr int source_changed_at_column = 19;

}  // namespace tandem::hunt
