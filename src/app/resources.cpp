#include "app/resources.hpp"

#include <stdexcept>

namespace tandem::app {

std::filesystem::path share_folder() {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const auto& share : {program / "share/tandem", program.parent_path() / "share/tandem"}) {
    if (std::filesystem::is_directory(share)) return share;
  }
  throw std::runtime_error("share/tandem is neither beside " + program.string() + "/tandem nor in " +
                           program.parent_path().string() + ": install it whole, or build it again");
}

}  // namespace tandem::app
