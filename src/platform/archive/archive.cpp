#include "platform/archive/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace tandem::archive {
namespace {

using writer = std::unique_ptr<::archive, decltype(&archive_write_free)>;
using head = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

// Anything but success is memory that is short or a mistake of ours: nothing is half an archive.
void must(::archive* of, la_ssize_t outcome) {
  if (outcome < ARCHIVE_OK) {
    const char* why = archive_error_string(of);
    throw std::runtime_error(std::string("zip: ") + (why ? why : "failed"));
  }
}

la_ssize_t append(::archive*, void* out, const void* bytes, std::size_t length) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), length);
  return static_cast<la_ssize_t>(length);
}

}  // namespace

std::string zip(const std::vector<entry>& files, instant made_at) {
  std::string out;
  const writer to(archive_write_new(), archive_write_free);
  must(to.get(), archive_write_set_format_zip(to.get()));
  must(to.get(), archive_write_set_bytes_per_block(to.get(), 0));
  must(to.get(), archive_write_open(to.get(), &out, nullptr, append, nullptr));
  for (const auto& file : files) {
    const head about(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(about.get(), file.name.c_str());
    archive_entry_set_size(about.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_filetype(about.get(), AE_IFREG);
    archive_entry_set_perm(about.get(), 0644);
    archive_entry_set_mtime(about.get(), std::chrono::system_clock::to_time_t(made_at), 0);
    must(to.get(), archive_write_header(to.get(), about.get()));
    must(to.get(), archive_write_data(to.get(), file.bytes.data(), file.bytes.size()));
  }
  must(to.get(), archive_write_close(to.get()));
  return out;
}

}  // namespace tandem::archive
