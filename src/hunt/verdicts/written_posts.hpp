// Posts written one by one with their labels (models/hunt/written/*.jsonl): what the grammar of the seed set
// cannot make up. A line is {"text","kind","categories","scam"}; kinds as in a seed file.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/verdicts/seed.hpp"

namespace tandem::hunt {

std::expected<std::vector<labelled_post>, seed_error> read_written_posts(std::string_view file,
                                                                         std::string_view content);

}  // namespace tandem::hunt
