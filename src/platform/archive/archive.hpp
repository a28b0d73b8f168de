#pragma once
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace tandem::archive {

struct entry {
  std::string name;  // ASCII, with "/" between folders
  std::string bytes;
};

// A ZIP file in memory (libarchive). `made_at` stands as the time of every file.
std::string zip(const std::vector<entry>& files, instant made_at);

}  // namespace tandem::archive
