#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tandem::hunt {

// Sources as people keep them: one a line (@name, t.me/name, the address of a feed), or a table with commas
// or semicolons, of which the first cell that is such a thing counts. Empty lines, lines that begin with "#"
// and a table's headings are skipped.
struct listed_source {
  std::size_t line = 0;  // from 1
  std::string name;      // as it was written
  std::string mistake;   // why it is none; "" if it is one
};
std::vector<listed_source> parse_source_list(std::string_view text);

}  // namespace tandem::hunt
