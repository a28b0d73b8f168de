#pragma once
#include <optional>
#include <string>

#include "hunt/sources/sources.hpp"

// What commands are given: files and names. What is wrong with it is told on the standard error.
namespace tandem::app {

// The whole file; "-" is the standard input. Nothing if it cannot be read.
std::optional<std::string> read_text(const std::string& file);

// The source of that name, as `tandem sources list` shows it; nothing if there is none.
task<std::optional<hunt::source>> find_source(hunt::sources& all, const std::string& name);
inline constexpr auto not_a_source = "is not among the sources; `tandem sources list` lists them";

}  // namespace tandem::app
