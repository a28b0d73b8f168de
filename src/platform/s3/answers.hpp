#pragma once
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

// The few XML texts that S3 answers with, read without an XML library: they are flat, and machines write
// them.
namespace tandem::s3 {

struct object {
  std::string key;
  std::uint64_t bytes = 0;
  instant stored_at;
};

struct listing {
  std::vector<object> objects;
  std::string next;  // the continuation token, "" on the last page
};

// The answer to ListObjectsV2; nothing if it is not one.
std::optional<listing> read_listing(std::string_view xml);
// The text of the first element of that name, entities resolved.
std::optional<std::string> text_of(std::string_view xml, std::string_view name);
// "NoSuchKey: The specified key does not exist." of an <Error>, "" if there is none.
std::string read_problem(std::string_view xml);
// "2026-11-22T22:02:34.123Z"
std::optional<instant> read_time(std::string_view text);

}  // namespace tandem::s3
