#pragma once
#include <filesystem>
#include <stdexcept>

namespace tandem::pg {

// Another process uses the folder; the text names it.
struct folder_in_use : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Holds a folder for this process; given back by the kernel when the process ends, however it ends.
class folder_lock {
 public:
  // Throws folder_in_use, or std::system_error when the folder cannot be written.
  explicit folder_lock(const std::filesystem::path& folder);
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace tandem::pg
