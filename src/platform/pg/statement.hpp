#pragma once
#include <cstdint>
#include <string_view>

namespace tandem::pg {

// How many rows a statement gives: exec none, one exactly one, optional none or one, many any number. A
// different number of rows is a defect and throws.
enum class cardinality : std::uint8_t { exec, one, optional, many };

// A named statement out of a .sql file (tools/sql_header.py). The name is the prepared statement's name, its
// metric label and the key of its time limit.
struct statement {
  std::string_view name;
  std::string_view text;
  cardinality rows;
};

}  // namespace tandem::pg
