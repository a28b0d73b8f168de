#pragma once
#include <filesystem>

namespace tandem::app {

// Where migrations, locales, models and web pages lie: share/tandem beside the program (a build), or in
// ../share/tandem (installed under a prefix). Throws std::runtime_error that names both places.
std::filesystem::path share_folder();

}  // namespace tandem::app
