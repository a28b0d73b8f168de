#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::hunt {

// The whole file. Throws std::runtime_error if it cannot be read.
std::string read_file(const std::filesystem::path& path);
// Makes or replaces it. Throws std::runtime_error if it cannot be written.
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace tandem::hunt
