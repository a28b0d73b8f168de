#include "platform/pg/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace tandem::pg {

folder_lock::folder_lock(const std::filesystem::path& folder) {
  const auto path = folder / "lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const auto length = pread(file_, holder, sizeof holder - 1, 0);
    close(file_);
    const std::string who = length > 0 ? " (process " + std::string(holder) + ")" : "";
    throw folder_in_use("another tandem" + who + " already runs on the folder " + folder.string() +
                        "; stop it, or choose another folder with TANDEM_DATA");
  }
  const auto pid = std::to_string(getpid());
  if (ftruncate(file_, 0) != 0 || pwrite(file_, pid.data(), pid.size(), 0) < 0) {
    const int code = errno;
    close(file_);
    throw std::system_error(code, std::generic_category(), path.string());
  }
}

folder_lock::~folder_lock() { close(file_); }

}  // namespace tandem::pg
