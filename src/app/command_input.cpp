#include "app/command_input.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace tandem::app {

std::optional<std::string> read_text(const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::cerr << file << " cannot be read\n";
    return std::nullopt;
  }
  text << in.rdbuf();
  return text.str();
}

task<std::optional<hunt::source>> find_source(hunt::sources& all, const std::string& name) {
  auto found = co_await all.find(name);
  if (!found) std::cerr << name << " " << not_a_source << "\n";
  co_return found;
}

}  // namespace tandem::app
