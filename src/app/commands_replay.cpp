#include <fstream>
#include <iostream>

#include "app/commands.hpp"
#include "dating/rating/replay.hpp"

namespace tandem::app {

int replay(const std::string& profiles_file, const std::string& showings_file, std::ostream& out) {
  std::ifstream profiles(profiles_file), showings(showings_file);
  for (const auto& [file, name] :
       {std::pair(&profiles, profiles_file), std::pair(&showings, showings_file)}) {
    if (*file) continue;
    std::cerr << name << " cannot be read\n";
    return 1;
  }
  const int code = dating::replay(profiles, showings, out, std::cerr);
  out.flush();
  if (!out) {
    std::cerr << "the scores cannot be written\n";
    return 1;
  }
  return code;
}

}  // namespace tandem::app
